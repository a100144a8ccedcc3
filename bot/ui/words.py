"""How markets, sides, sizes and kinds of order are called on every card, so that all cards agree."""

from __future__ import annotations

from decimal import Decimal

from markupsafe import Markup, escape

from bot.domain.intent import Verb
from bot.domain.markets.funding import FundingRate
from bot.domain.orders.order import OrderRequest, OrderSnapshot
from bot.domain.preview.preview import Preview
from bot.domain.values import HUNDRED, ZERO, OrderType, Side, TimeInForce
from bot.ui.locale import Locale, clean

_DOLLARS = frozenset({"USDC", "USD", "USDT"})
GREEN, RED = "🟢", "🔴"


def mark_of(side: Side) -> str:
    return GREEN if side is Side.BUY else RED


def symbol_name(symbol: str) -> str:
    """A market as traders write it: `SOL_USDC_PERP` → `SOL-PERP`, `SOL_USDC` → `SOL/USDC`.

    Anything else the exchange may invent is shown as it is. What comes back can be typed as it stands.
    """
    parts = clean(symbol, 40).split("_")
    if len(parts) == 3 and parts[2] == "PERP" and parts[1] == "USDC":
        return f"{parts[0]}-PERP"
    return "/".join(parts) if len(parts) == 2 else "_".join(parts)


def base_of(symbol: str) -> str:
    return clean(symbol.split("_", 1)[0], 24)


def quote_of(symbol: str) -> str:
    parts = symbol.split("_")
    return clean(parts[1], 24) if len(parts) > 1 else ""


def is_perp(symbol: str) -> bool:
    return symbol.endswith("_PERP")


def priced(locale: Locale, price: Decimal, quote: str, tick: Decimal | None = None) -> str:
    """A price with its unit: `$142.51`, or `0.0521 BTC` where the quote is no dollar."""
    shown = locale.price(price, tick)
    return f"${shown}" if quote in _DOLLARS else f"{shown} {clean(quote, 24)}".rstrip()


def rated(locale: Locale, rate: FundingRate) -> str:
    """A funding rate per its own interval and by the year: `+0.01% per 8 h (+10.95% a year)`."""
    return locale.plain(
        "rate-per",
        rate=locale.rate(rate.fraction),
        interval=locale.duration(rate.interval_ms // 1000),
        apr=locale.signed_percent(rate.yearly * HUNDRED, 2),
    )


def valued(locale: Locale, amount: Decimal, quote: str) -> str:
    """An amount of quote money with its unit, to the cent where the quote is a dollar."""
    if quote in _DOLLARS:
        return locale.usd(amount)
    return f"{locale.number(amount)} {clean(quote, 24)}".rstrip()


def sized(locale: Locale, quantity: Decimal, base: str, step: Decimal | None = None) -> str:
    """A quantity with its unit: `1.4 SOL`."""
    return f"{locale.quantity(quantity, step)} {clean(base, 24)}"


def preview_action(locale: Locale, preview: Preview) -> str:
    """The verb of a preview; a reduce-only order is named by what it does to the position."""
    if preview.request.reduce_only and preview.position_before:
        what = "reduce" if preview.position_after else "close"
        direction = "long" if preview.position_before > ZERO else "short"
        return locale.plain(f"action-{what}-{direction}")
    return verb_name(locale, preview.verb)


def verb_name(locale: Locale, verb: Verb) -> str:
    return locale.plain(f"action-{verb.value}")


def side_name(locale: Locale, side: Side) -> str:
    return locale.plain("action-buy" if side is Side.BUY else "action-sell")


def order_action(locale: Locale, snapshot: OrderSnapshot) -> str:
    """What an order does, by side: the snapshot does not know the position it met. An exit says its kind."""
    side = side_name(locale, snapshot.side)
    if snapshot.exit_kind is None:
        return side
    return locale.plain("action-exit", kind=snapshot.exit_kind, side=side)


def order_kind(
    locale: Locale, order: OrderRequest | OrderSnapshot, quote: str, tick: Decimal | None = None
) -> Markup:
    """`Limit $142.50 · IOC · reduce-only`, with every flag that changes what the order does."""
    limit = order.price if order.order_type is OrderType.LIMIT else None
    price = priced(locale, limit, quote, tick) if limit is not None else None
    if order.trigger_price is not None:
        trigger = priced(locale, order.trigger_price, quote, tick)
        kind = (
            locale.text("kind-stop-market", trigger=trigger)
            if price is None
            else locale.text("kind-stop-limit", trigger=trigger, price=price)
        )
    else:
        kind = locale.text("kind-market") if price is None else locale.text("kind-limit", price=price)
    parts = [kind]
    if order.time_in_force in {TimeInForce.IOC, TimeInForce.FOK}:
        parts.append(escape(order.time_in_force.value))
    if order.post_only:
        parts.append(locale.text("flag-post-only"))
    if order.reduce_only:
        parts.append(locale.text("flag-reduce-only"))
    return Markup(" · ").join(parts)
