"""`world` on both databases, and two people who have just linked: `bob` by taps, `carol` in her own words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Journeys run on SQLite; those marked `both_databases` run on PostgreSQL too.

    The marked ones are chosen so that what the store is asked is asked of both; its contracts, and the
    tests of the ledger, the jobs and the intake, run on both anyway.
    """
    here = Path(__file__).parent
    left_out = [
        item
        for item in items
        if here in item.path.parents
        and item.get_closest_marker("postgres") is not None
        and item.get_closest_marker("both_databases") is None
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        dropped = set(map(id, left_out))
        items[:] = [item for item in items if id(item) not in dropped]
