"""Long lists are cut into pages that fit, with nothing lost between them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from bot.chat import menus
from bot.domain.accounts.account import AccountState, Balance, FeeRates
from bot.domain.markets.market import Book, MarkPrice
from bot.domain.values import Language
from bot.preferences.views import help
from bot.preferences.views import settings as settings_view
from bot.trading.views import flatten, holdings, market, order_list
from bot.ui.locale import Locale
from bot.ui.message import Button, Message, Row, page_at, paginate, plain_text
from tests.support.html_rules import check
from tests.trading.views import build

pytestmark = pytest.mark.usefixtures("strict_locales")


def page_data(page: int) -> str:
    return f"page:{page}"


def lines(message: Message) -> list[str]:
    return plain_text(message.text).splitlines()


FEES = FeeRates(D(8), D(10), D(-2), D(5))
STATE = AccountState(FEES, D(10), D(1000), D("960.5"))


@given(
    st.lists(st.text(alphabet="ab<&😀 ", min_size=1, max_size=2500), max_size=30),
    st.integers(1, 12),
    st.text(alphabet="h<😀", max_size=3000),
    st.sampled_from(Language),
)
@settings(max_examples=60, deadline=None)
def test_pages_fit_and_hold_every_row_once_in_order(
    rows: list[str], per_page: int, header: str, language: Language
) -> None:
    numbered = [Row(Markup("<b>row {}</b> {}").format(n, text)) for n, text in enumerate(rows)]
    heading = Markup("<i>H{}</i>").format(header)
    pages = paginate(Locale.of(language), heading, numbered, page_data, per_page=per_page)
    shown = [check(page) for page in pages]
    assert all(page.startswith("H") for page in shown)
    found = [n for page in shown for n in range(len(rows)) if f"row {n} " in page]
    assert found == list(range(len(rows)))
    assert all(sum(f"row {n} " in page for n in range(len(rows))) <= per_page for page in shown)


def test_the_page_buttons_lead_to_the_neighbours(locale: Locale) -> None:
    rows = [Row(Markup("r")) for _ in range(9)]
    pages = paginate(locale, Markup("h"), rows, page_data, per_page=3)
    turns = [[button.data for button in page.keyboard[-1]] for page in pages]
    assert turns == [["page:1"], ["page:0", "page:2"], ["page:1"]]


def test_a_single_page_has_no_page_buttons(locale: Locale) -> None:
    (only,) = paginate(locale, Markup("h"), [Row(Markup("r"))], page_data)
    assert only.keyboard == ()
    assert only.text == "h\n\nr"


@pytest.mark.parametrize(("asked", "shown"), [(-1, 0), (0, 0), (1, 1), (7, 1)])
def test_a_page_that_is_gone_becomes_the_nearest(locale: Locale, asked: int, shown: int) -> None:
    pages = paginate(locale, Markup("h"), [Row(Markup("r"))] * 4, page_data, per_page=2)
    assert page_at(pages, asked) is pages[shown]


def test_a_row_keeps_its_buttons(locale: Locale) -> None:
    rows = [Row(Markup("r"), (Button("b", f"d{n}"),)) for n in range(4)]
    pages = paginate(locale, Markup("h"), rows, page_data, per_page=2)
    assert [button.data for row in pages[1].keyboard for button in row] == ["d2", "d3", "page:0"]


@pytest.mark.parametrize("data", ["", "x" * 65, "中" * 22])
def test_a_button_telegram_would_refuse_cannot_be_made(data: str) -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        Button("b", data)


def test_a_button_has_exactly_one_purpose() -> None:
    with pytest.raises(ValueError, match="either"):
        Button("b")
    with pytest.raises(ValueError, match="either"):
        Button("b", "d", "https://example.org")


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


def test_orders_show_kind_code_and_progress(english: Locale) -> None:
    partly = replace(build.snapshot(), executed=D("0.7"), executed_quote=D("99.75"))
    message = order_list.orders(
        english,
        [build.snapshot(), partly],
        account_label="main",
        page_data=page_data,
        cancel_data=lambda code: f"cancel:{code}",
        cancel_all_data="all",
    )
    assert lines(message) == [
        "Open orders: 2 · main",
        "",
        "🟢 Buy 1.4 SOL-PERP",
        "Limit $142.50 · 8F2K",
        "",
        "🟢 Buy 1.4 SOL-PERP",
        "Limit $142.50 · 8F2K · 50% filled",
    ]
    assert [button.data for row in message.keyboard for button in row] == [
        "cancel:8F2K",
        "cancel:8F2K",
        "all",
    ]


def test_one_order_shows_its_identifiers(english: Locale) -> None:
    message = order_list.order_detail(english, build.snapshot(exchange_id="115", client_id=77))
    assert "<code>115</code>" in message.text
    assert "<code>77</code>" in message.text
    assert "Created 14 Oct, 12:00:00 UTC" in message.text


def test_a_price_shows_its_surroundings(english: Locale) -> None:
    book = Book("SOL_USDC_PERP", [(D("142.49"), D(3))], [(D("142.51"), D(2))])
    mark = MarkPrice("SOL_USDC_PERP", D("142.5"), D("142.4"), D("0.0001"), build.NOON)
    message = market.price(
        english, build.PERP, last=D("142.5"), mark=mark, book=book, change_percent=D("-3.2"), buy_data="b"
    )
    assert lines(message) == [
        "SOL-PERP $142.50 · −3.2% in 24 h",
        "Bid $142.49 · ask $142.51 · spread 1.4 bps",
        "Mark $142.50 · index $142.40",
        "Funding +0.0100% at 12:00 UTC",
    ]
    assert message.keyboard[0][0].label == "🟢 Long SOL"
    spot = market.price(english, build.SPOT, last=D("142.5"), mark=mark, buy_data="b")
    assert "Funding" not in spot.text
    assert spot.keyboard[0][0].label == "🟢 Buy SOL"


def test_the_book_is_a_ladder_with_the_best_in_the_middle(english: Locale) -> None:
    book = Book(
        "SOL_USDC_PERP",
        [(D("142.49"), D(3)), (D("142.4"), D(12))],
        [(D("142.51"), D(2)), (D("142.6"), D("9.5"))],
    )
    assert lines(market.book(english, build.PERP, book)) == [
        "SOL-PERP order book",
        "price USDC, size SOL, sum USDC",
        "142.60  9.5  1,640",
        "142.51    2    285",
        "── spread 1.4 bps",
        "142.49    3    427",
        "142.40   12  2,136",
    ]


def test_an_empty_or_one_sided_book_is_shown_for_what_it_is(english: Locale) -> None:
    assert "book is empty" in market.book(english, build.PERP, Book("SOL_USDC_PERP", [], [])).text
    one_sided = market.book(english, build.PERP, Book("SOL_USDC_PERP", [(D(1), D(1))], []))
    assert "── spread —" in one_sided.text


def test_panic_takes_two_taps_and_says_the_money_on_the_second(english: Locale) -> None:
    counts = {"orders": 4, "positions": 1, "exposure": D("1202.5"), "account": "main"}
    first = flatten.panic_first(english, **counts, confirm_data="p1", cancel_data="x")
    second = flatten.panic_second(english, **counts, confirm_data="p2", cancel_data="x", others=["savings"])
    assert "savings" not in first.text
    assert "Not touched: savings" in second.text
    assert "4 open orders · 1 position · $1,202.50" in first.text
    assert first.keyboard[0][0].data == "p1"
    assert second.keyboard[0][0].label == "⚠️ Yes, flatten $1,202.50"
    assert second.keyboard[0][0].data == "p2"


def test_panic_with_nothing_open_asks_nothing(locale: Locale) -> None:
    message = flatten.panic_first(
        locale,
        orders=0,
        positions=0,
        exposure=D(0),
        account="main",
        confirm_data="p1",
        cancel_data="x",
    )
    assert message.keyboard == ()


@pytest.mark.parametrize("outcome", ["failed", "unknown"])
def test_panic_is_done_only_when_every_step_is(english: Locale, outcome: str) -> None:
    done = flatten.PanicLeg("done", cancelled=4)
    other = flatten.PanicLeg(outcome, symbol="SOL_USDC_PERP", quantity=D("1.4"), detail="no liquidity")
    assert lines(flatten.panic_result(english, [done]))[0].startswith("✅ Panic done")
    partly = lines(flatten.panic_result(english, [done, other]))
    assert partly[0] == "⚠️ Panic: 1 of 2 steps not confirmed"
    assert partly[2].split(" ", 1)[1].startswith("Close 1.4 SOL-PERP: ")


def test_every_setting_is_shown_and_can_be_opened(locale: Locale) -> None:
    current = settings_view.SettingsView(
        size_meaning="quote",
        slippage_percent=D("0.5"),
        price_tolerance_percent=D("0.3"),
        confirm_below_usd=None,
        quiet_from=1320,
        quiet_to=425,
        time_zone="Asia/Shanghai",
        account_label="main",
    )
    message = settings_view.settings(locale, current, data=lambda name: f"set:{name}", saved="slippage")
    assert {b.data for row in message.keyboard for b in row} == {f"set:{n}" for n in settings_view.NAMES}
    assert "22:00–07:05" in message.text
    assert "0.5%" in lines(message)[0]
    choice = settings_view.setting_choice(
        locale, "size", [("ask", "a"), ("quote", "q"), ("base", "b")], chosen="quote", back_data="back"
    )
    percents = settings_view.setting_choice(locale, "slippage", [("0.5", "a")], chosen="0.5")
    assert percents.keyboard[0][0].label == "● 0.5%"
    assert [b.label.startswith("● ") for row in choice.keyboard for b in row] == [False, True, False, False]


@pytest.mark.parametrize("name", [n for n in settings_view.NAMES if n not in {"language", "account"}])
def test_every_setting_can_be_chosen(locale: Locale, name: str) -> None:
    check(settings_view.setting_choice(locale, name, [("1", "d")], chosen="1"))


def test_an_unknown_help_topic_is_named_and_the_topics_offered(english: Locale) -> None:
    message = help.help(english, "Moon<shot>")
    assert "“Moon&lt;shot&gt;”" in message.text
    assert len([b for row in message.keyboard for b in row]) == len(help.TOPICS)
    assert help.help(english, " TRADE ").text == english.text("help-trade")
    assert help.help(english, None) == help.help_topics(english)


def test_the_start_page_leads_to_the_one_next_step(english: Locale) -> None:
    fresh = menus.start(english, demo=True, linked=False)
    assert "not real" in fresh.text
    assert fresh.keyboard[0][0].data == "menu:link"
    linked = menus.start(english, demo=False, linked=True, try_data="try")
    assert "not real" not in linked.text
    assert linked.keyboard[0][0].data == "try"
    assert "cannot withdraw" in linked.text
    assert "can lose everything" in linked.text


def test_each_language_is_offered_in_its_own_name(english: Locale) -> None:
    choice = menus.language_choice(english, {Language.ENGLISH: "l:en", Language.CHINESE: "l:zh"})
    assert [row[0].label for row in choice.keyboard] == ["English", "简体中文"]


QUESTIONS = {
    "symbol": {"action": "Long"},
    "size": {"action": "Long", "symbol": "SOL-PERP"},
    "leverage": {"action": "Long", "symbol": "SOL-PERP"},
    "stop": {"action": "Long", "symbol": "SOL-PERP"},
    "price-symbol": {},
    "book-symbol": {},
    "close": {},
    "close-part": {"symbol": "SOL-PERP"},
    "tp-position": {},
    "sl-position": {},
    "tp": {"symbol": "SOL-PERP"},
    "sl": {"symbol": "SOL-PERP"},
    "order": {},
    "cancel": {},
    "account": {},
    "type": {"line": "long sol"},
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_step_of_trading_by_buttons_can_be_asked(locale: Locale, question: str) -> None:
    choices: list[tuple[str | Markup, str]] = [("SOL", "s"), ("half", "h"), ("none", "n")]
    message = menus.ask(locale, question, choices, cancel_data="x", **QUESTIONS[question])
    check(message)
    labels = [button.label for row in message.keyboard for button in row]
    assert labels[0] == "SOL"
    assert labels[1] == locale.plain("choice-half")
