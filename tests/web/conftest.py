"""A world whose operator, Alice, has asked for the dashboard."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from bot.web import Dashboard
from tests.support.world import ALICE, Person, World, open_world


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with open_world(database_url) as opened:
        yield opened


@pytest.fixture
async def alice(world: World) -> Person:
    person = world.person(ALICE)
    await person.says("/start", "Rucksack")
    return person


@pytest.fixture
async def visitor(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A browser's engine without its window: keeps cookies, follows redirects."""
    url = world.bot.services.get(Dashboard).url
    assert url is not None
    async with httpx.AsyncClient(base_url=url, follow_redirects=True, timeout=10) as client:
        yield client


async def link_of(person: Person) -> str:
    """The link `/dashboard` answers with."""
    said = await person.says("/dashboard", "Your dashboard")
    return next(word for word in said.text.split() if word.startswith("http"))
