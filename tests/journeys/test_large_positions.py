"""A position larger than the largest order of its market is closed by one Confirm, in several orders."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.world import Person, World

# Nothing here depends on how the database stores it.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SOL = "SOL_USDC_PERP"


async def _places(person: Person, line: str, expect: str = "Filled") -> None:
    preview = await person.says(line, "Account")
    await person.taps("✅", expect, on=preview.id)


async def _market(world: World, symbol: str, **rules: str) -> None:
    (await world.admin.post("/sandbox/market", json={"symbol": symbol, **rules})).raise_for_status()
    world.clock.skip(301)  # the list is remembered for five minutes


async def test_every_way_to_close_takes_as_many_orders_as_it_needs(world: World, carol: Person) -> None:
    await _places(carol, "short 3.5 sol")
    await _market(world, SOL, maxQuantity="1.5")
    for line, size, orders in (
        ("close sol", "3.5 SOL", 3),
        ("close", "3.5 SOL", 3),
        ("close half", "1.75 SOL", 2),
        ("close sol 3.2", "3.2 SOL", 3),
        ("close sol at 140", "3.5 SOL", 3),
        ("buy sol 2 reduce", "2 SOL", 2),
    ):
        preview = await carol.says(line, f"in {orders} orders")
        assert size in preview.text, line
        assert "stays open" not in preview.text, line
    listed = await carol.says("/positions", "Positions: 1")
    await carol.taps("½ SOL", "in 2 orders", on=listed.id)
    before = len(await world.sent())
    await _places(carol, "close sol at 140", "Open")
    assert len(await world.sent()) == before + 3
    await carol.says("cancel sol", "Cancelled 3 orders")
    await _places(carol, "close sol")
    sizes = [Decimal(order["executed"]) for order in (await world.sent())[before + 3 :]]
    assert sum(sizes) == Decimal("3.5")
    assert max(sizes) <= Decimal("1.5")
    await carol.says("/positions", "No open positions")


async def test_close_all_and_a_chain_count_positions_and_name_every_order_and_rest(
    world: World, carol: Person
) -> None:
    await _places(carol, "long 3.5 sol")
    await _places(carol, "long eth $100")
    await _market(world, SOL, maxQuantity="1.5", step="0.2", minQuantity="0.4")
    everything = await carol.says("close all", "Close 2 positions")
    assert everything.text.count("SOL-PERP") == 3
    assert "0.1 SOL stays open" in everything.text
    chain = await carol.says("close sol; close eth", "2 steps")
    assert "in 3 orders" in chain.text
    assert "0.1 SOL stays open" in chain.text
    await carol.taps("✅", "done", on=chain.id)
    assert "0.1 SOL" in (await carol.says("/positions", "Positions: 1")).text


async def test_a_stop_takes_as_many_orders_and_replaces_what_stands(world: World, carol: Person) -> None:
    await _places(carol, "long 3.5 sol sl 10%")
    await _market(world, SOL, maxQuantity="1.5")
    preview = await carol.says("sl sol 145", "in 3 orders")
    assert "Trigger $145.00" in preview.text
    assert "3.5 SOL" in preview.text
    await carol.taps("Replace", "done", on=preview.id)
    assert "3.5" not in (await carol.says("/orders", "Open orders: 3")).text
    assert "No stop" not in (await carol.says("/positions", "SL $145")).text
    asked = await carol.says("cancel sol", "without a stop")
    assert "3.5 SOL without a stop" in asked.text
    again = await carol.says("sl sol 145")
    assert "✅" not in str(again.labels)
    await _places(carol, "tp sol 160", "Armed")
    await carol.says("/orders", "Open orders: 6")


async def test_what_is_too_small_to_close_is_said_to_every_verb_and_shown_exactly(
    world: World, carol: Person
) -> None:
    await _places(carol, "short 1 sol")
    adl = {"label": "Carol", "symbol": SOL, "quantity": "0.995"}
    (await world.admin.post("/sandbox/adl", json=adl)).raise_for_status()
    for line in (
        "close sol",
        "sl sol 160",
        "sl sol 3%",
        "tp sol 140",
        "buy sol 1 reduce",
        "buy 0.01 sol reduce",
    ):
        refused = await carol.says(line, "You hold 0.005 SOL, less than the market’s smallest order")
        assert "backpack.exchange" in refused.text, line
    chain = await carol.says("long sol 1 sol; close sol", "2 steps")
    assert "−0.005 → 0.995 SOL" in chain.text
