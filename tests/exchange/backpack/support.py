"""A signer with a known seed and a small exchange that misbehaves on demand, over real HTTP on loopback."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from nacl.signing import SigningKey, VerifyKey

from bot.exchange.backpack import BackpackClient, BrokerTag, RetryPolicy

SEED = bytes(range(32))
BROKER = BrokerTag(4711, "broker-key-secret")
EAGER = RetryPolicy(attempts=3, first_wait=0.001, longest_wait=0.002, jitter=0.001)


class SeedSigner:
    def __init__(self, seed: bytes = SEED) -> None:
        self._key = SigningKey(seed)
        self.public_key = base64.b64encode(bytes(self._key.verify_key)).decode()

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message).signature


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def verify(self, text: str) -> None:
        """Raises BadSignatureError unless the request carries a signature of `text` by its own key."""
        key = VerifyKey(base64.b64decode(self.headers["X-API-KEY"]))
        key.verify(text.encode(), base64.b64decode(self.headers["X-SIGNATURE"]))


Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class WireExchange:
    """Answers every request with the next scripted reply; the last one stays."""

    replies: list[Reply] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    url: str = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(
            Seen(
                request.method,
                request.path,
                dict(request.query),
                {name.upper(): value for name, value in request.headers.items()},
                await request.read(),
            )
        )
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return await reply(request)

    def answers(self, *replies: Reply) -> None:
        self.replies = list(replies)

    @property
    def last(self) -> Seen:
        return self.seen[-1]

    def client(self, **options: Any) -> BackpackClient:
        options.setdefault("retry", EAGER)
        options.setdefault("timeout", 2.0)
        return BackpackClient(self.url, BROKER, **options)


def says(body: Any, status: int = 200, **headers: str) -> Reply:
    async def reply(_: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=status, headers=headers)

    return reply


def says_text(text: str, status: int = 200, content_type: str = "text/plain") -> Reply:
    async def reply(_: web.Request) -> web.StreamResponse:
        return web.Response(text=text, status=status, content_type=content_type)

    return reply


def refuses(code: str, message: str = "no", status: int = 400, **headers: str) -> Reply:
    return says({"code": code, "message": message}, status, **headers)


async def hangs_up(request: web.Request) -> web.StreamResponse:
    """The connection is cut after the request was read, without a byte of an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def half_an_answer(request: web.Request) -> web.StreamResponse:
    """Headers promise more than comes before the socket closes."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"id":"1",')
    assert request.transport is not None
    request.transport.abort()
    return response


ORDER = {
    "id": "1111343026172067",
    "clientId": 77,
    "symbol": "SOL_USDC_PERP",
    "side": "Bid",
    "orderType": "Market",
    "status": "Filled",
    "quantity": "1.5",
    "executedQuantity": "1.5",
    "executedQuoteQuantity": "213.75",
    "timeInForce": "GTC",
    "selfTradePrevention": "RejectTaker",
    "createdAt": 1790000000123,
}
