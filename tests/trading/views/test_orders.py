"""The order card never says more than is known, and always what to do."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from bot.domain.orders.order import Fill, OrderState
from bot.domain.values import OrderType, Side
from bot.trading.views import notices, open_orders, orders
from bot.ui.locale import Locale
from bot.ui.message import Message, plain_text
from tests.trading.views import build


def lines(message: Message) -> list[str]:
    return plain_text(message.text).splitlines()


FOOT = "Order 8F2K · main · 14 Oct, 12:00:05 UTC"


def test_an_unknown_order_says_not_to_send_it_again(english: Locale, chinese: Locale) -> None:
    unknown = build.snapshot(OrderState.UNKNOWN)
    assert lines(orders.order_card(english, unknown)) == [
        "❓ No answer yet · Buy 1.4 SOL-PERP",
        "Looking it up at the exchange. Do not send it again.",
        "Limit $142.50",
        FOOT,
    ]
    assert "请勿重复下单" in orders.order_card(chinese, unknown).text


def test_only_an_order_not_placed_is_said_to_be_safe_to_send_again(english: Locale, chinese: Locale) -> None:
    for state in OrderState:
        card = orders.order_card(english, build.snapshot(state)).text
        assert ("safe to send again" in card) is (state is OrderState.NOT_PLACED)
        card = orders.order_card(chinese, build.snapshot(state)).text
        assert ("放心重新下单" in card) is (state is OrderState.NOT_PLACED)


def test_a_fill_shows_average_value_and_fee(english: Locale) -> None:
    done = build.filled(OrderState.FILLED, D("1.4"), stop_loss_trigger=D("138.2"))
    assert lines(orders.order_card(english, done)) == [
        "✅ Filled · Buy 1.4 SOL-PERP at $142.40",
        "Limit $142.50",
        "Value $199.36 · fee $0.05",
        "SL $138.20",
        FOOT,
    ]


def test_a_finished_market_order_does_not_say_market(english: Locale) -> None:
    done = build.filled(OrderState.FILLED, D("1.4"), order_type=OrderType.MARKET, price=None)
    assert "Market" not in orders.order_card(english, done).text
    assert plain_text(open_orders.order_detail(english, done).text).count("Market") == 1


def test_a_fee_not_known_yet_is_not_shown_as_nothing(english: Locale) -> None:
    card = orders.order_card(english, build.filled(OrderState.FILLED, D("1.4"), fee=None, fee_symbol=None))
    assert "Value $199.36 · fee follows" in card.text


def test_a_rebate_is_not_called_a_fee(english: Locale) -> None:
    card = orders.order_card(english, build.filled(OrderState.FILLED, D("1.4"), fee=D("-0.02")))
    assert "rebate $0.02" in card.text
    assert "fee" not in card.text


def test_a_partial_fill_shows_progress_and_keeps_the_cancel_button(english: Locale) -> None:
    card = orders.order_card(
        english, build.filled(OrderState.PARTIALLY_FILLED, D("0.6")), cancel_data="cancel"
    )
    assert lines(card)[:3] == [
        "🟢 Filling 42% · Buy 1.4 SOL-PERP",
        "Limit $142.50",
        "Filled 0.6 SOL of 1.4 SOL at $142.40",
    ]
    assert [button.data for row in card.keyboard for button in row] == ["cancel"]


@pytest.mark.parametrize(("executed", "shown"), [("0.0001", "1%"), ("1.3999", "99%"), ("1.4", "100%")])
def test_progress_is_neither_none_after_a_fill_nor_all_before_the_end(
    english: Locale, executed: str, shown: str
) -> None:
    partly = build.filled(OrderState.PARTIALLY_FILLED, D(executed))
    assert orders.filled_percent(english, partly) == shown


@pytest.mark.parametrize("state", list(OrderState))
def test_only_a_live_order_can_be_cancelled(locale: Locale, state: OrderState) -> None:
    card = orders.order_card(locale, build.snapshot(state), cancel_data="cancel")
    assert bool(card.keyboard) is state.is_live


@pytest.mark.parametrize("state", list(OrderState))
def test_every_state_has_its_own_headline(locale: Locale, state: OrderState) -> None:
    heads = {lines(orders.order_card(locale, build.snapshot(other)))[0] for other in OrderState}
    assert len(heads) == len(OrderState)
    assert lines(orders.order_card(locale, build.snapshot(state)))[-1].find("8F2K") >= 0


def test_an_expired_order_says_why_in_words(english: Locale) -> None:
    card = orders.order_card(english, build.snapshot(OrderState.EXPIRED, reason="PostOnlyTaker"))
    assert lines(card)[0] == "⚠️ Not filled · Buy 1.4 SOL-PERP"
    assert "it would have traded at once" in card.text
    assert "Nothing was filled." in card.text


def test_an_order_ended_after_a_part_says_how_much(english: Locale) -> None:
    cancelled = lines(orders.order_card(english, build.filled(OrderState.CANCELLED, D("0.7"))))
    assert cancelled[0] == "Cancelled after 50% · Buy 1.4 SOL-PERP"
    assert cancelled[2] == "Filled 0.7 SOL of 1.4 SOL at $142.40"
    ended = orders.order_card(
        english, build.filled(OrderState.EXPIRED, D("0.7"), reason="ImmediateOrCancel", price=None)
    )
    assert lines(ended)[0] == "⚠️ Ended after 50% · Buy 1.4 SOL-PERP"


def test_an_unseen_reason_is_shown_as_it_is(english: Locale) -> None:
    card = orders.order_card(english, build.snapshot(OrderState.EXPIRED, reason="SolarFlare2"))
    assert "Reason given by the exchange: SolarFlare2." in card.text


def test_a_rejection_says_what_to_do(english: Locale) -> None:
    known = build.snapshot(OrderState.REJECTED, error_code="INSUFFICIENT_MARGIN", error_message="no")
    assert "Lower the size, close a position or add funds" in orders.order_card(english, known).text
    unknown = build.snapshot(OrderState.REJECTED, error_code="BRAND_NEW", error_message="computer says no")
    assert "The exchange said: computer says no (BRAND_NEW)." in orders.order_card(english, unknown).text
    silent = build.snapshot(OrderState.REJECTED)
    assert "gave no reason" in orders.order_card(english, silent).text


def test_an_order_by_money_shows_the_money(english: Locale) -> None:
    order = build.snapshot(
        OrderState.SENDING,
        order_type=OrderType.MARKET,
        price=None,
        quantity=None,
        quote_quantity=D(200),
        symbol="SOL_USDC",
    )
    assert lines(orders.order_card(english, order))[0] == "⏳ Sending · Buy $200.00 SOL/USDC"


def test_a_dead_order_promises_no_exits(english: Locale) -> None:
    for state in (OrderState.REJECTED, OrderState.NOT_PLACED, OrderState.EXPIRED):
        assert "SL" not in orders.order_card(english, build.snapshot(state, stop_loss_trigger=D(138))).text


def test_the_exchanges_own_trades_are_loud_and_named(english: Locale) -> None:
    notice = notices.liquidation_notice(english, build.report(), account_label="main", positions_data="p")
    assert lines(notice)[0] == "⛔ Liquidated: Sell 1.4 SOL-PERP at $118"
    fill = Fill("SOL_USDC_PERP", Side.SELL, D(117), D("0.4"), D(0), "USDC", False, "1", 1, None, build.NOON)
    adl = notices.adl_notice(english, build.report(fill=fill), account_label="main")
    assert lines(adl)[0] == "⚠️ Auto-deleveraged: Sell 0.4 SOL-PERP at $117"
    settled = notices.system_notice(
        english, build.report(origin="SETTLEMENT_AUTOCLOSE"), account_label="main"
    )
    assert "Reason: the contract was settled." in settled.text
    unseen = notices.system_notice(english, build.report(origin="METEOR"), account_label="main")
    assert "Reason: METEOR." in unseen.text


def test_an_order_found_after_all_corrects_what_was_said(english: Locale) -> None:
    surprise = notices.late_surprise(english, build.filled(OrderState.FILLED, D("1.4")))
    assert lines(surprise)[0] == "⚠️ Found after all · Buy 1.4 SOL-PERP"
    assert "I told you this order was not placed" in surprise.text


def test_a_missing_stop_is_an_alarm_with_two_ways_out(english: Locale) -> None:
    alarm = notices.exit_missing(
        english,
        build.report(trigger_price=D("138.2"), reason="MaxStopOrdersPerPosition"),
        kind="sl",
        account_label="main",
        retry_data="retry",
        close_data="close",
    )
    assert lines(alarm)[0] == "⛔ No stop loss on SOL-PERP · wanted $138.20"
    assert "Too many stops on this position" in alarm.text
    assert [button.label for button in alarm.keyboard[0]] == ["Place again at $138.20", "Close SOL-PERP"]


def test_cancelling_names_the_failures_first(english: Locale) -> None:
    snapshot = build.snapshot()
    message = open_orders.cancel_result(
        english,
        [
            open_orders.CancelLine(snapshot, "done"),
            open_orders.CancelLine(snapshot, "unknown"),
            open_orders.CancelLine(snapshot, "failed", "no longer there"),
        ],
    )
    assert lines(message) == [
        "✅ Cancelled 1 order",
        "⛔ Buy 1.4 SOL-PERP · 8F2K: no longer there",
        "❓ Buy 1.4 SOL-PERP · 8F2K: no answer yet, being looked up.",
        "Buy 1.4 SOL-PERP · 8F2K",
    ]
