"""Alerts on one's own account: typed, made true by the exchange, told once; also what happened meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.world import Person, World

pytestmark = pytest.mark.both_databases

PERP = "SOL_USDC_PERP"


async def _prices(world: World, price: str) -> None:
    """The whole market of SOL goes there; marks and indices follow."""
    for symbol in ("SOL_USDC", PERP):
        await world.price(symbol, price)


async def _times(person: Person, expect: str) -> int:
    """How often an alert fired that says so; what was only set says `Alert set`."""
    said = [m.text for m in await person.chat.messages() if m.from_bot and "Alert set" not in m.text]
    return sum(line.startswith("🔔") and expect in line for text in said for line in text.splitlines())


async def _goes_long(person: Person, line: str) -> None:
    card = await person.says(line, "Long SOL-PERP")
    await person.taps("✅", on=card.id)
    await person.sees("Filled", after=card.revision)


async def test_a_fill_is_told_with_its_size_and_price(world: World, carol: Person) -> None:
    await carol.says("alert fill", "Alert set")
    await _goes_long(carol, "long 1 sol")
    fired = await carol.sees("Bought 1 SOL at $")
    assert "🔔 SOL-PERP: an order of mine fills" in fired.text
    assert fired.labels == ("Again", "Price", "Alerts")
    await carol.says("/alerts", "None yet")
    await _goes_long(carol, "long 2 sol")
    assert await _times(carol, "an order of mine fills") == 1


async def test_a_position_in_trouble_speaks_at_every_level_once(world: World, carol: Person) -> None:
    await _goes_long(carol, "long $40000 sol")
    for line in ("liq < 20/10/5%", "margin < 30%", "sol pnl < -$1000", "pnl > $5000"):
        await carol.says(f"alert {line}", "Alert set")
    for price, levels in (("140", 0), ("125", 1), ("127", 1), ("113", 2), ("106", 3)):
        await _prices(world, price)
        async with asyncio.timeout(10):
            while await _times(carol, "liquidation closer") < levels:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    whats = ("liquidation closer", "my margin below", "PnL below", "PnL above")
    assert [await _times(carol, what) for what in whats] == [3, 1, 1, 0]


async def test_a_key_that_is_refused_is_told_once(world: World, carol: Person) -> None:
    await carol.says("alert key repeat", "Alert set")
    await carol.revokes_key()
    await carol.sees("main: the exchange does not accept its key any more.")
    assert await _times(carol, "trouble with my API key") == 1


async def test_alerts_on_an_account_end_with_it(world: World, carol: Person) -> None:
    await carol.says("alert fill", "Alert set")
    await carol.says("a sol > 160", "Alert set")
    await carol.says("/unlink", "Unlink")
    await carol.taps("Unlink")
    listed = await carol.says("/alerts", "Alerts (1)")
    assert "above $160" in listed.text
