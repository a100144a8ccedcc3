"""Every form a trader may type, and what it means."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.domain.intent import (
    AbsolutePrice,
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
from bot.grammar import Parsed, parse

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
    # the accept list of GRAMMAR.md
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
        "long", "SOL", leverage=D(10), price=price("148"), stop_loss=price("139"), take_profit=price("155")
    ),
    "LONG SOL @ M 20x": trade("long", "SOL", leverage=D(20)),
    "лонг сол 500$ 5x стоп 2%": trade("long", "SOL", usd("500"), leverage=D(5), stop_loss=move("2")),
    "做多 SOL $500 5x 止损 2%": trade("long", "SOL", usd("500"), leverage=D(5), stop_loss=move("2")),
    # bare numbers are kept as such, and a size may be missing: the desk asks
    "long sol 20": trade("long", "SOL", bare("20")),
    "long btc": trade("long", "BTC"),
    "buy 94000 btc": trade("buy", "BTC", base("94000")),
    "buy $1e9 sol": trade("buy", "SOL", usd("1000000000")),
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
    "cancel 8F2K": CancelIntent(order_id="8F2K"),
    "cancel sol": CancelIntent(symbol="SOL"),
    "cancel all": CancelIntent(scope="all"),
    "cancel all buys": CancelIntent(scope="buys"),
    "/cancelall": CancelIntent(scope="all"),
    "panic": PanicIntent(),
    "p": QueryIntent(QueryKind.POSITIONS),
    "px sol": QueryIntent(QueryKind.PRICE, "SOL"),
    "order 8f2k": QueryIntent(QueryKind.ORDER, "8F2K"),
    "help orders": QueryIntent(QueryKind.HELP, "orders"),
}


@pytest.mark.parametrize("line", EXITS)
def test_a_line_that_is_no_entry_means(line: str) -> None:
    assert meaning(line) == EXITS[line]
