"""Each stream frozen alone: REST tells in its place, it is subscribed anew; a quiet market is left alone."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from bot.domain.markets.market_events import (
    BookTop,
    FeedGap,
    Kline,
    LastPrice,
    MarketEvent,
    MarkUpdate,
    OpenInterest,
    StreamKind,
    Trade,
)
from bot.exchange.backpack import BackpackClient, BrokerTag
from bot.marketdata import Feed, Stream
from bot.sandbox.exchange import ExchangeConfig, SandboxExchange
from tests.marketdata.conftest import EAGER, QUICK, Listening
from tests.marketdata.test_feed import SOL_PERP, clear, inject
from tests.support.world import Clock

HASTY = replace(QUICK, trade_s=0.4, top_s=0.4, interest_ask_s=0.4, candles_s=0.1, mark_s=1.5, ticker_s=1.5)


@pytest.fixture
async def hasty(exchange: SandboxExchange, client: BackpackClient) -> AsyncIterator[Listening]:
    """A feed that asks soon."""
    feed = Feed(client, exchange.ws_url, longest_wait=0.2, patience=HASTY)
    made = Listening(feed)
    await feed.start()
    yield made
    await feed.stop()


@pytest.mark.parametrize(
    ("stream", "told"),
    [
        (Stream.trades(SOL_PERP), Trade),
        (Stream.top(SOL_PERP), BookTop),
        (Stream.mark_price(SOL_PERP), MarkUpdate),
        (Stream.ticker(SOL_PERP), LastPrice),
        (Stream.open_interest(SOL_PERP), OpenInterest),
    ],
    ids=lambda one: one.name if isinstance(one, Stream) else "",
)
async def test_rest_tells_what_a_frozen_stream_keeps_to_itself(
    admin: httpx.AsyncClient, hasty: Listening, stream: Stream, told: type[MarketEvent]
) -> None:
    feed = hasty.feed
    with feed.subscribe(stream):
        await hasty.until(lambda: hasty.of(told))
        await inject(admin, "stream_drop", stream.name)
        await asyncio.sleep(0.2)
        since = feed.connected_since_ms
        hasty.told.clear()
        await hasty.until(lambda: sum(one.symbol == SOL_PERP for one in hasty.of(told)) >= 2)
        assert feed.connected_since_ms == since, "one deaf stream is no reason for another socket"
        await clear(admin)
    if told is Trade:
        ids = [trade.trade_id for trade in hasty.of(Trade)]
        assert ids == list(range(ids[0], ids[-1] + 1)), "every trade between two looks is told"
    if told is BookTop:
        assert StreamKind.BOOK_TICKER in {gap.stream for gap in hasty.of(FeedGap)}


async def test_a_stream_that_was_never_heard_is_asked_about_from_when_it_is_followed(
    admin: httpx.AsyncClient, hasty: Listening
) -> None:
    await inject(admin, "stream_drop", "trade.")
    with hasty.feed.subscribe(Stream.trades(SOL_PERP)):
        await hasty.until(lambda: len(hasty.of(Trade)) > 3)


async def test_a_subscription_the_exchange_forgot_is_made_anew(
    exchange: SandboxExchange, hasty: Listening
) -> None:
    name, registry = f"trade.{SOL_PERP}", exchange.streams.registry
    with hasty.feed.subscribe(Stream.trades(SOL_PERP)):
        await hasty.until(lambda: hasty.of(Trade))
        for socket in registry.of(name, 0):
            registry.remove(socket, name)
        assert not registry.wanted(name)
        await hasty.until(lambda: registry.wanted(name))


async def test_a_candle_that_was_not_told_is_read_when_its_minute_is_over() -> None:
    clock = Clock()
    config = ExchangeConfig(tick_ms=20, clock_ns=lambda: clock() * 1_000_000)
    async with (
        SandboxExchange(config) as exchange,
        BackpackClient(exchange.rest_url, BrokerTag(1), timeout=2, retry=EAGER, clock=clock) as client,
        httpx.AsyncClient(base_url=exchange.rest_url, timeout=5) as admin,
    ):
        feed = Feed(client, exchange.ws_url, longest_wait=0.2, patience=HASTY)
        hasty = Listening(feed)
        await feed.start()
        try:
            with feed.subscribe(Stream.klines(SOL_PERP, "1m")):
                await inject(admin, "stream_drop", "kline.")
                await asyncio.sleep(0.5)
                over_ms = clock() // 60_000 * 60_000 + 60_000
                clock.skip((over_ms - clock()) / 1000 + 5)
                await hasty.until(
                    lambda: any(one.is_closed and one.end_ms == over_ms for one in hasty.of(Kline))
                )
        finally:
            await feed.stop()


async def test_a_quiet_market_is_no_dead_stream(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "bot.marketdata")
    async with (
        SandboxExchange(ExchangeConfig(moving=False, tick_ms=50)) as exchange,
        BackpackClient(exchange.rest_url, BrokerTag(1), timeout=2, retry=EAGER) as client,
    ):
        feed = Feed(client, exchange.ws_url, longest_wait=0.2, patience=HASTY)
        quiet = Listening(feed)
        await feed.start()
        try:
            streams = (Stream.trades(SOL_PERP), Stream.top(SOL_PERP), Stream.depth(SOL_PERP))
            with feed.subscribe(*streams, Stream.liquidations(), Stream.klines(SOL_PERP, "1m")):
                await quiet.until(lambda: feed.connected_since_ms)
                since, begun = feed.connected_since_ms, time.monotonic()
                await quiet.until(lambda: time.monotonic() - begun > 2.5)
                assert feed.connected_since_ms == since
                assert not caplog.records
                assert not quiet.of(FeedGap)
        finally:
            await feed.stop()
