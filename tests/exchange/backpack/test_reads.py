"""Reads: retries, the clock, and the traps between the exchange's rows and ours."""

from __future__ import annotations

from decimal import Decimal

import pytest
from aiohttp import web

from bot.domain.markets.market import MarginFunction, PriceBand
from bot.domain.values import MarketKind, Side
from bot.exchange.backpack import (
    BackpackClient,
    BackpackError,
    Maintenance,
    RateLimited,
    Rejected,
    Unauthorised,
    UnknownOutcome,
    signing_text,
)
from tests.exchange.backpack.support import (
    Reply,
    SeedSigner,
    WireExchange,
    half_an_answer,
    hangs_up,
    refuses,
    says,
    says_text,
)

SUMMARY = {
    "futuresMakerFee": "2",
    "futuresTakerFee": 5,
    "spotMakerFee": "-0.5",
    "spotTakerFee": "10",
    "leverageLimit": "10",
    "liquidating": False,
    "positionLimit": "1000000",
    "limitOrders": 1,
    "triggerOrders": 0,
    "aFieldOfTomorrow": {"x": [1]},
}
CAPITAL = {
    "USDC": {"available": "100", "locked": "5", "staked": "0"},
    "SOL": {"available": "1", "locked": "0", "staked": "0"},
}
COLLATERAL = {
    "netEquity": "650",
    "netEquityAvailable": "500",
    "imf": "0.1",
    "mmf": "0.05",
    "marginFraction": None,
    "collateral": [
        {
            "symbol": "USDC",
            "totalQuantity": "605",
            "availableQuantity": "100",
            "balanceNotional": "605",
            "lendQuantity": "500",
            "openOrderQuantity": "5",
        },
        {
            "symbol": "JTO",
            "totalQuantity": "7",
            "availableQuantity": "7",
            "balanceNotional": "21",
        },
    ],
}
POSITION = {
    "symbol": "SOL_USDC_PERP",
    "netQuantity": "-2",
    "entryPrice": "150",
    "markPrice": "145",
    "breakEvenPrice": "149.9",
    "estLiquidationPrice": "0",
    "pnlUnrealized": "10",
    "pnlRealized": "0",
    "imf": "0.02",
    "mmf": "0.0125",
    "cumulativeFundingPayment": "0.3",
    "positionId": "1",
}
MARKET = {
    "symbol": "SOL_USDC_PERP",
    "baseSymbol": "SOL",
    "quoteSymbol": "USDC",
    "marketType": "PERP",
    "orderBookState": "HalfOpen",
    "filters": {
        "price": {
            "minPrice": "0.01",
            "maxPrice": None,
            "tickSize": "0.01",
            "maxMultiplier": "1.25",
            "minMultiplier": "0.75",
            "maxImpactMultiplier": "1.05",
            "minImpactMultiplier": "0.95",
            "meanMarkPriceBand": {"maxMultiplier": "1.1", "minMultiplier": "0.9"},
            "meanPremiumBand": {"tolerancePct": "0.05"},
        },
        "quantity": {"minQuantity": "0.01", "maxQuantity": None, "stepSize": "0.01"},
    },
    "imfFunction": {"type": "sqrt", "base": "0.02", "factor": "0.0000935"},
    "mmfFunction": {"type": "cubic", "base": "0.0125", "factor": "0.00006"},
    "fundingInterval": 3_600_000,
    "openInterestLimit": "5000000",
    "positionLimitWeight": "0.25",
    "visible": True,
    "createdAt": "2025-01-21T06:34:54.691858",
}


async def test_markets_come_with_every_filter_and_unknown_words_are_carried(
    exchange: WireExchange, client: BackpackClient
) -> None:
    strange = {**MARKET, "symbol": "X", "marketType": "TELEPATHY"}
    exchange.answers(says([MARKET, strange]))
    markets = await client.markets()
    sol = markets["SOL_USDC_PERP"]
    assert (sol.kind, sol.base, sol.quote, sol.state) == (MarketKind.PERP, "SOL", "USDC", "HalfOpen")
    assert (sol.tick, sol.step, sol.min_quantity, sol.max_quantity) == (
        Decimal("0.01"),
        Decimal("0.01"),
        Decimal("0.01"),
        None,
    )
    assert sol.band == PriceBand(Decimal("1.25"), Decimal("0.75"))
    assert sol.impact == PriceBand(Decimal("1.05"), Decimal("0.95"))
    assert sol.mean_mark == PriceBand(Decimal("1.1"), Decimal("0.9"))
    assert sol.imf == MarginFunction(Decimal("0.02"), Decimal("0.0000935"))
    assert sol.mmf is None, "a function we cannot compute must not be taken for one we can"
    assert sol.funding_interval_ms == 3_600_000
    assert markets["X"].kind is MarketKind.OTHER


async def test_several_market_types_are_asked_for_by_repeating_the_key(
    exchange: WireExchange, client: BackpackClient
) -> None:
    queries = []

    async def reply(request: web.Request) -> web.StreamResponse:
        queries.append(request.query_string)
        return web.json_response([])

    exchange.answers(reply)
    await client.markets(["SPOT", "IPERP"])
    assert queries == ["marketType=SPOT&marketType=IPERP"]


