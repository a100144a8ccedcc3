"""Help says what the grammar reads: every example, in every language, by one table of meanings."""

from __future__ import annotations

import html
import re

import pytest

from bot.app.features import FEATURES
from bot.chat.feature import Features
from bot.domain.values import Language
from bot.language import Parsed, canonical, parse
from bot.ui.locale import Locale

ORDER, ALERT, CLOSE = "long sol $200 ", "alert sol > 160 ", "close sol "

# What an example means: itself a line, or a part that follows the line in front of it.
LINES = {
    "long sol $200 5x sl 3%": "long SOL $200 5x sl 3%",
    "short eth $500 at 2650 sl 2700 tp 2500": "short ETH $500 at 2650 tp 2500 sl 2700",
    "buy sol $100": "buy SOL $100",
    "sell sol 25%": "sell SOL 25%",
    "long sol $200 sl 3% tp 6%": "long SOL $200 tp 6% sl 3%",
    "sl sol 139": "sl SOL at 139",
    "tp sol 5%": "tp SOL at 5%",
    "close sol": "close SOL",
    "close half": "close 50%",
    "close sol 25%": "close SOL 25%",
    "close longs": "close longs",
    "close shorts": "close shorts",
    "close all": "close all",
    "cancel 8F2K": "cancel order 8F2K",
    "cancel sol": "cancel SOL",
    "cancel buys": "cancel buys",
    "cancel sells": "cancel sells",
    "a sol > 160": "alert SOL > 160",
    "提醒 sol 高于 160": "alert SOL > 160",
    "alert sol mark < 140": "alert SOL mark < 140",
    "提醒 sol 标记价 低于 140": "alert SOL mark < 140",
    "alert eth moves 3% in 15m": "alert ETH moves 3% in 15m",
    "提醒 eth 15分钟 涨跌 3%": "alert ETH moves 3% in 15m",
    "alert sol trail 5%": "alert SOL trail 5%",
    "提醒 sol 追踪 5%": "alert SOL trail 5%",
    "alert btc funding > 30% apr": "alert BTC funding > 30% apr",
    "提醒 btc 资金费率 高于 30% 年化": "alert BTC funding > 30% apr",
    "alert sol funding flips": "alert SOL funding flips",
    "提醒 sol 资金费率 翻转": "alert SOL funding flips",
    "alert sol funding in 10m": "alert SOL funding in 10m",
    "提醒 sol 资金费率 结算前 10分钟": "alert SOL funding in 10m",
    "alert btc oi up 10% in 1h": "alert BTC oi up 10% in 1h",
    "提醒 btc 持仓量 上涨 10% 1小时": "alert BTC oi up 10% in 1h",
    "alert btc liquidation > $100k": "alert BTC liquidation > $100000",
    "提醒 btc 爆仓 超过 10万美元": "alert BTC liquidation > $100000",
    "alert fill": "alert fill",
    "提醒 成交": "alert fill",
    "alert liq 20/10/5%": "alert liq < 20/10/5%",
    "提醒 强平距离 20/10/5%": "alert liq < 20/10/5%",
    "alert margin < 20%": "alert margin < 20%",
    "提醒 保证金率 低于 20%": "alert margin < 20%",
    "alert sol pnl < -10%": "alert SOL pnl < -10%",
    "提醒 sol 盈亏 低于 -10%": "alert SOL pnl < -10%",
    "alert listing": "alert listing",
    "提醒 上架": "alert listing",
    "alert halt sol": "alert SOL halt",
    "提醒 停牌 sol": "alert SOL halt",
    "a sol > 160 then long sol $200 sl 3%": "alert SOL > 160 then long SOL $200 sl 3%",
    "提醒 sol 高于 160 然后 做多 sol 200美元 止损 3%": "alert SOL > 160 then long SOL $200 sl 3%",
    "long sol $200 on main": "long SOL $200 on main",
    "/funding": "funding",
    "/funding sol": "funding SOL",
    "/carry": "carry",
    "/carry sol $500": "carry #SOL $500",
}
PARTS = {
    "reduce": (ORDER, "long SOL $200 reduce"),
    "-perp": ("buy $200 sol", "buy SOL-PERP $200"),
    "$200": ("long sol ", "long SOL $200"),
    "0.5 sol": ("long ", "long 0.5 SOL"),
    "qty 0.5": ("long sol ", "long 0.5 SOL"),
    "25%": (CLOSE, "close SOL 25%"),
    "half": (CLOSE, "close SOL 50%"),
    "all": ("long sol ", "long SOL 100%"),
    "at 142.5": (ORDER, "long SOL $200 at 142.5"),
    "at 1%": (ORDER, "long SOL $200 at 1%"),
    "at -1%": (ORDER, "long SOL $200 at -1%"),
    "post": (ORDER + "at 142 ", "long SOL $200 at 142 post"),
    "ioc": (ORDER, "long SOL $200 ioc"),
    "fok": (ORDER, "long SOL $200 fok"),
    "trigger 150": (ORDER, "long SOL $200 trigger 150"),
    "slip 0.3%": (ORDER, "long SOL $200 slip 0.3%"),
    "roi": (ORDER + "tp 25% ", "long SOL $200 tp 25% roi"),
    "every 1h": (ALERT, "alert SOL > 160 every 1h"),
    "每1小时": (ALERT, "alert SOL > 160 every 1h"),
    "repeat": (ALERT, "alert SOL > 160 repeat"),
    "重复": (ALERT, "alert SOL > 160 repeat"),
    "expire 2d": (ALERT, "alert SOL > 160 expire 2d"),
    "有效期 2天": (ALERT, "alert SOL > 160 expire 2d"),
    "label dip": (ALERT, "alert SOL > 160 label dip"),
    '标签 "抄底"': (ALERT, 'alert SOL > 160 label "抄底"'),
    "to dm": (ALERT, "alert SOL > 160 to dm"),
    "私聊": (ALERT, "alert SOL > 160 to dm"),
    "silent": (ALERT, "alert SOL > 160 silent"),
    "静音": (ALERT, "alert SOL > 160 silent"),
    "then arm max $300 …": (ALERT, "alert SOL > 160 then arm max $300 long SOL $200"),
    "然后 自动 最多 300美元 …": (ALERT, "alert SOL > 160 then arm max $300 long SOL $200"),
}


