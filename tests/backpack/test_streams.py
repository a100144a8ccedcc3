"""The streams over real WebSockets on loopback: subscribing, reconnecting, silence, and reading frames."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import VerifyKey
from websockets.asyncio.server import Server, ServerConnection, serve

from bot.backpack import (
    BalanceUpdate,
    Connected,
    DepthUpdate,
    Disconnected,
    OrderUpdate,
    PositionUpdate,
    PublicStream,
    Reconnected,
    StreamRefused,
    Unrecognised,
    UserStream,
    signing_text,
)
from bot.backpack.events import parse
from bot.domain.order import OrderEvent
from bot.domain.values import Side
from tests.backpack.support import SeedSigner

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


@pytest.fixture
async def wire() -> AsyncIterator[WireStreams]:
    streams = WireStreams()
    server: Server
    async with serve(streams.handle, "127.0.0.1", 0, ping_interval=None, close_timeout=0.2) as server:
        host, port = server.sockets[0].getsockname()[:2]
        streams.url = f"ws://{host}:{port}"
        yield streams


def user_stream(wire: WireStreams, clock: Callable[[], int] = lambda: 1_614_550_000_000, **options: Any):
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


async def test_subscriptions_are_signed_as_the_vectors_say(wire):
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


async def test_a_lost_socket_comes_back_with_a_fresh_signature_and_says_that_there_was_a_gap(wire):
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
        lambda events: isinstance(events[-1], OrderUpdate) and events[-1].report.fill.trade_id == 3,
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


async def test_a_socket_that_falls_silent_is_given_up(wire):
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


async def test_pings_alone_keep_a_quiet_stream_alive(wire):
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


async def test_a_server_that_hangs_up_is_tried_again_and_again(wire):
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


async def test_a_refused_subscription_is_reported(wire):
    async def refuse(socket: ServerConnection) -> None:
        await socket.send(json.dumps({"id": None, "error": {"code": 4006, "message": "Invalid signature"}}))
        await stay(socket)

    wire.scripts = [refuse]
    events = await collect(user_stream(wire), lambda events: len(events) == 2)
    assert events[1] == StreamRefused(4006, "Invalid signature")


async def test_public_streams_can_be_changed_while_running_and_are_kept_over_a_reconnect(wire):
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


async def test_closing_ends_the_iteration(wire):
    wire.scripts = [stay]
    stream = user_stream(wire)
    kinds = []
    async for event in stream:
        kinds.append(type(event))
        await stream.aclose()
    assert kinds == [Connected]


async def test_frames_are_not_logged(wire, caplog):
    caplog.set_level(logging.DEBUG)
    wire.scripts = [stay]
    await collect(user_stream(wire), lambda events: True)
    client_side = "\n".join(r.getMessage() for r in caplog.records if "server" not in r.name)
    for frame in wire.received[0]:
        assert frame["signature"][0] not in client_side
        assert frame["signature"][1] not in client_side


# --- frames ------------------------------------------------------------------------------------------


def only(stream: str, data: Any) -> Any:
    [event] = parse(framed(stream, data).encode())
    return event


def test_a_fill_becomes_a_report_with_its_fill_and_fee():
    update = only("account.orderUpdate.SOL_USDC_PERP", FILL)
    assert isinstance(update, OrderUpdate)
    report = update.report
    assert (report.symbol, report.side, report.event) == ("SOL_USDC_PERP", Side.BUY, OrderEvent.PARTIAL_FILL)
    assert (report.exchange_id, report.client_id, report.order_type) == ("1111343026172067", 123, "Market")
    assert (report.executed, report.executed_quote) == (Decimal("1.5"), Decimal(213))
    assert report.fill is not None
    assert (report.fill.price, report.fill.quantity) == (Decimal(142), Decimal("1.5"))
    assert (report.fill.fee, report.fill.fee_symbol, report.fill.trade_id) == (Decimal("0.1065"), "USDC", 567)
    assert report.fill.timestamp_ms == 1694687692989


@pytest.mark.parametrize(
    ("changes", "event"),
    [
        ({"e": "orderAccepted", "X": "New"}, OrderEvent.ACCEPTED),
        ({"e": "orderModified", "X": "New", "z": "0"}, OrderEvent.ACCEPTED),
        ({"e": "orderFill", "X": "Filled"}, OrderEvent.FILLED),
        ({"e": "orderCancelled", "X": "Cancelled"}, OrderEvent.CANCELLED),
        ({"e": "orderExpired", "X": "Expired", "R": "PRICE_BAND"}, OrderEvent.EXPIRED),
        ({"e": "triggerPlaced", "X": "TriggerPending"}, OrderEvent.TRIGGER_PLACED),
        ({"e": "triggerFailed", "X": "TriggerFailed"}, OrderEvent.TRIGGER_FAILED),
        ({"e": "orderFill", "X": "Levitating"}, OrderEvent.PARTIAL_FILL),
    ],
)
def test_every_kind_of_update_says_what_happened(changes, event):
    data = {**FILL, "z": "0", "l": None, "L": None} if changes["e"] != "orderFill" else FILL
    update = only("account.orderUpdate", {**data, **changes})
    assert update.report.event is event
    assert update.report.reason == changes.get("R")
    assert update.kind == changes["e"]


def test_a_liquidation_is_told_from_the_users_own_orders():
    update = only("account.orderUpdate", {**FILL, "O": "LIQUIDATION_AUTOCLOSE", "c": None})
    assert update.report.origin == "LIQUIDATION_AUTOCLOSE"
    assert update.report.fill.system_type == "LIQUIDATION_AUTOCLOSE"
    assert update.report.client_id is None


def test_positions_come_one_by_one_or_as_a_picture():
    row = {"s": "SOL_USDC_PERP", "b": 123, "B": 122, "f": 0.5, "M": 122, "m": 0.01, "q": -5, "l": "0"}
    [single] = parse(framed("account.positionUpdate", {**row, "e": "positionOpened", "P": "1"}).encode())
    assert isinstance(single, PositionUpdate)
    assert (single.quantity, single.entry_price, single.kind) == (Decimal(-5), Decimal(122), "positionOpened")
    assert (single.imf, single.unrealized_pnl) == (Decimal("0.5"), Decimal(1))
    picture = parse(framed("account.positionUpdate", [row, {**row, "s": "BTC_USDC_PERP"}]).encode())
    assert [(event.symbol, event.kind) for event in picture] == [
        ("SOL_USDC_PERP", None),
        ("BTC_USDC_PERP", None),
    ]


def test_balances_are_absolute():
    update = only(
        "account.balanceUpdate", {"e": "balanceUpdate", "a": "USDC", "A": "122.35", "L": "10", "S": "0"}
    )
    assert update == BalanceUpdate("USDC", Decimal("122.35"), Decimal(10), Decimal(0), 0)


def test_depth_keeps_the_ids_to_chain_by():
    data = {"s": "SOL_USDC", "a": [["18.70", "0.000"]], "b": [], "U": 94978271, "u": 94978273, "T": 5}
    update = only("depth.200ms.SOL_USDC", data)
    assert isinstance(update, DepthUpdate)
    assert (update.first_id, update.last_id, update.asks) == (
        94978271,
        94978273,
        [(Decimal("18.70"), Decimal("0.000"))],
    )


@pytest.mark.parametrize(
    ("stream", "data"),
    [
        ("bookTicker.SOL_USDC", {"s": "SOL_USDC", "a": "2", "A": "1", "b": "1", "B": "1", "u": "9"}),
        ("markPrice.SOL_USDC_PERP", {"s": "SOL_USDC_PERP", "p": "1", "f": "0.1", "i": "1", "n": 5}),
        ("ticker.SOL_USDC", {"s": "S", "o": "1", "c": "1", "h": "1", "l": "1", "v": "1", "V": "1", "n": 3}),
        ("kline.1m.SOL_USDC", {"s": "S", "t": "2024-09-11T12:00:00", "T": "2024-09-11T12:01:00", "X": False}),
        ("trade.SOL_USDC", {"s": "S", "p": "1", "q": "1", "t": 1, "m": True, "a": "1", "b": "2"}),
        ("openInterest.SOL_USDC_PERP", {"s": "S", "o": "100"}),
        ("liquidation", {"s": "S", "S": "Bid", "p": "1", "q": "1"}),
    ],
)
def test_every_public_stream_is_understood(stream, data):
    assert not isinstance(only(stream, data), Unrecognised)


@pytest.mark.parametrize(
    ("stream", "data"),
    [
        ("account.telepathy", {"x": 1}),
        ("account.orderUpdate", {**FILL, "S": "Sideways"}),
        ("account.orderUpdate", {**FILL, "l": "NaN"}),
        ("account.orderUpdate", None),
        ("depth.SOL_USDC", {"s": "S", "a": [["1e999999", "1"]], "b": [], "U": 1, "u": 1}),
    ],
)
def test_what_cannot_be_read_is_carried_and_named(stream, data):
    event = only(stream, data)
    assert isinstance(event, Unrecognised)
    assert event.stream == stream


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_frame_at_all_breaks_the_reader(message):
    assert all(event is not None for event in parse(message))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("esSiqpXlLzZTabAB"), inner)
        ),
        max_leaves=10,
    ),
    st.sampled_from(
        ["account.orderUpdate", "account.positionUpdate", "depth.X", "kline.1m.X", "markPrice.X"]
    ),
)
def test_no_payload_breaks_the_reader(data, stream):
    events = parse(framed(stream, data).encode())
    assert events or data == [], "nothing disappears without a word"
