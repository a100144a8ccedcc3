"""What waits to be said: a queue per chat, taken in turns, so that no chat waits for another's.

Within a chat the more urgent lane goes first, and a lane in its order. A chat that asks faster than it may be
answered hears the newest answers first, and what it asked too long ago not at all. No clock inside.
"""

from __future__ import annotations

import asyncio
import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bot.notifications.delivery import Post, Toast
from bot.notifications.rate_limits import Use
from bot.notifications.tables import OutboxKind
from bot.notifications.tables import OutboxMessage as Row

LANE_CALL: Final = -1  # no message: a tap's answer, a deletion
LANE_URGENT: Final = 0  # fills, liquidations
LANE_ANSWER: Final = 1  # a person is waiting
LANE_CARD: Final = 2  # cards that change by themselves
LANE_DIGEST: Final = 8
MOST_ANSWERS: Final = 300  # of one chat: older ones nobody waits for any more
MOST_CALLS: Final = 100
IN_ORDER: Final = 5  # more answers than these waiting in a chat: the newest goes first


@dataclass(slots=True, eq=False)
class Job:
    """One call to make. `row` is the event it tells; without one it lives in memory only."""

    post: Post | Toast
    lane: int
    row: Row | None = None
    done: asyncio.Future[Any] | None = None
    attempts: int = 1  # this one included
    not_before_ms: int = 0
    number: int = 0  # its place in its lane: kept when it comes back

    @property
    def use(self) -> Use:
        if self.lane == LANE_CALL:
            return Use.CALL
        return Use.BACKGROUND if self.lane > LANE_ANSWER else Use.ANSWER

    def settle(self, result: Any) -> None:
        """Tell whoever waits for it."""
        if self.done is not None and not self.done.done():
            self.done.set_result(result)


@dataclass(slots=True)
class _Chat:
    lanes: dict[int, list[Job]] = field(default_factory=dict)
    busy: bool = False  # a message is under way: the next waits, so that their order is kept

    def heads(self) -> Iterator[Job]:
        """The next of each kind of use, the most urgent first."""
        seen: set[Use] = set()
        for lane in sorted(self.lanes):
            head = _next(lane, self.lanes[lane])
            if head.use not in seen:
                seen.add(head.use)
                yield head


def _next(lane: int, jobs: list[Job]) -> Job:
    return jobs[-1] if lane == LANE_ANSWER and len(jobs) > IN_ORDER else jobs[0]


Delay = Callable[[Job], int]


