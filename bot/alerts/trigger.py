"""Where a condition waits: which series, at what level, and when it may speak again.

A condition on any market (or any position) has a trigger on each series of its measure, made when the series
is first heard. Levels are in the unit of the series: per cent, or money.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final, NamedTuple

from bot.domain.alerts.alert import (
    Activity,
    ActivityMove,
    BasisLevel,
    Condition,
    FundingCost,
    FundingExtreme,
    FundingFlip,
    FundingLevel,
    FundingSoon,
    FundingUnit,
    LiquidationDistance,
    LiquidationSize,
    MarginLevel,
    PriceLevel,
    PriceMove,
    PriceTrail,
    ProfitLevel,
    Source,
    SpreadLevel,
    Trend,
)
from bot.domain.values import HUNDRED, ZERO

# Kinds of what is followed; the name of one is `kind:market`.
LAST: Final = "last"
MARK: Final = "mark"  # with the index, and funding
TOP: Final = "top"
INTEREST: Final = "oi"
VOLUME: Final = "volume"
LIQUIDATIONS: Final = "liquidations"

HOUR_MS: Final = 3_600_000
YEAR_MS: Final = 365 * 24 * HOUR_MS
_UNIT_MS: Final = {FundingUnit.HOUR: HOUR_MS, FundingUnit.EIGHT_HOURS: 8 * HOUR_MS, FundingUnit.YEAR: YEAR_MS}
_LEAST: Final = Decimal("1e-18")  # below any rate
# How far values that jitter must go back before their condition counts as gone.
_FUNDING_SLACK: Final = Decimal(1)  # per cent a year
_BASIS_SLACK: Final = Decimal("0.01")  # per cent of the index
_PERCENT_SLACK: Final = Decimal("0.5")  # per cent of a margin
_MONEY_SLACK: Final = Decimal("0.10")  # USD


class ValueSeries(NamedTuple):
    """One stream of values: what is measured (`last`, `spread`, `rise:last:900000`, …) and of what."""

    measure: str
    subject: str  # a market, an account, or a position as `account:market`


@dataclass(frozen=True, slots=True)
class Trigger:
    """`part` names it among the triggers of its alert; `rearm` is the level at which the condition ceases."""

    series: ValueSeries
    part: str
    level: Decimal
    trend: Trend
    rearm: Decimal


def series_of(condition: PriceLevel | PriceMove | PriceTrail) -> ValueSeries:
    """The prices a condition waits on."""
    return ValueSeries(condition.source.value, condition.symbol)


def measures_of(condition: Condition) -> tuple[str, ...]:
    """The measures a condition has triggers on; empty for those that have none."""
    plain = _MEASURES.get(type(condition))
    if plain is not None:
        return (plain,)
    if isinstance(condition, ProfitLevel):
        return ("profit" if condition.amount is not None else "return",)
    if isinstance(condition, PriceMove):
        return _moves(condition.source.value, condition.window_ms, condition.trend)
    if isinstance(condition, ActivityMove):
        return _moves(condition.activity.value, condition.window_ms, condition.trend)
    if isinstance(condition, PriceTrail) and condition.anchor is not None:
        return (f"anchored:{condition.source.value}",)
    return ()


_MEASURES: Final[dict[type, str]] = {
    FundingLevel: "funding",
    FundingExtreme: "funding",
    FundingSoon: "left",
    FundingCost: "cost",
    SpreadLevel: "spread",
    BasisLevel: "basis",
    MarginLevel: "margin",
    LiquidationDistance: "distance",
}


def _moves(of: str, window_ms: int, trend: Trend) -> tuple[str, ...]:
    words = {Trend.UP: ("rise",), Trend.DOWN: ("fall",), Trend.EITHER: ("rise", "fall")}[trend]
    return tuple(f"{word}:{of}:{window_ms}" for word in words)


def subject_of(condition: Condition, account_id: int | None) -> str | None:
    """What the series are of; None: of everything there is a series of (see `scope_of`)."""
    symbol: str | None = getattr(condition, "symbol", None)
    if isinstance(condition, MarginLevel):
        return str(account_id)
    if isinstance(condition, ProfitLevel | FundingCost):
        return f"{account_id}:{symbol or '*'}"
    if isinstance(condition, LiquidationDistance):
        return f"{account_id}:{symbol}" if symbol is not None else None
    return symbol


def scope_of(condition: Condition, account_id: int | None) -> str:
    """Which subjects a condition without one takes in: those that begin so."""
    return f"{account_id}:" if isinstance(condition, LiquidationDistance) else ""


def market_of(subject: str) -> str | None:
    """The market in a subject: its own name, or the one of an account's position."""
    name = subject.rpartition(":")[2]
    return name if "_" in name else None


@dataclass(frozen=True, slots=True)
class FundingFacts:
    """What levels of funding depend on: the running interval, and what is extreme (per cent a year)."""

    interval_ms: int | None = None
    low: Decimal | None = None
    high: Decimal | None = None


def triggers_on(condition: Condition, series: ValueSeries, facts: FundingFacts) -> list[Trigger]:
    """The triggers of a condition on one series of its measures; none while `facts` lack what they need."""
    made = _RUNGS.get(type(condition))
    return made(condition, series, facts) if made is not None else []


