"""Whatever a user, a market and an account may be, within what the grammar and the exchange let through."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from hypothesis import strategies as st

from bot.domain.accounts.account import AccountState
from bot.domain.intent import (
    AbsolutePrice,
    BareSize,
    BaseSize,
    CloseIntent,
    PercentOffset,
    PercentSize,
    ProtectIntent,
    QuoteSize,
    TradeIntent,
    Verb,
)
from bot.domain.markets.market import Book, MarginFunction, Market, MarkPrice, PriceBand
from bot.domain.preview.preview import PreviewContext
from bot.domain.values import TimeInForce
from tests.domain.builders import account, perp, position, spot

D = Decimal


def amounts(low: int = -6, high: int = 15) -> st.SearchStrategy[Decimal]:
    """Positive numbers of a few digits at any magnitude a line may hold."""
    digits, exponents = st.integers(1, 99_999), st.integers(low, high - 5)
    return st.builds(lambda digits, exponent: D(digits).scaleb(exponent), digits, exponents)


def near(price: Decimal, per_mille: int = 300) -> st.SearchStrategy[Decimal]:
    return st.integers(-per_mille, per_mille).map(lambda n: price * (1000 + n) / 1000)


offsets = st.builds(
    PercentOffset,
    st.integers(1, 20_000).map(lambda n: D(n) / 100),
    signed=st.just(False),
    roi=st.booleans(),
) | st.builds(PercentOffset, st.integers(-5_000, 5_000).map(lambda n: D(n) / 100), signed=st.just(True))
percents = st.builds(PercentSize, st.integers(1, 15_000).map(lambda n: D(n) / 100))


def prices_around(price: Decimal) -> st.SearchStrategy[Any]:
    return st.builds(AbsolutePrice, near(price) | amounts()) | offsets


def exits(price: Decimal) -> st.SearchStrategy[Any]:
    usual = st.integers(10, 3_000).map(lambda n: PercentOffset(D(n) / 100))
    return rarely(prices_around(price), usual)


def sizes(price: Decimal) -> st.SearchStrategy[Any]:
    money = st.integers(1_000, 300_000).map(lambda n: D(n) / 100)
    base = money.map(lambda amount: (amount / price).quantize(D("0.00000001")))
    return st.builds(QuoteSize, money) | st.builds(BaseSize, base) | percents


def odd_sizes() -> st.SearchStrategy[Any]:
    """Sizes of any magnitude, none at all, and numbers without a unit."""
    sized = st.builds(QuoteSize, amounts()) | st.builds(BaseSize, amounts()) | st.builds(BareSize, amounts())
    return sized | st.none()


def rarely(odd: st.SearchStrategy[Any], usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly what people do, one time in eight anything."""
    return st.integers(0, 7).flatmap(lambda n: odd if n == 0 else usual)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def markets(draw: st.DrawFn) -> tuple[Market, Decimal]:
    """A market of any granularity, and a price for it at the tick."""
    tick = D(1).scaleb(draw(st.integers(-6, 1)))
    price = draw(st.integers(50, 200_000)) * tick
    # A step is worth somewhere between a hundredth of a cent and ten dollars.
    step = D(1).scaleb(draw(st.integers(-4, 1)) - price.adjusted())
    bands = st.builds(PriceBand, maybe(st.just(D("1.2"))), maybe(st.just(D("0.8"))))
    functions = maybe(st.just(MarginFunction(D("0.02"), D("0.0001"))))
    make = perp if draw(st.booleans()) else spot
    changes: dict[str, Any] = {
        "tick": tick,
        "step": step,
        "min_quantity": step * draw(st.integers(1, 10)),
        "max_quantity": draw(maybe(st.just(step * 1_000_000))),
        "min_price": tick,
        "max_price": draw(maybe(st.just(price * 10))),
        "state": draw(st.sampled_from(["Open"] * 24 + ["Closed", "LimitOnly", "PostOnly", "Later"])),
        "band": draw(bands),
        "mean_mark": draw(bands),
        "impact": draw(st.builds(PriceBand, maybe(st.just(D("1.01"))), maybe(st.just(D("0.99"))))),
        "open_interest_limit": draw(maybe(st.just(step * 500_000))),
        "position_limit_weight": draw(maybe(st.just(D("0.5")))),
    }
    if make is perp:
        changes |= {"imf": draw(functions), "mmf": draw(functions)}
    return make(**changes), price


