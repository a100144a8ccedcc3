"""What the account holds decides: no list of markets, old rule or odd row hides or spoils a close."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.telegram.driver import ChatMessage
from tests.support.world import Person, World

# Nothing here depends on how the database stores it.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SOL, WIF = "SOL_USDC_PERP", "WIF_USDC_PERP"


async def _places(person: Person, line: str, expect: str = "Filled") -> ChatMessage:
    preview = await person.says(line, "Account")
    return await person.taps("✅", expect, on=preview.id)


async def _market(world: World, symbol: str, **rules: Any) -> None:
    (await world.admin.post("/sandbox/market", json={"symbol": symbol, **rules})).raise_for_status()


async def _delisted(world: World, symbol: str) -> None:
    await _market(world, symbol, listed=False)
    world.clock.skip(301)  # the list is remembered for five minutes


async def _panics(person: Person, expect: str = "Panic") -> ChatMessage:
    first = await person.says("/panic", "Panic")
    last = await person.taps("Cancel and close all", "Last check", on=first.id)
    return await person.taps("flatten", expect, on=last.id)


async def test_panic_closes_what_left_the_market_list(world: World, carol: Person) -> None:
    for line in ("long wif $100", "long sol $100"):
        await _places(carol, line)
    await _places(carol, "long wif $50 at 0.8", "Open")
    await _delisted(world, WIF)
    first = await carol.says("/panic", "2 positions")
    assert "Coins you hold on spot stay" in first.text
    done = await _panics(carol, "Panic done")
    assert done.text.count("Closed") == 2
    assert "WIF" in done.text
    await carol.says("/positions", "No open positions")
    await carol.says("/orders", "No open orders")


async def test_panic_that_is_refused_a_close_says_which_and_what_to_do(world: World, carol: Person) -> None:
    for line in ("long wif $100", "long sol $100"):
        await _places(carol, line)
    await _delisted(world, WIF)
    await _market(world, WIF, state="Closed")
    done = await _panics(carol, "not confirmed")
    assert "Panic done" not in done.text
    (failed,) = [line for line in done.text.splitlines() if line.startswith("⛔")]
    assert "WIF-PERP" in failed
    assert "backpack.exchange" in failed
    assert "✅ Closed" in done.text
    held = await carol.says("/positions", "Positions: 1")
    assert "WIF-PERP" in held.text


async def test_every_way_to_close_finds_a_position_whose_market_is_gone(world: World, carol: Person) -> None:
    await _places(carol, "long wif $100")
    await _places(carol, "long sol $100")
    await _delisted(world, WIF)
    for line in ("close wif", "close WIF-PERP", "close wif_usdc_perp 50%", "sl wif 0.5", "tp wif 20%"):
        preview = await carol.says(line, "WIF-PERP")
        assert "not in Backpack’s list" in preview.text, line
        assert "✅" in str(preview.labels)
    everything = await carol.says("close all", "Close 2 positions")
    assert "WIF" in everything.text
    listed = await carol.says("/positions", "Positions: 2")
    half = await carol.taps("½ WIF" if "½ WIF" in str(listed.labels) else "WIF", "WIF-PERP", on=listed.id)
    assert "not in Backpack’s list" in half.text
    preview = await carol.says("close wif", "Close long WIF-PERP")
    await carol.taps("✅", "Filled", on=preview.id)
    await carol.says("/positions", "Positions: 1")
    resting = await _places(carol, "sl sol 3%", "Armed")
    await _delisted(world, SOL)
    assert "SOL-PERP" in (await carol.says("/orders", "Open orders: 1")).text
    asked = await carol.says("cancel sol", "SOL")
    assert "know" not in asked.text
    assert resting.id


async def test_no_market_list_at_all_hides_nothing(world: World, carol: Person) -> None:
    await _places(carol, "long sol $100")
    world.clock.skip(301)
    match = {"method": "GET", "path": "/api/v1/market", "times": None}
    await world.fault(action="raw", status=200, body="[]", match=match)
    await carol.says("/positions", "SOL-PERP long")
    done = await _panics(carol, "Panic done")
    assert "Closed 0.66 SOL-PERP" in done.text


async def test_what_is_off_the_step_is_closed_as_far_as_it_goes(world: World, carol: Person) -> None:
    await _places(carol, "long 2 sol")
    adl = {"label": "Carol", "symbol": SOL, "quantity": "0.123"}
    (await world.admin.post("/sandbox/adl", json=adl)).raise_for_status()
    assert "1.877 SOL" in (await carol.says("/positions", "Positions: 1")).text
    preview = await carol.says("close sol", "1.87 SOL")
    assert "0.007 SOL stays open" in preview.text
    assert "1.877" in preview.text
    await carol.says("close half", "0.93 SOL")
    done = await _panics(carol, "not confirmed")
    assert "✅ Closed 1.87 SOL-PERP" in done.text
    assert "Close 0.007 SOL-PERP" in done.text
    assert "smallest order" in done.text
    assert "0.007 SOL" in (await carol.says("/positions", "SOL-PERP")).text
    refused = await carol.says("close sol", "less than the market’s smallest order of 0.01 SOL")
    assert "backpack.exchange" in refused.text
    await _places(carol, "long eth $100")
    both = await carol.says("close all", "ETH")
    assert "Left out: 0.007 SOL-PERP" in both.text


async def test_a_step_that_became_coarser_is_read_before_the_next_preview(
    world: World, carol: Person
) -> None:
    await _places(carol, "long 1.23 sol")
    preview = await carol.says("close sol", "1.23 SOL")
    await _market(world, SOL, step="0.1")
    card = await carol.taps("✅", "Rejected", on=preview.id)
    assert "rules are read again" in card.text
    preview = await carol.says("close sol", "1.2 SOL")
    assert "0.03 SOL stays open" in preview.text
    await carol.taps("✅", "Filled", on=preview.id)
    await _places(carol, "long 2 sol")
    await _market(world, SOL, step="0.01")
    world.clock.skip(3)
    await carol.says("close sol", "2.03 SOL")
    await _market(world, SOL, step="0.25", maxQuantity="1.5")
    done = await _panics(carol, "not confirmed")
    assert "✅ Closed 2 SOL-PERP" in done.text
    assert "Close 0.03 SOL-PERP" in done.text


async def test_a_tick_that_became_coarser_is_read_too(world: World, carol: Person) -> None:
    preview = await carol.says("long sol $100 at 140.13", "140.13")
    await _market(world, SOL, tick="0.5")
    card = await carol.taps("✅", "Rejected", on=preview.id)
    assert "rules are read again" in card.text
    await _places(carol, "long sol $100 at 140.13", "Open")


@pytest.mark.parametrize(
    ("state", "words", "mend"),
    [
        ("CancelOnly", "only cancels work", ""),
        ("Closed", "when it is open", ""),
        ("PostOnly", "post-only", "post"),
        ("LimitOnly", "only limit orders", "at"),
    ],
)
async def test_a_markets_state_is_said_before_confirm(
    world: World, carol: Person, state: str, words: str, mend: str
) -> None:
    """Without waiting for anything: the state is read for the preview."""
    await _places(carol, "long sol $200")
    world.clock.skip(3)
    await _market(world, SOL, state=state)
    lines = ("long sol $100", "close sol", "close sol 50%", "sl sol 3%", "long sol $100 trigger 152")
    for line in (*lines, "close all"):
        refused = await carol.says(line, state)
        assert words in refused.text, line
        assert "✅" not in str(refused.labels), line
    if not mend:
        return
    refused = await carol.says("close sol", state)
    preview = await carol.taps(mend, "Close long SOL-PERP", on=refused.id)
    await carol.taps("✅", "Open", on=preview.id)


async def test_a_state_nobody_knows_is_said(world: World, carol: Person) -> None:
    market = (await world.admin.get("/api/v1/market", params={"symbol": SOL})).json()
    body = {"body": __import__("json").dumps(market | {"orderBookState": "Auction"})}
    match = {"method": "GET", "path": "/api/v1/market", "times": None}
    await world.fault(action="raw", status=200, match=match, **body)
    preview = await carol.says("long sol $100", "Long SOL-PERP")
    assert "Auction" in preview.text


async def test_a_state_that_changes_before_the_tap_is_named(world: World, carol: Person) -> None:
    preview = await carol.says("long sol $100", "Long SOL-PERP")
    await _market(world, SOL, state="CancelOnly")
    card = await carol.taps("✅", "Rejected", on=preview.id)
    assert "The next preview says what it takes" in card.text
    world.clock.skip(3)
    await carol.says("long sol $100", "only cancels work")


async def test_one_odd_row_hides_nothing(world: World, carol: Person) -> None:
    await _places(carol, "long sol $100")
    await _places(carol, "long sol $100 at 140", "Open")
    positions = '[{"of":"tomorrow"},{"symbol":"WIF_USDC_PERP","netQuantity":"117.5"}]'
    match = {"method": "GET", "path": "/api/v1/position", "times": None}
    await world.fault(action="raw", status=200, body=positions, match=match)
    held = await carol.says("/positions", "Positions: 1")
    assert "117.5 WIF" in held.text
    assert "cannot be read here: 1" in held.text
    first = await carol.says("/panic", "2 positions")
    last = await carol.taps("Cancel and close all", "Last check", on=first.id)
    done = await carol.taps("flatten", "not confirmed", on=last.id)
    assert "Positions that could not be read: 1" in done.text
    assert "Panic done" not in done.text
    await world.admin.delete("/sandbox/faults")
    rows = '[{"id":"7","symbol":"SOL_USDC_PERP","side":"Sideways","status":"New"}]'
    match = {"method": "GET", "path": "/api/v1/orders", "times": None}
    await world.fault(action="raw", status=200, body=rows, match=match)
    assert "cannot be read here: 1" in (await carol.says("/orders")).text


async def test_what_cannot_be_read_is_neither_absent_nor_coins(world: World, carol: Person) -> None:
    """A row that says nothing may be the very position that is meant."""
    await _places(carol, "long sol $100 sl 3%")
    rows = '[{"symbol":"SOL_USDC_PERP","netQuantity":"NaN"}]'
    match = {"method": "GET", "path": "/api/v1/position", "times": None}
    await world.fault(action="raw", status=200, body=rows, match=match)
    for line in ("close sol", "close all", "close", "sl sol 140", "close sol; long eth $20"):
        refused = await carol.says(line, "cannot be read here: 1")
        assert "✅" not in str(refused.labels), line
    await carol.says("cancel all", "could not read the positions")
    assert any(order["status"] == "TriggerPending" for order in await world.orders())
    coins = await carol.says("close sol_usdc", "Sell SOL/USDC")
    assert "✅" in str(coins.labels)
    rows = '[{"of":"tomorrow"},{"symbol":"WIF_USDC_PERP","netQuantity":"117.5"}]'
    await world.admin.delete("/sandbox/faults")
    await world.fault(action="raw", status=200, body=rows, match=match)
    partly = await carol.says("close all", "117.5 WIF")
    assert "cannot be read here, and are not touched: 1" in partly.text
