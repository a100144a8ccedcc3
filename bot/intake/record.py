"""What is kept of updates: those that had to wait, sealed, and the numbers of those that were handled.

Many are written in one transaction, and none on the way of an act: what is handled at once is noted later.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from bot.intake import storage
from bot.intake.arrivals import Arrival
from bot.intake.tables import Received
from bot.kernel.storage import Database
from bot.vault import VaultError
from bot.vault.sealed_text import Notes, SealedNote
from bot.vault.sodium import Sealed

_log = logging.getLogger(__name__)

LATER_S: Final = 1.0  # until the number of one is noted that was handled at once
LOOK_MS: Final = 10_000  # how often the last look is written
REMEMBERED: Final = 20_000  # numbers of handled updates
MOST_UNKNOWN_MS: Final = 2**40


@dataclass(frozen=True, slots=True)
class Kept:
    """An update that was stored and not handled."""

    body: dict[str, Any]
    received_ms: int
    unknown_ms: int


@dataclass(frozen=True, slots=True)
class Past:
    """What a process before this one left behind. `drained_ms`: when Telegram last had nothing left."""

    undone: Sequence[Kept]
    handled: Sequence[int]
    drained_ms: int | None


class Record:
    """The inbox of one bot. `store` is awaited; what has ended is written by the way, and at `close`."""

    def __init__(self, database: Database, notes: Notes, *, clock: Callable[[], int]) -> None:
        self.bot_id = 0  # set once Telegram has said who we are
        self._database = database
        self._notes = notes
        self._clock = clock
        self._unstored: list[Arrival] = []
        self._ended: dict[int, tuple[int, int]] = {}  # by number: when it came, when it was done
        self._drained_ms: int | None = None
        self._looked_ms = 0  # the last look written
        self._writing = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0  # when it goes off, by the loop's clock
        self._task: asyncio.Task[None] | None = None

    async def load(self) -> Past:
        """What the processes before this one took and did not handle, and what they handled."""
        async with self._database.read() as session:
            rows = await storage.undone(session, self.bot_id)
            handled = await storage.numbers_done(session, self.bot_id, REMEMBERED)
            drained_ms = await storage.last_look(session, self.bot_id)
        undone = [kept for row in rows if (kept := self._opened(row)) is not None]
        return Past(undone, handled, drained_ms)

    def _opened(self, row: Received) -> Kept | None:
        if row.sealed is None or row.nonce is None or row.master_version is None:
            return None
        try:
            note = SealedNote(row.master_version, Sealed(row.sealed, row.nonce))
            body = msgspec.json.decode(self._notes.open(note, self._place(row.update_id)))
        except (VaultError, msgspec.MsgspecError) as error:
            _log.error("a stored update cannot be opened any more: %s", type(error).__name__)
            self._ended[row.update_id] = (row.received_ms, self._clock())
            return None
        return Kept(body, row.received_ms, row.unknown_ms)

    async def store(self, arrivals: Sequence[Arrival]) -> None:
        """Keep those that have not ended, all in one transaction. Raises SQLAlchemyError: none is kept."""
        self._unstored += arrivals
        try:
            await self._write()
        finally:
            self._unstored = [one for one in self._unstored if one not in arrivals]

    def ended(self, arrival: Arrival) -> None:
        """It was handled: that is written by and by."""
        self._ended[arrival.update_id] = (arrival.received_ms, self._clock())
        self._write_in(0.0 if arrival.stored else LATER_S)  # after a crash it would be handled once more

    def drained(self) -> None:
        """Telegram has nothing left for us now."""
        self._drained_ms = self._clock()
        if self._drained_ms - self._looked_ms >= LOOK_MS:
            self._write_in(LATER_S)

    async def flush(self) -> None:
        """Write what has ended now. Raises SQLAlchemyError."""
        await self._write()

    async def close(self) -> None:
        """As `flush`, and no timer after it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._task is not None:
            await asyncio.wait([self._task])
        with contextlib.suppress(SQLAlchemyError):
            await self._write()

    def _write_in(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + seconds
        if self._timer is not None:
            if self._due <= due:
                return
            self._timer.cancel()
        self._due = due  # not `TimerHandle.when`: uvloop's handle of a call at once has none
        self._timer = loop.call_at(due, self._begin)

    def _begin(self) -> None:
        self._timer = None
        self._task = asyncio.create_task(self._write_by_the_way())

    async def _write_by_the_way(self) -> None:
        try:
            await self._write()
        except SQLAlchemyError as error:
            _log.warning("handled updates could not be noted: %s", type(error).__name__)
            self._write_in(LATER_S)

    async def _write(self) -> None:
        async with self._writing:
            unstored = [one for one in self._unstored if not one.stored and not one.ended.done()]
            ended, looked_ms = self._ended, self._drained_ms
            look_is_due = looked_ms is not None and looked_ms - self._looked_ms >= LOOK_MS
            if not unstored and not ended and not look_is_due:
                return
            self._ended = {}
            try:
                async with self._database.write() as session:
                    await storage.keep(session, [self._row(one) for one in unstored])
                    await storage.mark_done(session, [self._done_row(n, *at) for n, at in ended.items()])
                    if looked_ms is not None and looked_ms > self._looked_ms:
                        await storage.note_look(session, self.bot_id, looked_ms)
            except BaseException:
                self._ended = ended | self._ended
                raise
            self._looked_ms = looked_ms or self._looked_ms
            for one in unstored:
                one.stored = True
                if one.ended.done():
                    self.ended(one)

    def _row(self, arrival: Arrival) -> dict[str, Any]:
        note = self._notes.seal(msgspec.json.encode(arrival.body), self._place(arrival.update_id))
        return {
            "bot_id": self.bot_id,
            "update_id": arrival.update_id,
            "user_id": arrival.person,
            "sealed": note.sealed.ciphertext,
            "nonce": note.sealed.nonce,
            "master_version": note.master_version,
            "received_ms": arrival.received_ms,
            "unknown_ms": min(arrival.unknown_ms, MOST_UNKNOWN_MS),
        }

    def _done_row(self, number: int, received_ms: int, done_ms: int) -> dict[str, int]:
        times = {"received_ms": received_ms, "done_ms": done_ms}
        return {"bot_id": self.bot_id, "update_id": number, **times}

    def _place(self, number: int) -> str:
        return f"inbox:{self.bot_id}:{number}"
