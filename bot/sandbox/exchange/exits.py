"""Triggers: stop orders, and the take-profit and stop-loss attached to a parent.

Children exist from the parent's first fill and grow with it; when the position is gone, so are they.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from bot.sandbox.exchange import filters, placing
from bot.sandbox.exchange.errors import Refused
from bot.sandbox.exchange.model import Account, Exit, Order, OrderRequest, Status, Tag
from bot.sandbox.exchange.state import MarketState, World
from bot.sandbox.values import ZERO, OrderType, Side, TimeInForce, floor_to, plain

_EXPIRY_OF_REFUSAL = {
    "INSUFFICIENT_FUNDS": "InsufficientFunds",
    "INSUFFICIENT_MARGIN": "InsufficientMargin",
    "INVALID_PRICE": "PriceOutOfBounds",
    "INVALID_QUANTITY": "InvalidQuantity",
    "POSITION_LIMIT": "PositionLimit",
}


def submit_trigger(world: World, account: Account, request: OrderRequest, tag: Tag) -> Order:
    """Accept a stop order, to wait for its price. Raises `Refused`."""
    market = world.market(request.symbol)
    _check(world, market, account, request)
    order = placing.create(world, account, request, tag)
    assert request.trigger_price is not None
    order.trigger_above = request.trigger_price >= market.reference(request.trigger_by)
    _await(world, account, order)
    return order


def _check(world: World, market: MarketState, account: Account, request: OrderRequest) -> None:
    filters.check(market, replace(request, price=None, order_type=OrderType.MARKET, post_only=False))
    assert request.trigger_price is not None
    filters.check_trigger_price(market, request.trigger_price)
    if request.order_type is OrderType.LIMIT:
        if request.price is None:
            raise Refused("INVALID_PRICE", "Limit orders must specify a price")
        filters.check_trigger_price(market, request.price)
    position = account.positions.get(request.symbol)
    quantity = trigger_quantity(market, request, position.quantity if position else ZERO)
    if quantity is None:
        raise Refused("INVALID_QUANTITY", "triggerQuantity is not a quantity")
    if not request.trigger_quantity or not request.trigger_quantity.endswith("%"):
        filters.check_quantity(market, quantity)
    if request.reduce_only and (position is None or (position.quantity > ZERO) == (request.side is Side.BUY)):
        raise Refused("INVALID_ORDER", "Reduce only order would not reduce the position")


def trigger_quantity(market: MarketState, request: OrderRequest, held: Decimal) -> Decimal | None:
    """Base quantity of a trigger: as given, or the given per cent of what is held. None if unreadable."""
    text = request.trigger_quantity or ""
    try:
        if text.endswith("%"):
            return floor_to(abs(held) * Decimal(text[:-1]) / 100, market.spec.step)
        return Decimal(text)
    except ArithmeticError:
        return None


def _await(world: World, account: Account, order: Order) -> None:
    order.status = Status.TRIGGER_PENDING
    placing.register(world, account, order)
    world.triggers[order.symbol][order.id] = order
    world.touched.add(order.symbol)
    world.listener.on_order(order, "triggerPlaced", None)


def fire(world: World, symbol: str) -> bool:
    """Run every trigger of a market whose price has come. True if any fired."""
    market = world.markets[symbol]
    due = [order for order in world.triggers[symbol].values() if _is_due(market, order)]
    for order in due:
        if order.status is Status.TRIGGER_PENDING:
            _fire(world, market, order)
    return bool(due)


def _is_due(market: MarketState, order: Order) -> bool:
    price = market.reference(order.request.trigger_by)
    trigger = order.request.trigger_price
    assert trigger is not None
    return price >= trigger if order.trigger_above else price <= trigger


def _fire(world: World, market: MarketState, order: Order) -> None:
    account = world.accounts[order.account_id]
    del world.triggers[order.symbol][order.id]
    order.triggered_ms = world.now_ms()
    order.status = Status.NEW
    position = account.positions.get(order.symbol)
    order.quantity = trigger_quantity(market, order.request, position.quantity if position else ZERO)
    try:
        if not order.quantity:
            raise Refused("INVALID_QUANTITY", "Nothing to trade")
        if order.request.price is not None:
            filters.check_price(market, order.side, order.request.price)
        placing.run(world, market, account, order, announce="orderAccepted")
    except Refused as refusal:
        reduces = order.request.reduce_only and refusal.code == "INVALID_ORDER"
        fallback = "ReduceOnlyNotReduced" if reduces else "Unknown"
        order.expiry_reason = _EXPIRY_OF_REFUSAL.get(refusal.code, fallback)
        order.status = Status.TRIGGER_FAILED
        order.updated_ms = world.now_ms()
        account.open_orders.pop(order.id, None)
        world.listener.on_order(order, "triggerFailed", None)


def tidy(world: World) -> bool:
    """After positions moved: end exits that are done, grow the others, shrink reduce-only orders."""
    moved, world.moved = list(world.moved), {}
    for account_id, symbol in moved:
        account = world.accounts[account_id]
        _end_siblings(world, account, symbol)
        _drop_exits(world, account, symbol)
        _grow_children(world, account, symbol)
        _shrink_reduce_only(world, account, symbol)
    return bool(moved)


def _grow_children(world: World, account: Account, symbol: str) -> None:
    position = account.positions.get(symbol)
    if position is None:
        return
    for parent in [o for o in account.parents.values() if o.symbol == symbol]:
        if position.quantity * parent.side.sign < ZERO or parent.executed == parent.exits_from:
            continue
        for kind, attached in (("tp", parent.request.take_profit), ("sl", parent.request.stop_loss)):
            if attached is not None:
                _grow(world, account, parent, kind, attached)


def _grow(world: World, account: Account, parent: Order, kind: str, attached: Exit) -> None:
    """Make a child, or bring it to its parent's executed quantity. A child once ended stays ended."""
    wanted = plain(parent.executed - parent.exits_from)
    key = parent.children.get(kind)
    if key is None and (kind in parent.lost_exits or world.exit_fails(kind, False)):
        parent.lost_exits.add(kind)
        return
    if key is None:
        request = OrderRequest(
            parent.symbol,
            parent.side.opposite,
            OrderType.MARKET if attached.limit is None else OrderType.LIMIT,
            price=attached.limit,
            time_in_force=TimeInForce.GTC,
            reduce_only=True,
            trigger_price=attached.trigger,
            trigger_by=attached.by,
            trigger_quantity=wanted,
        )
        child = placing.create(world, account, request, parent.tag)
        child.related_id = parent.id
        child.trigger_above = (kind == "tp") == (parent.side is Side.BUY)
        parent.children[kind] = child.id
        _await(world, account, child)
        return
    child = world.orders[key]
    grows = child.status is Status.TRIGGER_PENDING and child.request.trigger_quantity != wanted
    if grows and not world.exit_fails(kind, True):
        child.request = replace(child.request, trigger_quantity=wanted)
        world.listener.on_order(child, "orderModified", None)


