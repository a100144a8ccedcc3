"""What an alert watches and what was seen, in words: one phrase for every kind of condition."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from markupsafe import Markup

from bot.domain.alerts.alert import (
    ActivityMove,
    AlertOptions,
    Audience,
    BasisLevel,
    Condition,
    FundingCost,
    FundingExtreme,
    FundingFlip,
    FundingLevel,
    FundingSoon,
    FundingUnit,
    KeyTrouble,
    LiquidationDistance,
    LiquidationSize,
    Loudness,
    MarginLevel,
    MarketNews,
    MyFill,
    PriceLevel,
    PriceMove,
    PriceTrail,
    ProfitLevel,
    SpreadLevel,
    Trend,
)
from bot.domain.alerts.limits import LIMITS
from bot.domain.markets.funding import YEAR_MS, FundingRate
from bot.domain.values import HUNDRED, ZERO
from bot.ui.locale import Locale
from bot.ui.words import priced, quote_of, rated, symbol_name

_PLACES: Final = 6  # decimals of a per cent a trader may have typed: funding has four and more
_ANY: Final[dict[type, str]] = {
    FundingLevel: "alert-any-perp",
    FundingFlip: "alert-any-perp",
    FundingExtreme: "alert-any-perp",
    FundingCost: "alert-all-positions",
    LiquidationDistance: "alert-all-positions",
    ProfitLevel: "alert-all-positions",
}
_SIGNED: Final = (BasisLevel, ProfitLevel)
_PERCENTS: Final[dict[type, str]] = {
    BasisLevel: "alert-value-basis",
    SpreadLevel: "alert-value-spread",
    MarginLevel: "alert-value-margin",
    LiquidationDistance: "alert-value-distance",
    ProfitLevel: "alert-value-return",
}
_UNITS: Final = {
    FundingUnit.INTERVAL: "interval",
    FundingUnit.HOUR: "hour",
    FundingUnit.EIGHT_HOURS: "eight",
    FundingUnit.YEAR: "year",
}


def what(locale: Locale, condition: Condition, symbol: str | None = None) -> Markup:
    """The condition in a phrase. `symbol` is the market it fired on where it watches any."""
    return _PHRASES[type(condition)](locale, condition, _market(locale, condition, symbol))


def _market(locale: Locale, condition: Condition, symbol: str | None) -> str:
    named = symbol or getattr(condition, "symbol", None)
    if named is not None:
        return symbol_name(named)
    return locale.plain(_ANY.get(type(condition), "alert-any-market"))


def observed(
    locale: Locale,
    condition: Condition,
    value: Decimal,
    symbol: str | None = None,
    *,
    interval_ms: int | None = None,
    fell: bool = False,
) -> str | None:
    """The value seen, in the unit of what is watched; None where a number says nothing.

    Funding is told in per cent a year, and shown per interval too where that is known. `fell`: of a move.
    """
    if isinstance(condition, PriceLevel | PriceTrail):
        return priced(locale, value, quote_of(symbol or condition.symbol))
    if isinstance(condition, FundingLevel | FundingFlip | FundingExtreme):
        return _rate_seen(locale, value, interval_ms)
    if isinstance(condition, FundingCost | LiquidationSize) or _is_money(condition):
        return locale.signed_usd(value) if _is_money(condition) else locale.usd(value)
    places = _PLACES if abs(value) < 1 else 2
    if isinstance(condition, PriceMove | ActivityMove):
        moved = locale.signed_percent(-abs(value) if fell else value, places)
        return locale.plain("alert-value-move", moved=moved, window=span(locale, condition.window_ms))
    if type(condition) not in _PERCENTS:
        return None
    shown = locale.signed_percent if isinstance(condition, _SIGNED) else locale.percent
    return locale.plain(_PERCENTS[type(condition)], percent=shown(value, places))


def _is_money(condition: Condition) -> bool:
    """Whether it is about a gain or a loss in USD."""
    return isinstance(condition, ProfitLevel) and condition.percent is None


def _rate_seen(locale: Locale, yearly: Decimal, interval_ms: int | None) -> str:
    if interval_ms is None:
        return locale.plain("alert-value-year", rate=locale.signed_percent(yearly))
    return rated(locale, FundingRate(yearly * interval_ms / YEAR_MS / HUNDRED, interval_ms))


def options(locale: Locale, chosen: AlertOptions) -> Markup:
    """`at most every 1 h · for 2 d · silent`."""
    if not chosen.repeat:
        parts = [locale.text("alert-option-once")]
    elif chosen.cooldown_ms > LIMITS.cooldown_ms:
        parts = [locale.text("alert-option-every", span=span(locale, chosen.cooldown_ms))]
    else:
        parts = [locale.text("alert-option-repeat")]
    if chosen.lifetime_ms is not None:
        parts.append(locale.text("alert-option-lifetime", span=span(locale, chosen.lifetime_ms)))
    if chosen.loudness is not Loudness.ON:
        silent = chosen.loudness is Loudness.SILENT
        parts.append(locale.text("alert-option-silent") if silent else locale.text("alert-option-muted"))
    if chosen.audience is Audience.PRIVATE:
        parts.append(locale.text("alert-option-private"))
    return Markup(" · ").join(parts)


def span(locale: Locale, ms: int) -> str:
    return locale.duration(ms // 1000)


# --- one phrase for every kind -------------------------------------------------------------------------


def _price(locale: Locale, one: PriceLevel, symbol: str) -> Markup:
    level = priced(locale, one.level, quote_of(one.symbol) or "USDC")
    return locale.text(
        "alert-price", symbol=symbol, source=one.source.value, trend=one.trend.value, level=level
    )


def _move(locale: Locale, one: PriceMove, symbol: str) -> Markup:
    return locale.text(
        "alert-move",
        symbol=symbol,
        source=one.source.value,
        trend=one.trend.value,
        percent=_percent(locale, one.percent),
        window=span(locale, one.window_ms),
    )


def _trail(locale: Locale, one: PriceTrail, symbol: str) -> Markup:
    anchor = {Trend.UP: "low", Trend.DOWN: "high", Trend.EITHER: "now"}[one.trend]
    if one.anchor is not None:
        anchor = priced(locale, one.anchor, quote_of(one.symbol) or "USDC")
    return locale.text(
        "alert-trail",
        symbol=symbol,
        source=one.source.value,
        trend=one.trend.value,
        percent=_percent(locale, one.percent),
        anchor=anchor,
    )


def _funding(locale: Locale, one: FundingLevel, symbol: str) -> Markup:
    percent = _percent(locale, one.percent)
    if one.unit is FundingUnit.INTERVAL and one.interval_ms is not None:
        unit, interval = "span", span(locale, one.interval_ms)
    else:
        unit, interval = _UNITS[one.unit], ""
    return locale.text(
        "alert-funding",
        symbol=symbol,
        trend=one.trend.value,
        percent=percent,
        unit=unit,
        interval=interval,
    )


def _activity(locale: Locale, one: ActivityMove, symbol: str) -> Markup:
    return locale.text(
        "alert-activity",
        symbol=symbol,
        activity=one.activity.value,
        trend=one.trend.value,
        percent=_percent(locale, one.percent),
        window=span(locale, one.window_ms),
    )


def _basis(locale: Locale, one: BasisLevel, symbol: str) -> Markup:
    percent = locale.signed_percent(one.percent, _PLACES)
    return locale.text("alert-basis", symbol=symbol, trend=one.trend.value, percent=percent)


def _distance(locale: Locale, one: LiquidationDistance, symbol: str) -> Markup:
    percents = " / ".join(_percent(locale, percent) for percent in one.percents)
    return locale.text("alert-distance", symbol=symbol, percents=percents)


def _profit(locale: Locale, one: ProfitLevel, symbol: str) -> Markup:
    if one.percent is not None:
        level = locale.plain("alert-value-return", percent=locale.signed_percent(one.percent, _PLACES))
    else:
        level = locale.signed_usd(one.amount or ZERO)
    return locale.text("alert-profit", symbol=symbol, trend=one.trend.value, level=level)


def _percent(locale: Locale, percent: Decimal) -> str:
    return locale.percent(percent, _PLACES)


_PHRASES: Final[dict[type, Callable[[Locale, Any, str], Markup]]] = {
    PriceLevel: _price,
    PriceMove: _move,
    PriceTrail: _trail,
    FundingLevel: _funding,
    FundingFlip: lambda locale, one, symbol: locale.text("alert-flip", symbol=symbol, trend=one.trend.value),
    FundingExtreme: lambda locale, _, symbol: locale.text("alert-extreme", symbol=symbol),
    FundingSoon: lambda locale, one, symbol: locale.text(
        "alert-soon", symbol=symbol, lead=span(locale, one.lead_ms)
    ),
    FundingCost: lambda locale, one, symbol: locale.text(
        "alert-cost", symbol=symbol, amount=locale.usd(one.amount)
    ),
    ActivityMove: _activity,
    SpreadLevel: lambda locale, one, symbol: locale.text(
        "alert-spread", symbol=symbol, percent=_percent(locale, one.percent)
    ),
    BasisLevel: _basis,
    LiquidationSize: lambda locale, one, symbol: locale.text(
        "alert-liquidation", symbol=symbol, amount=locale.usd(one.notional)
    ),
    MyFill: lambda locale, _, symbol: locale.text("alert-fill", symbol=symbol),
    MarginLevel: lambda locale, one, _: locale.text("alert-margin", percent=_percent(locale, one.percent)),
    LiquidationDistance: _distance,
    ProfitLevel: _profit,
    MarketNews: lambda locale, one, symbol: locale.text("alert-news", symbol=symbol, kind=one.kind.value),
    KeyTrouble: lambda locale, _one, _symbol: locale.text("alert-key"),
}
