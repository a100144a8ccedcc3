"""What the operator hears of the rebate: the month so far, its end, once if late; nobody else hears of it."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import UTC, datetime

import httpx
import openpyxl
import pytest
from sqlalchemy import func, select

from bot.kernel.jobs import storage
from bot.rebates.model.rebate import Month
from bot.rebates.parts import CHECK, check_of_last_day
from bot.rebates.storage.tables import LedgerFill
from bot.sandbox.telegram.driver import ChatMessage
from tests.support.world import ALICE, Person, World

pytestmark = pytest.mark.both_databases


async def trade(world: World, person: Person, line: str = "long sol $200") -> None:
    """An order filled and booked."""
    before = await booked(world)
    preview = await person.says(line, "Account")
    await person.taps("✅", "Filled", on=preview.id)
    async with asyncio.timeout(10):
        while await booked(world) == before:  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.05)


async def booked(world: World) -> int:
    async with world.bot.database.read() as session:
        return await session.scalar(select(func.count()).select_from(LedgerFill)) or 0


async def operator(world: World) -> Person:
    alice = world.person(ALICE)
    await alice.says("/start", "Rucksack")
    return alice


async def the_first(world: World, *, days: float = 0) -> Month:
    """Let it be a quarter past midnight on the first, or some days later; returns the month that ended."""
    month = Month.of(world.clock())
    now = datetime.fromtimestamp(world.clock() / 1000, UTC)
    world.clock.skip(month.end_ms / 1000 - now.timestamp() + 15 * 60 + 5 + days * 86_400)
    world.bot.schedule.look_again(CHECK)
    async with asyncio.timeout(20):
        while not await _is_done(world, check_of_last_day(month)):  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.05)
    world.bot.schedule.look_again("rebate")
    return month


async def _is_done(world: World, key: str) -> bool:
    async with world.bot.database.read() as session:
        return await storage.is_done(session, key)


async def files(person: Person) -> dict[str, bytes]:
    """The documents in the chat by name, as they can be fetched from it."""
    found: dict[str, bytes] = {}
    async with httpx.AsyncClient(base_url=person.world.telegram.url) as client:
        for message in await person.chat.messages():
            if "document" in message.raw:
                document = message.raw["document"]
                answer = await client.get(f"/sandbox/files/{document['file_id']}")
                found[document["file_name"]] = answer.raise_for_status().content
    return found


async def sees_files(person: Person, count: int) -> list[ChatMessage]:
    """The chat once it has so many documents."""
    async with asyncio.timeout(20):
        while True:
            messages = await person.chat.messages()
            if sum("document" in message.raw for message in messages) >= count:
                return messages
            await asyncio.sleep(0.05)


def pictures(messages: list[ChatMessage]) -> int:
    return sum("photo" in message.raw for message in messages)


async def test_the_operator_asks_after_trades(world: World, carol: Person) -> None:
    alice = await operator(world)
    month = Month.of(world.clock())
    empty = await alice.says("/rebates", "Broker rebate")
    assert "API volume: $0.00" in empty.text
    await trade(world, carol)
    await trade(world, carol, "close sol")
    page = await alice.says("/rebates", "Broker rebate")
    for words in (
        str(month),
        "Payout expected: $0.0",
        "BKR 0 (20% of the fees)",
        "users: 1, new: 1",
        "to BKR 1",
    ):
        assert words in page.text, page.text
    shown = await alice.taps("Markets", "by market", on=page.id)
    assert "SOL-PERP: $" in shown.text
    await alice.taps("Back", "Payout expected", on=page.id)
    shown = await alice.taps("Users", "by user", on=page.id)
    assert str(carol.chat.user_id) in shown.text
    for label, words in (
        ("Groups", "in private"),
        ("Days", str(month)),
        ("Maker", "taker"),
        ("Tiers", "BKR 0"),
    ):
        await alice.taps("Back", "Payout expected", on=page.id)
        await alice.taps(label, words, on=page.id)
    await alice.taps("Back", "Payout expected", on=page.id)
    await alice.taps("Advisor", "Broker or affiliate?", on=page.id)


async def test_the_files_hold_what_the_message_says(world: World, carol: Person) -> None:
    alice = await operator(world)
    await trade(world, carol)
    page = await alice.says("/rebates", "Broker rebate")
    await alice.chat.tap("Files", page.id)
    messages = await sees_files(alice, 2)
    assert pictures(messages) == 1
    month = Month.of(world.clock())
    found = await files(alice)
    assert set(found) == {f"rebate-{month}.csv", f"rebate-{month}.xlsx"}
    rows = list(csv.reader(io.StringIO(found[f"rebate-{month}.csv"].decode("utf-8-sig"))))
    (market,) = (row for row in rows if row[1] == "market" and row[2] == "SOL-PERP")
    assert f"API volume: ${market[5]}" in page.text.replace(",", "")
    book = openpyxl.load_workbook(io.BytesIO(found[f"rebate-{month}.xlsx"]))
    assert book["Markets"]["D2"].value == float(market[5])


async def test_the_month_ends_once_with_its_files(world: World, carol: Person) -> None:
    alice = await operator(world)
    await trade(world, carol)
    month = await the_first(world)
    told = await alice.sees(f"The month {month} is over")
    assert "Late" not in told.text
    assert "users: 1, new: 1" in told.text
    messages = await sees_files(alice, 2)
    assert pictures(messages) == 1
    assert set(await files(alice)) == {f"rebate-{month}.csv", f"rebate-{month}.xlsx"}
    world.bot.schedule.look_again("rebate")
    await alice.says(f"/rebates {month}", "Broker rebate")
    messages = await alice.chat.messages()
    assert sum("is over" in message.text for message in messages) == 1
    assert sum("document" in message.raw for message in messages) == 2
    await alice.taps("Markets", "SOL-PERP", on=told.id)


async def test_a_month_told_after_an_absence_says_that_it_is_late(world: World, carol: Person) -> None:
    alice = await operator(world)
    await trade(world, carol)
    month = await the_first(world, days=3)
    told = await alice.sees(f"The month {month} is over")
    assert told.text.startswith("⏱ Late by 3 d")


async def test_nobody_else_hears_of_it(world: World, carol: Person) -> None:
    await operator(world)
    await trade(world, carol)
    answer = await carol.says("/rebates")
    assert "Broker rebate" not in answer.text
    month = Month.of(world.clock())
    for data in (f"rb:month:{month}", f"rb:by:{month}:user:0", f"rb:files:{month}", f"rb:advice:{month}"):
        assert "expired" in await carol.is_told(data, on=answer.id, forged=True)
    await the_first(world)
    await world.person(ALICE).sees("is over")
    seen = await carol.chat.messages()
    assert not any("is over" in message.text or "Broker rebate" in message.text for message in seen)
    assert not any("document" in message.raw or "photo" in message.raw for message in seen)


async def test_the_advisor_takes_what_only_the_operator_knows(world: World) -> None:
    alice = await operator(world)
    advice = await alice.says("/advisor", "Broker or affiliate?")
    assert "On these numbers you could not apply" in advice.text
    assert "❔ 5,001 followers on X" in advice.text
    advice = await alice.says("/advisor followers 6000 elsewhere 25m", "Broker or affiliate?")
    assert "You could apply" in advice.text
    for nonsense in ("/advisor followers", "/advisor followers many", "/advisor cats 3"):
        await alice.says(nonsense, "Tell me what I cannot know")
    await alice.says("/rebates October", "Which month?")
    assert "expired" in await alice.is_told("rb:month:never", on=advice.id, forged=True)


async def test_a_chinese_operator_reads_chinese(world: World) -> None:
    alice = await operator(world)
    await alice.taps("Language")
    await alice.taps("中文", "语言")
    await alice.says("/rebates", "经纪返佣")
    await alice.says("/advisor", "经纪还是邀请")
