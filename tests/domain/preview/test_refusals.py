"""Every reason for a no, said before the exchange says it, with a mend that is really accepted."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import pytest

from bot.domain.intent import (
    AbsolutePrice,
    BareSize,
    BaseSize,
    CloseIntent,
    PercentOffset,
    PercentSize,
    ProtectIntent,
    QuoteSize,
    TradeIntent,
    Verb,
)
from bot.domain.markets.market import PriceBand
from bot.domain.preview.build import build_close, build_preview, build_protect
from bot.domain.preview.preview import Preview, PreviewContext
from bot.domain.preview.projection import after
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import MarketKind, TimeInForce
from tests.domain.builders import account, book, moment, perp, position, spot
from tests.support.present import present

LONG = TradeIntent(Verb.LONG, "sol", BaseSize(D(1)))


def refused(intent: TradeIntent, context: PreviewContext | None = None) -> Refusal:
    outcome = build_preview(intent, context or moment())
    assert isinstance(outcome, Refusal), outcome
    return outcome


def mended(refusal: Refusal, context: PreviewContext | None = None) -> Preview:
    assert isinstance(refusal.mend_intent, TradeIntent)
    preview = build_preview(refusal.mend_intent, context or moment())
    assert isinstance(preview, Preview), preview
    return preview


def test_a_bare_number_is_a_question_with_the_money_of_each_reading() -> None:
    refusal = refused(TradeIntent(Verb.LONG, "sol", BareSize(D(20))))
    assert refusal.code is RefusalCode.AMBIGUOUS_NUMBER
    readings = {choice.code: (choice.quantity, choice.notional) for choice in refusal.choices}
    assert readings == {"base": (D(20), D(3000)), "quote": (D("0.13"), D(20)), "leverage": (None, None)}


def test_a_bare_number_near_the_market_may_have_been_a_price() -> None:
    refusal = refused(TradeIntent(Verb.BUY, "sol", BareSize(D("142.5"))), moment(spot()))
    assert [choice.code for choice in refusal.choices] == ["base", "quote", "price"]


def test_no_size_is_asked_for() -> None:
    assert refused(TradeIntent(Verb.LONG, "sol")).code is RefusalCode.MISSING_SIZE


@pytest.mark.parametrize("amount", [D("0.004"), D(0), D(-3)])
def test_less_than_the_minimum_names_the_minimum(amount: D) -> None:
    refusal = refused(replace(LONG, size=BaseSize(amount)))
    assert refusal.code is RefusalCode.BELOW_MIN_QUANTITY
    assert refusal.params["nearest"] == D("0.01")
    assert mended(refusal).quantity == D("0.01")


def test_more_than_the_maximum_names_the_maximum() -> None:
    context = moment(perp(max_quantity=D(5)))
    refusal = refused(replace(LONG, size=BaseSize(D(6))), context)
    assert refusal.code is RefusalCode.ABOVE_MAX_QUANTITY
    assert mended(refusal, context).quantity == D(5)


@pytest.mark.parametrize(
    ("changes", "price", "nearest"),
    [
        ({"max_price": D(155)}, D(160), D(155)),
        ({"min_price": D(140)}, D(130), D(140)),
        ({"band": PriceBand(D("1.05"), D("0.9"))}, D(100), D(135)),
        ({"band": PriceBand(D("1.05"), D("0.9"))}, D(200), D("157.5")),
        ({"mean_mark": PriceBand(D("1.02"), D("0.98"))}, D(140), D(147)),
    ],
)
def test_a_price_outside_the_filters_names_the_nearest_inside(
    changes: dict[str, Any], price: D, nearest: D
) -> None:
    context = moment(perp(**changes))
    refusal = refused(replace(LONG, price=AbsolutePrice(price)), context)
    assert refusal.code is RefusalCode.PRICE_OUT_OF_BAND
    assert refusal.params["nearest"] == nearest
    assert mended(refusal, context).request.price == nearest


@pytest.mark.parametrize("state", ["Closed", "CancelOnly"])
def test_a_closed_market_takes_nothing(state: str) -> None:
    refusal = refused(LONG, moment(perp(state=state)))
    assert refusal.code is RefusalCode.MARKET_CLOSED
    assert refusal.mend_intent is None


def test_a_limit_only_market_offers_a_limit_at_the_own_side() -> None:
    context = moment(perp(state="LimitOnly"))
    assert mended(refused(LONG, context), context).request.price == D("149.99")


def test_a_post_only_market_offers_post_only() -> None:
    context = moment(perp(state="PostOnly"))
    assert mended(refused(replace(LONG, price=AbsolutePrice(D(140))), context), context).request.post_only


def test_an_unseen_book_state_is_left_to_the_exchange() -> None:
    assert isinstance(build_preview(LONG, moment(perp(state="Auction"))), Preview)


def test_an_empty_book_refuses_a_market_order_but_not_a_limit() -> None:
    context = moment(book=book(asks=()))
    assert refused(LONG, context).code is RefusalCode.EMPTY_BOOK
    assert isinstance(build_preview(replace(LONG, price=AbsolutePrice(D(149))), context), Preview)


def test_a_market_order_beyond_the_slippage_tolerance_offers_what_is_there() -> None:
    context = moment(account=account("100000"))
    refusal = refused(replace(LONG, size=BaseSize(D(500))), context)
    assert refusal.code is RefusalCode.THIN_BOOK
    assert refusal.params["available"] == D(110)  # 151.00 is more than 0.5 % over 150.01
    assert mended(refusal, context).quantity == D(110)
    wider = replace(LONG, size=BaseSize(D(500)), slippage=D(1))
    assert isinstance(build_preview(wider, context), Preview)


def test_the_impact_band_binds_even_a_generous_tolerance() -> None:
    context = moment(perp(impact=PriceBand(D("1.0003"), D("0.9997"))), account=account("100000"))
    refusal = refused(replace(LONG, size=BaseSize(D(50)), slippage=D(5)), context)
    assert refusal.params["available"] == D(10)


def test_fill_or_kill_needs_the_whole_size_now() -> None:
    intent = replace(LONG, size=BaseSize(D(30)), price=AbsolutePrice(D("150.05")))
    refusal = refused(replace(intent, time_in_force=TimeInForce.FOK))
    assert refusal.code is RefusalCode.THIN_BOOK
    assert mended(refusal).request.time_in_force is None


def test_post_only_that_would_take_names_the_price_that_rests() -> None:
    refusal = refused(replace(LONG, price=AbsolutePrice(D("150.01")), post_only=True))
    assert refusal.code is RefusalCode.POST_ONLY_WOULD_TAKE
    assert mended(refusal).request.price == D("150.00")


def test_post_only_without_a_price_offers_the_own_side() -> None:
    refusal = refused(replace(LONG, post_only=True))
    assert refusal.code is RefusalCode.MISSING_PRICE
    assert mended(refusal).request.price == D("149.99")


def test_leverage_above_the_market_is_refused_not_clamped() -> None:
    refusal = refused(replace(LONG, leverage=D(500)))
    assert refusal.code is RefusalCode.LEVERAGE_ABOVE_MARKET
    assert refusal.params["maximum"] == D(50)
    assert isinstance(refusal.mend_intent, TradeIntent)
    assert refusal.mend_intent.leverage == D(10)  # what the account allows as well


def test_leverage_above_the_account_offers_the_line_without_it_and_keeps_the_perp() -> None:
    buy = TradeIntent(Verb.BUY, "sol", BaseSize(D(1)), leverage=D(20))
    refusal = refused(buy)
    assert refusal.code is RefusalCode.LEVERAGE_ABOVE_ACCOUNT
    assert refusal.mend_intent == TradeIntent(Verb.LONG, "sol", BaseSize(D(1)))
    assert mended(refusal).market.kind is MarketKind.PERP


def test_spot_has_no_leverage_no_reduce_and_no_long() -> None:
    context = moment(spot(), account=account(balances={"USDC": "1000", "SOL": "3"}))
    assert refused(TradeIntent(Verb.BUY, "sol", BaseSize(D(1)), leverage=D(2)), context).code is (
        RefusalCode.LEVERAGE_ON_SPOT
    )
    assert refused(TradeIntent(Verb.SELL, "sol", BaseSize(D(1)), reduce_only=True), context).code is (
        RefusalCode.REDUCE_ON_SPOT
    )
    no_perp = refused(LONG, context)
    assert no_perp.code is RefusalCode.NO_PERP
    assert mended(no_perp, context).verb is Verb.BUY


def test_buy_never_becomes_a_perp_silently() -> None:
    refusal = refused(TradeIntent(Verb.BUY, "sol", BaseSize(D(1))))
    assert refusal.code is RefusalCode.NO_SPOT
    assert mended(refusal).verb is Verb.LONG


def test_selling_coins_one_does_not_have_is_never_a_silent_short() -> None:
    context = moment(spot(), account=account(balances={"USDC": "1000"}))
    sell = TradeIntent(Verb.SELL, "sol", BaseSize(D(1)))
    assert refused(sell, context).mend_intent is None
    held = moment(spot(), account=account(balances={"USDC": "1"}, positions=(position("2"),)))
    refusal = refused(sell, held)
    assert refusal.code is RefusalCode.SHORT_SPOT
    assert refusal.mend_intent == replace(sell, symbol="SOL_USDC_PERP", reduce_only=True)
    on_perp = moment(account=account(positions=(position("2"),)))
    assert isinstance(build_preview(refusal.mend_intent, on_perp), Preview)


def test_too_little_margin_offers_the_largest_size_that_fits() -> None:
    context = moment(account=account("1000", available="50"))
    refusal = refused(replace(LONG, size=QuoteSize(D(520))), context)
    assert refusal.code is RefusalCode.INSUFFICIENT_MARGIN
    fits = mended(refusal, context)
    assert fits.available_after >= 0
    one_more = replace(LONG, size=BaseSize(D(refusal.params["nearest"]) + D("0.01")))
    assert refused(one_more, context).code is RefusalCode.INSUFFICIENT_MARGIN


def test_too_little_balance_offers_what_the_balance_buys() -> None:
    context = moment(spot(), account=account(balances={"USDC": "100"}))
    refusal = refused(TradeIntent(Verb.BUY, "sol", QuoteSize(D(101))), context)
    assert refusal.code is RefusalCode.INSUFFICIENT_BALANCE
    assert refusal.params["asset"] == "USDC"
    assert mended(refusal, context).available_after >= 0


def test_selling_more_coins_than_held_offers_what_is_held() -> None:
    context = moment(spot(), account=account(balances={"SOL": "2.5"}))
    refusal = refused(TradeIntent(Verb.SELL, "sol", BaseSize(D("2.6"))), context)
    assert (refusal.code, refusal.params["nearest"]) == (RefusalCode.INSUFFICIENT_BALANCE, D("2.5"))
    assert mended(refusal, context).quantity == D("2.5")


def test_an_account_without_free_margin_may_still_reduce() -> None:
    context = moment(account=account("1000", available="-5", positions=(position("60"),)))
    assert isinstance(build_preview(TradeIntent(Verb.SELL, "sol"), context), Preview)


def test_the_open_interest_limit_leaves_what_room_there_is() -> None:
    context = moment(perp(open_interest_limit=D(1000)), open_interest=D("998.5"))
    refusal = refused(replace(LONG, size=BaseSize(D(3))), context)
    assert refusal.code is RefusalCode.OPEN_INTEREST_LIMIT
    assert mended(refusal, context).quantity == D("1.5")


def test_the_position_limit_counts_what_is_already_held() -> None:
    state = account("100000", positions=(position("3"),), position_limit=D(750))
    refusal = refused(replace(LONG, size=BaseSize(D(9))), moment(account=state))
    assert (refusal.code, refusal.params["limit"]) == (RefusalCode.POSITION_LIMIT, D(5))
    assert mended(refusal, moment(account=state)).quantity == D(2)
    turning = replace(LONG, verb=Verb.SHORT, size=BaseSize(D(8)))
    assert isinstance(build_preview(turning, moment(account=state)), Preview)


def test_an_account_under_liquidation_may_only_reduce() -> None:
    state = account(liquidating=True, positions=(position("1"),))
    assert refused(LONG, moment(account=state)).code is RefusalCode.ACCOUNT_LIQUIDATING
    assert isinstance(build_close(CloseIntent(), moment(account=state)), Preview)


def test_reduce_needs_a_position_on_the_other_side() -> None:
    state = account(positions=(position("1"),))
    intent = TradeIntent(Verb.BUY, "sol", BaseSize(D(1)), reduce_only=True)
    assert refused(intent, moment(account=state)).code is RefusalCode.NO_POSITION


def test_a_wrong_side_stop_is_mirrored() -> None:
    refusal = refused(replace(LONG, stop_loss=AbsolutePrice(D(160))))
    assert (refusal.code, refusal.params["side"]) == (RefusalCode.WRONG_SIDE_STOP, "long")
    assert mended(refusal).request.stop_loss_trigger == D(140)


def test_a_wrong_side_target_with_a_mistaken_sign_drops_the_sign() -> None:
    refusal = refused(replace(LONG, take_profit=PercentOffset(D(-5), signed=True)))
    assert refusal.code is RefusalCode.WRONG_SIDE_TARGET
    assert isinstance(refusal.mend_intent, TradeIntent)
    assert refusal.mend_intent.take_profit == PercentOffset(D(5))


def test_a_swapped_stop_and_target_are_offered_the_right_way_round() -> None:
    short = TradeIntent(
        Verb.SHORT, "sol", BaseSize(D(1)), take_profit=AbsolutePrice(D(160)), stop_loss=AbsolutePrice(D(140))
    )
    request = mended(refused(short)).request
    assert (request.take_profit_trigger, request.stop_loss_trigger) == (D(140), D(160))


def test_a_stop_below_zero_is_refused_and_no_price_is_made_up() -> None:
    refusal = refused(replace(LONG, stop_loss=PercentOffset(D(130))))
    assert refusal.code is RefusalCode.PRICE_OUT_OF_BAND
    assert refusal.mend_intent is None


@pytest.mark.parametrize(
    "changes",
    [
        {"stop_loss": AbsolutePrice(D(212))},
        {"stop_loss": AbsolutePrice(D(100_000))},
        {"take_profit": AbsolutePrice(D(1))},
        {"verb": Verb.SHORT, "stop_loss": AbsolutePrice(D(70))},
        {"size": QuoteSize(D("1e9"))},
        {"size": BaseSize(D(500)), "leverage": D(2)},
    ],
)
def test_a_mend_nobody_can_have_meant_is_not_offered(changes: dict[str, Any]) -> None:
    context = moment(perp(band=PriceBand(D("1.1"), D("0.9"))), account=account("1000"))
    refusal = refused(replace(LONG, **changes), context)
    assert refusal.mend_intent is None
    if refusal.code in {RefusalCode.WRONG_SIDE_STOP, RefusalCode.WRONG_SIDE_TARGET}:
        assert "nearest" not in refusal.params


def test_several_mistakes_get_one_mend_that_heals_them_all() -> None:
    intent = replace(
        LONG, leverage=D(500), size=QuoteSize(D(90_000)), stop_loss=AbsolutePrice(D(170)), slippage=D(1)
    )
    context = moment(perp(max_quantity=D(20)))
    preview = mended(refused(intent, context), context)
    assert preview.request.stop_loss_trigger is not None
    assert preview.request.stop_loss_trigger < 150


def test_closing_speaks_of_closing() -> None:
    context = moment(account=account(positions=(position("3"),)))
    bare = build_close(CloseIntent("sol", size=BareSize(D(1))), context)
    assert isinstance(bare, Refusal)
    assert [type(choice.intent) for choice in bare.choices] == [CloseIntent, CloseIntent]
    tiny = build_close(CloseIntent("sol", size=PercentSize(D("0.01"))), context)
    assert isinstance(tiny, Refusal)
    assert tiny.mend_intent == CloseIntent("SOL_USDC_PERP", size=BaseSize(D("0.01")))
    nothing = build_close(CloseIntent("sol"), moment())
    assert isinstance(nothing, Refusal)
    assert nothing.code is RefusalCode.NO_POSITION


def test_money_sent_as_money_must_be_there_with_its_fee() -> None:
    context = moment(spot(), account=account(balances={"USDC": "200"}))
    refusal = refused(TradeIntent(Verb.BUY, "sol", QuoteSize(D(200))), context)
    assert (refusal.code, refusal.params["required"]) == (RefusalCode.INSUFFICIENT_BALANCE, D("200.1995133"))
    assert present(mended(refusal, context).request.quote_quantity) <= D("199.8")


BUY = TradeIntent(Verb.BUY, "sol", QuoteSize(D(100)), stop_loss=PercentOffset(D(3)))


def test_coins_carry_no_exit_but_it_can_be_placed_apart_or_on_the_perp() -> None:
    context = moment(spot(), has_perp=True)
    refusal = refused(BUY, context)
    assert refusal.code is RefusalCode.SPOT_EXITS
    (purchase, guard), (perp_line,) = refusal.ways
    assert isinstance(purchase, TradeIntent)
    assert isinstance(guard, ProtectIntent)
    bought = build_preview(purchase, context)
    assert isinstance(bought, Preview)
    stop = build_protect(guard, after(bought, context))
    assert isinstance(stop, Preview)
    assert stop.quantity == D("0.65")  # the fee is taken from the 0.66 bought
    assert perp_line == replace(BUY, verb=Verb.LONG, symbol="SOL")


def test_of_two_exits_only_the_stop_is_placed_apart() -> None:
    (_, guard), *_ = refused(replace(BUY, take_profit=PercentOffset(D(5))), moment(spot())).ways
    assert isinstance(guard, ProtectIntent)
    assert guard.kind == "sl"


@pytest.mark.parametrize(
    "changes",
    [
        {"price": AbsolutePrice(D(140))},  # nothing is bought yet that a stop could sell
        {"trigger": AbsolutePrice(D(160))},
        {"stop_loss": AbsolutePrice(D(160))},  # it would fire at once
    ],
)
def test_an_exit_is_not_placed_apart_before_there_are_coins(changes: dict[str, Any]) -> None:
    assert refused(replace(BUY, **changes), moment(spot())).ways == ()


@pytest.mark.parametrize(
    ("size", "meant"), [(BaseSize(D(1)), BaseSize(D(1))), (PercentSize(D(50)), None), (None, None)]
)
def test_selling_coins_nobody_holds_offers_the_perp_and_never_assumes_it(
    size: BaseSize | PercentSize | None, meant: BaseSize | None
) -> None:
    sale = TradeIntent(Verb.SELL, "sol", size)
    assert refused(sale, moment(spot())).ways == ()
    refusal = refused(sale, moment(spot(), has_perp=True))
    assert refusal.code is RefusalCode.SHORT_SPOT
    assert refusal.ways == ((TradeIntent(Verb.SHORT, "SOL", meant),),)
