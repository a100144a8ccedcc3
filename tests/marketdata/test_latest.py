"""What is late, doubled or was long on its way is not taken for the present."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.domain.markets.market_events import MarkUpdate
from bot.marketdata.latency import Latency
from bot.marketdata.quote_cache import REORDERED_US, Pulse, QuoteCache, is_late

NOW_US = 1_790_000_000_000_000
SECOND_US = 1_000_000


@pytest.mark.parametrize(
    ("event_us", "late"),
    [
        (NOW_US + 1, False),
        (NOW_US, True),  # a repetition
        (NOW_US - SECOND_US, True),
        (NOW_US - REORDERED_US, False),  # a clock set back
        (NOW_US - 3600 * SECOND_US, False),
        (0, False),
    ],
)
def test_events_out_of_order_are_told_from_a_clock_set_back(event_us: int, late: bool) -> None:
    assert is_late(event_us, NOW_US) is late


def test_an_older_mark_does_not_replace_a_newer_one() -> None:
    latest = QuoteCache("SOL_USDC_PERP")
    marks = [
        MarkUpdate("SOL_USDC_PERP", Decimal(price), None, None, None, at, 0)
        for price, at in ((100, NOW_US), (99, NOW_US - SECOND_US), (101, NOW_US + SECOND_US))
    ]
    assert [latest.take_mark(mark) for mark in marks] == [True, False, True]
    assert latest.quote().mark == Decimal(101)


def test_a_pulse_knows_silence_and_age() -> None:
    pulse = Pulse()
    assert not pulse.is_silent(100.0, 3.0), "nobody wants it"
    pulse.want(100.0, 100_000)
    assert not pulse.is_fresh(100.0, 3.0), "wanted is not heard"
    assert pulse.hear(101.0, 101_000, 0.0, 3.0) is None
    assert pulse.is_fresh(104.0, 3.0)
    assert pulse.is_silent(104.1, 3.0)
    assert pulse.hear(106.0, 106_000, 0.0, 3.0) == 101_000, "the gap began with the last it said"
    assert pulse.hear(107.0, 107_000, 2.5, 3.0) is None
    assert not pulse.is_fresh(107.6, 3.0), "it was 2.5 s old when it came"
    pulse.drop()
    assert not pulse.is_fresh(107.0, 3.0)


def test_lag_is_measured_against_the_quickest_whatever_the_clocks_say() -> None:
    lag = Latency(10.0)
    skew_us = 3600 * SECOND_US  # the exchange's clock is an hour ahead, and we cannot know
    assert lag.note(NOW_US + skew_us, 50.00) == pytest.approx(0, abs=1e-3)
    assert lag.note(NOW_US + skew_us + SECOND_US, 51.04) == pytest.approx(0.04, abs=1e-3)
    assert lag.note(NOW_US + skew_us + 2 * SECOND_US, 56.00) == pytest.approx(4.0, abs=1e-3)
    assert lag.excess == pytest.approx(4.0, abs=1e-3)


def test_a_clock_set_back_is_believed_after_a_while() -> None:
    lag = Latency(10.0)
    for second in range(5):
        lag.note(NOW_US + second * SECOND_US, float(second))
    back_us = NOW_US - 3600 * SECOND_US
    excesses = [lag.note(back_us + second * SECOND_US, float(second)) for second in range(5, 40)]
    assert excesses[0] == pytest.approx(3600, abs=1)
    assert excesses[-1] == pytest.approx(0, abs=1e-3)
