"""What was paid and what was signed, as the pages say it."""

from __future__ import annotations

from typing import Any

import httpx

from bot.rebates.model.rebate import Month
from bot.rebates.statements import Statements
from bot.rebates.storage.tables import Finding
from tests.support.world import Person, World
from tests.web.conftest import link_of
from tests.web.month import lived_in
from tests.web.test_login import enter


async def test_a_recorded_payout_is_shown_with_its_difference(
    world: World, alice: Person, visitor: httpx.AsyncClient
) -> None:
    month = Month.of(world.clock()).previous
    await lived_in(world.bot.database, month.start_ms)
    await enter(visitor, await link_of(alice))
    assert "No payout is recorded yet" in (await visitor.get("/payouts")).text
    await alice.says(f"/payout {month} 1.00", str(month))
    asked = await alice.says(f"/payout {month} 4.00", "already: $1.00")
    await alice.taps("Replace", "A correction", on=asked.id)
    page = (await visitor.get("/payouts")).text
    assert page.count(f'id="{month}"') == 1
    for shown in ("$4.77", "−$0.77", "$4.00"):
        assert shown in page


async def test_a_closed_month_shows_what_was_signed(
    world: World, alice: Person, visitor: httpx.AsyncClient
) -> None:
    month = Month.of(world.clock()).previous
    await lived_in(world.bot.database, month.start_ms)
    await enter(visitor, await link_of(alice))
    assert "Nothing is signed" in (await visitor.get(f"/statements?month={month}")).text
    (signed,) = await world.bot.services.get(Statements).close(month)
    page = (await visitor.get(f"/statements?month={month}")).text
    for shown in ("Statement no. 1", "$59,605.00", "$4.77", signed.hash.hex()[:16]):
        assert shown in page
    assert (await visitor.get("/statements?month=2026-13")).status_code == 404


async def test_only_what_needs_a_look_is_called_so(
    world: World, alice: Person, visitor: httpx.AsyncClient
) -> None:
    unreachable = {"key": True, "why": "Unauthorised"}
    quiet: tuple[tuple[int, str, dict[str, Any]], ...]
    quiet = ((0, "tagged", {}), (1, "equal", {}), (2, "unreachable", unreachable))
    async with world.bot.database.write() as session:
        for day in range(1, 12):
            for account_id, kind, detail in quiet:
                found = Finding(
                    day=f"2026-10-{day:02}",
                    account_id=account_id,
                    kind=kind,
                    detail=detail,
                    at_ms=world.clock(),
                )
                session.add(found)
    await enter(visitor, await link_of(alice))
    assert "needs a look" not in (await visitor.get("/")).text
    page = (await visitor.get("/health")).text
    assert 'class="bad"' not in page.partition('id="checks"')[2]
    async with world.bot.database.write() as session:
        session.add(Finding(day="2026-10-12", account_id=1, kind="different", detail={}, at_ms=world.clock()))
    assert "1 check found a difference" in (await visitor.get("/")).text
    assert "fills differ" in (await visitor.get("/health")).text
