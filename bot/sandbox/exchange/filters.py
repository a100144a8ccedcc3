"""The market's own rules, checked before an order may touch the book.

Sources: `OrderBookFilters`, `PriceFilter`, `QuantityFilter`, `OrderBookState`. Bands against the mean mark
price bind the aggressive side only (a bid may lie as low as it likes); the plain multipliers bind both.
"""

from __future__ import annotations

from decimal import Decimal

from bot.sandbox.exchange.errors import Refused
from bot.sandbox.exchange.model import Exit, OrderRequest
from bot.sandbox.exchange.state import MarketState
from bot.sandbox.values import ONE, ZERO, OrderType, Side, plain

MAX_ABS = Decimal(10) ** 15


def check(market: MarketState, request: OrderRequest) -> None:
    """Raise `Refused` for the first rule `request` breaks."""
    _check_state(market, request)
    _check_shape(market, request)
    if request.price is not None:
        check_price(market, request.side, request.price)
    if request.quantity is not None:
        check_quantity(market, request.quantity)
    for exit_order in (request.take_profit, request.stop_loss):
        if exit_order is not None:
            _check_exit(market, exit_order)


def _check_state(market: MarketState, request: OrderRequest) -> None:
    state = market.state
    allowed = (
        state == "Open"
        or (state == "LimitOnly" and request.order_type is OrderType.LIMIT)
        or (state == "PostOnly" and request.post_only)
    )
    if not allowed:
        raise Refused("TRADING_PAUSED", f"Market {market.spec.symbol} is {state}")


def _check_shape(market: MarketState, request: OrderRequest) -> None:
    """Which fields go together."""
    trigger = (request.trigger_price is not None, request.trigger_quantity is not None)
    if any(trigger) and not all(trigger):
        raise Refused("INVALID_ORDER", "Trigger orders need both triggerPrice and triggerQuantity")
    sizes = [request.quantity, request.quote_quantity, request.trigger_quantity if any(trigger) else None]
    given = sum(size is not None for size in sizes)
    if request.order_type is OrderType.LIMIT:
        if request.price is None:
            raise Refused("INVALID_PRICE", "Limit orders must specify a price")
        if request.quote_quantity is not None or (request.quantity is None and not all(trigger)):
            raise Refused("INVALID_QUANTITY", "Limit orders must specify a quantity")
        if request.slippage is not None:
            raise Refused("INVALID_ORDER", "Slippage tolerance applies to market orders only")
    elif request.price is not None:
        raise Refused("INVALID_PRICE", "Market orders must not specify a price")
    elif request.post_only:
        raise Refused("INVALID_ORDER", "Market orders cannot be post only")
    if given != 1:
        raise Refused("INVALID_QUANTITY", "Exactly one of quantity and quoteQuantity must be specified")
    if request.reduce_only and not market.spec.is_perp:
        raise Refused("INVALID_ORDER", "Reduce only is for futures markets")
    if (request.take_profit or request.stop_loss) and not market.spec.is_perp:
        raise Refused("INVALID_ORDER", "Take profit and stop loss are for futures markets")
    if request.post_only and request.time_in_force.value != "GTC":
        raise Refused("INVALID_ORDER", "Post only orders must be GTC")


def check_price(market: MarketState, side: Side, price: Decimal) -> None:
    """Raise `Refused(INVALID_PRICE)` for a price off the tick or outside a band."""
    spec = market.spec
    if price <= ZERO or price > MAX_ABS or price % spec.tick:
        raise Refused("INVALID_PRICE", f"Price must be a positive multiple of {plain(spec.tick)}")
    if price < spec.min_price or (spec.max_price is not None and price > spec.max_price):
        raise Refused("INVALID_PRICE", "Price is outside the market's minimum and maximum")
    low, high = market.last * spec.min_multiplier, market.last * spec.max_multiplier
    if not low <= price <= high:
        raise Refused("INVALID_PRICE", f"Price must be between {plain(low)} and {plain(high)}")
    if spec.mean_mark_band is None or spec.premium_tolerance is None:
        return
    mean_premium = market.path.premium
    if side is Side.BUY:
        ceiling = market.mean_mark * spec.mean_mark_band[1]
        if price > ceiling or price > market.index * (ONE + mean_premium + spec.premium_tolerance):
            raise Refused("INVALID_PRICE", "Price is too far above the mean mark price")
    else:
        floor = market.mean_mark * spec.mean_mark_band[0]
        if price < floor or price < market.index * (ONE + mean_premium - spec.premium_tolerance):
            raise Refused("INVALID_PRICE", "Price is too far below the mean mark price")


def check_quantity(market: MarketState, quantity: Decimal) -> None:
    """Raise `Refused(INVALID_QUANTITY)` for a quantity off the step or out of range."""
    spec = market.spec
    if quantity <= ZERO or quantity > MAX_ABS or quantity % spec.step:
        raise Refused("INVALID_QUANTITY", f"Quantity must be a positive multiple of {plain(spec.step)}")
    if quantity < spec.min_quantity:
        raise Refused("INVALID_QUANTITY", f"Quantity is below the minimum of {plain(spec.min_quantity)}")
    if spec.max_quantity is not None and quantity > spec.max_quantity:
        raise Refused("INVALID_QUANTITY", f"Quantity is above the maximum of {plain(spec.max_quantity)}")


def check_trigger_price(market: MarketState, price: Decimal) -> None:
    """A trigger needs the tick only: it may lie as far away as the user likes."""
    if price <= ZERO or price > MAX_ABS or price % market.spec.tick:
        raise Refused(
            "INVALID_PRICE", f"Trigger price must be a positive multiple of {plain(market.spec.tick)}"
        )


def _check_exit(market: MarketState, exit_order: Exit) -> None:
    check_trigger_price(market, exit_order.trigger)
    if exit_order.limit is not None:
        check_trigger_price(market, exit_order.limit)


def worst_price(market: MarketState, request: OrderRequest) -> tuple[Decimal | None, str]:
    """The furthest price a taker may reach, and the expiry reason if that is what stops it."""
    if request.order_type is OrderType.LIMIT:
        return request.price, ""
    buying = request.side is Side.BUY
    best = market.book.best(request.side.opposite)
    if best is None:
        return None, "InsufficientLiquidity"
    impact = best * (market.spec.max_impact if buying else market.spec.min_impact)
    if request.slippage is None:
        return impact, "PriceImpact"
    if request.slippage_type == "TickSize":
        allowance = request.slippage * market.spec.tick
    else:
        allowance = best * request.slippage / 100
    tolerated = best + allowance if buying else best - allowance
    if (tolerated < impact) if buying else (tolerated > impact):
        return tolerated, "SlippageToleranceExceeded"
    return impact, "PriceImpact"
