"""One person, or one group, that writes without end: everybody else is heard at once.

The bot keeps Telegram's real rates here, so that answers have to wait for their chat.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from bot.notifications.rate_limits import TELEGRAM
from bot.sandbox.telegram.driver import PersonChat
from tests.support.world import BOB, CAROL, DESK, Person, World, again, open_world

FLOOD = 300


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with open_world(database_url, rates=TELEGRAM) as opened:
        yield opened


@pytest.fixture
async def carol(world: World) -> Person:
    person = world.person(CAROL)
    await person.says("/start", "Rucksack")
    await person.links("Carol")
    return person


async def _pour(chat: PersonChat, line: str, count: int) -> None:
    """Send without waiting for anything."""
    gate = asyncio.Semaphore(16)

    async def one() -> None:
        async with gate:
            await chat.send(line)

    await asyncio.gather(*(one() for _ in range(count)))


async def _answered(chat: PersonChat) -> int:
    return sum(message.from_bot for message in await chat.messages())


@pytest.mark.parametrize("place", [BOB, DESK], ids=["a stranger", "a group"])
async def test_a_flood_holds_up_nobody_else(world: World, carol: Person, place: int) -> None:
    flooder = world.person(BOB, place).chat
    await _pour(flooder, "/price sol", FLOOD)
    await carol.says("long sol $100", "Long SOL-PERP")
    await carol.taps("✅", "Filled")
    await carol.says("/panic", "Panic")
    await carol.taps("Cancel and close all", "Last check")
    await carol.taps("flatten", "Panic done")
    assert await _answered(flooder) < FLOOD / 2, "the flood was over: nothing was shown"
    assert len(await world.sent()) == 2


async def _accounted(chat: PersonChat, before: int) -> tuple[int, int]:
    """Lines answered, or counted as unread, after the first `before` answers; and in how many notes."""
    told = [message.text for message in await chat.messages() if message.from_bot][before:]
    unread = [int(found[1]) for text in told if (found := re.search(r"这里有 (\d+) 条消息没有读取", text))]
    return len(told) - len(unread) + sum(unread), len(unread)


async def _settled(chat: PersonChat, before: int) -> tuple[int, int]:
    """As `_accounted`, once the flood has found its answers, or after a good while."""
    for _ in range(100):
        lines, notes = await _accounted(chat, before)
        if lines >= FLOOD:
            break
        await asyncio.sleep(0.2)
    return lines, notes


async def test_who_floods_is_told_how_much_was_not_read(database_url: str) -> None:
    """Every line is answered, or counted in one of a few messages."""
    async with open_world(database_url) as world:
        bob = world.person(BOB)
        await bob.says("/start")
        before = await _answered(bob.chat)
        await _pour(bob.chat, "/price sol", FLOOD)
        lines, notes = await _settled(bob.chat, before)
        assert lines == FLOOD
        assert notes <= 4


async def test_who_floods_is_told_before_the_bot_stops(database_url: str) -> None:
    """What was refused is confirmed to Telegram: after a restart nobody would know of it."""
    async with open_world(database_url) as world:
        bob = world.person(BOB)
        await bob.says("/start")
        before = await _answered(bob.chat)
        await _pour(bob.chat, "/price sol", FLOOD)
        while not world.bot.telegram.intake.counters["refused"]:  # noqa: ASYNC110 - a counter
            await asyncio.sleep(0)
        async with again(world):
            assert (await _settled(bob.chat, before))[0] == FLOOD


async def test_panic_overtakes_the_same_persons_slow_preview(world: World, carol: Person) -> None:
    await carol.says("long sol $100", "Long SOL-PERP")
    await carol.taps("✅", "Filled")
    slow = {"method": "GET", "path": "/api/v1/account", "times": None}  # a preview needs it, panic does not
    await world.fault(action="delay_before", ms=60_000, match=slow)
    await carol.chat.send("sell btc $200")  # what may close is read from the exchange
    for _ in range(5):
        await carol.chat.send("/price sol")
    await carol.says("panic", "Panic")
    await carol.taps("Cancel and close all", "Last check")
    await carol.taps("flatten", "Panic done")
    said = [message.text for message in await carol.chat.messages() if message.from_bot]
    assert not any("BTC" in text or "Last " in text[:40] for text in said), "the preview was not slow"


async def test_a_persons_lines_keep_their_order(database_url: str) -> None:
    async with open_world(database_url) as world:
        carol = world.person(CAROL)
        await carol.says("/start", "Rucksack")
        sent = [await carol.chat.send(f"alert sol > {200 + number}") for number in range(12)]
        await carol.sees("$211")
        told = [m.text for m in await carol.chat.messages() if m.from_bot and m.id > sent[0].id]
        found = [int(match[1]) for text in told if (match := re.search(r"\$(2\d\d)\b", text))]
        assert found == list(range(200, 212))
