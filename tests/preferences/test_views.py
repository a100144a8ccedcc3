"""The settings page and help."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from bot.preferences.views import help
from bot.preferences.views import settings as settings_view
from bot.ui.locale import Locale
from bot.ui.message import Message, plain_text
from tests.support.html_rules import check


def lines(message: Message) -> list[str]:
    return plain_text(message.text).splitlines()


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


TOPICS = ["start", "trade"]


@pytest.mark.parametrize("name", [n for n in settings_view.NAMES if n not in {"language", "account"}])
def test_every_setting_can_be_chosen(locale: Locale, name: str) -> None:
    check(settings_view.setting_choice(locale, name, [("1", "d")], chosen="1"))


def test_an_unknown_help_topic_is_named_and_the_topics_offered(english: Locale) -> None:
    message = help.help(english, TOPICS, "Moon<shot>")
    assert "“Moon&lt;shot&gt;”" in message.text
    assert len([b for row in message.keyboard for b in row]) == len(TOPICS)
    assert help.help(english, TOPICS, " TRADE ").text == english.text("help-trade")
    assert help.help(english, TOPICS, None) == help.help_topics(english, TOPICS)
