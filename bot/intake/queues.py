"""Fair turns: one line of a person at a time, few updates of a chat, and room kept for taps and exits.

Nothing here knows Telegram or the database. A person's lines keep their order. Taps overtake lines, exits
overtake both; an act that lasts longer than PATIENCE_S no longer holds up its own person's urgent acts.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from bot.intake.arrivals import Arrival, Urgency
from bot.kernel.slots import occupy

_log = logging.getLogger(__name__)

PLACES: Final = 32
OPEN_TO: Final = {Urgency.LINE: 20, Urgency.TAP: 27, Urgency.EXIT: PLACES}  # the rest is kept for more urgent
PER_CHAT: Final = 4  # running at once, of each urgency
PER_PERSON: Final = {Urgency.LINE: 1, Urgency.TAP: 3, Urgency.EXIT: 3}
MOST_WAITING: Final = 40  # of one person, of lines and of urgent acts each
MOST_LINES: Final = 5_000  # of everybody: a bound of memory
PATIENCE_S: Final = 0.5
LONGEST_S: Final = 20.0  # a handler that lasts longer goes on without a place

Handle = Callable[[Arrival], Awaitable[None]]


class Running:
    """One update being handled; its place (`bot.kernel.slots`)."""

    def __init__(self, queues: Queues, arrival: Arrival) -> None:
        self.arrival = arrival
        self.task: asyncio.Task[None] | None = None
        self.began = self.entered = asyncio.get_running_loop().time()
        self.has_place = True
        self.ended = False
        self._queues = queues

    def is_fresh(self, now: float) -> bool:
        return now - self.began < PATIENCE_S

    def give_back(self) -> None:
        self._queues.leave(self)

    async def take_again(self) -> None:
        await self._queues.enter_again(self)


@dataclass(slots=True)
class _Person:
    waiting: dict[Urgency, deque[Arrival]] = field(
        default_factory=lambda: {urgency: deque() for urgency in Urgency}
    )
    running: list[Running] = field(default_factory=list)
    timer: asyncio.TimerHandle | None = None

    def is_idle(self) -> bool:
        return not self.running and not any(self.waiting.values())


@dataclass(slots=True)
class _Chat:
    running: dict[Urgency, int] = field(default_factory=lambda: dict.fromkeys(Urgency, 0))
    parked: dict[Urgency, dict[int, None]] = field(  # people whose next is of this chat, in turn
        default_factory=lambda: {urgency: {} for urgency in Urgency}
    )


class Queues:
    """Whose turn it is. `push`, and the handler is called when it is."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._people: dict[int, _Person] = {}
        self._chats: dict[int, _Chat] = {}
        self._ready: dict[Urgency, dict[int, None]] = {urgency: {} for urgency in Urgency}  # ids, in turn
        self._returning: dict[Urgency, deque[asyncio.Future[None]]] = {u: deque() for u in Urgency}
        self._busy = 0  # places taken
        self._lines = 0  # waiting
        self._running: set[Running] = set()
        self._overdue: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def running(self) -> int:
        """Handlers under way, those included that wait for Telegram."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        return sum(len(queue) for person in self._people.values() for queue in person.waiting.values())

    @property
    def busy(self) -> int:
        """Places taken."""
        return self._busy

    def open(self) -> None:
        """Start handlers from now on."""
        self._closed = False
        self._pump()

    def has_room(self, person: int, urgency: Urgency) -> bool:
        """Whether one more of this person would be let in."""
        if urgency is Urgency.LINE and self._lines >= MOST_LINES:
            return False
        known = self._people.get(person)
        return known is None or len(known.waiting[urgency]) < MOST_WAITING

    def push(self, arrival: Arrival) -> None:
        """Let it wait for its turn, which may be now."""
        person = self._people.setdefault(arrival.person, _Person())
        person.waiting[arrival.urgency].append(arrival)
        self._lines += arrival.urgency is Urgency.LINE
        self._ready[arrival.urgency][arrival.person] = None
        self._pump()

    async def close(self, grace_s: float) -> list[Arrival]:
        """Start nothing more and let what runs end; what was cut off or still waits is returned."""
        self._closed = True
        running = list(self._running)
        tasks = [one.task for one in running if one.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=grace_s)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        left = [one.arrival for one in running if not one.arrival.ended.done()]
        for person in self._people.values():
            left += [one for queue in person.waiting.values() for one in queue]
            if person.timer is not None:
                person.timer.cancel()
        self._people.clear()
        self._chats.clear()
        self._lines = 0
        for ready in self._ready.values():
            ready.clear()
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None
        return left

    # --- turns -------------------------------------------------------------------------------------

    def _pump(self) -> None:
        """Start whatever may start, the most urgent first and everybody in turn."""
        if self._closed:
            return
        for urgency in Urgency:
            ready, most = self._ready[urgency], OPEN_TO[urgency]
            returning = self._returning[urgency]
            while self._busy < most and returning:
                future = returning.popleft()
                if not future.done():
                    self._busy += 1
                    future.set_result(None)
            while self._busy < most and ready:
                person_id = next(iter(ready))
                del ready[person_id]
                self._try(person_id, urgency)

    def _try(self, person_id: int, urgency: Urgency) -> None:
        """Start this person's next of that urgency, unless they or its chat must wait."""
        person = self._people.get(person_id)
        if person is None or not person.waiting[urgency]:
            return
        if self._must_wait(person_id, person, urgency):
            return  # looked at again when one of theirs ends, or lasts too long
        arrival = person.waiting[urgency][0]
        chat = self._chats.setdefault(arrival.chat, _Chat())
        if chat.running[urgency] >= PER_CHAT:
            chat.parked[urgency][person_id] = None
            return
        person.waiting[urgency].popleft()
        self._lines -= urgency is Urgency.LINE
        self._start(person, chat, arrival)
        self._make_ready(person_id, person)  # behind everybody else

    def _must_wait(self, person_id: int, person: _Person, urgency: Urgency) -> bool:
        now = asyncio.get_running_loop().time()
        ahead = [one for one in person.running if self._is_ahead(one, urgency, now)]
        same = [one for one in person.running if one.arrival.urgency is urgency]
        earlier = urgency is Urgency.LINE and any(
            person.waiting[one] and person.waiting[one][0].update_id < person.waiting[urgency][0].update_id
            for one in (Urgency.EXIT, Urgency.TAP)
        )
        if not ahead and not earlier and len(same) < PER_PERSON[urgency]:
            return False
        if ahead and person.timer is None:
            wait_s = min(one.began for one in ahead) + PATIENCE_S - now
            person.timer = asyncio.get_running_loop().call_later(
                max(wait_s, 0.01), self._look_again, person_id
            )
        return True

    def _is_ahead(self, one: Running, urgency: Urgency, now: float) -> bool:
        """Whether one that runs holds up its person's next of `urgency`."""
        if one.arrival.urgency is Urgency.LINE and urgency is Urgency.LINE:
            return True  # lines keep their order, however long one takes
        if urgency is Urgency.TAP and one.arrival.urgency is Urgency.LINE:
            return False
        return one.is_fresh(now)

    def _look_again(self, person_id: int) -> None:
        person = self._people.get(person_id)
        if person is not None:
            person.timer = None
            self._make_ready(person_id, person)
            self._pump()

    def _make_ready(self, person_id: int, person: _Person) -> None:
        for urgency in Urgency:
            if person.waiting[urgency]:
                self._ready[urgency][person_id] = None

    def _start(self, person: _Person, chat: _Chat, arrival: Arrival) -> None:
        running = Running(self, arrival)
        self._busy += 1
        chat.running[arrival.urgency] += 1
        person.running.append(running)
        self._running.add(running)
        running.task = asyncio.create_task(self._run(running))
        if self._overdue is None:
            self._overdue = asyncio.get_running_loop().call_later(LONGEST_S, self._let_go)

    async def _run(self, running: Running) -> None:
        occupy(running)
        try:
            await self._handle(running.arrival)
            running.arrival.end()
        except Exception:
            _log.exception("an update could not be handled")
            running.arrival.end()  # it would fail again
        finally:
            self._end(running)

    def _end(self, running: Running) -> None:
        running.ended = True
        self._running.discard(running)
        if running.has_place:
            running.has_place = False
            self._free(running)
        person_id = running.arrival.person
        person = self._people.get(person_id)
        if person is not None and running in person.running:
            person.running.remove(running)
            self._make_ready(person_id, person)
            if person.is_idle():
                if person.timer is not None:
                    person.timer.cancel()
                del self._people[person_id]
        self._pump()

    # --- places ------------------------------------------------------------------------------------

    def leave(self, running: Running) -> None:
        """Its handler waits for Telegram: somebody else may have its place."""
        if running.has_place:
            running.has_place = False
            self._free(running)
            self._pump()

    async def enter_again(self, running: Running) -> None:
        """Wait for a place to go on; those who come back go before those who begin."""
        if running.has_place or running.ended or self._closed:
            return
        urgency = running.arrival.urgency
        if self._busy < OPEN_TO[urgency]:
            self._busy += 1
        else:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._returning[urgency].append(future)
            try:
                await future
            except asyncio.CancelledError:
                if future.done() and not future.cancelled():
                    self._busy -= 1
                raise
        running.has_place = True
        running.entered = asyncio.get_running_loop().time()
        self._chats.setdefault(running.arrival.chat, _Chat()).running[urgency] += 1

    def _free(self, running: Running) -> None:
        self._busy -= 1
        urgency, chat_id = running.arrival.urgency, running.arrival.chat
        chat = self._chats.get(chat_id)
        if chat is None:
            return
        chat.running[urgency] -= 1
        self._ready[urgency].update(dict.fromkeys(chat.parked[urgency]))
        chat.parked[urgency].clear()
        if not any(chat.running.values()) and not any(chat.parked.values()):
            del self._chats[chat_id]

    def _let_go(self) -> None:
        """Handlers that hold a place too long go on, and their place and their person's lane are free.

        Who waits for Telegram has given the place back, and is left alone.
        """
        self._overdue = None
        now = asyncio.get_running_loop().time()
        for running in [one for one in self._running if one.has_place and now - one.entered >= LONGEST_S]:
            person = self._people.get(running.arrival.person)
            if person is not None and running in person.running:
                _log.warning("a handler has been at it for %d s", now - running.began)
                person.running.remove(running)
                self._make_ready(running.arrival.person, person)
            running.give_back()
        self._pump()
        if self._running:
            self._overdue = asyncio.get_running_loop().call_later(LONGEST_S / 4, self._let_go)
