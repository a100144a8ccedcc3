"""Everything the bot says passes here: limits kept, urgent lanes first, nothing dropped silently.

Events are rows written with what they tell (`outbox_rows`) and survive a crash; answers to a person wait in
memory. Both share one queue and one set of limits, also with what is no message: a tap's answer, a deletion.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from telegram import Bot

from bot.kernel.events import Events
from bot.kernel.slots import given_back
from bot.kernel.storage import Database
from bot.notifications import chats
from bot.notifications.delivery import (
    ChatMoved,
    Delivered,
    DeliveryRefused,
    FloodWait,
    Outcome,
    Post,
    Toast,
    Unclear,
    deliver,
)
from bot.notifications.events import ChatLost
from bot.notifications.outbox_jobs import Leased, OutboxJobs
from bot.notifications.rate_limits import TELEGRAM, RateLimiter, RateLimits, Use
from bot.notifications.send_queue import (
    LANE_ANSWER,
    LANE_CALL,
    LANE_CARD,
    LANE_DIGEST,
    LANE_URGENT,
    Job,
    SendQueue,
)
from bot.notifications.tables import OutboxKind
from bot.ui.message import Message

__all__ = [
    "LANE_ANSWER",
    "LANE_CARD",
    "LANE_DIGEST",
    "LANE_URGENT",
    "Counters",
    "Outbox",
]

_log = logging.getLogger(__name__)

MAX_ATTEMPTS: Final = 8  # of an answer: its reader has gone
MAX_CALL_ATTEMPTS: Final = 4  # of a call: a tap waits for a few seconds only
MAX_BACKOFF_MS: Final = 60_000
IDLE_POLL_S: Final = 5.0  # another process may have written a row without telling us
MAX_CONCURRENT: Final = 24
FOUND_CHECK_MS: Final = 60_000  # how often a chat that writes is asked whether another process thinks it lost
COMPLAIN_MS: Final = 60_000  # how often it is logged that a chat asks too fast


@dataclass(slots=True)
class Counters:
    """What the operator may want to know."""

    sent: int = 0
    retried: int = 0
    flooded: int = 0
    dead: int = 0
    crowded_out: int = 0  # answers to a chat that asks faster than it may be answered
    blocked: set[int] = field(default_factory=set)  # chats that refuse us, until somebody writes there


class Outbox:
    """The only sender. `run` is its life; the rest may be called from anywhere in the loop."""

    def __init__(
        self,
        bot: Bot,
        database: Database,
        events: Events,
        *,
        clock: Callable[[], int],
        rates: RateLimits = TELEGRAM,
    ) -> None:
        self._bot = bot
        self._database = database
        self._clock = clock
        self._limits = RateLimiter(rates)
        self._waiting = SendQueue()
        self._jobs = OutboxJobs(database, events, self._limits, clock)
        self._leasing = asyncio.Lock()  # or the same places of a chat would be given twice
        self._wake = asyncio.Event()
        self._rows_wait = True
        self._moved: dict[int, int] = {}
        self._heard: dict[int, int] = {}  # chats that wrote, and when they were last looked up
        self._complained_ms = 0
        self._events = events
        self._sending: set[asyncio.Task[None]] = set()
        self._background: set[asyncio.Task[None]] = set()
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
        """Send an answer; returns its message id once it is out.

        None when it is not said, for Telegram refused it for good or the chat asked for more than it can be
        told; and where Telegram took it with an answer that could not be read.

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

    async def toast(
        self, chat_id: int, query_id: str, words: str | None = None, *, alert: bool = False
    ) -> bool:
        """Answer a tap; False when Telegram did not take it, most often because it came too late."""
        return await self._enqueue(Toast(chat_id, query_id, words, alert), LANE_CALL) is not None

    async def delete(self, chat_id: int, message_id: int) -> bool:
        """Delete a message; False when it still stands."""
        post = Post(chat_id, "", kind=OutboxKind.DELETE, message_id=message_id)
        return await self._enqueue(post, LANE_CALL) is not None

    async def _enqueue(self, post: Post | Toast, lane: int) -> int | None:
        done: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._push(Job(post, lane, done=done))
        async with given_back():
            return await done

    def kick(self) -> None:
        """There may be new rows."""
        self._rows_wait = True
        self._wake.set()

    def forget_idle(self) -> None:
        """Let go of the limits of chats that have been silent."""
        now = self._clock()
        self._limits.forget_idle(now)
        self._waiting.forget_idle()
        self._heard = {chat: at for chat, at in self._heard.items() if at > now - FOUND_CHECK_MS}

    def heard_from(self, chat_id: int) -> None:
        """Somebody writes in a chat: if it was lost, it is found."""
        now = self._clock()
        if chat_id in self.counters.blocked or now - self._heard.get(chat_id, 0) >= FOUND_CHECK_MS:
            self._heard[chat_id] = now
            task = asyncio.create_task(self._find(chat_id))
            self._background.add(task)
            task.add_done_callback(self._background.discard)

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
            await chats.move(session, self._events, old_id, new_id, self._clock())
        self._moved[old_id] = new_id
        self.kick()

    def _push(self, job: Job) -> None:
        """Queue a job, and let go of the oldest answers of a chat that asks for more than it can be told."""
        for crowded in self._waiting.put(job):
            self.counters.crowded_out += 1
            now = self._clock()
            if now - self._complained_ms >= COMPLAIN_MS:
                self._complained_ms = now
                _log.warning("chat %s asks faster than it may be answered", crowded.post.chat_id)
            crowded.settle(None)
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
            for task in self._sending | self._background:
                task.cancel()

    async def _step(self) -> float:
        """Start whatever may go now; returns how long to wait for more, in seconds."""
        self._wake.clear()
        if self._rows_wait:
            await self._take_rows()
        now = self._clock()
        next_ms = int(IDLE_POLL_S * 1000)
        while len(self._sending) < MAX_CONCURRENT:
            wait = self._limits.delay_everywhere(now)
            job = wait if wait > 0 else self._waiting.take(lambda one: self._delay(one, now))
            if isinstance(job, int):
                return (min(next_ms, job) if job > 0 else next_ms) / 1000
            self._limits.take(job.post.chat_id, now, job.use)
            task = asyncio.create_task(self._work(job))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        return next_ms / 1000

    def _delay(self, job: Job, now: int) -> int:
        return max(self._limits.delay(job.post.chat_id, now, job.use), job.not_before_ms - now)

    async def _take_rows(self) -> None:
        async with self._leasing:
            self._queue(await self._jobs.lease(self._waiting.rows(), self._looked))

    def _looked(self) -> None:
        self._rows_wait = False

    def _queue(self, leased: Leased) -> None:
        self.counters.blocked |= leased.lost
        for job in leased.jobs:
            self._push(job)
        if leased.look_again_ms == 0:
            self.kick()  # there may be more: also of chats that may be written to while these must wait
        elif leased.look_again_ms is not None:
            asyncio.get_running_loop().call_later(leased.look_again_ms / 1000, self.kick)

    async def _work(self, job: Job) -> None:
        try:
            outcome = await deliver(self._bot, self._where_it_is(job.post))
            await self._settle(job, outcome)
        except Exception:
            _log.exception("could not settle a message")
            job.settle(None)
        finally:
            self._waiting.came_back(job)
            self._wake.set()

    def _where_it_is(self, post: Post | Toast) -> Post | Toast:
        """`post` for the supergroup its group became, where the group's messages cannot be named."""
        chat_id = self._moved.get(post.chat_id)
        if chat_id is None or isinstance(post, Toast):
            return post
        kind = OutboxKind.SEND if post.kind is OutboxKind.EDIT else post.kind
        return replace(post, chat_id=chat_id, kind=kind, message_id=None, reply_to=None)

    async def _settle(self, job: Job, outcome: Outcome) -> None:
        match outcome:
            case Delivered(message_id):
                self.counters.sent += 1
                await self._finish(job, message_id)
            case FloodWait(retry_after_ms):
                self.counters.flooded += 1
                until_ms = self._clock() + retry_after_ms
                self._limits.pause(job.post.chat_id, until_ms, job.use)
                await self._put_back(job, until_ms, "rate limited")
            case ChatMoved(chat_id):
                await self.follow(job.post.chat_id, chat_id)
                self._push(job)
            case Unclear(error) if self._is_worth_saying(job):
                self.counters.retried += 1
                _log.warning("message to %s not confirmed (%s), again", job.post.chat_id, error)
                first_ms = 125 if job.use is Use.CALL else 500
                backoff_ms = min(MAX_BACKOFF_MS, first_ms * 2 ** min(job.attempts, 16))
                await self._put_back(job, self._clock() + backoff_ms, error)
            case Unclear(error):
                await self._bury(job, error)
            case DeliveryRefused(error) if (
                job.use is Use.CALL
            ):  # too late, gone or not ours: said by whoever asked
                _log.info("a call about %s was refused: %s", job.post.chat_id, error)
                job.settle(None)
            case DeliveryRefused(error, blocked):
                if blocked:  # their right, and no defect of ours
                    await self._lose(job.post.chat_id, error)
                await self._bury(job, error, logging.INFO if blocked else logging.ERROR)

    def _is_worth_saying(self, job: Job) -> bool:
        if job.row is None:
            return job.attempts < (MAX_CALL_ATTEMPTS if job.use is Use.CALL else MAX_ATTEMPTS)
        return self._jobs.is_worth_saying(job.row)

    async def _put_back(self, job: Job, not_before_ms: int, why: str) -> None:
        """Wait: an answer in memory, an event in its table, where newer words of its card may replace it."""
        if job.row is None:
            job.attempts += 1
            job.not_before_ms = not_before_ms
            self._push(job)
            return
        await self._jobs.put_back(job.row, not_before_ms, why)
        self._rows_wait = True

    async def _finish(self, job: Job, message_id: int | None) -> None:
        if job.row is not None:
            async with self._leasing:
                rows = self._waiting.rows()
                self._queue(await self._jobs.sent(job.row, message_id, rows, self._looked))
        job.settle(message_id if job.use is not Use.CALL else 0)

    async def _lose(self, chat_id: int, reason: str) -> None:
        """Nothing more is sent there by itself until somebody writes there."""
        chat_id = self._moved.get(chat_id, chat_id)
        self.counters.blocked.add(chat_id)
        async with self._database.write() as session:
            chat = await chats.mark_lost(session, chat_id, reason, self._clock())
            if chat is not None:
                await self._events.write(session, ChatLost(chat))
        self._rows_wait = True

    async def _bury(self, job: Job, error: str, level: int = logging.ERROR) -> None:
        self.counters.dead += 1
        _log.log(level, "message to %s cannot be delivered: %s", job.post.chat_id, error)
        if job.row is not None:
            await self._jobs.bury(job.row, error)
            self._rows_wait = True
        job.settle(None)
