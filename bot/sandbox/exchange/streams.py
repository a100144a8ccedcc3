"""The WebSocket side: sockets, subscriptions, and the engine's events on their way to them.

As the engine's listener it must return at once, so events are queued per socket and written by its own task.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Sequence

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from bot.sandbox.exchange import auth, feeds
from bot.sandbox.exchange.auth import Signed
from bot.sandbox.exchange.book import Change
from bot.sandbox.exchange.config import ExchangeConfig
from bot.sandbox.exchange.engine import Engine
from bot.sandbox.exchange.errors import Refused
from bot.sandbox.exchange.faults import Action, Faults, Rule
from bot.sandbox.exchange.model import Account, Fill, Order, Position, Trade
from bot.sandbox.exchange.params import Params
from bot.sandbox.exchange.pulse import Pulse
from bot.sandbox.exchange.state import MarketState
from bot.sandbox.exchange.subscriptions import (
    BAD_SIGNATURE,
    MESSAGES,
    PARSE_ERROR,
    Name,
    Registry,
    StreamError,
    parse,
)
from bot.sandbox.values import Side

_QUEUE = 20_000
_CLOSE_TIMEOUT = 1.0
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Socket:
    """One client. A reader too slow for its queue is cut off."""

    def __init__(self, ws: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        self.ws = ws
        self.transport = transport
        self.queue: asyncio.Queue[str] = asyncio.Queue(_QUEUE)
        self.heard = time.monotonic()
        self.stalled_until = 0.0  # monotonic

    def put(self, text: str) -> None:
        try:
            self.queue.put_nowait(text)
        except asyncio.QueueFull:
            asyncio.ensure_future(self.close(WSCloseCode.TRY_AGAIN_LATER)).add_done_callback(_forget)

    async def write(self) -> None:
        while True:
            text = await self.queue.get()
            if (stall := self.stalled_until - time.monotonic()) > 0:
                await asyncio.sleep(stall)
            with contextlib.suppress(ConnectionError, RuntimeError):
                await self.ws.send_str(text)

    def cut(self) -> None:
        """Gone without a word."""
        if self.transport is not None:
            self.transport.abort()

    async def close(self, code: int = WSCloseCode.GOING_AWAY) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError, TimeoutError):
            await asyncio.wait_for(self.ws.close(code=code), _CLOSE_TIMEOUT)


def _put_all(sockets: Sequence[Socket], text: str) -> None:
    for socket in sockets:
        socket.put(text)


def _forget(task: asyncio.Future[None]) -> None:
    if not task.cancelled():
        task.exception()


class Streams:
    """The engine's `Listener`, and the handler of WebSocket connections."""

    def __init__(self, config: ExchangeConfig, faults: Faults, engine: Engine) -> None:
        self._config = config
        self._faults = faults
        self._world = engine.world
        self._sockets: dict[Socket, None] = {}
        self.registry: Registry[Socket] = Registry()
        self._best: dict[str, tuple[object, ...]] = {}
        self._pulse = Pulse(engine.world, self.registry, self._publish)
        engine.world.listener = self
        engine.watched = self.registry.symbols

    # connections

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One connection, from handshake to close."""
        ws = web.WebSocketResponse(autoping=False, timeout=_CLOSE_TIMEOUT)
        await ws.prepare(request)
        socket = Socket(ws, request.transport)
        self._sockets[socket] = None
        tasks = [asyncio.create_task(socket.write()), asyncio.create_task(self._keep_alive(socket))]
        try:
            await self._read(socket)
        finally:
            for task in tasks:
                task.cancel()
            self._sockets.pop(socket, None)
            self.registry.remove(socket)
        return ws

    async def close_all(self) -> None:
        """Send every client a Close frame."""
        await asyncio.gather(*(socket.close() for socket in list(self._sockets)))

    async def disturb(self, rule: Rule) -> bool:
        """Do to every socket at once what a rule says; False when it is about something else."""
        if rule.action is Action.CLOSE_SOCKETS:
            await self.close_all()
        elif rule.action is Action.CUT_SOCKETS:
            for socket in self._sockets:
                socket.cut()
        elif rule.action is Action.STALL_SOCKETS:
            for socket in self._sockets:
                socket.stalled_until = time.monotonic() + rule.ms / 1000
        else:
            return False
        return True

    async def _read(self, socket: Socket) -> None:
        async for message in socket.ws:
            socket.heard = time.monotonic()
            if message.type is WSMsgType.PING:
                with contextlib.suppress(ConnectionError, RuntimeError):
                    await socket.ws.pong(message.data)
            elif message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
                self._on_frame(socket, message.data)
            elif message.type is WSMsgType.ERROR:
                return

    async def _keep_alive(self, socket: Socket) -> None:
        while True:
            await asyncio.sleep(self._config.ping_seconds)
            if time.monotonic() - socket.heard > self._config.silence_seconds:
                await socket.close(WSCloseCode.GOING_AWAY)
                return
            with contextlib.suppress(ConnectionError, RuntimeError):
                await socket.ws.ping()

    def _on_frame(self, socket: Socket, data: str | bytes) -> None:
        try:
            frame = json.loads(data)
            method, names = frame["method"], frame["params"]
            if method not in {"SUBSCRIBE", "UNSUBSCRIBE"} or not isinstance(names, list):
                raise StreamError(PARSE_ERROR)
            if method == "SUBSCRIBE":
                self._subscribe(socket, [parse(str(name)) for name in names], frame.get("signature"))
            else:
                for name in names:
                    self.registry.remove(socket, str(name))
        except StreamError as error:
            self._refuse(socket, error.code)
        except (ValueError, TypeError, KeyError, RecursionError):
            self._refuse(socket, PARSE_ERROR)

    def _subscribe(self, socket: Socket, names: list[Name], signature: object) -> None:
        account = self._authenticate(signature) if any(name.is_private for name in names) else None
        for name in names:
            if not name.is_private or account is None:
                if not self.registry.wanted(name.text):
                    self._pulse.begin(name.text)
                self.registry.add(socket, name)
            elif self.registry.add(socket, name, account.id) and name.kind == "account.positionUpdate":
                self._send_positions(socket, name, account)

    def _authenticate(self, signature: object) -> Account:
        if not isinstance(signature, list) or len(signature) != 4:
            raise StreamError(BAD_SIGNATURE)
        signed = Signed(*(str(part) for part in signature))
        try:
            return auth.authenticate(self._world, signed, "subscribe", (Params(()),)).account
        except Refused:
            raise StreamError(BAD_SIGNATURE) from None

    def _send_positions(self, socket: Socket, name: Name, account: Account) -> None:
        now = self._world.now_us()
        for position in account.positions.values():
            if name.symbol in {None, position.symbol}:
                data = feeds.position_update(self._world, account, position, None, now)
                socket.put(_encode({"stream": name.text, "data": data}).decode())

    def _refuse(self, socket: Socket, code: int) -> None:
        socket.put(_encode({"id": None, "error": {"code": code, "message": MESSAGES[code]}}).decode())

    # events

    def tick(self) -> None:
        """Once per tick of the exchange: the streams that go by the clock."""
        if self._sockets:
            self._pulse.beat(time.monotonic())

    def _publish(self, stream: str, data: feeds.Payload, account_id: int = 0) -> None:
        sockets = self.registry.of(stream, account_id)
        if not sockets:
            return
        fault = self._faults.strike_event(stream)
        if fault is not None and fault.action is Action.STREAM_DROP:
            return
        text = _encode({"stream": stream, "data": data}).decode()
        if fault is not None and fault.action is Action.STREAM_DELAY:
            asyncio.get_running_loop().call_later(fault.ms / 1000, _put_all, sockets, text)
            return
        for socket in sockets:
            socket.put(text)
            if fault is not None and fault.action is Action.STREAM_DUPLICATE:
                socket.put(text)

    def _publish_private(self, kind: str, symbol: str, account_id: int, data: feeds.Payload) -> None:
        for stream in (kind, f"{kind}.{symbol}"):
            self._publish(stream, data, account_id)

    def _wants_private(self, kind: str, symbol: str, account_id: int) -> bool:
        return self.registry.wanted(kind, account_id) or self.registry.wanted(f"{kind}.{symbol}", account_id)

    def on_order(self, order: Order, event: str, fill: Fill | None) -> None:
        kind = "account.orderUpdate"
        if self._wants_private(kind, order.symbol, order.account_id):
            data = feeds.order_update(order, event, fill, self._world.now_us())
            self._publish_private(kind, order.symbol, order.account_id, data)

    def on_position(self, account: Account, position: Position, event: str) -> None:
        kind = "account.positionUpdate"
        if self._wants_private(kind, position.symbol, account.id):
            data = feeds.position_update(self._world, account, position, event, self._world.now_us())
            self._publish_private(kind, position.symbol, account.id, data)

    def on_balance(self, account_id: int, asset: str) -> None:
        if self.registry.wanted("account.balanceUpdate", account_id):
            data = feeds.balance_update(self._world, account_id, asset, self._world.now_us())
            self._publish("account.balanceUpdate", data, account_id)

    def on_trade(self, trade: Trade) -> None:
        stream = f"trade.{trade.symbol}"
        if self.registry.wanted(stream):
            self._publish(stream, feeds.trade(trade, self._world.now_us()))

    def on_liquidation(self, fill: Fill) -> None:
        if self.registry.wanted("liquidation"):
            self._publish("liquidation", feeds.liquidation(fill, self._world.now_us()))

    def on_book(self, market: MarketState, changes: Sequence[Change]) -> None:
        symbol, now = market.spec.symbol, market.depth_us
        if self.registry.wanted(f"depth.{symbol}"):
            data = feeds.depth(market, changes, market.depth_id, market.depth_id, now)
            self._publish(f"depth.{symbol}", data)
        self._pulse.gather(market, changes)
        if self.registry.wanted(f"bookTicker.{symbol}"):
            book = market.book
            best = tuple(
                (price, book.quantity_at(side, price) if price is not None else None)
                for side in Side
                for price in (book.best(side),)
            )
            if self._best.get(symbol) != best:
                self._best[symbol] = best
                self._publish(f"bookTicker.{symbol}", feeds.book_ticker(market, now))
