"""What an account holds decides: finding the position somebody means, and what can be closed of it.

The market list may lack a market, or have older rules than the exchange; a position is there all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.accounts.account import Position
from bot.domain.markets.market import QUOTE_ALIASES, Market, named
from bot.domain.orders.order import OrderRequest
from bot.domain.refusal import Param, Refusal, RefusalCode
from bot.domain.values import ZERO, MarketKind, OrderType, ceil_to

_FINEST = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class PositionClosing:
    """The orders that close a position, and the `rest` of it (base) that the market's rules take in none."""

    requests: tuple[OrderRequest, ...]
    rest: Decimal = ZERO


def closing_orders(position: Position, market: Market | None) -> PositionClosing:
    """Market orders for all of a position that can be closed, each within the market's smallest and largest.

    Reduce-only, so that a second one cannot open the other side. Without rules it is one order as held.
    """
    held = abs(position.quantity)
    parts, rest = ([held], ZERO) if market is None else parts_of(held, market)
    return PositionClosing(tuple(_close(position, part) for part in parts), rest)


def closable(held: Decimal, market: Market) -> Decimal:
    """How much of `held` (base, positive) orders can close; zero when it is less than the smallest."""
    quantity = market.floor_quantity(held)
    return quantity if quantity >= smallest(market) else ZERO


def smallest(market: Market) -> Decimal:
    """The smallest quantity an order of the market may have."""
    return max(ceil_to(market.min_quantity, market.step), market.step)


def too_small_to_close(held: Decimal, market: Market) -> Refusal:
    """Said of `held` (base) where no order can close any of it."""
    params: dict[str, Param] = {"quantity": abs(held), "minimum": smallest(market), "asset": market.base}
    return Refusal(RefusalCode.TOO_SMALL_TO_CLOSE, params)


def parts_of(held: Decimal, market: Market) -> tuple[list[Decimal], Decimal]:
    """Quantities of orders that close `held` (base, positive), and the rest that no order takes."""
    left, least = closable(held, market), smallest(market)
    rest = held - left
    most = market.floor_quantity(market.max_quantity) if market.max_quantity is not None else left
    if most < least:
        return ([left] if left else []), rest  # rules that contradict themselves: the exchange will say
    parts: list[Decimal] = []
    while left > ZERO:
        part = min(left, most)
        if ZERO < left - part < least:
            part = max(least, left - least) if left - least <= most else part
        parts.append(part)
        left -= part
    if len(parts) > 1 and parts[-1] < least:
        rest += parts.pop()
    return parts, rest


def _close(position: Position, quantity: Decimal) -> OrderRequest:
    return OrderRequest(
        symbol=position.symbol,
        side=position.closing_side,
        order_type=OrderType.MARKET,
        quantity=quantity,
        reduce_only=True,
    )


def meant(mention: str, positions: Iterable[Position]) -> list[Position]:
    """The positions a word may stand for: `wif`, `WIF-PERP`, `WIF_USDC_PERP`; none for the name of coins."""
    found = list(positions)
    exact = [one for one in found if one.symbol == mention.lstrip("$#").upper()]
    return exact or [one for one in found if names(mention, one.symbol)]


def names(mention: str, symbol: str) -> bool:
    """Whether a word names the market `symbol`, by the symbol alone. A quote without PERP names coins."""
    word, own = named(mention), named(symbol)
    if word.base != own.base or (word.is_perp and not own.is_perp):
        return False
    if word.quote is None:
        return True
    same_quote = QUOTE_ALIASES.get(word.quote, word.quote) == own.quote
    return same_quote and (word.is_perp == own.is_perp or not word.is_separate)


def market_of(position: Position) -> Market:
    """A market nobody knows the rules of, as far as a position in it tells: its own digits are its grid."""
    own = named(position.symbol)
    return Market(
        symbol=position.symbol,
        base=own.base,
        quote=own.quote or "USDC",
        kind=MarketKind.PERP,
        tick=_grain(position.mark_price),
        step=_grain(position.quantity),
        min_quantity=_grain(position.quantity),
        max_quantity=None,
        min_price=ZERO,
        max_price=None,
        visible=False,
    )


def _grain(number: Decimal) -> Decimal:
    exponent = number.as_tuple().exponent
    return Decimal(1).scaleb(min(exponent, 0)) if number and isinstance(exponent, int) else _FINEST