def _one(series: ValueSeries, level: Decimal, trend: Trend, slack: Decimal = ZERO) -> list[Trigger]:
    """`slack`: how far the value must go back before it counts as gone. Both ways: a trigger for each."""
    if trend is Trend.EITHER and slack:
        sides = _sides(series, level, level, trend)
        return [replace(trigger, rearm=_back(level, trigger.trend, slack)) for trigger in sides]
    return [Trigger(series, series.subject, level, trend, _back(level, trend, slack))]


def _back(level: Decimal, trend: Trend, slack: Decimal) -> Decimal:
    return level + slack if trend is Trend.DOWN else level - slack


def _sides(series: ValueSeries, high: Decimal, low: Decimal, trend: Trend) -> list[Trigger]:
    """Out at the top, out at the bottom, or either."""
    up = Trigger(series, f"{series.subject} up", high, Trend.UP, high)
    down = Trigger(series, f"{series.subject} down", low, Trend.DOWN, low)
    return {Trend.UP: [up], Trend.DOWN: [down], Trend.EITHER: [up, down]}[trend]


def _funding(condition: FundingLevel, series: ValueSeries, facts: FundingFacts) -> list[Trigger]:
    """By the year, whatever it was said per: intervals change."""
    span_ms = _UNIT_MS.get(condition.unit) or condition.interval_ms or facts.interval_ms
    if span_ms is None:
        return []
    return _one(series, condition.percent * YEAR_MS / span_ms, condition.trend, _FUNDING_SLACK)


def _extreme(_: FundingExtreme, series: ValueSeries, facts: FundingFacts) -> list[Trigger]:
    if facts.low is None or facts.high is None:
        return []
    return _sides(series, facts.high + _LEAST, facts.low - _LEAST, Trend.EITHER)


def _distance(condition: LiquidationDistance, series: ValueSeries, _: FundingFacts) -> list[Trigger]:
    """An approach ends when the widest level is left behind."""
    widest = max(condition.percents)
    return [
        Trigger(series, f"{series.subject} {level}", level, Trend.DOWN, widest)
        for level in condition.percents
    ]


def _profit(condition: ProfitLevel, series: ValueSeries, _: FundingFacts) -> list[Trigger]:
    if condition.amount is not None:
        slack = max(abs(condition.amount) / 50, _MONEY_SLACK)
        return _one(series, condition.amount, condition.trend, slack)
    if condition.percent is not None:
        return _one(series, condition.percent, condition.trend, _PERCENT_SLACK)
    return []


def _move(condition: PriceMove | ActivityMove, series: ValueSeries, _: FundingFacts) -> list[Trigger]:
    return [Trigger(series, series.measure, condition.percent, Trend.UP, condition.percent)]


def _anchored(condition: PriceTrail, series: ValueSeries, _: FundingFacts) -> list[Trigger]:
    if condition.anchor is None:
        return []
    high, low = (condition.anchor * (HUNDRED + sign * condition.percent) / HUNDRED for sign in (1, -1))
    return _sides(series, high, low, condition.trend)


_RUNGS: Final[dict[type, Callable[[Any, ValueSeries, FundingFacts], list[Trigger]]]] = {
    FundingLevel: _funding,
    FundingExtreme: _extreme,
    FundingSoon: lambda c, series, _: _one(series, Decimal(c.lead_ms), Trend.DOWN),
    FundingCost: lambda c, series, _: _one(series, c.amount, Trend.UP),
    SpreadLevel: lambda c, series, _: _one(series, c.percent, Trend.UP, c.percent / 20),
    BasisLevel: lambda c, series, _: _one(series, c.percent, c.trend, _BASIS_SLACK),
    MarginLevel: lambda c, series, _: _one(series, c.percent, Trend.DOWN, c.percent / 50),
    LiquidationDistance: _distance,
    ProfitLevel: _profit,
    PriceMove: _move,
    ActivityMove: _move,
    PriceTrail: _anchored,
}


def names_of(condition: Condition, perps: Iterable[str]) -> tuple[str, ...]:
    """What must be followed for a condition (`Engine.follow`); `perps` for those on any market."""
    symbol = getattr(condition, "symbol", None)
    if isinstance(condition, LiquidationSize):
        return (f"{LIQUIDATIONS}:",)
    kind = _followed(condition)
    if kind is None:
        return ()
    return tuple(f"{kind}:{one}" for one in ([symbol] if symbol is not None else perps))


def _followed(condition: Condition) -> str | None:
    if isinstance(condition, PriceLevel | PriceMove | PriceTrail):
        return LAST if condition.source is Source.LAST else MARK
    if isinstance(condition, ActivityMove):
        return VOLUME if condition.activity is Activity.VOLUME else INTEREST
    if isinstance(condition, SpreadLevel):
        return TOP
    by_marks = FundingLevel | FundingFlip | FundingExtreme | FundingSoon | BasisLevel
    return MARK if isinstance(condition, by_marks) else None


def name_of(series: ValueSeries) -> str:
    """What a series of prices is followed, and its watermark kept, under: index and mark come together."""
    return f"{LAST if series.measure == LAST else MARK}:{series.subject}"