class SendQueue:
    """Put in by anybody, taken out by the outbox."""

    def __init__(self) -> None:
        self._chats: dict[int, _Chat] = {}  # those with something waiting or under way
        self._served: dict[int, int] = {}  # when a chat was last its turn, counted in turns
        self._numbers = 0
        self._turns = 0

    def __len__(self) -> int:
        return sum(len(jobs) for chat in self._chats.values() for jobs in chat.lanes.values())

    def put(self, job: Job) -> list[Job]:
        """Queue a job; one that comes back takes its old place. Returns those it leaves no room for."""
        if not job.number:
            self._numbers += 1
            job.number = self._numbers
        chat = self._chats.setdefault(job.post.chat_id, _Chat())
        if self._joined(chat, job):
            return []
        jobs = chat.lanes.setdefault(job.lane, [])
        bisect.insort(jobs, job, key=lambda one: one.number)
        most = {LANE_ANSWER: MOST_ANSWERS, LANE_CALL: MOST_CALLS}.get(job.lane)
        if most is None or len(jobs) <= most:
            return []
        crowded = next((one for one in jobs if one.row is None), None)
        if crowded is None:
            return []
        self._remove(job.post.chat_id, crowded)
        return [crowded]

    def _joined(self, chat: _Chat, job: Job) -> bool:
        """Whether an edit of the same message took up these newer words, in its place."""
        if not _is_edit(job):
            return False
        for jobs in chat.lanes.values():
            for waiting in jobs:
                if _is_edit(waiting) and waiting.post.message_id == job.post.message_id:  # type: ignore[union-attr]
                    self._join(chat, waiting, job)
                    return True
        return False

    def _join(self, chat: _Chat, waiting: Job, job: Job) -> None:
        """One edit of the later words in the more urgent lane; a picture stays under words alone."""
        older, newer = sorted((waiting, job), key=lambda one: one.number)
        assert isinstance(older.post, Post)
        assert isinstance(newer.post, Post)
        photo = newer.post.photo if newer.post.photo is not None else older.post.photo
        both = [one for one in (waiting.done, job.done) if one is not None]
        lane = min(waiting.lane, job.lane)
        _drop(chat, waiting)
        joined = Job(replace(newer.post, photo=photo), lane, number=older.number)
        joined.attempts, joined.not_before_ms = newer.attempts, waiting.not_before_ms
        joined.done = _all_of(both)
        bisect.insort(chat.lanes.setdefault(lane, []), joined, key=lambda one: one.number)

    def take(self, delay: Delay) -> Job | int:
        """The next job that may go now, and is then under way; else how long to wait at least, in ms (0: no
        telling). `delay` tells how long a job must wait, 0 for not at all.

        People first, whoever was served longest ago; then what changes by itself.
        """
        shortest = 0
        best: tuple[tuple[int, int], int, Job] | None = None
        for chat_id, chat in self._chats.items():
            for head in chat.heads():
                if chat.busy and head.use is not Use.CALL:
                    continue
                rank = (max(head.lane, LANE_ANSWER), self._served.get(chat_id, 0))
                if best is not None and best[0] <= rank:
                    continue
                wait = delay(head)
                if wait > 0:
                    shortest = min(shortest or wait, wait)
                    continue
                best = (rank, chat_id, head)
                break
        if best is None:
            return shortest
        _, chat_id, job = best
        self._turns += 1
        self._served[chat_id] = self._turns
        self._chats[chat_id].busy |= job.use is not Use.CALL
        self._remove(chat_id, job)
        return job

    def came_back(self, job: Job) -> None:
        """What `take` handed out is under way no more."""
        if job.use is not Use.CALL:
            self._chats[job.post.chat_id].busy = False
            self._tidy(job.post.chat_id)

    def rows(self) -> Iterator[Job]:
        """The events among what waits."""
        for chat in self._chats.values():
            for jobs in chat.lanes.values():
                yield from (job for job in jobs if job.row is not None)

    def forget_idle(self) -> None:
        """Forget when chats with nothing to say were served."""
        self._served = {chat_id: turn for chat_id, turn in self._served.items() if chat_id in self._chats}

    def _remove(self, chat_id: int, job: Job) -> None:
        _drop(self._chats[chat_id], job)
        self._tidy(chat_id)

    def _tidy(self, chat_id: int) -> None:
        if not self._chats[chat_id].lanes and not self._chats[chat_id].busy:
            del self._chats[chat_id]


def _drop(chat: _Chat, job: Job) -> None:
    chat.lanes[job.lane].remove(job)
    if not chat.lanes[job.lane]:
        del chat.lanes[job.lane]


def _is_edit(job: Job) -> bool:
    """An edit that lives in memory: events are joined in their table, where they are settled."""
    post = job.post
    return isinstance(post, Post) and post.kind is OutboxKind.EDIT and job.row is None


def _all_of(futures: list[asyncio.Future[Any]]) -> asyncio.Future[Any] | None:
    """One future whose result they all get."""
    if len(futures) < 2:
        return futures[0] if futures else None
    joined: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def tell(done: asyncio.Future[Any]) -> None:
        for one in futures:
            if not one.done():
                if done.cancelled():
                    one.cancel()
                else:
                    one.set_result(done.result())

    joined.add_done_callback(tell)
    return joined
