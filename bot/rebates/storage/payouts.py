"""What the exchange paid, as recorded, and what its lines are compared with.

A month may be paid in parts. A correction takes earlier entries back by further rows; nothing is edited.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import fields
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, and_, case, cast, func, insert, literal, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from bot.domain.values import ZERO
from bot.kernel.storage.columns import Word
from bot.kernel.storage.upsert import insert_or_ignore
from bot.rebates.model.payout_reconciliation import Expected, Paid, PayoutPart, Sums
from bot.rebates.model.rebate import TierStanding
from bot.rebates.storage.tables import EntryKind, LedgerEntry, LedgerFill, Payout, PayoutLine
from bot.trading.storage.orders import ATTACHED
from bot.trading.storage.tables import FillRow, Order

RECEIVABLE: Final = "receivable.exchange"
CASH: Final = "cash"
UNDO: Final = "undo:"
_LOCK = text("SELECT pg_advisory_xact_lock(7226275)")
_BATCH: Final = 500  # ids in one look-up

# As the fields of `Paid` and `Expected` follow each other.
_PAID: Final[tuple[Any, ...]] = tuple(
    getattr(PayoutLine, "exchange_order_id" if field.name == "order_id" else field.name)
    for field in fields(Paid)
)
_EXPECTED: Final[tuple[Any, ...]] = (
    func.coalesce(col(FillRow.exchange_order_id), ""),
    FillRow.trade_id,
    LedgerFill.person_id,
    LedgerFill.symbol,
    LedgerFill.at_ms,
    case((ATTACHED, literal(TierStanding.EXIT, Word(TierStanding))), else_=col(LedgerFill.standing)),
    LedgerFill.notional,
    LedgerFill.fee,
    LedgerFill.earning,
    LedgerFill.affiliate,
)


async def begin(session: AsyncSession, payout: Payout) -> int:
    """Note a payout; it counts once it is settled. Its number."""
    session.add(payout)
    await session.flush()
    return payout.id


async def add_lines(session: AsyncSession, payout_id: int, lines: Iterable[Paid]) -> None:
    """Keep the exchange's lines; a few thousand at a time, for other writers wait meanwhile."""
    if rows := [{"payout_id": payout_id, **_row(line)} for line in lines]:
        await session.execute(insert(PayoutLine), rows)


async def settle(
    session: AsyncSession,
    payout: Payout,
    parts: Sequence[PayoutPart],
    known: Collection[int],
    *,
    corrects: bool,
) -> bool:
    """Book a payout and the differences of its month; `known` are the payouts that stood meanwhile.

    With `corrects` those are taken back, without it they stay. False, and nothing is written, when others
    were settled meanwhile.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(_LOCK)
    if {one.id for one in await standing(session, payout.month)} != set(known):
        return False
    for entry in await _entries(session, payout.month):
        if entry.kind is EntryKind.PAYOUT and not corrects:
            continue
        again: dict[str, Any] = entry.model_dump(exclude={"id"})
        again |= {"key": UNDO + entry.key, "amount": -entry.amount}
        again |= {"at_ms": payout.at_ms, "user_id": payout.user_id}
        await insert_or_ignore(session, LedgerEntry(**again))
    await insert_or_ignore(session, _entry(payout, EntryKind.PAYOUT, "", CASH, payout.amount))
    for part in parts:
        debit = f"difference.{part.cause}"
        entry = _entry(payout, EntryKind.DIFFERENCE, f":{part.cause}", debit, -part.amount)
        entry.note = "" if part.certain else "candidate"
        await insert_or_ignore(session, entry)
    return True


def _row(line: Paid) -> dict[str, Any]:
    return {column.key: getattr(line, field.name) for column, field in zip(_PAID, fields(Paid), strict=True)}


def _entry(payout: Payout, kind: EntryKind, which: str, debit: str, amount: Decimal) -> LedgerEntry:
    return LedgerEntry(
        key=f"{kind}:{payout.id}{which}",
        month=payout.month,
        at_ms=payout.at_ms,
        kind=kind,
        debit=debit,
        credit=RECEIVABLE,
        amount=amount,
        user_id=payout.user_id,
    )


def _counts(entry: Any) -> ColumnElement[bool]:
    """Whether an entry is no taking back and was not taken back."""
    undone = aliased(LedgerEntry)
    taken_back = select(col(undone.id)).where(col(undone.key) == UNDO + col(entry.key)).exists()
    return and_(col(entry.key).not_like(f"{UNDO}%"), ~taken_back)


async def _entries(session: AsyncSession, month: str) -> Sequence[LedgerEntry]:
    """The entries of this month's payouts that were not taken back."""
    statement = select(LedgerEntry).where(
        col(LedgerEntry.month) == month,
        col(LedgerEntry.kind).in_((EntryKind.PAYOUT, EntryKind.DIFFERENCE)),
        _counts(LedgerEntry),
    )
    return (await session.scalars(statement)).all()


