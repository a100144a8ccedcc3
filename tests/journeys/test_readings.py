"""Lines with more than one reading: the market tells some apart, the rest is asked; nothing goes unasked."""

from __future__ import annotations

import pytest

from tests.support.world import Person, World

# Nothing here depends on how the database stores it.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_two_bare_numbers_are_told_apart_by_the_market(world: World, carol: Person) -> None:
    question = await carol.says("long sol 142.5 2", "What does 2 mean?")
    preview = await carol.taps("Always coins", "Limit $142.50", on=question.id)
    assert "long 2 SOL at 142.5" in preview.text
    for line, canonical in (
        ("limit btc buy 90000 0.01", "buy BTC 0.01 at 90000"),
        ("short sol 3.5 160", "short SOL 3.5 at 160"),
        ("long sol $20; long sol 1.0 145", "long SOL $20; long SOL 1 at 145"),
    ):
        await carol.says(line, canonical)
    for line in ("long sol 145 142.5", "long sol 2.5 3.5"):
        asked = await carol.says(line, "I cannot tell which")
        assert "✅" not in str(asked.labels)
        assert len(asked.labels) >= 2
    assert await world.sent() == []


async def test_a_line_told_apart_is_never_sent_unasked(world: World, carol: Person) -> None:
    await carol.says("long sol 20", "What does 20 mean?")
    await carol.taps("Always coins", "Long SOL-PERP")
    await carol.says("/settings", "Settings")
    await carol.taps("Confirm")
    await carol.taps("$100")
    preview = await carol.says("long sol 142.5 0.1", "Limit $142.50")
    assert "✅" in str(preview.labels)
    assert await world.sent() == []
    await carol.says("long sol 0.1 at 142.5", "Open")


async def test_a_price_range_is_asked_about_at_either_end(world: World, carol: Person) -> None:
    around = await carol.says("long sol $100 at 140-160", "SOL-PERP is between them, at $150")
    assert around.labels == ("▸ long sol $100 at 140", "▸ long sol $100 at 160")
    await carol.taps("at 160", "Limit $160.00", on=around.id)
    beside = await carol.says("sell sol 2 at 160 to 170", "160 to 170 names two prices; one order has one.")
    assert "between them" not in beside.text
    await carol.says("long eth $50; long sol $100 at 0-140", "0 to 140 names two prices")


async def test_coins_are_bought_with_their_stop_as_a_second_order(world: World, carol: Person) -> None:
    refused = await carol.says("buy eth $100 sl 3% tp 10%", "attached to coins")
    assert "▸ long ETH $100 tp 10% sl 3%" in refused.labels
    preview = await carol.taps("; sl ", "2 steps", on=refused.id)
    await carol.taps("✅", "All 2 steps done", on=preview.id)
    _, stop = await world.sent()
    assert (stop["symbol"], stop["status"]) == ("ETH_USDC", "TriggerPending")
    await world.price("ETH_USDC", "2600")
    await carol.sees("Filled · Sell")
    assert [one["status"] for one in await world.sent()] == ["Filled", "Filled"]
