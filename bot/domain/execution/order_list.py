"""Several statements confirmed by one tap: sent one after the other, and stopped by the first that fails."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from bot.domain.execution.operation import Done, Leg, Step
from bot.domain.orders.order import OrderSnapshot, OrderState
from bot.domain.values import ZERO

_IN_DOUBT: Final = (OrderState.SENDING, OrderState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class PlannedStatement:
    """One statement as it was previewed: the orders it sends, or those it cancels."""

    line: str
    legs: tuple[Leg, ...] = ()
    cancels: tuple[OrderSnapshot, ...] = ()
    is_replacement: bool = False  # it cancels what the statement before it takes the place of


class StatementAct(StrEnum):
    """What a step does for its statement."""

    SEND = "send"
    CHECK = "check"  # whether what was sent stands, before what it replaces is cancelled
    CANCEL = "cancel"


class Outcome(StrEnum):
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"  # perhaps done: being looked up
    UNSENT = "unsent"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one order was not cancelled; without a code or a message, no answer came."""

    order: OrderSnapshot
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A step that was begun, for the statement of this number, and what is known of it now."""

    statement: int
    act: StatementAct
    outcome: Outcome


def next_step(statements: Sequence[PlannedStatement], begun: Sequence[Begun]) -> Step | Done:
    """The step after those that were begun; none when all are done, or after one that is not."""
    last = begun[-1] if begun else None
    if last is not None and last.outcome is not Outcome.DONE:
        return Done()
    is_checked = last is not None and last.act is StatementAct.CHECK
    number = 0 if last is None else last.statement + (not is_checked)
    if number >= len(statements):
        return Done()
    statement, plan = statements[number], {"statement": number}
    if statement.legs:
        first = sum(len(one.legs) for one in statements[:number])
        return Step(StatementAct.SEND, plan, statement.legs, first)
    if statement.is_replacement and not is_checked:
        return Step(StatementAct.CHECK, plan)
    return Step(StatementAct.CANCEL, plan)


def outcomes(statements: Sequence[PlannedStatement], begun: Iterable[Begun]) -> list[Outcome]:
    """What became of each statement."""
    known = {one.statement: one.outcome for one in begun if one.act is not StatementAct.CHECK}
    return [known.get(number, Outcome.UNSENT) for number in range(len(statements))]


def outcome_of(state: OrderState, executed: Decimal) -> Outcome:
    """What an order means for the steps after it: one that ended without any fill failed."""
    if state in _IN_DOUBT:
        return Outcome.UNKNOWN
    if state.is_terminal and state is not OrderState.FILLED and executed == ZERO:
        return Outcome.FAILED
    return Outcome.DONE


def worst(of: Iterable[Outcome]) -> Outcome:
    """What the orders of one step come to together; a failure weighs most."""
    found = set(of)
    for outcome in (Outcome.FAILED, Outcome.UNKNOWN):
        if outcome in found:
            return outcome
    return Outcome.DONE if found else Outcome.UNSENT


def of_failures(failures: Sequence[Failure]) -> Outcome:
    """What cancels came to, by those that failed."""
    if not failures:
        return Outcome.DONE
    answered = any(one.code is not None or one.message is not None for one in failures)
    return Outcome.FAILED if answered else Outcome.UNKNOWN
