"""How much a line means, at the step, and every filter on it: said before the exchange says it.

`$200` is notional, `10x` is never a multiple of it. Money becomes base at the walked average, floored, so
that an order never costs more than was typed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from bot.domain.accounts.margin import largest_affordable
from bot.domain.intent import BaseSize, PercentSize, QuoteSize, TradeIntent
from bot.domain.preview.priced_order import PricedOrder
from bot.domain.preview.pricing import walk_book
from bot.domain.refusal import Param, Refusal, RefusalCode
from bot.domain.values import HUNDRED, ONE, ZERO, Side, TimeInForce, ceil_to, floor_to, shown

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Sized:
    """What goes out. With `quote_quantity` the exchange spends that money; `quantity` is what it should buy.

    `asked` is the base quantity before rounding, where the line stated one or stood for a whole balance.
    """

    quantity: Decimal
    quote_quantity: Decimal | None = None
    asked: Decimal | None = None


def size_order(draft: PricedOrder) -> Sized | Refusal:
    """The quantity of a drafted order, or the first filter that would refuse it, with the nearest mend.

    A spot market buy sized in money is sent by `quoteQuantity`: the exchange then never spends more than the
    user typed, whatever the book does meanwhile. Everything else is sent by base quantity, so that the
    position is exactly the one previewed; a sell by money could sell more coins than shown.
    """
    base, money = _asked(draft)
    if base is None:
        base = _base_for(draft, money or ZERO)
        if base is None:
            return _thin_book(draft)
    asked = shown(base) if not isinstance(draft.intent.size, QuoteSize) else None
    if draft.intent.reduce_only:
        base = min(base, abs(draft.held))
    if draft.must_fill_now and (refusal := _check_depth(draft, base)) is not None:
        return refusal
    quantity = max(ZERO, draft.market.floor_quantity(base))
    if _takes_what_it_can(draft):
        # "all" leaves room for the fee; it is not a demand for more than there is.
        quantity = largest_affordable(draft.need, draft.free, draft.market.step, quantity)
        if money is not None and quantity < draft.market.floor_quantity(base):
            money = draft.estimate(quantity).taken_cost
    spent = _quote_quantity(draft, money)
    refusal = (
        _check_quantity(draft, quantity, base)
        or check_limits(draft, quantity)
        or _check_funds(draft, quantity, spent or ZERO)
    )
    return refusal if refusal is not None else Sized(quantity, spent, asked)


def _asked(draft: PricedOrder) -> tuple[Decimal | None, Decimal | None]:
    """Base or money, as the line says it; exactly one of the two. Per cent of a position when reducing, of
    the free equity times the stated leverage (1x unstated) for a perp entry, of the balance on spot."""
    size = draft.intent.size
    if isinstance(size, BaseSize):
        return size.amount, None
    if isinstance(size, QuoteSize):
        return None, size.amount
    share = size.percent / HUNDRED if isinstance(size, PercentSize) else ZERO
    if draft.intent.reduce_only:
        return abs(draft.held) * share, None
    if draft.market.is_perp:
        return None, max(ZERO, draft.free) * share * (draft.intent.leverage or ONE)
    return (draft.free * share, None) if draft.side is Side.SELL else (None, draft.free * share)


def _base_for(draft: PricedOrder, money: Decimal) -> Decimal | None:
    """Base units for `money`: what crosses at the book's prices, what rests at the limit. None when a market
    order finds no book for that much."""
    walk = walk_book(() if draft.intent.post_only else draft.levels, quote=money)
    if draft.is_immediate:
        return walk.filled if walk.complete else None
    return walk.filled + (money - walk.cost) / draft.reference


def _takes_what_it_can(draft: PricedOrder) -> bool:
    size = draft.intent.size
    return isinstance(size, PercentSize) and size.percent <= HUNDRED and not draft.intent.reduce_only


def _quote_quantity(draft: PricedOrder, money: Decimal | None) -> Decimal | None:
    if money is None or draft.market.is_perp or draft.side is Side.SELL or not draft.is_immediate:
        return None
    # Any price times any quantity is a multiple of tick times step: finer money cannot be spent.
    return floor_to(money, draft.market.tick * draft.market.step)


# --- filters ------------------------------------------------------------------------------------------


def resized(draft: PricedOrder, quantity: Decimal) -> TradeIntent | None:
    """The same line for `quantity`, in the unit the user typed; None when nothing that small is traded."""
    if quantity < draft.market.min_quantity or quantity <= ZERO:
        return None
    if isinstance(draft.intent.size, QuoteSize):
        price = draft.estimate(quantity).price
        amount = floor_to(quantity * price, CENT)
        if amount > ZERO and floor_to(amount / price, draft.market.step) >= draft.market.min_quantity:
            return replace(draft.intent, size=QuoteSize(amount))
    return replace(draft.intent, size=BaseSize(quantity))


def _thin_book(draft: PricedOrder) -> Refusal:
    available = draft.market.floor_quantity(draft.depth)
    params: dict[str, Param] = {
        "symbol": draft.market.base,
        "available": available,
        "asset": draft.market.base,
        "bound": draft.market.round_price(draft.bound if draft.bound is not None else draft.reference),
    }
    return Refusal(RefusalCode.THIN_BOOK, params, mend_intent=resized(draft, available))


def _check_depth(draft: PricedOrder, base: Decimal) -> Refusal | None:
    """Orders that fill now need a book that fills them: market and FOK wholly, IOC at least in part."""
    if draft.intent.time_in_force is TimeInForce.IOC and not draft.is_immediate and draft.depth > ZERO:
        return None
    if base <= draft.depth and draft.depth > ZERO:
        return None
    refusal = _thin_book(draft)
    if draft.is_immediate:
        return refusal
    return replace(refusal, mend_intent=replace(draft.intent, time_in_force=None))


def _check_quantity(draft: PricedOrder, quantity: Decimal, asked: Decimal) -> Refusal | None:
    """`asked` is the size before it was floored to the step: what the user recognises."""
    market = draft.market
    minimum = max(ceil_to(market.min_quantity, market.step), market.step)
    if quantity < minimum:
        if _takes_what_it_can(draft) and draft.need(minimum) > draft.free:
            return _insufficient(draft, draft.need(minimum), ZERO)
        params: dict[str, Param] = {"quantity": shown(asked), "minimum": minimum}
        params |= {"asset": market.base, "nearest": minimum}
        mend = replace(draft.intent, size=BaseSize(minimum))
        return Refusal(RefusalCode.BELOW_MIN_QUANTITY, params, mend_intent=mend)
    if market.max_quantity is not None and quantity > market.max_quantity:
        nearest = market.floor_quantity(market.max_quantity)
        params = {"quantity": quantity, "maximum": market.max_quantity}
        params |= {"asset": market.base, "nearest": nearest}
        return Refusal(RefusalCode.ABOVE_MAX_QUANTITY, params, mend_intent=resized(draft, nearest))
    return None


def check_limits(draft: PricedOrder, quantity: Decimal) -> Refusal | None:
    """Open interest and position limits, for orders that make the position larger.

    Source: `Market.openInterestLimit` (read in base units, like the open interest) and
    `AccountSummary.positionLimit` times `Market.positionLimitWeight` (read as USD of net exposure; the
    exchange publishes no formula).
    """
    if not draft.market.is_perp:
        return None
    # Base units that may still be bought (sold) before |position| exceeds a cap of base units.
    toward = -draft.held * draft.side.sign
    growth = abs(draft.held + draft.side.sign * quantity) - abs(draft.held)
    if growth <= ZERO:
        return None
    interest, ceiling = draft.context.open_interest, draft.market.open_interest_limit
    if interest is not None and ceiling is not None and interest + growth > ceiling:
        room = abs(draft.held) + max(ZERO, ceiling - interest) + toward
        return _over_limit(draft, RefusalCode.OPEN_INTEREST_LIMIT, ceiling, room)
    allowance = draft.context.account.position_limit
    if allowance is None or allowance <= ZERO:
        return None
    weight = draft.market.position_limit_weight
    allowance *= weight if weight is not None else ONE
    if (abs(draft.held) + growth) * draft.mark > allowance:
        most = draft.market.floor_quantity(allowance / draft.mark)
        return _over_limit(draft, RefusalCode.POSITION_LIMIT, most, most + toward)
    return None


def _over_limit(draft: PricedOrder, code: RefusalCode, limit: Decimal, room: Decimal) -> Refusal:
    nearest = max(ZERO, draft.market.floor_quantity(room))
    params: dict[str, Param] = {"limit": limit, "nearest": nearest, "asset": draft.market.base}
    return Refusal(code, params, mend_intent=resized(draft, nearest))


def _check_funds(draft: PricedOrder, quantity: Decimal, spent: Decimal) -> Refusal | None:
    need, free = draft.need(quantity), draft.free
    if spent:
        need = spent + max(ZERO, draft.estimate(quantity).fee)
    # A fill that locks nothing more is always allowed, even where nothing is free.
    if need <= ZERO or need <= free:
        return None
    return _insufficient(draft, need, largest_affordable(draft.need, free, draft.market.step, quantity))


def _insufficient(draft: PricedOrder, required: Decimal, nearest: Decimal) -> Refusal:
    params: dict[str, Param] = {"required": required, "available": draft.free}
    mend = resized(draft, nearest)
    if draft.market.is_perp:
        params |= {"nearest": nearest, "asset": draft.market.base}
        return Refusal(RefusalCode.INSUFFICIENT_MARGIN, params, mend_intent=mend)
    spends_money = draft.side is Side.BUY
    params |= {"nearest": draft.estimate(nearest).cost if spends_money else nearest}
    params |= {"asset": draft.funding_asset}
    return Refusal(RefusalCode.INSUFFICIENT_BALANCE, params, mend_intent=mend)
