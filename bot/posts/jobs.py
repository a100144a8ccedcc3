"""Scheduled posts: each due time of each post becomes one message, once, late if need be.

A post remembers its next due time; making its message, moving that time on and ending the run are one
transaction. An absence over several due times owes the latest alone, which says how many it stands for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.alerts.alert import Loudness
from bot.kernel.jobs import storage as jobs_storage
from bot.kernel.jobs.runs import LeaseLost, RunContext, Runs
from bot.kernel.recurrence import DAY_MS, between, stamp, timing_of
from bot.notifications import outbox_rows
from bot.notifications.tables import OutboxMessage
from bot.posts import storage as posts_storage
from bot.posts.tables import ScheduledPost

_log = logging.getLogger(__name__)

SERIES: Final = "post"
LEAD: Final = "before_funding_ms"  # of a timing: so long before each settlement
KEEP_RUNS_MS: Final = 30 * DAY_MS  # the post itself remembers its last time
_COUNTED_MS: Final = 400 * DAY_MS  # how far back missed due times are counted
_RETRY_MS: Final = 5_000
AT_ONCE: Final = 8  # posts being made


class PostMessage(Protocol):
    """A post's message and what goes with it."""

    @property
    def message(self) -> OutboxMessage:
        """Chat, topic, words, keyboard, picture, lane and event; the rest is set here."""
        ...

    @property
    def when(self) -> dict[str, Any]:
        """The post's timing as it is known now: settlements may have moved."""
        ...

    async def note(self, session: AsyncSession) -> None:
        """What is to be written in the transaction that queues the message."""
        ...


class PostContent(Protocol):
    """Makes the words of posts."""

    async def make(self, post: ScheduledPost, *, due_ms: int, late_ms: int, missed: int) -> PostMessage:
        """The message of `post` for `due_ms`; `late_ms` is 0 when in time. Raises when it cannot be made."""
        ...

    async def settlement(self, lead_ms: int, symbol: str | None) -> dict[str, Any]:
        """The timing before each settlement, as it is now. Raises when there is none."""
        ...


class Posts:
    """Looks for posts that are due, and says when to look again."""

    def __init__(self, ledger: Runs, content: PostContent, *, committed: Callable[[], None]) -> None:
        self._ledger = ledger
        self._content = content
        self._committed = committed
        self._looked_ms: int | None = None
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def run_due(self) -> int:
        """Make every post that is due; returns when the next one is."""
        now = self._ledger.clock()
        if self._looked_ms is None or now < self._looked_ms:
            await self._wind_back(now)
        self._looked_ms = now
        async with self._ledger.database.read() as session:
            due = await posts_storage.due(session, now)
        made = await asyncio.gather(*(self._in_turn(post, now) for post in due))
        async with self._ledger.database.read() as session:
            following = await posts_storage.next_due_ms(session, now)
        soon = None if all(made) else now + _RETRY_MS
        return min((moment for moment in (following, soon) if moment is not None), default=now + DAY_MS)

    async def _wind_back(self, now: int) -> None:
        """A clock that was ahead must not silence a post until the time it showed; what was made is keyed."""
        async with self._ledger.database.write() as session:
            for post in await posts_storage.later_than(session, now):
                due = timing_of(post.when, post.time_zone).after(now)
                if due < post.due_ms:
                    await posts_storage.change(session, post.id, post.chat_id, due_ms=due)

    async def _in_turn(self, post: ScheduledPost, now: int) -> bool:
        """A post that is slow to make holds up a few others at most."""
        async with self._turns:
            return await self._make(post, now)

    async def _make(self, post: ScheduledPost, now: int) -> bool:
        timing = timing_of(post.when, post.time_zone)
        owed = [post.due_ms, *between(timing, max(post.due_ms, now - _COUNTED_MS), now)]

        async def work(run: RunContext) -> None:
            late_ms = run.late_ms if run.is_late else 0
            made = await self._content.make(post, due_ms=run.due_ms, late_ms=late_ms, missed=run.missed)
            await self._queue(post, made, run)

        key = f"{SERIES}:{post.id}:{stamp(owed[-1])}"
        made = await self._ledger.once(key, owed[-1], work, missed=len(owed) - 1)
        if made or not await self._ledger.is_done(key):
            return made
        async with self._ledger.database.write() as session:  # made before the clock was set back
            return await posts_storage.advance(session, post, timing.after(max(owed[-1], now)), post.when)

    async def _queue(self, post: ScheduledPost, made: PostMessage, run: RunContext) -> None:
        row = made.message
        row.dedupe_key = run.key
        row.silent = post.loudness is Loudness.SILENT
        following = timing_of(made.when, post.time_zone).after(max(run.due_ms, run.started_ms))
        async with run.finishing() as session:
            if not await posts_storage.advance(session, post, following, made.when):
                raise LeaseLost(run.key)
            if post.loudness is not Loudness.OFF:
                await outbox_rows.enqueue(session, row)
            await made.note(session)
        self._committed()

    async def follow_settlements(self) -> bool:
        """Posts before settlements learn at once when those come at other times; whether any did."""
        now, known, moved = self._ledger.clock(), dict[tuple[int, Any], dict[str, Any]](), False
        async with self._ledger.database.read() as session:
            waiting = [post for post in await posts_storage.later_than(session, now) if LEAD in post.when]
        for post in waiting:
            lead_ms, symbol = int(post.when[LEAD]), post.when.get("symbol")
            try:
                if (lead_ms, symbol) not in known:
                    known[lead_ms, symbol] = await self._content.settlement(lead_ms, symbol)
            except Exception as error:
                _log.info("settlements of %s are waited for: %s", symbol or "most", type(error).__name__)
                continue
            when = known[lead_ms, symbol]
            if _is_same(when, post.when):
                continue
            settled_ms = int(when["settlement_ms"])
            due = settled_ms - lead_ms if settled_ms - lead_ms > now else now + 1
            if settled_ms <= now:
                due = timing_of(when, post.time_zone).after(now)
            async with self._ledger.database.write() as session:
                moved = await posts_storage.advance(session, post, due, when) or moved
        return moved

    async def tidy(self) -> None:
        """Forget old runs."""
        async with self._ledger.database.write() as session:
            await jobs_storage.purge(session, SERIES, self._ledger.clock() - KEEP_RUNS_MS)


def _is_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two timings before settlements mean the same moments."""
    interval_ms = int(one["interval_ms"])
    apart_ms = int(one["settlement_ms"]) - int(other["settlement_ms"])
    return interval_ms == int(other["interval_ms"]) and apart_ms % interval_ms == 0
