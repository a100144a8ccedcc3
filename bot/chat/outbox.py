"""Everything the bot says passes here: limits kept, urgent lanes first, nothing dropped silently.

Events are rows written with what they tell (`store.outbox`) and survive a crash; answers to a person wait in
memory. Both share one queue and one set of limits.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession
from telegram import Bot

from bot.chat import hush
from bot.chat.delivery import Delivered, Moved, Outcome, Post, Refused, Unclear, Wait, deliver
from bot.chat.limits import TELEGRAM, Limits, Rates
from bot.store import Database, chats
from bot.store import outbox as rows
from bot.store.post_tables import Chat
from bot.store.tables import Message as Row
from bot.store.tables import OutboxKind, Ticket
from bot.view.message import Button, Keyboard, Message

_log = logging.getLogger(__name__)

LANE_URGENT: Final = 0  # fills, liquidations
LANE_ANSWER: Final = 1  # a person is waiting
LANE_CARD: Final = 2  # cards that change by themselves
LANE_DIGEST: Final = 8
LEASE_MS: Final = (
    60_000  # covers a batch to one chat and a call that hangs; after a crash it is what people wait
)
BATCH: Final = 20
MAX_ATTEMPTS: Final = 8  # of an answer: its reader has gone
EVENT_LIFE_MS: Final = 24 * 3_600_000  # an event is tried for as long: no outage may swallow a fill
MAX_BACKOFF_MS: Final = 60_000
IDLE_POLL_S: Final = 5.0  # another process may have written a row without telling us
MAX_CONCURRENT: Final = 24
FOUND_CHECK_MS: Final = 60_000  # how often a chat that writes is asked whether another process thinks it lost


@dataclass(slots=True)
class _Job:
    post: Post
    lane: int
    row: Row | None = None  # an event; without one the answer lives in memory only
    done: asyncio.Future[int | None] | None = None
    attempts: int = 1  # this one included
    not_before_ms: int = 0
    number: int | None = None  # its place among the jobs of its lane


@dataclass(slots=True)
class Counters:
    """What the operator may want to know."""

    sent: int = 0
    retried: int = 0
    flooded: int = 0
    dead: int = 0
    blocked: set[int] = field(default_factory=set)  # chats that refuse us, until somebody writes there


OnLost = Callable[[AsyncSession, Chat], Awaitable[None]]


async def _say_nothing(_session: AsyncSession, _chat: Chat) -> None:
    """Nobody wants to hear of lost chats."""


class Outbox:
    """The only sender. `run` is its life; the rest may be called from anywhere in the loop."""

    def __init__(
        self, bot: Bot, database: Database, *, clock: Callable[[], int], rates: Rates = TELEGRAM
    ) -> None:
        self._bot = bot
        self._database = database
        self._clock = clock
        self._limits = Limits(rates)
        self._queue: list[tuple[int, int, _Job]] = []
        self._order = itertools.count()
        self._wake = asyncio.Event()
        self._rows_wait = True
        self._busy: set[int] = set()  # chats with a call under way: their messages keep their order
        self._moved: dict[int, int] = {}
        self._heard: dict[int, int] = {}  # chats that wrote, and when they were last looked up
        self.on_lost: OnLost = _say_nothing  # set by the app
        self._tasks: set[asyncio.Task[None]] = set()
        self.counters = Counters()

    async def say(
        self,
        chat_id: int,
        message: Message,
        *,
        reply_to: int | None = None,
        thread_id: int | None = None,
        lane: int = LANE_ANSWER,
        photo: bytes | None = None,
        document: bytes | None = None,
        document_name: str | None = None,
    ) -> int | None:
        """Send an answer; returns its message id once it is out, None when Telegram refused it for good.

        `photo` is a PNG or JPEG, `document` a file of any kind: one of them above the words, of which then no
        more than 1024 characters are shown.
        """
        post = Post(
            chat_id,
            str(message.text),
            message.keyboard,
            reply_to=reply_to,
            thread_id=thread_id,
            photo=photo,
            document=document,
            document_name=document_name,
        )
        return await self._enqueue(post, lane)

    async def edit(
        self,
        chat_id: int,
        message_id: int,
        message: Message,
        *,
        lane: int = LANE_ANSWER,
        photo: bytes | None = None,
    ) -> None:
        """Replace a message the user is looking at. Without `photo` a picture stays, under new words."""
        text = str(message.text)
        post = Post(chat_id, text, message.keyboard, OutboxKind.EDIT, message_id, photo=photo)
        await self._enqueue(post, lane)

    async def _enqueue(self, post: Post, lane: int) -> int | None:
        done: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._push(_Job(post, lane, done=done))
        return await done

    def kick(self) -> None:
        """There may be new rows."""
        self._rows_wait = True
        self._wake.set()

    def forget_idle(self) -> None:
        """Let go of the limits of chats that have been silent."""
        now = self._clock()
        self._limits.forget_idle(now)
        self._heard = {chat: at for chat, at in self._heard.items() if at > now - FOUND_CHECK_MS}

    def heard_from(self, chat_id: int) -> None:
        """Somebody writes in a chat: if it was lost, it is found."""
        now = self._clock()
        if chat_id in self.counters.blocked or now - self._heard.get(chat_id, 0) >= FOUND_CHECK_MS:
            self._heard[chat_id] = now
            self._keep(asyncio.create_task(self._find(chat_id)))

    async def _find(self, chat_id: int) -> None:
        try:
            async with self._database.read() as session:
                lost = await chats.is_lost(session, chat_id)
            if lost:
                async with self._database.write() as session:
                    await chats.mark_found(session, chat_id)
            self.counters.blocked.discard(chat_id)
        except Exception:
            _log.exception("could not note that a chat is found")

    async def follow(self, old_id: int, new_id: int) -> None:
        """A group became a supergroup: all that is its own moves along."""
        async with self._database.write() as session:
            await chats.move(session, old_id, new_id, self._clock())
        self._moved[old_id] = new_id
        self.kick()

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _push(self, job: _Job) -> None:
        """Queue a job; one that comes back takes its old place, before what was said after it."""
        if job.number is None:
            job.number = next(self._order)
        heapq.heappush(self._queue, (job.lane, job.number, job))
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled."""
        try:
            while True:
                try:
                    pause_s = await self._step()
                except Exception:
                    _log.exception("the outbox stumbled")
                    pause_s = 1.0
                if pause_s > 0 and not self._wake.is_set():
                    # Not `wait_for`: in Python 3.11 it can swallow a cancellation that meets the wake-up.
                    try:
                        async with asyncio.timeout(pause_s):
                            await self._wake.wait()
                    except TimeoutError:
                        self._rows_wait = True
        finally:
            for task in self._tasks:
                task.cancel()

    async def _step(self) -> float:
        """Start whatever may go now; returns how long to wait for more, in seconds."""
        self._wake.clear()
        if self._rows_wait and len(self._queue) < BATCH:
            await self._take_rows()
        now = self._clock()
        next_ms = int(IDLE_POLL_S * 1000)
        later: list[tuple[int, int, _Job]] = []
        held: set[int] = set()  # a chat's later messages never overtake its earlier ones in a lane
        while self._queue and len(self._tasks) < MAX_CONCURRENT:
            entry = heapq.heappop(self._queue)
            job = entry[2]
            chat_id = job.post.chat_id
            wait = max(self._limits.delay(chat_id, now), job.not_before_ms - now)
            if wait > 0 or chat_id in self._busy or chat_id in held:
                held.add(chat_id)
                next_ms = min(next_ms, wait) if wait > 0 else next_ms
                later.append(entry)
                continue
            self._start(job, now)
        for entry in later:
            heapq.heappush(self._queue, entry)
        return next_ms / 1000

    def _start(self, job: _Job, now: int) -> None:
        self._limits.take(job.post.chat_id, now)
        self._busy.add(job.post.chat_id)
        self._keep(asyncio.create_task(self._work(job)))

    async def _take_rows(self) -> None:
        self._rows_wait = False
        now = self._clock()
        # A chat at its limit keeps its rows in the database: a lease must not run out in our memory.
        limited = self._limits.limited(now)
        full = limited.keys() | {entry[2].post.chat_id for entry in self._queue}
        async with self._database.write() as session:
            claimed = await rows.claim_batch(session, now, LEASE_MS, BATCH, full)
            sifted = await hush.sift(session, claimed, now)
            jobs = [await self._job_of(session, row) for row in sifted.rows]
        self.counters.blocked |= sifted.lost
        for job in jobs:
            self._push(job)
        if len(jobs) < len(claimed):
            self.kick()  # what is not said frees no place by being settled
        if claimed:
            return  # settling them looks for more
        async with self._database.read() as session:
            due = await rows.next_due_ms(session)
        if due is not None:
            wait_ms = due - now if due > now else min(limited.values(), default=1_000)
            asyncio.get_running_loop().call_later(max(wait_ms, 20) / 1000, self.kick)

    async def _job_of(self, session: AsyncSession, row: Row) -> _Job:
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
        return _Job(post, row.lane, row=row, attempts=row.attempts)

    async def _work(self, job: _Job) -> None:
        chat_id = job.post.chat_id
        try:
            outcome = await deliver(self._bot, self._where_it_is(job.post))
            await self._settle(job, outcome)
        except Exception:
            _log.exception("could not settle a message")
            if job.done is not None and not job.done.done():
                job.done.set_result(None)
        finally:
            self._busy.discard(chat_id)
            self._wake.set()

    def _where_it_is(self, post: Post) -> Post:
        """`post` for the supergroup its group became, where the group's messages cannot be named."""
        chat_id = self._moved.get(post.chat_id)
        if chat_id is None:
            return post
        kind = OutboxKind.SEND if post.kind is OutboxKind.EDIT else post.kind
        return replace(post, chat_id=chat_id, kind=kind, message_id=None, reply_to=None)

    async def _settle(self, job: _Job, outcome: Outcome) -> None:
        match outcome:
            case Delivered(message_id):
                self.counters.sent += 1
                await self._finish(job, message_id)
            case Wait(retry_after_ms):
                self.counters.flooded += 1
                until_ms = self._clock() + retry_after_ms
                self._limits.pause(job.post.chat_id, until_ms)
                await self._put_back(job, until_ms, "rate limited")
            case Moved(chat_id):
                await self.follow(job.post.chat_id, chat_id)
                self._push(job)
            case Unclear(error) if self._is_worth_saying(job):
                self.counters.retried += 1
                _log.warning("message to %s not confirmed (%s), again", job.post.chat_id, error)
                backoff_ms = min(MAX_BACKOFF_MS, 500 * 2 ** min(job.attempts, 16))
                await self._put_back(job, self._clock() + backoff_ms, error)
            case Unclear(error):
                await self._bury(job, error)
            case Refused(error, blocked):
                if blocked:  # their right, and no defect of ours
                    await self._lose(job.post.chat_id, error)
                await self._bury(job, error, logging.INFO if blocked else logging.ERROR)

    def _is_worth_saying(self, job: _Job) -> bool:
        if job.row is None:
            return job.attempts < MAX_ATTEMPTS
        return self._clock() - job.row.created_ms < EVENT_LIFE_MS

    async def _put_back(self, job: _Job, not_before_ms: int, why: str) -> None:
        """Wait: an answer in memory, an event in its table, where newer words of its card may replace it."""
        if job.row is None:
            job.attempts += 1
            job.not_before_ms = not_before_ms
            self._push(job)
            return
        async with self._database.write() as session:
            await rows.mark_retry(session, job.row, not_before_ms, why)
        self._rows_wait = True

    async def _finish(self, job: _Job, message_id: int | None) -> None:
        if job.row is not None:
            async with self._database.write() as session:
                await rows.mark_sent(session, job.row, message_id, self._clock())
            self._rows_wait = True
        if job.done is not None and not job.done.done():
            job.done.set_result(message_id)

    async def _lose(self, chat_id: int, reason: str) -> None:
        """Nothing more is sent there by itself until somebody writes there."""
        chat_id = self._moved.get(chat_id, chat_id)
        self.counters.blocked.add(chat_id)
        async with self._database.write() as session:
            chat = await chats.mark_lost(session, chat_id, reason, self._clock())
            if chat is not None:
                await self.on_lost(session, chat)
        self._rows_wait = True

    async def _bury(self, job: _Job, error: str, level: int = logging.ERROR) -> None:
        self.counters.dead += 1
        _log.log(level, "message to %s cannot be delivered: %s", job.post.chat_id, error)
        if job.row is not None:
            async with self._database.write() as session:
                await rows.mark_dead(session, job.row, error)
            self._rows_wait = True
        if job.done is not None and not job.done.done():
            job.done.set_result(None)


def ticket_edit(ticket: Ticket, message: Message, *, lane: int, created_ms: int) -> Row:
    """What the card of a ticket says from now on, to be enqueued with what made it say so."""
    return Row(
        chat_id=ticket.chat_id,
        lane=lane,
        kind=OutboxKind.EDIT,
        card_key=f"ticket:{ticket.id}",
        message_id=ticket.message_id,
        text=str(message.text),
        keyboard=pack_keyboard(message.keyboard),
        created_ms=created_ms,
    )


def pack_keyboard(keyboard: Keyboard) -> list[list[list[str | None]]] | None:
    """JSON for the outbox table."""
    return [[[b.label, b.data, b.url] for b in row] for row in keyboard] or None


def unpack_keyboard(stored: list[list[list[str | None]]] | None) -> Keyboard:
    """What `pack_keyboard` wrote."""
    return tuple(tuple(Button(label or "", data, url) for label, data, url in row) for row in stored or [])
