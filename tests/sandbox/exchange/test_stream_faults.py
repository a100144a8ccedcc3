"""What can go wrong on a socket, on demand: late events, silence, a cut without a word; markets that go."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import websockets

from bot.sandbox.exchange import ExchangeConfig, SandboxExchange
from tests.sandbox.exchange.client import Stream
from tests.sandbox.exchange.conftest import SOL, SOL_PERP

ABNORMAL = 1006
BUSY = ExchangeConfig(tick_ms=20)


@pytest.fixture
async def exchange() -> AsyncIterator[SandboxExchange]:
    async with SandboxExchange(BUSY) as busy:
        yield busy


async def inject(admin: httpx.AsyncClient, action: str, **fields: Any) -> None:
    (await admin.post("/sandbox/faults", json=[{"action": action, **fields}])).raise_for_status()


@asynccontextmanager
async def listening(exchange: SandboxExchange, *names: str) -> AsyncIterator[Stream]:
    async with websockets.connect(exchange.ws_url) as socket:
        await socket.send(json.dumps({"method": "SUBSCRIBE", "params": names}))
        yield Stream(socket)


async def test_a_delayed_event_comes_after_later_ones(
    exchange: SandboxExchange, admin: httpx.AsyncClient
) -> None:
    await inject(admin, "stream_delay", match={"path": "trade", "after": 3}, ms=150)
    async with listening(exchange, f"trade.{SOL}") as stream:
        ids = [(await stream.next())["data"]["t"] for _ in range(20)]
    assert ids != sorted(ids)
    assert sorted(ids) == list(range(min(ids), min(ids) + 20))


async def test_a_stalled_socket_loses_nothing(exchange: SandboxExchange, admin: httpx.AsyncClient) -> None:
    async with listening(exchange, f"trade.{SOL}") as stream:
        first = (await stream.next())["data"]["t"]
        await inject(admin, "stall_sockets", ms=300)
        ids = [(await stream.next())["data"]["t"] for _ in range(20)]
    assert ids == list(range(first + 1, first + 21))


async def test_a_cut_socket_is_told_nothing(exchange: SandboxExchange, admin: httpx.AsyncClient) -> None:
    async with listening(exchange, f"trade.{SOL}") as stream:
        await stream.next()
        await inject(admin, "cut_sockets")
        await stream.socket.wait_closed()
    assert stream.socket.close_code == ABNORMAL, "no Close frame"


async def test_a_delisted_market_leaves_the_list_and_its_clockwork_stops(
    exchange: SandboxExchange, admin: httpx.AsyncClient
) -> None:
    async def listed() -> set[str]:
        return {row["symbol"] for row in (await admin.get("/api/v1/markets")).json()}

    assert SOL_PERP in await listed()
    await admin.post("/sandbox/market", json={"symbol": SOL_PERP, "listed": False})
    assert SOL_PERP not in await listed()
    async with listening(exchange, f"markPrice.{SOL_PERP}") as stream:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stream.next(), 0.2)
        await admin.post("/sandbox/market", json={"symbol": SOL_PERP, "listed": True})
        assert (await stream.next())["data"]["s"] == SOL_PERP
