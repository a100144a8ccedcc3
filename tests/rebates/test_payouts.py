"""Payouts against the ledger in a database: what is known of orders decides the cause, corrections add up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal as D
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from bot.domain.values import Side
from bot.kernel.storage import Database, audit
from bot.people.tables import Account
from bot.rebates.model.payout_reconciliation import Cause, Paid
from bot.rebates.model.rebate import TierBasis, TierStanding
from bot.rebates.payouts import AlreadyRecorded, How, NotOpen, PayoutOutcome, Payouts, read_amount
from bot.rebates.storage import payouts
from bot.rebates.storage.tables import EntryKind, LedgerEntry, PayoutLine
from bot.trading.storage.tables import FillRow, Order
from tests.rebates.rows import a_ledger_fill, a_person
from tests.rebates.synthetic import HOUR, OCTOBER
from tests.support.rows import an_account, an_order

NOON = OCTOBER.start_ms + 12 * HOUR


@pytest.fixture
def desk(database: Database) -> Payouts:
    return Payouts(database, basis=TierBasis.MONTH, clock=lambda: OCTOBER.end_ms + HOUR)


class Book:
    """An account, and orders of it with one booked fill each."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.account: Account | None = None

    async def order(
        self,
        exchange_id: str,
        *,
        at_ms: int = NOON,
        booked: bool = True,
        made_by_the_exchange: bool = False,
        **values: Any,
    ) -> None:
        """At BKR 0 its fill earns $0.19."""
        async with self.database.write() as session:
            if self.account is None:
                self.account = await an_account(session)
                self.person = await a_person(session)
            order = an_order(self.account, exchange_id=exchange_id, code=exchange_id)
            if made_by_the_exchange:
                order.client_id = None
                order.parent_id = await session.scalar(select(func.max(col(Order.id))))
            session.add(order)
            await session.flush()
            if not booked:
                return
            fill = FillRow(
                account_id=self.account.id,
                symbol="SOL_USDC_PERP",
                side=Side.BUY,
                trade_id=int(exchange_id),
                exchange_order_id=exchange_id,
                price=D(100),
                quantity=D(10),
                fee=D("0.95"),
                fee_symbol="USDC",
                is_maker=False,
                timestamp_ms=at_ms,
            )
            session.add(fill)
            await session.flush()
            session.add(a_ledger_fill(self.person, fill_id=fill.id, order_id=order.id, at_ms=at_ms, **values))


async def record(
    desk: Payouts, amount: str | None, lines: Sequence[Paid] = (), how: How | None = None
) -> PayoutOutcome:
    """What an operator does who says each time what it is; in place of what stands, where nothing is said."""
    draft = await desk.draft(OCTOBER, None if amount is None else D(amount), 1, lines)
    while True:
        said = how or (How.CORRECTION if draft.standing else How.FIRST)
        try:
            return await desk.settle(draft.number, said, 1, () if said is How.FIRST else draft.seen)
        except AlreadyRecorded:
            if said is How.FIRST:
                raise
            draft = await desk.again(draft.number)  # another was quicker: asked again, and the same said


def line(number: int, order_id: str, rebate: str = "0.19") -> Paid:
    return Paid(number, D(rebate), order_id)


async def test_what_is_known_of_an_order_decides_the_cause(database: Database, desk: Payouts) -> None:
    book = Book(database)
    await book.order("1")
    await book.order("2")
    await book.order("3", at_ms=OCTOBER.start_ms - HOUR)
    await book.order("4", booked=False)
    await book.order(
        "5", made_by_the_exchange=True
    )  # of the exchange's making, which the operator expects to earn
    await book.order(
        "6",
        made_by_the_exchange=True,
        standing=TierStanding.EXIT,
        earning=D(0),
        accrued=D(0),
        contingent=D("0.19"),
    )
    lines = [line(2, "1"), line(3, "3"), line(4, "4"), line(5, "7")]
    outcome = await record(desk, None, lines)
    told = {part.cause: (part.amount, part.orders) for part in outcome.found.parts}
    assert told == {
        Cause.UNTAGGED: (D("-0.19"), ("2",)),
        Cause.LATE: (D("0.19"), ("3",)),
        Cause.MISSING: (D("0.19"), ("4",)),
        Cause.EXITS: (D("-0.19"), ("5",)),
        Cause.NOT_OURS: (D("0.19"), ("7",)),
    }
    again = await desk.look(OCTOBER)
    assert again is not None
    assert again.found == outcome.found
    total = await record(desk, "0.76")  # 0.57 and the exit nobody expected
    assert [(part.cause, part.certain) for part in total.found.parts] == [(Cause.EXITS, False)]
    total = await record(desk, "0.38")  # without the exit that was expected
    assert [(part.cause, part.certain) for part in total.found.parts] == [(Cause.EXITS, False)]


async def cash_of(database: Database) -> D:
    async with database.read() as session:
        entries = (await session.scalars(select(LedgerEntry))).all()
    return sum((entry.amount for entry in entries if entry.kind is EntryKind.PAYOUT), D(0))


async def receivable_settled(database: Database) -> D:
    async with database.read() as session:
        return sum((entry.amount for entry in (await session.scalars(select(LedgerEntry))).all()), D(0))


