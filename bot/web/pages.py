"""What each page shows: values for its template, read from the database when somebody looks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from bot.domain.values import Language
from bot.kernel.recurrence import DAY_MS
from bot.kernel.storage import Database
from bot.people import users
from bot.rebates import alarm
from bot.rebates.model.programme import project
from bot.rebates.model.rebate import Month
from bot.rebates.model.summary import Breakdown
from bot.rebates.storage import balances, party_statements
from bot.rebates.storage.tables import EntryKind
from bot.rebates.summary import Summaries
from bot.rebates.views import rebates as rebate_view
from bot.rebates.views import statements as statement_view
from bot.ui import Locale
from bot.web import health, money
from bot.web.render import Page

MOST_FINDINGS: Final = 60
ALARM_MS: Final = 3 * DAY_MS  # how long a difference found stays on the first page

Fill = Callable[[web.Request, Page], Awaitable[None]]


class Pages:
    """Every page by its path. A page fills in its template and values, or raises `web.HTTPNotFound`."""

    def __init__(self, database: Database, summaries: Summaries, *, clock: Callable[[], int]) -> None:
        self._database = database
        self._clock = clock
        self._summaries = summaries
        self.routes: dict[str, Fill] = {
            "/": self.overview,
            "/users": self.users,
            "/statements": self.statements,
            "/payouts": self.payouts,
            "/health": self.health,
        }

    async def locale_of(self, operator: int | None) -> Locale:
        """The operator's language and time zone; English for whoever is not in."""
        if operator is not None:
            async with self._database.read() as session:
                user = await users.get(session, operator)
            if user is not None:
                return Locale.of_reader(user)
        return Locale.of(Language.ENGLISH)

    async def overview(self, request: web.Request, page: Page) -> None:
        """A month: what it earned, where it is heading, how it is made up."""
        now, month = self._clock(), self._month(request)
        summary = await self._summaries.recent(month)
        async with self._database.read() as session:
            beside = await health.findings_beside(session, alarm.GOOD, now - ALARM_MS)
        volumes, payouts = money.by_day(page.locale, summary)
        page.template = "overview.html"
        page.values = {
            "months": money.choices(await self._summaries.months(), month, now),
            "summary": summary,
            "unpriced": rebate_view.unpriced(summary),
            "unpriced_count": rebate_view.count_of_unpriced(summary),
            "projection": project(summary.course(now), summary.basis) if month == Month.of(now) else None,
            "alarms": sum(map(alarm.is_bad, beside)),
            "days": volumes,
            "payouts": payouts,
            "short": money.short,
            "tables": money.tables(page.locale, summary),
        }

    async def users(self, request: web.Request, page: Page) -> None:
        """Who traded how much, by pseudonym and id."""
        now, month = self._clock(), self._month(request)
        summary = await self._summaries.recent(month)
        page.template = "users.html"
        page.values = {
            "month": month,
            "months": money.choices(await self._summaries.months(), month, now),
            "table": money.table(page.locale, summary, Breakdown.USER),
        }

    async def statements(self, request: web.Request, page: Page) -> None:
        """What was signed for a month, in the words its parties read."""
        now, month = self._clock(), self._month(request)
        async with self._database.read() as session:
            found = await party_statements.of_month(session, str(month))
        page.template = "statements.html"
        page.values = {
            "month": month,
            "months": money.choices(await self._summaries.months(), month, now),
            "statements": [statement_view.statement(page.locale, sealed).text for sealed in found],
        }

    async def payouts(self, _request: web.Request, page: Page) -> None:
        """What the exchange paid, month by month, against what was expected of it."""
        async with self._database.read() as session:
            kinds = (EntryKind.PAYOUT, EntryKind.DIFFERENCE)
            found = await balances.debited(session, kinds)
        page.template = "payouts.html"
        page.values = {"payouts": money.payouts(found)}

    def _month(self, request: web.Request) -> Month:
        month = money.month_of(request.query.get("month", ""), self._clock())
        if month is None:
            raise web.HTTPNotFound
        return month

    async def health(self, _request: web.Request, page: Page) -> None:
        """Orders, messages, and the outcomes of the nightly checks."""
        now = self._clock()
        since = now - DAY_MS
        async with self._database.read() as session:
            orders = await health.of_orders(session, since)
            messages = await health.of_messages(session, since, now)
            findings = await health.findings(session, MOST_FINDINGS)
        page.template = "health.html"
        page.values = {
            "orders": orders,
            "messages": messages,
            "findings": [(one, alarm.is_bad(one)) for one in findings],
            "age": lambda since_ms: page.locale.duration((now - since_ms) // 1000),
        }
