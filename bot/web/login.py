"""Who may see the page: operators, by a link from their private chat that works once, then by a cookie.

Opening the link shows a button; only the button spends it, so a program that follows links for a preview does
not lock the operator out.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from bot.kernel.storage import Database, audit
from bot.rebates.storage import web_passes

if TYPE_CHECKING:
    from aiohttp import web

COOKIE: Final = "rucksack"
LINK_MS: Final = 5 * 60_000
SESSION_MS: Final = 12 * 3_600_000


def new_token() -> str:
    """256 random bits as 43 characters."""
    return secrets.token_urlsafe(32)


class Login:
    """Links, sessions, and whose they are. An operator who is none any more is out at once."""

    def __init__(self, database: Database, admins: tuple[int, ...], *, clock: Callable[[], int]) -> None:
        self._database = database
        self._admins = admins
        self._clock = clock

    async def invite(self, user_id: int) -> str:
        """The token of a fresh link for an operator."""
        if user_id not in self._admins:
            raise ValueError("only operators are invited")
        token, now = new_token(), self._clock()
        async with self._database.write() as session:
            await web_passes.tidy(session, now)
            await web_passes.add(session, token, user_id, is_session=False, now_ms=now, life_ms=LINK_MS)
        return token

    async def enter(self, link: str) -> str | None:
        """Spend a link; the token of the session it opens, or None when it opens nothing."""
        now = self._clock()
        async with self._database.read() as session:  # strangers' guesses must not queue before orders
            if await web_passes.user_of(session, link, now, is_session=False) is None:
                return None
        async with self._database.write() as session:
            user_id = await web_passes.spend_link(session, link, now)
            if user_id is None or user_id not in self._admins:
                return None
            token = new_token()
            await web_passes.add(session, token, user_id, is_session=True, now_ms=now, life_ms=SESSION_MS)
            await audit.append(session, now, user_id, "dashboard.enter", {})
        return token

    async def operator(self, request: web.Request) -> int | None:
        """The operator behind a request."""
        token = request.cookies.get(COOKIE, "")
        if not token:
            return None
        async with self._database.read() as session:
            user_id = await web_passes.user_of(session, token, self._clock())
        return user_id if user_id in self._admins else None

    async def leave(self, request: web.Request) -> None:
        """End the session of a request."""
        if await self.operator(request) is None:
            return
        async with self._database.write() as session:
            await web_passes.end(session, request.cookies.get(COOKIE, ""))
