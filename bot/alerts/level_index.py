"""The levels that wait on one series of values, in order: an update touches only those it crosses.

A trigger is *armed* (it waits for the value to reach its level from one side) or *spent* (it spoke, or its
condition held from the start, and waits until the condition has ceased). Crossing is defined in
`bot.domain.alerts.alert`. An update that crosses nothing costs a few comparisons; one that does, O(log n) for
each trigger it moves.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sortedcontainers import SortedList

from bot.domain.alerts.alert import Trend

Key = int | tuple[int, str]  # an alert, or one part of an alert; never both kinds on one index

_TOP: Final = Decimal("Infinity")
_BOTTOM: Final = Decimal("-Infinity")
_NEVER: Final = 2**62


@dataclass(frozen=True, slots=True)
class TriggerStanding:
    """How a trigger that speaks more than once comes back. `rearm` is the level its condition ceases at."""

    trend: Trend
    level: Decimal
    rearm: Decimal
    cooldown_ms: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """A trigger was reached: by `value`, at `at_ms` (exchange's time), going `trend` (never EITHER)."""

    key: Key
    level: Decimal
    value: Decimal
    at_ms: int
    trend: Trend
    turn: int = 0  # how often the trigger had turned in that millisecond before


@dataclass(frozen=True, slots=True)
class Candle:
    """Prices between `start_ms` and `end_ms`; their order inside is unknown but for the close."""

    start_ms: int
    end_ms: int
    high: Decimal
    low: Decimal
    close: Decimal
    is_closed: bool = True  # False: the candle still runs, or its end was not yet seen


class LevelIndex:
    """Triggers on one series. Every method is synchronous; times are exchange's unix ms."""

    def __init__(self) -> None:
        self._up: SortedList[tuple[Decimal, Any]] = SortedList()  # wait for value >= level
        self._down: SortedList[tuple[Decimal, Any]] = SortedList()  # wait for value <= level
        self._below: SortedList[tuple[Decimal, Any]] = SortedList()  # spent, armed again at value < rearm
        self._above: SortedList[tuple[Decimal, Any]] = SortedList()  # spent, armed again at value > rearm
        self._resting: list[tuple[int, int, Key, TriggerStanding]] = []  # spent until a time (heap)
        self._undecided: dict[Key, TriggerStanding] = {}  # no value was seen yet
        self._speaks: dict[Key, None] = {}  # of those: told at once where their condition holds
        self._beside: dict[Key, TriggerStanding] = {}  # EITHER, spent exactly at its level: no side yet
        self._standing: dict[Key, TriggerStanding] = {}
        self._since: dict[Key, int] = {}  # what changed lately: nothing up to then counts when looking back
        self._turns: dict[Key, int] = {}  # how often it changed in that millisecond, after the first
        self._clear: set[Key] = set()  # for these, what happens at the millisecond of `_since` is later
        self._is_judging = False
        self._count = 0
        self._value: Decimal | None = None  # the newest seen
        self._high, self._low, self._wake_ms = _TOP, _BOTTOM, _NEVER
        self.changed: dict[Key, None] = {}  # armed again or spent without a hit: to be remembered

    def __len__(self) -> int:
        return len(self._up) + len(self._down) + len(self._spent())

    def _spent(self) -> dict[Key, None]:
        spent = dict.fromkeys(key for _, key in (*self._below, *self._above))
        spent.update(dict.fromkeys([*self._beside, *self._undecided]))
        spent.update(
            dict.fromkeys(key for _, _, key, standing in self._resting if self._standing.get(key) is standing)
        )
        return spent

    # --- coming and going --------------------------------------------------------------------------

    def load(self, triggers: list[tuple[Decimal, Any]], trend: Trend, since: Mapping[Any, int]) -> None:
        """Many armed triggers at once: far cheaper than one by one."""
        (self._up if trend is Trend.UP else self._down).update(triggers)
        self._since.update(since)
        self._bounds()

    def arm(self, key: Key, level: Decimal, trend: Trend, since_ms: int | None = None, turn: int = 0) -> None:
        """Wait for `level` from the side `trend` says (not EITHER); looking back, only after `since_ms`."""
        (self._up if trend is Trend.UP else self._down).add((level, key))
        if since_ms is not None:
            self._since[key], self._turns[key] = since_ms, turn
            if key in self._standing:
                self._clear.add(key)
        self._bounds()

    def stand(self, key: Key, standing: TriggerStanding) -> None:
        """Let the trigger `key` come back after it was reached."""
        self._standing[key] = standing

    def rest(self, key: Key, since_ms: int, turn: int | None = None) -> None:
        """A standing trigger is spent and deaf until `since_ms`, then waits for its condition to cease."""
        self._note(key, since_ms)
        if turn is not None:
            self._turns[key] = turn
        self._count += 1
        heapq.heappush(self._resting, (since_ms, self._count, key, self._standing[key]))
        self._bounds()

    def decide_later(self, key: Key, standing: TriggerStanding, *, speaks: bool = False) -> None:
        """The first value decides: one whose condition holds is spent (`speaks`: hit), others armed."""
        self._undecided[key] = self._standing[key] = standing
        if speaks:
            self._speaks[key] = None
        self._bounds()

    def remove(self, key: Key, level: Decimal) -> None:
        """Forget a trigger, wherever it waits. Unknown ones are ignored."""
        standing = self._standing.pop(key, None)
        for waiting in (self._up, self._down):
            waiting.discard((level, key))
        if standing is not None:
            for waiting in (self._below, self._above):
                waiting.discard((standing.rearm, key))
        self._beside.pop(key, None)
        self._undecided.pop(key, None)
        self._speaks.pop(key, None)
        self._since.pop(key, None)
        self._turns.pop(key, None)
        self._clear.discard(key)
        self.changed.pop(key, None)
        self._bounds()

    def is_decided(self, key: Key) -> bool:
        """Whether the standing trigger has heard a value."""
        return key not in self._undecided

    @property
    def value(self) -> Decimal | None:
        """The newest value seen."""
        return self._value

    def state(self, key: Key) -> tuple[Trend | None, int, int]:
        """The side an existing standing trigger waits for (None: spent), since when, and since which turn."""
        standing = self._standing[key]
        side: Trend | None = None
        if (standing.level, key) in self._up:
            side = Trend.UP
        elif (standing.level, key) in self._down:
            side = Trend.DOWN
        return side, self._since.get(key, 0), self._turns.get(key, 0)

    @property
    def newest_since_ms(self) -> int:
        """When a trigger last came to stand as it stands, as far as remembered."""
        return max(self._since.values(), default=0)

    def forget_before(self, seen_ms: int) -> None:
        """No look back will reach behind `seen_ms`."""
        if self._since:
            self._since = {key: since for key, since in self._since.items() if since >= seen_ms}
            self._turns = {key: turn for key, turn in self._turns.items() if key in self._since}

    # --- live --------------------------------------------------------------------------------------

    def observe(self, value: Decimal, at_ms: int, *, strict: bool = False) -> list[Hit]:
        """One value of the series. `strict`: it may be older than what some triggers already know."""
        before, self._value = self._value, value
        if self._low < value < self._high and at_ms < self._wake_ms:
            return []
        first = self._decide(value, at_ms) if self._undecided else []
        self._wake(at_ms - 1 if strict else at_ms, before)
        floor_ms = at_ms if strict else None
        for key in [key for key, standing in self._beside.items() if standing.level != value]:
            if floor_ms is None or self._since.get(key, -1) < floor_ms:
                self._take_side(key, self._beside.pop(key), value, at_ms)
        for _, key in self._take(self._below, value, Trend.DOWN, floor_ms, beyond=True):
            self._arm_again(key, Trend.UP, at_ms)
        for _, key in self._take(self._above, value, Trend.UP, floor_ms, beyond=True):
            self._arm_again(key, Trend.DOWN, at_ms)
        hits = [
            Hit(key, level, value, at_ms, trend, self._next_turn(key, at_ms))
            for waiting, trend in ((self._up, Trend.UP), (self._down, Trend.DOWN))
            for level, key in self._take(waiting, value, trend, floor_ms)
        ]
        for hit in hits:
            self._after(hit, value, at_ms)
        self._bounds()
        return [*first, *hits]

    # --- looking back ------------------------------------------------------------------------------

    def judge(self, candle: Candle) -> list[Hit]:
        """What certainly happened in a candle nobody watched; of what only may have happened, nothing.

        Its extremes count for a trigger that stood as it does since before the candle began; else its close.
        """
        self._is_judging = True
        first = self._decide(candle.close, candle.end_ms) if self._undecided else []
        self._wake(candle.end_ms - 1, None)
        self._value = candle.close
        hits = self._judge_armed(candle, self._up, Trend.UP, candle.high)
        hits += self._judge_armed(candle, self._down, Trend.DOWN, candle.low)
        hits += self._judge_spent(candle, self._below, Trend.UP, candle.low)
        hits += self._judge_spent(candle, self._above, Trend.DOWN, candle.high)
        hits += self._judge_beside(candle)
        for hit in hits:
            self._after(hit, candle.close if candle.is_closed else None, candle.end_ms)
        self._is_judging = False
        self._bounds()
        return [*first, *hits]

    def _stood(self, key: Key, candle: Candle) -> bool:
        """Whether the trigger stood as it stands all through the candle.

        A value heard in the candle's first millisecond may have had others before it in there.
        """
        since = self._since.get(key, -1)
        is_after = key not in self._standing or key in self._clear
        return since < candle.start_ms or (since == candle.start_ms and is_after)

    def _judge_armed(self, candle: Candle, waiting: Any, trend: Trend, extreme: Decimal) -> list[Hit]:
        hits, kept = [], []
        for level, key in self._take(waiting, extreme, trend, None):
            since = self._since.get(key, -1)
            if self._stood(key, candle):
                hits.append(Hit(key, level, extreme, candle.end_ms, trend))
            elif since < candle.end_ms and _reaches(candle.close, level, trend):
                hits.append(Hit(key, level, candle.close, candle.end_ms, trend))
            else:
                kept.append((level, key))
        waiting.update(kept)
        return hits

    def _judge_spent(self, candle: Candle, waiting: Any, trend: Trend, extreme: Decimal) -> list[Hit]:
        """The condition ceased at the extreme on the far side; whether it came true again, the close says."""
        hits, kept = [], []
        away = Trend.DOWN if trend is Trend.UP else Trend.UP
        for rearm, key in self._take(waiting, extreme, away, None, beyond=True):
            since, standing = self._since.get(key, -1), self._standing[key]
            stood = self._stood(key, candle)
            if stood and _reaches(candle.close, standing.level, trend):
                hits.append(Hit(key, standing.level, candle.close, candle.end_ms, trend))
            elif stood or (since < candle.end_ms and _passes(candle.close, rearm, away)):
                self._arm_again(key, trend, candle.end_ms)
            else:
                kept.append((rearm, key))
        waiting.update(kept)
        return hits

    def _judge_beside(self, candle: Candle) -> list[Hit]:
        hits = []
        for key, standing in list(self._beside.items()):
            since, level = self._since.get(key, -1), standing.level
            if self._stood(key, candle) and candle.low < level < candle.high:
                del self._beside[key]
                trend = Trend.UP if candle.close >= level else Trend.DOWN
                hits.append(Hit(key, level, candle.close, candle.end_ms, trend))
            elif since < candle.end_ms and candle.close != level:
                del self._beside[key]
                self._take_side(key, standing, candle.close, candle.end_ms)
        return hits

    # --- moving triggers ------------------------------------------------------------------------------

    def _after(self, hit: Hit, value: Decimal | None, at_ms: int) -> None:
        """Where a trigger goes that was reached; `value` None: what the value is now is not known."""
        standing = self._standing.get(hit.key)
        if standing is None:
            self._since.pop(hit.key, None)
        elif standing.cooldown_ms or value is None:
            self.rest(hit.key, at_ms + standing.cooldown_ms)
        else:
            self._note(hit.key, at_ms)
            self._spend(hit.key, standing, value, at_ms)

    def _note(self, key: Key, at_ms: int) -> None:
        """The trigger has come to stand as it stands."""
        self._since[key], self._turns[key] = at_ms, self._next_turn(key, at_ms)
        if self._is_judging:
            self._clear.add(key)
        else:
            self._clear.discard(key)

    def _next_turn(self, key: Key, at_ms: int) -> int:
        return self._turns.get(key, 0) + 1 if self._since.get(key) == at_ms else 0

    def _spend(self, key: Key, standing: TriggerStanding, value: Decimal, at_ms: int) -> None:
        """At `value`, wait for the condition to cease, or for the level if it has."""
        if standing.trend is Trend.EITHER:
            self._take_side(key, standing, value, at_ms)
        elif standing.trend is Trend.UP and value >= standing.rearm:
            self._below.add((standing.rearm, key))
        elif standing.trend is Trend.DOWN and value <= standing.rearm:
            self._above.add((standing.rearm, key))
        else:
            self._arm_again(key, standing.trend, at_ms)

    def _take_side(self, key: Key, standing: TriggerStanding, value: Decimal, at_ms: int) -> None:
        if value == standing.level:
            self._beside[key] = standing
        else:
            self._arm_again(key, Trend.UP if value < standing.level else Trend.DOWN, at_ms)

    def _arm_again(self, key: Key, trend: Trend, at_ms: int) -> None:
        (self._up if trend is Trend.UP else self._down).add((self._standing[key].level, key))
        self._note(key, at_ms)
        self.changed[key] = None

    def _decide(self, value: Decimal, at_ms: int) -> list[Hit]:
        hits = []
        for key, standing in self._undecided.items():
            trend, level, self.changed[key] = standing.trend, standing.level, None
            if trend is not Trend.EITHER and not _reaches(value, level, trend):
                self._arm_again(key, trend, at_ms)
            elif key in self._speaks and trend is not Trend.EITHER:
                hits.append(Hit(key, level, value, at_ms, trend, self._next_turn(key, at_ms)))
                self._after(hits[-1], value, at_ms)
            else:
                self._note(key, at_ms)
                self._spend(key, standing, value, at_ms)
        self._undecided, self._speaks = {}, {}
        return hits

    def _wake(self, at_ms: int, value: Decimal | None) -> None:
        """Triggers whose rest is over: `value`, which held then, says what they wait for; None: not known."""
        while self._resting and self._resting[0][0] <= at_ms:
            until_ms, _, key, standing = heapq.heappop(self._resting)
            if self._standing.get(key) is not standing:
                continue
            if value is not None:
                self._spend(key, standing, value, until_ms)
            elif standing.trend is Trend.EITHER:
                self._beside[key] = standing
            else:
                (self._below if standing.trend is Trend.UP else self._above).add((standing.rearm, key))

    def _take(
        self, waiting: Any, value: Decimal, trend: Trend, floor_ms: int | None, *, beyond: bool = False
    ) -> list[tuple[Decimal, Any]]:
        """Take out what `value` reaches going `trend` (`beyond`: passes).

        With `floor_ms`, triggers that already know of that time stay.
        """
        taken: list[tuple[Decimal, Any]] = []
        kept: list[tuple[Decimal, Any]] = []
        end = 0 if trend is Trend.UP else -1
        while waiting:
            trigger = waiting[end]
            if not (_passes(value, trigger[0], trend) or (trigger[0] == value and not beyond)):
                break
            waiting.pop(end)
            late = floor_ms is not None and self._since.get(trigger[1], -1) >= floor_ms
            (kept if late else taken).append(trigger)
        waiting.update(kept)
        return taken

    def _bounds(self) -> None:
        """Between them, before `_wake_ms`, no value changes anything."""
        self._wake_ms = self._resting[0][0] if self._resting else _NEVER
        if self._undecided or self._beside:
            self._high, self._low = _BOTTOM, _TOP
            return
        self._high = min(self._up[0][0] if self._up else _TOP, self._above[0][0] if self._above else _TOP)
        self._low = max(
            self._down[-1][0] if self._down else _BOTTOM, self._below[-1][0] if self._below else _BOTTOM
        )


def _reaches(value: Decimal, level: Decimal, trend: Trend) -> bool:
    return value >= level if trend is Trend.UP else value <= level


def _passes(value: Decimal, level: Decimal, trend: Trend) -> bool:
    return value > level if trend is Trend.UP else value < level
