"""Books that cannot mislead: months, keys, prices and checks as they go wrong in the field."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlmodel import col

from bot.exchange.backpack.wire.base import to_ms, to_us
from bot.kernel.recurrence import DAY_MS
from bot.people import accounts
from bot.rebates.bookkeeper import Bookkeeper
from bot.rebates.canary import Canary
from bot.rebates.check import LedgerCheck
from bot.rebates.model.fill_reconciliation import compare
from bot.rebates.model.journal_entry import FEE
from bot.rebates.model.rebate import Month, TierStanding
from bot.rebates.storage.tables import EntryKind, LedgerEntry, LedgerFill, PriceSource
from bot.rebates.storage.trial_balance import TrialBalance, trial_balance
from bot.rebates.summary import Summaries
from bot.trading.storage.tables import FillRow, Order
from tests.support.books import fills, like, places, rows
from tests.support.rows import a_fill
from tests.support.world import ALICE, Person, World, code_in

END = Month(2026, 10).end_ms


# --- one month per fill ----------------------------------------------------------------------------------


@pytest.mark.parametrize("fraction", ["9995", "999500", "9999999", "999", "0005"])
def test_a_time_is_of_the_millisecond_it_is_in(fraction: str) -> None:
    moment = f"2026-10-31T23:59:59.{fraction}"
    assert to_ms(moment) == END - 1000 + int(fraction.ljust(3, "0")[:3])
    assert to_us(moment) == (END - 1000) * 1000 + int(fraction.ljust(6, "0")[:6])
    assert str(Month.of(to_ms(moment) or 0)) == "2026-10"


async def test_a_fill_keeps_the_microsecond_the_stream_told(world: World, carol: Person) -> None:
    """One execution is of one moment through both doors, wherever in a millisecond it lies."""
    await places(carol, "long sol $200")
    (fill,) = await fills(world, 1)
    async with world.bot.database.read() as session:
        (account,) = await accounts.active(session)
    outcome = await world.bot.services.get(LedgerCheck).compare(
        account, fill.timestamp_ms - 1, fill.timestamp_ms + DAY_MS
    )
    assert outcome.comparison.is_equal
    async with world.bot.database.write() as session:  # lost here, and read again from the history
        await session.execute(delete(FillRow))
    await world.bot.services.get(LedgerCheck).compare(
        account, fill.timestamp_ms - 1, fill.timestamp_ms + DAY_MS
    )
    (again,) = await fills(world, 1)
    assert (again.timestamp_ms, again.micros) == (fill.timestamp_ms, fill.micros)


def test_the_nightly_check_compares_months_however_near_the_moments_are() -> None:
    mine, theirs = a_fill(timestamp_ms=END - 1), a_fill(timestamp_ms=END)
    found = compare([theirs], [mine], from_ms=END - DAY_MS, to_ms=END + DAY_MS, young_ms=END + DAY_MS)
    (one,) = found.different
    assert one.fields["month"] == ("2026-11", "2026-10")


# --- an order is ours by its id ---------------------------------------------------------------------------


async def test_a_resting_order_that_fills_under_a_new_key_is_ours_and_counts_once(
    world: World, carol: Person
) -> None:
    await places(carol, "long sol $200 at 140", "Open")
    asked = await carol.says("/unlink main", "Unlink main?")
    await carol.taps("Unlink main", "Unlinked", on=asked.id)
    await carol.says("/link", "Link")
    shown = await carol.taps("Make a key", "Public Key")
    key = {"label": "Carol", "publicKey": code_in(shown)}
    (await world.admin.post("/sandbox/keys", json=key)).raise_for_status()
    await carol.taps("Done", "Linked")
    await world.price("SOL_USDC_PERP", "139.9")
    await fills(world, 1)
    (row,) = await rows(world, 1)
    assert row.standing is TierStanding.TAGGED
    assert row.accrued == row.earning / 5 > 0
    async with world.bot.database.read() as session:
        order = await session.get_one(Order, row.order_id)
        assert order.account_id != row.account_id
        fill = (await session.scalars(select(FillRow))).one()
    async with world.bot.database.write() as session:  # the first key's account learns of it as well
        session.add(
            FillRow(**fill.model_dump(exclude={"id", "booked_ms"}) | {"account_id": order.account_id})
        )
    assert await world.bot.services.get(Bookkeeper).run_once() <= 1
    world.clock.skip(130)
    await world.bot.services.get(Bookkeeper).run_once()
    found = await rows(world, 2)
    assert sorted(one.standing for one in found) == [TierStanding.ELSEWHERE, TierStanding.TAGGED]
    tagging = await world.bot.services.get(Canary).look(order.created_ms - 1, world.clock())
    assert (tagging.untagged, tagging.different) == ([], {})


# --- checks that can fail -----------------------------------------------------------------------------------


async def test_a_month_is_checked_by_the_time_of_its_fills(world: World, carol: Person) -> None:
    for line in ("long sol $200", "long sol $100"):
        await places(carol, line)
    first, _ = await rows(world, 2)
    async with world.bot.database.write() as session:  # changed much later, for whatever reason
        changes = {"broker_id": None, "updated_ms": first.at_ms + 40 * DAY_MS}
        await session.execute(update(Order).where(col(Order.id) == first.order_id).values(**changes))
    tagging = await world.bot.services.get(Canary).look(first.at_ms - DAY_MS, first.at_ms + DAY_MS)
    assert len(tagging.untagged) == 1
    later = await world.bot.services.get(Canary).look(first.at_ms + 30 * DAY_MS, first.at_ms + 50 * DAY_MS)
    assert later.untagged == []


async def balance_of(world: World, month: str) -> TrialBalance:
    return await world.bot.database.survey(lambda session: trial_balance(session, month))


async def test_the_trial_balance_fails_where_a_row_does_not_say_what_it_should(
    world: World, carol: Person
) -> None:
    await places(carol, "long sol $200")
    (row,) = await rows(world, 1)
    sound = await balance_of(world, row.month)
    assert sound.is_balanced
    assert sound.accounts[FEE.credit].credit == row.fee
    wrong: list[dict[str, Any]] = [
        {"accrued": row.accrued + Decimal("0.01")},
        {"fee": row.fee * 2},
        {"notional": row.notional + 1},
        {"contingent": Decimal(1)},
    ]
    for number, change in enumerate(wrong, 1):
        async with world.bot.database.write() as session:
            fill = like(await session.get_one(FillRow, row.fill_id), 7000 + number)
            fill.booked_ms = row.booked_ms
            session.add(fill)
            await session.flush()
            session.add(LedgerFill(**row.model_dump(exclude={"id"}) | change | {"fill_id": fill.id}))
        found = await balance_of(world, row.month)
        assert not found.is_balanced
        assert found.wrong_count == number
        assert found.debit != found.credit


async def test_the_trial_balance_fails_where_what_takes_back_is_another_amount(
    world: World, carol: Person
) -> None:
    await places(carol, "long sol $200")
    (row,) = await rows(world, 1)
    month = row.month
    entry: dict[str, Any] = {"month": month, "at_ms": 1, "kind": EntryKind.PAYOUT, "debit": "cash"}
    entry |= {"credit": "receivable.exchange", "user_id": 1}
    async with world.bot.database.write() as session:
        session.add(LedgerEntry(key="payout:1", amount=Decimal(5), **entry))
        session.add(LedgerEntry(key="undo:payout:1", amount=Decimal(-5), **entry))
    assert (await balance_of(world, month)).is_balanced
    async with world.bot.database.write() as session:
        session.add(LedgerEntry(key="payout:2", amount=Decimal(5), **entry))
        session.add(LedgerEntry(key="undo:payout:2", amount=Decimal(-4), **entry))
    assert not (await balance_of(world, month)).is_balanced
    async with world.bot.database.write() as session:
        session.add(LedgerEntry(key="payout:3", amount=Decimal(5), **entry | {"credit": ""}))
    assert (await balance_of(world, month)).wrong_count == 2


# --- prices ----------------------------------------------------------------------------------------------


async def unpriced(world: World, symbols: list[str]) -> list[int]:
    """Fills whose fees are in these assets, booked."""
    async with world.bot.database.write() as session:
        fill = (await session.scalars(select(FillRow))).one()
        for number, symbol in enumerate(symbols):
            other = like(fill, 5000 + number)
            other.fee_symbol, other.fee = symbol, Decimal("0.5")
            other.timestamp_ms = fill.timestamp_ms - 120_000
            session.add(other)
    world.clock.skip(200)
    await world.bot.services.get(Bookkeeper).run_once()
    async with world.bot.database.read() as session:
        found = await session.scalars(
            select(LedgerFill).where(col(LedgerFill.price_source) == PriceSource.UNKNOWN)
        )
        return [row.fill_id for row in found.all()]


async def test_one_asset_nobody_answers_for_holds_up_no_other(world: World, carol: Person) -> None:
    """Its candles end in an error each time, as those of a market do that is being taken off the list."""
    await places(carol, "long sol $200")
    await rows(world, 1)
    await world.fault(action="status", status=503, match={"path": "/api/v1/klines", "times": 1})
    async with world.bot.database.write() as session:
        fill = (await session.scalars(select(FillRow))).one()
        for number, symbol in enumerate(["WIF"] * 3 + ["BTC", "ETH"]):
            other = like(fill, 6000 + number)
            other.fee_symbol, other.fee = symbol, Decimal("0.5")
            other.timestamp_ms = fill.timestamp_ms - 120_000
            session.add(other)
    world.clock.skip(200)
    assert await world.bot.services.get(Bookkeeper).run_once() == 2  # WIF alone waits
    assert await world.bot.services.get(Bookkeeper).run_once() == 3


async def test_a_price_that_can_be_had_does_not_wait_behind_those_that_cannot(
    world: World, carol: Person
) -> None:
    await places(carol, "long sol $200")
    await rows(world, 1)
    asked = {"path": "/api/v1/klines", "times": None}
    await world.fault(action="status", status=400, code="INVALID_MARKET", match=asked)
    waiting = await unpriced(world, ["NOPE"] * 30 + ["BTC"])
    assert len(waiting) == 31
    summary = await world.bot.services.get(Summaries).month(Month.of(world.clock()))
    assert summary.unpriced == {"NOPE": (30, Decimal(15)), "BTC": (1, Decimal("0.5"))}
    alice = world.person(ALICE)
    await alice.says("/start", "Rucksack")
    await alice.says("/rebates", "0.5 BTC, 15 NOPE")
    (await world.admin.delete("/sandbox/faults")).raise_for_status()
    world.clock.skip(700)
    await world.fault(action="delay_before", ms=0, match=asked)
    assert await world.bot.services.get(Bookkeeper).mend() == 1
    (rule,) = (await world.admin.get("/sandbox/faults")).raise_for_status().json()
    assert rule["hits"] == 2  # one for each asset and hour
    summary = await world.bot.services.get(Summaries).month(Month.of(world.clock()))
    assert summary.unpriced == {"NOPE": (30, Decimal(15))}
