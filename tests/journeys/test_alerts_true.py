"""What is true already when an alert is set is said, and told now or when it comes true again."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.support.world import Person, World

SOL, PERP = "SOL_USDC", "SOL_USDC_PERP"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # it is no part of this


async def _prices(world: World, price: str, base: str = "SOL") -> None:
    for symbol in (f"{base}_USDC", f"{base}_USDC_PERP"):
        await world.price(symbol, price)


async def _fired(person: Person, what: str, count: int, seconds: float = 10) -> None:
    """So often it was told."""
    async with asyncio.timeout(seconds):
        while await _times(person, what) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert await _times(person, what) == count


async def _times(person: Person, what: str) -> int:
    said = [m.text for m in await person.chat.messages() if m.from_bot and "Alert set" not in m.text]
    return sum(line.startswith("🔔") and what in line for text in said for line in text.splitlines())


async def test_every_kind_is_asked_about_and_told_now_or_again(world: World, carol: Person) -> None:
    """The value stands beside the question in its own unit."""
    await _prices(world, "155")
    lines = {
        "alert sol > 140": ("price above $140", "Now: $15"),
        "alert sol funding < 900% apr": ("funding below 900% a year", " per 1 h ("),
        "alert sol funding < 5%": ("funding below 5% per 1 h", " a year)"),
        "alert sol basis < 5%": ("index +5%", "% of the index"),
        "alert sol spread > 0.001%": ("spread above", "% of the middle"),
        "alert sol up 3% in 1h": ("up 3% in 1 h", "% in 1 h"),
        "alert pnl > -$5": ("PnL above −$5.00", "Now: $0.00"),
    }
    for line, (what, seen) in lines.items():
        asked = await carol.says(line, "That is so already")
        assert what in asked.text, line
        assert seen in asked.text, line
        assert set(asked.labels) == {"Tell me now", "When it comes true again"}
        await carol.taps("Tell me now", "Alert set", on=asked.id)
        await _fired(carol, what, 1)
    await carol.says("/alerts", "None yet")


async def test_again_waits_until_it_has_ceased_also_after_a_pause(world: World, carol: Person) -> None:
    asked = await carol.says("alert sol > 140", "That is so already")
    await carol.taps("When it comes true again", "Alert set", on=asked.id)
    await _prices(world, "151")
    await _prices(world, "139")
    assert await _times(carol, "above $140") == 0
    await _prices(world, "141")
    await _fired(carol, "above $140", 1)
    await carol.says("alert sol < 130", "Alert set")
    await carol.says("/alerts", "Alerts (1)")
    await carol.taps("1", "below $130")
    await carol.taps("Pause", "⏸")
    await _prices(world, "120")
    await carol.taps("Resume", "That is so already")
    await carol.taps("Tell me now")
    await _fired(carol, "below $130", 1)


async def test_one_that_repeats_speaks_at_once(world: World, carol: Person) -> None:
    await _prices(world, "155")
    lines = {
        "alert sol > 140 repeat": "price above $140",
        "alert sol funding > -900% apr repeat": "funding above −900% a year",
        "alert sol up 2% in 1h repeat": "up 2% in 1 h",
    }
    for line, what in lines.items():
        await carol.says(line, "Alert set")
        await _fired(carol, what, 1)
    told = next(
        m.text
        for m in await carol.chat.messages()
        if "up 2% in 1 h\n" in m.text and "Alert set" not in m.text
    )
    assert re.search(r"^\+3\.\d+% in 1 h at ", told, re.MULTILINE), "in per cent, not as a price"
