"""The index against a model that looks at every alert each time; candles against the values in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.level_index import Candle, LevelIndex, TriggerStanding
from bot.domain.alerts.alert import Trend

LEVELS = st.integers(1, 12).map(Decimal)
VALUES = st.lists(st.tuples(st.integers(0, 13).map(Decimal), st.integers(0, 3)), min_size=1, max_size=40)


@dataclass
class Model:
    """One alert by the words of its definition."""

    level: Decimal
    trend: Trend
    repeat: bool
    cooldown: int
    side: Trend | None  # what it waits for; None: spent
    done: bool = False
    deaf_until: int | None = None
    last: Decimal | None = None
    told: list[tuple[int, Decimal, Trend]] = field(default_factory=list)

    def hear(self, at: int, value: Decimal) -> None:
        before, self.last = self.last, value
        if self.done:
            return
        if self.deaf_until is not None:
            if at < self.deaf_until:
                return
            self.deaf_until = None
            if before is not None:
                self.rearm(before)
        if self.side is None:
            self.rearm(value)
        reached = {Trend.UP: value >= self.level, Trend.DOWN: value <= self.level}
        if self.side is None or not reached[self.side]:
            return
        self.told.append((at, value, self.side))
        self.side = None
        if not self.repeat:
            self.done = True
        elif self.cooldown:
            self.deaf_until = at + self.cooldown
        else:
            self.rearm(value)

    def rearm(self, value: Decimal) -> None:
        if value < self.level and self.trend in {Trend.UP, Trend.EITHER}:
            self.side = Trend.UP
        elif value > self.level and self.trend in {Trend.DOWN, Trend.EITHER}:
            self.side = Trend.DOWN


@st.composite
def models(draw: st.DrawFn, start: Decimal) -> Model:
    level = draw(LEVELS.filter(lambda one: one != start))
    natural = Trend.UP if start < level else Trend.DOWN
    trend = draw(st.sampled_from([natural, Trend.EITHER]))
    repeat = draw(st.booleans())
    return Model(level, trend, repeat, draw(st.sampled_from([0, 0, 3, 7])) if repeat else 0, natural)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Model], list[tuple[int, Decimal]]]:
    start = draw(st.integers(0, 13).map(Decimal))
    path, at = [], 1
    for value, pause in draw(VALUES):
        at += pause
        path.append((at, value))
    return draw(st.lists(models(start), min_size=1, max_size=8)), path


def build(alerts: list[Model]) -> LevelIndex:
    index = LevelIndex()
    for key, alert in enumerate(alerts):
        if alert.repeat:
            index.stand(key, TriggerStanding(alert.trend, alert.level, alert.level, alert.cooldown))
        assert alert.side is not None
        index.arm(key, alert.level, alert.side, 0)
    return index


@given(worlds())
def test_every_crossing_and_nothing_else_is_told(
    world: tuple[list[Model], list[tuple[int, Decimal]]],
) -> None:
    alerts, path = world
    index = build(alerts)
    told: dict[int, list[tuple[int, Decimal, Trend]]] = {key: [] for key in range(len(alerts))}
    for at, value in path:
        for hit in index.observe(value, at):
            assert isinstance(hit.key, int)
            told[hit.key].append((hit.at_ms, hit.value, hit.trend))
        for alert in alerts:
            alert.hear(at, value)
    assert told == {key: alert.told for key, alert in enumerate(alerts)}


@given(worlds())
def test_a_removed_trigger_is_silent_wherever_it_was(
    world: tuple[list[Model], list[tuple[int, Decimal]]],
) -> None:
    alerts, path = world
    index = build(alerts)
    middle = len(path) // 2
    for at, value in path[:middle]:
        index.observe(value, at)
    for key, alert in enumerate(alerts):
        index.remove(key, alert.level)
    assert [hit for at, value in path[middle:] for hit in index.observe(value, at)] == []
    assert len(index) == 0


@given(worlds(), st.integers(1, 9))
def test_candles_tell_what_their_values_would_have_and_invent_nothing(
    world: tuple[list[Model], list[tuple[int, Decimal]]], length: int
) -> None:
    """One that speaks once: exactly when values do. One that repeats: never more often."""
    alerts, path = world
    index = build(alerts)
    told = dict.fromkeys(range(len(alerts)), 0)
    for candle in candles(path, length):
        for hit in index.judge(candle):
            assert isinstance(hit.key, int)
            told[hit.key] += 1
    for at, value in path:
        for alert in alerts:
            alert.hear(at, value)
    for key, alert in enumerate(alerts):
        if alert.repeat:
            assert told[key] <= len(alert.told)
            assert bool(told[key]) == bool(alert.told)
        else:
            assert min(told[key], 1) == len(alert.told)


@given(worlds(), st.integers(1, 9), st.data())
def test_looking_back_again_over_what_was_seen_tells_nothing_twice(
    world: tuple[list[Model], list[tuple[int, Decimal]]], length: int, data: st.DataObject
) -> None:
    """The process saw a part, forgot how far, and reads everything again: as values, or as candles."""
    alerts, path = world
    index = build(alerts)
    seen = data.draw(st.integers(0, len(path)))
    told: dict[int, list[Decimal]] = {key: [] for key in range(len(alerts))}

    def tell(hits: list[object]) -> None:
        for hit in hits:
            told[hit.key].append(hit.value)  # type: ignore[attr-defined]

    for at, value in path[:seen]:
        tell([*index.observe(value, at)])
    if data.draw(st.booleans()):
        for at, value in path:
            tell([*index.observe(value, at, strict=True)])
    else:
        for candle in candles(path, length):
            tell([*index.judge(candle)])
    for at, value in path:
        for alert in alerts:
            alert.hear(at, value)
    for key, alert in enumerate(alerts):
        if alert.repeat:
            assert len(told[key]) <= len(alert.told)
        else:
            assert len(told[key]) == len(alert.told)


def test_what_was_told_in_the_first_millisecond_of_a_candle_is_not_told_again() -> None:
    one = Decimal(1)
    index = LevelIndex()
    index.stand(1, TriggerStanding(Trend.UP, one, one))
    index.arm(1, one, Trend.UP, 0)
    assert [len(index.observe(Decimal(value), 60_000)) for value in (0, 1)] == [0, 1]
    assert index.judge(Candle(60_000, 120_000, one, Decimal(0), one)) == []


def candles(path: list[tuple[int, Decimal]], length: int) -> list[Candle]:
    found: dict[int, list[Decimal]] = {}
    for at, value in path:
        found.setdefault(at // length * length, []).append(value)
    return [
        Candle(start, start + length, max(values), min(values), values[-1])
        for start, values in sorted(found.items())
    ]
