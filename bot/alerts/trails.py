"""Alerts that follow a price: from the lowest, the highest, or the price when they were armed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bot.alerts.decisions import Watched
from bot.alerts.level_index import Candle
from bot.alerts.trigger import ValueSeries, series_of
from bot.domain.alerts.alert import PriceTrail, Trend
from bot.domain.values import HUNDRED


@dataclass(slots=True)
class Trail:
    """One trailing alert: what it measures from, and since when it counts."""

    trend: Trend
    percent: Decimal
    cooldown_ms: int
    repeat: bool
    extreme: Decimal | None  # None: the first value
    since_ms: int

    def _up(self, value: Decimal) -> bool:
        return self.extreme is not None and value * HUNDRED >= self.extreme * (HUNDRED + self.percent)

    def _down(self, value: Decimal) -> bool:
        return self.extreme is not None and value * HUNDRED <= self.extreme * (HUNDRED - self.percent)

    def reached(self, value: Decimal) -> Trend | None:
        """Which way `value` is far enough from the extreme."""
        if self.trend is not Trend.DOWN and self._up(value):
            return Trend.UP
        if self.trend is not Trend.UP and self._down(value):
            return Trend.DOWN
        return None

    def follow(self, value: Decimal, at_ms: int) -> bool:
        """Move the extreme with the price; whether it moved. Nothing earlier is measured from it."""
        moves = (
            self.extreme is None
            or (self.trend is Trend.UP and value < self.extreme)
            or (self.trend is Trend.DOWN and value > self.extreme)
        )
        if moves:
            self.extreme, self.since_ms = value, at_ms
        return moves


class Trails:
    """The trailing alerts of one series; looked at one by one, for each has an anchor of its own."""

    def __init__(self) -> None:
        self.trails: dict[int, Trail] = {}
        self.changed: dict[int, None] = {}

    def take(self, value: Decimal, at_ms: int, *, strict: bool = False) -> Iterator[tuple[int, Trend]]:
        """The alerts that `value` reaches, and which way."""
        for alert_id, trail in list(self.trails.items()):
            if at_ms < trail.since_ms or (strict and at_ms == trail.since_ms):
                continue
            if trail.follow(value, at_ms):
                self.changed[alert_id] = None
                continue
            trend = trail.reached(value)
            if trend is not None:
                yield from self._hit(alert_id, trail, value, at_ms, trend)

    def judge(self, candle: Candle) -> Iterator[tuple[int, Trend, Decimal]]:
        """What certainly was in a candle: its far side against the old extreme, its close against the new."""
        for alert_id, trail in list(self.trails.items()):
            if candle.end_ms <= trail.since_ms:
                continue
            whole = candle.start_ms >= trail.since_ms
            values = [candle.close]
            if whole:
                far, near = candle.high, candle.low
                values = [near, far] if trail.trend is Trend.DOWN else [far, near]
                values.append(candle.close)
            for value in values:
                trend = trail.reached(value)
                if trend is not None:
                    for _ in self._hit(alert_id, trail, candle.close, candle.end_ms, trend):
                        yield alert_id, trend, value
                    break
                if trail.follow(value, candle.end_ms):
                    self.changed[alert_id] = None

    def _hit(
        self, alert_id: int, trail: Trail, anchor: Decimal, at_ms: int, trend: Trend
    ) -> Iterator[tuple[int, Trend]]:
        if trail.repeat:
            trail.extreme, trail.since_ms = anchor, at_ms + trail.cooldown_ms
            self.changed[alert_id] = None
        else:
            del self.trails[alert_id]
        yield alert_id, trend


class Trailing:
    """Every trailing alert, by its series."""

    def __init__(self) -> None:
        self.by_series: dict[ValueSeries, Trails] = {}
        self._watched: dict[int, tuple[Watched, ValueSeries]] = {}

    def __contains__(self, alert_id: int) -> bool:
        return alert_id in self._watched

    def add(self, watched: Watched, condition: PriceTrail) -> None:
        """Follow from where its memory says."""
        series = series_of(condition)
        _, since, extreme = (watched.memory or {}).get("", ("", watched.since_ms, None))
        self.by_series.setdefault(series, Trails()).trails[watched.id] = Trail(
            condition.trend,
            condition.percent,
            watched.cooldown_ms,
            watched.repeat,
            Decimal(extreme) if extreme is not None else None,
            since,
        )
        self._watched[watched.id] = watched, series

    def remove(self, alert_id: int) -> None:
        """Forget one; unknown ones are ignored."""
        found = self._watched.pop(alert_id, None)
        if found is not None:
            self.by_series[found[1]].trails.pop(alert_id, None)

    def told(self, alert_id: int) -> Watched:
        """The alert that was reached; one that speaks once is gone."""
        watched, _ = self._watched[alert_id]
        if not watched.repeat:
            del self._watched[alert_id]
        return watched

    def memory(self, alert_id: int) -> dict[str, Any]:
        """Since when it counts, and from what."""
        trail = self.by_series[self._watched[alert_id][1]].trails[alert_id]
        extreme = str(trail.extreme) if trail.extreme is not None else None
        return {"": ["trail", trail.since_ms, extreme]}

    def take_changed(self) -> set[int]:
        """Those that moved, once."""
        changed: set[int] = set()
        for trails in self.by_series.values():
            changed.update(alert_id for alert_id in trails.changed if alert_id in self._watched)
            trails.changed = {}
        return changed
