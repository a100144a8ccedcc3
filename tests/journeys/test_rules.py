"""The rules of docs/grammar.md for ambiguous lines, where a market or an account must be known."""

from __future__ import annotations

import pytest

from tests.support.world import Person, World

# Nothing here depends on how the database stores it.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_a_number_near_the_price_is_no_size_whatever_was_declared(world: World, carol: Person) -> None:
    people = world.bot.services.users
    await people.change(await people.met(carol.chat.user_id), size_meaning="base")
    asked = await carol.says("long sol 148", "What does 148 mean?")
    assert "Limit price $148" in asked.labels
    await carol.says("long sol 2", "read as coins, your default")
    sized = await carol.says("long sol 148 at 147", "148 read as coins")  # a price was said: this is none
    assert "✅" in str(sized.labels)


async def test_more_coins_than_there_are_near_their_price_may_be_a_price(world: World, carol: Person) -> None:
    asked = await carol.says("buy 85000 btc", "What does 85,000 mean?")
    assert asked.labels == ("Limit price $85,000",)
    sizes = await carol.taps("Limit price", "How much BTC?", on=asked.id)
    await carol.taps("$100", "Limit $85,000", on=sizes.id)
    await carol.says("long 50 sol", "Long SOL-PERP")
    assert await world.sent() == []


async def test_a_callout_far_from_the_market_is_refused_and_can_be_meant(world: World, carol: Person) -> None:
    fresh = await carol.says("LONG SOL @ 148 x10 SL 139 TP 155", "How much SOL?")
    await carol.taps("$100", "Limit $148", on=fresh.id)
    refused = await carol.says("LONG SOL @ 140 $100 SL 130 TP 155", "6.67% from the market at $150")
    await carol.taps("at 140", "Limit $140", on=refused.id)
    open_size = await carol.says("LONG SOL\nEntry: 140\nSL: 130\nTP: 155", "6.67% from the market")
    await carol.taps("at 140", "How much SOL?", on=open_size.id)
    await carol.says("long sol $100 at 140 sl 130 tp 155", "Limit $140")
    await carol.says("long sol $100 @ 140", "Limit $140")
    chain = await carol.says("LONG SOL @ 140 $100 SL 130; short eth $50", "6.67% from the market")
    await carol.taps("at 140", "2 steps", on=chain.id)
    assert await world.sent() == []


async def test_a_new_line_that_cannot_be_read_is_not_glued_to_a_question(world: World, carol: Person) -> None:
    await carol.says("long sol", "How much SOL?")
    refused = await carol.says("short eth $100 $200", "cannot read")
    assert "› short eth $100 $200" in refused.text


async def test_a_mistyped_position_is_never_closed_instead(world: World, carol: Person) -> None:
    refused = await carol.says("tp solx 5%", "Did you mean SOL?")
    assert [label for label in refused.labels if "close" in label] == []
    assert "tp SOL" in str(refused.labels)
