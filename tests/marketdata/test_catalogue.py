"""A market looked at is live afterwards: the next look costs no request; the bot works without the feed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from bot.domain.markets.market import Market
from bot.domain.markets.market_events import StateChanged
from bot.exchange.backpack import BackpackClient
from bot.marketdata import Catalogue, Feed, Stream
from bot.marketdata.follow_list import FollowList
from tests.marketdata.conftest import QUICK, Listening, until

SOL, SOL_PERP = "SOL_USDC", "SOL_USDC_PERP"


def unix_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
async def catalogue(client: BackpackClient, listening: Listening) -> Catalogue:
    return Catalogue(client, listening.feed, clock=unix_ms)


@pytest.fixture
async def markets(client: BackpackClient) -> dict[str, Market]:
    return await client.markets()


@pytest.mark.parametrize("symbol", [SOL, SOL_PERP])
async def test_the_second_look_costs_no_request(
    catalogue: Catalogue,
    listening: Listening,
    markets: dict[str, Market],
    admin: httpx.AsyncClient,
    symbol: str,
) -> None:
    first = await catalogue.moment(markets[symbol])
    feed = listening.feed
    await listening.until(lambda: feed.book(symbol) and (symbol == SOL or feed.open_interest(symbol)))
    await listening.until(lambda: symbol == SOL or feed.mark(symbol))
    await admin.post(
        "/sandbox/faults",
        json=[
            {"action": "status", "match": {"path": path, "times": None}, "status": 503}
            for path in ("/api/v1/depth", "/api/v1/markPrices", "/api/v1/openInterest", "/api/v1/ticker")
        ],
    )
    second = await catalogue.moment(markets[symbol])
    assert second.book.best_bid is not None
    assert abs(second.last / first.last - 1) < 1
    assert (second.open_interest is None) == (symbol == SOL)
    assert (await catalogue.book(markets[symbol])).best_ask is not None


async def test_without_the_feed_everything_comes_from_rest(
    client: BackpackClient, markets: dict[str, Market]
) -> None:
    catalogue = Catalogue(client, Feed(client, "ws://127.0.0.1:9", patience=QUICK), clock=unix_ms)
    for _ in range(2):
        moment = await catalogue.moment(markets[SOL_PERP])
        assert moment.book.best_bid is not None
        assert moment.last == moment.mark.mark


async def test_a_book_the_feed_doubts_is_read_anew(
    catalogue: Catalogue,
    listening: Listening,
    markets: dict[str, Market],
    admin: httpx.AsyncClient,
) -> None:
    await catalogue.moment(markets[SOL_PERP])
    await listening.until(lambda: listening.feed.book(SOL_PERP))
    await admin.post("/sandbox/faults", json=[{"action": "stall_sockets", "ms": 60_000}])
    await listening.until(lambda: not listening.feed.healthy)
    await admin.post("/sandbox/price", json={"symbol": SOL, "price": "163", "pin": True})
    book = await catalogue.book(markets[SOL_PERP])
    assert book.mid is not None
    assert round(book.mid) == 163


async def test_a_change_of_a_market_is_known_before_the_list_grows_old(
    catalogue: Catalogue, listening: Listening, admin: httpx.AsyncClient
) -> None:
    assert (await catalogue.markets())[SOL].state == "Open"
    await listening.until(lambda: listening.feed.markets)
    await admin.post("/sandbox/market", json={"symbol": SOL, "state": "PostOnly"})
    await listening.until(lambda: listening.of(StateChanged))
    assert (await catalogue.markets())[SOL].state == "PostOnly"


@pytest.fixture
async def idle(client: BackpackClient) -> AsyncIterator[Feed]:
    """A feed that only counts wishes."""
    feed = Feed(client, "ws://127.0.0.1:9", patience=QUICK)
    yield feed
    await feed.stop()


async def test_only_so_many_books_are_kept_and_the_longest_unseen_goes(
    idle: Feed, markets: dict[str, Market]
) -> None:
    following = FollowList(idle, most=2)
    one, two, three = list(markets.values())[:3]
    for market in (one, two, one, three):
        following.look(market)
    assert following.symbols == [one.symbol, three.symbol]
    assert Stream.depth(two.symbol) not in idle.streams
    assert {Stream.depth(one.symbol), Stream.depth(three.symbol)} <= set(idle.streams)


async def test_a_book_nobody_looks_at_is_let_go(idle: Feed, markets: dict[str, Market]) -> None:
    following = FollowList(idle, kept_seconds=0.1)
    one, two = list(markets.values())[:2]
    following.look(one)
    await asyncio.sleep(0.06)
    following.look(two)
    await until(lambda: one.symbol not in following.symbols)
    await until(lambda: not following.symbols)
    assert not idle.streams
