"""The next funding payment in money. Intervals differ per market: this speaks of one payment only."""

from __future__ import annotations

from decimal import Decimal


def funding_payment(quantity: Decimal, mark: Decimal, rate: Decimal) -> Decimal:
    """What one funding settlement brings a net position (base units), in quote; positive is received.

    A positive `rate` (fraction per interval) is paid by longs to shorts. Estimate: both the rate and the mark
    may move until the settlement. Source: `MarkPrice.fundingRate`, `MarkPrice.nextFundingTimestamp`.
    """
    return -(quantity * mark * rate)
