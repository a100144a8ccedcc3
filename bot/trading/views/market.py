"""A market at a glance and its order book as a ladder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from markupsafe import Markup

from bot.domain.markets.funding import FundingRate
from bot.domain.markets.market import Book, Market, MarkPrice
from bot.domain.values import BPS, ONE, ZERO
from bot.ui.locale import Locale
from bot.ui.message import Button, Message, button, keyboard, lines
from bot.ui.words import priced, rated, symbol_name

Level = tuple[Decimal, Decimal]


def price(
    locale: Locale,
    market: Market,
    *,
    last: Decimal,
    mark: MarkPrice | None = None,
    book: Book | None = None,
    change_percent: Decimal | None = None,
    high: Decimal | None = None,
    low: Decimal | None = None,
    quote_volume: Decimal | None = None,
    time_ms: int | None = None,
    buy_data: str | None = None,
    sell_data: str | None = None,
    book_data: str | None = None,
    refresh_data: str | None = None,
) -> Message:
    """Last price first, then what surrounds it; `change_percent` is over 24 hours."""
    name, shown = symbol_name(market.symbol), priced(locale, last, market.quote, market.tick)
    title = (
        locale.text("price-title", symbol=name, price=shown)
        if change_percent is None
        else locale.text(
            "price-title-change", symbol=name, price=shown, change=locale.signed_percent(change_percent)
        )
    )
    text = lines(
        title,
        _quotes(locale, market, book),
        *_mark(locale, market, mark),
        _range(locale, market, high, low),
        None
        if quote_volume is None
        else locale.text("price-volume", volume=priced(locale, quote_volume, market.quote, ONE)),
        None if market.state == "Open" else locale.text("price-state", state=market.state),
        None if time_ms is None else locale.text("price-at", time=locale.time(time_ms)),
    )
    buy, sell = ("button-long", "button-short") if market.is_perp else ("button-buy", "button-sell")
    trade = (_named(locale, buy, buy_data, market), _named(locale, sell, sell_data, market))
    view = (button(locale, "button-book", book_data), button(locale, "button-refresh", refresh_data))
    return Message(text, keyboard(trade, view))


def book(
    locale: Locale,
    market: Market,
    book: Book,
    *,
    levels: int = 10,
    time_ms: int | None = None,
    price_data: str | None = None,
    refresh_data: str | None = None,
) -> Message:
    """Asks above, bids below, the best of both in the middle; the sum runs from the middle outwards."""
    name = symbol_name(market.symbol)
    buttons = keyboard(
        (button(locale, "button-price", price_data), button(locale, "button-refresh", refresh_data))
    )
    if not book.bids and not book.asks:
        return Message(locale.text("book-empty", symbol=name), buttons)
    asks, bids = (_ladder(locale, market, side[:levels]) for side in (book.asks, book.bids))
    widths = [max(len(row[column]) for row in (*asks, *bids)) for column in range(3)]
    middle = locale.plain("book-spread", spread=_spread(locale, book) or "—")
    rows = [*_aligned(reversed(asks), widths), f"── {middle}", *_aligned(bids, widths)]
    text = lines(
        locale.text("book-title", symbol=name),
        locale.text("book-columns", base=market.base, quote=market.quote),
        Markup("<pre>{}</pre>").format("\n".join(rows)),
        None if time_ms is None else locale.text("price-at", time=locale.time(time_ms)),
    )
    return Message(text, buttons)


def _quotes(locale: Locale, market: Market, book: Book | None) -> Markup | None:
    if book is None or book.best_bid is None or book.best_ask is None:
        return None
    bid, ask = (priced(locale, level, market.quote, market.tick) for level in (book.best_bid, book.best_ask))
    return locale.text("price-quotes", bid=bid, ask=ask, spread=_spread(locale, book) or "—")


def _spread(locale: Locale, book: Book) -> str | None:
    if book.best_bid is None or book.best_ask is None or book.mid is None or book.mid <= ZERO:
        return None
    return locale.bps((book.best_ask - book.best_bid) / book.mid * BPS)


def _mark(locale: Locale, market: Market, mark: MarkPrice | None) -> list[Markup]:
    if mark is None or not market.is_perp:
        return []
    level = priced(locale, mark.mark, market.quote, market.tick)
    if mark.index is None:
        rows = [locale.text("price-mark-only", mark=level)]
    else:
        index = priced(locale, mark.index, market.quote, market.tick)
        rows = [locale.text("price-mark", mark=level, index=index)]
    if mark.funding_rate is not None:
        rate = locale.rate(mark.funding_rate)
        if market.funding_interval_ms is not None:
            rate = rated(locale, FundingRate(mark.funding_rate, market.funding_interval_ms))
        if mark.next_funding_ms is None:
            rows.append(locale.text("price-funding-untimed", rate=rate))
        else:
            moment = locale.clock(mark.next_funding_ms)
            rows.append(locale.text("price-funding", rate=rate, time=moment))
    return rows


def _range(locale: Locale, market: Market, high: Decimal | None, low: Decimal | None) -> Markup | None:
    if high is None or low is None:
        return None
    top, bottom = (priced(locale, level, market.quote, market.tick) for level in (high, low))
    return locale.text("price-range", low=bottom, high=top)


def _named(locale: Locale, key: str, data: str | None, market: Market) -> Button | None:
    return button(locale, key, data, base=market.base)


def _ladder(locale: Locale, market: Market, levels: Sequence[Level]) -> list[tuple[str, str, str]]:
    rows, total = [], ZERO
    for level, quantity in levels:
        total += level * quantity
        rows.append(
            (
                locale.price(level, market.tick),
                locale.quantity(quantity, market.step),
                locale.price(total, ONE),
            )
        )
    return rows


def _aligned(rows: Iterable[tuple[str, str, str]], widths: list[int]) -> list[str]:
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
