"""Fills on their way into the ledger: what is not booked yet, whose orders they are, and the rows written.

Whoever writes fills into the ledger takes a turn first, so that ids are committed in their order and a fill
is looked at by one writer at a time, in this process or another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Select, func, insert, literal_column, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from bot.domain.booking import Maker
from bot.domain.rebate import Standing
from bot.domain.values import ZERO
from bot.store.broker_tables import LedgerFill, PriceSource
from bot.store.orders import IN_DOUBT
from bot.store.tables import Account, Fill, Order, Ticket

_LOCK: Final = text("SELECT pg_advisory_xact_lock(7226275)")
_INSERT: Final = insert(LedgerFill.__table__)  # type: ignore[attr-defined]
_LAST: Final = select(func.max(col(LedgerFill.id)))
_Row: Final = aliased(LedgerFill)
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


async def unbooked(session: AsyncSession, after_id: int, limit: int) -> Sequence[Fill]:
    """Fills the ledger has not taken in, in the order they came."""
    statement = (
        select(Fill)
        .where(col(Fill.booked_ms).is_(None), col(Fill.id) > after_id)
        .order_by(col(Fill.id))
        .limit(limit)
    )
    return (await session.scalars(statement)).all()


async def still_unbooked(session: AsyncSession, fill_ids: Collection[int]) -> Sequence[Fill]:
    """Those of some fills that nobody booked meanwhile; take a turn first."""
    statement = (
        select(Fill)
        .where(col(Fill.id).in_(fill_ids), col(Fill.booked_ms).is_(None))
        .order_by(col(Fill.id))
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(statement)).all()


async def fills(session: AsyncSession, fill_ids: Collection[int]) -> dict[int, Fill]:
    """Fills by id."""
    statement = select(Fill).where(col(Fill.id).in_(fill_ids))
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


async def behind(session: AsyncSession, of: Iterable[Fill]) -> dict[int, Behind]:
    """The orders of ours behind fills, by fill id; a fill of any other order is not there.

    By the exchange's id, or by client id as long as the order's own id is not known.
    """
    by_account: dict[int, list[Fill]] = {}
    for fill in of:
        by_account.setdefault(fill.account_id, []).append(fill)
    found: dict[int, Behind] = {}
    for account_id, theirs in by_account.items():
        by_exchange_id = await _orders(
            session, account_id, col(Order.exchange_id), {fill.exchange_order_id for fill in theirs}
        )
        rest = {fill.client_id for fill in theirs if fill.client_id is not None}
        nameless = await _orders(session, account_id, col(Order.client_id), rest, without_id=True)
        for fill in theirs:
            order = by_exchange_id.get((fill.symbol, fill.exchange_order_id))
            order = order or nameless.get((fill.symbol, fill.client_id))
            if order is not None:
                found[fill.id] = order
    return found


async def _orders(
    session: AsyncSession, account_id: int, key: Any, values: Collection[Any], *, without_id: bool = False
) -> dict[tuple[str, Any], Behind]:
    if not values:
        return {}
    statement = (
        select(
            col(Order.symbol),
            key,
            col(Order.id),
            col(Order.client_id),
            col(Order.broker_id),
            col(Ticket.group_id),
        )
        .outerjoin(Ticket, col(Ticket.id) == col(Order.ticket_id))
        .where(col(Order.account_id) == account_id, key.in_(values))
    )
    if without_id:
        statement = statement.where(col(Order.exchange_id).is_(None))
    return {
        (symbol, value): Behind(order_id, _maker(client_id, broker_id), group_id)
        for symbol, value, order_id, client_id, broker_id, group_id in (
            await session.execute(statement)
        ).all()
    }


def _maker(client_id: int | None, broker_id: int | None) -> Maker:
    if client_id is None:
        return Maker.EXCHANGE
    return Maker.WE_UNTAGGED if broker_id is None else Maker.WE_TAGGED


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


async def without_price(session: AsyncSession, limit: int) -> list[int]:
    """Fills whose newest booking still lacks a price, the oldest first."""
    later = (
        select(func.max(col(LedgerFill.revision)))
        .where(col(LedgerFill.fill_id) == col(_Row.fill_id))
        .scalar_subquery()
    )
    statement = (
        select(col(_Row.fill_id))
        .where(
            col(_Row.price_source) == literal_column(f"'{PriceSource.UNKNOWN}'"),  # as its index says it
            col(_Row.revision) % 2 == 0,
            col(_Row.revision) == later,
        )
        .order_by(col(_Row.id))
        .limit(limit)
    )
    return list((await session.scalars(statement)).all())


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
        col(LedgerFill.standing) == Standing.TAGGED,
        col(LedgerFill.id) > after_id,
        col(LedgerFill.id) <= last_id,
    )


async def write(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows of the ledger, given by column."""
    if rows:
        await session.execute(_INSERT, rows)


async def mark_booked(session: AsyncSession, fill_ids: Collection[int], now_ms: int) -> None:
    """They are in the ledger now."""
    statement = update(Fill).where(col(Fill.id).in_(fill_ids)).values(booked_ms=now_ms)
    await session.execute(statement.execution_options(synchronize_session=False))
