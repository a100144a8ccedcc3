"""Every kind of alert has its phrase in every language; a firing says what, how much, when, how late."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts.views import cards
from bot.alerts.views import words as alert_words
from bot.domain.alerts.alert import (
    AlertOptions,
    Condition,
    FundingLevel,
    LiquidationDistance,
    Loudness,
    MyFill,
    PriceLevel,
    ProfitLevel,
    Source,
    Trend,
)
from bot.domain.values import Language
from bot.ui import plain_text
from bot.ui.locale import Locale
from tests.language.alert_strategies import conditions
from tests.language.alert_strategies import options as any_options
from tests.support.html_rules import check

pytestmark = pytest.mark.usefixtures("strict_locales")

NOON_MS = 1_792_000_000_000
SOL = PriceLevel("SOL_USDC_PERP", D(160), Trend.UP, Source.MARK)


@pytest.mark.slow
@settings(max_examples=300)
@given(conditions, any_options, st.sampled_from(Language), st.decimals(-1000, 1000, places=4))
def test_every_alert_can_be_told(
    condition: Condition, options: AlertOptions, language: Language, value: D
) -> None:
    locale = Locale.of(language)
    assert alert_words.what(locale, condition)
    assert alert_words.options(locale, options)
    alert_words.observed(locale, condition, value, "SOL_USDC_PERP")
    news = cards.AlertNews(condition, NOON_MS, value, label=options.label, late_s=75, plan="long SOL $5")
    check(cards.fired(locale, [news], ()))
    card = cards.AlertCard(condition, options, "alert …", D(150), D(6), 7, 30, "close SOL", True, D(100))
    check(cards.made(locale, card, ()))


@pytest.mark.parametrize(
    ("condition", "english", "chinese"),
    [
        (SOL, "SOL-PERP mark price above $160", "SOL-PERP 标记价高于 $160"),
        (
            FundingLevel(None, D("-0.0125"), Trend.DOWN),
            "any perp funding below −0.0125% per interval",
            "任意永续 资金费率低于 −0.0125%（每期）",
        ),
        (
            LiquidationDistance(None, (D(20), D(5))),
            "all positions: liquidation closer than 20% / 5%",
            "全部持仓：距强平价不足 20% / 5%",
        ),
        (
            ProfitLevel("SOL_USDC_PERP", Trend.DOWN, percent=D(-10)),
            "SOL-PERP PnL below −10% of its margin",
            "SOL-PERP 盈亏低于 保证金的 −10%",
        ),
    ],
)
def test_a_condition_is_a_phrase(condition: Condition, english: str, chinese: str) -> None:
    assert alert_words.what(Locale.of(Language.ENGLISH), condition) == english
    assert alert_words.what(Locale.of(Language.CHINESE), condition) == chinese


def test_a_firing_says_what_how_much_when_and_how_late(english: Locale, chinese: Locale) -> None:
    news = cards.AlertNews(SOL, NOON_MS, D("160.2"), label="breakout", late_s=754)
    assert plain_text(cards.fired(english, [news], ()).text).splitlines() == [
        "🔔 breakout: SOL-PERP mark price above $160",
        "$160.20 at 14 Oct, 17:46:40 UTC",
        "⏱ 12 min 34 s late: I could not watch then.",
    ]
    assert plain_text(cards.fired(chinese, [news], ()).text).splitlines() == [
        "🔔 breakout：SOL-PERP 标记价高于 $160",
        "$160.20，10月15日 01:46:40 UTC+8",
        "⏱ 迟了 12 分钟 34 秒：当时无法监视。",
    ]


def test_what_fires_together_is_one_message_however_much_it_is(locale: Locale) -> None:
    many = [cards.AlertNews(SOL, NOON_MS + n, D(160 + n), label="x" * 40) for n in range(200)]
    message = cards.fired(locale, many, ())
    check(message)
    assert str(message.text).count("🔔") >= 12


def test_a_fill_has_no_number_to_show(english: Locale) -> None:
    assert alert_words.observed(english, MyFill(), D(1)) is None


def test_options_are_said_in_words(english: Locale) -> None:
    said = AlertOptions(True, 3_600_000, 2 * 86_400_000, loudness=Loudness.SILENT)
    assert alert_words.options(english, said) == "at most every 1 h · for 2 d · silent"
    assert alert_words.options(english, AlertOptions()) == "once"


@pytest.mark.parametrize(("count", "words"), [(0, "would not have fired"), (1, "once"), (7, "7 times")])
def test_a_replay_is_counted(english: Locale, count: int, words: str) -> None:
    card = cards.AlertCard(SOL, AlertOptions(), "alert SOL > 160", D(150), D("6.67"), count, 30)
    text = plain_text(cards.made(english, card, ()).text)
    assert words in text
    assert "Now $150: 6.67% to go" in text
