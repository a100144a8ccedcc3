"""Promised stops: written with the order that promises, read by the monitor, gone with the position."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.domain.orders.roles import OrderRole
from bot.domain.values import Side
from bot.kernel.storage.upsert import insert_values
from bot.trading.storage import orders
from bot.trading.storage.promise_tables import StopPromise
from bot.trading.storage.tables import Order

_ON = (
    select(StopPromise)
    .where(
        col(StopPromise.account_id) == bindparam("account"), col(StopPromise.symbol) == bindparam("market")
    )
    .order_by(col(StopPromise.order_id))
)


async def make(session: AsyncSession, promise: StopPromise) -> None:
    """Write a promise; a second one of the same order changes nothing."""
    await insert_values(session, StopPromise, promise.model_dump())


async def due(session: AsyncSession, now_ms: int, account_ids: Collection[int]) -> Sequence[StopPromise]:
    """What must be looked at now: what is due, and all of the accounts where something happened."""
    waits = or_(col(StopPromise.due_ms) <= now_ms, col(StopPromise.account_id).in_(account_ids))
    touched = select(col(StopPromise.account_id)).where(~col(StopPromise.is_released), waits)
    statement = select(StopPromise).where(
        ~col(StopPromise.is_released), col(StopPromise.account_id).in_(touched)
    )
    return (await session.scalars(statement.order_by(col(StopPromise.order_id)))).all()


async def on(session: AsyncSession, account_id: int, symbol: str) -> Sequence[StopPromise]:
    """Every promise of one market of an account, those released too."""
    return (await session.scalars(_ON, {"account": account_id, "market": symbol})).all()


async def claim(session: AsyncSession, promise: StopPromise, next_ms: int) -> bool:
    """Take the look that is due; should it die, another is due at `next_ms`."""
    statement = (
        update(StopPromise)
        .where(col(StopPromise.order_id) == promise.order_id, col(StopPromise.due_ms) == promise.due_ms)
        .values(due_ms=next_ms)
        .returning(col(StopPromise.order_id))
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(statement)).one_or_none() is not None


async def change(session: AsyncSession, order_ids: Collection[int], **values: Any) -> None:
    """Note what a look came to."""
    statement = update(StopPromise).where(col(StopPromise.order_id).in_(order_ids)).values(**values)
    await session.execute(statement.execution_options(synchronize_session=False))


async def alarm(session: AsyncSession, order_ids: Collection[int]) -> None:
    """Their user is being told in other words that the stop is missing."""
    await change(session, order_ids, is_alarmed=True)


async def release(session: AsyncSession, order_ids: Collection[int]) -> None:
    """Their user took the stop away knowingly."""
    await change(session, order_ids, is_released=True)


async def end(session: AsyncSession, order_ids: Collection[int]) -> None:
    """There is nothing left to protect, or nobody who could look."""
    statement = delete(StopPromise).where(col(StopPromise.order_id).in_(order_ids))
    await session.execute(statement.execution_options(synchronize_session=False))


async def end_of_position(
    session: AsyncSession, account_id: int, symbol: str, sides: Collection[Side], before_ms: int
) -> None:
    """A position that closes by one of `sides` is gone: so is what was promised before then to protect it."""
    older = select(col(Order.id)).where(
        col(Order.account_id) == account_id,
        col(Order.symbol) == symbol,
        col(Order.timestamp_ms) < before_ms,
    )
    statement = delete(StopPromise).where(
        col(StopPromise.account_id) == account_id,
        col(StopPromise.symbol) == symbol,
        col(StopPromise.side).in_(sides),
        col(StopPromise.order_id).in_(older),
    )
    await session.execute(statement.execution_options(synchronize_session=False))


async def is_watched(session: AsyncSession, order_id: int) -> bool:
    """Whether the stop of this order is looked after."""
    statement = select(col(StopPromise.order_id)).where(
        col(StopPromise.order_id) == order_id, ~col(StopPromise.is_released)
    )
    return (await session.scalars(statement)).one_or_none() is not None


async def release_of(
    session: AsyncSession, account_id: int, symbol: str, exchange_ids: Collection[str | None]
) -> None:
    """Their user cancelled these orders knowingly: the promises they kept are released.

    So are those of stops that stand no longer; what was cancelled stood in for them.
    """
    for promise in await on(session, account_id, symbol):
        if promise.is_released:
            continue
        order = await orders.get(session, promise.order_id)
        stops = [] if order is None else await _stops(session, order)
        if all(stop.exchange_id in exchange_ids or stop.state.is_terminal for stop in stops):
            await release(session, [promise.order_id])


async def _stops(session: AsyncSession, order: Order) -> Sequence[Order]:
    """The stop of a promise as an order: the promising order itself, or what was attached to it."""
    if order.role is OrderRole.STOP:
        return [order]
    return [one for one in await orders.exits_of(session, order) if one.role is OrderRole.STOP]
