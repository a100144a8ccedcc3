"""The preview says everything that will happen, in money, and its button repeats the order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest

from bot.domain.intent import Verb
from bot.domain.preview.preview import Note, Preview
from bot.domain.values import OrderType, Side, TimeInForce
from bot.trading.views import flatten, preview
from bot.ui.locale import Locale
from bot.ui.message import Message, plain_text
from tests.trading.views import build
from tests.ui.codes import NOTE_CODES


def card(locale: Locale, shown: Preview) -> Message:
    return preview.preview_card(
        locale,
        shown,
        account_label="main",
        seconds_left=60,
        confirm_data="confirm",
        cancel_data="cancel",
        canonical="long sol $200 5x sl 3%",
    )


def text(locale: Locale, shown: Preview) -> str:
    return plain_text(card(locale, shown).text)


def test_the_card_of_a_market_order_in_english(english: Locale) -> None:
    assert text(english, build.preview()) == "\n".join(
        [
            "🟢 Long SOL-PERP · 1.4 SOL · $199.51",
            "Market, at about $142.51 · at most 0.5% worse",
            "Slippage 1.2 bps from best $142.49, deepest $142.53",
            "",
            "Fee $0.0997 (5 bps, taker)",
            "Margin $39.90 · free after $960.00",
            "Leverage 0.2x on the whole account after the fill",
            "Liquidation $118.20 (17.1% away)",
            "Next funding −$0.02 at 12:00 UTC (rate +0.0100%)",
            "TP $149.60 (+5%) → +$9.73, +24.5% on margin",
            "SL $138.20 (−3%) → −$6.20, −15.5% on margin",
            "",
            "long sol $200 5x sl 3%",
            "Account main · valid for 1 min",
        ]
    )


def test_the_card_of_a_market_order_in_chinese(chinese: Locale) -> None:
    assert text(chinese, build.preview()) == "\n".join(
        [
            "🟢 做多 SOL-PERP · 1.4 SOL · $199.51",
            "市价，预计均价 $142.51 · 最多差 0.5%",
            "滑点 1.2 个基点，最优价 $142.49，最深吃到 $142.53",
            "",
            "手续费 $0.0997（5 个基点，吃单）",
            "保证金 $39.90 · 成交后可用 $960.00",
            "成交后全账户杠杆 0.2x",
            "强平价 $118.20（距离 17.1%）",
            "下次资金费 −$0.02，20:00 UTC+8（费率 +0.0100%）",
            "止盈 $149.60（+5%）→ +$9.73，保证金回报 +24.5%",
            "止损 $138.20（−3%）→ −$6.20，保证金回报 −15.5%",
            "",
            "long sol $200 5x sl 3%",
            "账户 main · 1 分钟内有效",
        ]
    )


def test_the_confirm_button_repeats_side_size_and_symbol(english: Locale, chinese: Locale) -> None:
    assert [(b.label, b.data) for b in card(english, build.preview()).keyboard[0]] == [
        ("✅ Long 1.4 SOL-PERP", "confirm"),
        ("Cancel", "cancel"),
    ]
    assert card(chinese, build.preview()).keyboard[0][0].label == "✅ 做多 1.4 SOL-PERP"


def test_a_short_is_red_and_named_so(english: Locale) -> None:
    request = build.request(side=Side.SELL)
    shown = text(english, build.preview(verb=Verb.SHORT, request=request, position_after=D("-1.4")))
    assert shown.startswith("🔴 Short SOL-PERP")


@pytest.mark.parametrize(
    ("before", "after", "title"),
    [("1.4", "0", "Close long"), ("-1.4", "0", "Close short"), ("2", "0.6", "Reduce long")],
)
def test_a_reducing_order_is_named_by_what_it_does(
    english: Locale, before: str, after: str, title: str
) -> None:
    side = Side.SELL if D(before) > 0 else Side.BUY
    shown = build.preview(
        verb=Verb.SELL if side is Side.SELL else Verb.BUY,
        request=build.request(side=side, reduce_only=True),
        position_before=D(before),
        position_after=D(after),
        initial_margin=D(0),
    )
    assert f" {title} SOL-PERP" in text(english, shown).splitlines()[0]
    assert card(english, shown).keyboard[0][0].label == f"✅ {title} 1.4 SOL-PERP"
    assert "Margin $0" not in text(english, shown)


def test_a_closing_order_shows_no_liquidation_price(english: Locale) -> None:
    closing = build.preview(
        request=build.request(side=Side.SELL, reduce_only=True),
        position_before=D("1.4"),
        position_after=D(0),
        liquidation_price=None,
    )
    assert "Liquidation" not in text(english, closing)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"order_type": OrderType.LIMIT, "price": D("142.5")}, "Limit $142.50"),
        (
            {"order_type": OrderType.LIMIT, "price": D("142.5"), "time_in_force": TimeInForce.GTC},
            "Limit $142.50",
        ),
        (
            {"order_type": OrderType.LIMIT, "price": D("142.5"), "time_in_force": TimeInForce.FOK},
            "Limit $142.50 · FOK",
        ),
        (
            {"order_type": OrderType.LIMIT, "price": D("142.5"), "post_only": True, "reduce_only": True},
            "Limit $142.50 · post-only · reduce-only",
        ),
        ({"trigger_price": D(150)}, "Trigger $150.00, then market"),
        (
            {"order_type": OrderType.LIMIT, "price": D(151), "trigger_price": D(150)},
            "Trigger $150.00, then limit $151.00",
        ),
    ],
)
def test_the_second_line_says_how_it_trades(english: Locale, changes: dict[str, object], line: str) -> None:
    shown = build.preview(request=build.request(**changes), slippage_bps=None)
    assert text(english, shown).splitlines()[1] == line


def test_a_rebate_is_not_called_a_fee(english: Locale) -> None:
    shown = text(english, build.preview(fee=D("-0.04"), fee_bps=D(-2), is_maker=True))
    assert "Rebate $0.04 (2 bps, maker)" in shown
    assert "Fee" not in shown


def test_spot_shows_what_is_left_and_nothing_of_margin(english: Locale) -> None:
    spot = build.preview(market=build.SPOT, verb=Verb.BUY, leverage_used=None, liquidation_price=None)
    shown = text(english, replace(spot, initial_margin=None, available_after=D("800.5")))
    assert shown.startswith("🟢 Buy SOL/USDC · 1.4 SOL")
    assert "Left after $800.50" in shown
    assert "Margin" not in shown
    assert "Liquidation" not in shown
    sold = replace(spot, request=build.request(side=Side.SELL), verb=Verb.SELL, available_after=D("3.60"))
    assert "Left after 3.6 SOL" in text(english, sold)


def test_the_signs_of_exits_follow_price_and_money_whatever_the_magnitudes(english: Locale) -> None:
    exits = {
        "take_profit": replace(build.preview().take_profit, trigger=D("135"), percent=D("-5.27")),  # type: ignore[type-var]
        "stop_loss": replace(build.preview().stop_loss, trigger=D("147"), percent=D("3.15")),  # type: ignore[type-var]
    }
    shown = text(english, build.preview(verb=Verb.SHORT, request=build.request(side=Side.SELL), **exits))
    assert "TP $135.00 (−5.27%) → +$9.73" in shown
    assert "SL $147.00 (+3.15%) → −$6.20" in shown


NOTES: dict[str, tuple[tuple[tuple[str, str | int | D], ...], str]] = {
    "account-age": ((("seconds", 31),), "31 s ago"),
    "unlisted": ((("symbol", "SOL_USDC_PERP"),), "SOL-PERP is not in"),
    "odd-state": ((("state", "Auction"),), "state is Auction"),
    "rest-stays": (
        (("rest", D("0.007")), ("least", D("0.01"))),
        "0.007 SOL stays open: the market’s smallest order is 0.01 SOL",
    ),
    "unread-positions": ((("count", 2),), "not touched: 2"),
    "mapped-quote": ((("typed", "USDT"), ("used", "USDC")), "You wrote USDT; Backpack quotes"),
    "sell-reduces": ((("symbol", "SOL"),), "reduces your open SOL long"),
    "size-default": ((("meaning", "quote"), ("size", "20")), "20 read as dollars"),
    "size-coins": ((("size", "0.2"),), "0.2 read as coins"),
    "leverage-is-account-wide": ((("leverage", D(5)), ("limit", D(10))), "5x sizes this order"),
    "rounded": ((("asked", D("1.405")), ("sent", D("1.4")), ("asset", "SOL")), "from 1.405 SOL to 1.4 SOL"),
    "partial-depth": ((("percent", D("62.5")),), "only 62.5% of this size"),
    "flips": ((("symbol", "SOL"),), "turns your SOL position"),
    "no-stop": ((), "No stop loss"),
    "liquidation-before-stop": (
        (("liquidation", D("118.2")), ("stop", D(110))),
        "Liquidation at $118.20 comes before your stop at $110.00",
    ),
    "fills-now": ((("percent", D(100)), ("stop", D("150.01"))), "fills at once, at about $150.01"),
    "exit-choice": ((("kind", "sl"), ("stop", D("145.5"))), "A stop at $145.50 stands already"),
    "exit-stands": ((("kind", "sl"), ("stop", D("145.5"))), "A stop at $145.50 stands already"),
    "cut": ((("asked", D(5)), ("sent", D(2)), ("asset", "SOL")), "Cut from 5 SOL to 2 SOL"),
    "wide-spread": ((("bps", D("61.234567")),), "Wide spread: 61.23 bps"),
    "sells-coins": ((("symbol", "SOL"),), "This sells your SOL coins on spot"),
}


@pytest.mark.parametrize("code", NOTE_CODES)
def test_every_note_is_worded_with_its_numbers_and_units(english: Locale, chinese: Locale, code: str) -> None:
    params, words = NOTES[code]
    noted = build.preview(notes=(Note(code, params),))
    assert words in text(english, noted)
    assert len(text(chinese, noted).splitlines()) == len(text(chinese, build.preview()).splitlines()) + 1


def test_a_rounded_price_is_shown_as_money(english: Locale) -> None:
    note = Note("rounded", (("asked", D("142.503")), ("sent", D("142.5")), ("asset", "USDC")))
    assert "from $142.503 to $142.50" in text(english, build.preview(notes=(note,)))


def test_what_the_card_becomes_says_that_nothing_was_sent(english: Locale) -> None:
    shown = preview.preview_line(english, build.preview())
    superseded = preview.preview_superseded(english, shown, D("142.51"), D("144.1"), "SOL_USDC_PERP")
    assert "$142.51 → $144.10" in superseded.text
    for message in (
        superseded,
        preview.preview_cancelled(english, shown),
        preview.preview_expired(english, shown, again_data="again"),
    ):
        assert "Long 1.4 SOL-PERP" in message.text
        assert "not sent" in message.text or "Nothing was sent" in message.text
        assert all(button.data != "confirm" for row in message.keyboard for button in row)


def test_several_closes_on_offer_are_called_by_their_number(english: Locale, chinese: Locale) -> None:
    assert preview.offer_line(english, [build.preview()]) == "Long 1.4 SOL-PERP"
    markets = [replace(build.PERP, symbol=symbol) for symbol in ("SOL_USDC_PERP", "BTC_USDC_PERP", "X_PERP")]
    several = [build.preview(market=market) for market in markets]
    assert preview.offer_line(english, several) == "Close 3 positions"
    assert preview.offer_line(chinese, several) == "平掉 3 个仓位"
    assert preview.offer_line(english, [build.preview()] * 3) == "Long 4.2 SOL-PERP in 3 orders"


def test_closing_everything_names_each_leg_and_the_sum(english: Locale) -> None:
    legs = [
        build.preview(
            market=replace(build.PERP, symbol=symbol),
            request=build.request(side=Side.SELL, reduce_only=True),
            position_before=D("1.4"),
            position_after=D(0),
        )
        for symbol in ("SOL_USDC_PERP", "ETH_USDC_PERP")
    ]
    message = flatten.close_all_preview(
        english, legs, account_label="main", seconds_left=45, confirm_data="c", cancel_data="x"
    )
    assert plain_text(message.text).splitlines() == [
        "Close 2 positions at market · $399.03",
        "🔴 Close long 1.4 SOL-PERP at about $142.51 · fee $0.0997",
        "🔴 Close long 1.4 ETH-PERP at about $142.51 · fee $0.0997",
        "Fees $0.1994",
        "",
        "Account main · valid for 45 s",
    ]
    assert message.keyboard[0][0].label == "✅ Close 2 positions · $399.03"
