"""Payouts against the ledger in a database: what is known of orders decides the cause, corrections add up."""

from __future__ import annotations

import asyncio
from decimal import Decimal as D
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.broker.payouts import Payouts, read_amount
from bot.domain.rebate import Standing, TierBasis
from bot.domain.reconcile import Cause, Paid
from bot.domain.values import Side
from bot.store import Database, audit, payouts
from bot.store.broker_tables import EntryKind, LedgerEntry, PayoutLine
from bot.store.tables import Account, Fill
from tests.broker.synthetic import HOUR, OCTOBER
from tests.store.builders import an_account, an_order
from tests.store.ledger_builders import a_ledger_fill, a_person

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
            session.add(order)
            await session.flush()
            if not booked:
                return
            fill = Fill(
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
        standing=Standing.EXIT,
        earning=D(0),
        accrued=D(0),
        contingent=D("0.19"),
    )
    lines = [line(2, "1"), line(3, "3"), line(4, "4"), line(5, "7")]
    outcome = await desk.record(OCTOBER, None, 1, lines)
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
    total = await desk.record(OCTOBER, D("0.76"), 1)  # 0.57 and the exit nobody expected
    assert [(part.cause, part.certain) for part in total.found.parts] == [(Cause.EXITS, False)]
    total = await desk.record(OCTOBER, D("0.38"), 1)  # without the exit that was expected
    assert [(part.cause, part.certain) for part in total.found.parts] == [(Cause.EXITS, False)]


async def test_records_at_once_leave_one_that_counts(database: Database, desk: Payouts) -> None:
    book = Book(database)
    await book.order("1")
    amounts = [D(number) for number in range(1, 9)]
    await asyncio.gather(
        *(desk.record(OCTOBER, amount, 1, [line(2, "1", str(amount))]) for amount in amounts)
    )
    async with database.read() as session:
        kept = await payouts.latest(session, str(OCTOBER))
        entries = (await session.scalars(select(LedgerEntry))).all()
        lines = await session.scalar(select(func.count()).select_from(PayoutLine))
        assert (await audit.verify(session)).intact
    assert kept is not None
    cash = sum((entry.amount for entry in entries if entry.kind is EntryKind.PAYOUT), D(0))
    assert cash in amounts
    settled = sum((entry.amount for entry in entries), D(0))
    assert settled == D("0.19")  # the receivable, whatever was paid
    assert lines == len(amounts)


async def test_a_payout_that_was_never_settled_does_not_count(database: Database, desk: Payouts) -> None:
    await desk.record(OCTOBER, D(5), 1)
    first = await desk.look(OCTOBER)
    async with database.write() as session:
        row = await payouts.latest(session, str(OCTOBER))
        assert row is not None
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
