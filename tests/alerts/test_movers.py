"""Windows and trails against models that look at everything there ever was."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.level_index import Candle
from bot.alerts.trails import Trail, Trails
from bot.alerts.windows import Volumes, Window
from bot.domain.alerts.alert import Trend

PATHS = st.lists(st.tuples(st.integers(1, 40).map(Decimal), st.integers(1, 9)), min_size=1, max_size=50)


def timed(steps: list[tuple[Decimal, int]]) -> list[tuple[int, Decimal]]:
    at, path = 0, []
    for value, pause in steps:
        at += pause
        path.append((at, value))
    return path


@given(PATHS, st.integers(1, 30))
def test_a_window_knows_the_move_against_its_extremes(steps: list[tuple[Decimal, int]], length: int) -> None:
    window, path = Window(length), timed(steps)
    for number, (at, value) in enumerate(path):
        inside = [other for then, other in path[: number + 1] if then >= at - length]
        lowest, highest = min(inside), max(inside)
        assert window.take(value, at) == (
            (value - lowest) / lowest * 100,
            (highest - value) / highest * 100,
        )


@given(PATHS, st.integers(10, 60), st.integers(1, 12))
def test_candles_never_show_a_larger_move_than_there_was(
    steps: list[tuple[Decimal, int]], length: int, candle_length: int
) -> None:
    """Against a window as long as candles can blur it."""
    path = timed(steps)
    by_value, by_candle = Window(length + candle_length), Window(length)
    risen = fallen = Decimal(0)
    for at, value in path:
        rise, fall = by_value.take(value, at)
        risen, fallen = max(risen, rise), max(fallen, fall)
    found: dict[int, list[Decimal]] = {}
    for at, value in path:
        found.setdefault(at // candle_length * candle_length, []).append(value)
    for start, values in sorted(found.items()):
        candle = Candle(start, start + candle_length, max(values), min(values), values[-1])
        up, down = by_candle.judge(candle)
        assert up.high <= risen
        assert down.high <= fallen


@dataclass
class Model:
    """A trail by its definition: everything heard since it was armed is kept."""

    trend: Trend
    percent: Decimal
    repeat: bool
    heard: list[Decimal] = field(default_factory=list)
    told: list[tuple[int, Trend]] = field(default_factory=list)

    def hear(self, at: int, value: Decimal) -> None:
        if self.told and not self.repeat:
            return
        anchor = self.anchor() if self.heard else value
        self.heard.append(value)
        high, low = anchor * (100 + self.percent), anchor * (100 - self.percent)
        if self.trend is not Trend.DOWN and value * 100 >= high and value != anchor:
            self.tell(at, value, Trend.UP)
        elif self.trend is not Trend.UP and value * 100 <= low and value != anchor:
            self.tell(at, value, Trend.DOWN)

    def anchor(self) -> Decimal:
        if self.trend is Trend.EITHER:
            return self.heard[0]
        return min(self.heard) if self.trend is Trend.UP else max(self.heard)

    def tell(self, at: int, value: Decimal, trend: Trend) -> None:
        self.told.append((at, trend))
        self.heard = [value]


MODELS = st.builds(
    Model, st.sampled_from(Trend), st.integers(1, 60).map(Decimal), st.booleans(), st.just([]), st.just([])
)


@given(PATHS, st.lists(st.tuples(st.sampled_from(Trend), st.integers(1, 60), st.booleans()), max_size=5))
def test_a_trail_follows_from_its_extreme(
    steps: list[tuple[Decimal, int]], kinds: list[tuple[Trend, int, bool]]
) -> None:
    trails = Trails()
    models = {}
    for number, (trend, percent, repeat) in enumerate(kinds):
        models[number] = Model(trend, Decimal(percent), repeat)
        trails.trails[number] = Trail(trend, Decimal(percent), 0, repeat, None, 0)
    told: dict[int, list[tuple[int, Trend]]] = {number: [] for number in models}
    for at, value in timed(steps):
        for number, trend in trails.take(value, at):
            told[number].append((at, trend))
        for model in models.values():
            model.hear(at, value)
    assert told == {number: model.told for number, model in models.items()}


@given(PATHS, st.integers(1, 60), st.sampled_from(Trend), st.integers(1, 12))
def test_a_trail_over_candles_invents_nothing(
    steps: list[tuple[Decimal, int]], percent: int, trend: Trend, length: int
) -> None:
    path = timed(steps)
    trails, model = Trails(), Model(trend, Decimal(percent), False)
    first = path[0][1]
    trails.trails[1] = Trail(trend, Decimal(percent), 0, False, first, 0)
    model.hear(0, first)
    found: dict[int, list[Decimal]] = {}
    for at, value in path:
        model.hear(at, value)
        found.setdefault(at // length * length, []).append(value)
    told = []
    for start, values in sorted(found.items()):
        told += [*trails.judge(Candle(start, start + length, max(values), min(values), values[-1]))]
    assert bool(told) <= bool(model.told)


def test_a_volume_is_compared_with_the_window_before() -> None:
    volumes = Volumes(3 * 60_000)
    changes = [
        volumes.take(Decimal(volume), minute * 60_000) for minute, volume in enumerate([1, 1, 2, 4, 4, 4])
    ]
    assert changes == [None] * 5 + [Decimal(200)]
    assert volumes.take(Decimal(4), 5 * 60_000) is None


def test_a_volume_with_a_hole_is_unknown_until_the_hole_is_read() -> None:
    volumes = Volumes(2 * 60_000)
    told = [volumes.take(Decimal(10), number * 60_000) for number in (1, 2, 3, 4)]
    assert told == [None, None, None, Decimal(0)]
    assert volumes.take(Decimal(10), 7 * 60_000) is None, "nobody heard two minutes: that is no fall"
    volumes.learn({5 * 60_000: Decimal(10), 7 * 60_000: Decimal(1)}, 7 * 60_000)
    assert volumes.change() == Decimal(-50), "nothing traded in the sixth; what was heard stays"
    assert volumes.take(Decimal(50), 8 * 60_000) == Decimal(500)


def test_a_volume_is_known_from_what_is_read_alone() -> None:
    volumes = Volumes(60_000)
    volumes.learn({3 * 60_000: Decimal(4), 4 * 60_000: Decimal(6)}, 4 * 60_000)
    assert (volumes.change(), volumes.newest_ms) == (Decimal(50), 4 * 60_000)


@given(PATHS, st.integers(1, 60), st.sampled_from(Trend), st.integers(0, 50), st.integers(1, 12))
def test_looking_back_over_what_a_trail_saw_invents_nothing(
    steps: list[tuple[Decimal, int]], percent: int, trend: Trend, seen: int, length: int
) -> None:
    """It followed a part, and then reads everything again: as values, or as candles."""
    path = timed(steps)
    for by_candles in (False, True):
        trails, model = Trails(), Model(trend, Decimal(percent), False)
        trails.trails[1] = Trail(trend, Decimal(percent), 0, False, None, 0)
        told: list[object] = []
        for at, value in path[:seen]:
            told += [*trails.take(value, at)]
        if by_candles:
            found: dict[int, list[Decimal]] = {}
            for at, value in path:
                found.setdefault(at // length * length, []).append(value)
            for start, values in sorted(found.items()):
                candle = Candle(start, start + length, max(values), min(values), values[-1])
                told += [*trails.judge(candle)]
        else:
            for at, value in path:
                told += [*trails.take(value, at, strict=True)]
        for at, value in path:
            model.hear(at, value)
        assert bool(told) <= bool(model.told)
        assert by_candles or bool(told) == bool(model.told)
