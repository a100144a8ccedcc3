"""What an act of several steps consists of, whatever its kind: states, steps, and what is decided next.

A kind decides by a pure function of what is stored and read: the next step, a wait, or that it is over.
`trading.execution.executor` carries that out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.domain.markets.market import Market
from bot.domain.orders.order import OrderRequest
from bot.domain.orders.roles import OrderRole


class OperationState(StrEnum):
    RUNNING = "running"
    DONE = "done"  # and what came of it is told
    ENDED = "ended"  # its person was forgotten, its key went, or it is too old: not carried on, not told


@dataclass(frozen=True, slots=True)
class Leg:
    """One order with the names its card needs."""

    request: OrderRequest
    base: str
    quote: str
    role: OrderRole = OrderRole.ENTRY
    is_whole: bool = False  # an exit for all of the position

    @classmethod
    def of(cls, request: OrderRequest, market: Market, role: OrderRole) -> Leg:
        return cls(request, market.base, market.quote, role)


@dataclass(frozen=True, slots=True)
class Step:
    """What an operation does next: send `legs`, or the act that `what` names for its kind.

    `plan` is JSON and is stored with the step before anything is done. `first`: the number of the first leg
    among the orders of the operation.
    """

    what: str
    plan: Mapping[str, Any] = field(default_factory=dict)
    legs: tuple[Leg, ...] = ()
    first: int = 0


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is to be done before `until_ms` (unix time); then it is decided again."""

    until_ms: int


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing is left to do."""


Next = Step | Wait | Done