async def draft(session: AsyncSession, payout_id: int) -> Payout | None:
    """A payout that was never settled."""
    settled = select(col(LedgerEntry.id)).where(col(LedgerEntry.key) == f"{EntryKind.PAYOUT}:{payout_id}")
    return (
        await session.scalars(select(Payout).where(col(Payout.id) == payout_id, ~settled.exists()))
    ).one_or_none()


async def standing(session: AsyncSession, month: str) -> Sequence[Payout]:
    """The payouts of a month that count, in the order they were recorded: one, or its parts."""
    key = literal(f"{EntryKind.PAYOUT}:") + cast(col(Payout.id), Text)
    statement = (
        select(Payout)
        .join(LedgerEntry, col(LedgerEntry.key) == key)
        .where(col(Payout.month) == month, _counts(LedgerEntry))
        .order_by(col(Payout.id))
    )
    return (await session.scalars(statement)).all()


def lines_of(session: Session, payout_id: int) -> list[Paid]:
    """The exchange's lines, for `Database.survey`."""
    statement = select(*_PAID).where(col(PayoutLine.payout_id) == payout_id).order_by(col(PayoutLine.line))
    return [Paid(*row) for row in session.execute(statement)]


def expected_lines(session: Session, month: str) -> list[Expected]:
    """Every fill of `month` as it stands now, for `Database.survey`."""
    later = aliased(LedgerFill)
    statement = (
        select(*_EXPECTED)
        .outerjoin(FillRow, col(FillRow.id) == col(LedgerFill.fill_id))
        .outerjoin(Order, col(Order.id) == col(LedgerFill.order_id))
        .outerjoin(
            later,
            and_(
                col(later.fill_id) == col(LedgerFill.fill_id),
                col(later.revision) == col(LedgerFill.revision) + 1,
            ),
        )
        .where(
            col(LedgerFill.month) == month,
            col(LedgerFill.revision) % 2 == 0,
            col(later.id).is_(None),
        )
        .order_by(col(LedgerFill.id))
    )
    return [Expected(*row) for row in session.execute(statement)]


async def sums(session: AsyncSession, month: str) -> Sums:
    """The fees of `month` by affiliate rebate, added up by the database."""
    fee, earning, is_reversal = (
        col(LedgerFill.fee),
        col(LedgerFill.earning),
        col(LedgerFill.revision) % 2 == 1,
    )
    above = or_(and_(~is_reversal, fee > ZERO), and_(is_reversal, fee < ZERO))
    is_exit = or_(ATTACHED, col(LedgerFill.standing) == TierStanding.EXIT)
    negative = and_(col(LedgerFill.standing) == TierStanding.TAGGED, ~above)
    statement = (
        select(
            col(LedgerFill.affiliate),
            func.sum(earning),
            func.sum(case((and_(is_exit, above), fee), else_=ZERO)),
            func.sum(case((is_exit, earning), else_=ZERO)),
            func.sum(case((negative, fee), else_=ZERO)),
        )
        .outerjoin(Order, col(Order.id) == col(LedgerFill.order_id))
        .where(col(LedgerFill.month) == month)
        .group_by(col(LedgerFill.affiliate))
    )
    rows = (await session.execute(statement)).all()
    return Sums(
        earning={row[0]: row[1] for row in rows},
        exits={row[0]: row[2] - row[3] for row in rows},
        counted={row[0]: row[3] for row in rows},
        negative={row[0]: row[4] for row in rows},
    )


def orders_among(session: Session, exchange_ids: Collection[str]) -> set[str]:
    """Those of the exchange's order ids that are of orders of ours, of any month, for `Database.survey`."""

    def statement(ids: Sequence[str]) -> Any:
        return select(col(Order.exchange_id)).where(col(Order.exchange_id).in_(ids))

    return _look_up(session, exchange_ids, statement)


def filled_since(session: Session, exchange_ids: Collection[str], month: str, since_ms: int) -> set[str]:
    """Those of the orders with a fill booked for `month` at or after `since_ms`, for `Database.survey`."""

    def statement(ids: Sequence[str]) -> Any:
        booked = select(col(FillRow.exchange_order_id)).join(
            LedgerFill, col(LedgerFill.fill_id) == col(FillRow.id)
        )
        in_time = col(LedgerFill.month) == month, col(LedgerFill.at_ms) >= since_ms
        return booked.where(col(FillRow.exchange_order_id).in_(ids), *in_time)

    return _look_up(session, exchange_ids, statement)


def _look_up(session: Session, ids: Collection[str], statement: Callable[[Sequence[str]], Any]) -> set[str]:
    found: set[str] = set()
    rest: Iterator[str] = iter(ids)
    while batch := list(islice(rest, _BATCH)):
        found.update(session.scalars(statement(batch)))
    return found
