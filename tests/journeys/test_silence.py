"""One stream alone falls silent: nobody waits longer than fifteen seconds for what it kept to itself."""

from __future__ import annotations

import asyncio
import time

import pytest

from bot.trading import account_snapshots
from bot.trading.tracking import stream_pulse
from tests.alerts.streams import (
    Act,
    account_of,
    another_program_buys,
    goes_long,
    interest_grows,
    money_leaves,
    spread_widens,
)
from tests.support.world import Person, World

SOL, PERP = "SOL_USDC", "SOL_USDC_PERP"
LONGEST_S = 15.0


pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # it is no part of this


async def _prices(world: World, price: str) -> None:
    for symbol in (SOL, PERP):
        await world.price(symbol, price)


async def _silence(world: World, *prefixes: str) -> None:
    for prefix in prefixes:
        await world.fault(action="stream_drop", match={"path": prefix, "times": None})


async def test_alerts_and_fills_are_told_though_their_streams_are_silent(world: World, carol: Person) -> None:
    """All at once, but for candles and the heartbeat; each alone: `python -m tests.alerts.frozen`."""
    await carol.says("a sol > 155", "Alert set")
    await carol.says("alert sol mark > 156", "Alert set")
    await carol.says("alert fill", "Alert set")
    await carol.says("alert sol spread > 0.2%", "Alert set")
    await carol.says("alert sol oi up 20% in 1h", "Alert set")
    card = await carol.says("short 1 sol at 154", "Short SOL-PERP")
    await carol.taps("✅", "Open", on=card.id)
    await _silence(world, "trade.", "account.", "bookTicker.", "openInterest.", "depth.", f"markPrice.{PERP}")
    await spread_widens(world, carol)
    await interest_grows(world, carol)
    await _prices(world, "154.5")
    await _prices(world, "157")
    begun = time.monotonic()
    async with asyncio.timeout(LONGEST_S):
        await carol.sees("🔔 SOL-PERP price above $155\n", timeout=LONGEST_S)
        await carol.sees("🔔 SOL-PERP mark price above $156\n", timeout=LONGEST_S)
        await carol.sees("an order of mine fills", timeout=LONGEST_S)
        await carol.sees("🔔 SOL-PERP spread above", timeout=LONGEST_S)
        await carol.sees("🔔 SOL-PERP open interest up", timeout=LONGEST_S)
        await carol.chat.wait_for(lambda m: m.id == card.id and "Filled" in m.text, LONGEST_S)
    assert time.monotonic() - begun < LONGEST_S
    price = await carol.says("/price sol", "SOL-PERP")
    assert "157" in price.text, "what was told and what is shown agree"


@pytest.mark.parametrize(
    ("line", "happens", "told"),
    [
        ("alert fill", another_program_buys, "an order of mine fills"),
        ("alert margin < 25%", money_leaves, "my margin below"),
    ],
)
async def test_an_account_the_exchange_keeps_waiting_delays_no_other(
    world: World,
    bob: Person,
    carol: Person,
    monkeypatch: pytest.MonkeyPatch,
    line: str,
    happens: Act,
    told: str,
) -> None:
    monkeypatch.setattr(stream_pulse, "SILENT_S", 0.5)
    monkeypatch.setattr(account_snapshots, "FRESH_S", 0.5)
    await goes_long(world, carol)
    for person in (bob, carol):
        await person.says(line, "Alert set")
    (key,) = account_of(world, "Bob").keys
    await world.fault(action="delay_before", ms=60_000, match={"publicKey": key, "times": None})
    await _silence(world, "account.")
    kept = world.exchange.faults.rules[0]
    async with asyncio.timeout(LONGEST_S):
        while not kept.hits:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    await asyncio.sleep(1)  # both were asked about, and Bob still is
    await happens(world, carol)
    await carol.chat.wait_for(lambda m: told in m.text and "Alert set" not in m.text, 4)
