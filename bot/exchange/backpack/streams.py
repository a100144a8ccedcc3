"""The exchange's WebSocket as an endless iterator of typed events that mends its own connection.

It never pretends to be gapless: every mended gap is an event, so that the reader repairs it from REST.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import random
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, ClassVar, Final, Generic, TypeVar, cast
from urllib.parse import urlsplit

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from bot.exchange.backpack.events import Connected, Disconnected, PublicEvent, Reconnected, UserEvent, parse
from bot.exchange.backpack.signing import DEFAULT_WINDOW_MS, Signer, signing_text

E = TypeVar("E")

USER_STREAMS: Final = ("account.orderUpdate", "account.positionUpdate", "account.balanceUpdate")
SILENCE_SECONDS: Final = 120.0  # the server pings every 60 s: after twice that nobody is there
PING_SECONDS: Final = 30.0
OPEN_SECONDS: Final = 10.0
BARRIER_SECONDS: Final = 5.0
STREAMS_PER_FRAME: Final = 100
MAX_FRAME_BYTES: Final = 4 * 1024 * 1024
FIRST_WAIT: Final = 0.25  # s; the wait doubles from here, with full jitter
LONGEST_WAIT: Final = 15.0
STEADY_SECONDS: Final = 10.0  # a connection that lived this long starts the back-off anew

# The library writes whole frames, signatures included, at DEBUG; this logger does not reach that level.
_frames_log: Final = logging.getLogger("bot.exchange.backpack.websocket")
_frames_log.setLevel(logging.INFO)
_encode: Final = msgspec.json.Encoder().encode


class _Listening(ClientConnection):
    """A connection that knows when it last heard anything at all, pings and pongs included."""

    last_heard: float = 0.0

    def data_received(self, data: bytes) -> None:
        self.last_heard = self.loop.time()
        super().data_received(data)


class _Stream(ABC, Generic[E]):
    """One socket at a time. Iterate it once; `aclose` ends the iteration.

    Streams that share `opening` connect and subscribe by turns, at their start as after a loss.
    """

    _options: ClassVar[Mapping[str, Any]] = {}  # of the connection, beyond what every stream wants

    def __init__(
        self,
        ws_url: str,
        streams: Iterable[str],
        *,
        silence_seconds: float = SILENCE_SECONDS,
        longest_wait: float = LONGEST_WAIT,
        jitter: Callable[[], float] = random.random,
        opening: asyncio.Semaphore | None = None,
    ) -> None:
        if urlsplit(ws_url).scheme not in {"ws", "wss"}:
            raise ValueError("the streams' address must be a ws or wss URL")
        self._url = ws_url
        self._streams = dict.fromkeys(streams)
        self._silence = silence_seconds
        self._longest_wait = longest_wait
        self._jitter = jitter
        self._opening = opening or asyncio.Semaphore()
        self._socket: _Listening | None = None
        self._closing = asyncio.Event()

    async def __aenter__(self) -> _Stream[E]:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the socket and end the iteration."""
        self._closing.set()
        if self._socket is not None:
            await self._socket.close()

    async def __aiter__(self) -> AsyncIterator[E]:
        loop = asyncio.get_running_loop()
        failures = 0
        lost_at: float | None = None
        was_connected = False
        while not self._closing.is_set():
            reason, goodbye = "could not connect", False
            opened_at: float | None = None
            try:
                async with self._opened() as socket:
                    opened_at = loop.time()
                    gap = 0 if lost_at is None else round((opened_at - lost_at) * 1000)
                    yield cast(E, Reconnected(gap) if was_connected else Connected())
                    was_connected = True
                    while True:
                        for event in parse(await socket.recv(decode=False)):
                            yield cast(E, event)
            except ConnectionClosed as closed:
                goodbye = closed.rcvd is not None
                reason = f"closed with {closed.rcvd.code}" if closed.rcvd else "connection lost"
            except (OSError, TimeoutError, EOFError, WebSocketException) as error:
                reason = type(error).__name__
            if self._closing.is_set():
                return
            now = loop.time()
            if opened_at is not None:
                lost_at = now
                yield cast(E, Disconnected(reason))
            steady = opened_at is not None and now - opened_at >= STEADY_SECONDS
            if steady and goodbye:  # a server shutting down: another one is waiting for us
                failures = 0
                continue
            failures = 1 if steady else failures + 1
            await self._pause(failures)

    @contextlib.asynccontextmanager
    async def _opened(self) -> AsyncIterator[_Listening]:
        """A subscribed connection with a watch on its silence."""
        async with contextlib.AsyncExitStack() as stack:
            async with self._opening:
                socket = await self._connected()
                stack.push_async_callback(socket.close)
                self._socket = socket
                stack.callback(self._let_go)
                watch = asyncio.create_task(self._watch(socket))
                stack.callback(watch.cancel)
                await self._subscribe(socket)
            yield socket

    async def _connected(self) -> _Listening:
        secure = self._url.startswith("wss")
        return cast(
            _Listening,
            await connect(
                self._url,
                create_connection=_Listening,
                open_timeout=OPEN_SECONDS,
                close_timeout=2,
                ping_interval=PING_SECONDS,
                ping_timeout=None,  # the watch judges by silence, and any byte breaks that
                max_size=MAX_FRAME_BYTES,
                logger=_frames_log,
                proxy=True if secure else None,
                **self._options,
            ),
        )

    def _let_go(self) -> None:
        self._socket = None

    async def _subscribe(self, socket: _Listening) -> None:
        for frame in self._subscriptions(tuple(self._streams)):
            await socket.send(_encode(frame).decode())
        await _barrier(socket)

    @abstractmethod
    def _subscriptions(self, streams: tuple[str, ...]) -> Iterable[dict[str, Any]]: ...

    async def _watch(self, socket: _Listening) -> None:
        loop = asyncio.get_running_loop()
        socket.last_heard = loop.time()
        while True:
            await asyncio.sleep(self._silence / 4)
            if loop.time() - socket.last_heard > self._silence:
                socket.transport.abort()
                return

    async def _pause(self, failures: int) -> None:
        """Full jitter under a doubling ceiling, cut short by `aclose`."""
        ceiling = min(self._longest_wait, FIRST_WAIT * 2.0 ** min(failures - 1, 16))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ceiling * self._jitter()):
                await self._closing.wait()


