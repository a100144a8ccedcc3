"""What an incoming order would do to a book, worked out without touching it.

The plan is checked against money and rules first and applied whole afterwards: there is no half-way state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from bot.sandbox.exchange.book import Book, Resting
from bot.sandbox.exchange.model import SelfTrade
from bot.sandbox.values import ZERO, Side, floor_to


@dataclass(frozen=True, slots=True)
class Taker:
    """The side of an order that matters to matching. Exactly one of quantity and quote is set."""

    account_id: int
    side: Side
    step: Decimal
    quantity: Decimal | None = None  # base
    quote: Decimal | None = None
    limit: Decimal | None = None  # worst price, None for any
    self_trade: SelfTrade = SelfTrade.REJECT_TAKER


@dataclass(slots=True)
class Plan:
    """Executions in order, own resting orders to cancel first, and why matching stopped."""

    executions: list[tuple[Resting, Decimal]] = field(default_factory=list)  # place, base quantity
    own_cancelled: list[Resting] = field(default_factory=list)
    complete: bool = False
    stopped_by_limit: bool = False
    stopped_by_self: bool = False

    @property
    def quantity(self) -> Decimal:
        return sum((quantity for _, quantity in self.executions), ZERO)

    @property
    def quote(self) -> Decimal:
        return sum((place.price * quantity for place, quantity in self.executions), ZERO)


def plan(book: Book, taker: Taker) -> Plan:
    """Walk the opposite side in price-time order until the order is full or may not go on."""
    result = Plan()
    left = taker.quantity if taker.quantity is not None else taker.quote
    assert left is not None
    for place in book.queue(taker.side.opposite):
        wanted = left if taker.quantity is not None else floor_to(left / place.price, taker.step)
        if wanted <= ZERO:
            break
        if taker.limit is not None and _beyond(taker.side, place.price, taker.limit):
            result.stopped_by_limit = True
            return result
        if place.account_id == taker.account_id:
            if taker.self_trade is not SelfTrade.REJECT_TAKER:
                result.own_cancelled.append(place)
            if taker.self_trade is not SelfTrade.REJECT_MAKER:
                result.stopped_by_self = True
                return result
            continue
        quantity = min(wanted, place.quantity)
        result.executions.append((place, quantity))
        left -= quantity if taker.quantity is not None else quantity * place.price
    result.complete = _is_complete(book, taker, left, result)
    return result


def _beyond(side: Side, price: Decimal, limit: Decimal) -> bool:
    return price > limit if side is Side.BUY else price < limit


def _is_complete(book: Book, taker: Taker, left: Decimal, result: Plan) -> bool:
    """Full means nothing left, or a rest of quote too small to buy one more step."""
    if taker.quantity is not None or not result.executions:
        return left == ZERO and taker.quantity is not None
    return left < result.executions[-1][0].price * taker.step
