"""From nothing to a flat account, by typing and by tapping, over real HTTP through both sandboxes."""

from __future__ import annotations

from tests.support.world import BROKER_ID, CAROL, Person, World, code_in


async def test_a_newcomer_links_trades_and_flattens_by_typing(world: World) -> None:
    carol = world.person(CAROL)
    await carol.says("/start", "Rucksack")
    await carol.says("/link", "Link")
    shown = await carol.taps("Make a key", "Public Key")
    await carol.taps("Done", "not know this key")
    await carol.opens_account(code_in(shown), label="Carol")
    await carol.taps("Done", "Linked")

    preview = await carol.says("/long sol $200 5x sl 3%", "Long SOL-PERP")
    assert "Fee" in preview.text
    assert "SL" in preview.text
    filled = await carol.taps("✅", "Filled")
    assert filled.id == preview.id
    await carol.sees("fee $")

    positions = await carol.says("/positions", "SOL-PERP long")
    assert "SL $145" in positions.text
    await carol.says("/close half", "Reduce long SOL-PERP")
    await carol.taps("✅", "Filled")

    await carol.says("/panic", "Panic")
    await carol.taps("Cancel and close all", "Last check")
    await carol.taps("flatten", "Panic done")
    await carol.says("/positions", "No open positions")

    orders = await world.orders()
    sent = [order for order in orders if order["clientId"] is not None]
    assert len(sent) == 3
    assert {order["brokerId"] for order in sent} == {BROKER_ID}


async def test_the_same_by_buttons_alone(world: World, bob: Person) -> None:
    await bob.says("/menu", "Menu")
    await bob.taps("🟢 Long", "which market")
    await bob.taps("SOL", "what size")
    await bob.taps("$100", "what leverage")
    await bob.taps("5x", "stop loss")
    await bob.taps("3%", "Long SOL-PERP")
    await bob.taps("✅", "Filled")
    await bob.taps("Positions", "SOL-PERP long")
    await bob.taps("TP SOL", "Take profit")
    await bob.taps("5%", "TP")
    await bob.taps("✅", "Trigger")
    await bob.says("/menu", "Menu")
    await bob.says("/close", "which position")
    await bob.taps("SOL-PERP", "how much")
    await bob.taps("50%", "Reduce long")
    await bob.taps("✅", "Filled")
    await bob.says("/panic", "Panic")
    await bob.taps("Cancel and close all", "Last check")
    await bob.taps("flatten", "Panic done")
    assert all(o["brokerId"] == BROKER_ID for o in await world.orders() if o["clientId"] is not None)
