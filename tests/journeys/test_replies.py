"""A message that answers one of our cards speaks of what the card shows, and of nothing else."""

from __future__ import annotations

import asyncio

import pytest

from bot.sandbox.telegram.driver import ChatMessage
from bot.trading.message_context import MessageContexts
from tests.support.messages import message_with
from tests.support.world import ALICE, CAROL, DESK, Person, World, code_in

pytestmark = pytest.mark.both_databases


async def _places(person: Person, line: str, expect: str) -> ChatMessage:
    preview = await person.says(line, "Account")
    card = await person.taps("✅", expect, on=preview.id)
    await _known(person, card)
    return card


async def _known(person: Person, card: ChatMessage) -> None:
    """Until the bot has noted which message shows what: faster than this, no person answers."""
    cards, chat = person.world.bot.services.get(MessageContexts), person.chat
    for _ in range(1000):
        if await cards.find(chat.user_id, chat.chat_id, card.id) is not None:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"the bot never noted what {card.text[:40]!r} shows")


async def test_an_answer_to_an_order_speaks_of_its_position(world: World, carol: Person) -> None:
    sol = await _places(carol, "long sol $200", "Filled")
    await _places(carol, "short eth $200", "Filled")
    assert "Which position?" in (await carol.says("close half")).text
    half = await carol.says("close half", "Reduce long SOL-PERP", reply_to=sol.id)
    stop = await carol.says("sl 3%", "SL $145.51", reply_to=sol.id)
    assert "sl SOL_USDC_PERP" in stop.text
    target = await carol.says("/tp 160", "TP $160.00", reply_to=sol.id)
    assert "SOL_USDC_PERP" in target.text
    both = await carol.says("sl 3%; tp 160", "2 steps", reply_to=sol.id)
    assert both.text.count("Close long SOL-PERP") == 2
    await carol.says("/close", "Close long SOL-PERP", reply_to=sol.id)
    assert "Close short ETH-PERP" in (await carol.says("close eth", "Close", reply_to=sol.id)).text
    await carol.taps("✅", "Filled", on=half.id)
    assert len(await world.sent()) == 3


async def test_an_answer_to_a_position_speaks_of_it_and_to_a_list_asks(world: World, carol: Person) -> None:
    await _places(carol, "long sol $200", "Filled")
    alone = await carol.says("/positions", "Positions: 1")
    await _places(carol, "short eth $200", "Filled")
    several = await carol.says("/positions", "Positions: 2")
    await carol.says("close half", "Reduce long SOL-PERP", reply_to=alone.id)
    await carol.says("close half", "Which position?", reply_to=several.id)
    await carol.says("sl 2%", "Which position?", reply_to=several.id)
    await carol.says("same", "which line to repeat", reply_to=alone.id)


async def test_a_question_about_an_answer_keeps_its_card(world: World, carol: Person) -> None:
    """What is offered in its place is a button, which answers no card."""
    for line in ("long wif $500", "long eth $100"):
        preview = await carol.says(line, "Account")
        await carol.taps("✅", "Filled", on=preview.id)
        if "wif" in line:
            card = await carol.sees("Filled")
    for said, offered, shows in (
        ("close 1,5", "close WIF_USDC_PERP 1.5", "Reduce long"),
        ("sl 0,8", "sl WIF_USDC_PERP at 0.8", "SL $0.8"),
        ("same $1 500", "long WIF $1500", "Long WIF-PERP"),
        ("cloze half", "close WIF_USDC_PERP 50%", "Reduce long"),
    ):
        asked = await carol.says(said, reply_to=card.id)
        (label,) = [one for one in asked.labels if offered in one]
        await carol.taps(label, shows, on=asked.id)


async def test_an_answer_cancels_exactly_that_order(world: World, carol: Person) -> None:
    first = await _places(carol, "long sol $100 at 140", "Open")
    second = await _places(carol, "long sol $100 at 141", "Open")
    await carol.says("cancel", "Cancelled 1 order", reply_to=first.id)
    await carol.chat.wait_for(lambda m: m.id == first.id and "Cancelled" in m.text)
    assert [one["status"] for one in await world.sent()] == ["Cancelled", "New"]
    await carol.says("撤单", "Cancelled 1 order", reply_to=second.id)
    await carol.says("/cancel", "No order", reply_to=second.id)
    await carol.says("cancel", "No open orders")


async def test_an_answer_withdraws_a_preview_nobody_confirmed(world: World, carol: Person) -> None:
    resting = await _places(carol, "long sol $100 at 140", "Open")
    for line, word in (
        ("long sol $200", "cancel"),
        ("long sol $20; long eth $20", "/cancel"),
        ("panic", "撤单"),
    ):
        preview = await carol.says(line)
        if line == "panic":
            preview = await carol.taps("Cancel and close all", "Last check", on=preview.id)
        else:
            await _known(carol, preview)
        await carol.says(word, "Nothing was sent", reply_to=preview.id)
        await carol.chat.wait_for(message_with(preview.id, "Nothing was sent"))
        await carol.says(word, "Nothing was sent", reply_to=preview.id)
    expired = await carol.says("long sol $300", "Account")
    world.passes(61, "expire-previews")
    await carol.chat.wait_for(lambda m: m.id == expired.id and "expired" in m.text)
    await carol.says("cancel", "expired", reply_to=expired.id)
    assert [one["status"] for one in await world.sent()] == ["New"]
    await carol.says("cancel", "Cancelled 1 order", reply_to=resting.id)


