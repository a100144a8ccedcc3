"""Parting from a key while an order sent with it has no answer, and a key that is refused meanwhile."""

from __future__ import annotations

import asyncio

from bot.sandbox.telegram.driver import ChatMessage
from bot.trading.storage import orders
from bot.trading.tracking.reconciler import Reconciler
from tests.support.world import GIVEN_UP_S, Person, World

SOL = "SOL_USDC_PERP"
ORDER = {"method": "POST", "path": "/api/v1/order"}
LOOKUPS = {"method": "GET", "path": "/api/v1/order", "times": None}


async def _in_doubt(world: World, person: Person, action: str = "drop_after") -> ChatMessage:
    """An order whose answer never came, while nothing else is heard of it; the card that says so."""
    preview = await person.says("long sol $200", "Account")
    await world.fault(action="drop_before", match=LOOKUPS)
    await world.fault(action="stream_drop", match={"path": "account", "times": None})
    await world.fault(action=action, match=ORDER)
    return await person.taps("✅", "No answer yet", on=preview.id)


async def _mended(world: World) -> None:
    (await world.admin.delete("/sandbox/faults")).raise_for_status()


async def _wants_to_unlink(person: Person, expect: str) -> ChatMessage:
    asked = await person.says("/unlink", "Unlink main?")
    return await person.taps("Unlink main", expect, on=asked.id)


async def test_what_can_be_settled_is_settled_before_the_key_goes(world: World, carol: Person) -> None:
    card = await _in_doubt(world, carol)
    await _mended(world)
    await _wants_to_unlink(carol, "Unlinked: main")
    await carol.chat.wait_for(lambda m: m.id == card.id and "Filled" in m.text)


async def test_unlinking_waits_for_an_order_in_doubt(world: World, carol: Person) -> None:
    await _in_doubt(world, carol, "drop_before")
    told = await _wants_to_unlink(carol, "1 order of main has no answer")
    await _mended(world)
    await carol.says("/accounts", "Linked accounts: 1")
    world.passes(GIVEN_UP_S, "reconcile")
    await carol.sees("Not placed")
    await carol.taps("Try again", "Unlinked: main", on=told.id)


async def test_unlinking_anyway_ends_the_search_and_says_so(world: World, carol: Person) -> None:
    card = await _in_doubt(world, carol)
    told = await _wants_to_unlink(carol, "no answer")
    await carol.taps("Unlink anyway", "Unlinked: main", on=told.id)
    ended = await carol.chat.wait_for(lambda m: m.id == card.id and "Outcome unknown" in m.text)
    assert "Check it on Backpack" in ended.text
    await carol.chat.wait_for(lambda m: m.id > card.id and "Outcome unknown" in m.text)
    await _mended(world)
    assert await world.bot.services.get(Reconciler).run_once() == 0


async def test_what_rests_at_the_exchange_is_left_there_and_told(world: World, carol: Person) -> None:
    cards = []
    for line, expect in (("long sol $200 sl 3%", "Filled"), ("long sol $100 at 140", "Open")):
        preview = await carol.says(line, "Account")
        cards.append(await carol.taps("✅", expect, on=preview.id))
    code = cards[1].text.split("Order ")[1].split(" ")[0]
    told = await _wants_to_unlink(carol, "Unlinked: main")
    assert "2 open orders stay on Backpack" in told.text  # the stop of the first, and the second
    left = await carol.chat.wait_for(lambda m: m.id == cards[1].id and "Left on Backpack" in m.text)
    assert left.labels == ("Positions",)
    assert [one["status"] for one in await world.sent()] == ["Filled", "New"]
    async with world.bot.services.database.read() as session:
        assert not await orders.open_orders(session)
    shown = await carol.says(f"/order {code}", "Left on Backpack")
    assert "Cancel order" not in str(shown.labels)
    await carol.says(f"cancel {code}", "No Backpack account")


async def test_forgetting_is_always_possible_and_tells_of_what_stays_unknown(
    world: World, carol: Person
) -> None:
    card = await _in_doubt(world, carol)
    asked = await carol.says("/forget", "Forget you entirely?")
    await carol.taps("Erase everything", "Forgotten", on=asked.id)
    await carol.chat.wait_for(lambda m: m.id == card.id and "Outcome unknown" in m.text)
    await carol.chat.wait_for(lambda m: m.id > card.id and "Outcome unknown" in m.text)
    await _mended(world)
    assert await world.bot.services.get(Reconciler).run_once() == 0


