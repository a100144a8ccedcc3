"""Promises that hold for every line, market and account, not only for round numbers."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.intent import (
    AbsolutePrice,
    BareSize,
    BaseSize,
    CloseIntent,
    ProtectIntent,
    QuoteSize,
    TradeIntent,
)
from bot.domain.orders.order import OrderRequest
from bot.domain.preview.build import QUESTIONS, build_close, build_preview, build_protect
from bot.domain.preview.instrument_selection import usable
from bot.domain.preview.preview import Preview, PreviewContext
from bot.domain.preview.pricing import moved_beyond, static_range, walk_book
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import OrderType, Side, exact
from tests.domain.strategies import closes, contexts, protections, trades

thorough = settings(max_examples=250, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def assert_sendable(request: OrderRequest, context: PreviewContext) -> None:
    """Everything on the wire is at the tick and the step and inside the fixed filters."""
    market = context.market
    for quantity in (request.quantity, request.trigger_quantity):
        assert quantity is None or (quantity % market.step == 0 and quantity >= market.min_quantity)
    prices = (request.price, request.trigger_price, request.take_profit_trigger, request.stop_loss_trigger)
    for price in prices:
        assert price is None or (price % market.tick == 0 and price in static_range(market))
    given_sizes = (request.quantity, request.quote_quantity, request.trigger_quantity)
    assert sum(size is not None for size in given_sizes) == 1
    assert (request.trigger_price is None) == (request.trigger_quantity is None)
    assert (request.order_type is OrderType.LIMIT) == (request.price is not None)
    assert market.is_perp or not request.reduce_only
    assert all("E" not in str(v) for v in request.payload().values() if str(v)[:1].isdigit())


def assert_consistent(preview: Preview, context: PreviewContext) -> None:
    with exact():
        fee = preview.notional * preview.fee_bps / 10_000
        assert abs(fee - preview.fee) <= abs(fee) * D("1e-20") or any(
            note.code == "partial-depth" for note in preview.notes
        )
    if context.market.is_perp and preview.request.trigger_price is None:
        moved = preview.position_after - preview.position_before
        assert moved == preview.quantity * preview.request.side.sign
    if preview.next_funding_payment:
        rate = preview.funding_rate
        assert rate is not None
        assert (preview.next_funding_payment > 0) == (rate * preview.position_after < 0) or isinstance(
            preview.request.trigger_price, D
        )
    if preview.worst_price is not None and preview.best_price is not None:
        sign = preview.request.side.sign
        assert preview.best_price * sign <= preview.worst_price * sign


@pytest.mark.slow
@thorough
@given(st.data())
def test_every_line_becomes_a_sendable_order_or_a_refusal_whose_mend_is_accepted(data: st.DataObject) -> None:
    context = data.draw(contexts())
    intent = data.draw(trades(context))
    outcome = build_preview(intent, context)
    if isinstance(outcome, Preview):
        assert_sendable(outcome.request, context)
        assert_consistent(outcome, context)
        if isinstance(intent.size, BaseSize):
            assert outcome.quantity <= intent.size.amount
        if isinstance(intent.size, QuoteSize) and outcome.request.trigger_price is None:
            assert outcome.notional <= intent.size.amount
        if outcome.request.reduce_only:
            assert abs(outcome.position_after) < abs(outcome.position_before)
        elif not context.market.is_perp:
            assert outcome.available_after >= min(D(0), -outcome.fee)
    elif outcome.mend_intent is not None and outcome.code is not RefusalCode.SHORT_SPOT:
        assert isinstance(outcome.mend_intent, TradeIntent)
        mended = build_preview(outcome.mend_intent, context)
        if isinstance(mended, Refusal):
            # The mend is right as far as it goes: of a line whose size was open, the size is asked.
            assert mended.code in QUESTIONS
            assert intent.size is None or isinstance(intent.size, BareSize)
        else:
            assert mended.request.side is intent.verb.side


@pytest.mark.slow
@thorough
@given(st.data())
def test_every_close_reduces_or_is_refused_with_an_accepted_mend(data: st.DataObject) -> None:
    context = data.draw(contexts())
    outcome = build_close(data.draw(closes(context)), context)
    if isinstance(outcome, Refusal):
        if outcome.mend_intent is None:
            return
        mend = outcome.mend_intent
        if isinstance(mend, TradeIntent):  # a close has no word for it
            assert mend.post_only
            assert context.market.state == "PostOnly"
            outcome = build_preview(mend, context)
        else:
            assert isinstance(mend, CloseIntent)
            outcome = build_close(mend, context)
    assert isinstance(outcome, Preview)
    assert_sendable(outcome.request, context)
    assert outcome.request.reduce_only is context.market.is_perp
    if context.market.is_perp:
        assert abs(outcome.position_after) < abs(outcome.position_before)
        assert outcome.position_after * outcome.position_before >= 0


@pytest.mark.slow
@thorough
@given(st.data())
def test_every_protection_is_a_trigger_on_the_right_side_or_refused_with_an_accepted_mend(
    data: st.DataObject,
) -> None:
    context = data.draw(contexts())
    intent = data.draw(protections(context))
    outcome = build_protect(intent, context)
    if isinstance(outcome, Refusal):
        if outcome.mend_intent is None:
            return
        assert isinstance(outcome.mend_intent, ProtectIntent)
        outcome = build_protect(outcome.mend_intent, context)
    assert isinstance(outcome, Preview)
    assert_sendable(outcome.request, context)
    now = context.mark.mark if context.market.is_perp else context.last
    above = (outcome.request.side is Side.SELL) == (intent.kind == "tp")
    assert outcome.request.trigger_price is not None
    assert (outcome.request.trigger_price > now) == above


levels = st.lists(
    st.tuples(st.integers(1, 10_000).map(D), st.integers(1, 10_000).map(lambda n: D(n) / 100)),
    min_size=1,
    max_size=8,
    unique_by=lambda level: level[0],
).map(sorted)


@given(levels, st.integers(1, 1_000_000).map(lambda n: D(n) / 100))
def test_the_walked_average_lies_between_best_and_worst(asks: list[tuple[D, D]], quantity: D) -> None:
    walk = walk_book(asks, quantity=quantity)
    assert walk.average is not None
    assert walk.worst is not None
    with exact():
        assert asks[0][0] - D("1e-50") <= walk.average <= walk.worst + D("1e-50")
    assert walk.filled <= quantity
    assert walk.complete == (sum(size for _, size in asks) >= quantity)
    assert walk.levels_used <= len(asks)


@given(levels, st.integers(1, 10_000_000).map(lambda n: D(n) / 100))
def test_walking_by_money_agrees_with_walking_by_quantity(asks: list[tuple[D, D]], money: D) -> None:
    by_money = walk_book(asks, quote=money)
    by_quantity = walk_book(asks, quantity=by_money.filled)
    assert by_money.cost <= money
    with exact():
        assert abs(by_money.cost - by_quantity.cost) < D("1e-50")


@given(st.integers(1, 10_000).map(D), st.integers(-500, 500), st.sampled_from(Side), st.integers(0, 50))
def test_only_a_move_against_the_order_beyond_the_tolerance_counts(
    reference: D, per_mille: int, side: Side, tolerance: int
) -> None:
    now = reference * (1000 + per_mille) / 1000
    against = per_mille * side.sign
    assert moved_beyond(reference, now, side, D(tolerance) / 10) == (against > tolerance)


@pytest.mark.slow
@thorough
@given(st.data())
def test_no_mend_proposes_a_price_far_from_the_mark_or_all_there_is(data: st.DataObject) -> None:
    context = data.draw(contexts())
    intent = data.draw(trades(context))
    outcome = build_preview(intent, context)
    if not isinstance(outcome, Refusal) or not isinstance(mend := outcome.mend_intent, TradeIntent):
        return
    mark = usable(context).mark.mark if context.market.is_perp else usable(context).last
    typed = (intent.price, intent.trigger, intent.take_profit, intent.stop_loss)
    for price in (mend.price, mend.trigger, mend.take_profit, mend.stop_loss):
        if isinstance(price, AbsolutePrice) and price not in typed:
            assert abs(price.price - mark) * 100 <= mark * 15
    if outcome.code in {RefusalCode.INSUFFICIENT_BALANCE, RefusalCode.INSUFFICIENT_MARGIN}:
        available, required = outcome.params["available"], outcome.params["required"]
        assert isinstance(available, D)
        assert isinstance(required, D)
        assert available >= required * D("0.9")
