"""The payouts page says what was recorded by /payout, to the cent; the later record counts."""

from __future__ import annotations

import httpx

from bot.domain.rebate import Month
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
    for amount in ("1.00", "4.00"):
        await alice.says(f"/payout {month} {amount}", str(month))
    page = (await visitor.get("/payouts")).text
    assert page.count(f'id="{month}"') == 1
    for shown in ("$4.77", "−$0.77", "$4.00"):
        assert shown in page
