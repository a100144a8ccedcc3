"""Whether the exits promised with an entry stand at the exchange. Pure: what the exchange said is passed in.

An exit stands when the exchange has an order of its role that belongs to the entry, or another's trigger at
the promised price; and the exits of that kind together protect what the entry added to the position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from bot.domain.orders.order import OrderReport
from bot.domain.orders.roles import OrderRole
from bot.domain.values import ZERO, Side


@dataclass(frozen=True, slots=True)
class ExitPromise:
    """One exit attached to an entry."""

    role: OrderRole  # take profit or stop
    trigger: Decimal


@dataclass(frozen=True, slots=True)
class FilledEntry:
    """An executed order with exits attached."""

    symbol: str
    side: Side
    exchange_id: str
    executed: Decimal  # base, above zero
    average: Decimal  # price of the execution
    promises: tuple[ExitPromise, ...]
    exits: Mapping[str | None, OrderRole] = field(default_factory=dict)  # known to be its own, by exchange id


@dataclass(frozen=True, slots=True)
class ExitGap:
    """A promise that is not kept. `covered` is zero when nothing stands at its price."""

    promise: ExitPromise
    covered: Decimal  # base quantity
    needed: Decimal


def gaps(entry: FilledEntry, resting: Sequence[OrderReport], held: Decimal) -> list[ExitGap]:
    """The promises of `entry` that do not stand among all `resting` orders of the account.

    `held` is the net position in the market (signed), read after `resting`: an exit that fired in between has
    taken its position with it, and a position that is gone needs no exit.
    """
    needed = min(entry.executed, abs(held))
    if held * entry.side.sign <= ZERO:
        return []
    triggers = [
        order
        for order in resting
        if order.symbol == entry.symbol
        and order.side is entry.side.opposite
        and order.trigger_price is not None
    ]
    found = (_gap(entry, promise, triggers, needed) for promise in entry.promises)
    return [gap for gap in found if gap is not None]


def _gap(
    entry: FilledEntry, promise: ExitPromise, triggers: Sequence[OrderReport], needed: Decimal
) -> ExitGap | None:
    if not any(keeps(entry, promise, order) for order in triggers):
        return ExitGap(promise, ZERO, needed)
    covered = sum((_left(order, needed) for order in triggers if _serves(entry, promise, order)), ZERO)
    return ExitGap(promise, covered, needed) if covered < needed else None


def keeps(entry: FilledEntry, promise: ExitPromise, order: OrderReport) -> bool:
    """Whether `order` is that promise, or an order not known here that does the same."""
    role = entry.exits.get(order.exchange_id)
    if role is not None:
        return role is promise.role
    return order.trigger_price == promise.trigger and order.related_id in {None, entry.exchange_id}


def _serves(entry: FilledEntry, promise: ExitPromise, order: OrderReport) -> bool:
    """Whether `order` is an exit of that kind, whoever's: of others the side of the entry's price tells."""
    role = entry.exits.get(order.exchange_id)
    if role is not None:
        return role is promise.role
    above = order.trigger_price is not None and order.trigger_price > entry.average
    return above == (promise.trigger > entry.average)


def _left(order: OrderReport, needed: Decimal) -> Decimal:
    """What an exit still closes; one sized by a share of the position closes what it must."""
    return needed if order.quantity is None else order.quantity - order.executed