def _end_siblings(world: World, account: Account, symbol: str) -> None:
    """One exit filled cancels the other of the same parent."""
    for order in [o for o in account.open_orders.values() if o.symbol == symbol and o.related_id]:
        parent = world.orders[order.related_id or ""]
        others = [world.orders[key] for key in parent.children.values() if key != order.id]
        if any(other.status is Status.FILLED for other in others):
            placing.cancel(world, order)


def _drop_exits(world: World, account: Account, symbol: str) -> None:
    """End the reduce-only orders that have nothing left to reduce, and forget what they protected."""
    position = account.positions.get(symbol)
    held = ZERO if position is None else position.quantity
    for parent in [o for o in account.parents.values() if o.symbol == symbol]:
        if held * parent.side.sign <= ZERO:
            parent.children.clear()
            parent.exits_from = parent.executed
            if not parent.is_open:
                del account.parents[parent.id]
    for order in [o for o in account.open_orders.values() if o.symbol == symbol and o.request.reduce_only]:
        if held * order.side.sign >= ZERO:
            waiting = order.status is Status.TRIGGER_PENDING
            placing.expire(world, order, "StopWithoutPosition" if waiting else "ReduceOnlyNotReduced")


def _shrink_reduce_only(world: World, account: Account, symbol: str) -> None:
    """Resting reduce-only orders together may not exceed the position; the newest gives way first."""
    position = account.positions.get(symbol)
    orders = [o for o in world.resting(account, symbol) if o.request.reduce_only]
    excess = sum((o.remaining for o in orders), ZERO) - (abs(position.quantity) if position else ZERO)
    for order in reversed(orders):
        if excess <= ZERO:
            return
        by = min(excess, order.remaining)
        placing.shrink(world, order, by)
        excess -= by
