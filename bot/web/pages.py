"""What each page shows: values for its template, read from the database when somebody looks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from bot.domain.timing import DAY_MS
from bot.domain.values import Language
from bot.store import Database, health, users
from bot.view import Locale
from bot.web.render import Page

MOST_FINDINGS: Final = 60

Fill = Callable[[web.Request, Page], Awaitable[None]]


class Pages:
    """Every page by its path. A page fills in its template and values, or raises `web.HTTPNotFound`."""

    def __init__(self, database: Database, *, clock: Callable[[], int]) -> None:
        self._database = database
        self._clock = clock
        self.routes: dict[str, Fill] = {"/": self.health, "/health": self.health}

    async def locale_of(self, operator: int | None) -> Locale:
        """The operator's language and time zone; English for whoever is not in."""
        if operator is not None:
            async with self._database.read() as session:
                user = await users.get(session, operator)
            if user is not None:
                return Locale.of(Language(user.language), user.time_zone)
        return Locale.of(Language.ENGLISH)

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
            "findings": findings,
            "age": lambda since_ms: page.locale.duration((now - since_ms) // 1000),
        }
