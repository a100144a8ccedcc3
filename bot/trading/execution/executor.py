"""Carries out every act of several steps, of whatever kind, and takes it up again after a crash.

A kind decides by what is stored what comes next. Its step is written before it is done, with the client ids
of its orders; so whoever takes an operation up knows all that may have been sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.execution.operation import Done, Next, OperationState, Step, Wait
from bot.domain.refusal import Refusal
from bot.kernel.events import Events
from bot.kernel.storage import Database
from bot.notifications.events import MessagesQueued
from bot.trading.execution.submission import Submission
from bot.trading.storage import operations
from bot.trading.storage.operation_tables import Operation, StepRow
from bot.trading.storage.operations import OperationRecord, key_of
from bot.trading.storage.tables import Ticket

_log = logging.getLogger(__name__)

LONGEST_PAUSE_S: Final = 5.0  # of an operation that waits: then it looks at the clock again, which may be set


class Kind(Protocol):
    """One algorithm. Its decisions are pure functions of `bot.domain.execution`."""

    name: str
    resumes: bool  # whether it goes on after a crash or an error; else it is ended, and that is told
    resume_ms: int | None  # what was opened longer ago is not taken up: it may no longer be wanted

    async def next(self, record: OperationRecord) -> Next:
        """Read what the decision needs, and decide."""

    async def perform(self, record: OperationRecord, step: StepRow) -> dict[str, Any]:
        """Do a step that sends no orders; what was learnt, as JSON."""

    async def tell(self, session: AsyncSession, record: OperationRecord) -> None:
        """Say what came of it, in the transaction that ends it."""

    async def tell_too_old(self, session: AsyncSession, record: OperationRecord) -> None:
        """Say that it was cut short and is not carried on, in the transaction that ends it."""


class Executor:
    """Works in the active process only: every transaction proves its lease."""

    def __init__(
        self, database: Database, submission: Submission, events: Events, *, clock: Callable[[], int]
    ) -> None:
        self._database = database
        self._submission = submission
        self._events = events
        self._clock = clock
        self._kinds: dict[str, Kind] = {}
        self._running: Counter[str] = Counter()  # by key; all taps of a ticket but one are refused
        self._tasks: set[asyncio.Task[None]] = set()

    def register(self, kind: Kind) -> None:
        """Raises ValueError for a second kind of the same name."""
        if kind.name in self._kinds:
            raise ValueError(f"two kinds of operation are called {kind.name}")
        self._kinds[kind.name] = kind

    async def confirm(
        self, kind: str, ticket: Ticket, user_id: int, message_id: int | None
    ) -> Refusal | None:
        """Take a ticket that was read before and carry out what it is for; or why not.

        `message_id` is the preview that was tapped. Raises the vault's errors before anything is sent.
        """
        # Before it is claimed: one that is claimed and carried out by nobody is taken up.
        with self._working(key_of(ticket)):
            opened = await self._submission.claim(ticket, user_id, message_id, kind)
            if isinstance(opened, Refusal):
                return opened
            await self._carry_out(self._kinds[kind], opened)
        return None

    async def start(self) -> None:
        """Take up what an earlier process left."""
        await self.take_up()

    async def take_up(self) -> None:
        """Carry on, in the background, what a crash or an error left and nobody carries out."""
        async with self._database.read() as session:
            found = await operations.running(session)
        for operation in found:
            if operation.key not in self._running and operation.kind in self._kinds:
                task = asyncio.create_task(self._resume(operation), name=f"operation-{operation.id}")
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """End what was taken up; the next process carries it on."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _resume(self, operation: Operation) -> None:
        if operation.key in self._running:
            return
        kind = self._kinds[operation.kind]
        with self._working(operation.key):
            try:
                if await self._take(operation, kind):
                    await self._carry_out(kind, operation.id, is_resumed=True)
            except Exception:  # the next look tries again
                _log.exception("a %s that was cut short could not be finished", operation.kind)

    async def _take(self, operation: Operation, kind: Kind) -> bool:
        now_ms = self._clock()
        is_old = kind.resume_ms is not None and operation.created_ms < now_ms - kind.resume_ms
        async with self._database.write() as session:
            if not is_old:
                return await operations.take_up(session, operation.id)
            if await operations.end(session, operation.id, now_ms):
                await kind.tell_too_old(session, await operations.load(session, operation.id))
        self._events.tell(MessagesQueued())
        return False

    @contextlib.contextmanager
    def _working(self, key: str) -> Iterator[None]:
        self._running[key] += 1
        try:
            yield
        finally:
            self._running -= Counter([key])

    async def _carry_out(self, kind: Kind, operation_id: int, *, is_resumed: bool = False) -> None:
        if kind.resumes:
            await self._advance(kind, operation_id)
            await self._finish(kind, operation_id)
            return
        try:
            if not is_resumed:
                await self._advance(kind, operation_id)
        finally:
            # Even after a failure of ours: what was not sent by now never is, and that is told.
            await self._finish(kind, operation_id)

    async def _advance(self, kind: Kind, operation_id: int) -> None:
        """Step after step, until nothing is left to do or may be done."""
        while True:
            record = await self._load(operation_id)
            if record.operation.state is not OperationState.RUNNING:
                return
            following = await kind.next(record)
            if isinstance(following, Done):
                return
            if isinstance(following, Wait):
                left_s = max(0, following.until_ms - self._clock()) / 1000
                await asyncio.sleep(min(left_s, LONGEST_PAUSE_S))
            elif not await self._do(kind, record, following):
                return

    async def _load(self, operation_id: int) -> OperationRecord:
        async with self._database.read() as session:
            return await operations.load(session, operation_id)

    async def _do(self, kind: Kind, record: OperationRecord, step: Step) -> bool:
        """Write the step, then do it; False when it may not be done."""

        async def begin(session: AsyncSession) -> int | None:
            return await operations.begin_step(session, record.operation, step, self._clock())

        result: dict[str, Any] = {}
        if step.legs:
            step_id = await self._submission.place_step(record.ticket, step, begin)
        else:
            async with self._database.write() as session:
                step_id = await begin(session)
                row = None if step_id is None else await session.get_one(StepRow, step_id)
            if row is not None:
                result = await kind.perform(record, row)
        if step_id is None:
            return False
        async with self._database.write() as session:
            await operations.end_step(session, step_id, result, self._clock())
        return True

    async def _finish(self, kind: Kind, operation_id: int) -> None:
        """End it once, in the transaction that tells of it."""
        operation = (await self._load(operation_id)).operation
        async with self._database.write() as session:
            if not await operations.finish(session, operation, self._clock()):
                return
            # Read after it is finished: what changes from here on is told by the order's own card.
            await kind.tell(session, await operations.load(session, operation_id))
        self._events.tell(MessagesQueued())
