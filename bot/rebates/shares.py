"""Promising parts of the rebate to groups and people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.values import ZERO
from bot.kernel.storage import Database, audit
from bot.people import users
from bot.rebates.model.rebate import Month
from bot.rebates.model.revenue_shares import Party, SharePromise, room_for
from bot.rebates.parties import People
from bot.rebates.storage import ledger_parties, shares
from bot.rebates.storage.tables import Person


@dataclass(frozen=True, slots=True)
class TooMuch:
    """The promise would make one fill owe more than its whole rebate; `most` is what fits."""

    most: Decimal


class Shares:
    """The operator's promises."""

    def __init__(self, database: Database, people: People, *, clock: Callable[[], int]) -> None:
        self._database = database
        self._people = people
        self._clock = clock

    async def every(self) -> Sequence[SharePromise]:
        """All promises, in the order they were made."""
        async with self._database.read() as session:
            return await shares.every(session)

    async def promise(
        self, party: Party, rate: Decimal, start: Month, end: Month | None, user_id: int
    ) -> TooMuch | None:
        """Promise `rate` from `start` to the end of `end` (None: for good). Zero ends what was promised."""
        now_ms = self._clock()
        async with self._database.write() as session:
            await shares.lock(session)
            room = room_for(await shares.every(session), party, start, end)
            if rate > room:
                return TooMuch(room)
            await shares.add(session, SharePromise(party, rate, start), user_id, now_ms)
            if end is not None and rate:
                await shares.add(session, SharePromise(party, ZERO, end.next), user_id, now_ms)
            detail = {"party": str(party), "rate": rate, "from": str(start), "to": str(end or "")}
            await audit.append(session, now_ms, user_id, "broker.share", detail)
        return None

    async def person(self, user_id: int) -> Person | None:
        """The ledger's person of a user; None for somebody this bot has never met."""
        async with self._database.write() as session:
            user = await users.get(session, user_id)
            if user is None or user.forgotten_ms is not None:
                return None
            return await self._people.of_user(session, user_id)

    async def is_named(self, user_id: int) -> bool:
        """Whether a user lets themselves be named in statements of their groups."""
        async with self._database.read() as session:
            person = await ledger_parties.by_user(session, user_id)
        return person is not None and person.named

    async def set_named(self, user_id: int, named: bool) -> None:
        async with self._database.write() as session:
            person = await self._people.of_user(session, user_id)
            await ledger_parties.set_named(session, person.id, named)
            await audit.append(session, self._clock(), user_id, "broker.named", {"named": named})
