"""Fills on their way into the ledger: what is not booked yet, whose orders they are, and the rows written.

Whoever writes fills into the ledger takes a turn first, so that ids are committed in their order and a fill
is looked at by one writer at a time, in this process or another.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Select, and_, bindparam, func, insert, literal_column, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from bot.domain.values import ZERO
from bot.people.tables import Account
from bot.rebates.model.journal_entry import Maker
from bot.rebates.model.rebate import TierStanding
from bot.rebates.storage.tables import LedgerFill, PriceSource
from bot.trading.storage.orders import ATTACHED, IN_DOUBT
from bot.trading.storage.tables import FillRow, Order, Ticket

_LOCK: Final = text("SELECT pg_advisory_xact_lock(7226275)")
_INSERT: Final = insert(LedgerFill.__table__)  # type: ignore[attr-defined]
_LAST: Final = select(func.max(col(LedgerFill.id)))
_Row: Final = aliased(LedgerFill)
_UNPRICED: Final = (
    col(_Row.price_source) == literal_column(f"'{PriceSource.UNKNOWN}'"),  # as its index says it
    col(_Row.revision) % 2 == 0,
    col(_Row.revision)
    == select(func.max(col(LedgerFill.revision)))
    .where(col(LedgerFill.fill_id) == col(_Row.fill_id))
    .scalar_subquery(),
)
_Other: Final = aliased(FillRow)
_Later: Final = aliased(LedgerFill)
_COUNTED_ELSEWHERE: Final = (
    select(col(FillRow.id))
    .join(
        _Other,
        and_(
            col(_Other.exchange_order_id) == col(FillRow.exchange_order_id),
            col(_Other.symbol) == col(FillRow.symbol),
            col(_Other.trade_id) == col(FillRow.trade_id),
            col(_Other.account_id) != col(FillRow.account_id),
        ),
    )
    .join(LedgerFill, col(LedgerFill.fill_id) == col(_Other.id))
    .where(
        col(FillRow.id).in_(bindparam("asked", expanding=True)),
        col(LedgerFill.order_id).is_not(None),
        col(LedgerFill.revision) % 2 == 0,
        ~(
            select(col(_Later.id))
            .where(
                col(_Later.fill_id) == col(LedgerFill.fill_id),
                col(_Later.revision) > col(LedgerFill.revision),
            )
            .exists()
        ),
    )
)
COLUMNS: Final = tuple(name for name in LedgerFill.model_fields if name != "id")


@dataclass(frozen=True, slots=True)
class Behind:
    """The order of ours behind a fill."""

    order_id: int
    maker: Maker
    group_id: int | None  # where it was asked for


async def take_turn(session: AsyncSession) -> None:
    """Wait until no other writer of the ledger is at it; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(_LOCK)


async def unbooked(session: AsyncSession, after_id: int, limit: int) -> Sequence[FillRow]:
    """Fills the ledger has not taken in, in the order they came."""
    statement = (
        select(FillRow)
        .where(col(FillRow.booked_ms).is_(None), col(FillRow.id) > after_id)
        .order_by(col(FillRow.id))
        .limit(limit)
    )
    return (await session.scalars(statement)).all()


async def still_unbooked(session: AsyncSession, fill_ids: Collection[int]) -> Sequence[FillRow]:
    """Those of some fills that nobody booked meanwhile; take a turn first."""
    statement = (
        select(FillRow)
        .where(col(FillRow.id).in_(fill_ids), col(FillRow.booked_ms).is_(None))
        .order_by(col(FillRow.id))
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(statement)).all()


async def fills(session: AsyncSession, fill_ids: Collection[int]) -> dict[int, FillRow]:
    """Fills by id."""
    statement = select(FillRow).where(col(FillRow.id).in_(fill_ids))
    return {fill.id: fill for fill in (await session.scalars(statement)).all()}


async def accounts_of(session: AsyncSession, account_ids: Collection[int]) -> dict[int, Account]:
    """Accounts by id, unlinked ones too."""
    statement = (
        select(Account).where(col(Account.id).in_(account_ids)).execution_options(populate_existing=True)
    )
    return {account.id: account for account in (await session.scalars(statement)).all()}


