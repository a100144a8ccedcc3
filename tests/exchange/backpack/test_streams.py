"""The streams over real WebSockets on loopback: subscribing, reconnecting, silence."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator

import pytest
from nacl.signing import VerifyKey
from websockets.asyncio.server import Server, ServerConnection, serve

from bot.exchange.backpack import (
    Connected,
    Disconnected,
    OrderUpdate,
    PublicStream,
    Reconnected,
    StreamRefused,
    signing_text,
    streams,
)
from tests.exchange.backpack.frames import WireStreams, collect, fill_frame, stay, user_stream
from tests.support.present import present

TRADE = {"s": "X", "p": "1", "q": "1", "t": 1, "m": True}


@pytest.fixture
async def wire() -> AsyncIterator[WireStreams]:
    script = WireStreams()
    server: Server
    async with serve(script.handle, "127.0.0.1", 0, ping_interval=None, close_timeout=0.2) as server:
        host, port = server.sockets[0].getsockname()[:2]
        script.url = f"ws://{host}:{port}"
        yield script


async def test_subscriptions_are_signed_as_the_vectors_say(wire: WireStreams) -> None:
    wire.scripts = [stay]
    events = await collect(user_stream(wire), lambda events: len(events) == 1)
    assert events == [Connected()]
    [frames] = wire.received
    assert [frame["params"] for frame in frames] == [
        ["account.orderUpdate"],
        ["account.positionUpdate"],
        ["account.balanceUpdate"],
    ]
    for frame in frames:
        key, signature, timestamp, window = frame["signature"]
        assert (timestamp, window) == ("1614550000000", "5000")
        text = signing_text("subscribe", {}, int(timestamp), int(window))
        VerifyKey(base64.b64decode(key)).verify(text.encode(), base64.b64decode(signature))


async def test_a_lost_socket_comes_back_with_a_fresh_signature_and_says_that_there_was_a_gap(
    wire: WireStreams,
) -> None:
    async def cut(socket: ServerConnection) -> None:
        await socket.send(fill_frame(1))
        await asyncio.sleep(0.02)
        socket.transport.abort()

    async def shut_down(socket: ServerConnection) -> None:
        await socket.send(fill_frame(2))
        await socket.close(1001, "going away")

    async def go_on(socket: ServerConnection) -> None:
        await socket.send(fill_frame(3))
        await stay(socket)

    wire.scripts = [cut, shut_down, go_on]
    ticks = iter(range(10_000, 20_000))
    events = await collect(
        user_stream(wire, lambda: next(ticks)),
        lambda events: isinstance(events[-1], OrderUpdate) and present(events[-1].report.fill).trade_id == 3,
    )
    assert [type(event) for event in events] == [
        Connected,
        OrderUpdate,
        Disconnected,
        Reconnected,
        OrderUpdate,
        Disconnected,
        Reconnected,
        OrderUpdate,
    ]
    assert events[5].reason == "closed with 1001"
    timestamps = [frames[0]["signature"][2] for frames in wire.received]
    assert len(set(timestamps)) == 3


async def test_a_socket_that_falls_silent_is_given_up(wire: WireStreams) -> None:
    async def freeze(socket: ServerConnection) -> None:
        await asyncio.sleep(0.05)  # the subscription's own ping is answered
        socket.transport.pause_reading()  # no pong, no data: a peer that is gone without a word
        await asyncio.sleep(0.5)
        socket.transport.abort()

    wire.scripts = [freeze, stay]
    events = await collect(
        user_stream(wire, silence_seconds=0.15), lambda events: isinstance(events[-1], Reconnected)
    )
    assert [type(event) for event in events] == [Connected, Disconnected, Reconnected]


async def test_pings_alone_keep_a_quiet_stream_alive(wire: WireStreams) -> None:
    done = asyncio.Event()

    async def only_pings(socket: ServerConnection) -> None:
        for _ in range(12):
            await socket.ping()
            await asyncio.sleep(0.05)
        await socket.send(fill_frame(7))
        await done.wait()

    wire.scripts = [only_pings]
    events = await collect(user_stream(wire, silence_seconds=0.3), lambda events: len(events) == 2)
    done.set()
    assert [type(event) for event in events] == [Connected, OrderUpdate]


async def test_a_server_that_hangs_up_is_tried_again_and_again(wire: WireStreams) -> None:
    refused = 0

    async def refuse_first(socket: ServerConnection) -> None:
        nonlocal refused
        refused += 1
        socket.transport.abort()

    wire.scripts = [refuse_first, refuse_first, stay]
    events = await collect(
        user_stream(wire), lambda events: len(wire.received) == 3 and events[-1] == events[-1]
    )
    assert refused == 2
    assert isinstance(events[-1], Reconnected)


async def test_a_refused_subscription_is_reported(wire: WireStreams) -> None:
    async def refuse(socket: ServerConnection) -> None:
        await socket.send(json.dumps({"id": None, "error": {"code": 4006, "message": "Invalid signature"}}))
        await stay(socket)

    wire.scripts = [refuse]
    events = await collect(user_stream(wire), lambda events: len(events) == 2)
    assert events[1] == StreamRefused(4006, "Invalid signature")


async def test_public_streams_can_be_changed_while_running_and_are_kept_over_a_reconnect(
    wire: WireStreams,
) -> None:
    cut = asyncio.Event()

    async def until_cut(socket: ServerConnection) -> None:
        await cut.wait()
        await socket.close(1001)

    wire.scripts = [until_cut, stay]
    stream = PublicStream(wire.url, ["depth.SOL_USDC", "trade.SOL_USDC"], jitter=lambda: 0.01)
    async with asyncio.timeout(20), stream:
        async for event in stream:
            if isinstance(event, Connected):
                await stream.subscribe("depth.BTC_USDC")
                await stream.unsubscribe("trade.SOL_USDC")
                cut.set()
            if isinstance(event, Reconnected):
                break
    first, second = wire.received
    assert first == [
        {"method": "SUBSCRIBE", "params": ["depth.SOL_USDC", "trade.SOL_USDC"]},
        {"method": "SUBSCRIBE", "params": ["depth.BTC_USDC"]},
        {"method": "UNSUBSCRIBE", "params": ["trade.SOL_USDC"]},
    ]
    assert second == [{"method": "SUBSCRIBE", "params": ["depth.SOL_USDC", "depth.BTC_USDC"]}]


async def test_many_streams_are_asked_for_in_frames_of_a_size_no_server_minds(wire: WireStreams) -> None:
    wire.scripts = [stay]
    names = [f"trade.M{number}_USDC" for number in range(streams.STREAMS_PER_FRAME + 1)]
    await collect(PublicStream(wire.url, names), lambda events: len(events) == 1)
    [frames] = wire.received
    assert [len(frame["params"]) for frame in frames] == [streams.STREAMS_PER_FRAME, 1]
    assert [name for frame in frames for name in frame["params"]] == names


async def test_a_burst_before_the_subscription_is_confirmed_stops_nothing(wire: WireStreams) -> None:
    """The pong that confirms it comes behind more frames than a reader's buffer holds by default."""

    async def burst(socket: ServerConnection) -> None:
        for number in range(500):
            await socket.send(json.dumps({"stream": "trade.X", "data": {**TRADE, "t": number}}))
        await stay(socket)

    wire.scripts = [burst]
    events = await collect(PublicStream(wire.url, ["trade.X"]), lambda events: len(events) == 501)
    assert [event.row.trade_id for event in events[1:]] == list(range(500))


