"""After /forget, or with a key that goes, nothing of before can act; and nothing of the words is left."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from bot.alerts.service import Alerts
from bot.app.housekeeping import tidy
from bot.kernel.storage import erasure
from bot.kernel.storage.forgetting import BOOKS
from bot.trading.previews.tickets import Tickets
from tests.support.world import Person, World, code_in

pytestmark = pytest.mark.both_databases

SOL, PERP = "SOL_USDC", "SOL_USDC_PERP"


async def _prices(world: World, price: str) -> None:
    for symbol in (SOL, PERP):
        await world.price(symbol, price)


async def _saves(carol: Person, line: str) -> None:
    await carol.says(line, "Save this alert?")
    await carol.taps("Save", "Alert set")


async def _is_forgotten(carol: Person) -> None:
    asked = await carol.says("/forget", "Forget you entirely?")
    await carol.taps("Erase everything", "Forgotten", on=asked.id)


async def _rows(world: World) -> dict[str, list[dict[str, Any]]]:
    async with world.bot.database.read() as session:
        return {
            table.name: [dict(row) for row in (await session.execute(select(table))).mappings()]
            for table, _ in erasure.rules()
        }


async def test_nothing_of_before_acts_on_a_key_linked_anew(world: World, carol: Person) -> None:
    await _saves(carol, "a sol > 160 then arm max $300 long sol $200")
    await carol.says("a sol > 158 label moonshot", "Alert set")
    await carol.says("a sol moves 3% in 15m repeat", "Alert set")
    offered = await carol.says("long sol $100; long eth $100", "Account")
    await carol.says("long sol", "size")  # a prompt is open
    await _is_forgotten(carol)
    await carol.says("/start", "Rucksack")
    await carol.links("Carol")
    await carol.says("/alerts", "None yet")
    await carol.says("$300", "")
    await _prices(world, "161")
    assert await carol.is_told("✅", on=offered.id) != ""
    await asyncio.sleep(1.5)
    assert await world.sent() == []
    assert not [m for m in await carol.chat.messages() if "🔔" in m.text and "Alert set" not in m.text]
    assert world.bot.services.get(Alerts).evaluator.placement.conditions() == []


async def test_no_word_of_theirs_is_left(world: World, carol: Person) -> None:
    await carol.says("/link harbour", "Link")
    shown = await carol.taps("Make a key", "Public Key")
    await carol.opens_account(code_in(shown), label="Second")
    await carol.taps("Done", "Linked")
    preview = await carol.says("long sol qty 0.37 on harbour", "Account")
    await carol.taps("✅", "Filled", on=preview.id)
    preview = await carol.says("close sol on harbour; cancel all on harbour", "Account")
    await carol.taps("✅", "done", on=preview.id)
    await carol.says("a sol > 151 label moonshot", "Alert set")
    await _prices(world, "152")
    await carol.sees("moonshot")
    await carol.says("/schedule", "")
    await _is_forgotten(carol)
    await tidy(world.bot.services)
    left = await _rows(world)
    for table, rule in erasure.rules():
        books = {column for column, why in rule.kept.items() if why == BOOKS}
        for row in left[table.name]:
            words = str({name: value for name, value in row.items() if name not in books})
            for word in ("harbour", "moonshot", "Carol", "SOL >", "long SOL"):
                assert word not in words, (table.name, words)
    assert left["desk_order"]  # the books stay


async def test_a_key_that_goes_takes_along_what_would_act_with_it(world: World, carol: Person) -> None:
    await carol.says("/link spare", "Link")
    shown = await carol.taps("Make a key", "Public Key")
    await carol.opens_account(code_in(shown), label="Second")
    await carol.taps("Done", "Linked")
    await _saves(carol, "a sol > 160 then arm max $300 long sol $200")  # on main, the default
    await _saves(carol, "a sol > 160 then arm max $300 long sol $150 on spare")
    await carol.says("a sol > 159", "Alert set")
    await carol.says("alert fill", "Alert set")
    offered = await carol.says("long sol $100", "Account")
    asked = await carol.says("/unlink main", "Unlink main?")
    told = await carol.taps("Unlink main", "Unlinked: main", on=asked.id)
    assert "2 alerts ended" in told.text
    listed = await carol.says("/alerts", "Alerts (2)")
    assert "159" in listed.text
    await carol.taps("✅", "expired", on=offered.id)
    await _prices(world, "161")
    await carol.sees("🔔 SOL-PERP price above $159")
    for _ in range(40):
        if await world.sent():
            break
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.5)
    (order,) = await world.sent()
    assert order["account"] == "Second"


async def test_a_plan_in_hand_at_the_moment_of_forgetting_sends_nothing(world: World, carol: Person) -> None:
    """Fired and about to be priced: the claim looks whether its alert is still wanted."""
    offers = world.bot.services.get(Tickets)
    price, reached, go_on = offers.make, asyncio.Event(), asyncio.Event()

    async def later(*given: Any, **named: Any) -> Any:
        reached.set()
        await go_on.wait()
        return await price(*given, **named)

    await _saves(carol, "a sol > 160 then arm max $300 long sol $200")
    offers.make = later  # type: ignore[method-assign]
    await _prices(world, "161")
    await reached.wait()
    offers.make = price  # type: ignore[method-assign]
    await _is_forgotten(carol)
    await carol.says("/start", "Rucksack")
    await carol.links("Carol")
    go_on.set()
    await asyncio.sleep(1.0)
    assert await world.sent() == []
