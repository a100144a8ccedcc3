"""Open orders, and one of them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

from bot.trading.views import open_orders
from bot.ui.locale import Locale
from bot.ui.message import Message, plain_text
from tests.support.cases import page_data
from tests.trading.views import build


def lines(message: Message) -> list[str]:
    return plain_text(message.text).splitlines()


def test_orders_show_kind_code_and_progress(english: Locale) -> None:
    partly = replace(build.snapshot(), executed=D("0.7"), executed_quote=D("99.75"))
    message = open_orders.orders(
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
    message = open_orders.order_detail(english, build.snapshot(exchange_id="115", client_id=77))
    assert "<code>115</code>" in message.text
    assert "<code>77</code>" in message.text
    assert "Created 14 Oct, 12:00:00 UTC" in message.text
