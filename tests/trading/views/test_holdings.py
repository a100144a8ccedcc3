"""What somebody holds, owes and pays, in lines that can be read at a glance."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

from bot.domain.accounts.account import AccountState, Balance, FeeRates
from bot.trading.views import holdings
from bot.ui.locale import Locale
from bot.ui.message import Message, plain_text
from tests.support.cases import page_data
from tests.support.html_rules import check
from tests.trading.views import build

FEES = FeeRates(D(8), D(10), D(-2), D(5))
STATE = AccountState(FEES, D(10), D(1000), D("960.5"))


def lines(message: Message) -> list[str]:
    return plain_text(message.text).splitlines()


def test_positions_begin_with_the_sum_and_warn_of_a_missing_stop(english: Locale) -> None:
    held = [
        build.position(),
        build.position("BTC_USDC_PERP", quantity=D("-0.01"), unrealized_pnl=D("-5"), liquidation_price=None),
    ]
    message = holdings.positions(
        english,
        held,
        account_label="main",
        page_data=page_data,
        exits={"SOL_USDC_PERP": holdings.PositionExits(D(160), D("138.2"))},
        action_data=lambda action, symbol: f"{action}:{symbol}",
        close_all_data="closeall",
    )
    assert lines(message) == [
        "Positions: 2 · −$1.79 unrealized · $204.17 exposure · main",
        "",
        "🟢 SOL-PERP long 1.4 SOL · $202.72",
        "+$3.21 (+1.61%) unrealized",
        "Entry $142.51 · mark $144.80",
        "Liquidation $118.20 (18.4% away)",
        "Break-even $142.60 · Realized $0.00 · funding −$0.02",
        "TP $160 · SL $138.20",
        "",
        "🔴 BTC-PERP short 0.01 BTC · $1.45",
        "−$5.00 (−350.85%) unrealized",
        "Entry $142.51 · mark $144.80",
        "Liquidation: none from this position alone",
        "Break-even $142.60 · Realized $0.00 · funding −$0.02",
        "⚠️ No stop loss",
    ]
    assert [button.label for button in message.keyboard[0]] == ["½ SOL", "Close SOL", "TP SOL", "SL SOL"]
    assert message.keyboard[-1][0].data == "closeall"


def test_a_take_profit_alone_does_not_hide_the_missing_stop(english: Locale) -> None:
    message = holdings.positions(
        english,
        [build.position()],
        account_label="main",
        page_data=page_data,
        exits={"SOL_USDC_PERP": holdings.PositionExits(take_profit=D(160))},
    )
    assert lines(message)[-2:] == ["TP $160 · SL —", "⚠️ No stop loss"]


def test_a_stop_that_closes_only_a_part_says_so(english: Locale) -> None:
    def told(stopped: D | None) -> list[str]:
        return lines(
            holdings.positions(
                english,
                [build.position()],
                account_label="main",
                page_data=page_data,
                exits={"SOL_USDC_PERP": holdings.PositionExits(stop_loss=D(138), stopped=stopped)},
            )
        )[-2:]

    assert told(D(1)) == ["TP — · SL $138", "⚠️ The stop closes only 1 SOL of 1.4 SOL"]
    for whole in (D("1.4"), None):
        assert told(whole)[-1] == "TP — · SL $138"


def test_hundred_positions_paginate(locale: Locale) -> None:
    held = [build.position(f"C{n}_USDC_PERP") for n in range(100)]
    seen = set()
    for page in range(20):
        message = holdings.positions(locale, held, account_label="main", page_data=page_data, page=page)
        seen |= {f"C{n}" for n in range(100) if f"C{n}-PERP" in check(message)}
    assert len(seen) == 100


def test_balances_show_what_is_free_locked_and_lent_the_largest_first(english: Locale) -> None:
    balances = {
        "DUST": Balance("DUST", D(0)),
        "SOL": Balance("SOL", D(1), D("0.5"), D(2), D(500)),
        "USDC": Balance("USDC", D("1000.25"), usd_value=D("1000.25")),
        "XYZ": Balance("XYZ", D(3)),
    }
    state = replace(STATE, balances=balances, liquidating=True)
    message = holdings.balance(english, state, account_label="main", page_data=page_data)
    assert lines(message) == [
        "Equity $1,000.00 · main",
        "Free margin $960.50 · leverage limit 10x",
        "⛔ This account is being liquidated. New orders are refused until it ends.",
        "",
        "1,000.25 USDC · $1,000.25",
        "",
        "3.5 SOL · $500.00",
        "free 1 · in orders 0.5 · lent 2",
        "",
        "3 XYZ",
    ]


def test_fees_show_a_rebate_as_negative_and_an_example_in_money(english: Locale) -> None:
    assert lines(holdings.fees(english, FEES, account_label="main"))[:4] == [
        "Fees · main",
        "Perp: maker −2 bps · taker 5 bps",
        "Spot: maker 8 bps · taker 10 bps",
        "$1,000 perp at market costs $0.50.",
    ]
