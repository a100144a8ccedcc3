"""A market leaves the list: its alerts do not stay armed in silence, and `/funding` says what is so."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.world import Person, World

pytestmark = pytest.mark.both_databases

WIF = "WIF_USDC_PERP"


async def _lists(world: World, *, listed: bool) -> None:
    """The exchange's list changes, and the bot reads it: twice, for one reading is not believed alone."""
    body = {"symbol": WIF, "listed": listed}
    (await world.admin.post("/sandbox/market", json=body)).raise_for_status()
    world.clock.skip(301)  # the list is remembered for five minutes
    for _ in range(2):
        before = world.bot.feed.markets
        world.bot.feed.look_again()
        async with asyncio.timeout(10):
            while world.bot.feed.markets is before:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await asyncio.sleep(1.1)  # the alerts look every second


async def test_alerts_on_a_market_that_left_are_paused_and_told_once(world: World, carol: Person) -> None:
    for line in ("a wif mark > 9", "alert wif funding > 900% apr repeat", "a sol > 900", "alert delisting"):
        await carol.says(line, "Alert set")
    await _lists(world, listed=False)
    told = await carol.sees("WIF-PERP is no longer on Backpack")
    assert "WIF-PERP mark price above $9" in told.text
    assert "WIF-PERP funding above" in told.text
    assert "SOL" not in told.text
    await carol.sees("🔔 WIF-PERP delisted")
    await _lists(world, listed=False)
    said = [m.text for m in await carol.chat.messages() if "no longer on Backpack" in m.text]
    assert len(said) == 1
    await carol.says("alert wif funding flips", "WIF-PERP is no longer on Backpack")
    listed = await carol.says("/alerts", "Alerts (3)")
    assert listed.text.count("⏸") == 2
    opened = await carol.taps("WIF", "once", on=listed.id)
    await carol.taps("Resume", "WIF-PERP is no longer on Backpack", on=opened.id)
    await _lists(world, listed=True)
    listed = await carol.says("/alerts", "Alerts (3)")
    opened = await carol.taps("WIF", "once", on=listed.id)
    resumed = await carol.taps("Resume", "WIF-PERP mark price above", on=opened.id)
    assert "Pause" in resumed.labels


async def test_funding_of_a_perp_that_left_says_so(world: World, carol: Person) -> None:
    preview = await carol.says("long wif $100", "Account")
    await carol.taps("✅", "Filled", on=preview.id)
    await _lists(world, listed=False)
    for line in ("/funding wif", "/funding wif-perp"):
        said = await carol.says(line, "WIF-PERP is no longer on Backpack")
        assert "has no perp" not in said.text
