"""Histories whose interval changes: each rate is for the time since the one before; averages are by time."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.markets.funding import (
    DAY_MS,
    HOUR_MS,
    YEAR_MS,
    FundingRate,
    Settlement,
    mean_rate,
    settlements,
)
from bot.domain.values import MarketKind
from bot.marketdata.funding_intervals import Intervals
from tests.domain.markets.test_carry import market

D = Decimal
START = 1_790_000_000_000 // DAY_MS * DAY_MS
LENGTHS = st.sampled_from([1, 2, 4, 8])


def history(*phases: tuple[int, int]) -> list[int]:
    """Ends of intervals: so many of so many hours each, one after the other."""
    steps = [hours * HOUR_MS for hours, count in phases for _ in range(count)]
    return [START, *itertools.accumulate(steps, initial=START)][1:]


def hours(found: tuple[Settlement, ...]) -> list[int]:
    return [one.rate.interval_ms // HOUR_MS for one in found]


def test_eight_hours_to_one_to_four_is_read_as_it_was() -> None:
    ends = history((8, 6), (1, 24), (4, 9))
    rows = [(end, D("0.0008")) for end in ends]
    found = settlements(rows, 4 * HOUR_MS)
    assert hours(found) == [8] + [8] * 6 + [1] * 24 + [4] * 9
    assert found[1].rate.yearly == D("0.0008") * 3 * 365
    mean = mean_rate(found)
    assert mean is not None
    assert mean.hourly == D("0.0008") * len(ends) / sum(hours(found))


@given(st.lists(st.tuples(LENGTHS, st.integers(2, 9)), min_size=1, max_size=5), st.data())
def test_any_history_is_read_with_its_own_intervals_and_pays_what_it_paid(
    phases: list[tuple[int, int]], data: st.DataObject
) -> None:
    ends = history(*phases)
    fractions = data.draw(
        st.lists(st.decimals("-0.01", "0.01", places=6), min_size=len(ends), max_size=len(ends))
    )
    late = data.draw(st.lists(st.integers(0, 999), min_size=len(ends), max_size=len(ends)))
    rows = [(end + by, rate) for end, by, rate in zip(ends, late, fractions, strict=True)]
    found = settlements(data.draw(st.permutations(rows)), phases[-1][0] * HOUR_MS)
    steps = [length for length, count in phases for _ in range(count)]
    assert hours(found) == [steps[0], *steps]
    assert [one.rate.fraction for one in found] == fractions
    mean = mean_rate(found)
    assert mean is not None
    assert mean.over(mean.interval_ms) == sum(fractions)
    yearly = [one.rate.yearly for one in found]
    assert min(yearly) - D("1e-20") <= mean.yearly <= max(yearly) + D("1e-20")


@given(LENGTHS, st.integers(2, 5), st.integers(2, 5), st.integers(1, 5))
def test_a_settlement_that_is_missing_is_no_other_interval(
    length: int, before: int, after: int, lost: int
) -> None:
    ends = history((length, before + lost + after))
    del ends[before + 1 : before + 1 + lost]
    found = settlements([(end, D("0.0001")) for end in ends], length * HOUR_MS)
    assert set(hours(found)) == {length}


def test_the_last_one_is_judged_by_what_the_exchange_declares() -> None:
    ends = history((1, 5), (8, 1))
    assert hours(settlements([(end, D(0)) for end in ends], 8 * HOUR_MS))[-1] == 8
    assert hours(settlements([(end, D(0)) for end in ends], HOUR_MS))[-1] == 1


@pytest.mark.parametrize("count", [0, 1])
def test_short_histories_are_read_too(count: int) -> None:
    found = settlements([(START, D("0.001"))][:count], HOUR_MS)
    assert hours(found) == [1] * count
    assert (mean_rate(found) is None) == (count == 0)


@given(st.decimals("-0.01", "0.01", places=6), LENGTHS, LENGTHS)
def test_the_same_pay_by_the_hour_is_the_same_rate(rate: Decimal, one: int, other: int) -> None:
    first, second = FundingRate(rate * one, one * HOUR_MS), FundingRate(rate * other, other * HOUR_MS)
    assert first.yearly == second.yearly == rate * YEAR_MS / HOUR_MS


@pytest.mark.parametrize(
    ("declared", "told", "length"),
    [
        (8, [(0, 8), (1, 8), (8, 16)], 8),  # as ever
        (8, [(0, 8), (8, 9)], 1),  # from a settlement on
        (8, [(0, 8), (1, 2)], 2),  # amid an interval: since the settlement before
        (1, [(0, 1), (1, 9)], 8),
        (1, [(0, 8)], 8),  # never seen before, and further than the interval
        (1, [(0, 1), (7.5, 8)], 1),  # nobody looked for a while
        (8, [(0, 8), (8, 9), (9, 16), (16, 24)], 8),  # and back again
    ],
)
def test_settlements_tell_of_another_interval_before_the_list_does(
    declared: int, told: list[tuple[float, int]], length: int
) -> None:
    intervals, perp = Intervals(), market(MarketKind.PERP, interval=declared * HOUR_MS)
    intervals.declare({perp.symbol: perp})
    for now, following in told:
        intervals.note(perp.symbol, START + following * HOUR_MS, START + int(now * HOUR_MS))
    assert intervals.of(perp.symbol) == length * HOUR_MS
    assert intervals.corrected({perp.symbol: perp})[perp.symbol].funding_interval_ms == length * HOUR_MS
