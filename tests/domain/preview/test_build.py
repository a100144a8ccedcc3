"""What a line becomes: sizes, prices, requests. The refusals have their own file."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

from bot.domain.accounts.account import Balance
from bot.domain.intent import (
    AbsolutePrice,
    BaseSize,
    CloseIntent,
    PercentOffset,
    PercentSize,
    QuoteSize,
    TradeIntent,
    Verb,
)
from bot.domain.preview.build import build_close, build_preview
from bot.domain.preview.preview import Preview, PreviewContext
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import OrderType, Side, TimeInForce
from tests.domain.builders import account, moment, perp, position, spot


def previewed(intent: TradeIntent, context: PreviewContext | None = None) -> Preview:
    outcome = build_preview(intent, context or moment())
    assert isinstance(outcome, Preview), outcome
    return outcome


def codes(preview: Preview) -> set[str]:
    return {note.code for note in preview.notes}


def test_money_with_leverage_is_notional_and_the_margin_is_its_share() -> None:
    preview = previewed(TradeIntent(Verb.LONG, "sol", QuoteSize(D(200)), leverage=D(5)))
    assert preview.request.payload() == {
        "symbol": "SOL_USDC_PERP",
        "side": "Bid",
        "orderType": "Market",
        "quantity": "1.33",
        "slippageTolerance": "0.5",
        "slippageToleranceType": "Percent",
    }
    assert preview.notional == D("1.33") * D("150.01")
    assert preview.initial_margin == D("1.33") * 150 / 5
    assert "leverage-is-account-wide" in codes(preview)


def test_leverage_equal_to_the_accounts_limit_needs_no_note() -> None:
    preview = previewed(TradeIntent(Verb.LONG, "sol", QuoteSize(D(200)), leverage=D(10)))
    assert "leverage-is-account-wide" not in codes(preview)


def test_a_large_market_order_shows_the_average_over_the_walked_book() -> None:
    preview = previewed(TradeIntent(Verb.LONG, "sol", BaseSize(D(20))))
    assert preview.expected_price == (D("150.01") + D("150.10")) / 2
    assert preview.worst_price == D("150.10")
    assert preview.slippage_bps is not None
    assert 2 < preview.slippage_bps < 4


def test_percent_of_a_perp_entry_is_free_equity_times_leverage() -> None:
    preview = previewed(TradeIntent(Verb.SHORT, "sol", PercentSize(D(25)), leverage=D(4)))
    assert preview.quantity == D("6.66")  # 1000 * 25 % * 4 = 1000, at 149.99
    assert preview.request.side is Side.SELL


def test_all_of_the_free_equity_leaves_room_for_the_fee() -> None:
    preview = previewed(TradeIntent(Verb.LONG, "sol", PercentSize(D(100)), leverage=D(10)))
    assert D(0) <= preview.available_after < D(16)
    assert "cut" in codes(preview)


def test_a_spot_market_buy_in_money_is_sent_as_money() -> None:
    preview = previewed(TradeIntent(Verb.BUY, "sol", QuoteSize(D(200))), moment(spot()))
    assert preview.request.quote_quantity == D(200)
    assert preview.request.quantity is None
    assert preview.quantity == D("1.33")
    assert preview.leverage_used is None
    assert preview.liquidation_price is None


def test_the_fee_of_a_purchase_is_taken_from_the_coins_not_from_the_money() -> None:
    context = moment(spot(), account=account(balances={"USDC": "1000"}))
    preview = previewed(TradeIntent(Verb.BUY, "sol", BaseSize(D(1))), context)
    assert preview.fee > 0
    assert preview.available_after == 1000 - preview.notional


def test_exits_of_an_order_that_turns_a_position_are_reckoned_on_what_it_opens() -> None:
    context = moment(account=account(positions=(position("1"),)))
    intent = TradeIntent(
        Verb.SHORT,
        "sol",
        BaseSize(D(2)),
        take_profit=AbsolutePrice(D(140)),
        stop_loss=AbsolutePrice(D(155)),
    )
    preview = previewed(intent, context)
    assert preview.position_after == -1
    for outcome in (preview.take_profit, preview.stop_loss):
        assert outcome is not None
        exit_fee = outcome.trigger * 5 / 10_000
        # One coin is short afterwards: the other half of the order and of its fee closed the long.
        assert outcome.pnl == preview.expected_price - outcome.trigger - preview.fee / 2 - exit_fee
        assert outcome.roi_percent is None


def test_an_order_that_only_reduces_cannot_carry_exits() -> None:
    context = moment(account=account(positions=(position("-2"),)))
    intent = TradeIntent(Verb.LONG, "sol", BaseSize(D(1)), stop_loss=PercentOffset(D(3)))
    refusal = build_preview(intent, context)
    assert isinstance(refusal, Refusal)
    assert refusal.code is RefusalCode.UNSUPPORTED
    assert refusal.mend_intent == replace(intent, stop_loss=None)
    bare = previewed(replace(intent, stop_loss=None), context)
    assert bare.position_after == -1


def test_what_is_cut_to_what_there_is_is_not_called_rounding() -> None:
    reduction = TradeIntent(Verb.SHORT, "sol", BaseSize(D(5)), reduce_only=True)
    preview = previewed(reduction, moment(account=account(positions=(position("2"),))))
    assert preview.quantity == 2
    assert {"cut"} == codes(preview) & {"cut", "rounded"}
    everything = TradeIntent(Verb.LONG, "sol", PercentSize(D(100)), leverage=D(10))
    assert {"cut"} == codes(previewed(everything)) & {"cut", "rounded"}
    assert {"rounded"} == codes(previewed(TradeIntent(Verb.LONG, "sol", BaseSize(D("1.234"))))) & {
        "cut",
        "rounded",
    }


def test_a_spot_sell_in_money_is_sent_as_coins() -> None:
    context = moment(spot(), account=account(balances={"SOL": "5"}))
    preview = previewed(TradeIntent(Verb.SELL, "sol", QuoteSize(D(150))), context)
    assert preview.request.quantity == D(1)
    assert preview.available_after == D(4)


def test_a_resting_limit_pays_the_maker_fee_at_its_own_price() -> None:
    preview = previewed(TradeIntent(Verb.LONG, "sol", BaseSize(D(1)), price=AbsolutePrice(D("140.009"))))
    assert preview.request.price == D("140.00")  # a buy never pays more than was typed
    assert preview.is_maker
    assert preview.fee == D("0.028")
    assert preview.slippage_bps is None
    assert "rounded" in codes(preview)


def test_a_sell_limit_is_rounded_up_and_an_unsigned_offset_waits_away_from_the_market() -> None:
    preview = previewed(TradeIntent(Verb.SHORT, "sol", BaseSize(D(1)), price=PercentOffset(D("1.0001"))))
    assert preview.request.price == D("151.51")
    signed = TradeIntent(Verb.LONG, "sol", BaseSize(D(1)), price=PercentOffset(D(-1), signed=True))
    assert previewed(signed).request.price == D("148.50")


def test_a_limit_that_crosses_pays_taker_for_what_it_takes_and_maker_for_the_rest() -> None:
    preview = previewed(TradeIntent(Verb.LONG, "sol", BaseSize(D(20)), price=AbsolutePrice(D("150.05"))))
    taken, rest = D(10) * D("150.01"), D(10) * D("150.05")
    assert preview.fee == taken * D("0.0005") + rest * D("0.0002")
    assert not preview.is_maker
    assert preview.notional == taken + rest


def test_an_immediate_limit_says_how_much_the_book_can_fill() -> None:
    intent = TradeIntent(
        Verb.LONG, "sol", BaseSize(D(20)), price=AbsolutePrice(D("150.05")), time_in_force=TimeInForce.IOC
    )
    preview = previewed(intent)
    assert dict(next(n.params for n in preview.notes if n.code == "partial-depth")) == {"percent": D(50)}
    assert preview.request.time_in_force is TimeInForce.IOC


def test_a_stop_order_carries_its_trigger_quantity_and_no_quantity() -> None:
    preview = previewed(TradeIntent(Verb.LONG, "sol", BaseSize(D(2)), trigger=PercentOffset(D(2))))
    request = preview.request
    assert (request.trigger_price, request.trigger_quantity, request.quantity) == (D(153), D(2), None)
    assert request.trigger_by == "MarkPrice"
    assert request.order_type is OrderType.MARKET
    assert preview.expected_price == D(153)


def test_exits_are_measured_from_the_expected_entry() -> None:
    intent = TradeIntent(
        Verb.SHORT, "sol", BaseSize(D(1)), take_profit=PercentOffset(D(5)), stop_loss=PercentOffset(D(3))
    )
    preview = previewed(intent)
    assert preview.request.take_profit_trigger == D("142.49")  # 149.99 less 5 %
    assert preview.request.stop_loss_trigger == D("154.49")
    assert preview.take_profit is not None
    fees = D("149.99") * D("0.0005") + D("142.49") * D("0.0005")
    assert preview.take_profit.pnl == D("149.99") - D("142.49") - fees
    assert preview.take_profit.percent < 0
    assert preview.stop_loss is not None
    assert preview.stop_loss.pnl < -4
    assert "no-stop" not in codes(preview)


def test_roi_per_cent_is_divided_by_the_leverage() -> None:
    stop = PercentOffset(D(25), roi=True)
    preview = previewed(TradeIntent(Verb.LONG, "sol", BaseSize(D(1)), leverage=D(5), stop_loss=stop))
    assert preview.request.stop_loss_trigger == D("142.51")  # 5 % under 150.01


def test_a_sizeless_sell_of_an_open_long_reduces_it_and_says_so() -> None:
    context = moment(account=account(positions=(position("2.5"),)))
    preview = previewed(TradeIntent(Verb.SELL, "sol"), context)
    assert preview.request.reduce_only
    assert preview.position_after == 0
    assert "sell-reduces" in codes(preview)
    assert preview.initial_margin == 0


def test_reduce_takes_per_cent_of_the_position_and_never_more_than_it() -> None:
    context = moment(account=account(positions=(position("-4"),)))
    quarter = TradeIntent(Verb.BUY, "sol", PercentSize(D(25)), reduce_only=True)
    assert previewed(quarter, context).quantity == D(1)
    more = previewed(TradeIntent(Verb.BUY, "sol", BaseSize(D(9)), reduce_only=True), context)
    assert (more.quantity, more.position_after) == (D(4), D(0))
    assert "cut" in codes(more)


def test_selling_more_than_the_long_says_that_it_flips() -> None:
    context = moment(account=account(positions=(position("1"),)))
    preview = previewed(TradeIntent(Verb.SHORT, "sol", BaseSize(D(3))), context)
    assert preview.position_after == D(-2)
    assert "flips" in codes(preview)


def test_close_is_a_reduce_only_order_the_other_way() -> None:
    context = moment(account=account(positions=(position("-4"),)))
    half = build_close(CloseIntent(symbol="sol", size=PercentSize(D(50))), context)
    assert isinstance(half, Preview)
    assert half.request.reduce_only
    assert (half.request.side, half.quantity) == (Side.BUY, D(2))
    at = build_close(CloseIntent(symbol="sol", price=AbsolutePrice(D(140))), context)
    assert isinstance(at, Preview)
    assert (at.request.order_type, at.quantity) == (OrderType.LIMIT, D(4))


def test_close_on_spot_sells_the_coins() -> None:
    context = moment(spot(), account=account(balances={"SOL": "2.345"}))
    preview = build_close(CloseIntent(symbol="sol"), context)
    assert isinstance(preview, Preview)
    assert preview.request.quantity == D("2.34")
    assert not preview.request.reduce_only


def test_a_long_pays_a_positive_funding_rate_and_a_short_receives_it() -> None:
    long = previewed(TradeIntent(Verb.LONG, "sol", BaseSize(D(2))))
    short = previewed(TradeIntent(Verb.SHORT, "sol", BaseSize(D(2))))
    assert long.next_funding_payment == D("-0.03")
    assert short.next_funding_payment == D("0.03")


def test_the_smallest_market_step_is_never_exceeded() -> None:
    context = moment(perp(step=D("0.1"), min_quantity=D("0.1")))
    preview = previewed(TradeIntent(Verb.LONG, "sol", BaseSize(D("1.29"))), context)
    assert preview.request.quantity == D("1.2")


def test_coins_that_are_lent_out_are_redeemed_by_the_order_that_needs_them() -> None:
    coins = account(balances={})
    lent = Balance("SOL", available=D(1), lent=D(4))
    context = moment(spot(), account=replace(coins, balances={"SOL": lent}))
    needing = previewed(TradeIntent(Verb.SELL, "sol", BaseSize(D(3))), context)
    assert needing.request.payload()["autoLendRedeem"] is True
    enough = previewed(TradeIntent(Verb.SELL, "sol", BaseSize(D(1))), context)
    assert "autoLendRedeem" not in enough.request.payload()
