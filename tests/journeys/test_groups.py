"""In a group: prices for everybody, numbers for nobody, and a button only for the one it was made for."""

from __future__ import annotations

import pytest

from tests.support.world import ALICE, BOB, CAROL, DESK, Person, World

# Nothing here depends on how the database stores it.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def _alice(world: World) -> Person:
    alice = world.person(ALICE)
    await alice.says("/start", "Rucksack")
    await alice.links("Alice")
    return alice


async def test_prices_and_books_are_answered_where_they_are_asked(world: World) -> None:
    here = world.person(ALICE, DESK)  # who never started the bot
    price = await here.says("/price sol", "SOL-PERP $150.00")
    assert price.raw["reply_to_message"]["text"] == "/price sol"
    await here.says("/book eth", "ETH-PERP order book")
    await here.says("/help@rucksack_bot trade", "Trade")
    unknown = await here.says("/price solx", "Did you mean SOL?")
    await here.taps("SOL", "SOL-PERP $150.00", on=unknown.id)
    world.clock.skip(2)
    refreshed = await here.taps("Refresh", "SOL-PERP", on=price.id)
    assert refreshed.id == price.id


async def test_an_answer_stays_in_its_topic(world: World) -> None:
    here = world.person(ALICE, DESK)
    topics = (await world.chats.get("chats", user_id=ALICE))["chats"]
    desk = next(chat for chat in topics if chat["id"] == DESK)
    thread = desk["topics"][0]["id"] if isinstance(desk["topics"][0], dict) else desk["topics"][0]
    answer = await here.says("/price sol", "SOL-PERP", thread_id=thread)
    assert answer.raw["message_thread_id"] == thread


async def test_private_numbers_go_home_and_the_group_sees_a_stub(world: World, carol: Person) -> None:
    here = world.person(CAROL, DESK)
    for line, at_home in (
        ("/balance", "Equity"),
        ("/positions", "No open positions"),
        ("/orders", "No open orders"),
        ("/fees", "maker"),
        ("/settings", "Settings"),
        ("/accounts", "Linked accounts"),
        ("/long sol $100", "Long SOL-PERP"),
        ("/long sol $500000", "of margin"),
        ("/panic", "Nothing to do"),
    ):
        before = max(m.revision for m in await carol.chat.messages())
        stub = await here.says(line, "Sent to our private chat")
        assert stub.raw["reply_to_message"]["text"] == line
        await carol.sees(at_home, after=before)
    said = [m for m in await here.chat.messages() if m.from_bot]
    assert all("$" not in m.text and "main" not in m.text for m in said)
    assert await world.sent() == []


async def test_who_never_started_the_bot_is_told_how(world: World) -> None:
    here = world.person(ALICE, DESK)
    told = await here.says("/balance", "Open it once, then ask again")
    assert told.buttons[0].url == "https://t.me/rucksack_bot"
    await here.says("/long sol $100", "Open it once")
    assert await world.sent() == []


async def test_a_corrected_line_in_a_group_belongs_to_who_mistyped_it(world: World, carol: Person) -> None:
    await _alice(world)
    here, other = world.person(CAROL, DESK), world.person(ALICE, DESK)
    refused = await here.says("/lnog sol $100", "cannot read")
    assert "belongs to someone else" in await other.is_told("▸", on=refused.id)
    before = max(m.revision for m in await carol.chat.messages())
    assert "Sent to our private chat" in await here.is_told("▸", on=refused.id)
    await carol.sees("Long SOL-PERP", after=before)
    assert len([m for m in await here.chat.messages() if m.from_bot]) == 1
    assert await world.sent() == []


async def test_a_trade_button_under_a_public_price_asks_its_tapper_at_home(
    world: World, carol: Person
) -> None:
    alice = await _alice(world)
    price = await world.person(CAROL, DESK).says("/price sol", "SOL-PERP")
    before = max(m.revision for m in await alice.chat.messages())
    assert "Sent to our private chat" in await world.person(ALICE, DESK).is_told("Long SOL", on=price.id)
    await alice.sees("what size", after=before)
    bob = world.person(BOB, DESK)
    assert "私聊" in await bob.is_told("Long SOL", on=price.id)
    assert [m.text for m in await carol.chat.messages() if "what size" in m.text] == []


async def test_another_members_tap_never_confirms(world: World, carol: Person) -> None:
    """Carol's preview is private; its data may leak all the same."""
    alice = await _alice(world)
    preview = await carol.says("long sol $100", "Long SOL-PERP")
    price = await world.person(ALICE, DESK).says("/price sol", "SOL-PERP")
    home = await alice.says("/menu", "Menu")
    for data in (preview.button("✅").data or "", preview.button("Cancel").data or ""):
        for place, message in ((world.person(ALICE, DESK), price.id), (alice, home.id)):
            assert "belongs to someone else" in await place.is_told(data, on=message, forged=True)
    assert await world.sent() == []
    await carol.taps("✅", "Filled", on=preview.id)
    assert len(await world.sent()) == 1


async def test_fifty_taps_at_once_place_one_order(world: World, carol: Person) -> None:
    preview = await carol.says("long sol $100", "Long SOL-PERP")
    await carol.chat.tap("✅", preview.id, times=50)
    await carol.sees("Filled")
    await carol.says("/positions", "Positions: 1")
    assert len(await world.sent()) == 1
