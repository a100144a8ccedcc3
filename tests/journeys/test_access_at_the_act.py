"""Who may open risk is asked at the act: a ticket is made, it is claimed, an order leaves."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlmodel import col

from bot.domain.refusal import Refusal
from bot.people import users
from bot.people.tables import Access
from bot.trading.execution.order_list import ORDER_LIST
from bot.trading.execution.submission import Submission
from bot.trading.storage import tickets
from bot.trading.storage.tables import Order, Ticket
from tests.support.world import ALICE, CAROL, Person, World, open_world

pytestmark = pytest.mark.both_databases

SOL, PERP = "SOL_USDC", "SOL_USDC_PERP"
ORDER = {"method": "POST", "path": "/api/v1/order"}
CLOSING_ONLY = "You can close here, but not open"


async def _prices(world: World, price: str) -> None:
    for symbol in (SOL, PERP):
        await world.price(symbol, price)


async def _buys(carol: Person, line: str, expect: str = "Filled") -> None:
    preview = await carol.says(line, "Account")
    await carol.taps("✅", expect, on=preview.id)


async def _denies(world: World) -> None:
    await world.person(ALICE).says(f"/deny {CAROL}", "is not let in")


async def _small_orders_unasked(world: World) -> None:
    user = await world.bot.services.users.met(CAROL)
    await world.bot.services.users.change(user, confirm_mode="below", confirm_below_usd=Decimal(10_000))


async def _opened(world: World) -> int:
    """Orders the bot wrote that could open something."""
    async with world.bot.database.read() as session:
        requests = await session.scalars(select(col(Order.request)).where(col(Order.client_id).is_not(None)))
        return sum("reduceOnly" not in request for request in requests)


async def test_a_prompt_open_at_the_denial_opens_nothing(world: World, carol: Person) -> None:
    await _small_orders_unasked(world)
    for prompt, answer in (
        ("buy sol", "200; long sol $300"),
        ("long sol", "$300"),
        ("close sol 1; long sol", "$200"),
    ):
        await carol.says(prompt)
        await _denies(world)
        await carol.says(answer)
        await world.person(ALICE).says(f"/approve {CAROL}", "is let in")
    await asyncio.sleep(0.5)
    assert await world.sent() == []


async def test_a_denied_person_closes_by_every_way_there_is(world: World, carol: Person) -> None:
    for line in ("long sol qty 4", "long eth $300", "long btc $300"):
        await _buys(carol, line)
    await _buys(carol, "long eth $100 at 2700", "Open")
    await _denies(world)
    shown = await carol.says("/positions", "SOL-PERP long")
    for label, expect in (("½", "Reduce long"), ("Close", "Close long")):
        preview = await carol.taps(label, expect, on=shown.id)
        await carol.taps("✅", "Filled", on=preview.id)
        shown = await carol.says("/positions", "long")
    preview = await carol.says("sl btc 5%; close eth 50%", "Account")
    await carol.taps("✅", "steps done", on=preview.id)
    asked = await carol.says("cancel all", "without a stop")
    await carol.taps("Cancel all", "Cancelled", on=asked.id)
    shown = await carol.says("/positions", "ETH-PERP long")
    preview = await carol.taps("Close all", "Close", on=shown.id)
    await carol.taps("✅", "Filled", on=preview.id)
    await carol.says("/positions", "No")
    assert await _opened(world) == 4


async def test_what_could_open_is_refused_whatever_it_is_called(world: World, carol: Person) -> None:
    await _buys(carol, "long sol qty 2")
    card = await carol.sees("Filled")
    await _denies(world)
    for line in (
        "buy sol $50",
        "short sol qty 3",
        "/long sol $50",
        "long sol $50 at 145",
        "short eth $50 sl 3%",
    ):
        await carol.says(line, CLOSING_ONLY)
    await carol.says("same 2x", CLOSING_ONLY, reply_to=card.id)
    mixed = await carol.says("close sol; long eth $50", CLOSING_ONLY)
    assert any("close SOL" in label for label in mixed.labels)
    preview = await carol.taps("close SOL", "Close long", on=mixed.id)
    await carol.taps("✅", "Filled", on=preview.id)
    assert len(await world.sent()) == 2
    assert await _opened(world) == 1


async def test_a_denied_person_schedules_nothing_new_and_ends_what_runs(world: World, carol: Person) -> None:
    await carol.says("/schedule movers daily 08:00", "Saved")
    await carol.says("/schedule 1 pause", "Saved")
    await _denies(world)
    for line in ("funding 10m before", "1 resume"):
        await carol.says(f"/schedule {line}", CLOSING_ONLY)
    asked = await carol.says("/schedule", "#1 Movers")
    when = await carol.taps("＋ Movers", "when?", on=asked.id)
    await carol.taps("1h", CLOSING_ONLY, on=when.id)
    await carol.says("/schedule 1 delete", "None yet")


async def test_a_tap_after_the_denial_sends_nothing(world: World, carol: Person) -> None:
    single = await carol.says("long sol $100", "Account")
    chain = await carol.says("long sol $100; long eth $100", "Account")
    await _denies(world)
    for preview in (single, chain):
        await carol.taps("✅", CLOSING_ONLY, on=preview.id)
    assert await world.sent() == []


async def test_a_claim_asks_in_its_own_transaction(world: World, carol: Person) -> None:
    """A denial between the look at the ticket and its claim, however short that is."""
    await carol.says("long sol $100", "Account")
    await carol.says("long sol $100; long eth $100", "Account")
    async with world.bot.database.read() as session:
        found = [await tickets.get(session, number) for number in (1, 2)]
    offers = [one for one in found if isinstance(one, Ticket)]
    await _denies(world)
    for offer in offers:
        refused = await world.bot.services.get(Submission).claim(offer, CAROL, None, ORDER_LIST)
        assert isinstance(refused, Refusal)
    assert await world.sent() == []


async def test_a_denial_stops_a_running_chain_before_its_next_opening(world: World, carol: Person) -> None:
    preview = await carol.says("long sol $100; long eth $100", "Account")
    await world.fault(action="delay_after", ms=1500, match=ORDER)
    waiting = asyncio.create_task(carol.taps("✅", "Not sent", on=preview.id))
    await asyncio.sleep(0.6)
    await _denies(world)
    told = await waiting
    assert "ETH" in told.text
    assert [order["symbol"] for order in await world.sent()] == [PERP]


async def test_a_denied_persons_armed_plan_does_not_trade(world: World, carol: Person) -> None:
    await carol.says("a sol > 160 then arm max $300 long sol $200", "Save this alert?")
    await carol.taps("Save", "Alert set")
    await carol.says("a sol > 170 then arm close sol", "Save this alert?")
    await carol.taps("Save", "Alert set")
    await carol.says("a sol > 158", "Alert set")
    await _denies(world)
    told = await carol.sees("The operator does not let you in")
    assert "1 alert" in told.text
    await _prices(world, "161")
    await carol.sees("🔔 SOL-PERP price above $158")
    await asyncio.sleep(1.0)
    assert await world.sent() == []
    listed = await carol.says("/alerts", "Alerts")
    assert "170" in listed.text
    assert "160" not in listed.text
    await carol.says("a sol > 190 then arm max $300 long sol $200", CLOSING_ONLY)


async def test_an_armed_plan_is_asked_for_leave_when_it_fires(world: World, carol: Person) -> None:
    """Whatever state the alert is in: the order itself needs leave."""
    await carol.says("a sol > 160 then arm max $300 long sol $200", "Save this alert?")
    await carol.taps("Save", "Alert set")
    async with world.bot.database.write() as session:  # as another process would, between two looks
        await users.set_access(session, CAROL, Access.DENIED)
    await _prices(world, "161")
    await carol.sees(CLOSING_ONLY)
    assert await world.sent() == []


@pytest.mark.parametrize("access", ["approved", "open"])
async def test_an_operator_who_is_one_no_longer(database_url: str, access: str) -> None:
    """Who is in by the setting alone is in as long as the setting says so."""
    async with open_world(database_url, access="open", admin_user_ids=(ALICE, CAROL)) as world:
        carol = world.person(CAROL)
        await carol.says("/start", "Rucksack")
        await carol.links("Carol")
        await _buys(carol, "long sol $100")
        policy = world.bot.services.access
        object.__setattr__(policy, "admins", (ALICE,))  # as a restart with other settings
        object.__setattr__(policy, "is_open", access == "open")
        if access == "open":
            await _buys(carol, "long sol $100")
        else:
            await carol.says("long sol $100", CLOSING_ONLY)
        await _buys(carol, "close sol")