async def test_a_public_socket_can_be_given_up_and_a_silent_stream_renewed(wire: WireStreams) -> None:
    wire.scripts = [stay]
    stream = PublicStream(wire.url, ["trade.X"], jitter=lambda: 0.01)
    async with asyncio.timeout(20), stream:
        async for event in stream:
            if isinstance(event, Connected):
                await stream.renew("trade.X")
                stream.reconnect()
            if isinstance(event, Reconnected):
                break
    assert [frame["method"] for frame in wire.received[0]] == ["SUBSCRIBE", "UNSUBSCRIBE", "SUBSCRIBE"]


async def test_a_server_shutting_down_after_a_long_life_is_left_at_once(
    wire: WireStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "STEADY_SECONDS", 0.0)
    waits = 0

    def waited() -> float:
        nonlocal waits
        waits += 1
        return 1.0

    async def shut_down(socket: ServerConnection) -> None:
        await socket.close(1001, "going away")

    wire.scripts = [shut_down, stay]
    stream = PublicStream(wire.url, ["trade.X"], jitter=waited)
    events = await collect(stream, lambda events: isinstance(events[-1], Reconnected))
    assert [type(event) for event in events] == [Connected, Disconnected, Reconnected]
    assert not waits, "no jittered wait before a server that is there"


async def test_closing_ends_the_iteration(wire: WireStreams) -> None:
    wire.scripts = [stay]
    stream = user_stream(wire)
    kinds = []
    async for event in stream:
        kinds.append(type(event))
        await stream.aclose()
    assert kinds == [Connected]


async def test_frames_are_not_logged(wire: WireStreams, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wire.scripts = [stay]
    await collect(user_stream(wire), lambda events: True)
    client_side = "\n".join(r.getMessage() for r in caplog.records if "server" not in r.name)
    for frame in wire.received[0]:
        assert frame["signature"][0] not in client_side
        assert frame["signature"][1] not in client_side
