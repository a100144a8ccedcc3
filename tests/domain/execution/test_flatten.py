"""A panic's steps: withdraw, close, look; anew after a crash, and never on top of what is in doubt."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.execution.flatten import (
    POLL_MS,
    AccountReading,
    FlattenAct,
    Flattening,
    SentClose,
    Trouble,
    next_act,
    next_step,
    rests_of,
)
from bot.domain.execution.operation import Done, Step, Wait
from bot.domain.orders.order import OrderState
from bot.domain.orders.roles import OrderRole
from bot.domain.values import Side
from tests.domain.builders import perp, position

NOW = 1_000_000
WITHDRAW, CLOSE, AGAIN, LOOK = FlattenAct
SOL = "SOL_USDC_PERP"
HELD = {SOL: position("1.405")}


def close(state: OrderState = OrderState.FILLED, *, is_outdated: bool = False) -> SentClose:
    return SentClose(SOL, state, is_outdated)


def test_it_withdraws_closes_looks_and_is_done() -> None:
    sent = [close()]
    for acts, following in (
        ([], WITHDRAW),
        ([WITHDRAW], CLOSE),
        ([WITHDRAW, CLOSE], LOOK),
        ([WITHDRAW, CLOSE, AGAIN], LOOK),
        ([WITHDRAW, CLOSE, LOOK], Done()),
    ):
        assert next_act(Flattening(acts, sent, sent), NOW) == following


@pytest.mark.parametrize("state", [OrderState.SENDING, OrderState.UNKNOWN])
def test_what_a_crash_left_in_doubt_is_looked_up_before_anything_is_closed_again(state: OrderState) -> None:
    resumed = Flattening([WITHDRAW], [close(state)], doubt_ms=NOW + 1)
    assert next_act(resumed, NOW) == Wait(NOW + POLL_MS)
    assert next_act(replace(resumed, closes=[close()]), NOW) is CLOSE
    assert next_act(resumed, NOW + 1) is CLOSE  # by then it may have another fate for all we learn


@pytest.mark.parametrize("state", [OrderState.NEW, OrderState.PARTIALLY_FILLED])
def test_closes_are_given_a_moment_to_end(state: OrderState) -> None:
    sent = [close(state)]
    closing = Flattening([WITHDRAW, CLOSE], sent, sent, settle_ms=NOW + 1)
    assert next_act(closing, NOW) == Wait(NOW + POLL_MS)
    assert next_act(closing, NOW + 1) is LOOK
    assert next_act(replace(closing, just_sent=[]), NOW) is LOOK  # nothing of this step rests


def test_a_close_refused_by_its_markets_rules_is_tried_once_more() -> None:
    sent = [close(OrderState.REJECTED, is_outdated=True)]
    assert next_act(Flattening([WITHDRAW, CLOSE], sent, sent), NOW) is AGAIN
    assert next_act(Flattening([WITHDRAW, CLOSE, AGAIN], sent, sent), NOW) is LOOK
    plain = [close(OrderState.REJECTED)]
    assert next_act(Flattening([WITHDRAW, CLOSE], plain, plain), NOW) is LOOK


def test_what_rests_is_written_down_before_it_is_withdrawn() -> None:
    reading = AccountReading(orders={"11": SOL}, strategies={"B", "A"})
    assert next_step(Flattening([]), NOW, reading) == Step(
        WITHDRAW, {"found": {"11": SOL}, "strategies": ["A", "B"]}
    )


def test_closes_are_the_position_at_the_markets_step_and_the_rest_is_named() -> None:
    reading = AccountReading(positions=HELD, rules={SOL: perp()})
    step = next_step(Flattening([WITHDRAW], [close()]), NOW, reading)
    assert isinstance(step, Step)
    assert (step.what, step.first) == (CLOSE, 1)
    assert step.plan == {"held": {SOL: "1.405"}, "rests": {SOL: "0.005"}}
    (leg,) = step.legs
    assert (leg.request.side, leg.request.quantity) == (Side.SELL, Decimal("1.40"))
    assert (leg.request.reduce_only, leg.role, leg.base) == (True, OrderRole.CLOSE, "SOL")


def test_a_position_of_a_market_nobody_knows_is_closed_as_it_is_held() -> None:
    step = next_step(Flattening([WITHDRAW]), NOW, AccountReading(positions=HELD, rules={SOL: None}))
    assert isinstance(step, Step)
    assert [(leg.request.quantity, leg.base, leg.quote) for leg in step.legs] == [
        (Decimal("1.405"), "SOL", "USDC")
    ]


def test_only_what_was_refused_is_closed_again() -> None:
    sent = [close(OrderState.REJECTED, is_outdated=True)]
    positions = HELD | {"ETH_USDC_PERP": position("-1", symbol="ETH_USDC_PERP")}
    reading = AccountReading(positions=positions, rules={SOL: perp()})
    step = next_step(Flattening([WITHDRAW, CLOSE], sent, sent), NOW, reading)
    assert isinstance(step, Step)
    assert [leg.request.symbol for leg in step.legs] == [SOL]
    assert step.plan["held"].keys() == {SOL}


@pytest.mark.parametrize("acts", [[], [WITHDRAW]])
def test_what_cannot_be_read_is_noted_and_nothing_is_sent(acts: list[FlattenAct]) -> None:
    trouble = Trouble("DOWN", "no answer", is_unknown=True)
    step = next_step(Flattening(acts), NOW, AccountReading(trouble=trouble))
    assert isinstance(step, Step)
    assert (step.plan, step.legs) == ({"unread": trouble.plain()}, ())


def test_the_last_look_expects_nothing_but_what_is_excused() -> None:
    state = Flattening([WITHDRAW, CLOSE], excused={"B", "A"})
    assert next_step(state, NOW, AccountReading()) == Step(LOOK, {"excused": ["A", "B"]})


def test_a_rest_is_what_the_newest_rules_leave() -> None:
    plans: list[dict[str, Any]] = [{"found": {}}, {"rests": {"A": "0.5", "B": "1"}}, {"rests": {"A": "0"}}]
    assert rests_of(plans) == {"B": Decimal(1)}
