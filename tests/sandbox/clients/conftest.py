"""An exchange, an account with a key of its own, and no way out of this machine."""

from __future__ import annotations

import asyncio
import base64
import inspect
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from nacl.signing import SigningKey

from bot.sandbox.exchange import ExchangeConfig, SandboxExchange

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_TIMEOUT = 30  # seconds, for a machine with much else to do


@dataclass(frozen=True, slots=True)
class Venue:
    """Where a client is pointed, and whom it trades for."""

    rest_url: str
    ws_url: str
    public: str
    secret: str
    admin: httpx.AsyncClient

    async def tell(self, path: str, **body: Any) -> Any:
        answer = await self.admin.post(f"/sandbox/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def orders(self) -> list[dict[str, Any]]:
        """Every order the exchange ever took, with its broker tag."""
        rows: list[dict[str, Any]] = (await self.admin.get("/sandbox/orders")).json()
        return rows


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that still knows the real exchange's name fails here instead of reaching it."""
    resolve = socket.getaddrinfo

    def guarded(host: Any, *args: Any, **kwargs: Any) -> Any:
        assert host in _LOOPBACK, f"a client looked up {host}"
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", guarded)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


OpenVenue = Callable[..., Awaitable[Venue]]


@pytest.fixture
async def open_venue() -> AsyncIterator[OpenVenue]:
    """Starts exchanges. Prices stand still unless the test asks otherwise."""
    running: list[tuple[SandboxExchange, httpx.AsyncClient]] = []

    async def make(moving: bool = False) -> Venue:
        exchange = SandboxExchange(ExchangeConfig(moving=moving))
        await exchange.start()
        admin = httpx.AsyncClient(base_url=exchange.rest_url, timeout=_TIMEOUT)
        running.append((exchange, admin))
        public, secret = new_key()
        venue = Venue(exchange.rest_url, exchange.ws_url, public, secret, admin)
        await venue.tell("accounts", label="client", publicKey=public)
        return venue

    yield make
    for exchange, admin in running:
        await admin.aclose()
        await exchange.stop()


@pytest.fixture
async def venue(open_venue: OpenVenue) -> Venue:
    return await open_venue()


def new_key() -> tuple[str, str]:
    """An API key and its secret, both base64, as the exchange's page hands them out."""
    key = SigningKey.generate()
    return base64.b64encode(bytes(key.verify_key)).decode(), base64.b64encode(bytes(key)).decode()


async def call(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A client's method, blocking or not, in a thread of its own: the exchange lives in this one."""

    def run() -> Any:
        result = method(*args, **kwargs)
        return asyncio.run(result) if inspect.iscoroutine(result) else result

    return await asyncio.wait_for(asyncio.to_thread(run), _TIMEOUT)
