"""HTTP servers of ours, with bounds on what a stranger can hold open: sockets, headers, bodies, answers."""

from __future__ import annotations

import asyncio
import logging
from typing import Final, cast

from aiohttp import web

_log = logging.getLogger(__name__)

IDLE_S: Final = 10.0  # for a request's headers, from the connection or the answer before on
BODY_S: Final = 10.0
LIFE_S: Final = 120.0  # of a connection, whatever it does; a client opens another
MOST_SOCKETS: Final = 64


class HttpDoor:
    """`app` on one address. Open it once, close it at the end."""

    def __init__(self, app: web.Application, *, most_sockets: int = MOST_SOCKETS) -> None:
        self._runner = web.AppRunner(
            app,
            access_log=None,
            shutdown_timeout=1.0,
            keepalive_timeout=IDLE_S,  # also bounds the headers of the first request
            lingering_time=1.0,
        )
        self._most = most_sockets
        self._open: set[_Connection] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Where it listens. Raises RuntimeError before `open`."""
        if self._server is None:
            raise RuntimeError("not open")
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def sockets(self) -> int:
        """How many are open."""
        return len(self._open)

    async def open(self, host: str, port: int) -> None:
        """Listen. Raises OSError when the port is taken."""
        await self._runner.setup()
        try:
            self._server = await asyncio.get_running_loop().create_server(self._connection, host, port)
        except OSError:
            await self.close()
            raise

    async def close(self) -> None:
        """Stop listening and let go of every connection. Safe to call twice."""
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._runner.cleanup()
        for connection in list(self._open):
            connection.abort()

    def _connection(self) -> asyncio.BaseProtocol:
        server = self._runner.server
        if server is None:
            raise RuntimeError("not open")
        return _Connection(cast(asyncio.Protocol, server()), self._open, self._most)


class _Connection(asyncio.Protocol):
    """Passes everything on to aiohttp's own protocol, and counts."""

    def __init__(self, inner: asyncio.Protocol, others: set[_Connection], most: int) -> None:
        self._inner = inner
        self._others = others
        self._most = most
        self._transport: asyncio.Transport | None = None
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if len(self._others) >= self._most:
            self._transport.abort()
            return
        self._others.add(self)
        self._end = asyncio.get_running_loop().call_later(LIFE_S, self.abort)
        self._inner.connection_made(transport)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._end is None:
            return  # it was one too many
        self._end.cancel()
        self._others.discard(self)
        self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._end is not None:
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received() if self._end is not None else None

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()


async def body_of(request: web.Request) -> bytes:
    """The whole body. Raises HTTPRequestTimeout where it does not come."""
    try:
        async with asyncio.timeout(BODY_S):
            return await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
