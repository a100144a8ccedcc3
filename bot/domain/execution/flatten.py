"""A panic: withdraw every order, close every position, and look at what is left.

It is decided by the steps begun since it was last taken up: after a crash it begins anew, with what the
account holds then. `done` is only what was read again and is not there any more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from bot.domain.accounts.account import Position
from bot.domain.accounts.holdings import PositionClosing, closing_orders
from bot.domain.execution.operation import Done, Leg, Next, Step, Wait
from bot.domain.markets.market import Market, named
from bot.domain.orders.order import OrderState
from bot.domain.orders.roles import OrderRole

SETTLE_MS: Final = 10_000  # what the exchange took at the market ends sooner, or its news was lost
POLL_MS: Final = 250

_IN_DOUBT: Final = (OrderState.SENDING, OrderState.UNKNOWN)
_LIVE: Final = (OrderState.NEW, OrderState.TRIGGER_PENDING, OrderState.PARTIALLY_FILLED)


class FlattenAct(StrEnum):
    """What a step of a panic does."""

    WITHDRAW = "withdraw"
    CLOSE = "close"
    CLOSE_AGAIN = "close-again"  # by the rules that hold now, what was refused for its market's rules
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something could not be read or done. `is_unknown`: perhaps it was done."""

    code: str | None
    message: str
    is_unknown: bool = False

    def plain(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "is_unknown": self.is_unknown}


@dataclass(frozen=True, slots=True)
class SentClose:
    """One close that was sent, as it is known now. `is_outdated`: refused by rules that may have changed."""

    symbol: str
    state: OrderState
    is_outdated: bool = False


@dataclass(frozen=True, slots=True)
class Flattening:
    """How far a panic has come. `acts`: those begun since it was taken up, first to last.

    `closes`: all that were sent, ever; `just_sent`: those of the last step. Both are waited for: these until
    `settle_ms`, those of before a crash until `doubt_ms`. `excused`: symbols in which something may be left.
    """

    acts: Sequence[FlattenAct]
    closes: Sequence[SentClose] = ()
    just_sent: Sequence[SentClose] = ()
    settle_ms: int = 0
    doubt_ms: int = 0
    excused: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class AccountReading:
    """What was read of the account for the next step. `trouble`: why nothing was.

    `orders`: symbols of what rests, by the exchange's ids; `strategies`: symbols of those that run; `rules`:
    of the markets that are known.
    """

    orders: Mapping[str, str] = field(default_factory=dict)
    strategies: Collection[str] = ()
    positions: Mapping[str, Position] = field(default_factory=dict)
    rules: Mapping[str, Market | None] = field(default_factory=dict)
    trouble: Trouble | None = None


def next_act(state: Flattening, now_ms: int) -> FlattenAct | Wait | Done:
    """What comes next; the account need not be read to know."""
    last = state.acts[-1] if state.acts else None
    if last is None:
        return FlattenAct.WITHDRAW
    if last is FlattenAct.WITHDRAW:
        is_clear = now_ms >= state.doubt_ms or all(one.state not in _IN_DOUBT for one in state.closes)
        return FlattenAct.CLOSE if is_clear else Wait(now_ms + POLL_MS)
    if last is FlattenAct.LOOK:
        return Done()
    # Only what was just sent may still rest: none of it does for long.
    if state.just_sent and now_ms < state.settle_ms and any(one.state in _LIVE for one in state.closes):
        return Wait(now_ms + POLL_MS)
    if last is FlattenAct.CLOSE and refused(state):
        return FlattenAct.CLOSE_AGAIN
    return FlattenAct.LOOK


def refused(state: Flattening) -> list[str]:
    """Symbols of which new rules may take what the exchange has just refused."""
    return sorted({one.symbol for one in state.just_sent if one.is_outdated})


def next_step(state: Flattening, now_ms: int, reading: AccountReading) -> Next:
    """`reading` is what `next_act` needs: orders to withdraw, or positions to close."""
    act = next_act(state, now_ms)
    if isinstance(act, Wait | Done):
        return act
    if act is FlattenAct.WITHDRAW:
        return Step(act.value, _withdrawal(reading))
    if act is FlattenAct.LOOK:
        return Step(act.value, {"excused": sorted(state.excused)})
    return _closing(act, state, reading)


def _withdrawal(reading: AccountReading) -> dict[str, Any]:
    if reading.trouble is not None:
        return {"unread": reading.trouble.plain()}
    return {"found": dict(reading.orders), "strategies": sorted(reading.strategies)}


def _closing(act: FlattenAct, state: Flattening, reading: AccountReading) -> Step:
    """Closes of all that is held and can be closed, and by symbol what cannot."""
    if reading.trouble is not None:
        return Step(act.value, {"unread": reading.trouble.plain()})
    held = reading.positions
    if act is FlattenAct.CLOSE_AGAIN:
        held = {symbol: held[symbol] for symbol in refused(state) if symbol in held}
    closings = {symbol: closing_orders(one, reading.rules.get(symbol)) for symbol, one in held.items()}
    plan = {
        "held": {symbol: str(abs(one.quantity)) for symbol, one in held.items()},
        "rests": {symbol: str(closing.rest) for symbol, closing in closings.items()},
    }
    return Step(act.value, plan, _legs(closings, reading.rules), len(state.closes))


def _legs(closings: Mapping[str, PositionClosing], rules: Mapping[str, Market | None]) -> tuple[Leg, ...]:
    legs = []
    for symbol, closing in closings.items():
        market, own = rules.get(symbol), named(symbol)
        for request in closing.requests:
            if market is not None:
                legs.append(Leg.of(request, market, OrderRole.CLOSE))
            else:
                legs.append(Leg(request, own.base, own.quote or "USDC", OrderRole.CLOSE))
    return tuple(legs)


def rests_of(plans: Sequence[Mapping[str, Any]]) -> dict[str, Decimal]:
    """What closes could not take (base, by symbol), by the plans of the closing steps, first to last."""
    known: dict[str, Decimal] = {}
    for plan in plans:
        known |= {symbol: Decimal(rest) for symbol, rest in plan.get("rests", {}).items()}
    return {symbol: rest for symbol, rest in known.items() if rest}
