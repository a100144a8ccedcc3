"""Whether a condition is true already when its alert is set, and what its alert remembers from the start.

Every value that can be read now is read: from the feed where the series is followed, else from REST; of an
account from its last picture. Where nothing can be read yet the first value decides, and speaks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bot.alerts.account_values import Accounts
from bot.alerts.current_value import CurrentValue, CurrentValues
from bot.alerts.engine import Engine
from bot.alerts.evaluator import Evaluator
from bot.alerts.resolution import OF_ACCOUNTS
from bot.alerts.trigger import (
    LAST,
    MARK,
    ValueSeries,
    measures_of,
    name_of,
    scope_of,
    series_of,
    subject_of,
    triggers_on,
)
from bot.alerts.trigger_placement import SPENT
from bot.domain.alerts.alert import (
    BasisLevel,
    Condition,
    FundingExtreme,
    FundingLevel,
    FundingSoon,
    PriceLevel,
    PriceMove,
    PriceTrail,
    SpreadLevel,
    Trend,
    WhenTrue,
)
from bot.exchange.backpack import BackpackError

Readable = Mapping[ValueSeries, CurrentValue]
_OF_MARKS = (BasisLevel, FundingLevel, FundingExtreme, FundingSoon)


@dataclass(frozen=True, slots=True)
class HeldFromStart:
    """One level of a condition that is reached already."""

    series: ValueSeries
    level: Decimal
    reading: CurrentValue
    trend: Trend


class AlreadyTrue:
    """Reads what a condition is about."""

    def __init__(self, engine: Engine, readings: CurrentValues, accounts: Accounts) -> None:
        self._engine = engine
        self._readings = readings
        self._accounts = accounts

    async def ask(self, condition: Condition, account_id: int | None, perps: Sequence[str]) -> Readable:
        """Before the events of its series are held. Raises BackpackError for the price an alert is on."""
        if isinstance(condition, PriceLevel | PriceTrail):
            return await self._price(series_of(condition))
        if isinstance(condition, PriceMove):
            return self._moves(condition, await self._price(series_of(condition)))
        if isinstance(condition, OF_ACCOUNTS):
            return self._account(condition, account_id)
        try:
            if isinstance(condition, _OF_MARKS):
                (measure,) = measures_of(condition)
                symbols = [condition.symbol] if condition.symbol is not None else list(perps)
                return await self._readings.marks(measure, symbols)
            if isinstance(condition, SpreadLevel):
                return await self._readings.spread(condition.symbol)
        except BackpackError:  # without it, the first value decides
            pass
        return {}

    def anew(self, condition: Condition, asked: Readable) -> Readable:
        """The same while they are held: what the feed has told meanwhile is newer."""
        if isinstance(condition, PriceLevel | PriceTrail):
            series = series_of(condition)
            heard = self._readings.heard(series) if self._engine.is_live(name_of(series)) else None
            known = asked.get(series)
            if heard is not None and (known is None or heard.at_ms >= known.at_ms):
                return {series: heard}
        return asked

    async def _price(self, series: ValueSeries) -> Readable:
        name = name_of(series)
        if series.measure in {LAST, MARK} and self._engine.is_live(name):
            await self._engine.refresh(name)  # its stream may be silent
            heard = self._readings.heard(series)
            if heard is not None:
                return {series: heard}
        asked = await self._readings.asked(series)
        return {series: asked} if asked is not None else {}

    def _moves(self, condition: PriceMove, prices: Readable) -> Readable:
        series = series_of(condition)
        window = self._engine.evaluator.windows.get(series, {}).get(condition.window_ms)
        if window is None or series not in prices:
            return {}
        price = prices[series]
        words = ("rise", "fall")
        moved = zip(words, window.against(price.value, price.at_ms), strict=True)
        of = f"{series.measure}:{condition.window_ms}"
        return {
            ValueSeries(f"{word}:{of}", series.subject): CurrentValue(by, price.at_ms) for word, by in moved
        }

    def _account(self, condition: Condition, account_id: int | None) -> Readable:
        if account_id is None:
            return {}
        subject, scope = subject_of(condition, account_id), scope_of(condition, account_id)
        return {
            series: CurrentValue(value, at_ms)
            for series, (value, at_ms) in self._accounts.values(account_id).items()
            if series.measure in measures_of(condition)
            and (series.subject == subject or (subject is None and series.subject.startswith(scope)))
        }


def held_already(condition: Condition, readings: Readable, evaluator: Evaluator) -> list[HeldFromStart]:
    """The levels that are reached."""
    return [
        HeldFromStart(series, level, reading, trend)
        for series, reading in readings.items()
        for _, level, trend in _levels(condition, series, evaluator)
        if reaches(reading.value, level, trend)
    ]


def memory_of(
    condition: Condition, readings: Readable, evaluator: Evaluator, when: WhenTrue, *, plain: bool
) -> dict[str, Any] | None:
    """What the alert remembers: which side each level waits on, which are spent.

    A level that is reached and to be told is armed as if the value came now. `plain`: it speaks once, so that
    a price that waits on one side remembers nothing.
    """
    memory: dict[str, Any] = {}
    for series, reading in readings.items():
        for part, level, trend in _levels(condition, series, evaluator):
            if not reaches(reading.value, level, trend):
                memory[part] = [side_of(trend, reading.value, level).value, reading.at_ms, 0]
            elif when is WhenTrue.AGAIN:
                memory[part] = [SPENT, reading.at_ms, 0]
            else:
                side = Trend.UP if trend is Trend.EITHER else trend
                memory[part] = [side.value, reading.at_ms - 1, 0]
    if isinstance(condition, PriceLevel) and plain and condition.trend is not Trend.EITHER:
        return memory if any(word == SPENT for word, *_ in memory.values()) else None
    return memory or None


def _levels(
    condition: Condition, series: ValueSeries, evaluator: Evaluator
) -> list[tuple[str, Decimal, Trend]]:
    """Part, level and side of what waits on the series."""
    if isinstance(condition, PriceLevel):
        return [("", condition.level, condition.trend)]
    if isinstance(condition, PriceTrail) and condition.anchor is not None:
        (measure,) = measures_of(condition)
        series = ValueSeries(measure, series.subject)
    triggers = triggers_on(condition, series, evaluator.placement.facts(series.subject))
    return [(trigger.part, trigger.level, trigger.trend) for trigger in triggers]


def reaches(value: Decimal, level: Decimal, trend: Trend) -> bool:
    """Whether a condition holds at `value`; a crossing only exactly at its level."""
    return {Trend.UP: value >= level, Trend.DOWN: value <= level, Trend.EITHER: value == level}[trend]


def side_of(trend: Trend, value: Decimal, level: Decimal) -> Trend:
    """From which side a condition that does not hold waits."""
    if trend is not Trend.EITHER:
        return trend
    return Trend.UP if value < level else Trend.DOWN
