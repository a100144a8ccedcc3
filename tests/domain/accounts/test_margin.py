"""Margin, leverage and the liquidation price, against the formulae they claim."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.accounts.margin import (
    holding_after,
    initial_margin,
    largest_affordable,
    liquidation_price,
    margin_fraction,
    maximum_leverage,
)
from bot.domain.intent import BaseSize, PercentOffset, TradeIntent, Verb
from bot.domain.markets.market import MarginFunction
from bot.domain.preview.build import build_preview
from bot.domain.preview.preview import Preview, PreviewContext
from bot.domain.values import exact
from tests.domain.builders import account, moment, perp, position
from tests.support.present import present

sizes = st.integers(1, 4_000).map(lambda n: D(n) / 100)
sides = st.sampled_from([Verb.LONG, Verb.SHORT])


def preview_of(verb: Verb, quantity: D, context: PreviewContext | None = None) -> Preview:
    outcome = build_preview(TradeIntent(verb, "sol", BaseSize(quantity), slippage=D(2)), context or moment())
    assert isinstance(outcome, Preview), outcome
    return outcome


def test_the_margin_fraction_grows_with_the_root_of_the_notional() -> None:
    function = MarginFunction(D("0.02"), D("0.0001"))
    assert margin_fraction(function, D(-1_000_000)) == D("0.12")
    assert margin_fraction(None, D(100)) == 0


def test_initial_margin_is_the_stricter_of_market_and_account() -> None:
    market = perp(imf=MarginFunction(D("0.2"), D(0)))
    assert initial_margin(market, D(1000), D(10)) == 200
    assert initial_margin(market, D(1000), D(4)) == 250
    assert maximum_leverage(market) == 5


@given(sides, sizes, sizes)
def test_initial_margin_never_falls_with_the_size(verb: Verb, one: D, other: D) -> None:
    small, large = sorted((one, other))
    less, more = (present(preview_of(verb, size).initial_margin) for size in (small, large))
    assert less <= more


@given(sides, st.integers(1_500, 4_000).map(lambda n: D(n) / 100))
def test_liquidation_lies_on_the_losing_side_of_entry(verb: Verb, quantity: D) -> None:
    preview = preview_of(verb, quantity)
    assert preview.liquidation_price is not None
    loss = (preview.expected_price - preview.liquidation_price) * preview.request.side.sign
    assert loss > 0


@given(sides, sizes, sizes)
def test_liquidation_comes_closer_as_leverage_rises(verb: Verb, one: D, other: D) -> None:
    small, large = (preview_of(verb, size) for size in sorted((one, other)))
    assert present(small.leverage_used) <= present(large.leverage_used)
    if small.liquidation_price is not None:
        assert large.liquidation_price is not None
        sign = small.request.side.sign
        # Another average entry may move it by the slippage between the two, never away by more.
        slip = abs(large.expected_price - small.expected_price) + perp().tick
        assert large.liquidation_price * sign >= small.liquidation_price * sign - slip


@given(
    st.integers(-3_000, 3_000).map(lambda n: D(n) / 100),
    st.integers(-3_000, 3_000).map(lambda n: D(n) / 100),
    st.integers(100, 5_000).map(D),
    st.integers(0, 30).map(D),
)
def test_at_the_liquidation_price_equity_is_the_maintenance_margin_within_a_tick(
    held: D, change: D, equity: D, other: D
) -> None:
    positions = [position(str(other), symbol="ETH_USDC_PERP", entry="20", mark="20")]
    positions += [position(str(held))] if held else []
    state = account(str(equity), positions=tuple(positions))
    market = perp()
    holding = holding_after(state, market, mark=D(150), change=change, price=D("150.1"), fee=D("0.5"))
    price = liquidation_price(holding, D(150))
    with exact():
        if not holding.quantity:
            assert price is None
        elif price is None:
            assert holding.is_safe_at(D(0))
        elif not holding.is_safe_at(D(150)):
            assert price == 150
        else:
            losing = -1 if holding.quantity > 0 else 1
            assert holding.is_safe_at(price)
            assert not holding.is_safe_at(price + losing * market.tick)


def test_a_small_long_in_a_rich_account_cannot_be_liquidated() -> None:
    assert preview_of(Verb.LONG, D(1)).liquidation_price is None
    assert preview_of(Verb.SHORT, D(1)).liquidation_price is not None


def test_the_liquidation_price_of_a_lone_long_solves_the_published_equation() -> None:
    market = perp(mmf=MarginFunction(D("0.05"), D(0)))
    state = account("300")
    holding = holding_after(state, market, mark=D(150), change=D(10), price=D(150), fee=D(0))
    # 300 + 10 (p - 150) = 0.05 * 10 p  =>  p = 1200 / 9.5
    assert liquidation_price(holding, D(150)) == D("126.32")


def test_leverage_used_counts_every_position() -> None:
    other = position("10", symbol="ETH_USDC_PERP", entry="100", mark="100")
    context = moment(account=account("1000", positions=(other,)))
    preview = preview_of(Verb.LONG, D(10), context)
    assert preview.leverage_used == pytest.approx(D("2.5"), abs=D("0.01"))


def test_a_reduction_frees_margin() -> None:
    context = moment(account=account("1000", available="400", positions=(position("10"),)))
    preview = preview_of(Verb.SHORT, D(4), context)
    assert preview.initial_margin == 0
    assert preview.available_after > 400


def test_a_stop_beyond_the_liquidation_price_is_pointed_out() -> None:
    intent = TradeIntent(Verb.LONG, "sol", BaseSize(D(60)), stop_loss=PercentOffset(D(20)))
    preview = build_preview(intent, moment())
    assert isinstance(preview, Preview)
    assert "liquidation-before-stop" in {note.code for note in preview.notes}


@given(st.integers(0, 10_000), st.integers(1, 10_000), st.integers(1, 7))
def test_the_largest_affordable_size_is_exact(available: int, most: int, step: int) -> None:
    found = largest_affordable(lambda quantity: quantity * 3, D(available), D(step), D(most))
    assert found * 3 <= available
    assert found <= most
    assert (found + step) * 3 > available or found + step > most


def test_liquidation_counts_the_real_fill_the_fee_and_the_other_positions() -> None:
    market = perp(mmf=MarginFunction(D("0.05"), D(0)))
    other = position(
        "8", symbol="ETH_USDC_PERP", entry="100", mark="100"
    )  # maintenance 8 * 100 * 0.0125 = 10
    state = account("300", positions=(other,))
    holding = holding_after(state, market, mark=D(150), change=D(10), price=D(151), fee=D(2))
    # 300 - 2 + 10 (p - 151) = 0.05 * 10 p + 10  =>  p = 1222 / 9.5
    assert liquidation_price(holding, D(151)) == D("128.64")


def test_a_fill_worse_than_the_mark_and_its_fee_come_off_the_free_equity() -> None:
    preview = preview_of(Verb.LONG, D(20))
    margin, loss = D(20) * 150 / 10, preview.notional - 20 * 150
    assert loss > 0
    assert preview.available_after == 1000 - margin - loss - preview.fee
