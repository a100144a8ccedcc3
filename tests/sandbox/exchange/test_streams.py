"""The WebSocket streams: shapes, chaining, private signatures, errors, keep-alive."""

from __future__ import annotations

import asyncio
import json
import time
from decimal import Decimal
from typing import Any

import httpx
import pytest
import websockets

from bot.sandbox.exchange import ExchangeConfig, SandboxExchange
from tests.sandbox.exchange.client import Key, Stream, Trader
from tests.sandbox.exchange.conftest import SOL, SOL_PERP, OpenTrader

BUSY = ExchangeConfig(tick_ms=20)


async def collect(stream: Stream, count: int) -> list[dict[str, Any]]:
    return [await stream.next() for _ in range(count)]


@pytest.mark.parametrize("path", ["/", "/ws"])
async def test_order_events_reach_the_signed_socket(trader: Trader, path: str) -> None:
    trader.ws_url += path
    async with trader.streams("account.orderUpdate") as stream:
        order = await trader.placed(SOL, "Bid", quantity="2", clientId=41)
        accepted, filled = await collect(stream, 2)
    assert accepted["stream"] == filled["stream"] == "account.orderUpdate"
    assert (accepted["data"]["e"], accepted["data"]["X"]) == ("orderAccepted", "New")
    data = filled["data"]
    assert (data["e"], data["X"], data["i"], data["c"]) == ("orderFill", "Filled", order["id"], 41)
    assert (data["l"], data["z"], data["N"], data["n"], data["m"]) == ("2", "2", "SOL", "0.002", False)
    assert data["O"] == "USER"
    assert abs(data["E"] - time.time() * 1e6) < 60e6


async def test_single_market_stream_hears_that_market_only(trader: Trader) -> None:
    async with trader.streams(f"account.orderUpdate.{SOL_PERP}") as stream:
        await trader.placed(SOL, "Bid", quantity="1")
        await trader.placed(SOL_PERP, "Bid", quantity="1")
        assert (await stream.next())["data"]["s"] == SOL_PERP


async def test_nobody_hears_another_account(open_trader: OpenTrader) -> None:
    one, other = await open_trader("one"), await open_trader("other")
    async with one.streams("account.orderUpdate", "account.balanceUpdate") as stream:
        await other.placed(SOL, "Bid", quantity="1", clientId=1)
        await one.placed(SOL, "Bid", quantity="1", clientId=2)
        assert (await stream.next())["data"].get("c") == 2


async def test_no_order_snapshot_but_positions_on_subscribe(trader: Trader) -> None:
    await trader.placed(SOL, "Bid", orderType="Limit", price="140", quantity="1")
    await trader.placed(SOL_PERP, "Ask", quantity="3")
    async with trader.streams("account.orderUpdate", "account.positionUpdate") as stream:
        first = await stream.next()
        assert first["stream"] == "account.positionUpdate"
        assert "e" not in first["data"]
        assert first["data"]["q"] == -3
        await trader.placed(SOL_PERP, "Bid", quantity="3")
        closed = await stream.until(e="positionClosed")
    assert (closed["q"], closed["s"]) == (0, SOL_PERP)


async def test_balance_updates_are_absolute(trader: Trader) -> None:
    async with trader.streams("account.balanceUpdate") as stream:
        await trader.placed(SOL, "Bid", orderType="Limit", price="140", quantity="1")
        data = await stream.until(a="USDC")
    assert (data["e"], data["A"], data["L"], data["S"]) == ("balanceUpdate", "9860", "140", "0")


async def test_depth_updates_chain_onto_the_rest_snapshot() -> None:
    async with SandboxExchange(BUSY) as exchange, websockets.connect(exchange.ws_url) as socket:
        await socket.send(json.dumps({"method": "SUBSCRIBE", "params": [f"depth.{SOL_PERP}"]}))
        stream = Stream(socket)
        await stream.next()
        async with httpx.AsyncClient(base_url=exchange.rest_url) as http:
            book = await snapshot(http)
            first = last = book["id"]
            while last < first + 8:
                last = apply(book, last, (await stream.next())["data"])
            goal = await snapshot(http)
            while last < goal["id"]:
                last = apply(book, last, (await stream.next())["data"])
    for name in ("a", "b"):
        assert {price: size for price, size in book[name].items() if size} == goal[name]


def apply(book: dict[str, Any], last: int, event: dict[str, Any]) -> int:
    """Take an event into a book, checking that it follows the one before; old ones are skipped."""
    if event["u"] <= last:
        return last
    assert event["U"] == last + 1
    for name in ("a", "b"):
        book[name] |= {Decimal(price): Decimal(quantity) for price, quantity in event[name]}
    return int(event["u"])


async def snapshot(http: httpx.AsyncClient) -> dict[str, Any]:
    body = (await http.get("/api/v1/depth", params={"symbol": SOL_PERP})).json()
    prices = [Decimal(price) for price, _ in body["bids"]]
    assert prices == sorted(prices), "bids are ascending: the best is the last"
    sides = {"a": body["asks"], "b": body["bids"]}
    levels = {name: {Decimal(p): Decimal(q) for p, q in rows} for name, rows in sides.items()}
    return {"id": int(body["lastUpdateId"]), **levels}