async def test_corrections_at_once_leave_one_that_counts(database: Database, desk: Payouts) -> None:
    book = Book(database)
    await book.order("1")
    amounts = [D(number) for number in range(1, 9)]
    await record(desk, "9")
    await asyncio.gather(
        *(record(desk, str(amount), [line(2, "1", str(amount))], How.CORRECTION) for amount in amounts)
    )
    async with database.read() as session:
        (kept,) = await payouts.standing(session, str(OCTOBER))
        lines = await session.scalar(select(func.count()).select_from(PayoutLine))
        assert (await audit.verify(session)).intact
    assert await cash_of(database) == kept.amount
    assert kept.amount in amounts
    assert await receivable_settled(database) == D("0.19")  # the receivable, whatever was paid
    assert lines == len(amounts)


async def test_of_first_payouts_at_once_one_is_taken_and_the_others_are_asked(
    database: Database, desk: Payouts
) -> None:
    taken = await asyncio.gather(
        *(record(desk, str(amount), how=How.FIRST) for amount in range(1, 6)), return_exceptions=True
    )
    (first,) = [one for one in taken if isinstance(one, PayoutOutcome)]
    assert sum(isinstance(one, AlreadyRecorded) for one in taken) == 4
    assert await cash_of(database) == first.found.paid


async def test_parts_at_once_are_summed_and_what_they_miss_is_told_once(
    database: Database, desk: Payouts
) -> None:
    book = Book(database)
    for number in "123":
        await book.order(number)
    await asyncio.gather(*(record(desk, None, [line(2, number)], How.PART) for number in "123"))
    found = await desk.look(OCTOBER)
    assert found is not None
    assert (found.amounts, found.found.paid, found.found.parts) == ((D("0.19"),) * 3, D("0.57"), ())
    assert await cash_of(database) == await receivable_settled(database) == D("0.57")


async def test_a_month_in_two_parts_is_compared_as_a_whole(database: Database, desk: Payouts) -> None:
    book = Book(database)
    for number in "12":
        await book.order(number)
    first = await record(desk, None, [line(2, "1")])
    assert [(part.cause, part.amount) for part in first.found.parts] == [(Cause.UNTAGGED, D("-0.19"))]
    second = await record(desk, None, [line(2, "2")], How.PART)
    assert (second.amounts, second.found.paid, second.found.parts) == ((D("0.19"), D("0.19")), D("0.38"), ())
    again = await desk.draft(OCTOBER, None, 1, [line(2, "2")])
    assert again.is_known
    twice = await desk.settle(again.number, How.PART, 1, again.seen)
    assert [(part.cause, part.amount) for part in twice.found.parts] == [(Cause.TWICE, D("0.19"))]
    right = await record(desk, "0.38", how=How.CORRECTION)
    assert (right.amounts, right.how) == ((D("0.38"),), How.CORRECTION)
    assert await cash_of(database) == D("0.38")


async def test_a_draft_is_settled_once(database: Database, desk: Payouts) -> None:
    draft = await desk.draft(OCTOBER, D(5), 1)
    await desk.settle(draft.number, How.FIRST, 1)
    for how in How:
        with pytest.raises(NotOpen):
            await desk.settle(draft.number, how, 1)
    await record(desk, "6", how=How.CORRECTION)
    with pytest.raises(NotOpen):  # taken back, and not to be had again
        await desk.settle(draft.number, How.PART, 1)
    assert await cash_of(database) == D(6)


@pytest.mark.parametrize("how", [How.PART, How.CORRECTION])
async def test_what_a_payout_is_holds_beside_what_was_seen_only(
    database: Database, desk: Payouts, how: How
) -> None:
    await record(desk, "1")
    drafts = [await desk.draft(OCTOBER, D(amount), 1) for amount in (2, 4)]
    await desk.settle(drafts[0].number, How.PART, 1, drafts[0].seen)
    with pytest.raises(AlreadyRecorded):
        await desk.settle(drafts[1].number, how, 2, drafts[1].seen)
    assert await cash_of(database) == D(3)
    again = await desk.again(drafts[1].number)
    assert again.standing == (D(1), D(2))
    await desk.settle(again.number, how, 2, again.seen)
    assert await cash_of(database) == (D(7) if how is How.PART else D(4))


async def test_lines_are_known_wherever_they_stand_in_a_file(database: Database, desk: Payouts) -> None:
    await record(desk, None, [line(2, "1"), line(3, "2")])
    assert (await desk.draft(OCTOBER, None, 1, [line(3, "2"), line(7, "1")])).is_known
    assert not (await desk.draft(OCTOBER, None, 1, [line(2, "1"), line(3, "1")])).is_known


async def test_a_payout_that_was_never_settled_does_not_count(database: Database, desk: Payouts) -> None:
    await record(desk, "5")
    first = await desk.look(OCTOBER)
    async with database.write() as session:
        (row,) = await payouts.standing(session, str(OCTOBER))
        await payouts.begin(session, type(row)(month=row.month, amount=D(9), at_ms=1, user_id=1))
    assert await desk.look(OCTOBER) == first


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1234.56", "1234.56"), ("$1,234.5", "1234.5"), ("0", "0"), ("999,999,999", "999999999")],
)
def test_amounts_are_read_as_people_write_them(text: str, amount: str) -> None:
    assert read_amount(text) == D(amount)


@pytest.mark.parametrize("text", ["", "-5", "1.234", "1,23", "1e5", "NaN", "９", "1234567890", "5 USD"])
def test_what_is_no_amount_is_none(text: str) -> None:
    assert read_amount(text) is None
