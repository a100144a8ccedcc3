"""Fills: the stream and the history tell the same execution; it is written once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.domain.orders import order as domain
from bot.kernel.storage.upsert import insert_or_ignore
from bot.trading.storage.tables import FillRow

# Asked for every execution: built once.
_TABLE: Any = FillRow.__table__  # type: ignore[attr-defined]
_OF_ORDER = (
    select(FillRow)
    .where(
        col(FillRow.account_id) == bindparam("account"), col(FillRow.exchange_order_id) == bindparam("wanted")
    )
    .order_by(col(FillRow.timestamp_ms), col(FillRow.micros), col(FillRow.id))
)
_JUDGE = update(_TABLE).where(_TABLE.c.id == bindparam("wanted"), ~_TABLE.c.judged).values(judged=True)


async def insert(session: AsyncSession, account_id: int, fill: domain.Fill) -> FillRow | None:
    """Write `fill`; None if it is there already."""
    row = FillRow(
        account_id=account_id,
        symbol=fill.symbol,
        side=fill.side,
        trade_id=fill.trade_id,
        exchange_order_id=fill.exchange_order_id,
        client_id=fill.client_id,
        price=fill.price,
        quantity=fill.quantity,
        fee=fill.fee,
        fee_symbol=fill.fee_symbol,
        is_maker=fill.is_maker,
        system_type=fill.system_type,
        timestamp_ms=fill.timestamp_ms,
        micros=fill.micros,
    )
    return await insert_or_ignore(session, row)


async def of_order(session: AsyncSession, account_id: int, exchange_order_id: str) -> Sequence[FillRow]:
    """Executions of one order, in time."""
    return (await session.scalars(_OF_ORDER, {"account": account_id, "wanted": exchange_order_id})).all()


async def latest_ms(session: AsyncSession, account_id: int) -> int | None:
    """Time of the newest fill known: where a repair from the history begins."""
    statement = (
        select(col(FillRow.timestamp_ms))
        .where(col(FillRow.account_id) == account_id)
        .order_by(col(FillRow.timestamp_ms).desc())
        .limit(1)
    )
    return (await session.scalars(statement)).one_or_none()


async def unjudged(session: AsyncSession, limit: int = 1_000) -> Sequence[FillRow]:
    """Executions the alerts have not seen, in the order they were written."""
    chosen = select(FillRow).where(~col(FillRow.judged)).order_by(col(FillRow.id)).limit(limit)
    return (await session.scalars(chosen)).all()


async def judge(session: AsyncSession, fill_id: int) -> bool:
    """Note that the alerts have seen an execution; False when somebody noted it before."""
    judged = await session.execute(_JUDGE, {"wanted": fill_id})
    return bool(judged.rowcount)  # type: ignore[attr-defined]


async def between(session: AsyncSession, account_id: int, from_ms: int, to_ms: int) -> Sequence[FillRow]:
    """What was executed on an account in [from, to)."""
    statement = (
        select(FillRow)
        .where(
            col(FillRow.account_id) == account_id,
            col(FillRow.timestamp_ms) >= from_ms,
            col(FillRow.timestamp_ms) < to_ms,
        )
        .order_by(col(FillRow.timestamp_ms), col(FillRow.micros), col(FillRow.id))
    )
    return (await session.scalars(statement)).all()


def as_domain(row: FillRow) -> domain.Fill:
    """The execution itself."""
    return domain.Fill(
        symbol=row.symbol,
        side=row.side,
        price=row.price,
        quantity=row.quantity,
        fee=row.fee,
        fee_symbol=row.fee_symbol,
        is_maker=row.is_maker,
        exchange_order_id=row.exchange_order_id,
        trade_id=row.trade_id,
        client_id=row.client_id,
        timestamp_ms=row.timestamp_ms,
        micros=row.micros,
        system_type=row.system_type,
    )
