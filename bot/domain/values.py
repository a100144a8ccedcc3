"""Sides, order types and the decimal helpers every other module speaks in.

Money is `Decimal` from the edge inwards; nothing here, or above, turns it into a float.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal, localcontext
from enum import StrEnum
from typing import Final, Literal

ExitKind = Literal["tp", "sl"]  # a take profit, or a stop, as people write it

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
HUNDRED: Final = Decimal(100)
BPS: Final = Decimal(10_000)

# What a user may type before we refuse to think about it: larger exponents make `Decimal` arithmetic slow.
MAX_DIGITS: Final = 30
MAX_ABS: Final = Decimal(10) ** 15


# Two numbers of MAX_DIGITS multiplied stay exact; only divisions and roots round, far below any tick.
PRECISION: Final = 2 * MAX_DIGITS + 10


def exact() -> AbstractContextManager[Context]:
    """The decimal context of every calculation here, whatever context the calling thread happens to have."""
    return localcontext(Context(prec=PRECISION, rounding=ROUND_HALF_EVEN))


_SHOWN: Final = Context(prec=28, rounding=ROUND_HALF_EVEN)


def shown(value: Decimal) -> Decimal:
    """A quotient without the endless tail of digits nobody will see."""
    return _SHOWN.plus(value)


class Side(StrEnum):
    """Side of an order. Wire names are Backpack's `Bid` and `Ask`."""

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
    """Order types of the exchange; a stop is a field (`triggerPrice`), not a type."""

    MARKET = "Market"
    LIMIT = "Limit"


class TimeInForce(StrEnum):
    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"


class MarketKind(StrEnum):
    """`Market.marketType`. Kinds we do not trade are carried as OTHER."""

    SPOT = "SPOT"
    PERP = "PERP"
    OTHER = "OTHER"


class Language(StrEnum):
    ENGLISH = "en"
    CHINESE = "zh"


def floor_to(value: Decimal, increment: Decimal) -> Decimal:
    """Largest multiple of `increment` not above `value` (towards minus infinity)."""
    return (value / increment).to_integral_value(ROUND_FLOOR) * increment


def ceil_to(value: Decimal, increment: Decimal) -> Decimal:
    """Smallest multiple of `increment` not below `value`."""
    return (value / increment).to_integral_value(ROUND_CEILING) * increment


def round_to(value: Decimal, increment: Decimal) -> Decimal:
    """Nearest multiple of `increment`, ties to the even multiple."""
    return (value / increment).to_integral_value(ROUND_HALF_EVEN) * increment


def plain(value: Decimal) -> str:
    """`value` as a decimal string without exponent or trailing zeros: the form that goes on the wire."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
