"""Due times are the ones a person would name, also in the nights in which the clock changes."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.kernel.recurrence import (
    DAY_MS,
    HOUR_MS,
    Daily,
    Every,
    Monthly,
    Timing,
    before_settlement,
    between,
    stamp,
)

ZONES = ("UTC", "Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu")
MOMENTS = st.integers(min_value=0, max_value=2_500_000_000_000)


def at(text: str) -> int:
    """Unix ms of an ISO moment."""
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def shown(timing: Timing, start: str, count: int, zone: str = "UTC") -> list[str]:
    due, found = at(start), []
    for _ in range(count):
        due = timing.after(due)
        found.append(datetime.fromtimestamp(due / 1000, ZoneInfo(zone)).strftime("%a %d %H:%M"))
    return found


def test_a_morning_is_the_same_hour_on_every_day_of_its_zone() -> None:
    eight = Daily(8 * 60, "Asia/Shanghai")
    assert shown(eight, "2026-11-20T00:00Z", 2, "Asia/Shanghai") == ["Sat 21 08:00", "Sun 22 08:00"]
    assert shown(eight, "2026-11-19T23:59:59Z", 1, "UTC") == ["Fri 20 00:00"]


def test_weekdays_are_those_of_the_zone() -> None:
    monday = Daily(30, "Asia/Shanghai", frozenset({0}))
    assert shown(monday, "2026-11-20T00:00Z", 2, "Asia/Shanghai") == ["Mon 23 00:30", "Mon 30 00:30"]
    assert shown(monday, "2026-11-20T00:00Z", 1, "UTC") == ["Sun 22 16:30"]


def test_a_time_the_night_skips_comes_as_much_later_as_the_clock_skipped() -> None:
    due = Daily(2 * 60 + 30, "America/New_York")
    nights = shown(due, "2026-03-07T12:00Z", 3, "America/New_York")
    assert nights == ["Sun 08 03:30", "Mon 09 02:30", "Tue 10 02:30"]
    half_an_hour = shown(Daily(2 * 60 + 15, "Australia/Lord_Howe"), "2026-10-03T00:00Z", 2)
    assert half_an_hour == ["Sat 03 15:45", "Sun 04 15:15"]


def test_an_hour_the_night_has_twice_counts_once() -> None:
    due = Daily(90, "America/New_York")
    nights = shown(due, "2026-10-31T12:00Z", 2, "UTC")
    assert nights == ["Sun 01 05:30", "Mon 02 06:30"]


@given(st.integers(0, 1439), st.sampled_from(ZONES), MOMENTS)
def test_a_day_has_one_due_time_and_no_day_is_left_out(minute: int, zone: str, start: int) -> None:
    timing = Daily(minute, zone)
    dues = list(islice(between(timing, start, start + 400 * DAY_MS), 380))
    days = [datetime.fromtimestamp(due / 1000, ZoneInfo(zone)).date() for due in dues]
    assert all((later - earlier).days == 1 for earlier, later in pairwise(days))
    assert len(days) == 380
    assert dues[0] > start
    assert dues[0] - start <= DAY_MS + 2 * HOUR_MS


@given(
    st.one_of(
        st.builds(
            Daily, st.integers(0, 1439), st.sampled_from(ZONES), st.frozensets(st.integers(0, 6), min_size=1)
        ),
        st.builds(Every, st.integers(1, 10**9), st.integers(0, 10**9)),
        st.builds(Monthly, st.integers(1, 28), st.integers(0, 1439), st.sampled_from(ZONES)),
    ),
    MOMENTS,
    st.integers(0, 40 * DAY_MS),
)
def test_no_due_time_is_skipped_whenever_one_looks(timing: Timing, start: int, later: int) -> None:
    """The first due time after any moment before it is itself."""
    due = timing.after(start)
    assert due > start
    assert timing.after(due - 1) == due
    assert timing.after((start + due) // 2) == due
    assert timing.after(start + later) >= due


def test_months_have_their_day() -> None:
    first = Monthly(1, 0, "UTC")
    assert [
        stamp(due) for due in islice(between(first, at("2026-11-30T23:59Z"), at("2030-01-01T00:00Z")), 3)
    ] == [
        "2026-12-01T00:00Z",
        "2027-01-01T00:00Z",
        "2027-02-01T00:00Z",
    ]
    assert stamp(first.after(at("2026-12-01T00:00Z"))) == "2027-01-01T00:00Z"
    assert stamp(Monthly(28, 60, "Asia/Tokyo").after(at("2027-02-27T15:59Z"))) == "2027-02-27T16:00Z"


@pytest.mark.parametrize("interval", [HOUR_MS, 4 * HOUR_MS, 8 * HOUR_MS])
def test_a_lead_before_each_settlement(interval: int) -> None:
    settlement = at("2026-11-21T16:00Z")
    timing = before_settlement(settlement, interval, 10 * 60_000)
    assert timing.after(settlement - interval) == settlement - 10 * 60_000
    assert timing.after(settlement) == settlement + interval - 10 * 60_000


def test_a_stamp_tells_due_times_apart() -> None:
    assert stamp(at("2026-11-21T16:00Z")) == "2026-11-21T16:00Z"
    assert stamp(at("2026-11-21T16:00Z") + 250) == "2026-11-21T16:00:00.250Z"
    assert datetime.fromisoformat(stamp(1)) == datetime(1970, 1, 1, 0, 0, 0, 1000, tzinfo=UTC)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Daily(1440),
        lambda: Daily(-1),
        lambda: Daily(1, days=frozenset()),
        lambda: Every(0),
        lambda: Monthly(29),
    ],
)
def test_nonsense_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError):
        wrong()  # type: ignore[operator]