async def test_the_same_again_and_the_same_but(world: World, carol: Person) -> None:
    card = await _places(carol, "long sol $200 5x sl 3%", "Filled")
    for said, shows in (
        ("same", "long SOL $200 5x sl 3%"),
        ("same 2x", "long SOL $200 2x sl 3%"),
        ("same $300", "long SOL $300 5x sl 3%"),
        ("/same btc 3x", "long BTC $200 3x sl 3%"),
        ("再来 $50", "long SOL $50 5x sl 3%"),
    ):
        preview = await carol.says(said, shows, reply_to=card.id)
        assert "✅" in str(preview.labels)
    question = await carol.says("same 20", "What does 20 mean?", reply_to=card.id)
    assert "✅" not in str(question.labels)
    expired = await carol.says("close sol half", "Reduce long SOL-PERP")
    await carol.taps("Cancel", "Nothing was sent", on=expired.id)
    await carol.says("same", "close SOL_USDC_PERP 50%", reply_to=expired.id)
    await carol.says("same 2x", "which line to repeat", reply_to=expired.id)
    await carol.says("same", "which line to repeat")
    assert len(await world.sent()) == 1


async def test_of_a_chain_each_order_answers_for_its_own_step(world: World, carol: Person) -> None:
    preview = await carol.says("long sol $100; long eth $100", "2 steps")
    await carol.taps("✅", "All 2 steps done", on=preview.id)
    eth = await carol.chat.wait_for(lambda m: m.text.startswith("✅ Filled · Buy 0.0363 ETH"))
    await _known(carol, eth)
    await carol.says("close", "Close long ETH-PERP", reply_to=eth.id)
    assert "steps" not in (await carol.says("same $50", "long ETH $50", reply_to=eth.id)).text
    await carol.says("close half", "Which position?", reply_to=preview.id)
    again = await carol.says("same", "2 steps", reply_to=preview.id)
    assert "long SOL $100; long ETH $100" in again.text


async def test_an_answer_to_anything_else_changes_nothing(world: World, carol: Person) -> None:
    await _places(carol, "long sol $200", "Filled")
    await _places(carol, "short eth $200", "Filled")
    price = await carol.says("/price sol", "SOL-PERP")
    own = [m for m in await carol.chat.messages() if not m.from_bot][-1]
    for card in (price.id, own.id):
        await carol.says("close half", "Which position?", reply_to=card)
        await carol.says("same 2x", "which line to repeat", reply_to=card)


async def test_an_answer_takes_the_account_of_its_card(world: World, carol: Person) -> None:
    card = await _places(carol, "long sol $200", "Filled")
    positions = await carol.says("/positions", "Positions: 1")
    await carol.says("/link hedge", "Link")
    shown = await carol.taps("Make a key", "Public Key")
    await carol.opens_account(code_in(shown), label="Carol two")
    await carol.taps("Done", "Linked: hedge")
    listed = await carol.says("/accounts", "Linked accounts: 2")
    await carol.taps("Use hedge", "Default account: hedge", on=listed.id)
    assert "Account hedge" in (await carol.says("long sol $50", "Account")).text
    for line in ("close half", "sl 3%", "same"):
        for message in (card, positions) if line != "same" else (card,):
            bound = await carol.says(line, "Account", reply_to=message.id)
            assert "Account main" in bound.text, line


async def test_in_a_group_only_ones_own_card_answers(world: World, carol: Person) -> None:
    alice = world.person(ALICE)
    await alice.says("/start", "Rucksack")
    await alice.links("Alice")
    here, other = world.person(CAROL, DESK), world.person(ALICE, DESK)
    stub = await here.says("/long sol $100", "Sent to our private chat")
    await _known(here, stub)
    before = max(m.revision for m in await carol.chat.messages())
    await here.says("/same 2x", "Sent to our private chat", reply_to=stub.id)
    await carol.sees("long SOL $100 2x", after=before)
    before = max(m.revision for m in await alice.chat.messages())
    await other.says("/same 2x", "Sent to our private chat", reply_to=stub.id)
    await alice.sees("That card belongs to someone else", after=before)
    before = max(m.revision for m in await alice.chat.messages())
    await other.says("/close half", "Sent to our private chat", reply_to=stub.id)
    await alice.sees("That card belongs to someone else", after=before)
    await here.chat.send("close half", reply_to=stub.id)  # without a slash it is talk
    await here.says("/price sol", "SOL-PERP")
    assert await world.sent() == []
