"""`world` on both databases, and `bob`, who has just linked."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.world import BOB, Person, World, open_world


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
