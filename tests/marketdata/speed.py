"""What an event costs: `python -m tests.marketdata.speed`. CPU of this process; the exchange is another.

Real frames over a real WebSocket at 2,000 a second through the whole feed to a reader, and the same frames
parsed and taken without a socket.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import multiprocessing
import time
from decimal import Decimal
from multiprocessing.connection import Connection
from typing import cast

import msgspec
import uvloop
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bot.domain.markets.market import Book
from bot.domain.markets.market_events import MarketEvent, StreamKind
from bot.exchange.backpack import BackpackClient, BrokerTag, DepthSnapshot
from bot.exchange.backpack.events import PublicEvent, parse
from bot.marketdata import Feed, Stream

SYMBOLS = tuple(f"M{number}_USDC_PERP" for number in range(200))
PER_SECOND = 2_000
BURST_S = 0.01
LIFE_S = 120.0
_encode = msgspec.json.Encoder().encode


def frame(kind: str, number: int) -> bytes:
    """The `number`-th event of a kind, going round the symbols."""
    symbol, turn = SYMBOLS[number % len(SYMBOLS)], number // len(SYMBOLS)
    now_us = time.time_ns() // 1000
    data: dict[str, object] = {"e": kind, "E": now_us, "s": symbol, "T": now_us}
    price = f"{100 + number % 977 / 100:.2f}"
    if kind == "markPrice":
        data |= {"p": price, "f": "0.0000125", "i": price + "123", "n": now_us // 1000 + 3_600_000}
    elif kind == "bookTicker":
        data |= {"a": price, "A": "1.250", "b": price, "B": "2.000", "u": str(turn + 1)}
    elif kind == "trade":
        data |= {"p": price, "q": "0.122", "b": "111063114377265150", "a": "111063114585735170"}
        data |= {"t": turn + 1, "m": True}
    else:
        data |= {"a": [[price, "1.25"], ["120.00", "0"]], "b": [["90.00", "3"]], "U": turn + 1, "u": turn + 1}
    return _encode({"stream": f"{kind}.{symbol}", "data": data})


async def _tell(kind: str, seconds: float, address: Connection) -> None:
    """Serve one client: the events of a kind, at their pace, from its first subscription on."""
    done = asyncio.Event()

    async def handle(socket: ServerConnection) -> None:
        await socket.recv()
        begun, sent = time.monotonic(), 0
        with contextlib.suppress(ConnectionClosed):
            while time.monotonic() - begun < seconds:
                due = int((time.monotonic() - begun) * PER_SECOND)
                for number in range(sent, due):
                    await socket.send(frame(kind, number), text=True)
                sent = due
                await asyncio.sleep(BURST_S)
        done.set()

    async with asyncio.timeout(LIFE_S), serve(handle, "127.0.0.1", 0, compression=None) as server:
        address.send(server.sockets[0].getsockname()[1])
        await done.wait()


def _serve(kind: str, seconds: float, address: Connection) -> None:
    uvloop.run(_tell(kind, seconds, address))


class Counting(Feed):
    """A feed that counts what its socket says."""

    taken = 0

    def _take(self, event: PublicEvent) -> None:
        self.taken += 1
        super()._take(event)

    def want(self, stream: Stream) -> None:
        """As if its subscription had been confirmed."""
        self._follow(stream)
        self._depths.load(stream.symbol)

    def hear(self, event: PublicEvent) -> None:
        """As if its socket had said so."""
        self._take(event)


class Quoting(BackpackClient):
    """A client that knows every book without asking."""

    async def depth_snapshot(self, symbol: str, limit: int = 1000) -> DepthSnapshot:
        levels = [(Decimal(50 + level), Decimal(1)) for level in range(100)]
        return DepthSnapshot(Book(symbol, levels[:50][::-1], levels[51:]), 0, 0)


async def over_the_wire(kind: str, seconds: float) -> tuple[int, float]:
    """Events taken, and the CPU seconds they cost, of a paced stream through the whole feed to a reader."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(kind, seconds, theirs))
    server.start()
    port = await asyncio.to_thread(ours.recv)
    told: list[MarketEvent] = []
    async with BackpackClient("http://127.0.0.1:9", BrokerTag(1)) as client:
        feed = Counting(client, f"ws://127.0.0.1:{port}")
        feed.listen(told.append)
        await feed.start()
        with feed.subscribe(*(Stream(StreamKind(kind), symbol) for symbol in SYMBOLS)):
            await asyncio.sleep(0.5)
            begun, before = time.process_time(), feed.taken
            await asyncio.sleep(seconds - 1.0)
            cost, taken = time.process_time() - begun, feed.taken - before
        await feed.stop()
    server.join(10)
    if not told:
        raise RuntimeError(f"nobody was told of any {kind}")
    return taken, cost


async def in_memory(kind: str, count: int = 20_000) -> float:
    """CPU seconds for one event: parsed, taken, a reader told."""
    told: list[MarketEvent] = []
    client = Quoting("http://127.0.0.1:9", BrokerTag(1))
    feed = Counting(client, "ws://127.0.0.1:9")
    feed.listen(told.append)
    for symbol in SYMBOLS:
        feed.want(Stream(StreamKind(kind), symbol))
    await asyncio.sleep(0.5)  # the books are loaded
    frames = [frame(kind, number) for number in range(count)]
    begun = time.process_time()
    for one in frames:
        for event in cast(list[PublicEvent], parse(one)):
            feed.hear(event)
    return (time.process_time() - begun) / count


async def _main(seconds: float) -> None:
    for kind in ("markPrice", "bookTicker", "trade", "depth"):
        print(f"{kind:<12} parsed, taken and told: {await in_memory(kind) * 1e6:6.1f} µs an event")
    for kind in ("markPrice", "bookTicker", "trade"):
        taken, cost = await over_the_wire(kind, seconds)
        measured = seconds - 1.0
        print(
            f"{kind:<12} over a WebSocket: {taken / measured:.0f} events/s,"
            f" {cost / taken * 1e6:.1f} µs CPU each, {100 * cost / measured:.0f} % of one core"
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.marketdata.speed", description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each paced stream")
    logging.disable(logging.WARNING)  # there is no REST here, and the feed says so
    uvloop.run(_main(parser.parse_args().seconds))


if __name__ == "__main__":
    main()
