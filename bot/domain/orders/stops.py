"""Stops that rest at the exchange, what they cover, and what would be left open without them. Pure.

A stop is a trigger order that closes, on the losing side of the price; on a perp it is reduce-only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from bot.domain.values import ZERO, Side


class StopTrigger(Protocol):
    """What is asked of a resting order: an `OrderReport` and an `OrderSnapshot` answer it."""

    @property
    def symbol(self) -> str: ...
    @property
    def side(self) -> Side: ...
    @property
    def exchange_id(self) -> str | None: ...
    @property
    def quantity(self) -> Decimal | None: ...
    @property
    def executed(self) -> Decimal: ...
    @property
    def trigger_price(self) -> Decimal | None: ...
    @property
    def reduce_only(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Exposure:
    """What is held of one market: base units (negative is short), and the price triggers are watched by."""

    symbol: str
    quantity: Decimal
    price: Decimal
    is_perp: bool = True

    @property
    def closing_side(self) -> Side:
        return Side.SELL if self.quantity > ZERO else Side.BUY


@dataclass(frozen=True, slots=True)
class Bare:
    """A holding of which `quantity` base units would have no stop."""

    exposure: Exposure
    quantity: Decimal


def closes(order: StopTrigger, exposure: Exposure) -> bool:
    """Whether `order` is an exit of the holding: a stop or a target."""
    return (
        order.trigger_price is not None
        and order.symbol == exposure.symbol
        and order.side is exposure.closing_side
        and (order.reduce_only or not exposure.is_perp)
    )


def kind_of(order: StopTrigger, exposure: Exposure) -> str:
    """Which exit of the holding `order` is: "sl" on the losing side of the price, else "tp"."""
    trigger = order.trigger_price if order.trigger_price is not None else exposure.price
    gain = (trigger - exposure.price) * -exposure.closing_side.sign
    return "tp" if gain > ZERO else "sl"


def stops_of(exposure: Exposure, resting: Iterable[StopTrigger]) -> list[StopTrigger]:
    """The stops of a holding among `resting` orders."""
    return [order for order in resting if closes(order, exposure) and kind_of(order, exposure) == "sl"]


def covered(exposure: Exposure, exits: Sequence[StopTrigger]) -> Decimal:
    """Base units of the holding that `exits` close together; one without a size closes all of it."""
    held = abs(exposure.quantity)
    left = (held if order.quantity is None else order.quantity - order.executed for order in exits)
    return min(held, sum(left, ZERO))


def bared(
    exposures: Iterable[Exposure], resting: Sequence[StopTrigger], leaving: Collection[str | None]
) -> tuple[Bare, ...]:
    """The holdings that would have less under a stop once the orders of the ids `leaving` are gone."""
    found: list[Bare] = []
    for exposure in exposures:
        stops = stops_of(exposure, resting)
        kept = [order for order in stops if order.exchange_id not in leaving]
        after = covered(exposure, kept)
        if after < covered(exposure, stops):
            found.append(Bare(exposure, abs(exposure.quantity) - after))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Shortage:
    """Less is under a stop than was promised: `covered` of `needed` base units."""

    exposure: Exposure
    covered: Decimal
    needed: Decimal


def shortage(
    exposure: Exposure,
    promised: Sequence[Decimal | None],
    resting: Sequence[StopTrigger],
    own: Collection[str | None] = (),
) -> Shortage | None:
    """What of the promised stops does not stand; None when enough does. Any stop counts, at whatever price.

    `promised` are base units; None: the whole position, whatever its size. `own` are the exchange ids of the
    stops that keep the promises: they count on either side of the market: their turn may have come just now.
    """
    held = abs(exposure.quantity)
    stated = [size for size in promised if size is not None]
    needed = held if len(stated) < len(promised) else min(held, sum(stated, ZERO))
    standing = [
        order
        for order in resting
        if closes(order, exposure) and (order.exchange_id in own or kind_of(order, exposure) == "sl")
    ]
    stands = covered(exposure, standing)
    return Shortage(exposure, stands, needed) if stands < needed else None
