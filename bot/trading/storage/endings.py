"""Orders that ended because their position did, and what ended it: one thing happened, and is told once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.domain.orders.order import OrderState
from bot.domain.values import ZERO
from bot.trading.storage.orders import IN_DOUBT
from bot.trading.storage.tables import FillRow, Order

TOGETHER_MS: Final = 60_000  # what happens within so long of each other is one thing

_ENDED: Final = (OrderState.CANCELLED, OrderState.EXPIRED, OrderState.TRIGGER_FAILED)
# As the history writes them; the stream writes STOP_WITHOUT_POSITION.
_WITH_POSITION: Final = frozenset({"reduceonlynotreduced", "stopwithoutposition"})
_LIQUIDATION: Final = "liquidation"


def went_with_position(order: Order) -> bool:
    """Whether an order ended only because there was nothing left for it to close."""
    return order.state in _ENDED and _reason(order) in _WITH_POSITION


def found_nothing(order: Order) -> bool:
    """Whether an exit's turn came and it could not be placed, for a reason the stream does not say.

    Beside an exit that closed the position just now, that is why; else it is an alarm.
    """
    return order.state is OrderState.TRIGGER_FAILED and not order.reason


def went_in_liquidation(order: Order) -> bool:
    """Whether the exchange ended an order to free its margin."""
    return order.state in _ENDED and _reason(order) == _LIQUIDATION


def _reason(order: Order) -> str:
    return (order.reason or "").replace("_", "").lower()


async def of_position(session: AsyncSession, order: Order, at_ms: int) -> list[Order]:
    """What ended with the position that `order` closed at `at_ms`, or was to close, first to last."""
    found = await _recent(session, order.account_id, at_ms)
    same = [one for one in found if one.symbol == order.symbol and one.side is order.side]
    return [one for one in same if went_with_position(one) or found_nothing(one)]


async def of_liquidation(
    session: AsyncSession, account_id: int, symbols: set[str], at_ms: int
) -> list[Order]:
    """What ended for a liquidation at `at_ms` that closed positions in `symbols`."""
    found = await _recent(session, account_id, at_ms)
    return [
        one
        for one in found
        if went_in_liquidation(one) or (one.symbol in symbols and went_with_position(one))
    ]


async def _recent(session: AsyncSession, account_id: int, at_ms: int) -> Sequence[Order]:
    statement = select(Order).where(
        col(Order.account_id) == account_id,
        col(Order.state).in_(_ENDED),
        col(Order.updated_ms) >= at_ms - TOGETHER_MS,
        col(Order.updated_ms) <= at_ms + TOGETHER_MS,
    )
    ordered = statement.order_by(col(Order.updated_ms), col(Order.id))
    return (await session.scalars(ordered.execution_options(populate_existing=True))).all()


async def closer_of(session: AsyncSession, ended: Order, now_ms: int) -> Order | None:
    """The order of ours that closed the position `ended` was to close; one in doubt may have."""
    statement = (
        select(Order)
        .where(
            col(Order.account_id) == ended.account_id,
            col(Order.symbol) == ended.symbol,
            col(Order.side) == ended.side,
            col(Order.id) != ended.id,
            col(Order.updated_ms) >= now_ms - TOGETHER_MS,
            or_(col(Order.executed) != ZERO, col(Order.state).in_(IN_DOUBT)),
        )
        .order_by(col(Order.updated_ms).desc(), col(Order.id).desc())
        .limit(1)
    )
    return (await session.scalars(statement.execution_options(populate_existing=True))).one_or_none()


async def by_system(session: AsyncSession, account_id: int, at_ms: int) -> list[FillRow]:
    """Executions the exchange made by itself around `at_ms` that belong together, first to last."""
    statement = (
        select(FillRow)
        .where(col(FillRow.account_id) == account_id, col(FillRow.timestamp_ms) >= at_ms - 10 * TOGETHER_MS)
        .where(col(FillRow.timestamp_ms) <= at_ms + TOGETHER_MS, col(FillRow.system_type).is_not(None))
        .order_by(col(FillRow.timestamp_ms).desc(), col(FillRow.id).desc())
    )
    found: list[FillRow] = []
    latest_ms = at_ms
    for fill in (await session.scalars(statement)).all():
        if latest_ms - fill.timestamp_ms > TOGETHER_MS:
            break
        found.append(fill)
        latest_ms = fill.timestamp_ms
    return found[::-1]
