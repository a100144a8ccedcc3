"""Scheduled strategies (TWAP): a quantity traded in slices, one per interval, as orders of their own.

Source: `StrategyCreatePayload`, `ScheduledStrategy`. The first slice goes at once.
"""

from __future__ import annotations

import random
from decimal import Decimal

from bot.sandbox.exchange import filters, placing
from bot.sandbox.exchange.errors import Refused
from bot.sandbox.exchange.model import Account, OrderRequest, Strategy, StrategyRequest, Tag
from bot.sandbox.exchange.state import MarketState, World
from bot.sandbox.values import ZERO, OrderType, TimeInForce, floor_to

_MAX_SLICES = 10_000
_CANCEL_OF_REFUSAL = {
    "INSUFFICIENT_FUNDS": "InsufficientFunds",
    "INSUFFICIENT_MARGIN": "InsufficientMargin",
    "INVALID_PRICE": "PriceOutOfBounds",
    "INVALID_QUANTITY": "InvalidQuantity",
}


def start(world: World, account: Account, request: StrategyRequest, tag: Tag) -> Strategy:
    """Accept a strategy. Raises `Refused` for a quantity or timing that cannot be sliced."""
    market = world.market(request.symbol)
    filters.check_quantity(market, request.quantity)
    if request.price is not None:
        filters.check_price(market, request.side, request.price)
    if request.reduce_only and not market.spec.is_perp:
        raise Refused("INVALID_ORDER", "Reduce only is for futures markets")
    if request.interval_ms <= 0 or request.duration_ms < request.interval_ms:
        raise Refused("INVALID_RANGE", "The interval must be positive and not longer than the duration")
    slices = request.duration_ms // request.interval_ms
    if slices > _MAX_SLICES:
        raise Refused("INVALID_RANGE", f"At most {_MAX_SLICES} intervals")
    if floor_to(request.quantity / slices, market.spec.step) < market.spec.min_quantity:
        raise Refused("INVALID_QUANTITY", "Each interval would trade less than the minimum quantity")
    now = world.now_ms()
    strategy = Strategy(world.new_id(), account.id, request, now, tag, now, slices)
    world.strategies[strategy.id] = strategy
    return strategy


def run_due(world: World) -> bool:
    """Trade the slices whose time has come. True if any did."""
    due = [s for s in world.strategies.values() if s.status == "Running" and s.next_ms <= world.now_ms()]
    for strategy in due:
        _slice(world, strategy)
    return bool(due)


def cancel(strategy: Strategy) -> None:
    strategy.status = "Cancelled"


def _slice(world: World, strategy: Strategy) -> None:
    request, market = strategy.request, world.market(strategy.request.symbol)
    account = world.accounts[strategy.account_id]
    quantity = _size(market, strategy)
    strategy.next_ms += request.interval_ms
    strategy.slices_left -= 1
    priced = request.price is not None
    order = OrderRequest(
        request.symbol,
        request.side,
        OrderType.LIMIT if priced else OrderType.MARKET,
        quantity=quantity,
        price=request.price,
        time_in_force=request.time_in_force if priced else TimeInForce.IOC,
        post_only=request.post_only and priced,
        reduce_only=request.reduce_only,
        self_trade=request.self_trade,
        slippage=None if priced else request.slippage,
        slippage_type=request.slippage_type,
        strategy_id=strategy.id,
    )
    try:
        if quantity > ZERO:
            strategy.orders.append(placing.submit(world, account, order, strategy.tag))
    except Refused as refusal:
        strategy.status = "Terminated"
        strategy.cancel_reason = _CANCEL_OF_REFUSAL.get(refusal.code, "Unknown")
        return
    if strategy.slices_left <= 0:
        strategy.status = "Completed"


def _size(market: MarketState, strategy: Strategy) -> Decimal:
    """An equal share of what has not been sent yet; the last slice takes the rest."""
    request = strategy.request
    sent = sum((order.quantity or ZERO for order in strategy.orders), ZERO)
    left = request.quantity - sent
    if strategy.slices_left <= 1:
        return left
    share = left / strategy.slices_left
    if request.randomized:
        rng = random.Random(f"{strategy.id}:{strategy.slices_left}")
        share *= Decimal(rng.randint(50, 150)) / 100
    return min(left, max(floor_to(share, market.spec.step), market.spec.min_quantity))
