"""Alerts of any number of triggers: placed on their series, or on every series their scope takes in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bot.alerts.decisions import Watched
from bot.alerts.level_index import LevelIndex, TriggerStanding
from bot.alerts.trigger import (
    FundingFacts,
    Trigger,
    ValueSeries,
    measures_of,
    scope_of,
    subject_of,
    triggers_on,
)
from bot.domain.alerts.alert import Condition, FundingExtreme, FundingLevel, LiquidationDistance, Trend

SPENT: Final = "spent"
DONE: Final = "done"  # a level that spoke, of an alert that has others left


@dataclass(slots=True)
class _Held:
    """One alert; `kept`: where those of its triggers stand, or stood, that are not placed."""

    watched: Watched
    kept: dict[str, Any]
    triggers: dict[str, Trigger] = field(default_factory=dict)


class TriggerPlacement:
    """Its triggers stand on the evaluator's `indexes`."""

    def __init__(self, indexes: defaultdict[ValueSeries, LevelIndex], *, speaks: bool = True) -> None:
        self._indexes = indexes
        self._speaks = speaks  # whether a condition that holds when first heard of is told
        self._facts: dict[str, FundingFacts] = {}
        self._held: dict[int, _Held] = {}
        self._of_accounts: dict[int, dict[int, None]] = {}
        self._everywhere: dict[str, dict[int, _Held]] = {}  # by measure

    def add(self, watched: Watched) -> None:
        """Place an alert, from where its memory says."""
        condition = watched.condition
        held = self._held[watched.id] = _Held(watched, dict(watched.memory or {}))
        if watched.account_id is not None:
            self._of_accounts.setdefault(watched.account_id, {})[watched.id] = None
        subject = subject_of(condition, watched.account_id)
        for measure in measures_of(condition):
            if subject is not None:
                self._place(held, ValueSeries(measure, subject))
                continue
            self._everywhere.setdefault(measure, {})[watched.id] = held
            for series in [one for one in self._indexes if one.measure == measure]:
                self._place_if_in_scope(held, series)

    def remove(self, watched: Watched) -> None:
        held = self._held.pop(watched.id, None)
        if held is None:
            return
        if watched.account_id is not None:
            self._of_accounts.get(watched.account_id, {}).pop(watched.id, None)
        for trigger in held.triggers.values():
            self._indexes[trigger.series].remove((watched.id, trigger.part), trigger.level)
        for measure in measures_of(watched.condition):
            self._everywhere.get(measure, {}).pop(watched.id, None)

    def watched(self, alert_id: int) -> Watched | None:
        held = self._held.get(alert_id)
        return held.watched if held is not None else None

    def learn_interval(self, symbol: str, interval_ms: int) -> None:
        """The running funding interval of a market; what is extreme does not depend on it."""
        self.learn(symbol, replace(self._facts.get(symbol, FundingFacts()), interval_ms=interval_ms))

    def facts(self, symbol: str) -> FundingFacts:
        return self._facts.get(symbol, FundingFacts())

    def learn(self, symbol: str, facts: FundingFacts) -> None:
        """Levels of funding that depend on `facts` are made anew when they change."""
        if self._facts.get(symbol) == facts:
            return
        self._facts[symbol] = facts
        series = ValueSeries("funding", symbol)
        for held in list(self._held.values()):
            wants = getattr(held.watched.condition, "symbol", None) in {None, symbol}
            if wants and isinstance(held.watched.condition, FundingExtreme | FundingLevel):
                for trigger in [trigger for trigger in held.triggers.values() if trigger.series == series]:
                    held.kept |= self._standings(held, [trigger])
                    self._indexes[series].remove((held.watched.id, trigger.part), trigger.level)
                    del held.triggers[trigger.part]
                self._place(held, series)

    def is_everywhere(self, measure: str) -> bool:
        """Whether some condition on any market waits on it."""
        return bool(self._everywhere.get(measure))

    def meet(self, series: ValueSeries) -> None:
        """The first value of a series: conditions on any market take it in."""
        for held in self._everywhere[series.measure].values():
            self._place_if_in_scope(held, series)

    def end_trigger(self, alert_id: int, part: str, at_ms: int) -> bool:
        """An alert that speaks once spoke; whether it has levels left to speak of."""
        held = self._held[alert_id]
        if isinstance(held.watched.condition, LiquidationDistance):
            trigger = held.triggers.pop(part)
            self._indexes[trigger.series].remove((alert_id, part), trigger.level)
            held.kept[part] = [DONE, at_ms, 0]
            if held.triggers:
                return True
        self.remove(held.watched)
        return False

    @property
    def accounts(self) -> set[int]:
        """Ids of the accounts something waits on."""
        return {account_id for account_id, ids in self._of_accounts.items() if ids}

    def conditions(self) -> list[Condition]:
        """To be prepared."""
        return [held.watched.condition for held in self._held.values()]

    def memory(self, alert_id: int) -> dict[str, Any] | None:
        """Where every trigger stands; None: it is not held."""
        held = self._held.get(alert_id)
        if held is None:
            return None
        return {**held.kept, **self._standings(held, held.triggers.values())}

    def _place_if_in_scope(self, held: _Held, series: ValueSeries) -> None:
        if series.subject.startswith(scope_of(held.watched.condition, held.watched.account_id)):
            self._place(held, series)

    def _place(self, held: _Held, series: ValueSeries) -> None:
        watched = held.watched
        index = self._indexes[series]
        facts = self._facts.get(series.subject, FundingFacts())
        for trigger in triggers_on(watched.condition, series, facts):
            key = watched.id, trigger.part
            word, since, turn = held.kept.pop(trigger.part, ("", 0, 0))
            if word == DONE:
                held.kept[trigger.part] = [word, since, turn]
                continue
            standing = TriggerStanding(trigger.trend, trigger.level, trigger.rearm, watched.cooldown_ms)
            held.triggers[trigger.part] = trigger
            if not word:
                index.decide_later(key, standing, speaks=self._speaks)
                continue
            index.stand(key, standing)
            if word == SPENT:
                index.rest(key, since, turn)
            else:
                index.arm(key, trigger.level, Trend(word), since, turn)

    def _standings(self, held: _Held, triggers: Iterable[Trigger]) -> dict[str, list[Any]]:
        keys = {trigger.part: (trigger.series, (held.watched.id, trigger.part)) for trigger in triggers}
        return {
            part: stand(self._indexes, series, key)
            for part, (series, key) in keys.items()
            if self._indexes[series].is_decided(key)
        }


def stand(indexes: Mapping[ValueSeries, LevelIndex], series: ValueSeries, key: Any) -> list[Any]:
    """The side a trigger waits on and since when, as a memory."""
    side, since, turn = indexes[series].state(key)
    return [SPENT if side is None else side.value, since, turn]
