"""Every way to be refused in the chat: no order leaves, the answer says why, and the mend it offers works."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.sandbox.telegram.driver import ChatMessage
from tests.support.world import ALICE, BOB, DESK, Person, World, code_in

# Nothing here depends on how the database stores it.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@dataclass(frozen=True)
class Case:
    """`mend` is a button under the refusal (part of its label), `then` what the tap on it shows."""

    line: str
    says: tuple[str, ...]
    mend: str = ""
    then: str = ""


MENDED = (
    Case("long sol", ("How much SOL?", "$200"), "$100", "Long SOL-PERP"),
    Case("sell sol 5x", ("How much SOL?",), "$250", "Sell SOL-PERP"),
    Case("sell sol", ("How much SOL?",), "25%", "Sell SOL/USDC · 5 SOL"),
    Case("lnog sol $200", ("cannot read “lnog”", "Try: long sol $200"), "long sol $200", "Long SOL-PERP"),
    Case("long solx $200 5x", ("“SOLX”", "Did you mean SOL?"), "long SOL $200 5x", "Long SOL-PERP"),
    Case("long sol $200 sl 160", ("wrong side of $150 for a long", "$140"), "sl 140", "SL $140.00"),
    Case("short sol $200 tp 160", ("wrong side of $149.99 for a short",), "tp 139.98", "TP $139.98"),
    Case("long sol $200 500x", ("at most 50x, not 500x",), "10x", "Long SOL-PERP"),
    Case("long sol $200 15x", ("limit is 10x, not 15x", "every position"), "long SOL $200", "Long SOL-PERP"),
    Case("long 0.001 sol", ("minimum of 0.01 SOL",), "0.01 SOL", "0.01 SOL"),
    Case("long sol $200 at 50", ("price band", "$138.75"), "at 138.75", "Limit $138.75"),
    Case("buy sol $10050", ("$10,000.00 is free", "$9,989.56"), "buy SOL $9989.56", "Buy SOL/USDC"),
    Case("sell usdt qty 20 reduce", ("perps, not on spot",), "sell 20 #USDT", "Sell USDT/USDC"),
    Case("buy usdt $100 2x", ("Spot has no leverage",), "buy #USDT $100", "Buy USDT/USDC"),
    Case("long usdt $100", ("USDT has no perp",), "buy #USDT $100", "Buy USDT/USDC"),
    Case("long sol $200 post at 160", ("would trade at once", "$150"), "at 150 post", "post-only"),
    Case("buy sol $100 sl 3%", ("attached to coins", "perps only"), "long SOL $100 sl 3%", "Long SOL-PERP"),
    Case("buy sol $100 tp 5%", ("attached to coins",), "; tp 0.65 SOL_USDC at 5%", "2 steps"),
    Case("sell 0.1 btc", ("hold no BTC", "borrow"), "short 0.1 BTC", "Short BTC-PERP"),
    Case("long sol $100 at 140-160", ("two prices", "between them, at $150"), "at 140", "Limit $140"),
    Case(
        "sell 2 sol at 160 to 170",
        ("160 to 170 names two prices; one order has one.",),
        "sol at 170",
        "Limit $170",
    ),
    Case("long eth $100 at 2700 ioc", ("book holds only",), "at 2700", "Limit $2,700.00"),
)

ADVISED = (
    Case("buy sol $100 at 500", ("price band", "$187.50")),
    Case("long wif $500000", ("book holds only",)),
    Case("long sol $500000", ("of margin", "$13,680.00 is free", "904.")),
    Case("buy sol $50000", ("$10,000.00 is free", "$9,989.56")),
    Case("long ВТС $200", ("only look Latin", "Type the symbol yourself")),
    Case("long sol $200 post", ("post-only order needs a price",)),
    Case("long", ("which market?",)),
    Case("hello there", ("cannot read",)),
    Case("close eth", ("No open", "ETH", "/positions")),
    Case("close", ("No open positions",)),
    Case("/close", ("No open positions",)),
    Case("/tp", ("No open positions",)),
    Case("close half", ("No open positions",)),
    Case("tp eth 5%", ("ETH",)),
    Case("order 1A2B", ("No order 1A2B", "/orders")),
    Case("/order 1A2B", ("No order 1A2B",)),
    Case("cancel 1A2B", ("No order 1A2B",)),
    Case("cancel sol", ("No open order in SOL",)),
    Case("/cancelall", ("No open orders",)),
    Case("long sol $20 on savings", ("“savings”", "/accounts")),
    Case("long sol 1e999999", ("not a number an order can have",)),
    Case("long sol $200 sl 3% trail 5%", ("Not available",)),
    Case("twap long sol $200 over 1h", ("TWAP",)),
    Case("x" * 4096, ("at most", "characters")),
)


def _missing(words: tuple[str, ...], shown: ChatMessage) -> list[str]:
    return [f"{word!r} is not in {shown.text!r}" for word in words if word not in shown.text]


async def test_every_refusal_says_why_and_its_mend_works(world: World, carol: Person) -> None:
    wrong = []
    for case in MENDED:
        refused = await carol.says(case.line)
        found = _missing(case.says, refused)
        if not found and case.mend in str(refused.labels):
            preview = await carol.taps(case.mend, on=refused.id)
            found = _missing((case.then,), preview) + [
                "no ✅" for _ in [0] if "✅" not in str(preview.labels)
            ]
        elif not found:
            found = [f"no button {case.mend!r} among {refused.labels}"]
        wrong += [f"{case.line}: {problem}" for problem in found]
    assert wrong == []
    assert await world.sent() == []


async def test_a_refusal_without_a_mend_says_what_to_do(world: World, carol: Person) -> None:
    wrong = []
    for case in ADVISED:
        refused = await carol.says(case.line)
        wrong += [f"{case.line}: {problem}" for problem in _missing(case.says, refused)]
        wrong += [f"{case.line}: {label}" for label in refused.labels if "✅" in label]
    assert wrong == []
    assert await world.sent() == []


async def test_an_answer_about_a_bare_number_is_a_default_only_where_that_is_said(
    world: World, carol: Person
) -> None:
    question = await carol.says("long sol 20", "What does 20 mean?")
    assert "for this line only" in question.text
    assert list(question.labels)[:2] == ["20 SOL · $3,000.00", "$20.00 · 0.13 SOL"]
    await carol.taps("$20.00", "Long SOL-PERP")
    assert "always ask" in (await carol.says("/settings", "Settings")).text
    question = await carol.says("long sol 20", "What does 20 mean?")
    await carol.taps("Always dollars", "Long SOL-PERP", on=question.id)
    again = await carol.says("long sol 30", "Long SOL-PERP")
    assert "30 read as dollars, your default in /settings" in again.text
    assert "A bare number of an opening order: dollars" in (await carol.says("/settings", "Settings")).text
    assert await world.sent() == []


async def test_a_close_counts_coins_and_teaches_no_default(world: World, carol: Person) -> None:
    bought = await carol.says("long sol 2 sol", "Long SOL-PERP")
    await carol.taps("✅", "Filled", on=bought.id)
    closing = await carol.says("close sol 0.2", "Reduce long SOL-PERP")
    assert "0.2 read as coins" in closing.text
    assert "close 0.2 SOL_USDC_PERP" in closing.text
    reducing = await carol.says("short sol 0.2 reduce", "SOL-PERP")
    assert "0.2 read as coins" in reducing.text
    target = await carol.says("tp sol 0.5 at 170", "SOL-PERP")
    assert "0.5 read as coins" in target.text
    # More than is held, or close to the price: nobody can mean that without a doubt.
    dollars = await carol.says("close sol 100", "What does 100 mean?")
    assert not any("Always" in label for label in dollars.labels)
    await carol.taps("$100.00", "long SOL-PERP", on=dollars.id)
    price = await carol.says("close sol 150", "What does 150 mean?")
    await carol.taps("Limit price $150", "Limit $150", on=price.id)
    assert "always ask" in (await carol.says("/settings", "Settings")).text
    asked = await carol.says("long sol 100", "What does 100 mean?")
    assert "✅" not in str(asked.labels)
    await carol.taps("Always dollars", "Long SOL-PERP", on=asked.id)
    # ... and the default of opening orders is none of a close.
    await carol.says("close sol 0.3", "0.3 read as coins")
    await carol.says("close sol 100", "What does 100 mean?")


async def test_a_size_asked_for_can_be_typed(world: World, carol: Person) -> None:
    await carol.says("short sol 3x sl 155", "How much SOL?")
    preview = await carol.says("$90", "Short SOL-PERP")
    assert "SL $155.00" in preview.text
    assert "short SOL $90 3x sl 155" in preview.text


async def test_whoever_changes_their_mind_is_read_anew(world: World, carol: Person) -> None:
    await carol.says("long sol", "How much SOL?")
    await carol.says("short btc $90", "Short BTC-PERP")
    await carol.says("/order", "Which order?")
    await carol.says("positions", "No open positions")


async def test_a_closed_market_is_said_and_what_it_takes_is_offered(world: World, carol: Person) -> None:
    await world.admin.post("/sandbox/market", json={"symbol": "SOL_USDC_PERP", "state": "PostOnly"})
    world.clock.skip(301)  # rules of markets are remembered for five minutes
    refused = await carol.says("long sol $200", "does not take this order now; its book is PostOnly")
    await carol.taps("post", "post-only", on=refused.id)


async def test_several_positions_are_named(world: World, carol: Person) -> None:
    for symbol in ("sol", "eth"):
        await carol.says(f"long {symbol} $100", "Long")
        await carol.taps("✅", "Filled")
    refused = await carol.says("close half", "Which position?")
    assert "ETH" in refused.text
    assert "SOL" in refused.text
    await carol.taps("SOL", "Reduce long SOL-PERP", on=refused.id)
    assert len(await world.sent()) == 2


async def test_a_read_only_key_looks_but_never_trades(world: World) -> None:
    alice = world.person(ALICE)
    await alice.says("/start", "Rucksack")
    await alice.says("/link", "Link")
    shown = await alice.taps("Make a key", "Public Key")
    await alice.opens_account(code_in(shown), label="Alice", read_only=True)
    await alice.taps("Done", "read-only")
    assert "$" in (await alice.says("/balance", "Equity")).text
    for line in ("long sol $20", "/close sol", "cancel all", "/panic", "sl sol 3%"):
        await alice.says(line, "read-only: it can look, not trade")
    assert await world.sent() == []


async def test_without_an_account_every_private_act_points_to_link(world: World) -> None:
    alice = world.person(ALICE)
    await alice.says("/start", "Rucksack")
    for line in (
        "long sol $20",
        "/balance",
        "/positions",
        "/orders",
        "/close sol",
        "/panic",
        "/cancelall",
        "/fees",
    ):
        await alice.says(line, "No Backpack account is linked")
    await alice.says("/price sol", "SOL-PERP")


# --- the tap -------------------------------------------------------------------------------------------


async def test_a_preview_dies_after_its_minute_and_can_be_renewed(world: World, carol: Person) -> None:
    preview = await carol.says("long sol $200", "Long SOL-PERP")
    data = preview.button("✅").data or ""
    world.clock.skip(61)
    assert "expired" in await carol.is_told(data, on=preview.id, forged=True)
    card = await carol.sees("Preview expired")
    assert card.id == preview.id
    await carol.taps("again", "Long SOL-PERP", on=card.id)
    assert await world.sent() == []


async def test_a_used_button_says_so_and_sends_nothing_more(world: World, carol: Person) -> None:
    preview = await carol.says("long sol $200", "Long SOL-PERP")
    data = preview.button("✅").data or ""
    await carol.taps("✅", "Filled")
    assert "already used" in await carol.is_told(data, on=preview.id, forged=True)
    assert len(await world.sent()) == 1


async def test_a_cancelled_preview_cannot_be_confirmed(world: World, carol: Person) -> None:
    preview = await carol.says("long sol $200", "Long SOL-PERP")
    data = preview.button("✅").data or ""
    await carol.taps("Cancel", "Nothing was sent")
    assert "expired" in await carol.is_told(data, on=preview.id, forged=True)
    assert await world.sent() == []


async def test_a_moved_price_brings_a_new_preview_instead_of_an_order(world: World, carol: Person) -> None:
    preview = await carol.says("long sol $200", "Long SOL-PERP")
    await world.price("SOL_USDC_PERP", "155")
    moved = await carol.taps("✅", "Price moved: $150.01 → $155.01")
    assert moved.id == preview.id
    fresh = await carol.sees("about $155.01")
    assert await world.sent() == []
    await carol.taps("✅", "Filled", on=fresh.id)
    assert len(await world.sent()) == 1


async def test_a_better_price_needs_no_second_look(world: World, carol: Person) -> None:
    await carol.says("long sol $200", "Long SOL-PERP")
    await world.price("SOL_USDC_PERP", "145")
    await carol.taps("✅", "Filled")
    assert len(await world.sent()) == 1


async def test_nobody_else_can_tap_a_preview(world: World, carol: Person) -> None:
    preview = await carol.says("long sol $200", "Long SOL-PERP")
    bob = world.person(BOB)
    start = await bob.says("/start", "Rucksack")
    for data in (preview.button("✅").data, preview.button("Cancel").data):
        assert "别人" in await bob.is_told(data or "", on=start.id, forged=True)
    await carol.taps("✅", "Filled", on=preview.id)
    assert len(await world.sent()) == 1


# --- messages that never act ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"forwarded_from": BOB}, "Forwarded messages never trade"),
        ({"forwarded_from": "Somebody"}, "Forwarded messages never trade"),
        ({"via_bot": "gifs"}, "Forwarded messages never trade"),
        ({"seconds_ago": 61}, "1 min"),
        ({"seconds_ago": 86_000}, "old, so it was not carried out"),
    ],
)
async def test_what_its_sender_did_not_just_write_never_acts(
    world: World, carol: Person, how: dict[str, object], reason: str
) -> None:
    for line in ("long sol $200", "/long sol $200", "/panic", "cancel all", "/forget"):
        refused = await carol.says(line, reason, **how)
        assert refused.labels == ()
    assert await world.sent() == []


async def test_an_edit_never_acts(world: World, carol: Person) -> None:
    await carol.says("hello there", "cannot read")
    mine = [m for m in await carol.chat.messages() if not m.from_bot][-1]
    before = max(m.revision for m in await carol.chat.messages())
    await carol.chat.edit(mine.id, "long sol $200")
    refused = await carol.sees("never changes or sends an order", after=before)
    assert refused.labels == ()
    assert await world.sent() == []


async def test_an_anonymous_admin_and_a_channel_have_no_account(world: World, carol: Person) -> None:
    alice = world.person(ALICE, DESK)
    await alice.says("/long sol $200", "cannot tell who you are", speak_as="anonymous")
    channel = next(c.id for c in world.telegram.config.channels)
    await alice.says("/long sol $200", "cannot tell who you are", speak_as="channel", channel_id=channel)
    await world.person(ALICE, channel).chat.send("/long sol $200")  # a post in the channel itself
    await alice.says("/price sol", "SOL-PERP")
    assert await world.sent() == []


async def test_in_a_group_only_a_command_is_for_the_bot(world: World, carol: Person) -> None:
    here = world.person(carol.chat.user_id, DESK)
    for talk in ("long sol $200", "i am long sol from 20", "/long@another_bot sol $200", "/weather berlin"):
        await here.chat.send(talk)
    await here.says("/price sol", "SOL-PERP")
    assert len([m for m in await here.chat.messages() if m.from_bot]) == 1
    assert await world.sent() == []
