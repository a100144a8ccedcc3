"""An exit stands or it does not: coverage, other people's stops, positions that are gone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.orders.exit_coverage import ExitPromise, FilledEntry, gaps
from bot.domain.orders.order import OrderEvent, OrderReport
from bot.domain.orders.roles import OrderRole
from bot.domain.values import ZERO, Side

SOL = "SOL_USDC_PERP"
STOP = ExitPromise(OrderRole.STOP, Decimal(145))
TARGET = ExitPromise(OrderRole.TAKE_PROFIT, Decimal(160))
ENTRY = FilledEntry(SOL, Side.BUY, "p1", Decimal(2), Decimal(150), (TARGET, STOP))

quantities = st.decimals(min_value="0.01", max_value="100", places=2)


def exit_of(promise: ExitPromise, quantity: Decimal | None = Decimal(2), **changes: object) -> OrderReport:
    made = OrderReport(
        SOL,
        Side.SELL,
        OrderEvent.TRIGGER_PLACED,
        f"x-{promise.role}",
        None,
        quantity=quantity,
        trigger_price=promise.trigger,
        related_id="p1",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


BOTH = [exit_of(TARGET), exit_of(STOP)]


def test_what_stands_leaves_no_gap() -> None:
    assert gaps(ENTRY, BOTH, Decimal(2)) == []


def test_each_missing_promise_is_named() -> None:
    found = gaps(ENTRY, [exit_of(TARGET)], Decimal(2))
    assert [(gap.promise, gap.covered, gap.needed) for gap in found] == [(STOP, ZERO, Decimal(2))]
    assert [gap.promise for gap in gaps(ENTRY, [], Decimal(2))] == [TARGET, STOP]


@given(held=quantities)
def test_a_position_that_is_gone_or_turned_needs_nothing(held: Decimal) -> None:
    assert gaps(ENTRY, [], ZERO) == []
    assert gaps(ENTRY, [], -held) == []


@given(held=quantities, small=quantities)
def test_coverage_is_measured_against_what_is_left_to_protect(held: Decimal, small: Decimal) -> None:
    needed = min(held, ENTRY.executed)
    found = gaps(ENTRY, [exit_of(TARGET), exit_of(STOP, small)], held)
    short = [gap for gap in found if gap.promise is STOP]
    assert bool(short) == (small < needed)


def test_an_exit_sized_by_a_share_of_the_position_covers_it() -> None:
    assert gaps(ENTRY, [exit_of(TARGET, None), exit_of(STOP, None)], Decimal(2)) == []


def test_anothers_exit_at_the_same_price_is_not_ours() -> None:
    foreign = exit_of(STOP, related_id="p2")
    assert [gap.promise for gap in gaps(ENTRY, [exit_of(TARGET), foreign], Decimal(4))] == [STOP]


def test_a_stop_placed_by_hand_at_that_price_does_as_well() -> None:
    by_hand = exit_of(STOP, related_id=None, client_id=7)
    assert gaps(ENTRY, [exit_of(TARGET), by_hand], Decimal(2)) == []


def test_stops_of_several_prices_add_up_but_targets_are_no_stops() -> None:
    half, other = (
        exit_of(STOP, Decimal(1)),
        exit_of(ExitPromise(OrderRole.STOP, Decimal(140)), Decimal(1), related_id="p2"),
    )
    assert gaps(ENTRY, [exit_of(TARGET), half, other], Decimal(2)) == []
    assert len(gaps(ENTRY, [exit_of(TARGET), half], Decimal(2))) == 1


def test_an_exit_known_to_be_its_own_stands_at_whatever_price_it_was_moved_to() -> None:
    moved = exit_of(STOP, trigger_price=Decimal("151"))  # above the entry: it keeps a gain now
    known = replace(ENTRY, exits={moved.exchange_id: OrderRole.STOP})
    assert gaps(known, [exit_of(TARGET), moved], Decimal(2)) == []
    assert [gap.promise for gap in gaps(ENTRY, [exit_of(TARGET), moved], Decimal(2))] == [STOP]


def test_a_target_moved_to_the_price_of_the_stop_is_still_a_target() -> None:
    target = exit_of(TARGET, trigger_price=STOP.trigger)
    known = replace(ENTRY, exits={target.exchange_id: OrderRole.TAKE_PROFIT})
    assert [gap.promise for gap in gaps(known, [target], Decimal(2))] == [STOP]
