"""What is watched, in memory: values come in, decisions come out, nothing is awaited.

A decision says that a condition came true; `ledger` makes it a fact. What a decision depends on and the row
does not know yet (triggers armed again, spent, moved) is the alert's memory, to be written with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from bot.alerts.decisions import Claim, Decision, Watched
from bot.alerts.event_conditions import EventConditions, WaitingAlert
from bot.alerts.funding_flips import Flip, Flips
from bot.alerts.level_index import Candle, Hit, LevelIndex, TriggerStanding
from bot.alerts.trails import Trailing
from bot.alerts.trigger import ValueSeries, market_of, series_of
from bot.alerts.trigger_placement import SPENT, TriggerPlacement, stand
from bot.alerts.windows import Volumes, Window
from bot.domain.alerts.alert import (
    Activity,
    ActivityMove,
    FundingFlip,
    PriceLevel,
    PriceMove,
    PriceTrail,
    Trend,
)
from bot.domain.markets.funding import FundingRate, Settlement
from bot.domain.values import HUNDRED, ZERO


class Evaluator:
    """Conditions by series. `decisions` grow until they are taken."""

    def __init__(self, *, speaks: bool = True) -> None:
        """`speaks`: whether a condition that holds when its value is first heard is told."""
        self.indexes: defaultdict[ValueSeries, LevelIndex] = defaultdict(LevelIndex)
        self.decisions: list[Decision] = []
        self.claims: list[Claim] = []  # of `decisions`, and of what nobody waited for
        self.event_conditions = EventConditions()
        self.windows: dict[ValueSeries, dict[int, Window]] = {}
        self.volumes: dict[str, dict[int, Volumes]] = {}
        self._anchored: set[ValueSeries] = set()  # prices on which fixed anchors wait
        self._settlements: dict[str, int] = {}
        self._intervals: dict[str, int] = {}  # of funding, by market
        self._repeats: dict[int, PriceLevel] = {}
        self._waits: set[int] = set()  # of those, what speaks once, when its condition has ceased
        self._trailing = Trailing()
        self.flips = Flips()
        self.placement = TriggerPlacement(self.indexes, speaks=speaks)

    # --- coming and going --------------------------------------------------------------------------

    def add(self, watched: Watched) -> None:
        """Watch an alert, from where its memory says."""
        condition, memory = watched.condition, watched.memory or {}
        if isinstance(condition, PriceLevel):
            self._add_level(watched, condition)
        elif isinstance(condition, PriceTrail) and condition.anchor is None:
            self._trailing.add(watched, condition)
        elif isinstance(condition, FundingFlip):
            self.flips.add(watched)
        elif EventConditions.takes(condition):
            _, until_ms = memory.get("", (SPENT, watched.since_ms))
            waiting = WaitingAlert(watched.id, condition, watched.repeat, watched.cooldown_ms, until_ms)
            self.event_conditions.add(waiting, watched.account_id)
        else:
            self._add_triggers(watched)

    def remove(self, watched: Watched) -> None:
        """Forget an alert."""
        condition = watched.condition
        if isinstance(condition, PriceLevel):
            self._repeats.pop(watched.id, None)
            self._waits.discard(watched.id)
            index = self.indexes.get(series_of(condition))
            if index is not None:
                index.remove(watched.id, condition.level)
        self._trailing.remove(watched.id)
        self.flips.remove(watched.id)
        self.event_conditions.remove(watched.id)
        self.placement.remove(watched)

    def begin(self, watched: Watched) -> None:
        """Watch an alert of which nothing is known: the first value decides whether its condition holds."""
        if isinstance(watched.condition, PriceLevel):
            condition, level = watched.condition, watched.condition.level
            self._repeats[watched.id] = condition
            standing = TriggerStanding(condition.trend, level, level, watched.cooldown_ms)
            self.indexes[series_of(condition)].decide_later(watched.id, standing)
        else:
            self.add(watched)

    def load(
        self, series: ValueSeries, triggers: list[tuple[Decimal, int]], trend: Trend, since: dict[int, int]
    ) -> None:
        """Many plain price alerts (one side, once) at once; `since`: those armed lately, and when."""
        self.indexes[series].load(triggers, trend, since)

    def _add_level(self, watched: Watched, condition: PriceLevel) -> None:
        index = self.indexes[series_of(condition)]
        level = condition.level
        word, since, turn = (watched.memory or {}).get("", (condition.trend.value, watched.since_ms, 0))
        if watched.repeat or word == SPENT:
            self._repeats[watched.id] = condition
            index.stand(watched.id, TriggerStanding(condition.trend, level, level, watched.cooldown_ms))
            if not watched.repeat:
                self._waits.add(watched.id)
        if word == SPENT:
            index.rest(watched.id, since, turn)
        else:
            index.arm(watched.id, level, Trend(word), since, turn)

    def _add_triggers(self, watched: Watched) -> None:
        condition = watched.condition
        if isinstance(condition, PriceMove):
            lengths = self.windows.setdefault(series_of(condition), {})
            lengths.setdefault(condition.window_ms, Window(condition.window_ms))
        elif isinstance(condition, ActivityMove) and condition.activity is Activity.OPEN_INTEREST:
            lengths = self.windows.setdefault(ValueSeries("oi", condition.symbol), {})
            lengths.setdefault(condition.window_ms, Window(condition.window_ms))
        elif isinstance(condition, ActivityMove):
            volumes = self.volumes.setdefault(condition.symbol, {})
            volumes.setdefault(condition.window_ms, Volumes(condition.window_ms))
        elif isinstance(condition, PriceTrail):
            self._anchored.add(series_of(condition))
        self.placement.add(watched)

    # --- values ------------------------------------------------------------------------------------

    def observe(self, series: ValueSeries, value: Decimal, at_ms: int, *, strict: bool = False) -> None:
        """A value was seen at `at_ms`; `strict`: some conditions may know of a later time already."""
        index = self.indexes.get(series)
        if index is None:
            if not self.placement.is_everywhere(series.measure):
                return
            self.placement.meet(series)
            index = self.indexes[series]
        hits = index.observe(value, at_ms, strict=strict)
        if hits:
            self._decide(series, hits, late=False)

    def price(self, series: ValueSeries, value: Decimal, at_ms: int, *, strict: bool = False) -> None:
        """A price (or open interest) was seen: for levels, and for all that follows it."""
        index = self.indexes.get(series)
        if index is not None:
            hits = index.observe(value, at_ms, strict=strict)
            if hits:
                self._decide(series, hits, late=False)
        windows = self.windows.get(series)
        if windows is not None:
            for window in windows.values():
                if at_ms >= window.newest_ms:
                    for of, moved in zip(_moves(series, window), window.take(value, at_ms), strict=True):
                        self.observe(of, moved, at_ms, strict=strict)
        if series in self._anchored:
            self.observe(_anchored(series), value, at_ms, strict=strict)
        trails = self._trailing.by_series.get(series)
        if trails is not None:
            for alert_id, trend in trails.take(value, at_ms, strict=strict):
                self._decide_trail(alert_id, series, trend, value, at_ms, late=False)

    def funding(self, symbol: str, rate: FundingRate, next_ms: int | None, at_ms: int) -> None:
        """The running interval's rate, and when it settles."""
        yearly = rate.yearly * HUNDRED
        self._intervals[symbol] = rate.interval_ms
        self.observe(ValueSeries("funding", symbol), yearly, at_ms)
        for flip in self.flips.live(symbol, yearly, next_ms, at_ms):
            self._decide_flip(flip, yearly, at_ms, late=False)

    def settled(self, symbol: str, settlement: Settlement, *, late: bool = True) -> None:
        """What was paid, as the history tells it."""
        yearly = settlement.rate.yearly * HUNDRED
        self._intervals[symbol] = settlement.rate.interval_ms
        for flip in self.flips.settled(symbol, yearly, settlement.at_ms):
            self._decide_flip(flip, yearly, settlement.at_ms, late=late)

    def left(self, symbol: str, next_ms: int, at_ms: int) -> None:
        """The next settlement is at `next_ms`. One that passed unheard is a candle that reached nought."""
        series = ValueSeries("left", symbol)
        if series not in self.indexes:
            return
        known_ms = self._settlements.get(symbol)
        self._settlements[symbol] = next_ms
        if known_ms is not None and known_ms < next_ms and known_ms <= at_ms:
            self._judge(series, Candle(known_ms - 1, known_ms, ZERO, ZERO, ZERO))
        self.observe(series, Decimal(next_ms - at_ms), at_ms)

    def minute(self, symbol: str, volume: Decimal, end_ms: int) -> None:
        """A minute's volume is known."""
        for volumes in self.volumes.get(symbol, {}).values():
            self._volume_changed(symbol, volumes.length_ms, volumes.take(volume, end_ms), end_ms)

    def past_minutes(self, symbol: str, minutes: Mapping[int, Decimal], until_ms: int) -> None:
        """What traded in the minutes until then, by their ends; for windows that miss some of it."""
        for volumes in self.volumes.get(symbol, {}).values():
            if not volumes.is_complete:
                volumes.learn(minutes, until_ms)
                self._volume_changed(symbol, volumes.length_ms, volumes.change(), volumes.newest_ms)

    def _volume_changed(self, symbol: str, length_ms: int, change: Decimal | None, at_ms: int) -> None:
        if change is not None:
            self.observe(ValueSeries(f"rise:volume:{length_ms}", symbol), change, at_ms)
            self.observe(ValueSeries(f"fall:volume:{length_ms}", symbol), -change, at_ms)

    def judge(self, series: ValueSeries, candle: Candle) -> None:
        """A candle over a time nobody watched; `series` are prices."""
        self._judge(series, candle)
        self._judge(_anchored(series), candle)
        for window in self.windows.get(series, {}).values():
            if candle.start_ms >= window.newest_ms:
                for of, moved in zip(_moves(series, window), window.judge(candle), strict=True):
                    self._judge(of, moved)
        trails = self._trailing.by_series.get(series)
        if trails is not None:
            for alert_id, trend, value in trails.judge(candle):
                self._decide_trail(alert_id, series, trend, value, candle.end_ms, late=True)

    def _judge(self, series: ValueSeries, candle: Candle) -> None:
        index = self.indexes.get(series)
        if index is not None:
            self._decide(series, index.judge(candle), late=True)

    def happened(
        self,
        told: Iterable[WaitingAlert],
        value: Decimal | None,
        at_ms: int,
        detail: dict[str, Any],
        *,
        late: bool = False,
        claim: Claim | None = None,
    ) -> None:
        """An occasion (`EventConditions`) came for these."""
        series = ValueSeries("occasion", "")
        for waiting in told:
            self.decisions.append(
                Decision(waiting.id, waiting.condition, series, None, value, at_ms, late, detail, claim=claim)
            )
        if claim is not None:
            self.claims.append(claim)

    # --- deciding ----------------------------------------------------------------------------------

    def _decide(self, series: ValueSeries, hits: Iterable[Hit], late: bool) -> None:
        for hit in hits:
            detail: dict[str, Any] = {"trend": _direction(series, hit.trend).value}
            if isinstance(hit.key, int):
                self._spent_once(hit.key, hit.level, series)
                self.decisions.append(
                    Decision(
                        hit.key, None, series, hit.level, hit.value, hit.at_ms, late, detail, turn=hit.turn
                    )
                )
                continue
            alert_id, part = hit.key
            watched = self.placement.watched(alert_id)
            if watched is None:
                continue  # another trigger of the same update ended it
            goes_on = watched.repeat or self.placement.end_trigger(alert_id, part, hit.at_ms)
            market = market_of(series.subject)
            detail |= {"symbol": market} if market is not None else {}
            if series.measure == "funding":
                detail["interval_ms"] = self._intervals.get(series.subject)
            self.decisions.append(
                Decision(
                    alert_id,
                    watched.condition,
                    series,
                    hit.level,
                    hit.value,
                    hit.at_ms,
                    late,
                    detail,
                    part=part,
                    goes_on=goes_on,
                    turn=hit.turn,
                )
            )

    def _spent_once(self, alert_id: int, level: Decimal, series: ValueSeries) -> None:
        """An alert that speaks once and had to wait until its condition ceased has spoken."""
        if alert_id in self._waits:
            self._waits.discard(alert_id)
            self._repeats.pop(alert_id, None)
            self.indexes[series].remove(alert_id, level)

    def _decide_flip(self, flip: Flip, value: Decimal, at_ms: int, *, late: bool) -> None:
        watched, detail = flip.watched, {"trend": flip.trend.value, "symbol": flip.symbol}
        detail |= {"flip": "settled" if flip.settled else "beyond"}
        more: dict[str, Any] = {**detail, "interval_ms": self._intervals.get(flip.symbol)}
        series = ValueSeries("funding", flip.symbol)
        self.decisions.append(
            Decision(watched.id, watched.condition, series, None, value, at_ms, late, more, part=flip.symbol)
        )

    def _decide_trail(
        self, alert_id: int, series: ValueSeries, trend: Trend, value: Decimal, at_ms: int, *, late: bool
    ) -> None:
        watched = self._trailing.told(alert_id)
        detail = {"trend": trend.value}
        self.decisions.append(Decision(alert_id, watched.condition, series, None, value, at_ms, late, detail))

    @property
    def accounts(self) -> set[int]:
        """Ids of the accounts something waits on."""
        return self.placement.accounts | self.event_conditions.accounts

    # --- looking back ------------------------------------------------------------------------------

    def is_watched(self, series: ValueSeries) -> bool:
        """Whether anything waits on prices of the series, itself or what follows it."""
        return (
            series in self.indexes
            or series in self.windows
            or series in self._trailing.by_series
            or series in self._anchored
        )

    def knows_since(self, series: ValueSeries, at_ms: int) -> bool:
        """Whether some level on the series was armed, or spent, after `at_ms`."""
        return series in self.indexes and self.indexes[series].newest_since_ms > at_ms

    def forget_before(self, series: ValueSeries, seen_ms: int) -> None:
        """No look back at the series will reach behind `seen_ms`."""
        if series in self.indexes:
            self.indexes[series].forget_before(seen_ms)

    # --- what is to be written ---------------------------------------------------------------------

    def memory(self, alert_id: int) -> dict[str, Any] | None:
        """What an alert must know after a restart; None: it is not watched, or has nothing to keep."""
        condition = self._repeats.get(alert_id)
        if condition is not None:
            return {"": stand(self.indexes, series_of(condition), alert_id)}
        if alert_id in self._trailing:
            return self._trailing.memory(alert_id)
        if alert_id in self.flips:
            return self.flips.memory(alert_id)
        if alert_id in self.event_conditions:
            return self.event_conditions.memory(alert_id)
        return self.placement.memory(alert_id)

    def take_changed(self) -> dict[int, dict[str, Any] | None]:
        """The memories that changed without a firing, once."""
        changed: set[int] = set()
        for index in self.indexes.values():
            if index.changed:
                changed.update(key if isinstance(key, int) else key[0] for key in index.changed)
                index.changed = {}
        changed |= self._trailing.take_changed()
        for others in (self.event_conditions, self.flips):
            changed.update(others.changed)
            others.changed = {}
        return {alert_id: self.memory(alert_id) for alert_id in changed}


def _direction(series: ValueSeries, trend: Trend) -> Trend:
    """Which way the market went: of a fall more is further down."""
    words = {"rise": Trend.UP, "fall": Trend.DOWN}
    return words.get(series.measure.partition(":")[0], trend)


def _moves(series: ValueSeries, window: Window) -> tuple[ValueSeries, ValueSeries]:
    of = f"{series.measure}:{window.length_ms}"
    return ValueSeries(f"rise:{of}", series.subject), ValueSeries(f"fall:{of}", series.subject)


def _anchored(series: ValueSeries) -> ValueSeries:
    return ValueSeries(f"anchored:{series.measure}", series.subject)
