"""The first of the month: what the month before earned is told, once, late if need be.

The month is told when its fills are compared with the exchange's and booked. The ledger is waited for, but
not without end: what it still lacks then is said in the message, and comes in with later entries.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from bot.kernel.jobs.runs import RunContext
from bot.kernel.jobs.series import RunSeries
from bot.kernel.recurrence import Monthly
from bot.notifications import outbox_rows
from bot.notifications.tables import OutboxMessage
from bot.rebates.model.rebate import Month

SERIES: Final = "rebate"
FIRST_MINUTE: Final = 15  # of the first, UTC: after the night's check of the last day
ATTEMPTS: Final = 10  # at finding the month whole: about twenty minutes, by the pauses of `Runs`


class NotBooked(Exception):
    """Fills of the month are still to be booked: the run is tried again."""


class Report(Protocol):
    """What a month's run needs to know and to say."""

    async def unbooked(self, month: Month) -> int:
        """How many fills of the month the ledger has not taken in yet."""
        ...

    async def make(self, month: Month, late_ms: int) -> list[OutboxMessage]:
        """The messages about the month; `late_ms` is 0 when in time."""
        ...


class MonthEnd:
    """Tells of a month that is over.

    `is_checked`: whether its last day was compared with the exchange; `book` takes in what can be booked now.
    """

    def __init__(
        self,
        report: Report,
        *,
        is_checked: Callable[[Month], Awaitable[bool]],
        book: Callable[[], Awaitable[object]],
        committed: Callable[[], None],
    ) -> None:
        self._report = report
        self._is_checked = is_checked
        self._book = book
        self._committed = committed

    def series(self) -> RunSeries:
        """The runs of the schedule: `rebate:2026-10` is due on the first of November."""
        return RunSeries(SERIES, Monthly(1, FIRST_MINUTE), self.run, key_of=key_of)

    async def run(self, run: RunContext) -> None:
        """Queue what is to be said of the month before, in the transaction that ends the run."""
        month = month_before(run.due_ms)
        await self._book()
        if run.run.attempts < ATTEMPTS and not await self._is_whole(month):
            raise NotBooked(str(month))
        messages = await self._report.make(month, run.late_ms if run.is_late else 0)
        async with run.finishing() as session:
            for message in messages:
                await outbox_rows.enqueue(session, message)
        self._committed()

    async def _is_whole(self, month: Month) -> bool:
        return await self._is_checked(month) and not await self._report.unbooked(month)


def month_before(due_ms: int) -> Month:
    """The month that a run due then is for."""
    return Month.of(due_ms).previous


def key_of(due_ms: int) -> str:
    """`rebate:2026-10` for the first of November."""
    return f"{SERIES}:{month_before(due_ms)}"
