"""A promised exit that is not at the exchange is shouted about, once; one that is over or needless is not."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from bot.app.wiring import Bot, build
from bot.notifications.rate_limits import UNLIMITED
from bot.sandbox.exchange import ExchangeConfig
from bot.sandbox.telegram.driver import ChatMessage
from bot.trading.storage.tables import Order
from tests.support.world import CAROL, Person, World, open_world

pytestmark = pytest.mark.both_databases

SOL = "SOL_USDC_PERP"
GRACE_S = 11  # after the fill, then it is looked for
AGAIN_S = 4  # until it is asked for a second time
ENTRY = "long sol $200 5x tp 5% sl 3%"


async def _enters(person: Person, line: str = ENTRY, expect: str = "Filled") -> ChatMessage:
    preview = await person.says(line, "Account")
    return await person.taps("✅", expect, on=preview.id)


async def _open_looks(world: World) -> int:
    async with world.bot.database.read() as session:
        statement = select(func.count()).select_from(Order).where(col(Order.exits_due_ms).is_not(None))
        return await session.scalar(statement) or 0


async def _missed_once(world: World) -> None:
    world.passes(GRACE_S, "exits")
    async with asyncio.timeout(15):
        while True:
            async with world.bot.database.read() as session:
                misses = (await session.scalars(select(col(Order.exits_misses)))).all()
            if any(misses):
                return
            await asyncio.sleep(0.05)


async def _verdict(world: World, bot: Bot | None = None) -> None:
    """Time passes until nothing is left to look at."""
    async with asyncio.timeout(20):
        while await _open_looks(world):
            world.clock.skip(2)
            (bot or world.bot).schedule.look_again("exits")
            await asyncio.sleep(0.1)


async def _alarms(person: Person) -> list[ChatMessage]:
    return [m for m in await person.chat.messages() if m.from_bot and m.text.startswith("⛔")]


async def test_every_order_is_written_with_what_it_is(world: World, carol: Person) -> None:
    await _enters(carol)
    await _verdict(world)
    await _enters(carol, "long eth $200 5x")
    for line in ("sl eth 5%", "tp eth 5%"):
        await _enters(carol, line, "Armed")
    await _enters(carol, "close eth 50%")
    await _enters(carol, "buy sol $50")
    async with world.bot.database.read() as session:
        rows = (await session.scalars(select(Order).order_by(col(Order.id)))).all()
    entry = rows[0]
    told = [(one.role.value, one.contingency.value, one.parent_id, one.group) for one in rows]
    assert told[0] == ("entry", "oto", None, entry.client_id)
    assert sorted(told[1:3]) == [
        ("stop", "oco", entry.id, entry.client_id),
        ("take_profit", "oco", entry.id, entry.client_id),
    ]
    alone = ("none", None, None)
    assert told[3:] == [(role, *alone) for role in ("entry", "stop", "take_profit", "close", "entry")]
    assert entry.client_id is not None


async def test_exits_that_stand_raise_no_alarm(world: World, carol: Person) -> None:
    await _enters(carol)
    assert await _open_looks(world) == 1
    await _verdict(world)
    assert await _alarms(carol) == []


@pytest.mark.parametrize(("kind", "words", "again"), [("sl", "No stop loss on SOL-PERP", "$145.51")])
async def test_an_exit_that_never_appears_is_shouted_about_once_and_can_be_placed_again(
    world: World, carol: Person, kind: str, words: str, again: str
) -> None:
    await world.fault(action="exit_lost", match={"path": kind})
    await _enters(carol)
    await _missed_once(world)
    assert await _alarms(carol) == []  # one answer is not believed
    await _verdict(world)
    alarm = await carol.sees(words)
    assert "asked twice" in alarm.text
    assert again in alarm.text
    for _ in range(3):
        world.passes(GRACE_S, "exits")
        await asyncio.sleep(0.3)
    assert len(await _alarms(carol)) == 1
    preview = await carol.taps("Place again", "SOL-PERP", on=alarm.id)
    await carol.taps("✅", "Armed", on=preview.id)
    held = await carol.says("/positions", "SOL-PERP long")
    assert "SL $145.51" in held.text


async def test_the_alarm_closes_the_position_by_its_button(world: World, carol: Person) -> None:
    await world.fault(action="exit_lost", match={"path": "tp"})
    await _enters(carol)
    await _verdict(world)
    alarm = await carol.sees("No take profit on SOL-PERP")
    preview = await carol.taps("Close SOL-PERP", "Close long", on=alarm.id)
    await carol.taps("✅", "Filled", on=preview.id)
    await carol.says("/positions", "No open positions")


async def test_an_exit_too_small_for_what_filled_is_told(database_url: str) -> None:
    still = ExchangeConfig(moving=False, tick_ms=60_000)  # nobody refills the book meanwhile
    async with open_world(database_url, exchange_config=still) as world:
        carol = world.person(CAROL)
        await carol.says("/start", "Rucksack")
        await carol.links("Carol")
        await world.fault(action="exit_stuck", match={"path": "sl", "times": None})
        await _enters(carol, "long sol $30000 at 150.01 sl 3%", "Filling")
        await _verdict(world)
        assert await _alarms(carol) == []
        await world.price(SOL, "149.9")
        await carol.sees("✅ Filled")
        await _verdict(world)
        alarm = await carol.sees("covers only")
        assert "of 199.98 SOL" in alarm.text


async def test_a_position_that_is_gone_needs_no_exit(world: World, carol: Person) -> None:
    await world.fault(action="exit_lost", match={"path": "sl"})
    await _enters(carol)
    preview = await carol.says("close sol", "Close long")
    await carol.taps("✅", "Filled", on=preview.id)
    await _verdict(world)
    assert await _alarms(carol) == []


async def test_an_exit_its_user_cancelled_is_no_alarm(world: World, carol: Person) -> None:
    await _enters(carol)
    await carol.says("/cancelall", "Cancel 2 orders")
    await carol.taps("✅", "Cancelled 2 orders")
    await _verdict(world)
    assert await _alarms(carol) == []


async def test_an_exit_cancelled_or_fired_while_nobody_listened_is_no_alarm(
    world: World, carol: Person
) -> None:
    await _enters(carol, "long sol $100 sl 5%")
    await _verdict(world)
    await world.fault(action="stream_drop", match={"path": "account", "times": None})
    await _enters(carol)
    stops = [o for o in await world.orders() if o["relatedOrderId"] and o["status"] == "TriggerPending"]
    engine = world.exchange.engine
    engine.cancel(engine.world.orders[stops[-1]["id"]])
    await world.price(SOL, "158")
    await _verdict(world)
    assert await _alarms(carol) == []


async def test_the_promise_survives_a_restart(world: World, carol: Person) -> None:
    await world.fault(action="exit_lost", match={"path": "sl"})
    world.bot.schedule.stop()  # from now on it looks after nothing
    await _enters(carol)
    world.clock.skip(GRACE_S)
    heir = build(world.bot.settings, world.masters, clock=world.clock, rates=UNLIMITED)
    try:
        heir.schedule.start()
        await _verdict(world, heir)
    finally:
        heir.schedule.stop()
        await heir.client.aclose()
        await heir.database.close()
    await carol.sees("No stop loss on SOL-PERP")


async def test_an_exchange_that_does_not_answer_is_no_alarm(
    world: World, carol: Person, caplog: pytest.LogCaptureFixture
) -> None:
    await world.fault(action="exit_lost", match={"path": "sl"})
    await _enters(carol)
    await world.fault(action="status", status=503, match={"path": "/api/v1/orders", "times": None})
    world.clock.skip(GRACE_S)
    async with asyncio.timeout(20):
        while sum("could not be looked at" in said for said in caplog.messages) < 3:
            world.passes(AGAIN_S, "exits")
            await asyncio.sleep(0.1)
    assert await _alarms(carol) == []
    assert await _open_looks(world) == 1
    (await world.admin.delete("/sandbox/faults")).raise_for_status()
    await _verdict(world)
    await carol.sees("No stop loss on SOL-PERP")
