"""A market's rules (tick, step, bands, margin functions) and finding the market a user meant.

Source of every field: Backpack OpenAPI `Market`, `OrderBookFilters`, `PositionImfFunction`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.values import MarketKind, ceil_to, floor_to, round_to

_SEPARATORS = re.compile("[-/_:]")
_LINEAR = re.compile(r"[-/_]usd[ct]?:usd[ct]?$", re.IGNORECASE)
# Names other places give to assets: offered, never assumed.
ALIASES = {
    "XBT": "BTC",
    "BITCOIN": "BTC",
    "ETHEREUM": "ETH",
    "ETHER": "ETH",
    "SOLANA": "SOL",
    "XDG": "DOGE",
    "DOGECOIN": "DOGE",
    "RIPPLE": "XRP",
    "CARDANO": "ADA",
    "MATIC": "POL",
    "RNDR": "RENDER",
}
KNOWN_STATES = frozenset({"Open", "Closed", "CancelOnly", "LimitOnly", "PostOnly"})  # `OrderBookState`
QUOTE_ALIASES = {"USD": "USDC", "USDT": "USDC", "USDC": "USDC"}


@dataclass(frozen=True, slots=True)
class MarginFunction:
    """Margin fraction as a function of position size: `base + factor * sqrt(|notional|)`.

    Source: `SqrtFunction`; `imfFunction` is initial, `mmfFunction` maintenance.
    """

    base: Decimal
    factor: Decimal


@dataclass(frozen=True, slots=True)
class PriceBand:
    """Multipliers around a reference; None where the exchange sets no bound."""

    max_multiplier: Decimal | None = None
    min_multiplier: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Market:
    """Rules of one market, all in the units of the exchange (prices in quote, quantities in base)."""

    symbol: str
    base: str
    quote: str
    kind: MarketKind
    tick: Decimal
    step: Decimal
    min_quantity: Decimal
    max_quantity: Decimal | None
    min_price: Decimal
    max_price: Decimal | None
    state: str = "Open"  # OrderBookState; unknown values are carried
    band: PriceBand = PriceBand()  # against the last active price
    impact: PriceBand = PriceBand()  # against the best offer / best bid
    mean_mark: PriceBand = PriceBand()
    imf: MarginFunction | None = None
    mmf: MarginFunction | None = None
    funding_interval_ms: int | None = None
    open_interest_limit: Decimal | None = None
    position_limit_weight: Decimal | None = None
    visible: bool = True

    @property
    def is_perp(self) -> bool:
        return self.kind is MarketKind.PERP

    def round_price(self, price: Decimal) -> Decimal:
        """`price` at the nearest tick."""
        return round_to(price, self.tick)

    def floor_price(self, price: Decimal) -> Decimal:
        return floor_to(price, self.tick)

    def ceil_price(self, price: Decimal) -> Decimal:
        return ceil_to(price, self.tick)

    def floor_quantity(self, quantity: Decimal) -> Decimal:
        """`quantity` at the step, towards zero: never more than was asked."""
        return floor_to(quantity, self.step)


@dataclass(frozen=True, slots=True)
class MarkPrice:
    """`GET /api/v1/markPrices` row. `funding_rate` is a fraction for the current interval."""

    symbol: str
    mark: Decimal
    index: Decimal | None = None
    funding_rate: Decimal | None = None
    next_funding_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """Order book levels as (price, quantity), **best first** on both sides."""

    symbol: str
    bids: Sequence[tuple[Decimal, Decimal]]
    asks: Sequence[tuple[Decimal, Decimal]]

    @property
    def best_bid(self) -> Decimal | None:
        return self.bids[0][0] if self.bids else None

    @property
    def best_ask(self) -> Decimal | None:
        return self.asks[0][0] if self.asks else None

    @property
    def mid(self) -> Decimal | None:
        if self.best_bid is None or self.best_ask is None:
            return None
        return (self.best_bid + self.best_ask) / 2


@dataclass(frozen=True, slots=True)
class UnknownSymbol:
    """No market answers to this name. `suggestions` are asset names to offer, never to assume."""

    mention: str
    suggestions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResolvedSymbol:
    market: Market
    mapped_quote: str | None = None  # the quote the user typed when it was mapped, e.g. USDT


def resolve_symbol(
    mention: str, kind: MarketKind | None, markets: Mapping[str, Market]
) -> ResolvedSymbol | UnknownSymbol:
    """The market a user's word stands for; `kind` breaks the tie between spot and perp of one asset.

    Accepts `SOL`, `$SOL`, `SOL/USDC`, `sol-usdt`, `SOLUSDC`, `SOL-PERP`, `SOL_USDC_PERP`, `SOL/USDT:USDT`.
    Never guesses: a word that matches nothing comes back with suggestions.
    """
    word = named(mention)
    base, typed_quote, kind = word.base, word.quote, MarketKind.PERP if word.is_perp else kind
    wanted = [
        market
        for market in markets.values()
        if market.visible
        and market.kind in {MarketKind.SPOT, MarketKind.PERP}
        and market.base.upper() == base
        and (typed_quote is None or market.quote == QUOTE_ALIASES.get(typed_quote, typed_quote))
    ]
    if not wanted:
        return UnknownSymbol(mention, _suggest(base, (m.base for m in markets.values() if m.visible)))
    wanted.sort(key=lambda market: (market.quote != "USDC", market.kind is not (kind or MarketKind.SPOT)))
    chosen = next((market for market in wanted if market.kind is kind), wanted[0])
    mapped = typed_quote if typed_quote is not None and typed_quote != chosen.quote else None
    return ResolvedSymbol(chosen, mapped)


def names_perp(mention: str) -> bool:
    """Whether a name says that it is a perpetual: `SOL-PERP`, or `SOL/USDT:USDT` as ccxt writes them."""
    parts = _SEPARATORS.split(mention.upper())
    return len(parts) > 1 and (parts[-1] == "PERP" or _LINEAR.search(mention) is not None)


@dataclass(frozen=True, slots=True)
class Named:
    """What a word or a symbol says of a market. `is_separate`: a quote set apart, as in `SOL/USDC`."""

    base: str
    quote: str | None
    is_perp: bool
    is_separate: bool


def named(mention: str) -> Named:
    """The parts of `SOL`, `$SOL`, `SOL/USDC`, `sol-usdt`, `SOLUSDC`, `SOL-PERP` or `SOL_USDC_PERP`."""
    parts = [part for part in _SEPARATORS.split(mention.lstrip("$#").upper()) if part]
    if len(parts) > 1 and parts[-1] == "PERP":
        parts.pop()
    base, quote = _split_quote(parts)
    return Named(base, quote, names_perp(mention), len(parts) > 1)


def _split_quote(parts: list[str]) -> tuple[str, str | None]:
    if len(parts) >= 2:
        return parts[0], parts[1]
    word = parts[0] if parts else ""
    for quote in ("USDC", "USDT", "USD"):
        if word.endswith(quote) and len(word) > len(quote):
            return word[: -len(quote)], quote
    return word, None


def _suggest(base: str, known: Iterable[str]) -> tuple[str, ...]:
    """The names it may have meant, the likeliest alone where there is one."""
    assets = {one.upper(): one for one in known}
    thousand = (
        f"K{base[4:]}" if base.startswith("1000") else f"1000{base[1:]}" if base.startswith("K") else ""
    )
    for likely in (ALIASES.get(base, ""), thousand):
        if likely in assets:
            return (assets[likely],)
    from rapidfuzz import fuzz, process  # only names nobody knows wait for it

    matches = process.extract(base, sorted(set(assets.values())), scorer=fuzz.ratio, limit=3, score_cutoff=50)
    return tuple(match[0] for match in matches)
