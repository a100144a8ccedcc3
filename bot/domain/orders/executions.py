"""Executions the exchange made by itself, added up: what was closed of each market, at which average."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from bot.domain.values import Side


class Execution(Protocol):
    """A fill, as the domain or the store keeps it."""

    @property
    def symbol(self) -> str: ...
    @property
    def side(self) -> Side: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def price(self) -> Decimal: ...


@dataclass(frozen=True, slots=True)
class Closed:
    """`quantity` base units of one market, at the average `price`."""

    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal


def closed(executions: Iterable[Execution]) -> tuple[Closed, ...]:
    """The sums by market and side, in the order in which they began."""
    sums: dict[tuple[str, Side], tuple[Decimal, Decimal]] = {}
    for one in executions:
        quantity, cost = sums.get((one.symbol, one.side), (Decimal(0), Decimal(0)))
        sums[one.symbol, one.side] = quantity + one.quantity, cost + one.quantity * one.price
    return tuple(
        Closed(symbol, side, quantity, cost / quantity)
        for (symbol, side), (quantity, cost) in sums.items()
        if quantity
    )