async def in_doubt(session: AsyncSession) -> set[int]:
    """Accounts with an order whose outcome is being looked up."""
    statement = select(col(Order.account_id)).where(col(Order.state).in_(IN_DOUBT)).distinct()
    return set((await session.scalars(statement)).all())


async def behind(session: AsyncSession, of: Sequence[FillRow]) -> dict[int, Behind]:
    """The orders of ours behind fills, by fill id; a fill of any other order is not there.

    By the exchange's id, whichever account sees it: a key may be new while the order is not. By client id as
    long as the order's own id is not known, on accounts of the same user. An execution that two accounts saw
    counts for the one it was booked for first.
    """
    by_id = await _candidates(session, col(Order.exchange_id), {fill.exchange_order_id for fill in of})
    clients = {fill.client_id for fill in of if fill.client_id is not None}
    nameless = await _candidates(session, col(Order.client_id), clients, without_id=True)
    users = await _users(session, {fill.account_id for fill in of}) if nameless else {}
    found: dict[int, Behind] = {}
    seen: set[tuple[str, str, int | None, int]] = set()
    counted = await _counted_elsewhere(session, of)
    for fill in of:
        here = users.get(fill.account_id)
        known = by_id.get((fill.symbol, fill.exchange_order_id), [])
        known = known or [
            one for one in nameless.get((fill.symbol, fill.client_id), []) if one.user_id == here
        ]
        if not known or fill.id in counted:
            continue
        best = max(known, key=lambda one: (not one.is_attached, one.account_id == fill.account_id))
        execution = fill.symbol, fill.exchange_order_id, fill.trade_id, fill.trade_id or fill.id
        if execution not in seen:
            seen.add(execution)
            found[fill.id] = Behind(best.order_id, _maker(best), best.group_id)
    return found


@dataclass(frozen=True, slots=True)
class _Candidate:
    order_id: int
    account_id: int
    user_id: int
    is_attached: bool
    broker_id: int | None
    group_id: int | None


async def _candidates(
    session: AsyncSession, key: Any, values: Collection[Any], *, without_id: bool = False
) -> dict[tuple[str, Any], list[_Candidate]]:
    """Orders of ours by symbol and `key`."""
    if not values:
        return {}
    statement = (
        select(
            col(Order.symbol),
            key,
            col(Order.id),
            col(Order.account_id),
            col(Order.user_id),
            ATTACHED,
            col(Order.broker_id),
            col(Ticket.group_id),
        )
        .outerjoin(Ticket, col(Ticket.id) == col(Order.ticket_id))
        .where(key.in_(values))
    )
    if without_id:
        statement = statement.where(col(Order.exchange_id).is_(None))
    found: dict[tuple[str, Any], list[_Candidate]] = {}
    for symbol, value, *rest in (await session.execute(statement)).all():
        found.setdefault((symbol, value), []).append(_Candidate(*rest))
    return found


async def _users(session: AsyncSession, account_ids: Collection[int]) -> dict[int, int]:
    """Whose accounts they are."""
    statement = select(col(Account.id), col(Account.user_id)).where(col(Account.id).in_(account_ids))
    return dict((await session.execute(statement)).tuples().all())


async def _counted_elsewhere(session: AsyncSession, of: Sequence[FillRow]) -> set[int]:
    """Those of the fills whose execution is booked as one of our orders' through another account."""
    return set((await session.scalars(_COUNTED_ELSEWHERE, {"asked": [fill.id for fill in of]})).all())


def _maker(order: _Candidate) -> Maker:
    if order.is_attached:
        return Maker.EXCHANGE
    return Maker.WE_UNTAGGED if order.broker_id is None else Maker.WE_TAGGED


