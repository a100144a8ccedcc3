"""Marks in time and CPU: an update comes in, a request's last byte leaves, a transaction begins.

Set from outside, nothing in `bot/` knows of them: the door of the bot's intake, its database, PTB's
`Application.process_update` (of the floor) and httpcore's public network backend are wrapped for the length
of a run. The bot's mark is the earlier one: its update is still to be read and queued, the floor's has been.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import httpcore
from sqlalchemy.ext.asyncio import AsyncSession
from telegram import Update
from telegram.ext import Application

from bot.intake import Arrival, Intake
from bot.kernel.storage import Database

ORDER = "POST /api/v1/order"
SEND = "sendMessage"
TAP, MESSAGE = "tap", "message"
EXCHANGE = "api/v1/"  # in the line of each request to the exchange
TRANSACTION = "transaction"
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mark:
    """One moment: the wall's clock and this process's CPU (all its threads), both in ns."""

    what: str
    wall: int
    cpu: int

    @classmethod
    def now(cls, what: str) -> Mark:
        return cls(what, time.perf_counter_ns(), time.process_time_ns())


@dataclass(frozen=True, slots=True)
class Span:
    """From one mark to another, in ms of wall and of CPU."""

    wall: float
    cpu: float

    @classmethod
    def between(cls, start: Mark, end: Mark) -> Span:
        return cls((end.wall - start.wall) / 1e6, (end.cpu - start.cpu) / 1e6)


@dataclass(slots=True)
class Probe:
    """The marks of the operation under way."""

    marks: list[Mark] = field(default_factory=list)

    def mark(self, what: str) -> None:
        self.marks.append(Mark.now(what))

    def clear(self) -> None:
        self.marks.clear()

    def first(self, what: str) -> Mark:
        """The first mark that is, or whose request line holds, `what`. Raises LookupError."""
        found = next((mark for mark in self.marks if what in mark.what), None)
        if found is None:
            raise LookupError(f"no {what!r} among {[mark.what for mark in self.marks]}")
        return found

    def span(self, start: str, end: str) -> Span:
        return Span.between(self.first(start), self.first(end))

    def count(self, what: str) -> int:
        return sum(what in mark.what for mark in self.marks)


class _Watched(httpcore.AsyncNetworkStream):
    """A connection that marks each request as its last bytes are handed over."""

    def __init__(self, inner: httpcore.AsyncNetworkStream, probe: Probe) -> None:
        self._inner = inner
        self._probe = probe
        self._line = ""
        self._left = 0  # bytes of the body still to come

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            self._look(buffer)
        await self._inner.write(buffer, timeout)

    def _look(self, buffer: bytes) -> None:
        if self._left == 0:
            self._line = buffer.split(b" HTTP/", 1)[0].decode("ascii", "replace")
            length = _LENGTH.search(buffer)
            self._left = int(length[1]) if length else 0
        else:
            self._left -= len(buffer)
        if self._left == 0:
            self._probe.mark(self._line)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(self, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        raise NotImplementedError("the bench speaks plain HTTP on loopback")

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


@contextlib.contextmanager
def watching() -> Iterator[Probe]:
    """A probe on every intake, PTB application and httpx connection opened inside the block."""
    probe = Probe()
    process, connect = Application.process_update, httpcore.AnyIOBackend.connect_tcp
    take_in, reading, writing = Intake.take, Database.read, Database.write

    def take(self: Intake, raw: Any, unknown_ms: int = 0) -> Arrival | None:
        probe.mark(TAP if "callback_query" in raw else MESSAGE)
        return take_in(self, raw, unknown_ms)

    def read(self: Database) -> contextlib.AbstractAsyncContextManager[AsyncSession]:
        probe.mark(TRANSACTION)
        return reading(self)

    def write(self: Database) -> contextlib.AbstractAsyncContextManager[AsyncSession]:
        probe.mark(TRANSACTION)
        return writing(self)

    async def process_update(self: Any, update: object) -> None:
        if isinstance(update, Update):
            probe.mark(TAP if update.callback_query is not None else MESSAGE)
        await process(self, update)

    async def connect_tcp(self: Any, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        return _Watched(await connect(self, *args, **kwargs), probe)

    with (
        mock.patch.object(Intake, "take", take),
        mock.patch.object(Database, "read", read),
        mock.patch.object(Database, "write", write),
        mock.patch.object(Application, "process_update", process_update),
        mock.patch.object(httpcore.AnyIOBackend, "connect_tcp", connect_tcp),
    ):
        yield probe
