"""A flip of funding counts where it was paid, or live where it is clearly beyond nought; jitter never."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.decisions import Watched
from bot.alerts.funding_flips import BAND, Flips
from bot.domain.alerts.alert import FundingFlip, Trend

PERP, HOUR = "SOL_USDC_PERP", 3_600_000
jitter = st.decimals(-BAND, BAND, places=3)


def watching(trend: Trend = Trend.EITHER, *, repeat: bool = True, cooldown_ms: int = 0) -> Flips:
    """Since a settlement at which longs paid."""
    flips = Flips()
    assert not list(flips.settled(PERP, Decimal(10), 1))
    flips.add(Watched(1, FundingFlip(PERP, trend), repeat, cooldown_ms, 2))
    return flips


@given(st.lists(jitter, max_size=20))
def test_a_live_rate_that_touches_the_other_side_is_no_flip(rates: list[Decimal]) -> None:
    flips = watching()
    told = [one for at, rate in enumerate(rates, 3) for one in flips.live(PERP, rate, HOUR, at)]
    assert told == []


def test_one_tick_below_nought_is_told_only_if_it_is_what_was_paid() -> None:
    flips = watching()
    assert not list(flips.live(PERP, Decimal("-0.21"), HOUR, HOUR - 60_000))
    assert not list(flips.live(PERP, Decimal("0.3"), HOUR, HOUR - 1_000))
    assert not list(flips.live(PERP, Decimal("-0.21"), 2 * HOUR, HOUR + 1_000)), (
        "longs paid at the settlement"
    )
    assert not list(flips.live(PERP, Decimal("-0.21"), 2 * HOUR, 2 * HOUR - 1_000))
    (flip,) = flips.live(PERP, Decimal("0.4"), 3 * HOUR, 2 * HOUR + 1_000)
    assert (flip.trend, flip.settled) == (Trend.DOWN, True)


def test_beyond_the_band_it_is_told_at_once_and_once() -> None:
    flips = watching()
    (flip,) = flips.live(PERP, Decimal(-5), HOUR, 3)
    assert (flip.trend, flip.settled) == (Trend.DOWN, False)
    assert not list(flips.live(PERP, Decimal(-6), HOUR, 4))
    assert not list(flips.settled(PERP, Decimal(-6), HOUR))
    assert [one.trend for one in flips.live(PERP, Decimal(7), 2 * HOUR, HOUR + 1)] == [Trend.UP]


def test_only_the_way_that_was_asked_for_and_not_within_a_cooldown() -> None:
    flips = watching(Trend.DOWN, cooldown_ms=HOUR)
    rates = [(-5, 10), (5, 20), (-5, 30), (5, 40), (-5, HOUR + 50)]
    told = [at for rate, at in rates for _ in flips.live(PERP, Decimal(rate), None, at)]
    assert told == [10, HOUR + 50]


def test_signs_survive_a_restart() -> None:
    flips = watching(repeat=False)
    assert list(flips.live(PERP, Decimal("0.5"), HOUR, 5)) == []
    memory, again = flips.memory(1), Flips()
    again.add(Watched(1, FundingFlip(PERP), False, 0, 1, memory))
    (flip,) = again.settled(PERP, Decimal("-0.2"), HOUR)
    assert flip.settled
    assert 1 not in again
