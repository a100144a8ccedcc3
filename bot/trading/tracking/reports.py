"""What a report or an execution says of an order of ours: whether it can be about it, and what it tells."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.orders.order import Fill, OrderEvent, OrderReport, OrderState
from bot.domain.orders.roles import OrderRole
from bot.domain.values import ZERO
from bot.trading.storage import orders
from bot.trading.storage.tables import FillRow, Order

# How far before an attempt its traces may be dated, and after its death: clocks of exchange nodes differ.
SKEW_MS: Final = 60_000

_EXITS: Final = (
    (OrderRole.TAKE_PROFIT, "takeProfitTriggerPrice"),
    (OrderRole.STOP, "stopLossTriggerPrice"),
)


def report_of_fills(order: Order, executions: Sequence[Fill | FillRow]) -> OrderReport:
    """What executions of `order`, at least one, say of it together."""
    return OrderReport(
        symbol=order.symbol,
        side=order.side,
        event=OrderEvent.PARTIAL_FILL,
        exchange_id=executions[0].exchange_order_id,
        client_id=order.client_id,
        executed=sum((one.quantity for one in executions), ZERO),
        executed_quote=sum((one.quantity * one.price for one in executions), ZERO),
        origin=executions[0].system_type or order.origin,
    )


def may_be(order: Order, report: OrderReport) -> bool:
    """Whether a report that carries the client id of an attempt can be about it."""
    made = report.created_ms
    in_time = made is None or order.timestamp_ms - SKEW_MS <= made <= order.deadline_ms + SKEW_MS
    same = order.symbol == report.symbol and order.side is report.side
    # The id may have become known while this news waited for the row.
    return order.exchange_id in {None, report.exchange_id} and same and in_time


def has_triggered(order: Order, event: OrderEvent) -> bool:
    """An order that was triggered does not wait for its price again: that is old news."""
    return event is OrderEvent.TRIGGER_PLACED and order.state in {
        OrderState.NEW,
        OrderState.PARTIALLY_FILLED,
    }


def exit_prices(order: Order) -> dict[OrderRole, Decimal]:
    """Trigger prices of the exits that were sent with an order."""
    return {role: Decimal(order.request[name]) for role, name in _EXITS if name in order.request}


def exit_role(parent: Order, trigger: Decimal | None) -> OrderRole:
    """Which of the exits of `parent` this is. No report says it: read once, when it is first heard of."""
    is_target = trigger is not None and exit_prices(parent).get(OrderRole.TAKE_PROFIT) == trigger
    return OrderRole.TAKE_PROFIT if is_target else OrderRole.STOP


async def likely_parent(session: AsyncSession, account_id: int, report: OrderReport) -> Order | None:
    """The newest executed order that was sent before this exit was made, and asked for one just like it."""
    before_ms = (report.created_ms or 0) + SKEW_MS
    sent = await orders.newest_on(session, account_id, report.symbol, report.side.opposite, before_ms)
    return next(
        (one for one in sent if one.executed and report.trigger_price in exit_prices(one).values()), None
    )


def precise(order: Order, report: OrderReport) -> OrderEvent:
    """A fill event that completes the order is FILLED even where the wire only says "fill"."""
    quantity: Decimal = order.quantity or report.quantity or ZERO
    if report.event is OrderEvent.PARTIAL_FILL and ZERO < quantity <= report.executed:
        return OrderEvent.FILLED
    return report.event
