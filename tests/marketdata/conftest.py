"""A busy sandbox exchange, a client for it, and feeds that lose their patience quickly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from bot.domain.markets.market_events import MarketEvent
from bot.exchange.backpack import BackpackClient, BrokerTag, RetryPolicy
from bot.marketdata import Feed
from bot.marketdata.staleness import Staleness
from bot.sandbox.exchange import ExchangeConfig, SandboxExchange

EAGER = RetryPolicy(attempts=2, first_wait=0.01, longest_wait=0.05, jitter=0.01)
QUICK = Staleness(
    heard_s=2.5, audit_s=0.5, believed_s=4, renew_s=1.5, baseline_s=0.5, listings_s=0.1, watch_s=0.1
)


async def until(holds: Callable[[], object], timeout: float = 15) -> None:
    """Wait for something to become true. Raises TimeoutError."""
    async with asyncio.timeout(timeout):
        while not holds():  # noqa: ASYNC110 - nothing to wait on but somebody's state
            await asyncio.sleep(0.01)


class Listening:
    """A feed and everything it told."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.told: list[MarketEvent] = []
        feed.listen(self.told.append)

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.told if isinstance(event, kind)]

    async def until(self, holds: Callable[[], object]) -> None:
        await until(holds)


@pytest.fixture
async def exchange() -> AsyncIterator[SandboxExchange]:
    async with SandboxExchange(ExchangeConfig(tick_ms=20)) as busy:
        yield busy


@pytest.fixture
async def admin(exchange: SandboxExchange) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=exchange.rest_url, timeout=5) as client:
        yield client


@pytest.fixture
async def client(exchange: SandboxExchange) -> AsyncIterator[BackpackClient]:
    async with BackpackClient(exchange.rest_url, BrokerTag(1), timeout=2, retry=EAGER) as made:
        yield made


@pytest.fixture
async def listening(exchange: SandboxExchange, client: BackpackClient) -> AsyncIterator[Listening]:
    """A feed at work."""
    feed = Feed(client, exchange.ws_url, longest_wait=0.2, patience=QUICK)
    made = Listening(feed)
    await feed.start()
    yield made
    await feed.stop()
