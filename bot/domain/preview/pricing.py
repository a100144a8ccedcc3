"""Prices of an order: what a line's price means, where it may lie, and what the book would really give.

Everything is rounded here once, towards the safe side: a limit never becomes worse than the user typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.intent import AbsolutePrice, PriceExpr
from bot.domain.markets.market import Book, Market
from bot.domain.values import HUNDRED, ONE, ZERO, Side, exact

Level = tuple[Decimal, Decimal]  # price, quantity


@dataclass(frozen=True, slots=True)
class Walk:
    """What a taker would get: `filled` base for `cost` quote, down to the price `worst`."""

    filled: Decimal
    cost: Decimal
    worst: Decimal | None  # None when nothing was filled
    levels_used: int
    complete: bool  # the whole size was filled

    @property
    def average(self) -> Decimal | None:
        """Price per base unit over everything filled."""
        if not self.filled:
            return None
        with exact():
            return self.cost / self.filled


def walk_book(
    levels: Iterable[Level], *, quantity: Decimal | None = None, quote: Decimal | None = None
) -> Walk:
    """Take `quantity` (base) or `quote` money from `levels`, best first. Exactly one of the two is given.

    Raises ValueError when both or neither are given.
    """
    if (quantity is None) == (quote is None):
        raise ValueError("give quantity or quote, not both")
    filled, cost, worst, used = ZERO, ZERO, None, 0
    with exact():
        for price, available in levels:
            rest = quantity - filled if quantity is not None else ((quote or ZERO) - cost) / price
            if rest <= ZERO:
                break
            taken = min(rest, available)
            filled, cost, worst, used = filled + taken, cost + taken * price, price, used + 1
            if taken == rest:
                # The last level ends the order exactly: no digit is lost to a division.
                return Walk(filled, cost if quote is None else quote, worst, used, True)
        complete = filled >= quantity if quantity is not None else cost >= (quote or ZERO)
    return Walk(filled, cost, worst, used, complete)


def taking_levels(book: Book, side: Side, bound: Decimal | None = None) -> Sequence[Level]:
    """The levels an order of `side` would take, best first, none worse than the price `bound`."""
    levels = book.asks if side is Side.BUY else book.bids
    return [
        (price, quantity)
        for price, quantity in levels
        if price > ZERO and quantity > ZERO and (bound is None or not is_worse(price, bound, side))
    ]


def is_worse(price: Decimal, other: Decimal, side: Side) -> bool:
    """Whether `price` is worse than `other` for somebody who trades on `side`."""
    return price > other if side is Side.BUY else price < other


# --- what a price word means --------------------------------------------------------------------------


def stated_price(expression: PriceExpr, reference: Decimal, unsigned_direction: int) -> Decimal:
    """The price a word stands for, not yet at the tick.

    An unsigned offset moves from `reference` towards `unsigned_direction` (+1 up, -1 down); a signed one
    says its direction itself.
    """
    if isinstance(expression, AbsolutePrice):
        return expression.price
    direction = 1 if expression.signed else unsigned_direction
    return reference * (ONE + direction * expression.percent / HUNDRED)


def limit_price(expression: PriceExpr, side: Side, reference: Decimal, market: Market) -> Decimal:
    """The limit price at the tick. An unsigned `at 1%` waits away from the market: a buy below `reference`,
    a sell above. A buy is floored and a sell is ceiled, which is also away from the book for post-only."""
    price = stated_price(expression, reference, -side.sign)
    return market.floor_price(price) if side is Side.BUY else market.ceil_price(price)


def trigger_price(expression: PriceExpr, side: Side, last: Decimal, market: Market) -> Decimal:
    """The trigger of a stop order at the nearest tick. An unsigned `1%` is a breakout in the order's
    direction: a buy stop above `last`, a sell stop below."""
    return market.round_price(stated_price(expression, last, side.sign))


# --- where a price may lie ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PriceRange:
    """Prices the exchange accepts, both ends included and at the tick; `high` None is unbounded."""

    low: Decimal
    high: Decimal | None

    def __contains__(self, price: Decimal) -> bool:
        return price >= self.low and (self.high is None or price <= self.high)

    def nearest(self, price: Decimal) -> Decimal:
        """The acceptable price closest to `price`."""
        if price < self.low:
            return self.low
        return price if self.high is None else min(price, self.high)


def static_range(market: Market) -> PriceRange:
    """The fixed filter alone (`PriceFilter.minPrice`, `maxPrice`): all that binds a trigger price."""
    high = market.floor_price(market.max_price) if market.max_price is not None else None
    return PriceRange(max(market.ceil_price(market.min_price), market.tick), high)


def acceptable_prices(market: Market, last: Decimal, mark: Decimal) -> PriceRange:
    """The range for a limit price now: the fixed filter and the bands around last and mean mark price.

    Source: `PriceFilter.maxMultiplier`, `minMultiplier`, `meanMarkPriceBand`. The mean mark price is not
    published, so the mark stands in for it: an estimate at the very edge of that band.
    """
    fixed = static_range(market)
    lows, highs = [fixed.low], [] if fixed.high is None else [fixed.high]
    for band, reference in ((market.band, last), (market.mean_mark, mark)):
        if band.min_multiplier is not None:
            lows.append(market.ceil_price(reference * band.min_multiplier))
        if band.max_multiplier is not None:
            highs.append(market.floor_price(reference * band.max_multiplier))
    return PriceRange(max(lows), min(highs) if highs else None)


def worst_taking_price(market: Market, side: Side, best: Decimal, slippage_percent: Decimal) -> Decimal:
    """How deep a market order may reach: the nearer of the impact band and the slippage tolerance.

    Source: `PriceFilter.maxImpactMultiplier` (buys, against the best ask), `minImpactMultiplier` (sells,
    against the best bid), `OrderExecutePayload.slippageTolerance`, read as a per cent of the best price.
    """
    tolerated = best * (ONE + side.sign * slippage_percent / HUNDRED)
    multiplier = market.impact.max_multiplier if side is Side.BUY else market.impact.min_multiplier
    if multiplier is None:
        return tolerated
    impact = best * multiplier
    return min(tolerated, impact) if side is Side.BUY else max(tolerated, impact)


def moved_beyond(reference: Decimal, now: Decimal, side: Side, tolerance_percent: Decimal) -> bool:
    """Whether the price moved *against* an order of `side` by more than the tolerance since it was shown.

    A move in the user's favour never needs a new preview: the order only gets better than what was confirmed.
    """
    with exact():
        adverse = (now - reference) * side.sign
        return adverse * HUNDRED > reference * tolerance_percent