def examples(language: Language) -> set[str]:
    """Everything help sets as code, to be copied by a tap."""
    pages = (str(Locale.of(language).text(f"help-{topic}")) for topic in Features(FEATURES).topics)
    return {html.unescape(code) for page in pages for code in re.findall(r"<code>(.*?)</code>", page)}


@pytest.mark.parametrize("language", Language)
def test_every_example_of_help_has_its_meaning_in_the_table(language: Language) -> None:
    assert examples(language) - LINES.keys() - PARTS.keys() == set()


def test_the_table_has_no_example_that_help_lost() -> None:
    shown = examples(Language.ENGLISH) | examples(Language.CHINESE)
    assert (LINES.keys() | PARTS.keys()) - shown == set()


@pytest.mark.parametrize(
    ("line", "meaning"),
    [*LINES.items(), *((before + part, meaning) for part, (before, meaning) in PARTS.items())],
)
def test_what_help_shows_means_what_help_says(line: str, meaning: str) -> None:
    parsed = parse(line.replace("…", "long sol $200"))
    assert isinstance(parsed, Parsed), parsed
    assert [canonical(intent) for intent in parsed.intents] == [meaning]


def test_stop_has_one_meaning() -> None:
    """In front of a market, behind an order, in every language: what ends a position at a loss."""
    for line, meaning in (
        ("long sol $200 stop 139", "long SOL $200 sl 139"),
        ("stop sol 139", "sl SOL at 139"),
        ("做多 sol $200 止损 139", "long SOL $200 sl 139"),
        ("лонг сол 200$ стоп 139", "long SOL $200 sl 139"),
    ):
        parsed = parse(line)
        assert isinstance(parsed, Parsed)
        assert [canonical(intent) for intent in parsed.intents] == [meaning]
    for language in Language:
        assert not any(re.match(r"stop \d", example) for example in examples(language))
