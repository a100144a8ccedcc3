"""Typed events: who hears of what, and what a reader that fails does to others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from bot.kernel.events import Events
from bot.kernel.storage import Database
from bot.people import users
from bot.people.tables import User


@dataclass(frozen=True)
class Rang:
    number: int


@dataclass(frozen=True)
class Fell:
    number: int


def test_a_reader_hears_its_kind_alone_in_the_order_of_subscription() -> None:
    events, heard = Events(), []
    events.on_told(Rang, lambda event: heard.append(("first", event.number)))
    events.on_told(Rang, lambda event: heard.append(("second", event.number)))
    events.tell(Rang(1))
    events.tell(Fell(2))
    assert heard == [("first", 1), ("second", 1)]


def test_a_reader_that_fails_keeps_no_other_from_hearing(caplog: pytest.LogCaptureFixture) -> None:
    events = Events()
    heard: list[Any] = []

    def fails(_: Rang) -> None:
        raise RuntimeError("this reader is broken")

    events.on_told(Rang, fails)
    events.on_told(Rang, heard.append)
    events.tell(Rang(1))
    assert heard == [Rang(1)]
    assert "a reader of Rang failed" in caplog.text


async def test_who_publishes_waits_for_every_reader_and_hears_of_failure() -> None:
    events, heard = Events(), []

    async def hears(event: Rang) -> None:
        heard.append(event.number)

    async def fails(_: Rang) -> None:
        raise LookupError("gone")

    events.on_published(Rang, hears)
    await events.publish(Rang(1))
    assert heard == [1]
    events.on_published(Rang, fails)
    with pytest.raises(LookupError):
        await events.publish(Rang(2))


async def test_what_a_reader_writes_commits_with_the_event_or_not_at_all(database: Database) -> None:
    events = Events()

    async def writes(session: AsyncSession, event: Rang) -> None:
        await users.get_or_create(session, event.number, 1)

    async def fails(_: AsyncSession, event: Rang) -> None:
        if event.number == 2:
            raise LookupError("gone")

    events.on_written(Rang, writes)
    events.on_written(Rang, fails)
    async with database.write() as session:
        await events.write(session, Rang(1))
    with pytest.raises(LookupError):
        async with database.write() as session:
            await events.write(session, Rang(2))
    async with database.read() as session:
        assert await session.get(User, 1) is not None
        assert await session.get(User, 2) is None