async def current(session: AsyncSession, fill_ids: Collection[int]) -> dict[int, LedgerFill]:
    """The newest row of each fill that was ever booked; an odd revision says that it counts no longer."""
    newest = (
        select(col(LedgerFill.fill_id), func.max(col(LedgerFill.revision)).label("revision"))
        .where(col(LedgerFill.fill_id).in_(fill_ids))
        .group_by(col(LedgerFill.fill_id))
        .subquery()
    )
    statement = select(LedgerFill).join(
        newest,
        (col(LedgerFill.fill_id) == newest.c.fill_id) & (col(LedgerFill.revision) == newest.c.revision),
    )
    return {row.fill_id: row for row in (await session.scalars(statement)).all()}


async def of_account(session: AsyncSession, account_id: int, from_ms: int, to_ms: int) -> list[LedgerFill]:
    """What counts of an account's fills in [from, to): the newest row of each, if it is a booking."""
    statement = (
        select(LedgerFill)
        .where(
            col(LedgerFill.account_id) == account_id,
            col(LedgerFill.at_ms) >= from_ms,
            col(LedgerFill.at_ms) < to_ms,
        )
        .order_by(col(LedgerFill.fill_id), col(LedgerFill.revision))
    )
    newest = {row.fill_id: row for row in (await session.scalars(statement)).all()}
    return [row for row in newest.values() if row.revision % 2 == 0]


async def without_price(session: AsyncSession, after_id: int, limit: int) -> list[tuple[int, int]]:
    """Rows after `after_id` whose newest booking lacks a price, in the order they were written: row, fill."""
    statement = (
        select(col(_Row.id), col(_Row.fill_id))
        .where(*_UNPRICED, col(_Row.id) > after_id)
        .order_by(col(_Row.id))
        .limit(limit)
    )
    return [(row, fill) for row, fill in (await session.execute(statement)).all()]


def survey_unpriced(session: Session, month: str) -> dict[str, tuple[int, Decimal]]:
    """Fees of a month that count as nothing because nobody knows their price: fills and amount by asset."""
    statement = select(col(_Row.fee_symbol), col(_Row.fee_amount)).where(*_UNPRICED, col(_Row.month) == month)
    found: dict[str, tuple[int, Decimal]] = {}
    for asset, amount in session.execute(statement):
        count, total = found.get(asset, (0, ZERO))
        found[asset] = count + 1, total + amount
    return found


async def of_person(
    session: AsyncSession, person_id: int, from_month: str, after: int, limit: int
) -> list[int]:
    """Fills of a person booked in `from_month` or later, by id."""
    statement = (
        select(col(LedgerFill.fill_id))
        .where(
            col(LedgerFill.person_id) == person_id,
            col(LedgerFill.month) >= from_month,
            col(LedgerFill.fill_id) > after,
        )
        .distinct()
        .order_by(col(LedgerFill.fill_id))
        .limit(limit)
    )
    return list((await session.scalars(statement)).all())


async def volume_after(session: AsyncSession, month: str, after_id: int) -> tuple[Decimal, int]:
    """API volume of a month in rows after `after_id`, and the ledger's last row."""
    last = await session.scalar(_LAST) or 0
    return await session.scalar(_volume(month, after_id, last)) or ZERO, last


def survey_volume(session: Session, month: str) -> tuple[Decimal, int]:
    """The same of all rows, for `Database.survey`."""
    last = session.scalar(_LAST) or 0
    return session.scalar(_volume(month, 0, last)) or ZERO, last


def _volume(month: str, after_id: int, last_id: int) -> Select[Any]:
    return select(func.sum(col(LedgerFill.notional))).where(
        col(LedgerFill.month) == month,
        col(LedgerFill.standing) == TierStanding.TAGGED,
        col(LedgerFill.id) > after_id,
        col(LedgerFill.id) <= last_id,
    )


async def write(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows of the ledger, given by column."""
    if rows:
        await session.execute(_INSERT, rows)


async def mark_booked(session: AsyncSession, fill_ids: Collection[int], now_ms: int) -> None:
    """They are in the ledger now."""
    statement = update(FillRow).where(col(FillRow.id).in_(fill_ids)).values(booked_ms=now_ms)
    await session.execute(statement.execution_options(synchronize_session=False))
