"""A list of statements: each step follows a success, and nothing follows anything else."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.domain.execution.operation import Done, Leg, Step
from bot.domain.execution.order_list import (
    Begun,
    Failure,
    Outcome,
    PlannedStatement,
    StatementAct,
    next_step,
    of_failures,
    outcome_of,
    outcomes,
    worst,
)
from bot.domain.orders.order import OrderRequest, OrderState
from bot.domain.values import OrderType, Side
from tests.trading.views.build import snapshot

BUY = Leg(OrderRequest("SOL_USDC_PERP", Side.BUY, OrderType.MARKET, quantity=Decimal(1)), "SOL", "USDC")
TWO = PlannedStatement("close all", (BUY, BUY))
ONE = PlannedStatement("long sol 1", (BUY,))
CANCEL = PlannedStatement("cancel all", cancels=(snapshot(),))
REPLACE = PlannedStatement("cancel 8F2K", cancels=(snapshot(),), is_replacement=True)

SEND, CHECK, WITHDRAW = StatementAct.SEND, StatementAct.CHECK, StatementAct.CANCEL


def done(*acts: tuple[int, StatementAct]) -> list[Begun]:
    return [Begun(number, act, Outcome.DONE) for number, act in acts]


def test_statements_are_sent_in_their_order_and_their_legs_numbered_through() -> None:
    statements = [TWO, ONE, CANCEL]
    assert next_step(statements, []) == Step(SEND, {"statement": 0}, (BUY, BUY), 0)
    assert next_step(statements, done((0, SEND))) == Step(SEND, {"statement": 1}, (BUY,), 2)
    assert next_step(statements, done((0, SEND), (1, SEND))) == Step(WITHDRAW, {"statement": 2})
    assert next_step(statements, done((0, SEND), (1, SEND), (2, WITHDRAW))) == Done()


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.DONE])
@pytest.mark.parametrize("act", StatementAct)
def test_nothing_follows_a_step_that_is_not_known_to_be_done(act: StatementAct, outcome: Outcome) -> None:
    assert next_step([ONE, ONE, ONE], [Begun(0, act, outcome)]) == Done()


def test_what_is_replaced_is_cancelled_only_when_its_successor_was_seen_to_stand() -> None:
    statements = [ONE, REPLACE]
    assert next_step(statements, done((0, SEND))) == Step(CHECK, {"statement": 1})
    assert next_step(statements, done((0, SEND), (1, CHECK))) == Step(WITHDRAW, {"statement": 1})
    assert next_step(statements, [*done((0, SEND)), Begun(1, CHECK, Outcome.UNSENT)]) == Done()
    assert next_step(statements, done((0, SEND), (1, CHECK), (1, WITHDRAW))) == Done()


def test_a_statement_counts_as_unsent_until_its_own_act_began() -> None:
    statements = [ONE, REPLACE, ONE]
    assert outcomes(statements, done((0, SEND), (1, CHECK))) == [
        Outcome.DONE,
        Outcome.UNSENT,
        Outcome.UNSENT,
    ]
    unknown = [*done((0, SEND), (1, CHECK)), Begun(1, WITHDRAW, Outcome.UNKNOWN)]
    assert outcomes(statements, unknown)[1] is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("state", "executed", "outcome"),
    [
        (OrderState.SENDING, "0", Outcome.UNKNOWN),
        (OrderState.UNKNOWN, "0", Outcome.UNKNOWN),
        (OrderState.NEW, "0", Outcome.DONE),
        (OrderState.FILLED, "1", Outcome.DONE),
        (OrderState.EXPIRED, "0.5", Outcome.DONE),
        (OrderState.EXPIRED, "0", Outcome.FAILED),
        (OrderState.REJECTED, "0", Outcome.FAILED),
        (OrderState.NOT_PLACED, "0", Outcome.FAILED),
    ],
)
def test_an_order_fails_its_step_when_it_ended_without_a_fill(
    state: OrderState, executed: str, outcome: Outcome
) -> None:
    assert outcome_of(state, Decimal(executed)) is outcome


def test_the_worst_of_several_outcomes_is_that_of_their_step() -> None:
    assert worst([]) is Outcome.UNSENT
    assert worst([Outcome.DONE, Outcome.DONE]) is Outcome.DONE
    assert worst([Outcome.DONE, Outcome.UNKNOWN]) is Outcome.UNKNOWN
    assert worst([Outcome.UNKNOWN, Outcome.FAILED]) is Outcome.FAILED


def test_cancels_without_an_answer_are_unknown_and_refused_ones_failed() -> None:
    order = snapshot()
    assert of_failures([]) is Outcome.DONE
    assert of_failures([Failure(order)]) is Outcome.UNKNOWN
    assert of_failures([Failure(order), Failure(order, "ORDER_FILLED", "")]) is Outcome.FAILED