async def test_a_key_revoked_while_an_order_is_in_doubt_is_told_once(world: World, carol: Person) -> None:
    card = await _in_doubt(world, carol)
    keys = world.exchange.engine.world.by_key
    (public_key,) = keys
    account = keys.pop(public_key)
    await _mended(world)
    for _ in range(2):
        world.passes(GIVEN_UP_S, "reconcile")
        await asyncio.sleep(0.3)
    told = await carol.sees("I cannot find out what became of Buy")
    assert "does not accept the key of main" in told.text
    for _ in range(3):
        world.clock.skip(61)
        assert await world.bot.services.get(Reconciler).run_once() == 1
    said = [m for m in await carol.chat.messages() if "I cannot find out" in m.text]
    assert len(said) == 1
    keys[public_key] = account  # allowed again
    world.passes(61, "reconcile")
    await carol.chat.wait_for(lambda m: m.id == card.id and "Filled" in m.text)


async def test_an_order_answered_by_maintenance_says_so(world: World, carol: Person) -> None:
    preview = await carol.says("long sol $200", "Account")
    await world.fault(action="status", status=503, match=ORDER)
    card = await carol.taps("✅", "under maintenance", on=preview.id)
    assert "Do not send it again" in card.text
    world.passes(GIVEN_UP_S, "reconcile")
    await carol.chat.wait_for(lambda m: m.id == card.id and "Rejected" in m.text)
    assert await world.sent() == []


async def test_an_edge_that_is_closed_says_nothing_of_an_order_and_enough_of_a_read(
    world: World, carol: Person
) -> None:
    preview = await carol.says("long sol $200", "Account")
    closed = {"action": "status", "status": 503, "code": "UNAVAILABLE"}  # no word of maintenance
    await world.fault(**closed, match=ORDER)
    card = await carol.taps("✅", "No answer yet", on=preview.id)
    world.passes(GIVEN_UP_S, "reconcile")
    await carol.chat.wait_for(lambda m: m.id == card.id and "Not placed" in m.text)
    reads = {"method": "GET", "path": "/api/v1/account", "times": None}
    await world.fault(**closed, match=reads)
    await carol.says("/fees", "under maintenance")
    await _mended(world)
    await world.fault(action="status", status=504, match=reads)
    failed = await carol.says("/fees", "does not answer as it should")
    assert "not certain" not in failed.text
    assert await world.sent() == []


async def test_a_reduce_only_order_the_exchange_shrinks_shows_its_new_size(
    world: World, carol: Person
) -> None:
    for line in ("long sol $300", "sell sol qty 2 at 160 reduce"):
        preview = await carol.says(line, "Account")
        card = await carol.taps("✅", on=preview.id)
    await carol.chat.wait_for(lambda m: m.id == card.id and "Open · Sell 1.99 SOL-PERP" in m.text)
    preview = await carol.says("close sol qty 1.5", "Account")
    await carol.taps("✅", "Filled", on=preview.id)
    shrunk = await carol.chat.wait_for(lambda m: m.id == card.id and "Sell 0.49 SOL-PERP" in m.text)
    assert "you asked for 1.99 SOL" in shrunk.text
    await world.price(SOL, "160.1")
    await carol.chat.wait_for(lambda m: m.id == card.id and "Filled · Sell 0.49 SOL-PERP" in m.text)


async def test_a_shrunk_order_is_noticed_after_a_deaf_stream(world: World, carol: Person) -> None:
    for line in ("long sol $300", "sell sol qty 2 at 160 reduce"):
        preview = await carol.says(line, "Account")
        card = await carol.taps("✅", on=preview.id)
    await world.fault(action="stream_drop", match={"path": "account", "times": None})
    preview = await carol.says("close sol qty 1.5", "Account")
    await carol.taps("✅", "Filled", on=preview.id)
    await world.bot.services.get(Reconciler).repair_all()
    await carol.chat.wait_for(lambda m: m.id == card.id and "Sell 0.49 SOL-PERP" in m.text)
