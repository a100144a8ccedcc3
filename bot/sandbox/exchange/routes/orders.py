"""Routes of the tag Order: place, batch, look up, list, cancel."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from bot.sandbox.exchange import wire
from bot.sandbox.exchange.errors import Refused, bad_request
from bot.sandbox.exchange.model import OPEN, Exit, Order, OrderRequest, SelfTrade, Status, TriggerBy
from bot.sandbox.exchange.params import UINT32, Params
from bot.sandbox.exchange.routes.markets import MarketType
from bot.sandbox.exchange.routing import Call, Route
from bot.sandbox.values import ZERO, OrderType, Side, TimeInForce

MAX_BATCH = 50


class SlippageType(StrEnum):
    TICKS = "TickSize"
    PERCENT = "Percent"


class CancelKind(StrEnum):
    RESTING = "RestingLimitOrder"
    CONDITIONAL = "ConditionalOrder"


_CANCELLED_BY = {
    None: OPEN,
    CancelKind.RESTING: frozenset({Status.NEW, Status.PARTIAL}),
    CancelKind.CONDITIONAL: frozenset({Status.TRIGGER_PENDING}),
}


def parse_order(params: Params) -> OrderRequest:
    """`OrderExecutePayload` into words. A body field `brokerId` is signed like any other and ignored."""
    for name in ("autoLend", "autoLendRedeem", "autoBorrow", "autoBorrowRepay"):
        params.flag(name)
    slippage, kind = params.decimal("slippageTolerance"), params.choice("slippageToleranceType", SlippageType)
    if (slippage is None) != (kind is None):
        raise bad_request("slippageTolerance and slippageToleranceType go together")
    if slippage is not None and slippage < ZERO:
        raise Refused("INVALID_RANGE", "slippageTolerance must not be negative")
    quantity, trigger_quantity = params.decimal("quantity"), _trigger_quantity(params)
    return OrderRequest(
        symbol=params.need("symbol"),
        side=params.need_choice("side", Side),
        order_type=params.need_choice("orderType", OrderType),
        # Clients in wide use send both for a trigger: the trigger's own is the size.
        quantity=quantity if trigger_quantity is None else None,
        quote_quantity=_positive(params, "quoteQuantity"),
        price=params.decimal("price"),
        time_in_force=params.choice("timeInForce", TimeInForce) or TimeInForce.GTC,
        post_only=params.flag("postOnly") or False,
        reduce_only=params.flag("reduceOnly") or False,
        self_trade=params.choice("selfTradePrevention", SelfTrade) or SelfTrade.REJECT_TAKER,
        client_id=params.integer("clientId", 0, UINT32),
        trigger_price=_price(params, "triggerPrice"),
        trigger_by=params.choice("triggerBy", TriggerBy) or TriggerBy.LAST,
        trigger_quantity=trigger_quantity,
        take_profit=_exit(params, "takeProfit"),
        stop_loss=_exit(params, "stopLoss"),
        slippage=slippage,
        slippage_type=kind.value if kind else None,
    )


def _positive(params: Params, name: str) -> Decimal | None:
    value = params.decimal(name)
    if value is not None and value <= ZERO:
        raise Refused("INVALID_QUANTITY", f"{name} must be positive")
    return value


def _price(params: Params, name: str) -> Decimal | None:
    value = params.decimal(name)
    if value is not None and value <= ZERO:
        raise Refused("INVALID_PRICE", f"{name} must be positive")
    return value


def _trigger_quantity(params: Params) -> str | None:
    """A quantity or a per cent of the position, kept as text because that is how it is shown."""
    text = params.text("triggerQuantity")
    if text is None:
        return None
    number = Params((("triggerQuantity", text.removesuffix("%")),)).decimal("triggerQuantity")
    if number is None or number <= ZERO or (text.endswith("%") and number > 100):
        raise Refused("INVALID_QUANTITY", "triggerQuantity must be positive, or at most 100%")
    return text


def _exit(params: Params, prefix: str) -> Exit | None:
    trigger = _price(params, f"{prefix}TriggerPrice")
    limit, by = _price(params, f"{prefix}LimitPrice"), params.choice(f"{prefix}TriggerBy", TriggerBy)
    if trigger is None:
        if limit is not None or by is not None:
            raise Refused("INVALID_ORDER", f"{prefix}TriggerPrice is required")
        return None
    return Exit(trigger, by or TriggerBy.LAST, limit)


def execute(call: Call) -> object:
    return wire.order(call.engine.place(call.account, parse_order(call.params), call.tag))


def execute_batch(call: Call) -> object:
    """Each order on its own: one refused order does not stop the others."""
    if not 1 <= len(call.batch) <= MAX_BATCH:
        raise bad_request(f"A batch holds 1 to {MAX_BATCH} orders")
    return [_one_of_batch(call, params) for params in call.batch]


def _one_of_batch(call: Call, params: Params) -> object:
    try:
        placed = call.engine.place(call.account, parse_order(params), call.tag)
    except Refused as refusal:
        return {"operation": "Err", "code": refusal.code, "message": refusal.message}
    return {"operation": "Ok", **wire.order(placed)}


def _find(call: Call) -> Order | None:
    """An order still open, by exactly one of its two ids."""
    params = call.params
    symbol = params.need("symbol")
    order_id, client_id = params.text("orderId"), params.integer("clientId", 0, UINT32)
    if (order_id is None) == (client_id is None):
        raise bad_request("Exactly one of orderId and clientId must be specified")
    call.engine.refresh(symbol)
    for order in call.account.open_orders.values():
        wanted = order.id == order_id if client_id is None else order.request.client_id == client_id
        if wanted and order.symbol == symbol:
            return order
    return None


def order_query(call: Call) -> object:
    found = _find(call)
    if found is None:
        raise Refused("RESOURCE_NOT_FOUND", "Not Found")
    return wire.order(found)


def cancel(call: Call) -> object:
    found = _find(call)
    if found is None:
        raise Refused("RESOURCE_NOT_FOUND", "Not Found", status=400)
    return wire.order(call.engine.cancel(found))


def open_orders(call: Call) -> object:
    symbol, kind = call.params.text("symbol"), call.params.choice("marketType", MarketType)
    if symbol is not None:
        call.engine.refresh(symbol)
    markets = call.world.markets
    return [
        wire.order(order)
        for order in call.account.open_orders.values()
        if symbol in {None, order.symbol} and kind in {None, markets[order.symbol].spec.kind.value}
    ]


def cancel_all(call: Call) -> object:
    symbol, kind = call.params.need("symbol"), call.params.choice("orderType", CancelKind)
    return [wire.order(order) for order in call.engine.cancel_all(call.account, symbol, _CANCELLED_BY[kind])]


ROUTES = (
    Route("POST", "/api/v1/order", execute, "orderExecute", trades=True, creates=True),
    Route("POST", "/api/v1/orders", execute_batch, "orderExecute", trades=True, creates=True, batch=True),
    Route("GET", "/api/v1/order", order_query, "orderQuery"),
    Route("DELETE", "/api/v1/order", cancel, "orderCancel", trades=True),
    Route("GET", "/api/v1/orders", open_orders, "orderQueryAll"),
    Route("DELETE", "/api/v1/orders", cancel_all, "orderCancelAll", trades=True),
)
