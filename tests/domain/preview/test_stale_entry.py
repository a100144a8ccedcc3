"""A callout whose entry the market has left is refused; a limit chosen on purpose may wait anywhere."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.intent import AbsolutePrice, PercentOffset, QuoteSize, TradeIntent, Verb
from bot.domain.preview.build import build_preview
from bot.domain.preview.preview import Preview
from bot.domain.preview.stale_entry import MOST_PERCENT, check_callout
from bot.domain.refusal import Refusal, RefusalCode
from tests.domain.builders import D, moment

CALLOUT = TradeIntent(
    Verb.LONG,
    "SOL",
    QuoteSize(D(100)),
    price=AbsolutePrice(D(148)),
    take_profit=PercentOffset(D(5)),
    stop_loss=PercentOffset(D(5)),
    callout=True,
)
markets = st.decimals("0.00001", "1000000", places=5)
ticks = st.decimals("0.00000001", "0.01", places=8)


def at(price: Decimal, **changes: Any) -> TradeIntent:
    return replace(CALLOUT, price=AbsolutePrice(price), **changes)


@given(markets, ticks, st.sampled_from([1, -1]))
def test_two_per_cent_is_near_and_anything_beyond_is_far(market: Decimal, beyond: Decimal, side: int) -> None:
    edge = market * (100 + side * MOST_PERCENT) / 100
    assert check_callout(at(edge), market) is None
    refused = check_callout(at(edge + side * beyond), market)
    assert refused is not None
    assert refused.code is RefusalCode.FAR_FROM_MARKET
    distance = refused.params["distance"]
    assert isinstance(distance, Decimal)
    assert distance > MOST_PERCENT
    assert refused.mend_intent == at(edge + side * beyond, callout=False)


@given(markets, markets)
def test_only_a_callout_is_measured_against_the_market(market: Decimal, price: Decimal) -> None:
    assert check_callout(at(price, callout=False), market) is None
    assert check_callout(replace(CALLOUT, price=None), market) is None


def test_a_stale_callout_is_refused_with_its_distance_and_the_same_price_as_a_limit() -> None:
    refused = build_preview(at(D(140)), moment())
    assert isinstance(refused, Refusal)
    assert refused.params == {"price": D(140), "market": D(150), "distance": D("6.67"), "limit": D(2)}
    assert refused.mend_intent == at(D(140), callout=False)
    explicit = build_preview(at(D(140), callout=False), moment())
    assert isinstance(explicit, Preview)
    assert explicit.request.price == D(140)


@pytest.mark.parametrize("price", ["147", "148", "150", "153"])
def test_a_fresh_callout_is_previewed(price: str) -> None:
    assert isinstance(build_preview(at(D(price)), moment()), Preview)


def test_a_stale_callout_without_a_size_is_refused_before_it_is_asked_about() -> None:
    refused = build_preview(at(D(140), size=None), moment())
    assert isinstance(refused, Refusal)
    assert refused.code is RefusalCode.FAR_FROM_MARKET
    assert refused.mend_intent == at(D(140), size=None, callout=False)


def test_what_no_word_can_save_offers_nothing() -> None:
    refused = build_preview(at(D(140), stop_loss=AbsolutePrice(D(0))), moment())
    assert isinstance(refused, Refusal)
    if (mend := refused.mend_intent) is not None:
        assert isinstance(mend, TradeIntent)
        assert isinstance(build_preview(mend, moment()), Preview)
