"""The funding desk through the chat: the table, one market with its picture, carries and their two legs."""

from __future__ import annotations

from bot.domain.values import MarketKind
from tests.support.world import CAROL, DESK, Person, World


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
