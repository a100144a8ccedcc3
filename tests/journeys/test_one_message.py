"""One message for one thing that happened: what ends because its position ended is a line on that message."""

from __future__ import annotations

import asyncio

import pytest

from bot.sandbox.telegram.driver import ChatMessage
from tests.support.world import GIVEN_UP_S, Person, World

pytestmark = pytest.mark.both_databases

SOL = "SOL_USDC_PERP"


async def _places(person: Person, line: str, expect: str = "Filled", button: str = "✅") -> ChatMessage:
    preview = await person.says(line, "Account")
    return await person.taps(button, expect, on=preview.id)


async def _five_exits(world: World, person: Person) -> None:
    await _places(person, "long 2 sol sl 3% tp 10%")
    await _places(person, "sl sol 140 50%", "Armed")
    await _places(person, "tp sol 170 25%", "Armed")
    await _places(person, "close sol 25% at 160", "Open")
    world.clock.skip(20)


async def _news(person: Person, after: int) -> list[str]:
    """New messages of the bot, once all is told."""
    await asyncio.sleep(1.5)
    person.world.clock.skip(4)
    person.world.bot.services.outbox.kick()
    await asyncio.sleep(1.5)
    return [m.text for m in await person.chat.messages() if m.from_bot and m.id > after]


async def _last(person: Person) -> int:
    return max(m.id for m in await person.chat.messages())


async def test_a_close_tells_what_ended_with_it_on_its_own_card(world: World, carol: Person) -> None:
    await _five_exits(world, carol)
    preview = await carol.says("close sol", "Close long")
    await carol.taps("✅", "Filled", on=preview.id)
    assert await _news(carol, preview.id) == []
    card = await carol.chat.wait_for(lambda m: m.id == preview.id)
    assert "5 orders that waited for this position ended with it" in card.text


async def test_a_stop_that_fires_tells_the_rest_with_it(world: World, carol: Person) -> None:
    await _five_exits(world, carol)
    before = await _last(carol)
    await world.price(SOL, "139")
    told = await _news(carol, before)
    assert len([text for text in told if "Not filled" in text or "Trigger failed" in text]) == 0, told
    assert len(told) <= 2, told  # the two stops that fired
    assert "ended with it" in "".join(told)


async def test_a_liquidation_is_one_message(world: World, carol: Person) -> None:
    await _places(carol, "long sol $120000 sl 20%")
    await _places(carol, "tp sol 190", "Armed")
    await _places(carol, "long eth $100 at 2650", "Open")
    world.clock.skip(20)
    before = await _last(carol)
    await world.price(SOL, "135")
    (told,) = await _news(carol, before)
    assert "Liquidated" in told
    assert "3 orders that waited for this position ended with it" in told


async def test_a_deleveraging_is_one_message(world: World, carol: Person) -> None:
    await _five_exits(world, carol)
    before = await _last(carol)
    engine = world.exchange.engine
    account = next(one for one in engine.world.accounts.values() if one.positions)
    held = account.positions[SOL]
    async with world.bot.database.read():
        pass
    await world.admin.post(
        "/sandbox/adl", json={"label": "Carol", "symbol": SOL, "quantity": str(held.quantity)}
    )
    (told,) = await _news(carol, before)
    assert "Auto-deleveraged" in told
    assert "5 orders that waited for this position ended with it" in told


async def test_cancel_all_and_panic_are_answered_once(world: World, carol: Person) -> None:
    await _five_exits(world, carol)
    asked = await carol.says("/cancelall", "without a stop")
    await carol.taps("Cancel all", "Cancelled 5 orders", on=asked.id)
    assert await _news(carol, asked.id) == []
    await _places(carol, "sl sol 140", "Armed")
    world.clock.skip(20)
    first = await carol.says("/panic", "Panic")
    last = await carol.taps("Cancel and close all", "Last check", on=first.id)
    await carol.taps("flatten", "Panic done", on=last.id)
    assert await _news(carol, last.id) == []


async def test_a_close_the_panic_could_not_tell_the_end_of_is_told_later(world: World, carol: Person) -> None:
    await _places(carol, "long sol $200", "Filled")
    first = await carol.says("/panic", "Panic")
    last = await carol.taps("Cancel and close all", "Last check", on=first.id)
    place = {"method": "POST", "path": "/api/v1/order"}
    await world.fault(action="status", status=503, when="after", match=place)
    await world.fault(action="stream_drop", match={"path": "account.", "times": None})
    for path in ("/api/v1/order", "/wapi/v1/history"):
        silent = {"method": "GET", "path": path, "times": None, "after": 1 if path == "/api/v1/order" else 0}
        await world.fault(action="status", status=504, match=silent)
    told = await carol.taps("flatten", "not confirmed", on=last.id)
    assert "Panic done" not in told.text
    assert await _news(carol, last.id) == []
    await world.admin.delete("/sandbox/faults")
    world.passes(GIVEN_UP_S, "reconcile")
    await carol.sees("Filled · Sell 1.33 SOL-PERP")
