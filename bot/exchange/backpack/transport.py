"""HTTP and nothing else: one request, one answer, and an honest word on whether the request may have left.

Nothing here retries, signs or interprets; what an answer means is decided in `errors` and `session`.
"""

from __future__ import annotations

import asyncio
import logging
import math
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import httpx

from bot.exchange.backpack.errors import BackpackError, NotSent, UnknownOutcome
from bot.exchange.backpack.requests import Headers, PrivateRequest
from bot.exchange.backpack.routes import Priority, Route

MAX_ANSWER_BYTES: Final = 16 * 1024 * 1024
KEEP_ALIVE_SECONDS: Final = (
    30.0  # shorter than an edge's idle limit: a stale connection costs an unknown order
)
CONNECT_SECONDS: Final = 5.0
MAX_RETRY_AFTER: Final = 60.0  # the exchange counts by the minute: nothing says to be silent for longer

# These are raised while there is no connection yet. Everything else, a write error and a stale keep-alive
# connection included, leaves open what the exchange has read.
_NEVER_LEFT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole. `retry_after` in seconds where the header was a number."""

    status: int
    body: bytes = field(repr=False)
    retry_after: float | None = None


class Transport:
    """Two pools to one host: orders over warm HTTP/1.1 connections of their own, reads over HTTP/2.

    HTTP/2 helps the reads: a preview's half dozen run side by side over one TLS handshake. It would hurt
    orders, which would share one TCP connection, its losses and its flow control, with a market list.
    """

    def __init__(self, base_url: str, *, timeout: float) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the exchange's address must be an http or https URL")
        secure = parts.scheme == "https"
        self._base = base_url.rstrip("/")
        self._timeout = timeout
        self._urls: dict[str, httpx.URL] = {}
        if secure:
            _silence_header_logging()
        self._reads = _pool(timeout, http2=secure, proxies=secure)
        self._orders = _pool(timeout, http2=False, proxies=secure)

    async def aclose(self) -> None:
        await self._reads.aclose()
        await self._orders.aclose()

    async def read(
        self, route: Route, query: bytes = b"", *, lane: Priority = Priority.READ, accept: Headers = ()
    ) -> Answer:
        """A public GET. Raises NotSent or UnknownOutcome."""
        return await self._exchange(lane, route, query, accept, None)

    async def send(self, request: PrivateRequest) -> Answer:
        """A signed request, exactly once. Raises NotSent or UnknownOutcome."""
        return await self._exchange(
            request.route.priority, request.route, request.query, request.headers, request.body
        )

    async def _exchange(
        self, lane: Priority, route: Route, query: bytes, headers: Headers, body: bytes | None
    ) -> Answer:
        failure: BackpackError
        try:
            async with asyncio.timeout(self._timeout):
                return await self._round_trip(lane, route, query, headers, body)
        except _NEVER_LEFT as error:
            failure = NotSent(f"no connection to the exchange ({type(error).__name__})")
        except _TooLarge:
            failure = UnknownOutcome(f"an answer of more than {MAX_ANSWER_BYTES} bytes")
        except TimeoutError:
            failure = UnknownOutcome(f"no answer within {self._timeout:g} s")
        except Exception as error:  # whatever broke on the wire, the request may have been read
            failure = UnknownOutcome(f"no answer ({type(error).__name__})")
        # Raised out here so that the library's exception, which holds the headers, is not its context.
        raise failure

    async def _round_trip(
        self, lane: Priority, route: Route, query: bytes, headers: Headers, body: bytes | None
    ) -> Answer:
        pool = self._orders if lane is Priority.ORDER else self._reads
        if pool.is_closed:
            raise httpx.ConnectError("closed")
        # Built by hand, not by the client: the cookies of one user's answers stay out of another's requests.
        request = httpx.Request(
            route.method,
            self._url(route.path, query),
            headers=[*_FIXED_HEADERS, *headers],
            content=body,
            extensions={"timeout": {"connect": CONNECT_SECONDS, "pool": CONNECT_SECONDS}},
        )
        response = await pool.send(request, auth=None, stream=True)
        try:
            body = await _bounded(response)
            await _refuse_leftovers(pool, response)
        finally:
            await response.aclose()
        return Answer(response.status_code, body, _seconds(response.headers.get("retry-after")))

    def _url(self, path: str, query: bytes) -> httpx.URL:
        url = self._urls.get(path)
        if url is None:
            url = self._urls[path] = httpx.URL(self._base + path)
        return url.copy_with(query=query) if query else url


class _TooLarge(Exception):
    pass


_FIXED_HEADERS: Final[Headers] = (
    (b"Accept", b"application/json"),
    (b"Accept-Encoding", b"identity"),
    (b"User-Agent", b"rucksack"),
)


def _pool(timeout: float, *, http2: bool, proxies: bool) -> httpx.AsyncClient:
    """A proxy from the environment is honoured for the real exchange, never for one on this machine."""
    return httpx.AsyncClient(
        http2=http2,
        trust_env=proxies,
        follow_redirects=False,
        timeout=timeout,
        limits=httpx.Limits(
            max_connections=64, max_keepalive_connections=16, keepalive_expiry=KEEP_ALIVE_SECONDS
        ),
    )


async def _bounded(response: httpx.Response) -> bytes:
    """The body as it came. Read from the stream itself: the response's own readers release the connection."""
    chunks: list[bytes] = []
    size = 0
    stream = response.stream
    if not isinstance(stream, httpx.AsyncByteStream):
        raise TypeError("not an asynchronous answer")
    async for chunk in stream:
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            raise _TooLarge
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _refuse_leftovers(pool: httpx.AsyncClient, response: httpx.Response) -> None:
    """Close an HTTP/1.1 connection that holds more than the answer just read.

    The library would take the rest, say an answer sent twice, for the answer to the next request: one order's
    result reported as another's. It offers no public view of that rest, so a connection that cannot be looked
    into is closed as well. HTTP/2 needs no such care: its frames name the request they answer.
    """
    if response.http_version == "HTTP/2":
        return
    stream = response.extensions["network_stream"]
    connections = getattr(getattr(pool, "_transport", None), "_pool", None)
    for connection in getattr(connections, "connections", ()):
        http11 = getattr(connection, "_connection", None)
        if getattr(http11, "_network_stream", None) is stream:
            state = getattr(http11, "_h11_state", None)
            if state is not None and state.trailing_data == (b"", False):
                return
    await stream.aclose()


def _seconds(header: str | None) -> float | None:
    """A wait that can be kept; None for a date, a number that is none, or nothing."""
    try:
        wait = float(header) if header is not None else math.nan
    except ValueError:
        return None
    return min(max(wait, 0.0), MAX_RETRY_AFTER) if math.isfinite(wait) else None


def _drop_below_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def _silence_header_logging() -> None:
    """HTTP/2's header compression writes every header, signatures included, to its debug log."""
    for name in ("hpack.hpack", "hpack.table", "hpack.huffman"):
        logger = logging.getLogger(name)
        if _drop_below_warning not in logger.filters:
            logger.addFilter(_drop_below_warning)
