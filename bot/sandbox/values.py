"""Sides, order types and decimal helpers of the sandboxes, which share no code with the client."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Final

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
BPS: Final = Decimal(10_000)


class Side(StrEnum):
    """Side of an order, by its wire names."""

    BUY = "Bid"
    SELL = "Ask"

    @property
    def opposite(self) -> Side:
        return Side.SELL if self is Side.BUY else Side.BUY

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sell: what the fill does to a net position."""
        return 1 if self is Side.BUY else -1


class OrderType(StrEnum):
    """Order types; a stop is a field (`triggerPrice`), not a type."""

    MARKET = "Market"
    LIMIT = "Limit"


class TimeInForce(StrEnum):
    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"


class MarketKind(StrEnum):
    """`Market.marketType`."""

    SPOT = "SPOT"
    PERP = "PERP"


def floor_to(value: Decimal, increment: Decimal) -> Decimal:
    """Largest multiple of `increment` not above `value`."""
    return (value / increment).to_integral_value(ROUND_FLOOR) * increment


def ceil_to(value: Decimal, increment: Decimal) -> Decimal:
    """Smallest multiple of `increment` not below `value`."""
    return (value / increment).to_integral_value(ROUND_CEILING) * increment


def round_to(value: Decimal, increment: Decimal) -> Decimal:
    """Nearest multiple of `increment`, ties to the even multiple."""
    return (value / increment).to_integral_value(ROUND_HALF_EVEN) * increment


def plain(value: Decimal) -> str:
    """`value` as a decimal string without exponent or trailing zeros, as the exchange writes numbers."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
