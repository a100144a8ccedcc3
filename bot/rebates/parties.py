"""Who is behind an account, to the ledger: somebody with a pseudonym."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.people import users
from bot.people.tables import Account
from bot.rebates.storage import ledger_parties
from bot.rebates.storage.tables import Person
from bot.trading.storage.orders import new_code

_TRIES: Final = 8


def random_pseudonym() -> str:
    """Such as `Trader 4F2A8C`: says nothing about anybody."""
    return f"Trader {new_code(3)}"


class People:
    """Finds or makes the ledger's people, inside the caller's transaction."""

    def __init__(
        self, *, clock: Callable[[], int], new_pseudonym: Callable[[], str] = random_pseudonym
    ) -> None:
        self._clock = clock
        self._new_pseudonym = new_pseudonym

    async def of_account(self, session: AsyncSession, account: Account) -> Person:
        """The person whose account it is. One who was forgotten stays without a name."""
        known = await ledger_parties.of_account(session, account.id)
        if known is not None:
            return known
        await users.lock(session, account.user_id)  # nobody forgets them meanwhile
        await session.refresh(account)
        if not account.public_key:  # forgotten
            return await self._create(session, None)
        return await self.of_user(session, account.user_id)

    async def of_user(self, session: AsyncSession, user_id: int) -> Person:
        """The person of a user the bot knows."""
        return await ledger_parties.by_user(session, user_id) or await self._create(session, user_id)

    async def _create(self, session: AsyncSession, user_id: int | None) -> Person:
        for _ in range(_TRIES):
            created = await ledger_parties.create(session, user_id, self._new_pseudonym(), self._clock())
            if created is not None:
                return created
            known = None if user_id is None else await ledger_parties.by_user(session, user_id)
            if known is not None:
                return known
        raise RuntimeError("no free pseudonym")
