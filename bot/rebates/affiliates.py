"""What goes to whoever referred a user: asked of them, or set by an operator; unknown is a state."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from bot.domain.values import ZERO
from bot.kernel.storage import Database, audit
from bot.people import users
from bot.rebates.bookkeeper import BATCH, Bookkeeper
from bot.rebates.model.rebate import CAP, Month
from bot.rebates.parties import People
from bot.rebates.storage import bookings, ledger_parties, rates
from bot.rebates.storage.tables import AffiliateRate, RateSource

MOST: Final = CAP  # nobody is promised more than the exchange gives away


class Affiliates:
    """Rates hold from a month on. What was booked since then is revised."""

    def __init__(
        self, database: Database, everybody: People, bookkeeper: Bookkeeper, *, clock: Callable[[], int]
    ) -> None:
        self._database = database
        self._people = everybody
        self._bookkeeper = bookkeeper
        self._clock = clock

    async def now(self, user_id: int) -> AffiliateRate | None:
        """What holds this month; None: nobody ever said anything."""
        async with self._database.read() as session:
            person = await ledger_parties.by_user(session, user_id)
            history = {} if person is None else await rates.of(session, [person.id])
        if person is None:
            return None
        return rates.in_month(history.get(person.id, ()), str(Month.of(self._clock())))

    async def ranges(self, user_id: int) -> list[rates.Range]:
        """What holds when, as it stands."""
        async with self._database.read() as session:
            person = await ledger_parties.by_user(session, user_id)
            history = {} if person is None else await rates.of(session, [person.id])
        return [] if person is None else rates.ranges(history.get(person.id, ()))

    async def user_says(self, user_id: int, rate: Decimal | None) -> bool:
        """A user's own answer, from this month on. False: an operator's word holds."""
        said = await self.now(user_id)
        if said is not None and said.source is RateSource.OPERATOR and said.rate is not None:
            return False
        if said is None or said.rate != rate:
            await self._say(user_id, rate, Month.of(self._clock()), RateSource.USER, None)
        return True

    async def operator_says(
        self, user_id: int, rate: Decimal | None, operator_id: int, month: Month | None = None
    ) -> int | None:
        """Set it from a month on (this one by default), and note that in the audit.

        Returns how many bookings changed; None where nobody of that id is known.
        """
        async with self._database.read() as session:
            user = await users.get(session, user_id)
        if user is None or user.forgotten_ms is not None:
            return None
        month = month or Month.of(self._clock())
        return await self._say(user_id, rate, month, RateSource.OPERATOR, operator_id)

    async def _say(
        self, user_id: int, rate: Decimal | None, month: Month, source: RateSource, by: int | None
    ) -> int:
        if rate is not None and not ZERO <= rate <= MOST:
            raise ValueError("a rate is a fraction of the fee, at most half")
        async with self._database.write() as session:
            person = await self._people.of_user(session, user_id)
            # A user's own id stays out of what cannot be deleted: the person says whose word it is.
            row = AffiliateRate(
                person_id=person.id,
                rate=rate,
                from_month=str(month),
                source=source,
                at_ms=self._clock(),
                user_id=by,
            )
            await rates.add(session, row)
            if by is not None:
                said = "unknown" if rate is None else str(rate)
                detail = {"user": user_id, "rate": said, "from": str(month)}
                await audit.append(session, self._clock(), by, "affiliate", detail)
        return await self._revise(person.id, month)

    async def _revise(self, person_id: int, month: Month) -> int:
        changed, last = 0, 0
        while True:
            async with self._database.read() as session:
                some = await bookings.of_person(session, person_id, str(month), last, BATCH)
            if not some:
                return changed
            changed += await self._bookkeeper.revise(some, "affiliate rate")
            last = some[-1]
