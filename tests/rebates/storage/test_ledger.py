"""Sums of the ledger: exact on both databases, by any dimension, with revisions taken into account."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError

from bot.kernel.recurrence import DAY_MS
from bot.kernel.storage import Database
from bot.rebates.model.rebate import TierStanding
from bot.rebates.storage import ledger
from bot.rebates.storage.ledger import Dimension, LedgerCell
from bot.rebates.storage.tables import LedgerFill
from tests.rebates.rows import a_ledger_fill, a_person, reversal
from tests.support.rows import NOW

MONTH = "2025-10"
NANO = Decimal("0.000000001")


async def test_cells_add_up_by_any_dimensions(database: Database) -> None:
    async with database.write() as session:
        bob, carol = await a_person(session, 1002), await a_person(session, 1003)
        session.add_all(
            [
                a_ledger_fill(bob, fee=Decimal("0.1") + NANO),
                a_ledger_fill(bob, at_ms=NOW + DAY_MS, group_id=-100, is_maker=True),
                a_ledger_fill(carol, standing=TierStanding.ELSEWHERE, affiliate=Decimal("0.1")),
                a_ledger_fill(carol, at_ms=NOW - 40 * DAY_MS),  # another month
            ]
        )
    async with database.read() as session:
        (total,) = await ledger.month_cells(session, MONTH, ())
        by_person = await ledger.month_cells(session, MONTH, (Dimension.PERSON, Dimension.STANDING))
        days = await ledger.month_cells(session, MONTH, (Dimension.DAY,))
        by_all = await ledger.month_cells(session, MONTH, tuple(Dimension))
        assert await ledger.api_volume(session, MONTH) == 2000
    assert total == LedgerCell(
        (), 3, Decimal(3000), Decimal("2.000000001"), Decimal("2.85"), Decimal("0.57"), Decimal(0)
    )
    assert [(cell.key, cell.fills) for cell in by_person] == [
        ((bob.id, TierStanding.TAGGED), 2),
        ((carol.id, TierStanding.ELSEWHERE), 1),
    ]
    assert [cell.key for cell in days] == [(NOW // DAY_MS,), (NOW // DAY_MS + 1,)]
    assert len(by_all) == 3
    assert Decimal("0.1") in [cell.key[list(Dimension).index(Dimension.AFFILIATE)] for cell in by_all]
    surveyed = await database.survey(lambda session: ledger.survey_month(session, MONTH, (Dimension.DAY,)))
    assert surveyed == days


async def test_a_fill_that_was_booked_anew_counts_once_where_it_is_now(database: Database) -> None:
    async with database.write() as session:
        bob = await a_person(session)
        first = a_ledger_fill(bob, standing=TierStanding.ELSEWHERE, earning=Decimal(0), accrued=Decimal(0))
        session.add_all([first, reversal(first), a_ledger_fill(bob, fill_id=first.fill_id, revision=2)])
    async with database.read() as session:
        (cell,) = await ledger.month_cells(session, MONTH, (Dimension.STANDING,))
    assert (cell.key, cell.fills, cell.notional) == ((TierStanding.TAGGED,), 1, 1000)


async def test_an_empty_month_has_no_cells_and_no_volume(database: Database) -> None:
    async with database.read() as session:
        assert await ledger.month_cells(session, MONTH, (Dimension.DAY,)) == []
        assert await ledger.month_cells(session, MONTH, ()) == []
        assert await ledger.api_volume(session, MONTH) == 0


@pytest.mark.parametrize("change", [update(LedgerFill).values(tier=5), delete(LedgerFill)])
async def test_the_database_refuses_to_change_a_booking(database: Database, change: object) -> None:
    async with database.write() as session:
        session.add(a_ledger_fill(await a_person(session)))
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.write() as session:
            await session.execute(change)  # type: ignore[call-overload]
    async with database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM ledger_fill")) == 1
