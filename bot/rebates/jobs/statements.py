"""Closing a month: shares booked, statements signed and told, once the month itself was told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from bot.kernel.jobs.runs import RunContext
from bot.kernel.jobs.series import RunSeries
from bot.kernel.recurrence import Monthly
from bot.notifications import outbox_rows
from bot.notifications.tables import OutboxMessage
from bot.rebates.jobs.monthly import ATTEMPTS, NotBooked, month_before
from bot.rebates.model.rebate import Month
from bot.rebates.model.statement import SealedStatement

SERIES: Final = "statements"
MINUTE: Final = 30  # of the first, UTC: after the summary


class MonthClosing(Protocol):
    async def close(self, month: Month) -> Sequence[SealedStatement]:
        """Book and sign what is not yet."""
        ...

    async def of_month(self, month: Month) -> Sequence[SealedStatement]:
        """Every statement of the month."""
        ...


class ClosingNews(Protocol):
    async def make(self, statements: Sequence[SealedStatement]) -> list[OutboxMessage]:
        """What is to be said of them."""
        ...


class Closer:
    """Closes the month that is over, late if need be.

    `is_told`: whether its summary went out, which waits for the month to be whole. That is not waited for
    without end: what comes later is a further revision.
    """

    def __init__(
        self,
        closing: MonthClosing,
        news: ClosingNews,
        *,
        is_told: Callable[[Month], Awaitable[bool]],
        committed: Callable[[], None],
    ) -> None:
        self._is_told = is_told
        self._closing = closing
        self._news = news
        self._committed = committed

    def series(self) -> RunSeries:
        """The runs of the schedule: `statements:2026-10` is due on the first of November."""
        return RunSeries(
            SERIES, Monthly(1, MINUTE), self.run, key_of=lambda due: f"{SERIES}:{month_before(due)}"
        )

    async def run(self, run: RunContext) -> None:
        """Sign, then queue what is to be said in the transaction that ends the run."""
        month = month_before(run.due_ms)
        if run.run.attempts < ATTEMPTS and not await self._is_told(month):
            raise NotBooked(str(month))
        await self._closing.close(month)
        messages = await self._news.make(await self._closing.of_month(month))
        async with run.finishing() as session:
            for message in messages:
                await outbox_rows.enqueue(session, message)
        self._committed()
