"""The nights of the ledger: what is missing is added, what differs is named and told once."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlmodel import col

from bot.domain.values import plain
from bot.kernel.recurrence import DAY_MS
from bot.people.tables import Account
from bot.rebates.affiliates import Affiliates
from bot.rebates.canary import Canary
from bot.rebates.check import LAST_TRY, LedgerCheck, Unreachable
from bot.rebates.model.rebate import TierStanding
from bot.rebates.storage.tables import Finding, LedgerFill
from bot.rebates.storage.trial_balance import trial_balance
from bot.trading.storage.tables import FillRow, Order
from tests.support.books import fills, like, places, rows
from tests.support.world import ALICE, Person, World

pytestmark = pytest.mark.both_databases


async def tonight(world: World) -> int:
    """Let it be ten past midnight of the next day; returns that moment."""
    due = (world.clock() // DAY_MS + 1) * DAY_MS + 600_000
    world.clock.skip((due - world.clock()) / 1000 + 1)
    return due


async def found(world: World) -> dict[str, dict[str, Any]]:
    """Findings by kind."""
    async with world.bot.database.read() as session:
        return {one.kind: one.detail for one in (await session.scalars(select(Finding))).all()}


async def change(world: World, statement: Any) -> None:
    async with world.bot.database.write() as session:
        await session.execute(statement)


async def alarms(world: World) -> list[str]:
    return [m.text for m in await world.person(ALICE).chat.messages() if "do not agree" in m.text]


async def an_operator(world: World) -> Person:
    alice = world.person(ALICE)
    await alice.says("/start", "Rucksack")
    return alice


async def test_a_night_without_differences_says_equal_and_disturbs_nobody(
    world: World, carol: Person
) -> None:
    await an_operator(world)
    await places(carol, "long sol $200")
    await rows(world, 1)
    due = await tonight(world)
    await world.bot.services.get(LedgerCheck).night(due, 1)
    await world.bot.services.get(Canary).night(due)
    kinds = await found(world)
    assert kinds["equal"] == {"fills": 1}
    assert kinds["tagged"]["orders"] == 1
    assert kinds["tagged"]["executed"] == kinds["tagged"]["booked"]
    assert kinds.keys() == {"equal", "tagged"}
    assert await alarms(world) == []


async def test_a_fill_lost_here_is_added_booked_and_told_once(world: World, carol: Person) -> None:
    await an_operator(world)
    for line in ("long sol $200", "long sol $100"):
        await places(carol, line)
    lost, _ = await rows(world, 2)
    await change(world, delete(FillRow).where(col(FillRow.id) == lost.fill_id))
    due = await tonight(world)
    for attempt in (1, 2):
        await world.bot.services.get(LedgerCheck).night(due, attempt)
    assert (await found(world))["missing"]["count"] == 1
    assert len(await fills(world, 2)) == 2
    _, _, again, back = await rows(world, 4)
    assert (back.why, back.revision) == ("its fill is gone", 1)
    assert (back.notional, again.notional) == (-lost.notional, lost.notional)
    assert again.standing is TierStanding.TAGGED
    await world.person(ALICE).sees("1 fill was missing here and added")
    assert len(await alarms(world)) == 1


async def test_what_was_altered_here_is_named_with_both_values(world: World, carol: Person) -> None:
    await an_operator(world)
    await places(carol, "long sol $200")
    (row,) = await rows(world, 1)
    await change(world, update(FillRow).values(fee=row.fee_amount * 2))
    await world.bot.services.get(LedgerCheck).night(await tonight(world), 1)
    told = await world.person(ALICE).sees("1 fill differs")
    assert f"fee {plain(row.fee_amount)} ≠ {plain(row.fee_amount * 2)}" in told.text
    assert "booked fee" in str((await found(world))["different"])
    await world.bot.services.get(LedgerCheck).night(await tonight(world), 1)  # the same, looked at once more
    assert len(await alarms(world)) == 1


async def test_what_the_exchange_does_not_know_is_named_unless_it_is_young(
    world: World, carol: Person
) -> None:
    await an_operator(world)
    await places(carol, "long sol $200")
    (row,) = await rows(world, 1)
    async with world.bot.database.write() as session:
        session.add(like(await session.get_one(FillRow, row.fill_id), 4711))
    async with world.bot.database.read() as session:
        account = await session.get_one(Account, row.account_id)
    outcome = await world.bot.services.get(LedgerCheck).compare(account, row.at_ms - 1, row.at_ms + DAY_MS)
    assert outcome.comparison.is_equal
    await world.bot.services.get(LedgerCheck).night(await tonight(world), 1)
    assert (await found(world))["unknown-to-exchange"]["fills"][0]["trade"] == 4711
    await world.person(ALICE).sees("the exchange does not know 1 fill")


async def test_a_silent_exchange_is_asked_again_and_then_said_to_be_silent(
    world: World, carol: Person
) -> None:
    await an_operator(world)
    await places(carol, "long sol $200")
    await rows(world, 1)
    due = await tonight(world)
    silence = {"path": "/wapi/v1/history/fills", "times": None}
    await world.fault(action="status", status=503, match=silence)
    with pytest.raises(Unreachable):
        await world.bot.services.get(LedgerCheck).night(due, 1)
    assert await found(world) == {}
    await world.bot.services.get(LedgerCheck).night(due, LAST_TRY)
    assert (await found(world))["unreachable"]["key"] is False
    await world.person(ALICE).sees("the exchange gave no history")


async def test_the_schedule_does_the_nights_work_once(world: World, carol: Person) -> None:
    await places(carol, "long sol $200")
    await rows(world, 1)
    await tonight(world)
    world.clock.skip(1800)
    world.bot.schedule.look_again("ledger-check")
    world.bot.schedule.look_again("canary")
    async with asyncio.timeout(20):
        while True:
            if (await found(world)).keys() == {"equal", "tagged"}:
                return
            await asyncio.sleep(0.1)


async def test_an_untagged_order_and_a_volume_that_differs_are_told(world: World, carol: Person) -> None:
    await an_operator(world)
    for line in ("long sol $200", "long sol $100"):
        await places(carol, line)
    first, second = await rows(world, 2)
    await change(world, update(Order).where(col(Order.id) == first.order_id).values(broker_id=None))
    async with world.bot.database.write() as session:
        order = await session.get_one(Order, second.order_id)
        order.executed_quote *= 2
    due = await tonight(world)
    for _ in range(2):
        await world.bot.services.get(Canary).night(due)
    kinds = await found(world)
    assert kinds["untagged"]["count"] == 1
    assert kinds["tag-difference"]["orders"][0]["order"] == order.code
    told = await world.person(ALICE).sees("without your broker's tag")
    assert "counts another volume" in told.text
    assert len(await alarms(world)) == 1


async def test_a_trial_balance_is_balanced_after_all_kinds_of_trouble(world: World, carol: Person) -> None:
    await places(carol, "long sol $200 sl 3%")
    await world.price("SOL_USDC_PERP", "145")
    booked, _ = await rows(world, 2)
    await world.bot.services.get(Affiliates).operator_says(1003, Decimal("0.4"), ALICE)
    found = await world.bot.database.survey(lambda session: trial_balance(session, booked.month))
    async with world.bot.database.read() as session:
        everything = (await session.scalars(select(LedgerFill))).all()
    balances = found.accounts
    assert found.is_balanced
    assert balances["receivable.exchange"].debit == sum(row.accrued for row in everything) < booked.accrued
    assert balances["volume.users"].credit == balances["volume.tagged"].debit + balances["volume.exit"].debit
