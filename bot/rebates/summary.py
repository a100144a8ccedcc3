"""Reads a month of the ledger for people: a handful of sums, whatever the number of fills.

The database adds up; what comes back grows with users and markets, never with fills.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.orm import Session

from bot.domain.values import ZERO
from bot.kernel.storage import Database
from bot.rebates.model.programme import month_tier
from bot.rebates.model.rebate import Month, TierBasis, TierStanding
from bot.rebates.model.summary import (
    Breakdown,
    MonthSummary,
    Name,
    Piece,
    SummaryLine,
    by_affiliate,
    moves,
    table,
    totals,
)
from bot.rebates.storage import bookings, ledger, summaries
from bot.rebates.storage.ledger import Dimension, LedgerCell

MOST_MONTHS: Final = 24
RECENT_MS: Final = 60_000
# One look at the month's fills for each. What has few values is looked at together.
_LOOKS: Final = (
    {Breakdown.MARKET: Dimension.SYMBOL},
    {Breakdown.USER: Dimension.PERSON},
    {Breakdown.GROUP: Dimension.GROUP},
    {
        Breakdown.DAY: Dimension.DAY,
        Breakdown.ROLE: Dimension.MAKER,
        Breakdown.TIER: Dimension.TIER,
        Breakdown.STANDING: Dimension.STANDING,
    },
)
_MOVING: Final = _LOOKS[:2]

Pieces = dict[Breakdown, list[Piece]]
Tables = dict[Breakdown, tuple[SummaryLine, ...]]


class Summaries:
    """Months of one broker. `basis` is the operator's setting."""

    def __init__(self, database: Database, basis: TierBasis, *, clock: Callable[[], int]) -> None:
        self._database = database
        self._basis = basis
        self._clock = clock
        self._last: tuple[int, MonthSummary] | None = None

    async def month(self, month: Month) -> MonthSummary:
        """Everything about `month`, read now."""
        now_ms = self._clock()
        summary = await self._database.survey(lambda session: summarise(session, month, self._basis))
        self._last = now_ms, summary
        return summary

    async def recent(self, month: Month) -> MonthSummary:
        """The same as it was read a moment ago, for whoever pages through it; not while fills wait."""
        if self._last is not None:
            read_ms, summary = self._last
            if summary.month == month and not summary.unbooked and 0 <= self._clock() - read_ms < RECENT_MS:
                return summary
        return await self.month(month)

    async def months(self) -> list[Month]:
        """Those with an entry, the newest first."""
        return await self._database.survey(lambda session: summaries.months(session, MOST_MONTHS))

    async def unbooked(self, month: Month) -> int:
        """How many of its fills the ledger has not taken in yet."""
        return await self._database.survey(lambda session: summaries.unbooked(session, month))


def summarise(session: Session, month: Month, basis: TierBasis) -> MonthSummary:
    """`month`, and how it differs from the one before."""
    pieces = _look(session, month, _LOOKS)
    before = _look(session, month.previous, _MOVING)
    volume, previous_volume = _volume(pieces[Breakdown.STANDING]), _volume(before[Breakdown.MARKET])
    older_volume = _volume(_look(session, month.previous.previous, _LOOKS[:1])[Breakdown.MARKET])
    tier = month_tier(basis, volume, previous_volume)
    before_tier = month_tier(basis, previous_volume, older_volume)
    tables = {breakdown: table(breakdown, found, tier) for breakdown, found in pieces.items()}
    were = {breakdown: table(breakdown, found, before_tier) for breakdown, found in before.items()}
    moved = tuple(move for one in were for move in moves(one, tables[one], were[one]))
    names, new_users = _names(session, month, tables, were)
    return MonthSummary(
        month=month,
        basis=basis,
        volume=volume,
        previous_volume=previous_volume,
        earning=by_affiliate(pieces[Breakdown.STANDING]),
        totals=totals(pieces[Breakdown.STANDING], tier, len(tables[Breakdown.USER])),
        before=totals(before[Breakdown.MARKET], before_tier, len(were[Breakdown.USER])),
        before_tier=before_tier,
        tables=tables,
        moves=moved,
        names=names,
        new_users=new_users,
        unbooked=summaries.unbooked(session, month),
        unpriced=bookings.survey_unpriced(session, str(month)),
    )


def _look(session: Session, month: Month, looks: Sequence[Mapping[Breakdown, Dimension]]) -> Pieces:
    found: Pieces = {}
    for look in looks:
        # In this order SQLite reads the month as it was written, not hither and thither by person.
        by = (Dimension.STANDING, Dimension.AFFILIATE, *look.values())
        cells = ledger.survey_month(session, str(month), by)
        for place, breakdown in enumerate(look, 2):
            found[breakdown] = [_piece(cell, place) for cell in cells]
    return found


def _piece(cell: LedgerCell, place: int) -> Piece:
    standing, affiliate, *_ = cell.key
    return Piece(
        key=cell.key[place],
        standing=standing,
        affiliate=affiliate,
        fills=cell.fills,
        notional=cell.notional,
        fee=cell.fee,
        earning=cell.earning,
        contingent=cell.contingent,
    )


def _volume(pieces: list[Piece]) -> Decimal:
    return sum((piece.notional for piece in pieces if piece.standing is TierStanding.TAGGED), ZERO)


def _names(
    session: Session, month: Month, tables: Tables, were: Tables
) -> tuple[dict[tuple[Breakdown, Any], Name], int]:
    """How people and groups are called, and how many of the month's users are new in it."""
    active = {line.key for line in tables[Breakdown.USER]}
    names: dict[tuple[Breakdown, Any], Name] = {}
    new_users = 0
    for person in summaries.people(session, active | {line.key for line in were[Breakdown.USER]}):
        names[Breakdown.USER, person.id] = Name(person.pseudonym, person.user_id)
        new_users += person.id in active and person.created_ms >= month.start_ms
    groups = {line.key for line in tables[Breakdown.GROUP] if line.key is not None}
    titles = summaries.titles(session, groups)
    names.update(((Breakdown.GROUP, group), Name(titles.get(group, ""), group)) for group in groups)
    return names, new_users