@st.composite
def books(draw: st.DrawFn, market: Market, price: Decimal) -> Book:
    worth = st.integers(1, 20_000).map(lambda usd: max(market.step, market.floor_quantity(usd / price)))
    gaps = st.lists(
        st.tuples(st.integers(1, 20), worth), min_size=draw(rarely(st.just(0), st.just(2))), max_size=6
    )

    def ladder(direction: int) -> list[tuple[Decimal, Decimal]]:
        levels, at = [], price
        for ticks, quantity in draw(gaps):
            at += direction * ticks * market.tick
            if at > 0:
                levels.append((at, quantity))
        return levels

    return Book(market.symbol, ladder(-1), ladder(1))


@st.composite
def accounts(draw: st.DrawFn, market: Market, price: Decimal) -> AccountState:
    positions = []
    if draw(st.booleans()):
        positions.append(position("2", symbol="ETH_USDC_PERP", entry="2000", mark="2100"))
    held = market.floor_quantity(draw(st.just(0) | st.integers(-5_000, 5_000)) / price)
    if held:
        positions.append(position(str(held), symbol="SOL_USDC_PERP", entry=str(price), mark=str(price)))
    equity = draw(rarely(st.integers(-100, 100), st.integers(500, 100_000)))
    coins = market.floor_quantity(draw(rarely(st.just(0), st.integers(1, 5_000))) / price)
    return account(
        str(equity),
        available=str(draw(rarely(st.integers(-100, max(1, equity)), st.just(equity)))),
        leverage=str(draw(st.integers(1, 50))),
        positions=tuple(positions),
        balances={"USDC": str(max(0, equity)), "SOL": str(coins)},
        position_limit=draw(maybe(st.just(D(50_000)))),
    )


@st.composite
def contexts(draw: st.DrawFn) -> PreviewContext:
    market, price = draw(markets())
    return PreviewContext(
        market=market,
        book=draw(books(market, price)),
        mark=MarkPrice(market.symbol, draw(near(price, 5)), price, draw(maybe(st.just(D("-0.0002"))))),
        last=price,
        account=draw(accounts(market, price)),
        now_ms=0,
        default_slippage_percent=D(draw(st.integers(0, 5))),
        mapped_quote=draw(maybe(st.just("USDT"))),
        open_interest=draw(maybe(st.just(market.step * 499_000))),
    )


@st.composite
def trades(draw: st.DrawFn, context: PreviewContext) -> TradeIntent:
    """Mostly lines that fit their market, each word now and then anything the grammar lets through."""
    price, is_perp = prices_around(context.last), context.market.is_perp
    usual = [Verb.LONG, Verb.SHORT] if is_perp else [Verb.BUY, Verb.SELL]
    resting = st.builds(AbsolutePrice, near(context.last, 50))
    return TradeIntent(
        verb=draw(rarely(st.sampled_from(Verb), st.sampled_from(usual))),
        symbol=draw(st.sampled_from(["sol", "SOL-PERP"])) if is_perp else "sol",
        size=draw(rarely(odd_sizes(), sizes(context.last))),
        leverage=draw(rarely(st.integers(0, 60).map(D), st.just(D(1)) if is_perp else st.none()) | st.none()),
        price=draw(maybe(rarely(price, resting))),
        trigger=draw(rarely(price, st.none())),
        take_profit=draw(maybe(exits(context.last))),
        stop_loss=draw(maybe(exits(context.last))),
        time_in_force=draw(rarely(st.sampled_from(TimeInForce), st.none())),
        post_only=draw(rarely(st.just(True), st.just(False))),
        reduce_only=draw(rarely(st.just(True), st.just(False))),
        slippage=draw(maybe(st.integers(0, 150).map(D))),
        callout=draw(rarely(st.just(True), st.just(False))),
    )


@st.composite
def closes(draw: st.DrawFn, context: PreviewContext) -> CloseIntent:
    size = draw(rarely(odd_sizes(), sizes(context.last) | st.none()))
    return CloseIntent("sol", size=size, price=draw(maybe(prices_around(context.last))))


@st.composite
def protections(draw: st.DrawFn, context: PreviewContext) -> ProtectIntent:
    size = draw(rarely(odd_sizes(), sizes(context.last) | st.none()))
    kind: Literal["tp", "sl"] = draw(st.sampled_from(["tp", "sl"]))
    return ProtectIntent(kind, draw(exits(context.last) | prices_around(context.last)), size=size)