async def test_a_book_is_best_first_although_the_exchange_lists_bids_ascending(
    exchange: WireExchange, client: BackpackClient
) -> None:
    exchange.answers(
        says(
            {
                "bids": [["9.8", "1"], ["9.9", "2"], ["10.0", "3"]],
                "asks": [["10.1", "1"], ["10.2", "0"], ["10.3", 2]],
                "lastUpdateId": "94978271",
                "timestamp": 1694687965940999,
            }
        )
    )
    snapshot = await client.depth_snapshot("SOL_USDC", 7)
    assert exchange.last.query == {"symbol": "SOL_USDC", "limit": "10"}
    assert [price for price, _ in snapshot.book.bids] == [Decimal("10.0"), Decimal("9.9"), Decimal("9.8")]
    assert [price for price, _ in snapshot.book.asks] == [Decimal("10.1"), Decimal("10.3")]
    assert snapshot.last_update_id == 94978271


async def test_a_market_that_never_traded_has_no_ticker(
    exchange: WireExchange, client: BackpackClient
) -> None:
    exchange.answers(says_text("", 204))
    assert await client.ticker("NEW_USDC") is None


async def test_the_state_of_an_account_is_gathered_from_its_four_sources(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner
) -> None:
    answers = {
        "/api/v1/account": SUMMARY,
        "/api/v1/capital": CAPITAL,
        "/api/v1/capital/collateral": COLLATERAL,
        "/api/v1/position": [POSITION, {**POSITION, "symbol": "BTC_USDC_PERP", "netQuantity": "0"}],
    }

    async def reply(request: web.Request) -> web.StreamResponse:
        return web.json_response(answers[request.path])

    exchange.answers(reply)
    state = await client.account(signer).state()

    assert sorted(seen.path for seen in exchange.seen) == sorted(answers)
    for seen in exchange.seen:
        instruction = {
            "/api/v1/account": "accountQuery",
            "/api/v1/capital": "balanceQuery",
            "/api/v1/capital/collateral": "collateralQuery",
            "/api/v1/position": "positionQuery",
        }[seen.path]
        seen.verify(signing_text(instruction, {}, int(seen.headers["X-TIMESTAMP"]), 5_000))
    assert (state.fees.spot_maker, state.fees.futures_taker) == (Decimal("-0.5"), Decimal(5))
    assert (state.net_equity, state.net_equity_available) == (Decimal(650), Decimal(500))
    usdc = state.balances["USDC"]
    assert (usdc.available, usdc.locked, usdc.lent, usdc.total) == (
        Decimal(100),
        Decimal(5),
        Decimal(500),
        Decimal(605),
    )
    assert state.balances["SOL"].usd_value is None
    assert state.balances["JTO"].available == Decimal(7), "what /capital leaves out is not lost"
    assert set(state.positions) == {"SOL_USDC_PERP"}, "a position of zero is none"
    position = state.positions["SOL_USDC_PERP"]
    assert (position.quantity, position.liquidation_price) == (Decimal(-2), None)
    assert position.closing_side is Side.BUY


@pytest.mark.parametrize("trouble", [hangs_up, half_an_answer, says_text("Bad Gateway", 502)])
async def test_a_read_gets_over_passing_trouble_with_a_fresh_signature(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner, trouble: Reply
) -> None:
    exchange.answers(trouble, trouble, says(SUMMARY))
    summary = await client.account(signer).summary()
    assert summary.leverage_limit == Decimal(10)
    assert len(exchange.seen) == 3


@pytest.mark.parametrize(
    ("trouble", "kind", "tries"),
    [
        (hangs_up, UnknownOutcome, 3),
        (refuses("INVALID_SYMBOL"), Rejected, 1),
        (refuses("UNAUTHORIZED", status=401), Unauthorised, 1),
        (says_text("", 503), Maintenance, 1),
        (refuses("TOO_MANY_REQUESTS", status=429, **{"Retry-After": "60"}), RateLimited, 1),
        (says({"symbol": "?"}), UnknownOutcome, 1),
    ],
)
async def test_a_read_gives_up_in_time_and_does_not_ask_again_in_vain(
    exchange: WireExchange, client: BackpackClient, trouble: Reply, kind: type[BackpackError], tries: int
) -> None:
    exchange.answers(trouble)
    with pytest.raises(kind):
        await client.market("SOL_USDC")
    assert len(exchange.seen) == tries


async def test_a_short_429_is_sat_out_by_a_read(exchange: WireExchange, client: BackpackClient) -> None:
    exchange.answers(refuses("TOO_MANY_REQUESTS", status=429, **{"Retry-After": "0.05"}), says([]))
    assert await client.mark_prices() == {}
    assert len(exchange.seen) == 2


async def test_the_clock_offset_is_measured_with_the_round_trip_halved(exchange: WireExchange) -> None:
    local = 1_000_000

    def clock() -> int:
        nonlocal local
        local += 50  # every look at the clock costs 50 ms: a round trip of 50
        return local

    async def reply(_: web.Request) -> web.StreamResponse:
        return web.Response(text=str(local + 25 + 7_000))

    exchange.answers(reply)
    async with exchange.client(clock=clock) as client:
        assert await client.refresh_clock() == 7_000
        assert client.clock_offset_ms == 7_000
        assert client.now_ms() == local + 7_000


async def test_signatures_use_the_exchanges_time(exchange: WireExchange, signer: SeedSigner) -> None:
    async def reply(request: web.Request) -> web.StreamResponse:
        return web.Response(text="9000") if request.path == "/api/v1/time" else web.json_response(SUMMARY)

    exchange.answers(reply)
    async with exchange.client(clock=lambda: 1_000) as client:
        await client.refresh_clock()
        await client.account(signer).summary()
    assert exchange.last.headers["X-TIMESTAMP"] == "9000"


async def test_a_clock_that_does_not_tell_the_time_is_an_error(
    exchange: WireExchange, client: BackpackClient
) -> None:
    exchange.answers(says_text("<html>", 200, "text/html"))
    with pytest.raises(UnknownOutcome):
        await client.refresh_clock()
