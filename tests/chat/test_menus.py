"""The first page, and the questions of trading by buttons."""

from __future__ import annotations

from typing import Any

import pytest
from markupsafe import Markup

from bot.chat import menus
from bot.domain.values import Language
from bot.ui.locale import Locale
from tests.support.html_rules import check


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


QUESTIONS: dict[str, dict[str, Any]] = {
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
