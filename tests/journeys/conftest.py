"""`world` on both databases, and two people who have just linked: `bob` by taps, `carol` in her own words."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.world import BOB, CAROL, Person, World, open_world


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with open_world(database_url) as opened:
        yield opened


@pytest.fixture
async def bob(world: World) -> Person:
    """A newcomer who speaks English, linked by a generated key."""
    person = world.person(BOB)
    await person.says("/start", "Rucksack")
    await person.taps("Language")
    await person.taps("English", "English")
    await person.links("Bob")
    return person


@pytest.fixture
async def carol(world: World) -> Person:
    """Reads English, linked by a generated key."""
    person = world.person(CAROL)
    await person.says("/start", "Rucksack")
    await person.links("Carol")
    return person
