"""How the exchange's things look on the wire: field names, number and time formats, what is left out.

Quirks kept on purpose: `createdAt` is an integer on a live order and naive ISO in history; `clientId` is a
number in orders and a string in fills; an order carries no fee.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from bot.sandbox.exchange.markets import MarginCurve
from bot.sandbox.exchange.model import Exit, Fill, Order, Position, Strategy, Trade
from bot.sandbox.values import OrderType, plain

Json = dict[str, object]


def iso(time_us: int) -> str:
    """Naive UTC with microseconds."""
    moment = datetime.fromtimestamp(time_us // 1_000_000, UTC).replace(microsecond=time_us % 1_000_000)
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds")


def iso_ms(time_ms: int) -> str:
    return iso(time_ms * 1000)


def iso_second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).replace(tzinfo=None).isoformat()


def decimal(value: Decimal) -> str:
    """At most twelve places: long quotients are cut for show, never in the books."""
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -12:
        value = value.quantize(Decimal("0.000000000001"))
    return plain(value)


def optional(value: Decimal | None) -> str | None:
    return None if value is None else decimal(value)


def compact(fields: Mapping[str, object]) -> Json:
    """Leave out what is None: the specification marks such fields optional, not nullable."""
    return {name: value for name, value in fields.items() if value is not None}


def order(item: Order) -> Json:
    """`OrderType`: the live form, of answers and of `/orders`; null and absent as in published captures."""
    request = item.request
    limit = request.order_type is OrderType.LIMIT
    return {
        "orderType": request.order_type.value,
        "id": item.id,
        "clientId": request.client_id,
        "createdAt": item.created_ms,
        "executedQuantity": decimal(item.executed),
        "executedQuoteQuantity": decimal(item.executed_quote),
        "reduceOnly": request.reduce_only or None,
        "timeInForce": request.time_in_force.value,
        "selfTradePrevention": request.self_trade.value,
        "side": item.side.value,
        "status": item.status.value,
        "symbol": item.symbol,
        **compact(
            {
                "quantity": _quantity(item, always=limit),
                "quoteQuantity": optional(request.quote_quantity),
                "postOnly": request.post_only if limit else None,
                "price": optional(request.price),
                **({} if limit else _slippage(item)),
            }
        ),
        **_triggers(item),
        "triggeredAt": item.triggered_ms,
        "relatedOrderId": item.related_id,
        "strategyId": request.strategy_id,
        "systemOrderType": item.system_type,
    }


def past_order(item: Order) -> Json:
    """`Order`: the form of `/wapi/v1/history/orders`."""
    request = item.request
    return {
        "id": item.id,
        "clientId": request.client_id,
        "createdAt": iso_ms(item.created_ms),
        "executedQuantity": decimal(item.executed),
        "executedQuoteQuantity": decimal(item.executed_quote),
        "expiryReason": item.expiry_reason,
        "orderType": request.order_type.value,
        "postOnly": request.post_only,
        "price": optional(request.price),
        "quantity": _quantity(item, always=False),
        "quoteQuantity": optional(request.quote_quantity),
        "selfTradePrevention": request.self_trade.value,
        "status": item.status.value,
        "side": item.side.value,
        "symbol": item.symbol,
        "timeInForce": request.time_in_force.value,
        **_triggers(item),
        "systemOrderType": item.system_type,
        "strategyId": request.strategy_id,
        **compact(_slippage(item)),
    }


def _quantity(item: Order, *, always: bool) -> str | None:
    if item.quantity is None:
        return "0" if always else None
    return decimal(item.quantity)


def _triggers(item: Order) -> Json:
    request = item.request
    waiting = request.trigger_price is not None
    return {
        "triggerPrice": optional(request.trigger_price),
        "triggerBy": request.trigger_by.value if waiting else None,
        "triggerQuantity": request.trigger_quantity,
        **_exit("takeProfit", request.take_profit),
        **_exit("stopLoss", request.stop_loss),
    }


def _exit(prefix: str, attached: Exit | None) -> Json:
    if attached is None:
        return {}
    return {
        f"{prefix}TriggerPrice": decimal(attached.trigger),
        f"{prefix}LimitPrice": optional(attached.limit),
        f"{prefix}TriggerBy": attached.by.value,
    }


def _slippage(item: Order) -> Json:
    return {
        "slippageTolerance": optional(item.request.slippage),
        "slippageToleranceType": item.request.slippage_type,
    }


def fill(item: Fill) -> Json:
    """`OrderFill`."""
    return {
        "clientId": None if item.client_id is None else str(item.client_id),
        "fee": decimal(item.fee),
        "feeSymbol": item.fee_symbol,
        "isMaker": item.is_maker,
        "orderId": item.order_id,
        "price": decimal(item.price),
        "quantity": decimal(item.quantity),
        "side": item.side.value,
        "symbol": item.symbol,
        "systemOrderType": item.system_type,
        "timestamp": iso(item.time_us),
        "tradeId": item.trade_id,
    }


def trade(item: Trade) -> Json:
    """`Trade`."""
    return {
        "id": item.id,
        "price": decimal(item.price),
        "quantity": decimal(item.quantity),
        "quoteQuantity": decimal(item.price * item.quantity),
        "timestamp": item.time_us // 1000,
        "isBuyerMaker": item.buyer_is_maker,
    }


def curve(function: MarginCurve) -> Json:
    """`PositionImfFunction`."""
    return {"type": "sqrt", "base": decimal(function.base), "factor": decimal(function.factor)}


def break_even(position: Position) -> Decimal:
    """Price at which closing pays for entry and the fees so far."""
    if not position.quantity:
        return position.entry
    return (position.cost + position.fees + position.liquidation_fees) / position.quantity


def strategy(item: Strategy, *, past: bool) -> Json:
    """`StrategyType` of a running strategy, or `Strategy` of the history."""
    request = item.request
    return compact(
        {
            "strategyType": "Scheduled",
            "id": item.id,
            "clientStrategyId": request.client_id,
            "createdAt": iso_ms(item.created_ms) if past else item.created_ms,
            "executedQuantity": decimal(item.executed),
            "executedQuoteQuantity": decimal(item.executed_quote),
            "quantity": decimal(request.quantity),
            "reduceOnly": None if past else request.reduce_only,
            "selfTradePrevention": request.self_trade.value,
            "status": item.status,
            "side": request.side.value,
            "symbol": request.symbol,
            "timeInForce": request.time_in_force.value,
            "duration": request.duration_ms,
            "interval": request.interval_ms,
            "randomizedIntervalQuantity": request.randomized,
            "slippageTolerance": optional(request.slippage),
            "slippageToleranceType": request.slippage_type,
            "cancelReason": item.cancel_reason if past else None,
        }
    )
