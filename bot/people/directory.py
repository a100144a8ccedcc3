"""Who is who: people are known from their first word on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.kernel.storage import Database
from bot.people import accounts, users
from bot.people.tables import KeyState, User


class UserDirectory:
    """Finds people, and stores what they set for themselves."""

    def __init__(self, database: Database, *, clock: Callable[[], int]) -> None:
        self._database = database
        self._clock = clock

    async def met(self, user_id: int, language: str = "en") -> User:
        """The user's settings, made on first sight."""
        async with self._database.read() as session:
            known = await users.get(session, user_id)
        return await self.welcomed(known, user_id, language)

    async def welcomed(self, known: User | None, user_id: int, language: str) -> User:
        """As `met`, where the row was looked for already. Who was forgotten begins anew."""
        if known is not None and known.forgotten_ms is None:
            return known
        async with self._database.write() as session:
            return await users.get_or_create(session, user_id, self._clock(), language)

    async def change(self, user: User, **settings: Any) -> User:
        """Store some of the user's settings (`people.users.SETTINGS`)."""
        async with self._database.write() as session:
            return await users.change_settings(session, user.id, **settings) or user

    async def has_account(self, user_id: int) -> bool:
        """Whether this person has an account here that may have orders and positions."""
        async with self._database.read() as session:
            known = await accounts.of_user(session, user_id)
        return any(account.state is not KeyState.PENDING for account in known)
