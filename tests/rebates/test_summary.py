"""A month read from the ledger: what counts, what does not, and tables that add up to the cent."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import pytest

from bot.kernel.storage import Database
from bot.notifications import chats
from bot.rebates.model.rebate import TIERS, Month, TierBasis, TierStanding
from bot.rebates.model.summary import Breakdown, MonthSummary, SummaryLine
from bot.rebates.storage.tables import Person
from bot.rebates.summary import Summaries
from tests.rebates.rows import a_ledger_fill, a_person, reversal

OCTOBER = Month(2026, 10)
DAY_MS = 86_400_000
GROUP = -1_001_234_567_890


async def write(database: Database, *fills: dict[str, Any]) -> list[Person]:
    """Two persons, Ann (0) and Ben (1), and fills of theirs in October unless said otherwise."""
    async with database.write() as session:
        people = [await a_person(session, 1001), await a_person(session, 1002)]
        for fill in fills:
            at_ms = fill.get("at_ms", OCTOBER.start_ms + fill.pop("day", 0) * DAY_MS)
            fee = fill.get("fee", D("0.95"))
            standing = fill.get("standing", TierStanding.TAGGED)
            earning = max(D(0), fee) if standing is TierStanding.TAGGED else D(0)
            person = people[fill.pop("who", 0)]
            session.add(a_ledger_fill(person, **{"at_ms": at_ms, "earning": earning, "fee": fee} | fill))
    return people


async def october(database: Database, basis: TierBasis = TierBasis.MONTH) -> MonthSummary:
    return await Summaries(database, basis, clock=lambda: OCTOBER.end_ms).month(OCTOBER)


def sums(lines: tuple[SummaryLine, ...]) -> tuple[int, D, D, D]:
    return (
        sum(line.fills for line in lines),
        sum((line.volume for line in lines), D(0)),
        sum((line.fees for line in lines), D(0)),
        sum((line.payout for line in lines), D(0)),
    )


async def test_every_table_adds_up_to_the_month(database: Database) -> None:
    """Thirds of a cent everywhere, so that rounding each row would miss the total."""
    fills = [
        {
            "who": n % 2,
            "day": n % 7,
            "symbol": f"C{n % 5}_USDC",
            "is_maker": n % 3 == 0,
            "fee": D("0.033333333"),
        }
        for n in range(60)
    ]
    await write(database, *fills, {"affiliate": D("0.45"), "fee": D("0.077777777")})
    found = await october(database)
    totals = found.totals
    assert totals.payout == D("0.40")  # 60 × 0.033333333 × 20 % + 0.077777777 × 5 %, rounded once
    for by in Breakdown:
        assert sums(found.tables[by]) == (61, totals.volume, totals.fees, totals.payout), by
    assert totals.users == 2
    days = [line.key - OCTOBER.start_ms // DAY_MS for line in found.tables[Breakdown.DAY]]
    assert days == list(range(7))


async def test_what_earns_nothing_is_told_apart_by_standing(database: Database) -> None:
    await write(
        database,
        {},
        {"standing": TierStanding.EXIT, "contingent": D("0.19")},
        {"standing": TierStanding.UNTAGGED},
        {"standing": TierStanding.ELSEWHERE, "who": 1},
        {"standing": TierStanding.SYSTEM, "fee": D(10)},
        {"fee": D("-0.5"), "is_maker": True},
    )
    found = await october(database)
    assert (found.totals.fills, found.totals.volume) == (2, D("2000.00"))
    assert (found.totals.charged, found.totals.fees, found.totals.payout) == (D("0.45"), D("0.95"), D("0.19"))
    assert found.totals.contingent == D("0.19")
    standing = {line.key: (line.volume, line.payout) for line in found.tables[Breakdown.STANDING]}
    assert standing[TierStanding.TAGGED] == (D("2000.00"), D("0.19"))
    assert set(standing) == set(TierStanding)
    assert all(payout == 0 for key, (_, payout) in standing.items() if key is not TierStanding.TAGGED)
    assert [line.key for line in found.tables[Breakdown.USER]] == [1]
    own = found.own_numbers()
    assert (own.volume, own.users_volume, own.users_fees) == (D(2000), D("5000.00"), D("3.30"))
    assert (own.active_users, own.new_users) == (1, 0)


async def test_the_tier_follows_the_basis_and_its_change_is_known(database: Database) -> None:
    september = OCTOBER.start_ms - DAY_MS
    await write(database, {"notional": D("6e6"), "at_ms": september}, {"notional": D("12e6"), "fee": D(100)})
    by_previous = await october(database, TierBasis.PREVIOUS)
    assert (by_previous.tier, by_previous.totals.payout) == (TIERS[1], D("30.00"))
    assert by_previous.tier_change == (TIERS[1], TIERS[2])
    by_month = await october(database, TierBasis.MONTH)
    assert (by_month.tier, by_month.totals.payout) == (TIERS[2], D("35.00"))
    assert by_month.tier_change == (TIERS[1], TIERS[2])
    assert replace(by_month, before_tier=TIERS[2]).tier_change is None


async def test_a_reversed_fill_is_in_no_table(database: Database) -> None:
    people = await write(database, {})
    async with database.write() as session:
        row = a_ledger_fill(people[1], at_ms=OCTOBER.start_ms, symbol="GONE_USDC")
        session.add(row)
        session.add(reversal(row))
    found = await october(database)
    assert found.totals.fills == 1
    assert [line.key for line in found.tables[Breakdown.MARKET]] == ["SOL_USDC_PERP"]


async def test_an_unknown_affiliate_is_counted_as_none_and_its_cost_shown(database: Database) -> None:
    await write(database, {"notional": D("70e6"), "fee": D(1000)}, {"affiliate": D("0.10"), "fee": D(1000)})
    found = await october(database)
    assert (found.tier, found.totals.payout) == (TIERS[4], D("850.00"))
    assert found.totals.affiliate_cost == D("50.00")
    assert found.earning == {None: D(1000), D("0.10"): D(1000)}


async def test_what_moved_is_told_against_the_month_before(database: Database) -> None:
    september = OCTOBER.start_ms - DAY_MS
    await write(
        database,
        {"at_ms": september, "symbol": "OLD_USDC", "who": 1},
        {"symbol": "NEW_USDC", "notional": D(5000)},
        {"symbol": "SAME_USDC"},
        {"symbol": "SAME_USDC", "at_ms": september},
    )
    found = await october(database)
    assert (found.before.volume, found.before.users) == (D("2000.00"), 2)
    markets = [
        (move.key, move.before, move.now) for move in found.moves if move.breakdown is Breakdown.MARKET
    ]
    assert markets == [("NEW_USDC", 0, D("5000.00")), ("OLD_USDC", D("1000.00"), 0)]
    users = [(move.key, move.change) for move in found.moves if move.breakdown is Breakdown.USER]
    assert users == [(1, D("5000.00")), (2, D("-1000.00"))]


async def test_people_and_groups_have_names(database: Database) -> None:
    await write(database, {"group_id": GROUP}, {})
    async with database.write() as session:
        await chats.get_or_create(session, GROUP, 0, title="Desk")
    found = await october(database)
    assert found.names[Breakdown.USER, 1].id == 1001
    assert found.names[Breakdown.GROUP, GROUP].text == "Desk"
    assert {line.key for line in found.tables[Breakdown.GROUP]} == {None, GROUP}


@pytest.mark.parametrize("basis", list(TierBasis))
async def test_an_empty_month_is_all_zero(database: Database, basis: TierBasis) -> None:
    found = await october(database, basis)
    assert (found.totals.payout, found.totals.users, found.unbooked) == (0, 0, 0)
    assert all(lines == () for lines in found.tables.values())
    assert found.tier_change is None
    assert await Summaries(database, basis, clock=lambda: OCTOBER.end_ms).months() == []


async def test_months_with_an_entry_are_listed_newest_first(database: Database) -> None:
    await write(database, {}, {"at_ms": OCTOBER.start_ms - 40 * DAY_MS}, {"at_ms": OCTOBER.end_ms})
    months = await Summaries(database, TierBasis.MONTH, clock=lambda: OCTOBER.end_ms).months()
    assert [str(month) for month in months] == ["2026-11", "2026-10", "2026-08"]
