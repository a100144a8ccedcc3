"""What decides a fill's rebate besides its fee: the month's tier, and what the user's referrer gets."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.values import ZERO
from bot.kernel.storage import Database
from bot.rebates.model.rebate import ExitsTagged, Month, Tier, TierBasis, tier_of
from bot.rebates.storage import bookings
from bot.rebates.storage.bookings import survey_volume


@dataclass(frozen=True, slots=True)
class BrokerTerms:
    """What the operator has set of the broker programme."""

    broker_id: int
    tier_basis: TierBasis
    exits_tagged: ExitsTagged


class Tiers:
    """The tier of a month by the API volume booked so far; what was added up once is not read again."""

    def __init__(self, basis: TierBasis) -> None:
        self._basis = basis
        self._volumes: dict[Month, tuple[Decimal, int]] = {}  # and the last row of the ledger it includes

    async def prepare(self, database: Database, months: Collection[Month]) -> None:
        """Add up what was never added up, outside of any transaction: it may be millions of rows."""
        for basis in {self._basis_of(month) for month in months} - self._volumes.keys():
            self._volumes[basis] = await database.survey(partial(survey_volume, month=str(basis)))

    def _basis_of(self, month: Month) -> Month:
        return month.previous if self._basis is TierBasis.PREVIOUS else month

    async def of(self, session: AsyncSession, month: Month) -> Tier:
        """In the writer's turn, before it writes: what a rollback takes back must not be remembered."""
        basis = self._basis_of(month)
        known, last = self._volumes.get(basis, (ZERO, 0))
        more, last = await bookings.volume_after(session, str(basis), last)
        self._volumes[basis] = known + more, last
        return tier_of(known + more)