class UserStream(_Stream[UserEvent]):
    """Orders, positions and balances of one key. One per key: the exchange wants one socket for each.

    `now_ms` gives exchange time (`BackpackClient.now_ms`); every subscription is signed anew.
    """

    def __init__(
        self,
        ws_url: str,
        signer: Signer,
        *,
        now_ms: Callable[[], int],
        window_ms: int = DEFAULT_WINDOW_MS,
        streams: Iterable[str] = USER_STREAMS,
        silence_seconds: float = SILENCE_SECONDS,
        longest_wait: float = LONGEST_WAIT,
        jitter: Callable[[], float] = random.random,
        opening: asyncio.Semaphore | None = None,
    ) -> None:
        super().__init__(
            ws_url,
            streams,
            silence_seconds=silence_seconds,
            longest_wait=longest_wait,
            jitter=jitter,
            opening=opening,
        )
        self._signer = signer
        self._now_ms = now_ms
        self._window_ms = window_ms

    def _subscriptions(self, streams: tuple[str, ...]) -> Iterable[dict[str, Any]]:
        """A frame for each, so that one the exchange does not know takes no other down with it."""
        timestamp = self._now_ms()
        text = signing_text("subscribe", {}, timestamp, self._window_ms)
        signature = base64.b64encode(self._signer.sign(text.encode())).decode()
        proof = [self._signer.public_key, signature, str(timestamp), str(self._window_ms)]
        for stream in streams:
            yield {"method": "SUBSCRIBE", "params": [stream], "signature": proof}


class PublicStream(_Stream[PublicEvent]):
    """Market data by stream name (`depth.SOL_USDC`, `markPrice.SOL_USDC_PERP`, …)."""

    # A burst must not stop the reading that pongs need; inflating costs more than the bytes it saves.
    _options: ClassVar[Mapping[str, Any]] = {"max_queue": 8192, "compression": None}

    async def subscribe(self, *streams: str) -> None:
        """Add streams, now and after every reconnect. If connected, the server has read it on return."""
        new = [stream for stream in streams if stream not in self._streams]
        self._streams.update(dict.fromkeys(new))
        await self._tell("SUBSCRIBE", new)

    async def unsubscribe(self, *streams: str) -> None:
        """Drop streams, now and for good."""
        old = [stream for stream in streams if stream in self._streams]
        for stream in old:
            del self._streams[stream]
        await self._tell("UNSUBSCRIBE", old)

    async def renew(self, *streams: str) -> None:
        """Subscribe once more to streams that should speak and do not."""
        await self._tell("UNSUBSCRIBE", list(streams))
        await self._tell("SUBSCRIBE", list(streams))

    def reconnect(self) -> None:
        """Give up the present socket: its reader knows better than any ping that nothing comes."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def _tell(self, method: str, streams: list[str]) -> None:
        socket = self._socket
        if not streams or socket is None:
            return
        with contextlib.suppress(ConnectionClosed):  # the reconnect subscribes to what is wanted then
            for frame in _frames(method, streams):
                await socket.send(_encode(frame).decode())
            await _barrier(socket)

    def _subscriptions(self, streams: tuple[str, ...]) -> Iterable[dict[str, Any]]:
        return _frames("SUBSCRIBE", streams)


def _frames(method: str, streams: Sequence[str]) -> Iterator[dict[str, Any]]:
    """In frames of a size no server minds."""
    for start in range(0, len(streams), STREAMS_PER_FRAME):
        yield {"method": method, "params": list(streams[start : start + STREAMS_PER_FRAME])}


async def _barrier(socket: ClientConnection) -> None:
    """There is no acknowledgement. A pong at least proves that the frames before the ping were read."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(BARRIER_SECONDS):
            await (await socket.ping())
