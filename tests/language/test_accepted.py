"""Every form a trader may type, and what it means."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.domain.intent import (
    AbsolutePrice,
    AgainIntent,
    BareSize,
    BaseSize,
    CancelIntent,
    CloseIntent,
    Intent,
    PanicIntent,
    PercentOffset,
    PercentSize,
    ProtectIntent,
    QueryIntent,
    QueryKind,
    QuoteSize,
    TradeIntent,
    Verb,
)
from bot.domain.preview.preview import Note
from bot.domain.values import TimeInForce
from bot.language import Parsed, parse

D = Decimal


def trade(verb: str, symbol: str, size: object = None, **rest: object) -> TradeIntent:
    return TradeIntent(Verb(verb), symbol, size, **rest)  # type: ignore[arg-type]


def usd(amount: str) -> QuoteSize:
    return QuoteSize(D(amount))


def base(amount: str) -> BaseSize:
    return BaseSize(D(amount))


def share(percent: str) -> PercentSize:
    return PercentSize(D(percent))


def bare(amount: str) -> BareSize:
    return BareSize(D(amount))


def price(value: str) -> AbsolutePrice:
    return AbsolutePrice(D(value))


def move(percent: str, **flags: bool) -> PercentOffset:
    return PercentOffset(D(percent), **flags)


def meaning(line: str) -> Intent:
    result = parse(line)
    assert isinstance(result, Parsed), result
    (intent,) = result.intents
    return intent


TRADES: dict[str, Intent] = {
    # lines of other bots and of callouts, and our own
    "/long btc 10x 500 tp 5% sl 2%": trade(
        "long", "BTC", bare("500"), leverage=D(10), take_profit=move("5"), stop_loss=move("2")
    ),
    "long 0.1 btc with 5x leverage": trade("long", "BTC", base("0.1"), leverage=D(5)),
    "short $500 worth of eth": trade("short", "ETH", usd("500")),
    "BTC-USDT buy $100 LIMIT 94000": trade("buy", "BTC-USDT", usd("100"), price=price("94000")),
    "buy $250 sol at -1% po": trade("buy", "SOL", usd("250"), price=move("-1", signed=True), post_only=True),
    "buy 100$ SOL stop -1.5%": trade("buy", "SOL", usd("100"), stop_loss=move("-1.5", signed=True)),
    "sell eth 25% reduce": trade("sell", "ETH", share("25"), reduce_only=True),
    "LONG SOL @ 148 x10 SL 139 TP 155": trade(
        "long",
        "SOL",
        leverage=D(10),
        price=price("148"),
        stop_loss=price("139"),
        take_profit=price("155"),
        callout=True,
    ),
    "short eth\nEntry: 2500\nSL: 2600": trade(
        "short", "ETH", price=price("2500"), stop_loss=price("2600"), callout=True
    ),
    # ... and what only looks like one: no exit, a price by another word, or a word no callout has
    "long sol @ 148 $200": trade("long", "SOL", usd("200"), price=price("148")),
    "long sol at 148 sl 139": trade("long", "SOL", price=price("148"), stop_loss=price("139")),
    "long sol limit 148 sl 139": trade("long", "SOL", price=price("148"), stop_loss=price("139")),
    "long sol @ -1% sl 139": trade("long", "SOL", price=move("-1", signed=True), stop_loss=price("139")),
    "long sol @ 148 sl 139 post": trade(
        "long", "SOL", price=price("148"), stop_loss=price("139"), post_only=True
    ),
    "LONG SOL @ M 20x": trade("long", "SOL", leverage=D(20)),
    "лонг сол 500$ 5x стоп 2%": trade("long", "SOL", usd("500"), leverage=D(5), stop_loss=move("2")),
    "做多 SOL $500 5x 止损 2%": trade("long", "SOL", usd("500"), leverage=D(5), stop_loss=move("2")),
    # bare numbers are kept as such, and a size may be missing: the desk asks
    "long sol 20": trade("long", "SOL", bare("20")),
    "long btc": trade("long", "BTC"),
    "buy 94000 btc": trade("buy", "BTC", base("94000")),
    "buy $1e9 sol": trade("buy", "SOL", usd("1000000000")),
    # verbs
    "l sol": trade("long", "SOL"),
    "s sol": trade("short", "SOL"),
    "b sol": trade("buy", "SOL"),
    "go long sol": trade("long", "SOL"),
    "Enter-Short sol": trade("short", "SOL"),
    "bto sol": trade("buy", "SOL"),
    "sto sol": trade("short", "SOL"),
    "ask sol": trade("sell", "SOL"),
    "btc long $200": trade("long", "BTC", usd("200")),
    "/long@rucksack_bot sol $200": trade("long", "SOL", usd("200")),
    # symbols
    "long $sol $5": trade("long", "SOL", usd("5")),
    "long s $5": trade("long", "S", usd("5")),
    "long #1000pepe $5": trade("long", "1000PEPE", usd("5")),
    "buy sol/usdc $5": trade("buy", "SOL/USDC", usd("5")),
    "long SOL_USDC_PERP $5": trade("long", "SOL_USDC_PERP", usd("5")),
    "btc long 0.1 btc": trade("long", "BTC", base("0.1")),
    # sizes
    "long sol 200$": trade("long", "SOL", usd("200")),
    "long sol 200 usdc": trade("long", "SOL", usd("200")),
    "long sol 200 bucks": trade("long", "SOL", usd("200")),
    "long sol 200u": trade("long", "SOL", usd("200")),
    "long sol $1.5k": trade("long", "SOL", usd("1500")),
    "long sol $1,234.5": trade("long", "SOL", usd("1234.5")),
    "long sol $1.234,5": trade("long", "SOL", usd("1234.5")),
    "long sol $1,234,567": trade("long", "SOL", usd("1234567")),
    "long sol $1_000": trade("long", "SOL", usd("1000")),
    "long sol $2m": trade("long", "SOL", usd("2000000")),
    "long sol $1e3": trade("long", "SOL", usd("1000")),
    "long sol .5": trade("long", "SOL", bare("0.5")),
    "long sol qty 0.5": trade("long", "SOL", base("0.5")),
    "long 0.5sol": trade("long", "SOL", base("0.5")),
    "long 1_000 sol": trade("long", "SOL", base("1000")),
    "sell sol 25%bal": trade("sell", "SOL", share("25")),
    "sell sol 25% of bal": trade("sell", "SOL", share("25")),
    "sell sol 25% of position reduce": trade("sell", "SOL", share("25"), reduce_only=True),
    "sell sol half": trade("sell", "SOL", share("50")),
    "sell sol quarter": trade("sell", "SOL", share("25")),
    "sell all my sol": trade("sell", "SOL", share("100")),
    "buy sol max": trade("buy", "SOL", share("100")),
    # leverage
    "long sol x5": trade("long", "SOL", leverage=D(5)),
    "long sol lev 5": trade("long", "SOL", leverage=D(5)),
    "long sol leverage: 5x": trade("long", "SOL", leverage=D(5)),
    "long sol @ 2.5x": trade("long", "SOL", leverage=D("2.5")),
    # prices
    "long sol at 142.5": trade("long", "SOL", price=price("142.5")),
    "long sol @142.5": trade("long", "SOL", price=price("142.5")),
    "long sol limit at 94k": trade("long", "SOL", price=price("94000")),
    "limit buy sol at 94": trade("buy", "SOL", price=price("94")),
    "long sol entry: 142": trade("long", "SOL", price=price("142")),
    "long sol price=142": trade("long", "SOL", price=price("142")),
    "long sol at 1%": trade("long", "SOL", price=move("1")),
    "long sol @ +1%": trade("long", "SOL", price=move("1", signed=True)),
    "long sol at −1%": trade("long", "SOL", price=move("-1", signed=True)),
    "long sol mkt": trade("long", "SOL"),
    "market buy sol": trade("buy", "SOL"),
    "long sol trigger 150": trade("long", "SOL", trigger=price("150")),
    "long sol when 150 at 151": trade("long", "SOL", trigger=price("150"), price=price("151")),
    "long sol stop-limit 150 at 151": trade("long", "SOL", trigger=price("150"), price=price("151")),
    "sell sol 2 stop market 130": trade("sell", "SOL", bare("2"), trigger=price("130")),
    # exits
    "long sol tp $160 stop at 139": trade("long", "SOL", take_profit=price("160"), stop_loss=price("139")),
    "long sol s/l: 139 tp=160": trade("long", "SOL", take_profit=price("160"), stop_loss=price("139")),
    "long sol tp 25% roi sl 10% roi": trade(
        "long", "SOL", take_profit=move("25", roi=True), stop_loss=move("10", roi=True)
    ),
    "long sol sl 3% $200": trade("long", "SOL", usd("200"), stop_loss=move("3")),
    # flags
    "long sol at 1 ioc": trade("long", "SOL", price=price("1"), time_in_force=TimeInForce.IOC),
    "long sol at 1 fok": trade("long", "SOL", price=price("1"), time_in_force=TimeInForce.FOK),
    "long sol at 1 gtc": trade("long", "SOL", price=price("1"), time_in_force=TimeInForce.GTC),
    "long sol at 1 maker only": trade("long", "SOL", price=price("1"), post_only=True),
    "long sol at 1 post-only": trade("long", "SOL", price=price("1"), post_only=True),
    "BTC-USDT buy $9 LIMIT_MAKER at 1": trade("buy", "BTC-USDT", usd("9"), price=price("1"), post_only=True),
    "short sol ro": trade("short", "SOL", reduce_only=True),
    "long sol slip 0.5%": trade("long", "SOL", slippage=D("0.5")),
    "long sol on market": trade("long", "SOL", account="market"),
    "long sol acc “My Desk”": trade("long", "SOL", account="My Desk"),
    # other scripts and languages
    "ｌｏｎｇ sol $２００": trade("long", "SOL", usd("200")),
    "long sol $۲۰۰ ٥x": trade("long", "SOL", usd("200"), leverage=D(5)),
    "lo\u200bng \u202esol\u202c $200": trade("long", "SOL", usd("200")),
    "做多SOL 500美元5倍杠杆止损2%止盈5%": trade(
        "long", "SOL", usd("500"), leverage=D(5), stop_loss=move("2"), take_profit=move("5")
    ),
    "市价买入 0.5 SOL": trade("buy", "SOL", base("0.5")),
    "做空比特币1.5万美元限价9.4万只挂单": trade(
        "short", "BTC", usd("15000"), price=price("94000"), post_only=True
    ),
    "шорт эфир 0,5 5х по 2500": trade("short", "ETH", bare("0.5"), leverage=D(5), price=price("2500")),
    # a new line with an exit belongs to the order above it
    "long sol $200\nsl 139\ntp: 160": trade(
        "long", "SOL", usd("200"), stop_loss=price("139"), take_profit=price("160")
    ),
}


@pytest.mark.parametrize("line", TRADES)
def test_a_trade_line_means(line: str) -> None:
    assert meaning(line) == TRADES[line]


EXITS: dict[str, Intent] = {
    "close sol": CloseIntent("SOL"),
    "close": CloseIntent(),
    "close half": CloseIntent(size=share("50")),
    "c btc 25%": CloseIntent("BTC", size=share("25")),
    "close longs": CloseIntent(scope="longs"),
    "x all": CloseIntent(scope="all"),
    "close my sol position": CloseIntent("SOL"),
    "close my btc long 0.01 at 80000": CloseIntent("BTC", size=bare("0.01"), price=price("80000")),
    "tp sol 160": ProtectIntent("tp", price("160"), "SOL"),
    "sl sol 3%": ProtectIntent("sl", move("3"), "SOL"),
    "sl 139": ProtectIntent("sl", price("139")),
    "tp 50% at 70k": ProtectIntent("tp", price("70000"), size=share("50")),
    "close all": CloseIntent(scope="all"),
    "close all 50%": CloseIntent(scope="all", size=share("50")),
    "close sol all": CloseIntent("SOL"),
    "sol close half": CloseIntent("SOL", size=share("50")),
    "close 0.5 sol": CloseIntent("SOL", size=base("0.5")),
    "close sol limit 150 on alt": CloseIntent("SOL", price=price("150"), account="alt"),
    "tp 160 sol": ProtectIntent("tp", price("160"), "SOL"),
    "tp 0.5 sol at 160": ProtectIntent("tp", price("160"), "SOL", base("0.5")),
    "tp sol 160 50%": ProtectIntent("tp", price("160"), "SOL", share("50")),
    "sol sl 139": ProtectIntent("sl", price("139"), "SOL"),
    "sl sol -3% on alt": ProtectIntent("sl", move("-3", signed=True), "SOL", account="alt"),
    "cancel order abcd": CancelIntent(order_id="ABCD"),
    "cancel sells sol": CancelIntent(symbol="SOL", scope="sells"),
    "cancel all my sol orders": CancelIntent(symbol="SOL"),
    "flatten": PanicIntent(),
    "pos": QueryIntent(QueryKind.POSITIONS),
    "my orders": QueryIntent(QueryKind.ORDERS),
    "bal": QueryIntent(QueryKind.BALANCE),
    "book sol": QueryIntent(QueryKind.BOOK, "SOL"),
    "fees": QueryIntent(QueryKind.FEES),
    "funding": QueryIntent(QueryKind.FUNDING),
    "/funding sol": QueryIntent(QueryKind.FUNDING, "SOL"),
    "资金费率 sol": QueryIntent(QueryKind.FUNDING, "SOL"),
    "carry": QueryIntent(QueryKind.CARRY),
    "carry sol $500": QueryIntent(QueryKind.CARRY, "SOL $500"),
    "套利 btc": QueryIntent(QueryKind.CARRY, "BTC"),
    "accounts": QueryIntent(QueryKind.ACCOUNTS),
    "settings": QueryIntent(QueryKind.SETTINGS),
    "help": QueryIntent(QueryKind.HELP),
    "平仓 SOL 一半": CloseIntent("SOL", size=share("50")),
    "全部平仓": CloseIntent(scope="all"),
    "平多": CloseIntent(scope="longs"),
    "止损 SOL 139": ProtectIntent("sl", price("139"), "SOL"),
    "撤销所有订单": CancelIntent(scope="all"),
    "查看持仓": QueryIntent(QueryKind.POSITIONS),
    "价格SOL": QueryIntent(QueryKind.PRICE, "SOL"),
    "закрыть все": CloseIntent(scope="all"),
    "cancel 8F2K": CancelIntent(order_id="8F2K"),
    "cancel sol": CancelIntent(symbol="SOL"),
    "cancel all": CancelIntent(scope="all"),
    "cancel all buys": CancelIntent(scope="buys"),
    "/cancelall": CancelIntent(scope="all"),
    "panic": PanicIntent(),
    "p": QueryIntent(QueryKind.POSITIONS),
    "px sol": QueryIntent(QueryKind.PRICE, "SOL"),
    "order 8f2k": QueryIntent(QueryKind.ORDER, "8F2K"),
    "same": AgainIntent(),
    "same 2x": AgainIntent(leverage=D(2)),
    "again $300": AgainIntent(size=usd("300")),
    "same btc half": AgainIntent("BTC", share("50")),
    "same 20": AgainIntent(size=bare("20")),
    "repeat with 0.5 sol lev 3": AgainIntent("SOL", base("0.5"), D(3)),
    "再来 2倍": AgainIntent(leverage=D(2)),
    "повтори 300$": AgainIntent(size=usd("300")),
    "help orders": QueryIntent(QueryKind.HELP, "orders"),
}


@pytest.mark.parametrize("line", EXITS)
def test_a_line_that_is_no_entry_means(line: str) -> None:
    assert meaning(line) == EXITS[line]


def test_a_chain_is_read_in_order() -> None:
    result = parse("long sol $200; close btc\npos")
    assert isinstance(result, Parsed)
    assert result.intents == (
        trade("long", "SOL", usd("200")),
        CloseIntent("BTC"),
        QueryIntent(QueryKind.POSITIONS),
    )


def test_money_said_in_usdt_is_noted_as_usdc() -> None:
    result = parse("buy sol 200 usdt")
    assert isinstance(result, Parsed)
    assert result.notes == (Note("mapped-quote", (("typed", "USDT"), ("used", "USDC"))),)


def test_the_source_is_the_line_as_it_was_read() -> None:
    result = parse(" /long@bot \t SOL  $２００ ")
    assert isinstance(result, Parsed)
    assert result.source == "long SOL $200"