async def test_public_streams_speak_in_their_shapes(exchange: SandboxExchange) -> None:
    config = ExchangeConfig(tick_ms=20)
    names = [
        f"bookTicker.{SOL_PERP}",
        f"trade.{SOL_PERP}",
        f"ticker.{SOL}",
        f"markPrice.{SOL_PERP}",
        f"kline.1m.{SOL}",
        f"openInterest.{SOL_PERP}",
        f"depth.200ms.{SOL}",
    ]
    seen: dict[str, dict[str, Any]] = {}
    async with SandboxExchange(config) as busy, websockets.connect(busy.ws_url) as socket:
        await socket.send(json.dumps({"method": "SUBSCRIBE", "params": names}))
        stream = Stream(socket)
        async with asyncio.timeout(10):
            while len(seen) < len(names):
                frame = await stream.next()
                seen[frame["stream"]] = frame["data"]
    assert isinstance(seen[f"bookTicker.{SOL_PERP}"]["u"], str)  # as documented
    assert Decimal(seen[f"bookTicker.{SOL_PERP}"]["a"]) > Decimal(seen[f"bookTicker.{SOL_PERP}"]["b"])
    assert {"p", "f", "i", "n"} <= seen[f"markPrice.{SOL_PERP}"].keys()
    assert {"o", "c", "h", "l", "v", "V", "n"} <= seen[f"ticker.{SOL}"].keys()
    assert isinstance(seen[f"kline.1m.{SOL}"]["X"], bool)
    assert len(seen[f"kline.1m.{SOL}"]["t"]) == len("2024-09-11T12:00:00")
    assert Decimal(seen[f"openInterest.{SOL_PERP}"]["o"]) > 0
    assert seen[f"depth.200ms.{SOL}"]["U"] <= seen[f"depth.200ms.{SOL}"]["u"]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("not json", 4002),
        ('{"method": "FOO", "params": []}', 4002),
        ('{"method": "SUBSCRIBE"}', 4002),
        ('{"method": "SUBSCRIBE", "params": ["nope.SOL_USDC"]}', 4006),
        ('{"method": "SUBSCRIBE", "params": ["kline.7m.SOL_USDC"]}', 4006),
        ('{"method": "SUBSCRIBE", "params": ["account.secrets"]}', 4006),
        ('{"method": "SUBSCRIBE", "params": ["depth.100ms.SOL_USDC"]}', 4008),
        ('{"method": "SUBSCRIBE", "params": ["account.orderUpdate"]}', 4003),
        ('{"method": "SUBSCRIBE", "params": ["account.orderUpdate"], "signature": ["a","b","1","2"]}', 4003),
    ],
)
async def test_bad_frames_are_told_so_and_the_socket_lives(
    exchange: SandboxExchange, frame: str, code: int
) -> None:
    async with websockets.connect(exchange.ws_url) as socket:
        await socket.send(frame)
        answer = await Stream(socket).next()
        assert answer["id"] is None
        assert answer["error"]["code"] == code
        await (await socket.ping())


async def test_a_stranger_cannot_subscribe_to_private_streams(exchange: SandboxExchange) -> None:
    async with (
        httpx.AsyncClient() as http,
        Trader(http, Key(), exchange.ws_url).streams("account.orderUpdate") as stream,
    ):
        assert (await stream.next())["error"]["code"] == 4003


async def test_unsubscribe_is_silent_and_stops_the_stream(trader: Trader) -> None:
    async with trader.streams("account.orderUpdate", "account.balanceUpdate") as stream:
        await stream.socket.send(json.dumps({"method": "UNSUBSCRIBE", "params": ["account.orderUpdate"]}))
        await (await stream.socket.ping())
        await trader.placed(SOL, "Bid", orderType="Limit", price="140", quantity="1")
        assert (await stream.next())["stream"] == "account.balanceUpdate"


async def test_server_pings_and_gives_up_on_the_silent() -> None:
    config = ExchangeConfig(moving=False, ping_seconds=0.05, silence_seconds=0.12)
    async with SandboxExchange(config) as exchange:
        async with websockets.connect(exchange.ws_url) as answering:
            await asyncio.sleep(0.4)
            await (await answering.ping())
        host, port = exchange.ws_url.removeprefix("ws://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        frames = await asyncio.wait_for(reader.read(), 5)
        writer.close()
    after_handshake = frames.split(b"\r\n\r\n", 1)[1]
    assert after_handshake.startswith(b"\x89\x00"), "a ping frame"
    assert b"\x88\x02" in after_handshake, "then a close frame"


async def test_stopping_closes_sockets_with_a_close_frame() -> None:
    exchange = SandboxExchange(ExchangeConfig(moving=False))
    await exchange.start()
    async with websockets.connect(exchange.ws_url) as socket:
        await (await socket.ping())
        await exchange.stop()
        with pytest.raises(websockets.ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 1001


async def test_who_comes_anew_to_candles_begins_with_the_running_one(admin: httpx.AsyncClient) -> None:
    """An earlier follower's last candle is no news to the next one."""
    stream, skipped = f"kline.1s.{SOL}", 0

    def clock() -> int:
        return time.time_ns() + skipped

    async with SandboxExchange(ExchangeConfig(tick_ms=20, clock_ns=clock)) as busy:
        async with websockets.connect(busy.ws_url) as socket:
            await socket.send(json.dumps({"method": "SUBSCRIBE", "params": [stream]}))
            await Stream(socket).until(e="kline")
        await asyncio.sleep(0.1)
        skipped += 30_000_000_000
        async with websockets.connect(busy.ws_url) as socket:
            await socket.send(json.dumps({"method": "SUBSCRIBE", "params": [stream]}))
            first = await Stream(socket).until(e="kline")
    assert first["X"] is False
