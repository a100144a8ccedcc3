"""ccxt, the client most people trade through: its REST side and the streams of ccxt.pro.

It tags every order with its own broker, 1400, and cannot be told otherwise.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import ccxt
import pytest
from ccxt.pro import backpack

from tests.sandbox.clients.conftest import OpenVenue, Venue, new_key

SPOT, PERP = "SOL/USDC", "SOL/USDC:USDC"
CCXT_BROKER = 1400
OpenClient = Callable[..., backpack]


@pytest.fixture
async def open_client() -> AsyncIterator[OpenClient]:
    made: list[backpack] = []

    def make(venue: Venue, public: str = "", secret: str = "") -> backpack:
        client = backpack({"apiKey": public or venue.public, "secret": secret or venue.secret})
        client.urls["api"] = {
            "public": venue.rest_url,
            "private": venue.rest_url,
            "ws": {"public": venue.ws_url, "private": venue.ws_url},
        }
        client.enableRateLimit = False
        made.append(client)
        return client

    yield make
    for client in made:
        await client.close()


@pytest.fixture
def client(venue: Venue, open_client: OpenClient) -> backpack:
    return open_client(venue)


async def test_public_reads(client: backpack) -> None:
    markets = await client.load_markets()
    assert (markets[SPOT]["spot"], markets[PERP]["swap"], markets[PERP]["linear"]) == (True, True, True)
    assert markets[PERP]["precision"] == {"amount": 0.01, "price": 0.01} | markets[PERP]["precision"]
    assert "USDC" in await client.fetch_currencies()
    assert (await client.fetch_status())["status"] == "ok"
    assert await client.publicGetApiV1Ping() == "pong"
    assert abs(int(await client.publicGetApiV1Time()) - client.milliseconds()) < 60_000
    assert (await client.fetch_ticker(PERP))["last"] == pytest.approx(150, rel=0.01)
    assert {SPOT, PERP} <= (await client.fetch_tickers()).keys()
    book = await client.fetch_order_book(PERP, 10)
    assert book["bids"][0][0] > book["bids"][1][0]  # best first, though the exchange sends it last
    assert book["bids"][0][0] < book["asks"][0][0]
    assert len(book["bids"]) == 10
    assert len(await client.fetch_ohlcv(PERP, "1h")) >= 99
    assert await client.fetch_mark_ohlcv(PERP, "1m")
    assert await client.fetch_index_ohlcv(PERP, "1m")
    assert abs((await client.fetch_funding_rate(PERP))["fundingRate"]) < 0.01
    assert (await client.fetch_open_interest(PERP))["openInterestValue"] > 0
    assert (await client.fetch_funding_rate_history(PERP))[0]["symbol"] == PERP


async def test_private_reads(client: backpack) -> None:
    assert (await client.fetch_balance())["USDC"] == {"free": 10_000, "used": 0, "total": 10_000}
    for empty in (
        client.fetch_positions,
        client.fetch_open_orders,
        client.fetch_orders,
        client.fetch_my_trades,
        client.fetch_funding_history,
        client.fetch_deposits,
        client.fetch_withdrawals,
    ):
        assert await empty() == []
    assert (await client.fetch_deposit_address("SOL", {"networkCode": "SOL"}))["address"]
    await client.privatePatchApiV1Account({"leverageLimit": "8"})
    assert (await client.privateGetApiV1Account())["leverageLimit"] == "8"
    limit = {"symbol": "SOL_USDC_PERP", "side": "Bid"}
    assert float((await client.privateGetApiV1AccountLimitsOrder(limit))["maxOrderQuantity"]) > 1
    assert float((await client.privateGetApiV1CapitalCollateral())["netEquity"]) > 10_000


async def test_trades_leave_fills_positions_and_history(venue: Venue, client: backpack) -> None:
    order = await client.create_order(PERP, "market", "buy", 0.5)
    assert (order["status"], order["filled"]) == ("closed", 0.5)
    assert (await client.create_order(SPOT, "market", "sell", 0.1))["status"] == "closed"
    assert (await client.create_order(SPOT, "market", "buy", 0, params={"cost": 50}))["cost"] <= 50
    (position,) = await client.fetch_positions()
    assert (position["symbol"], position["side"], float(position["contracts"])) == (PERP, "long", 0.5)
    (fill,) = await client.fetch_my_trades(PERP)
    assert (fill["order"], fill["amount"], fill["fee"]["currency"]) == (order["id"], 0.5, "USDC")
    assert (await client.fetch_order(order["id"], PERP))["status"] == "closed"
    assert [row["id"] for row in await client.fetch_orders(PERP)] == [order["id"]]
    assert 0.5 in {trade["amount"] for trade in await client.fetch_trades(PERP)}
    await venue.tell("funding", symbol="SOL_USDC_PERP")
    (payment,) = await client.fetch_funding_history(PERP)
    assert payment["amount"] < 0


async def test_resting_orders_are_found_and_cancelled(client: backpack) -> None:
    first = await client.create_order(PERP, "limit", "buy", 0.5, 140, {"clientOrderId": 77})
    assert (first["status"], first["clientOrderId"], first["price"]) == ("open", "77", 140)
    assert (await client.fetch_open_order(first["id"], PERP))["id"] == first["id"]
    second = await client.create_order(PERP, "limit", "buy", 0.5, 141, {"postOnly": True})
    assert second["postOnly"] is True
    batch = [
        {"symbol": PERP, "type": "limit", "side": "buy", "amount": amount, "price": 139}
        for amount in (0.1, 0.2)
    ]
    made = [first, second, *await client.create_orders(batch)]
    assert {row["id"] for row in await client.fetch_open_orders(PERP)} == {row["id"] for row in made}
    assert (await client.cancel_order(first["id"], PERP))["status"] == "canceled"
    assert len(await client.cancel_all_orders(PERP)) == 3
    assert await client.fetch_open_orders() == []


async def test_times_in_force_and_refusals(client: backpack) -> None:
    taken = await client.create_order(PERP, "limit", "buy", 0.5, 151, {"timeInForce": "IOC"})
    assert taken["status"] == "closed"
    with pytest.raises(ccxt.InvalidOrder):
        await client.create_order(PERP, "limit", "buy", 0.5, 151, {"postOnly": True})
    with pytest.raises(ccxt.InsufficientFunds):
        await client.create_order(PERP, "limit", "buy", 100_000, 150)


async def test_triggers_and_attached_exits(venue: Venue, client: backpack) -> None:
    exits = {"takeProfit": {"triggerPrice": 170, "price": 169}, "stopLoss": {"triggerPrice": 130}}
    await client.create_order(PERP, "market", "buy", 1, params=exits)
    stop = await client.create_order(
        PERP, "market", "sell", 0.5, params={"triggerPrice": 135, "reduceOnly": True}
    )
    rest = {"triggerPrice": 136, "reduceOnly": True}
    limit = await client.create_order(PERP, "limit", "sell", 0.5, 135.5, rest)
    waiting = {row["triggerPrice"] for row in await client.fetch_open_orders(PERP)}
    assert {135, 136} <= waiting
    await venue.tell("price", symbol="SOL_USDC_PERP", price="134")
    assert (await client.fetch_order(stop["id"], PERP))["status"] == "closed"
    assert (await client.fetch_open_order(limit["id"], PERP))["status"] == "open"


async def test_its_own_broker_tag_is_on_every_order(venue: Venue, client: backpack) -> None:
    exits = {"stopLoss": {"triggerPrice": 130}}
    await client.create_order(PERP, "market", "buy", 1, params=exits)
    await client.create_orders(
        [{"symbol": PERP, "type": "limit", "side": "buy", "amount": 0.1, "price": 139, "params": {}}]
    )
    placed = [order for order in await venue.orders() if order["relatedOrderId"] is None]
    assert [order["brokerId"] for order in placed] == [CCXT_BROKER, CCXT_BROKER]


async def test_a_wrong_secret_and_an_unknown_key_are_refused(venue: Venue, open_client: OpenClient) -> None:
    public, secret = new_key()
    with pytest.raises(ccxt.BadRequest, match="signature"):
        await open_client(venue, venue.public, secret).fetch_balance()
    with pytest.raises(ccxt.BaseError, match="UNAUTHORIZED"):
        await open_client(venue, public, secret).fetch_balance()


@pytest.fixture
async def busy(open_venue: OpenVenue, open_client: OpenClient) -> backpack:
    """A client of an exchange whose prices move."""
    client = open_client(await open_venue(moving=True))
    await client.load_markets()
    return client


async def test_public_streams(busy: backpack) -> None:
    async with asyncio.timeout(30):
        assert (await busy.watch_ticker(PERP))["symbol"] == PERP
        assert {SPOT, PERP} & (await busy.watch_tickers([SPOT, PERP])).keys()
        best = (await busy.watch_bids_asks([PERP]))[PERP]
        assert best["bid"] < best["ask"]
        book = await busy.watch_order_book(PERP)
        assert book["bids"][0][0] < book["asks"][0][0]
        assert (await busy.watch_trades(PERP))[0]["symbol"] == PERP
        assert (await busy.watch_ohlcv(PERP, "1m"))[-1][4] > 0


async def test_private_streams(busy: backpack) -> None:
    async def trade() -> None:
        while True:  # a subscription has no answer: trade until it is heard
            await busy.create_order(PERP, "market", "buy", 0.1)
            await asyncio.sleep(0.1)

    async def hear(watch: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        async with asyncio.timeout(30):
            return await watch(*args)

    trading = asyncio.create_task(trade())
    orders, positions, balance = await asyncio.gather(
        hear(busy.watch_orders, PERP), hear(busy.watch_positions, [PERP]), hear(busy.watch_balance)
    )
    trading.cancel()
    assert (orders[0]["symbol"], orders[0]["side"]) == (PERP, "buy")
    assert (positions[0]["symbol"], positions[0]["side"]) == (PERP, "long")
    assert balance["USDC"]["total"] < 10_000


async def test_what_freqtrade_asks_through_it(client: backpack, venue: Venue) -> None:
    """Candles without holes since a moment, books, positions, its own orders and trades, a missing order."""
    await client.load_markets()
    since = client.milliseconds() - 3 * 3_600_000
    candles = await client.fetch_ohlcv(PERP, "1m", since=since, limit=100)
    assert len(candles) == 100
    assert {later[0] - earlier[0] for earlier, later in itertools.pairwise(candles)} == {60_000}
    assert (await client.fetch_l2_order_book(PERP, 5))["asks"]
    made = await client.create_order(PERP, "limit", "buy", 0.1, 120)
    assert (await client.fetch_order(made["id"], PERP))["status"] == "open"
    assert [one["id"] for one in await client.fetch_open_orders(PERP)] == [made["id"]]
    await client.cancel_order(made["id"], PERP)
    with pytest.raises(ccxt.BaseError, match="Not Found"):
        await client.cancel_order(made["id"], PERP)
    await client.create_order(PERP, "market", "buy", 0.1)
    (position,) = await client.fetch_positions([PERP])
    assert float(position["contracts"]) == pytest.approx(0.1)
    assert len(await client.fetch_my_trades(PERP)) == 1
    del venue
