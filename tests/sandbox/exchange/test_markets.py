"""Public market data over HTTP, and what the markets promise about themselves."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import httpx
import pytest

from bot.sandbox.exchange import ExchangeConfig, SandboxExchange
from tests.sandbox.exchange.client import Key, Trader
from tests.sandbox.exchange.conftest import SOL, SOL_PERP

BASES = ("SOL", "BTC", "ETH", "WIF", "ENA", "JUP", "DOGE", "ADA")


async def read(http: httpx.AsyncClient, path: str, **query: Any) -> Any:
    answer = await http.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_every_promised_market_is_there(admin: httpx.AsyncClient) -> None:
    rows = {row["symbol"]: row for row in await read(admin, "/api/v1/markets")}
    assert rows.keys() == {f"{b}_USDC" for b in BASES} | {f"{b}_USDC_PERP" for b in BASES} | {"USDT_USDC"}
    for row in rows.values():
        perp = row["marketType"] == "PERP"
        assert all(
            (row[name] is not None) is perp for name in ("imfFunction", "mmfFunction", "fundingInterval")
        )
        assert row["filters"]["quantity"]["minQuantity"] == row["filters"]["quantity"]["stepSize"]
    assert [row["symbol"] for row in await read(admin, "/api/v1/markets", marketType="PERP")] == [
        f"{base}_USDC_PERP" for base in BASES
    ]


async def test_books_are_on_the_tick_and_two_sided(admin: httpx.AsyncClient) -> None:
    for row in await read(admin, "/api/v1/markets"):
        tick, step = (
            Decimal(row["filters"]["price"]["tickSize"]),
            Decimal(row["filters"]["quantity"]["stepSize"]),
        )
        book = await read(admin, "/api/v1/depth", symbol=row["symbol"], limit=20)
        assert Decimal(book["bids"][-1][0]) < Decimal(book["asks"][0][0])
        assert min(len(book["bids"]), len(book["asks"])) >= 15
        for price, quantity in book["bids"] + book["asks"]:
            assert Decimal(price) % tick == 0
            assert Decimal(quantity) % step == 0


async def test_candles_have_a_past_before_the_exchange_began(admin: httpx.AsyncClient) -> None:
    now = int((await admin.get("/api/v1/time")).text) // 1000
    query = {"symbol": SOL, "interval": "1h", "startTime": now - 48 * 3600}
    rows = await read(admin, "/api/v1/klines", **query)
    assert len(rows) in {48, 49}
    for row, after in pairwise(rows):
        assert row["end"] == after["start"]
        low, high = Decimal(row["low"]), Decimal(row["high"])
        assert low <= Decimal(row["open"]) <= high
        assert low <= Decimal(row["close"]) <= high
    assert (await read(admin, "/api/v1/klines", **query))[:40] == rows[:40], "the past does not change"


async def test_recorded_candles_show_the_move(admin: httpx.AsyncClient) -> None:
    await admin.post("/sandbox/price", json={"symbol": SOL, "price": "171.23"})
    now = int((await admin.get("/api/v1/time")).text) // 1000
    rows = await read(admin, "/api/v1/klines", symbol=SOL, interval="1m", startTime=now - 120)
    assert (rows[-1]["close"], rows[-1]["high"]) == ("171.23", "171.23")
    assert (await read(admin, "/api/v1/ticker", symbol=SOL))["high"] >= "171.23"


async def test_my_trade_is_on_the_public_tape(admin: httpx.AsyncClient, trader: Trader) -> None:
    order = await trader.placed(SOL, "Ask", quantity="3")
    (newest,) = await read(admin, "/api/v1/trades", symbol=SOL, limit=1)
    assert (newest["quantity"], newest["isBuyerMaker"]) == ("3", True)
    assert newest["quoteQuantity"] == order["executedQuoteQuantity"]


async def test_open_interest_counts_users(admin: httpx.AsyncClient, trader: Trader) -> None:
    (before,) = await read(admin, "/api/v1/openInterest", symbol=SOL_PERP)
    await trader.placed(SOL_PERP, "Ask", quantity="7")
    (after,) = await read(admin, "/api/v1/openInterest", symbol=SOL_PERP)
    assert Decimal(after["openInterest"]) - Decimal(before["openInterest"]) == 7


async def test_funding_time_is_the_next_full_hour(admin: httpx.AsyncClient) -> None:
    (row,) = await read(admin, "/api/v1/markPrices", symbol=SOL_PERP)
    now = int((await admin.get("/api/v1/time")).text)
    assert 0 < row["nextFundingTimestamp"] - now <= 3_600_000
    assert row["nextFundingTimestamp"] % 3_600_000 == 0


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/v1/depth", {}),
        ("/api/v1/depth", {"symbol": SOL, "limit": "7"}),
        ("/api/v1/depth", {"symbol": "NOPE"}),
        ("/api/v1/klines", {"symbol": SOL, "interval": "7m", "startTime": "1"}),
        ("/api/v1/klines", {"symbol": SOL, "interval": "1m"}),
        ("/api/v1/ticker", {"symbol": SOL, "interval": "1y"}),
        ("/api/v1/trades", {"symbol": SOL, "limit": "5000"}),
        ("/api/v1/fundingRates", {"symbol": SOL_PERP, "limit": "-1"}),
        ("/api/v1/markPrices", {"marketType": "STOCK"}),
        ("/api/v1/openInterest", {"symbol": SOL}),
    ],
)
async def test_bad_parameters_are_refused(admin: httpx.AsyncClient, path: str, query: dict[str, str]) -> None:
    answer = await admin.get(path, params=query)
    assert answer.status_code == 400
    assert answer.json().keys() == {"code", "message"}


async def test_speed_bump_lets_a_later_post_only_order_pass_first() -> None:
    config = ExchangeConfig(moving=False, speed_bump_ms=200)
    async with SandboxExchange(config) as exchange, httpx.AsyncClient(base_url=exchange.rest_url) as http:
        trader = Trader(http, Key(), exchange.ws_url)
        await http.post("/sandbox/accounts", json={"label": "t", "publicKey": trader.key.public})
        limit = {"orderType": "Limit", "price": "140", "quantity": "1"}
        held = asyncio.create_task(trader.placed(SOL, "Bid", clientId=1, **limit))
        await asyncio.sleep(0.05)
        await trader.placed(SOL, "Bid", clientId=2, postOnly=True, **limit)
        await held
        rows = await trader.get("/wapi/v1/history/orders", sortDirection="Asc")
    assert [row["clientId"] for row in rows] == [2, 1]


async def test_candles_have_no_holes(exchange: SandboxExchange, admin: httpx.AsyncClient) -> None:
    """Where nothing traded there is a candle without prices, as the exchange publishes it."""
    now = exchange.engine.world.now_ms() // 1000
    rows = await read(
        admin, "/api/v1/klines", symbol="SOL_USDC", interval="1s", startTime=now - 30, endTime=now + 30
    )
    starts = [row["start"] for row in rows]
    assert len(starts) == len(set(starts)) >= 30
    exchange.engine.world.clock_offset_ms += 90_000
    rows = await read(admin, "/api/v1/klines", symbol="SOL_USDC", interval="1m", startTime=now - 600)
    begun = [datetime.fromisoformat(row["start"]) for row in rows]
    assert {later - earlier for earlier, later in pairwise(begun)} == {timedelta(minutes=1)}
    empty = [row for row in rows if row["trades"] == "0"]
    assert empty
    for row in empty:
        assert [row[name] for name in ("open", "high", "low", "close")] == [None] * 4
        assert (row["volume"], row["quoteVolume"]) == ("0", "0")


async def test_what_a_market_does_not_have_is_null(admin: httpx.AsyncClient) -> None:
    spot, perp = [await read(admin, "/api/v1/market", symbol=s) for s in ("SOL_USDC", "SOL_USDC_PERP")]
    assert spot["fundingInterval"] is None is spot["filters"]["quantity"]["maxQuantity"]
    assert spot.keys() == perp.keys()
