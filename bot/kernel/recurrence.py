"""When something is due, as arithmetic: daily in a time zone, every so often, before each settlement.

Moments are unix milliseconds. A wall-clock time that a night skips (02:30 when the clock springs forward) is
due as much later as the clock skipped (03:30); one that a night has twice is due the first time only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
EVERY_DAY: Final = frozenset(range(7))
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Timing(Protocol):
    """A series of due times without end."""

    def after(self, moment_ms: int) -> int:
        """The first due time strictly later than `moment_ms`."""
        ...


@dataclass(frozen=True, slots=True)
class Daily:
    """At `minute` of the day (0 to 1439) in `zone` (IANA name), on `days` (0 is Monday)."""

    minute: int
    zone: str = "UTC"
    days: frozenset[int] = EVERY_DAY

    def __post_init__(self) -> None:
        if not 0 <= self.minute < 24 * 60:
            raise ValueError("a day has the minutes 0 to 1439")
        if not self.days or not self.days <= EVERY_DAY:
            raise ValueError("days are 0 (Monday) to 6, at least one")

    def after(self, moment_ms: int) -> int:
        zone = ZoneInfo(self.zone)
        day = _moment(moment_ms).astimezone(zone).date() - timedelta(days=1)
        while True:
            if day.weekday() in self.days and (due := self._on(day, zone)) > moment_ms:
                return due
            day += timedelta(days=1)

    def _on(self, day: date, zone: ZoneInfo) -> int:
        wall = time(self.minute // 60, self.minute % 60)
        return _unix_ms(datetime.combine(day, wall, tzinfo=zone))  # fold 0: the first of two


@dataclass(frozen=True, slots=True)
class Monthly:
    """On `day` (1 to 28) of each month at `minute` of the day in `zone`."""

    day: int
    minute: int = 0
    zone: str = "UTC"

    def __post_init__(self) -> None:
        if not 1 <= self.day <= 28:
            raise ValueError("every month has the days 1 to 28")

    def after(self, moment_ms: int) -> int:
        zone = ZoneInfo(self.zone)
        month = _moment(moment_ms).astimezone(zone).date().replace(day=1) - timedelta(days=1)
        while True:
            month = month.replace(day=1)
            wall = time(self.minute // 60, self.minute % 60)
            due = _unix_ms(datetime.combine(month.replace(day=self.day), wall, tzinfo=zone))
            if due > moment_ms:
                return due
            month += timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Every:
    """At every multiple of `period_ms` since the epoch, moved by `offset_ms`: it never drifts."""

    period_ms: int
    offset_ms: int = 0

    def __post_init__(self) -> None:
        if self.period_ms <= 0:
            raise ValueError("a period is longer than nothing")

    def after(self, moment_ms: int) -> int:
        passed = (moment_ms - self.offset_ms) // self.period_ms
        return (passed + 1) * self.period_ms + self.offset_ms


def before_settlement(next_settlement_ms: int, interval_ms: int, lead_ms: int) -> Every:
    """`lead_ms` before every settlement of a market (Backpack OpenAPI: `fundingInterval`, `markPrices`)."""
    return Every(interval_ms, (next_settlement_ms - lead_ms) % interval_ms)


def between(timing: Timing, after_ms: int, until_ms: int) -> Iterator[int]:
    """The due times later than `after_ms`, up to and including `until_ms`, in order."""
    due = timing.after(after_ms)
    while due <= until_ms:
        yield due
        due = timing.after(due)


def stamp(due_ms: int) -> str:
    """A due time as part of a key: `2026-11-21T16:00Z`, with milliseconds where they matter."""
    moment = _moment(due_ms)
    precision = "minutes" if due_ms % MINUTE_MS == 0 else "milliseconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def _moment(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)


def _unix_ms(moment: datetime) -> int:
    return (moment.astimezone(UTC) - _EPOCH) // timedelta(milliseconds=1)


def timing_of(when: Mapping[str, Any], zone: str) -> Timing:
    """The timing a scheduled post keeps as JSON. Raises KeyError, ValueError for one nobody wrote.

    `{"at": "08:00", "days": [0, 4]}` by the wall clock of `zone`, `{"every_ms": …}`, or before settlements:
    `{"before_funding_ms": …, "interval_ms": …, "settlement_ms": any one of them}`.
    """
    if "at" in when:
        hours, _, minutes = str(when["at"]).partition(":")
        days = frozenset(when.get("days") or EVERY_DAY)
        return Daily(int(hours) * 60 + int(minutes), zone, days)
    if "every_ms" in when:
        return Every(int(when["every_ms"]))
    return before_settlement(
        int(when["settlement_ms"]), int(when["interval_ms"]), int(when["before_funding_ms"])
    )
