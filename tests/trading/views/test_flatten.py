"""What panic asks, and what it says was done."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from bot.trading.views import flatten
from bot.ui.locale import Locale
from bot.ui.message import Message, plain_text


def lines(message: Message) -> list[str]:
    return plain_text(message.text).splitlines()


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


def test_a_panic_too_old_to_go_on_says_what_to_do(locale: Locale) -> None:
    message = flatten.panic_too_old(locale, positions_data="menu:positions", orders_data="menu:orders")
    assert "/positions" in message.text
    assert "/panic" in message.text
    assert [one.data for one in message.keyboard[0]] == ["menu:positions", "menu:orders"]
