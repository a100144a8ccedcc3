"""The funding desk through the chat: the table, one market with its picture, carries and their two legs."""

from __future__ import annotations

import asyncio
import re
from decimal import Decimal

import pytest

from bot.domain.values import MarketKind
from bot.posts import storage
from tests.support.world import CAROL, DESK, Person, World

HOUR = 3_600_000


async def test_the_table_shows_every_perp_and_sorts_and_turns(world: World, carol: Person) -> None:
    table = await carol.says("/funding", "Funding")
    markets = await world.bot.client.markets()
    perps = [market.symbol for market in markets.values() if market.kind is MarketKind.PERP]
    shown = table.text.split("\n")
    assert f"{len(perps)} markets" in shown[0]
    assert all(any(row.startswith(perp.split("_")[0]) for row in shown) for perp in perps)
    by_name = await carol.taps("A–Z", "Funding", on=table.id)
    names = [row.split()[0] for row in by_name.text.split("\n")[2:] if row.split()[0:1]][: len(perps)]
    assert names == sorted(names)


async def test_one_market_comes_with_a_picture_of_its_past_and_my_own_cost(carol: Person) -> None:
    page = await carol.says("/funding sol", "SOL-PERP funding")
    assert page.raw.get("photo")
    assert "30 d" in page.text
    assert "My" not in page.text
    await carol.says("long sol $500", "Account")
    await carol.taps("✅", "Filled")
    page = await carol.says("funding sol", "SOL-PERP funding")
    assert "at the next settlement" in page.text
    assert "earns its fees back" in page.text


async def test_a_carry_is_two_legs_on_one_card_with_one_confirm(world: World, carol: Person) -> None:
    listed = await carol.says("/carry", "Carries")
    assert "net" in listed.text
    page = await carol.taps("SOL", "SOL carry")
    assert "a year" in page.text
    preview = await carol.says("/carry sol $500", "Account")
    assert preview.text.count("SOL") > 2
    await carol.taps("✅", "Filled", on=preview.id)
    await carol.chat.wait_for(lambda m: "Filled" in m.text and "SOL-PERP at" in m.text)
    sent = await world.sent()
    assert [(o["symbol"], o["side"]) for o in sent] == [("SOL_USDC", "Bid"), ("SOL_USDC_PERP", "Ask")]
    assert sent[0]["executed"] == sent[1]["executed"] != "0"


async def test_a_carry_too_small_for_either_market_says_so(carol: Person) -> None:
    refused = await carol.says("/carry btc $0.01", "minimum")
    assert "✅" not in str(refused.labels)


async def test_a_group_sees_the_table_and_never_what_anybody_holds(world: World, carol: Person) -> None:
    await carol.says("long sol $500", "Account")
    await carol.taps("✅", "Filled")
    group = world.person(CAROL, DESK)
    page = await group.says("/funding sol", "SOL-PERP funding")
    assert "My" not in page.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_market_that_changes_its_interval_is_read_and_watched_by_the_hour(
    world: World, carol: Person
) -> None:
    """8 h, then 1 h, at the same pay by the hour: nothing about it is extreme; then 4 h, at once."""
    markets = world.exchange.engine.world.markets
    symbol, base = "WIF_USDC_PERP", "WIF"
    market = markets[symbol]
    changed_ms = market.next_funding_ms // (8 * HOUR) * 8 * HOUR - 48 * HOUR
    market.funding_rates.clear()
    for number in range(84, 0, -1):
        rate = Decimal("0.0001") + Decimal(number % 3) / 1_000_000
        market.funding_rates.append((changed_ms - number * 8 * HOUR, rate))
    for at_ms in range(changed_ms, market.next_funding_ms, HOUR):
        market.funding_rates.append((at_ms, Decimal("0.0001") / (8 if at_ms > changed_ms else 1)))
    page = await carol.says(f"/funding {base}", f"{base}-PERP funding")
    averages = re.search(r"24 h \+([\d.]+)% · 7 d \+([\d.]+)% · 30 d \+([\d.]+)%", page.text)
    assert averages is not None, page.text
    assert all(10.5 < float(one) < 11.5 for one in averages.groups()), "10.95 % a year all the time"
    assert "every 1 h" in page.text
    await carol.says(f"alert {base} funding extreme", "Alert set")
    await carol.says(f"alert {base} funding > 0.02%", "per 1 h")
    await carol.says(f"/schedule funding 10m before {base}", "Saved")
    await asyncio.sleep(1.5)  # a mark a second: each has been judged
    fired = [m.text for m in await carol.chat.messages() if m.from_bot and m.text.startswith("🔔 WIF")]
    assert not fired, "the same pay by the hour is neither extreme nor above 0.02 % an hour"
    before = await _due(world)
    paid_ms = market.next_funding_ms - HOUR
    hours = next(one for one in (4, 7, 11) if market.next_funding_ms % (one * HOUR))
    body = {"symbol": symbol, "fundingInterval": hours * HOUR}
    (await world.admin.post("/sandbox/market", json=body)).raise_for_status()
    async with asyncio.timeout(15):
        while await _due(world) == before:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert await _due(world) == market.next_funding_ms - 10 * 60_000
    shown = await carol.says(f"/price {base}-PERP", "Funding")
    assert f"per {(market.next_funding_ms - paid_ms) // HOUR} h" in shown.text  # since the last settlement


async def _due(world: World) -> int:
    async with world.bot.database.read() as session:
        (post,) = await storage.later_than(session, 0)
        return post.due_ms
