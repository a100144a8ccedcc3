"""A position that was promised a stop is watched while it lives: the loss of its stop is told, once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import func, select

from bot.app.wiring import build
from bot.notifications.rate_limits import UNLIMITED
from bot.sandbox.exchange import placing
from bot.sandbox.exchange.model import Order, Status
from bot.sandbox.telegram.driver import ChatMessage
from bot.trading.storage.promise_tables import StopPromise
from tests.support.world import Person, World

pytestmark = pytest.mark.both_databases

SOL = "SOL_USDC_PERP"
MINUTE = 61


async def _places(person: Person, line: str, expect: str = "Filled") -> ChatMessage:
    last = max((message.id for message in await person.chat.messages()), default=0)
    await person.chat.send(line)
    # Cards of what ended with a position come late, and name the account as a preview does.
    preview = await person.chat.wait_for(lambda m: m.id > last and any("✅" in one for one in m.labels))
    return await person.taps("✅", expect, on=preview.id)


def _stop(world: World) -> Order:
    """The newest trigger order that waits."""
    waiting = [o for o in world.exchange.engine.world.orders.values() if o.status is Status.TRIGGER_PENDING]
    return max(waiting, key=lambda order: int(order.id))


async def _alarms(person: Person) -> list[ChatMessage]:
    return [m for m in await person.chat.messages() if m.from_bot and m.text.startswith("⛔")]


async def _promises(world: World) -> int:
    async with world.bot.database.read() as session:
        return await session.scalar(select(func.count()).select_from(StopPromise)) or 0


async def _minutes(world: World, minutes: int = 2) -> None:
    """Time passes in which every look is made, and those that must be repeated are."""
    for _ in range(minutes):
        world.clock.skip(MINUTE)
        for _ in range(4):
            world.bot.schedule.look_again("exits")
            world.bot.schedule.look_again("stops")
            await asyncio.sleep(0.1)
            world.clock.skip(4)


async def _by_web(world: World) -> None:
    world.exchange.engine.cancel(_stop(world))


async def _by_the_exchange(world: World) -> None:
    placing.expire(world.exchange.engine.world, _stop(world), "Unknown")


async def _unheard(world: World) -> None:
    await world.fault(action="stream_drop", match={"path": "account", "times": None})
    world.exchange.engine.cancel(_stop(world))


@pytest.mark.parametrize(
    ("taken", "attached"), [(_by_web, False), (_by_the_exchange, True), (_unheard, True)]
)
async def test_a_stop_that_is_gone_is_told_once_and_can_be_put_back(
    world: World, carol: Person, taken: Callable[[World], Awaitable[None]], attached: bool
) -> None:
    if attached:
        await _places(carol, "long sol $200 sl 3%")
    else:
        await _places(carol, "long sol $200")
        await _places(carol, "sl sol 145.51", "Armed")
    await _minutes(world)
    assert await _alarms(carol) == []
    await taken(world)
    await _minutes(world, 4)
    (alarm,) = await _alarms(carol)
    assert "SOL-PERP" in alarm.text
    assert "$145.51" in alarm.text
    preview = await carol.taps("Place again", "SOL-PERP", on=alarm.id)
    await carol.taps("✅", "Armed", on=preview.id)  # in place of the alarm
    await _minutes(world)
    assert await _alarms(carol) == []
    (await world.admin.delete("/sandbox/faults")).raise_for_status()
    await _by_web(world)
    await _minutes(world)
    assert len(await _alarms(carol)) == 1


async def test_no_wolf_is_cried(world: World, carol: Person) -> None:
    """A stop that filled, a position that closed, shrank or turned, a stop taken away knowingly."""
    await _places(carol, "long sol $200 sl 3%")
    await _minutes(world)
    await world.price(SOL, "145.4")
    await carol.sees("Filled · Stop loss")
    await _minutes(world)
    assert await _promises(world) == 0
    await _places(carol, "long sol $200 sl 3%")
    await _places(carol, "long sol $100")  # never promised one
    await _minutes(world)
    await _places(carol, "close sol 50%")
    await _minutes(world)
    await _places(carol, "short sol $900")
    await _minutes(world)
    await _places(carol, "close sol")
    await _minutes(world)
    await _places(carol, "long sol $200 sl 3%")
    asked = await carol.says("cancel sol", "without a stop")
    await carol.taps("Cancel all", "Cancelled 1 order", on=asked.id)
    await _minutes(world)
    assert await _alarms(carol) == []
    await _places(carol, "close sol")
    await _minutes(world)
    assert await _promises(world) == 0


async def test_a_position_that_outgrew_its_stop_is_told(world: World, carol: Person) -> None:
    await _places(carol, "long sol $200")
    await _places(carol, "sl sol 140", "Armed")
    await _places(carol, "long sol $100 at 149", "Open")
    await _minutes(world)
    await world.price(SOL, "148.9")
    await _minutes(world)
    (alarm,) = await _alarms(carol)
    assert "cover only 1.33 SOL of 2 SOL" in alarm.text


async def test_an_exchange_that_does_not_answer_says_nothing_and_the_promise_survives_a_restart(
    world: World, carol: Person
) -> None:
    await _places(carol, "long sol $200 sl 3%")
    await _minutes(world)
    await world.fault(action="status", status=503, match={"path": "/api/v1/orders", "times": None})
    await _by_web(world)
    await _minutes(world, 3)
    assert await _alarms(carol) == []
    world.bot.schedule.stop()
    (await world.admin.delete("/sandbox/faults")).raise_for_status()
    heir = build(world.bot.settings, world.masters, clock=world.clock, rates=UNLIMITED)
    try:
        heir.schedule.start()
        async with asyncio.timeout(15):
            while not await _alarms(carol):
                world.clock.skip(5)
                heir.schedule.look_again("stops")
                await asyncio.sleep(0.1)
    finally:
        heir.schedule.stop()
        await heir.client.aclose()
        await heir.database.close()
    assert len(await _alarms(carol)) == 1


async def test_a_panic_whose_close_fails_leaves_no_silent_naked_position(world: World, carol: Person) -> None:
    await _places(carol, "long sol $200 sl 3%")
    first = await carol.says("/panic", "Panic")
    last = await carol.taps("Cancel and close all", "Last check", on=first.id)
    order = {"path": "/api/v1/order", "method": "POST", "times": None}
    await world.fault(action="status", status=400, code="INVALID_ORDER", match=order)
    await carol.taps("flatten", "Panic", on=last.id)
    await _minutes(world)
    assert any("The stop of SOL-PERP is gone" in alarm.text for alarm in await _alarms(carol))
