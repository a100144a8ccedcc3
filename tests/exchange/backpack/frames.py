"""Frames as the exchange sends them, and a WebSocket server that misbehaves by script."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import ServerConnection

from bot.exchange.backpack import UserStream
from tests.exchange.backpack.support import SeedSigner

FILL = {
    "e": "orderFill",
    "E": 1694687692980000,
    "s": "SOL_USDC_PERP",
    "c": 123,
    "S": "Bid",
    "o": "MARKET",
    "q": "3",
    "X": "PartiallyFilled",
    "i": "1111343026172067",
    "t": 567,
    "l": "1.5",
    "z": "1.5",
    "Z": "213",
    "L": "142",
    "m": False,
    "n": "0.1065",
    "N": "USDC",
    "T": 1694687692989999,
    "O": "USER",
}


def framed(stream: str, data: Any) -> str:
    return json.dumps({"stream": stream, "data": data})


def fill_frame(trade_id: int) -> str:
    return framed("account.orderUpdate", {**FILL, "t": trade_id})


@dataclass
class WireStreams:
    """A WebSocket server whose every connection runs the next script; what it receives is kept."""

    scripts: list[Callable[[ServerConnection], Awaitable[None]]] = field(default_factory=list)
    received: list[list[dict[str, Any]]] = field(default_factory=list)
    url: str = ""

    async def handle(self, socket: ServerConnection) -> None:
        frames: list[dict[str, Any]] = []
        self.received.append(frames)
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]

        frames.append(json.loads(await socket.recv()))

        async def listen() -> None:
            async for message in socket:
                frames.append(json.loads(message))

        listening = asyncio.create_task(listen())
        try:
            await script(socket)
        finally:
            listening.cancel()


def user_stream(
    wire: WireStreams, clock: Callable[[], int] = lambda: 1_614_550_000_000, **options: Any
) -> UserStream:
    options.setdefault("jitter", lambda: 0.01)
    return UserStream(wire.url, SeedSigner(), now_ms=clock, **options)


async def collect(stream: Any, until: Callable[[list[Any]], bool]) -> list[Any]:
    events: list[Any] = []
    async with asyncio.timeout(20), stream:
        async for event in stream:
            events.append(event)
            if until(events):
                break
    return events


async def stay(socket: ServerConnection) -> None:
    await socket.wait_closed()
