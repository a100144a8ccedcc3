"""The one door updates come in by, polled or called: each is looked at alone, acted on once, and never lost.

An update may be confirmed to Telegram when it is settled: handled, refused with a reason, or stored.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError

from bot.intake.arrivals import Arrival, Unusable, Urgency, arrival_of, id_of
from bot.intake.queues import Handle, Queues
from bot.intake.record import REMEMBERED, Kept, Record

_log = logging.getLogger(__name__)

AT_ONCE_S: Final = 0.05  # what is handled within that costs no write
RETRY_S: Final = (0.1, 0.5, 2.0, 5.0)  # after a write that failed
STOP_S: Final = 5.0
UNSURE_S: Final = 0.05  # between two looks whether this process may act


class Intake:
    """Takes updates, hands them to `handle` in fair turns, and knows when each is settled.

    `judge` says how urgent one is; `refuse` hears of each that finds no room, and tells its sender. Nothing
    is handled, and nothing confirmed, while `may_act` says no.
    """

    def __init__(
        self,
        record: Record,
        handle: Handle,
        judge: Callable[[Arrival], Urgency],
        refuse: Callable[[Arrival], None],
        *,
        clock: Callable[[], int],
        may_act: Callable[[], bool],
    ) -> None:
        self.record = record
        self.queues = Queues(self._handle_in_time)
        self.may_act = may_act
        self._handle = handle
        self.counters: Counter[str] = Counter()  # what the operator may want to know
        self._judge = judge
        self._refuse = refuse
        self._clock = clock
        self._known: dict[int, Arrival | None] = {}  # the last ones, oldest first; None: it has ended

    async def _handle_in_time(self, arrival: Arrival) -> None:
        """Not while another process may be the active one; if it is, this waits until all here ends."""
        while not self.may_act():  # noqa: ASYNC110 - a clock says so, not an event
            await asyncio.sleep(UNSURE_S)
        await self._handle(arrival)

    async def open(self) -> int | None:
        """Begin, with what a process before this one left undone; when Telegram last had nothing left, ms."""
        past = await self.record.load()
        for number in reversed(past.handled):
            self._known[number] = None
        self.queues.open()
        for kept in past.undone:
            self._take_again(kept)
        return past.drained_ms

    async def close(self) -> None:
        """Let what runs end for a moment, and keep the rest for the next start."""
        left = await self.queues.close(STOP_S)
        try:
            await self.record.store([one for one in left if not one.stored])
        except SQLAlchemyError:
            _log.warning("%d updates under way could not be stored: Telegram brings them again", len(left))
        await self.record.close()
        self._known.clear()

    def take(self, raw: Any, unknown_ms: int = 0) -> Arrival | None:
        """Look at one update and queue it; None where there is nothing (more) to do about it.

        One that cannot be read is counted, and logged without its content. Raises Unusable where it has no
        number to confirm it by.
        """
        number = id_of(raw)
        if number in self._known:
            self.counters["repeated"] += 1
            return self._known[number]
        try:
            arrival = arrival_of(raw, self._clock(), unknown_ms)
        except Unusable as error:
            self.counters["unusable"] += 1
            _log.warning("update %d is left out: %s", number, error)
            self._remember(number, None)
            return None
        arrival.urgency = self._urgency_of(arrival)
        self._remember(number, arrival)
        if self.queues.has_room(arrival.person, arrival.urgency):
            self._queue(arrival)
        else:
            self.counters["refused"] += 1
            self._refuse(arrival)
            arrival.end()
            self._end(arrival)
        return arrival

    def _take_again(self, kept: Kept) -> None:
        """Room is no question: it was let in before."""
        try:
            arrival = arrival_of(kept.body, kept.received_ms, kept.unknown_ms)
        except Unusable:
            return
        arrival.stored = True
        arrival.urgency = self._urgency_of(arrival)
        self._remember(arrival.update_id, arrival)
        self._queue(arrival)

    def _queue(self, arrival: Arrival) -> None:
        arrival.ended.add_done_callback(lambda _: self._end(arrival))
        self.queues.push(arrival)

    def _urgency_of(self, arrival: Arrival) -> Urgency:
        try:
            return self._judge(arrival)
        except Exception as error:  # what it trips over, the handler will, and says so
            _log.warning("update %d cannot be judged: %s", arrival.update_id, type(error).__name__)
            return Urgency.LINE

    def _end(self, arrival: Arrival) -> None:
        if arrival.update_id in self._known:
            self._known[arrival.update_id] = None
        self.record.ended(arrival)

    def _remember(self, number: int, arrival: Arrival | None) -> None:
        self._known[number] = arrival
        if len(self._known) > REMEMBERED:
            oldest = next(iter(self._known))
            if self._known[oldest] is None:
                del self._known[oldest]

    async def settled(self, arrivals: Sequence[Arrival]) -> None:
        """Return when each was handled or is stored: then, and only then, Telegram may forget it."""
        open_ones = [one for one in arrivals if not one.stored and not one.ended.done()]
        if not open_ones:
            return
        await asyncio.wait([one.ended for one in open_ones], timeout=AT_ONCE_S)
        failures = 0
        while open_ones := [one for one in open_ones if not one.stored and not one.ended.done()]:
            try:
                await self.record.store(open_ones)
            except SQLAlchemyError as error:
                _log.error("updates cannot be stored, so they are not confirmed: %s", type(error).__name__)
                pause_s = RETRY_S[min(failures, len(RETRY_S) - 1)]
                failures += 1
                await asyncio.wait([one.ended for one in open_ones], timeout=pause_s)

    async def noted(self, arrivals: Sequence[Arrival]) -> None:
        """As `settled`, and what was handled is noted as well: whoever brings it again must not be heard."""
        await self.settled(arrivals)
        try:
            await self.record.flush()
        except SQLAlchemyError as error:
            _log.warning("handled updates could not be noted: %s", type(error).__name__)
