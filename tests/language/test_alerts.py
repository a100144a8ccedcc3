"""Every form of an alert, what it means, what is refused and the line it offers instead."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.domain.alerts.alert import (
    Activity,
    ActivityMove,
    AlertOptions,
    Audience,
    BasisLevel,
    Condition,
    FundingCost,
    FundingExtreme,
    FundingFlip,
    FundingLevel,
    FundingSoon,
    FundingUnit,
    KeyTrouble,
    LiquidationDistance,
    LiquidationSize,
    Loudness,
    MarginLevel,
    MarketNews,
    MarketNewsKind,
    MyFill,
    PriceLevel,
    PriceMove,
    PriceTrail,
    ProfitLevel,
    Source,
    SpreadLevel,
    Trend,
)
from bot.domain.intent import AlertIntent, CloseIntent, PercentOffset, QuoteSize, TradeIntent, Verb
from bot.domain.refusal import RefusalCode
from bot.language import Parsed, ParseFailure, classify, parse

D = Decimal
UP, DOWN, EITHER = Trend.UP, Trend.DOWN, Trend.EITHER
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def alert(line: str) -> AlertIntent:
    result = parse(line)
    assert isinstance(result, Parsed), result
    (intent,) = result.intents
    assert isinstance(intent, AlertIntent)
    return intent


CONDITIONS: list[tuple[str, Condition]] = [
    ("a btc > 100k", PriceLevel("BTC", D(100_000), UP)),
    ("/a btc > 100k", PriceLevel("BTC", D(100_000), UP)),
    ("alert sol below 140", PriceLevel("SOL", D(140), DOWN)),
    ("alert $sol <= $140.5", PriceLevel("SOL", D("140.5"), DOWN)),
    ("alert sol-perp crosses 140", PriceLevel("SOL-PERP", D(140), EITHER)),
    ("alert price BTC 65000", PriceLevel("BTC", D(65_000), EITHER)),
    ("remind me when sol hits 200", PriceLevel("SOL", D(200), EITHER)),
    ("a btc mark > 100k", PriceLevel("BTC", D(100_000), UP, Source.MARK)),
    ("a btc index < 90k", PriceLevel("BTC", D(90_000), DOWN, Source.INDEX)),
    ("alert eth moves 3% in 15m", PriceMove("ETH", D(3), 15 * MINUTE)),
    ("alert eth up 3% in 1h", PriceMove("ETH", D(3), HOUR, UP)),
    ("alert eth drops 5% within 2h", PriceMove("ETH", D(5), 2 * HOUR, DOWN)),
    ("alert eth 3% in 15m", PriceMove("ETH", D(3), 15 * MINUTE)),
    ("alert eth mark moves 0.5% in 90s", PriceMove("ETH", D("0.5"), 90_000, EITHER, Source.MARK)),
    ("alert sol trail 5%", PriceTrail("SOL", D(5))),
    ("alert sol trail 5% from 140", PriceTrail("SOL", D(5), anchor=D(140))),
    ("alert sol trail down 5%", PriceTrail("SOL", D(5), DOWN)),
    ("alert sol trails up 5%", PriceTrail("SOL", D(5), UP)),
    ("funding alert btc > 30% apr", FundingLevel("BTC", D(30), UP, FundingUnit.YEAR)),
    ("alert sol funding < -0.01%", FundingLevel("SOL", D("-0.01"), DOWN)),
    ("alert funding sol above 0.02% per 8h", FundingLevel("SOL", D("0.02"), UP, FundingUnit.EIGHT_HOURS)),
    ("alert any funding > 0.1%/1h", FundingLevel(None, D("0.1"), UP, FundingUnit.HOUR)),
    ("alert sol funding flips", FundingFlip("SOL")),
    ("alert sol funding negative", FundingFlip("SOL", DOWN)),
    ("funding alert turns positive", FundingFlip(None, UP)),
    ("funding alert sol extreme", FundingExtreme("SOL")),
    ("alert sol funding in 10m", FundingSoon("SOL", 10 * MINUTE)),
    ("alert sol 10min before funding", FundingSoon("SOL", 10 * MINUTE)),
    ("alert funding cost > $5", FundingCost(None, D(5))),
    ("alert sol funding cost > 5", FundingCost("SOL", D(5))),
    ("alert btc oi up 10% in 1h", ActivityMove("BTC", Activity.OPEN_INTEREST, D(10), HOUR, UP)),
    ("alert sol volume up 200% in 1h", ActivityMove("SOL", Activity.VOLUME, D(200), HOUR, UP)),
    ("alert sol spread > 0.2%", SpreadLevel("SOL", D("0.2"))),
    ("alert sol basis > 0.5%", BasisLevel("SOL", D("0.5"), UP)),
    ("alert sol basis < -0.5%", BasisLevel("SOL", D("-0.5"), DOWN)),
    ("alert btc liquidation > $100k", LiquidationSize("BTC", D(100_000))),
    ("alert liquidations > $1m", LiquidationSize(None, D(1_000_000))),
    ("alert fill", MyFill()),
    ("alert my sol fills", MyFill("SOL")),
    ("alert margin < 20%", MarginLevel(D(20))),
    ("alert liq < 10%", LiquidationDistance(None, (D(10),))),
    ("alert liq distance 20/10/5%", LiquidationDistance(None, (D(20), D(10), D(5)))),
    ("alert sol liq 5%, 10%", LiquidationDistance("SOL", (D(10), D(5)))),
    ("alert sol pnl > $50", ProfitLevel("SOL", UP, amount=D(50))),
    ("alert sol pnl < -10%", ProfitLevel("SOL", DOWN, percent=D(-10))),
    ("alert pnl < -$50", ProfitLevel(None, DOWN, amount=D(-50))),
    ("alert sol pnl > 0", ProfitLevel("SOL", UP, amount=D(0))),
    ("alert listing", MarketNews(MarketNewsKind.LISTED)),
    ("alert delisting", MarketNews(MarketNewsKind.DELISTED)),
    ("alert halt sol", MarketNews(MarketNewsKind.HALTED, "SOL")),
    ("alert key", KeyTrouble()),
    # 中文
    ("提醒 btc 高于 10万", PriceLevel("BTC", D(100_000), UP)),
    ("提醒sol跌破140", PriceLevel("SOL", D(140), DOWN)),
    ("提醒 sol 15分钟 涨跌 3%", PriceMove("SOL", D(3), 15 * MINUTE)),
    ("提醒 sol 1小时内 下跌 5%", PriceMove("SOL", D(5), HOUR, DOWN)),
    ("提醒 sol 标记价格 突破 160", PriceLevel("SOL", D(160), UP, Source.MARK)),
    ("提醒 sol 回撤 5%", PriceTrail("SOL", D(5), DOWN)),
    ("资金费率 提醒 sol 翻转", FundingFlip("SOL")),
    ("提醒 sol 资金费率 转负", FundingFlip("SOL", DOWN)),
    ("提醒 btc 资金费率 高于 30% 年化", FundingLevel("BTC", D(30), UP, FundingUnit.YEAR)),
    ("提醒 sol 资金费率 结算前 10分钟", FundingSoon("SOL", 10 * MINUTE)),
    ("提醒 资金费用 超过 5美元", FundingCost(None, D(5))),
    ("提醒 btc 持仓量 上涨 10% 1小时", ActivityMove("BTC", Activity.OPEN_INTEREST, D(10), HOUR, UP)),
    ("提醒 btc 爆仓 超过 10万美元", LiquidationSize("BTC", D(100_000))),
    ("提醒 强平距离 低于 10%", LiquidationDistance(None, (D(10),))),
    ("提醒 保证金率 低于 20%", MarginLevel(D(20))),
    ("提醒 sol 盈亏 低于 -10%", ProfitLevel("SOL", DOWN, percent=D(-10))),
    ("提醒 成交", MyFill()),
    ("提醒 上架", MarketNews(MarketNewsKind.LISTED)),
    ("提醒 密钥", KeyTrouble()),
    # русский
    ("алерт сол выше 160", PriceLevel("SOL", D(160), UP)),
    ("алерт eth движение 3% за 15м", PriceMove("ETH", D(3), 15 * MINUTE)),
]


@pytest.mark.parametrize(("line", "condition"), CONDITIONS)
def test_a_line_means(line: str, condition: Condition) -> None:
    assert alert(line) == AlertIntent(condition)
    assert classify(line)


OPTIONS: list[tuple[str, dict[str, Any]]] = [
    ("once", {}),
    ("repeat", {"repeat": True}),
    ("every 1h", {"repeat": True, "cooldown_ms": HOUR}),
    ("cooldown 30m", {"repeat": True, "cooldown_ms": 30 * MINUTE}),
    ("every day", {"repeat": True, "cooldown_ms": DAY}),
    ("once cooldown 30m", {"cooldown_ms": 30 * MINUTE}),
    ("expire 2d", {"lifetime_ms": 2 * DAY}),
    ("expires in 1.5h", {"lifetime_ms": 90 * MINUTE}),
    ("until 1w", {"lifetime_ms": 7 * DAY}),
    ("label dip", {"label": "dip"}),
    ('label "buy the dip"', {"label": "buy the dip"}),
    ("to dm", {"audience": Audience.PRIVATE}),
    ("to this chat", {}),
    ("silent", {"loudness": Loudness.SILENT}),
    ("every 1h expire 2d to dm silent", {"repeat": True, "cooldown_ms": HOUR, "lifetime_ms": 2 * DAY}
     | {"audience": Audience.PRIVATE, "loudness": Loudness.SILENT}),
    ("每1小时 有效期 2天 标签 抄底".replace("抄底", '"抄底"'), {"repeat": True, "cooldown_ms": HOUR}
     | {"lifetime_ms": 2 * DAY, "label": "抄底"}),
]  # fmt: skip


@pytest.mark.parametrize(("words", "options"), OPTIONS)
def test_an_option_means(words: str, options: dict[str, Any]) -> None:
    assert alert(f"alert sol > 160 {words}").options == AlertOptions(**options)
    assert alert(f"alert {words} sol > 160").options == AlertOptions(**options)


def test_a_plan_is_a_line_of_the_main_grammar() -> None:
    plan = alert("a btc > 100k then long btc $200 sl 2%").plan
    assert plan == TradeIntent(Verb.LONG, "BTC", QuoteSize(D(200)), stop_loss=PercentOffset(D(2)))
    assert alert("a btc > 100k then close btc").plan == CloseIntent("BTC")
    assert alert("提醒 btc 高于 10万 然后 做多 btc 200美元").plan == TradeIntent(
        Verb.LONG, "BTC", QuoteSize(D(200))
    )


@pytest.mark.parametrize(
    ("words", "armed", "cap"),
    [
        ("close btc", False, None),
        ("arm close btc", True, None),
        ("go close btc", True, None),
        ("arm max $500 close btc", True, D(500)),
        ("arm up to 1.5k close btc", True, D(1500)),
        ("自动 最多 500美元 平仓 btc", True, D(500)),
    ],
)
def test_arming_is_said_in_words(words: str, armed: bool, cap: Decimal | None) -> None:
    said = alert(f"a btc > 100k then {words}")
    assert (said.armed, said.cap_usd, said.plan) == (armed, cap, CloseIntent("BTC"))


def test_a_label_may_hold_the_word_then() -> None:
    assert alert('alert sol > 160 label "then long" then close sol').options.label == "then long"


MOVES = [f"alert sol moves 3% in {window}" for window in ("15m", "1h", "24h")]
# line, the word pointed at, lines offered
REFUSED = [
    ("alert", "alert", []),
    ("alert > 160", "alert", []),
    ("alert sol", "sol", []),
    ("alert sol every 1h", "1h", []),
    ("alert sol blow 140", "blow", ["alert sol below 140"]),
    ("alert sol fundng flips", "fundng", ["alert sol funding flips"]),
    ("alert sol flips", "flips", ["alert sol funding flips"]),
    ("alert btc > 30% apr", "apr", ["alert btc funding > 30% apr"]),
    ("alert sol > 3%", "3%", MOVES),
    ("alert sol moves 3%", "3%", MOVES),
    ("alert sol moves 3 in 15m", "3", ["alert sol moves 3% in 15m"]),
    ("alert sol moves 3% in 15", "15", []),
    ("alert sol moves 3% in 90d", "90d", []),
    ("alert sol down 100% in 1h", "100%", []),
    ("alert margin > 20%", ">", ["alert margin < 20%"]),
    ("alert margin < 20", "20", ["alert margin < 20%"]),
    ("alert liq > 10%", ">", ["alert liq < 10%"]),
    ("alert funding > 0.01", "0.01", ["alert funding > 0.01%"]),
    ("alert funding > 0.01% per 3h", "per 3h", []),
    ("alert funding in 10m", "alert", []),
    ("alert pnl < -10%", "pnl", []),
    ("alert sol pnl > 50", "50", ["alert sol pnl > $50", "alert sol pnl > 50%"]),
    ("alert key sol", "sol", []),
    ("alert sol > 160 > 170", ">", []),
    ("alert sol eth > 160", "eth", []),
    ("alert sol > 160 expire", "expire", []),
    ("alert sol > 160 expire tomorrow", "tomorrow", []),
    ("alert sol > 160 label", "label", []),
    ("alert sol > 160 then", "then", []),
    ("alert sol > 160 then arm", "then", []),
    ("alert sol > 160 then positions", "positions", []),
    ("alert sol > 160 then long $200", "long", ["alert sol > 160 then long SOL $200"]),
    (
        "alert sol > 160 then go long sol $200",
        "go",
        ["alert sol > 160 then arm long sol $200", "alert sol > 160 then long sol $200"],
    ),
    ("alert sol > 160 then long sol $200 sl be", "be", []),
    ("alert sol > 160; long sol $200", "long", ["alert sol > 160"]),
    ("alrt sol > 160", "alrt", ["alert sol > 160"]),
]  # fmt: skip


@pytest.mark.parametrize(("line", "word", "mends"), REFUSED)
def test_what_is_refused_points_at_the_word(line: str, word: str, mends: list[str]) -> None:
    result = parse(line)
    assert isinstance(result, ParseFailure), result
    assert line[result.start : result.end] == word
    assert list(result.mends) == mends


def test_a_foreign_letter_in_an_alert_is_named() -> None:
    result = parse("alert ВТС > 100k")
    assert isinstance(result, ParseFailure)
    assert result.refusal.code is RefusalCode.HOMOGLYPH
