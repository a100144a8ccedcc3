"""A still exchange on an ephemeral port, and a funded trader."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from bot.sandbox.exchange import ExchangeConfig, SandboxExchange
from tests.sandbox.exchange.client import Key, Trader

SOL, SOL_PERP, BTC_PERP = "SOL_USDC", "SOL_USDC_PERP", "BTC_USDC_PERP"
OpenTrader = Callable[..., Awaitable[Trader]]


@pytest.fixture
async def exchange() -> AsyncIterator[SandboxExchange]:
    """Prices stand still until the test moves them."""
    server = SandboxExchange(ExchangeConfig(moving=False))
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def admin(exchange: SandboxExchange) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=exchange.rest_url, timeout=5) as client:
        yield client


@pytest.fixture
async def open_trader(exchange: SandboxExchange, admin: httpx.AsyncClient) -> AsyncIterator[OpenTrader]:
    """Makes traders with accounts of their own."""
    clients: list[httpx.AsyncClient] = []

    async def make(label: str = "trader", **account: Any) -> Trader:
        key = Key()
        answer = await admin.post(
            "/sandbox/accounts", json={"label": label, "publicKey": key.public, **account}
        )
        assert answer.status_code == 200, answer.text
        http = httpx.AsyncClient(base_url=exchange.rest_url, timeout=5)
        clients.append(http)
        return Trader(http, key, exchange.ws_url)

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
async def trader(open_trader: OpenTrader) -> Trader:
    return await open_trader()


@pytest.fixture
def move(admin: httpx.AsyncClient) -> Callable[[str, str], Awaitable[None]]:
    """Puts a market at a price."""

    async def moved(symbol: str, price: str) -> None:
        answer = await admin.post("/sandbox/price", json={"symbol": symbol, "price": price})
        assert answer.status_code == 200, answer.text

    return moved
