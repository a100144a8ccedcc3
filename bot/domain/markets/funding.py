"""Funding: rates that carry their interval, one payment in money, averages of the past.

A rate is a fraction for one interval; a positive one is paid by longs to shorts. Intervals differ per market
and change, so rates are compared, summed and averaged by the time they are for, never as they stand.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.domain.values import ZERO

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
WEEK_MS: Final = 7 * DAY_MS
MONTH_MS: Final = 30 * DAY_MS
YEAR_MS: Final = 365 * DAY_MS
_MINUTE_MS: Final = 60_000
_ALIKE: Final = 50  # spans that differ by less than one part in so many are the same


@dataclass(frozen=True, slots=True)
class FundingRate:
    """`fraction` of the notional for `interval_ms`."""

    fraction: Decimal
    interval_ms: int

    @property
    def hourly(self) -> Decimal:
        """As a fraction per hour."""
        return self.over(HOUR_MS)

    @property
    def yearly(self) -> Decimal:
        """As a fraction per year of 365 days; simple, not compounded."""
        return self.over(YEAR_MS)

    def over(self, span_ms: int) -> Decimal:
        """As a fraction for another span."""
        return self.fraction * span_ms / self.interval_ms


@dataclass(frozen=True, slots=True)
class Settlement:
    """One settlement of a market: the end of its interval, and the rate that was paid for it."""

    at_ms: int
    rate: FundingRate


@dataclass(frozen=True, slots=True)
class FundingRow:
    """A market's funding now, and the mean of its settlements of a day and a week (None: not known yet)."""

    symbol: str
    base: str
    mark: Decimal
    rate: FundingRate
    next_ms: int | None
    day: FundingRate | None = None
    week: FundingRate | None = None

    @property
    def apr(self) -> Decimal:
        return self.rate.yearly


def funding_payment(quantity: Decimal, mark: Decimal, fraction: Decimal) -> Decimal:
    """What one funding settlement brings a net position (base units), in quote; positive is received.

    Estimate: both the rate, a fraction of the running interval, and the mark may move until the settlement.
    Source: `MarkPrice.fundingRate`, `MarkPrice.nextFundingTimestamp`.
    """
    return -(quantity * mark * fraction)


def settlements(rows: Iterable[tuple[int, Decimal]], declared_ms: int) -> tuple[Settlement, ...]:
    """Settlements with the interval each was for, oldest first, from their ends (unix ms) and fractions.

    An interval is the time since the settlement before. A longer pause amid settlements that follow each
    other evenly is one that is missing from the history, not another interval. The first is as long as the
    next one; `declared_ms` is what the exchange says of the running interval.
    """
    known = sorted(dict(rows).items())
    lengths = _lengths([at_ms for at_ms, _ in known], declared_ms)
    return tuple(
        Settlement(at_ms, FundingRate(fraction, length))
        for (at_ms, fraction), length in zip(known, lengths, strict=True)
    )


def _lengths(ends: Sequence[int], declared_ms: int) -> list[int]:
    gaps = [_whole(later - earlier) for earlier, later in itertools.pairwise(ends)]
    lengths: list[int] = []
    for number, gap in enumerate(gaps):
        before = lengths[-1] if lengths else None
        after = gaps[number + 1] if number + 1 < len(gaps) else declared_ms
        is_hole = before is not None and _is_alike(before, after) and _is_multiple(gap, before)
        lengths.append(before if is_hole and before is not None else gap)
    return [lengths[0] if lengths else declared_ms, *lengths][: len(ends)]


def _whole(span_ms: int) -> int:
    """A span without the milliseconds by which a settlement may be late."""
    nearest = (span_ms + _MINUTE_MS // 2) // _MINUTE_MS * _MINUTE_MS
    return nearest if nearest and _is_alike(span_ms, nearest) else span_ms


def _is_alike(one_ms: int, other_ms: int) -> bool:
    return abs(one_ms - other_ms) * _ALIKE < other_ms


def _is_multiple(span_ms: int, of_ms: int) -> bool:
    times = round(span_ms / of_ms)
    return times >= 2 and _is_alike(span_ms, times * of_ms)


def mean_rate(history: Iterable[Settlement], since_ms: int = 0) -> FundingRate | None:
    """The mean of the settlements after `since_ms`, each by the time it was for; None without any."""
    rates = [one.rate for one in history if one.at_ms > since_ms]
    if not rates:
        return None
    return FundingRate(sum((one.fraction for one in rates), ZERO), sum(one.interval_ms for one in rates))


def next_settlement_ms(next_ms: int, interval_ms: int, now_ms: int) -> int:
    """The first settlement after now, from any that is known: what the exchange said may be just over."""
    if next_ms > now_ms:
        return next_ms
    return next_ms + ((now_ms - next_ms) // interval_ms + 1) * interval_ms


def extremes(rows: Sequence[FundingRow], count: int) -> list[FundingRow]:
    """The `count` markets furthest from nothing, by the year, the furthest first."""
    return sorted(rows, key=lambda row: abs(row.apr), reverse=True)[:count]
