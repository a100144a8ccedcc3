"""What operators are told when a month is over: words, a picture and the files, queued in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.domain.notifications.preferences import Event
from bot.kernel.storage import Database
from bot.notifications.notify import locale_of, outgoing
from bot.notifications.sender import LANE_DIGEST
from bot.notifications.tables import OutboxMessage as Row
from bot.rebates.chat.buttons import BooksButton, Page
from bot.rebates.model.rebate import Month
from bot.rebates.model.summary import MonthSummary
from bot.rebates.summary import Summaries
from bot.rebates.views import rebates as view
from bot.rebates.views import sheets
from bot.ui import Locale, Message
from bot.ui.lateness import Lateness


def doors(month: Month) -> view.Doors:
    """The buttons under a month: `rebates.chat.rebates.tapped` opens them."""
    return view.Doors(
        month=lambda other: BooksButton(Page.MONTH, other).pack(),
        breakdown=lambda by: BooksButton(Page.BREAKDOWN, month, by).pack(),
        files=BooksButton(Page.FILES, month).pack(),
        advice=BooksButton(Page.ADVICE, month).pack(),
    )


@dataclass(frozen=True, slots=True)
class ReportPart:
    """One of the messages; `name` tells it from the others of its month."""

    name: str
    message: Message
    photo: bytes | None = None
    document: bytes | None = None


class MonthlyReport:
    """Makes the messages of a month that is over; implements `rebates.jobs.monthly.Report`."""

    def __init__(
        self, database: Database, summaries: Summaries, operators: Sequence[int], *, clock: Callable[[], int]
    ) -> None:
        self._database = database
        self._summaries = summaries
        self._operators = operators
        self._clock = clock

    async def unbooked(self, month: Month) -> int:
        """How many fills of the month the ledger has not taken in yet."""
        return await self._summaries.unbooked(month)

    async def make(self, month: Month, late_ms: int) -> list[Row]:
        """The messages, in the order they are to be read; `late_ms` is 0 when in time."""
        summary = await self._summaries.month(month)
        locales = await self._locales()
        parts = {
            locale: await asyncio.to_thread(parts_of, locale, summary, Lateness(late_ms))
            for locale in set(locales.values())
        }
        return [
            self._row(operator, month, part) for operator, locale in locales.items() for part in parts[locale]
        ]

    async def _locales(self) -> dict[int, Locale]:
        """The operators and their languages."""
        async with self._database.read() as session:
            return {operator: await locale_of(session, operator) for operator in self._operators}

    def _row(self, operator: int, month: Month, part: ReportPart) -> Row:
        return outgoing(
            operator,
            part.message,
            LANE_DIGEST,
            self._clock(),
            photo=part.photo,
            document=part.document,
            document_name=sheets.file_name(month, part.name) if part.document is not None else None,
            event=Event.OPERATOR if part.photo is part.document is None else None,  # a digest holds no files
            silent=part.photo is not None or part.document is not None,
            dedupe_key=f"rebate:{month}:{operator}:{part.name}",
        )


def parts_of(locale: Locale, summary: MonthSummary, when: Lateness) -> list[ReportPart]:
    """Words, picture and files; takes a moment, so not for the loop's own thread."""
    month = summary.month
    return [
        ReportPart("words", view.ended(locale, summary, when, doors=doors(month))),
        ReportPart("picture", view.picture_caption(locale, month), photo=view.picture(summary)),
        ReportPart("csv", view.file_caption(locale, month, "csv"), document=sheets.csv_file(locale, summary)),
        ReportPart(
            "xlsx", view.file_caption(locale, month, "xlsx"), document=sheets.workbook(locale, summary)
        ),
    ]
