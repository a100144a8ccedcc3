"""The life of an order: accepted, matched, rested, cancelled, expired.

An order is refused before acceptance (no trace) or accepted and run to the end of its first pass in one step.
"""

from __future__ import annotations

from decimal import Decimal

from bot.sandbox.exchange import filters, settlement
from bot.sandbox.exchange.book import MAKER, Resting
from bot.sandbox.exchange.errors import Refused
from bot.sandbox.exchange.matching import Plan, Taker, plan
from bot.sandbox.exchange.model import Account, Order, OrderRequest, Position, Status, Tag
from bot.sandbox.exchange.solvency import check_funds
from bot.sandbox.exchange.state import MarketState, World
from bot.sandbox.values import ZERO, OrderType, Side, TimeInForce, floor_to


def create(world: World, account: Account, request: OrderRequest, tag: Tag) -> Order:
    """An order not yet known to anyone."""
    now = world.now_ms()
    order = Order(world.new_id(), account.id, request, request.quantity, now, tag, updated_ms=now)
    return order


def submit(world: World, account: Account, request: OrderRequest, tag: Tag) -> Order:
    """Check, accept and run an order that is not a trigger. Raises `Refused`; then nothing has changed."""
    market = world.market(request.symbol)
    filters.check(market, request)
    order = create(world, account, request, tag)
    run(world, market, account, order, announce="orderAccepted")
    return order


def register(world: World, account: Account, order: Order) -> None:
    world.orders[order.id] = order
    account.orders.append(order)
    if order.request.take_profit or order.request.stop_loss:
        account.parents[order.id] = order
    if order.is_open:
        account.open_orders[order.id] = order


def run(world: World, market: MarketState, account: Account, order: Order, announce: str | None) -> None:
    """Match an order and rest or expire what is left. Raises `Refused` before anything is changed."""
    request = order.request
    if request.reduce_only:
        order.quantity = _reducible(world, market, account, order)
    limit, limit_reason = filters.worst_price(market, request)
    if request.order_type is OrderType.MARKET and limit is None:
        limit = ZERO if request.side is Side.BUY else filters.MAX_ABS
    found = plan(
        market.book,
        Taker(
            account.id,
            request.side,
            market.spec.step,
            order.quantity,
            None if order.quantity is not None else request.quote_quantity,
            limit,
            request.self_trade,
        ),
    )
    if request.post_only and (found.executions or found.stopped_by_self or found.own_cancelled):
        raise Refused("INVALID_ORDER", "Order would immediately match and take")
    if request.time_in_force is TimeInForce.FOK and not found.complete:
        found = Plan()
    rests = _rests(order, found)
    rest = order.quantity - found.quantity if rests and order.quantity is not None else ZERO
    if order.system_type is None:
        check_funds(world, order, found, rest)
    if order.id not in world.orders:
        register(world, account, order)
    if found.complete:
        order.target = found.quantity
    if announce is not None:
        world.listener.on_order(order, announce, None)
    _execute(world, market, order, found)
    if not order.is_open:
        return
    if rests:
        _rest(world, market, order, rest)
    else:
        expire(world, order, _expiry_reason(order, found, limit_reason))


def _reducible(world: World, market: MarketState, account: Account, order: Order) -> Decimal:
    """Quantity a reduce-only order may have; `Refused` when it would not reduce."""
    position = world.position(account, order.symbol)
    if position is None or (position.quantity > ZERO) == (order.side is Side.BUY):
        raise Refused("INVALID_ORDER", "Reduce only order would not reduce the position")
    held, quote = abs(position.quantity), order.request.quote_quantity
    wanted = floor_to(quote / market.mark, market.spec.step) if quote is not None else order.quantity
    if not wanted:
        raise Refused("INVALID_QUANTITY", "Quantity is below the minimum")
    return min(held, wanted)


def _rests(order: Order, found: Plan) -> bool:
    request = order.request
    return (
        request.order_type is OrderType.LIMIT
        and request.time_in_force is TimeInForce.GTC
        and not found.complete
        and not found.stopped_by_self
    )


