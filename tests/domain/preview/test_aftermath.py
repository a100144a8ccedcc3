"""What one order leaves to the next: never more than the exchange would leave."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bot.domain.intent import (
    AbsolutePrice,
    BaseSize,
    CloseIntent,
    PercentOffset,
    ProtectIntent,
    QuoteSize,
    TradeIntent,
    Verb,
)
from bot.domain.preview.build import build_close, build_preview, build_protect
from bot.domain.preview.preview import Preview, PreviewContext
from bot.domain.preview.projection import after
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import exact
from tests.domain.builders import D, account, moment, position, spot
from tests.domain.strategies import contexts, trades

PERP = "SOL_USDC_PERP"
thorough = settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    deadline=None,
)


def previewed(context: PreviewContext, verb: str = "long", size: str = "2", **words: object) -> Preview:
    built = build_preview(TradeIntent(Verb(verb), "SOL", BaseSize(D(size)), **words), context)  # type: ignore[arg-type]
    assert isinstance(built, Preview), built
    return built


def test_a_stop_fits_the_position_the_order_before_it_opens() -> None:
    start = moment()
    opened = after(previewed(start), start)
    stop = build_protect(ProtectIntent("sl", PercentOffset(D(3))), opened)
    assert isinstance(stop, Preview)
    assert stop.request.trigger_quantity == D(2)
    assert stop.request.trigger_price == D("145.51")


@given(st.integers(1, 2000), st.integers(1, 2000))
def test_two_orders_leave_what_one_of_both_sizes_leaves(first: int, second: int) -> None:
    """Same book, same margin, same fee: cutting an order in two is no way around a limit."""
    start = moment(account=account("100000"))
    one = previewed(start, size=str(D(first + second) / 100))
    middle = after(previewed(start, size=str(D(first) / 100)), start)
    end = after(previewed(middle, size=str(D(second) / 100)), middle)
    whole = after(one, start)
    with exact():
        assert abs(end.account.net_equity_available - whole.account.net_equity_available) < D("1e-20")
        assert abs(end.account.net_equity - whole.account.net_equity) < D("1e-20")
        held, wanted = end.account.positions[PERP], whole.account.positions[PERP]
        assert held.quantity == wanted.quantity
        assert abs(held.entry_price - wanted.entry_price) < D("1e-20")
    assert list(end.book.asks) == list(whole.book.asks)


def test_two_orders_one_account_cannot_carry_together_are_refused() -> None:
    start = moment(account=account("100"))
    first = previewed(start, size="4")
    again = build_preview(TradeIntent(Verb.LONG, "SOL", BaseSize(D(4))), after(first, start))
    assert isinstance(again, Refusal)
    assert again.code is RefusalCode.INSUFFICIENT_MARGIN


def test_a_close_gives_its_margin_to_what_follows() -> None:
    held = account("100", available="10", positions=(position("5"),))
    start = moment(account=held)
    closed = build_close(CloseIntent("SOL"), start)
    assert isinstance(closed, Preview)
    flat = after(closed, start)
    assert PERP not in flat.account.positions
    assert flat.account.net_equity_available > D(80)
    again = build_close(CloseIntent("SOL"), flat)
    assert isinstance(again, Refusal)
    assert again.code is RefusalCode.NO_POSITION


def test_what_rests_locks_its_margin_and_opens_nothing() -> None:
    start = moment()
    resting = previewed(start, price=AbsolutePrice(D(145)))
    left = after(resting, start)
    assert left.account.positions == {}
    assert left.account.net_equity_available == resting.available_after
    assert left.book == start.book


def test_what_sleeps_releases_nothing() -> None:
    start = moment(account=account("1000", available="900", positions=(position("2"),)))
    stop = build_protect(ProtectIntent("sl", PercentOffset(D(3))), start)
    assert isinstance(stop, Preview)
    left = after(stop, start)
    assert left.account == start.account
    assert left.book == start.book


def test_coins_bought_can_be_sold_and_money_spent_is_gone() -> None:
    start = moment(spot(), account=account("1000"))
    bought = build_preview(TradeIntent(Verb.BUY, "SOL", QuoteSize(D(300))), start)
    assert isinstance(bought, Preview)
    left = after(bought, start)
    coins = bought.quantity * (1 - bought.fee_bps / 10_000)  # the exchange takes its fee from them
    assert left.account.balances["SOL"].available == coins
    assert left.account.balances["USDC"].spendable == bought.available_after
    assert left.account.net_equity_available == D(1000) - bought.notional
    sold = build_preview(TradeIntent(Verb.SELL, "SOL", BaseSize(D(1))), left)
    assert isinstance(sold, Preview)
    assert after(sold, left).account.balances["SOL"].available == coins - 1


@pytest.mark.parametrize("size", ["5", "12"])
def test_a_flip_starts_a_new_entry(size: str) -> None:
    start = moment(account=account("10000", positions=(position("-3", entry="100"),)))
    left = after(previewed(start, size=size), start)
    held = left.account.positions[PERP]
    assert held.quantity == D(size) - 3
    assert held.entry_price == previewed(start, size=size).expected_price


@pytest.mark.slow
@thorough
@given(st.data())
def test_no_order_leaves_more_than_its_preview_says(data: st.DataObject) -> None:
    context = data.draw(contexts())
    preview = build_preview(data.draw(trades(context)), context)
    assume(isinstance(preview, Preview))
    assert isinstance(preview, Preview)
    left = after(preview, context)
    market, request = preview.market, preview.request
    if market.is_perp:
        assert left.account.net_equity_available <= preview.available_after
        moved = left.account.positions.get(market.symbol)
        quantity = moved.quantity if moved is not None else Decimal(0)
        low, high = sorted((preview.position_before, preview.position_after))
        assert low <= quantity <= high or request.trigger_price is not None
        assert left.account.net_equity <= context.account.net_equity or preview.fee < 0
    assert all(balance.spendable >= 0 for asset, balance in left.account.balances.items())
    for before, now in ((context.book.asks, left.book.asks), (context.book.bids, left.book.bids)):
        assert sum(quantity for _, quantity in now) <= sum(quantity for _, quantity in before)
    assert replace(
        left, account=context.account, book=context.book, open_interest=None, last=context.last
    ) == (replace(context, open_interest=None, mark=left.mark))
