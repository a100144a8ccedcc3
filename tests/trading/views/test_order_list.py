"""A chain is shown whole or not at all, and its end says of every step what became of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest

from bot.domain.orders.order import OrderState
from bot.domain.preview.preview import ExitOutcome, Note
from bot.domain.values import Language, OrderType
from bot.trading.views import order_list
from bot.ui.locale import Locale
from bot.ui.message import MAX_TEXT, Message, plain_text, visible_length
from tests.support.html_rules import check
from tests.trading.views import build

pytestmark = pytest.mark.usefixtures("strict_locales")

QUIET = (
    Note("rounded", (("asked", D("1.405")), ("sent", D("1.4")), ("asset", "SOL"))),
    Note("leverage-is-account-wide", (("leverage", D(5)), ("limit", D(10)))),
    Note("no-stop"),
)
WARNED = (
    *QUIET[:2],
    Note("flips", (("symbol", "SOL"),)),
    Note("liquidation-before-stop", (("liquidation", D(118)), ("stop", D(117)))),
    Note("partial-depth", (("percent", D(40)),)),
)


def shown(locale: Locale, *steps: order_list.ChainStep, canonical: str = "long sol $200") -> Message | None:
    return order_list.chain_preview(
        locale,
        steps,
        account_label="main",
        seconds_left=60,
        confirm_data="ok:x",
        cancel_data="no:x",
        canonical=canonical,
    )


def text_of(message: Message | None) -> str:
    assert message is not None
    return plain_text(message.text)


@pytest.mark.parametrize("language", Language)
def test_ten_full_steps_with_exits_and_a_warning_fit_one_message(language: Language) -> None:
    locale = Locale.of(language)
    full = build.preview(position_before=D("-3"), notes=QUIET + WARNED[2:3])
    message = shown(locale, *[order_list.ChainStep((full,))] * 10, canonical="long sol $200; " * 60)
    text = text_of(message)
    assert message is not None
    check(message)
    assert visible_length(message.text) <= MAX_TEXT
    assert text.count("$138.20") == 10
    assert text.count("⚠️") == 10
    assert "$118" in text


def test_what_cannot_be_shown_whole_is_not_shown(english: Locale) -> None:
    long = replace(build.PERP, symbol="A" * 40 + "_USDC_PERP", base="A" * 24)
    many = [order_list.ChainStep((build.preview(market=long, notes=WARNED * 6),))] * 10
    assert shown(english, *many) is None


def test_a_stop_that_follows_silences_the_note_that_there_is_none(english: Locale) -> None:
    trade = build.preview(notes=(Note("no-stop"),), stop_loss=None)
    stop = build.preview(take_profit=None, stop_loss=ExitOutcome(D(138), D(-6), D(-3), None))
    assert "No stop loss" in text_of(shown(english, order_list.ChainStep((trade,))))
    assert "No stop loss" not in text_of(
        shown(english, order_list.ChainStep((trade,)), order_list.ChainStep((stop,)))
    )


def test_cancels_are_named_and_counted(english: Locale) -> None:
    resting = tuple(build.snapshot(code=f"{number}A0A") for number in range(7))
    text = text_of(shown(english, order_list.ChainStep(cancels=resting), order_list.ChainStep()))
    assert "1. Cancel 7 orders" in text
    assert "Buy 1.4 SOL-PERP at $142.50 · 0A0A" in text
    assert "…and 2 more." in text
    assert "2. Cancel: nothing rests there now" in text


def test_the_end_tells_each_step_apart(english: Locale) -> None:
    results = [
        order_list.ChainResult(
            "done", "a", (build.filled(OrderState.FILLED, D("1.4"), order_type=OrderType.MARKET),)
        ),
        order_list.ChainResult("done", "b", cancelled=2),
        order_list.ChainResult("failed", "c", (build.snapshot(OrderState.NOT_PLACED),)),
        order_list.ChainResult("unknown", "d", (build.snapshot(OrderState.UNKNOWN),)),
        order_list.ChainResult("unsent", "sl sol 3%"),
    ]
    message = order_list.chain_result(english, results, late=True, rest_data="go:sl sol 3%")
    lines = plain_text(message.text).split("\n")
    assert lines[0] == "⚠️ Stopped: 2 of 5 steps done"
    assert lines[1].startswith("I was restarted")
    assert lines[3:] == [
        "1. ✅ Buy 1.4 SOL-PERP at $142.40",
        "2. ✅ Cancel 2 orders",
        "3. ⛔ Buy 1.4 SOL-PERP: the exchange never received it",
        "4. ❓ Buy 1.4 SOL-PERP at $142.50: no answer yet, being looked up. Do not send it again.",
        "5. Not sent: sl sol 3%",
        "Nothing more of this will be sent by itself.",
    ]
    assert [button.data for row in message.keyboard for button in row] == ["go:sl sol 3%"]


def test_a_chain_that_ended_well_says_only_that(english: Locale) -> None:
    message = order_list.chain_result(
        english, [order_list.ChainResult("done", "a", cancelled=1)] * 2, late=True
    )
    text = plain_text(message.text)
    assert text.startswith("✅ All 2 steps done")
    assert "restarted" not in text
