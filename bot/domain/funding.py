"""Funding: one payment in money, rates by the year, averages of the past. Intervals differ per market.

A rate is a fraction for one interval of its own market; a positive one is paid by longs to shorts.
"""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class FundingRate:
    """One settlement of a market: the end of its interval, and the rate as a fraction."""

    at_ms: int
    rate: Decimal


@dataclass(frozen=True, slots=True)
class FundingRow:
    """A market's funding now, and the mean of its settlements of a day and a week (None: not known yet)."""

    symbol: str
    base: str
    mark: Decimal
    rate: Decimal
    interval_ms: int
    next_ms: int | None
    day: Decimal | None = None
    week: Decimal | None = None

    @property
    def apr(self) -> Decimal:
        return annual(self.rate, self.interval_ms)


def funding_payment(quantity: Decimal, mark: Decimal, rate: Decimal) -> Decimal:
    """What one funding settlement brings a net position (base units), in quote; positive is received.

    Estimate: both the rate and the mark may move until the settlement.
    Source: `MarkPrice.fundingRate`, `MarkPrice.nextFundingTimestamp`.
    """
    return -(quantity * mark * rate)


def annual(rate: Decimal, interval_ms: int) -> Decimal:
    """A rate per interval as a fraction per year of 365 days; simple, not compounded."""
    return rate * YEAR_MS / interval_ms


def hourly(rate: Decimal, interval_ms: int) -> Decimal:
    """A rate per interval as a fraction per hour."""
    return rate * HOUR_MS / interval_ms


def mean_rate(history: Iterable[FundingRate], since_ms: int) -> Decimal | None:
    """Mean rate per interval of the settlements after `since_ms`; None when there were none."""
    rates = [one.rate for one in history if one.at_ms > since_ms]
    return sum(rates, ZERO) / len(rates) if rates else None


def next_settlement_ms(next_ms: int, interval_ms: int, now_ms: int) -> int:
    """The first settlement after now, from any that is known: what the exchange said may be just over."""
    if next_ms > now_ms:
        return next_ms
    return next_ms + ((now_ms - next_ms) // interval_ms + 1) * interval_ms


def extremes(rows: Sequence[FundingRow], count: int) -> list[FundingRow]:
    """The `count` markets furthest from nothing, by the year, the furthest first."""
    return sorted(rows, key=lambda row: abs(row.apr), reverse=True)[:count]
