"""Prints an alert as its one line: the condition, the options that differ from the usual, the plan."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any, Final

from bot.domain.alerts.alert import (
    Activity,
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
    MarketNewsKind,
    MyFill,
    PriceLevel,
    PriceMove,
    PriceTrail,
    ProfitLevel,
    Source,
    SpreadLevel,
    Trend,
)
from bot.domain.intent import AlertIntent
from bot.domain.values import ZERO, plain
from bot.language.alert_parts import DAY_MS, HOUR_MS, MINUTE_MS
from bot.language.alerts import lark
from bot.language.vocabulary import words_of

_Words = list[str | None]

_RELATION: Final = {Trend.UP: ">", Trend.DOWN: "<", Trend.EITHER: "crosses"}
_CHANGE: Final = {Trend.UP: "up", Trend.DOWN: "down", Trend.EITHER: "moves"}
_FLIP: Final = {Trend.UP: "flips positive", Trend.DOWN: "flips negative", Trend.EITHER: "flips"}
_UNIT: Final = {
    FundingUnit.INTERVAL: None,
    FundingUnit.HOUR: "per 1h",
    FundingUnit.EIGHT_HOURS: "per 8h",
    FundingUnit.YEAR: "apr",
}
_NEWS: Final = {
    MarketNewsKind.LISTED: "listing",
    MarketNewsKind.DELISTED: "delisting",
    MarketNewsKind.HALTED: "halt",
}
_ACTIVITY: Final = {Activity.OPEN_INTEREST: "oi", Activity.VOLUME: "volume"}
_NAMES: Final = frozenset({"SYMBOL", "LABEL", "STRING"})
_PLAIN_SYMBOL: Final = re.compile(r"[A-Z][A-Z0-9]*(?:[-_/][A-Z][A-Z0-9]*){0,2}", re.ASCII)
_PLAIN_LABEL: Final = re.compile(r"\w[\w.-]*", re.ASCII)


def alert_words(intent: AlertIntent, plan: str | None) -> _Words:
    """The canonical line in its parts; `plan` is the canonical line of the trade that comes with it."""
    return ["alert", *condition_words(intent.condition), *_options(intent.options), *_plan(intent, plan)]


def condition_words(condition: Condition) -> _Words:
    """The words of the condition alone, the market first."""
    symbol = getattr(condition, "symbol", None)
    return [_symbol(symbol), *_METRICS[type(condition)](condition)]


def _level(one: PriceLevel) -> _Words:
    return [_source(one.source), _RELATION[one.trend], plain(one.level)]


def _move(one: PriceMove) -> _Words:
    return [_source(one.source), _CHANGE[one.trend], _percent(one.percent), f"in {span_words(one.window_ms)}"]


def _trail(one: PriceTrail) -> _Words:
    direction = None if one.trend is Trend.EITHER else _CHANGE[one.trend]
    anchor = f"from {plain(one.anchor)}" if one.anchor is not None else None
    return [_source(one.source), "trail", direction, _percent(one.percent), anchor]


def _funding(one: FundingLevel) -> _Words:
    return ["funding", _RELATION[one.trend], _percent(one.percent), _UNIT[one.unit]]


def _activity(one: ActivityMove) -> _Words:
    window = f"in {span_words(one.window_ms)}"
    return [_ACTIVITY[one.activity], _CHANGE[one.trend], _percent(one.percent), window]


def _profit(one: ProfitLevel) -> _Words:
    level = _percent(one.percent) if one.percent is not None else _money(one.amount or ZERO)
    return ["pnl", _RELATION[one.trend], level]


def _distance(one: LiquidationDistance) -> _Words:
    return ["liq <", "/".join(map(plain, one.percents)) + "%"]


_METRICS: Final[dict[type, Callable[[Any], _Words]]] = {
    PriceLevel: _level,
    PriceMove: _move,
    PriceTrail: _trail,
    FundingLevel: _funding,
    FundingFlip: lambda one: ["funding", _FLIP[one.trend]],
    FundingExtreme: lambda _: ["funding", "extreme"],
    FundingSoon: lambda one: ["funding", "in", span_words(one.lead_ms)],
    FundingCost: lambda one: ["funding", "cost", ">", _money(one.amount)],
    ActivityMove: _activity,
    SpreadLevel: lambda one: ["spread", ">", _percent(one.percent)],
    BasisLevel: lambda one: ["basis", _RELATION[one.trend], _percent(one.percent)],
    LiquidationSize: lambda one: ["liquidation", ">", _money(one.notional)],
    MyFill: lambda _: ["fill"],
    MarginLevel: lambda one: ["margin", "<", _percent(one.percent)],
    LiquidationDistance: _distance,
    ProfitLevel: _profit,
    MarketNews: lambda one: [_NEWS[one.kind]],
    KeyTrouble: lambda _: ["key"],
}


def _percent(percent: Decimal) -> str:
    return f"{plain(percent)}%"


def _source(source: Source) -> str | None:
    return None if source is Source.LAST else source.value


def _money(amount: Decimal) -> str:
    return f"-${plain(-amount)}" if amount < 0 else f"${plain(amount)}"


def span_words(ms: int) -> str:
    """`15m`, `1h`, `2d`: the largest unit that counts it whole."""
    for unit, length in (("d", DAY_MS), ("h", HOUR_MS), ("m", MINUTE_MS)):
        if ms % length == 0:
            return f"{ms // length}{unit}"
    return f"{ms // 1000}s"


def _options(options: AlertOptions) -> _Words:
    pause = span_words(options.cooldown_ms) if options.cooldown_ms else None
    rhythm = f"once cooldown {pause}" if pause else None
    if options.repeat:
        rhythm = f"every {pause}" if pause else "repeat"
    return [
        rhythm,
        f"expire {span_words(options.lifetime_ms)}" if options.lifetime_ms is not None else None,
        _label(options.label),
        "to dm" if options.audience is Audience.PRIVATE else None,
        {Loudness.ON: None, Loudness.SILENT: "silent", Loudness.OFF: "muted"}[options.loudness],
    ]


def _label(label: str | None) -> str | None:
    if label is None:
        return None
    is_word = _PLAIN_LABEL.fullmatch(label) and label.lower() != "then"
    return f"label {label}" if is_word else f'label "{label}"'


def _plan(intent: AlertIntent, plan: str | None) -> _Words:
    if plan is None:
        return []
    cap = f"max ${plain(intent.cap_usd)}" if intent.cap_usd is not None else None
    return ["then", "arm" if intent.armed else None, cap, plan]


def _symbol(symbol: str | None) -> str | None:
    if symbol is None:
        return None
    is_plain = _PLAIN_SYMBOL.fullmatch(symbol) and symbol != "THEN"
    return symbol if is_plain and not _is_word(symbol) else f"#{symbol}"


@cache
def _is_word(symbol: str) -> bool:
    return any(pattern.fullmatch(symbol) for pattern in _word_patterns())


@cache
def _word_patterns() -> tuple[re.Pattern[str], ...]:
    return words_of(lark(), _NAMES)