def _execute(world: World, market: MarketState, order: Order, found: Plan) -> None:
    for own in found.own_cancelled:
        expire(world, world.orders[own.order_id], "SelfTradePrevention")
    for place, quantity in found.executions:
        maker = None if place.account_id == MAKER else world.orders[place.order_id]
        settlement.trade(
            world, market, order, maker, taker_side=order.side, price=place.price, quantity=quantity
        )
        market.book.reduce(place, quantity)
    world.touched.add(market.spec.symbol)


def _expiry_reason(order: Order, found: Plan, limit_reason: str) -> str:
    if found.stopped_by_self:
        return "SelfTradePrevention"
    if order.request.time_in_force is TimeInForce.FOK:
        return "FillOrKill"
    if order.request.order_type is OrderType.LIMIT:
        return "ImmediateOrCancel"
    return limit_reason if found.stopped_by_limit else "InsufficientLiquidity"


def _rest(world: World, market: MarketState, order: Order, quantity: Decimal) -> None:
    price = order.request.price
    assert price is not None
    if not market.spec.is_perp:
        buying = order.side is Side.BUY
        order.lock_asset = market.spec.quote if buying else market.spec.base
        order.locked = price * quantity if buying else quantity
        world.ledger.lock(order.account_id, order.lock_asset, order.locked)
    market.book.add(Resting(order.id, order.account_id, order.side, price, quantity))
    if market.spec.is_perp and market.spec.symbol in world.accounts[order.account_id].positions:
        world.moved[order.account_id, market.spec.symbol] = None


def cancel(world: World, order: Order) -> None:
    """Take an open order off at its owner's wish."""
    _withdraw(world, order)
    _finish(world, world.accounts[order.account_id], order, Status.CANCELLED)
    world.listener.on_order(order, "orderCancelled", None)


def expire(world: World, order: Order, reason: str) -> None:
    """End an order by the exchange's own rules. `reason` is an `OrderExpiryReason`."""
    _withdraw(world, order)
    order.expiry_reason = reason
    _finish(world, world.accounts[order.account_id], order, Status.EXPIRED)
    world.listener.on_order(order, "orderExpired", None)


def shrink(world: World, order: Order, by: Decimal) -> None:
    """Reduce a resting reduce-only order so that it cannot reverse the position."""
    assert order.quantity is not None
    if by >= order.remaining:
        expire(world, order, "ReduceOnlyNotReduced")
        return
    place = world.markets[order.symbol].book.place_of(order.id)
    if place is not None:
        world.markets[order.symbol].book.reduce(place, by)
    order.quantity -= by
    order.updated_ms = world.now_ms()
    world.touched.add(order.symbol)
    world.listener.on_order(order, "orderModified", None)


def _withdraw(world: World, order: Order) -> None:
    world.markets[order.symbol].book.remove(order.id)
    world.triggers[order.symbol].pop(order.id, None)
    world.touched.add(order.symbol)


def _finish(world: World, account: Account, order: Order, status: Status) -> None:
    order.status = status
    order.updated_ms = world.now_ms()
    account.open_orders.pop(order.id, None)
    if order.locked and order.lock_asset is not None:
        world.ledger.lock(account.id, order.lock_asset, -order.locked)
        order.locked = ZERO


def take_over(
    world: World, account: Account, position: Position, quantity: Decimal, system: tuple[str, str]
) -> Order:
    """Hand part of a position to the house at the mark price. `system` is the order type and its origin."""
    market = world.markets[position.symbol]
    side = Side.SELL if position.quantity > ZERO else Side.BUY
    request = OrderRequest(position.symbol, side, OrderType.MARKET, quantity=quantity, reduce_only=True)
    order = create(world, account, request, Tag(received_ms=world.now_ms()))
    order.system_type, order.origin = system
    register(world, account, order)
    settlement.trade(world, market, order, None, taker_side=side, price=market.mark, quantity=quantity)
    return order
