"""The rows of the outbox as jobs: leased a few at a time, settled with what became of them.

A row is leased for as long as its turn may take. What cannot go soon stays in the database, where newer words
of its card may replace it and a more urgent row may pass it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.kernel.events import Events
from bot.kernel.storage import Database
from bot.notifications import outbox_rows as rows
from bot.notifications import preferences
from bot.notifications.delivery import Post
from bot.notifications.rate_limits import RateLimiter, Use
from bot.notifications.send_queue import LANE_ANSWER, Job
from bot.notifications.tables import OutboxKind
from bot.notifications.tables import OutboxMessage as Row
from bot.ui.message import Button, Keyboard

LEASE_MS: Final = (
    60_000  # covers a batch to one chat and a call that hangs; after a crash it is what people wait
)
BATCH: Final = 20
PER_CHAT: Final = 3  # of one chat leased at a time: as many as may go in a burst
MOST_WAITING: Final = 200  # leased and not yet sent: they must go within their lease
LOOKED_MS: Final = 5_000  # the sender looks by itself as often
MOST_BEHIND: Final = 100  # the same, of what nobody waits for
EVENT_LIFE_MS: Final = 24 * 3_600_000  # an event is tried for as long: no outage may swallow a fill


Begun = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Leased:
    """What may be sent, chats found lost, and when to look again in ms (None: when something is new)."""

    jobs: list[Job]
    lost: set[int]
    look_again_ms: int | None


class OutboxJobs:
    """Leases rows and settles them; sends nothing."""

    def __init__(
        self, database: Database, events: Events, limits: RateLimiter, clock: Callable[[], int]
    ) -> None:
        self._database = database
        self._events = events
        self._limits = limits
        self._clock = clock

    async def lease(self, waiting: Iterable[Job], begun: Begun) -> Leased:
        """More rows, for chats that may be written to soon, beside those `waiting` already.

        `begun` is called when all that was committed before is seen: whoever wrote it need not ask again.
        """
        async with self._database.write() as session:
            begun()
            return await self._lease(session, waiting)

    async def _lease(self, session: AsyncSession, waiting: Iterable[Job]) -> Leased:
        now = self._clock()
        urgent, behind = Counter[int](), Counter[int]()
        for job in waiting:
            (urgent if job.use is Use.ANSWER else behind)[job.post.chat_id] += 1
        if urgent.total() >= MOST_WAITING:
            return Leased([], set(), None)
        limited = self._limits.limited(now)
        slow = self._limits.limited(now, Use.BACKGROUND)
        claimed = await rows.claim_batch(
            session,
            now,
            LEASE_MS,
            BATCH,
            limited.keys() | {chat for chat, number in urgent.items() if number >= PER_CHAT},
            urgent_only=slow.keys() | behind.keys() if behind.total() < MOST_BEHIND else None,
            urgent_lanes=LANE_ANSWER,
            per_chat=PER_CHAT,
        )
        sifted = await preferences.sift(session, self._events, claimed, now)
        jobs = [await _job_of(session, row) for row in sifted.rows]
        due = await rows.next_due_ms(session)
        if due is None or due - now > LOOKED_MS:
            return Leased(jobs, sifted.lost, None)
        if due <= now and claimed:
            return Leased(jobs, sifted.lost, 0)
        waits = [*limited.values(), *slow.values()]
        return Leased(jobs, sifted.lost, max(due - now if due > now else min(waits, default=1_000), 20))

    def is_worth_saying(self, row: Row) -> bool:
        return self._clock() - row.created_ms < EVENT_LIFE_MS

    async def put_back(self, row: Row, not_before_ms: int, why: str) -> None:
        async with self._database.write() as session:
            await rows.mark_retry(session, row, not_before_ms, why)

    async def sent(self, row: Row, message_id: int | None, waiting: Iterable[Job], begun: Begun) -> Leased:
        """Settle a row, and lease what that lets go, as `lease` does."""
        async with self._database.write() as session:
            begun()
            await rows.mark_sent(session, row, message_id, self._clock())
            return await self._lease(session, waiting)

    async def bury(self, row: Row, error: str) -> None:
        async with self._database.write() as session:
            await rows.mark_dead(session, row, error)


async def _job_of(session: AsyncSession, row: Row) -> Job:
    target = row.message_id
    if row.kind is OutboxKind.EDIT and target is None and row.card_key is not None:
        target = await rows.card_message_id(session, row.chat_id, row.card_key)
    post = Post(
        row.chat_id,
        row.text,
        unpack_keyboard(row.keyboard),
        row.kind,
        target,
        row.thread_id,
        row.reply_to,
        row.silent,
        row.photo,
        row.document,
        row.document_name,
    )
    return Job(post, row.lane, row=row, attempts=row.attempts)


def unpack_keyboard(stored: list[list[list[str | None]]] | None) -> Keyboard:
    """What `notify` packed."""
    return tuple(tuple(Button(label or "", data, url) for label, data, url in row) for row in stored or [])
