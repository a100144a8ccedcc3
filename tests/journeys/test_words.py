"""Numbers and names as people write them: read right, or asked, or refused with a line that works."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.sandbox.exchange.markets import ASSETS, MARKETS
from tests.support.world import CAROL, DESK, Person, World, open_world

# Nothing here depends on how the database stores it.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

# Markets as they are listed elsewhere: tickers that begin with a digit, words of the grammar, thousands.
_AWKWARD = ("2Z", "0G", "1INCH", "AI16Z", "MAX", "kBONK")


@pytest.fixture
def awkward(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox exchange that lists awkward names too, at the rules of WIF."""
    for base in _AWKWARD:
        monkeypatch.setitem(ASSETS, base, replace(ASSETS["WIF"], symbol=base))
        for end in ("USDC", "USDC_PERP"):
            spec = replace(MARKETS[f"WIF_{end}"], symbol=f"{base}_{end}", base=base)
            monkeypatch.setitem(MARKETS, spec.symbol, spec)


@pytest.fixture
async def world(database_url: str, awkward: None) -> AsyncIterator[World]:
    async with open_world(database_url) as opened:
        yield opened


# line, what the answer says, the buttons that must be under it
ASKED = [
    ("buy wif 1 500", "1 500 may be one number", ["▸ buy wif 1500"]),
    ("buy wif $1 500", "1 500 could be several things", ["▸ buy wif $1500"]),
    ("buy wif 1 500$", "1 500 could be several things", ["▸ buy wif 1500$"]),
    ("buy 1 500 wif", "1 500 could be several things", ["▸ buy 1500 wif"]),
    ("long wif at 1 500", "1 500 could be several things", ["▸ long wif at 1500", "▸ long WIF 500 at 1"]),
    ("long btc $100 at 85 000", "85 000 could be several things", ["▸ long btc $100 at 85000"]),
    ("long btc $100 sl 80 000 tp 90 000", "80 000 could be", ["▸ long btc $100 sl 80000 tp 90000"]),
    ("close wif 1 500", "1 500 may be one number", ["▸ close wif 1500"]),
    ("sl btc 80 000", "80 000 could be several things", ["▸ sl btc 80000"]),
    ("tp btc 90 000.5", "90 000 could be several things", ["▸ tp btc 90000.5"]),
    ("alert btc > 90 000", "90 000 could be several things", ["▸ alert btc > 90000"]),
    ("carry btc $1 500", "1 500 could be several things", ["▸ carry btc $1500"]),
    ("/carry btc $1 500", "1 500 could be several things", ["▸ carry btc $1500"]),
    ("buy wif 1 500 0.85", "1 500 could be several things", ["▸ buy wif 1500 at 0.85"]),
    (
        "long btc $100 at 85 000-90 000",
        "85 000 could",
        ["▸ long btc $100 at 85000", "▸ long btc $100 at 90000"],
    ),
    ("tp btc 90 000 95 000", "90 000 could be several things", ["▸ tp btc 90000"]),
    ("long sol 1,234", "1,234 could be several things", ["▸ long sol 1234", "▸ long sol 1.234"]),
]


async def test_a_possible_group_of_thousands_is_asked_about(world: World, carol: Person) -> None:
    wrong = []
    for line, says, buttons in ASKED:
        answer = await carol.says(line)
        wrong += [
            f"{line}: {answer.text}" for _ in [0] if says not in answer.text or "refusal-" in answer.text
        ]
        wrong += [f"{line}: {answer.labels}" for button in buttons if not _offers(answer.labels, button)]
        wrong += [f"{line}: {label}" for label in answer.labels if "✅" in label]
    assert wrong == []
    question = await carol.says("buy wif 1 500", "may be one number")
    await carol.taps("1500", "What does 1,500 mean?", on=question.id)
    assert await world.sent() == []


def _offers(labels: tuple[str, ...], button: str) -> bool:
    return any(label.removeprefix("▸ ").removeprefix("Use: ").endswith(button[2:]) for label in labels)


async def test_thousands_with_a_mark_of_their_own_are_one_number(world: World, carol: Person) -> None:
    for blank in ("\u00a0", "\u202f", "\u2009", "_", "'", "’"):
        asked = await carol.says(f"buy wif 1{blank}500", "What does 1,500 mean?")
        assert "✅" not in str(asked.labels)
        await carol.says(f"buy wif $1{blank}500,50", "$1,500.")


# line, the symbol its preview or its answer names
NAMED = [
    ("buy 0g $20", "0G/USDC"),
    ("long 2z $20 sl 3%", "2Z-PERP"),
    ("short 1inch $20", "1INCH-PERP"),
    ("long $0g $20", "0G-PERP"),
    ("2z long $20", "2Z-PERP"),
    ("price 2z", "2Z-PERP"),
    ("book 0g", "0G-PERP"),
    ("/price 0g", "0G-PERP"),
    ("/funding 2z", "2Z"),
    ("alert 2z > 5", "2Z"),
    ("carry 0g $50", "0G"),
    ("price max", "MAX-PERP"),
    ("long kbonk $20", "kBONK"),
    ("long SOLUSDT.P $100", "SOL-PERP"),
    ("long BINANCE:SOLUSDT $100", "SOL-PERP"),
    ("buy BYBIT:SOLUSDT.P $100", "SOL-PERP"),
    ("buy SOL/USDT:USDT $100", "SOL-PERP"),
    ("buy SOLPERP $100", "SOL-PERP"),
    ("buy sol perp $50", "SOL-PERP"),
    ("long sol $50 perp", "SOL-PERP"),
    ("price sol spot", "SOL/USDC"),
    ("做多 SOL 永续 $50", "SOL-PERP"),
    ("🟢 LONG SOL $50", "SOL-PERP"),
    ("• LONG #SOL $50!", "SOL-PERP"),
    ("1. long sol $50", "SOL-PERP"),
    ("@rucksack_bot long sol $50", "SOL-PERP"),
    ("!long sol $50", "SOL-PERP"),
    ("лонг sol $50 триггер 155", "SOL-PERP"),
    ("long sol $50 @rucksack_bot", "SOL-PERP"),
]


async def test_names_of_markets_are_read_as_they_are_written_elsewhere(world: World, carol: Person) -> None:
    wrong = []
    for line, symbol in NAMED:
        answer = await carol.says(line)
        refused = "cannot read" in answer.text or "No market" in answer.text or "could be" in answer.text
        if refused or symbol not in answer.text:
            wrong.append(f"{line}: {answer.text} {answer.labels}")
    assert wrong == []
    assert await world.sent() == []


# line, the line that is offered
OFFERED = [
    ("long max $20", "long #MAX $20"),
    ("long 1000bonk $20", "long #KBONK $20"),
    ("LONG SOL $50 🚀", "LONG SOL $50"),
    ("**LONG SOL** $50", "LONG SOL $50"),
    ("“long sol $50”", "long sol $50"),
    ("LONG: SOL (5x) $50", "LONG SOL 5x $50"),
    ("#LONG #SOL $50", "LONG #SOL $50"),
    ("long sol spot $50", "buy sol $50"),
    ("long xbt $50", "long BTC $50"),
    ("@other_bot long sol $50", "long sol $50"),
    ("@bot: long sol $50", "long sol $50"),
    ("long sol usdt $50", "long sol/usdt $50"),
    ("buy sol / usdc $20", "buy sol/usdc $20"),
    ("long SOL USDT.P $50", "long SOL/USDT.P $50"),
    ("alert btc usdt > 95000", "alert btc/usdt > 95000"),
]


async def test_what_is_not_read_is_refused_with_the_line_that_works(world: World, carol: Person) -> None:
    wrong = []
    for line, offered in OFFERED:
        answer = await carol.says(line)
        if not any(label.endswith(offered) for label in answer.labels):
            wrong.append(f"{line}: {answer.text} {answer.labels}")
    assert wrong == []
    greeted = await carol.says("hey long sol $50", "cannot read")
    assert not any(" sl " in label for label in greeted.labels)  # a market's name is no misspelt stop


async def test_a_carry_keeps_what_follows_it(world: World, carol: Person) -> None:
    await carol.says("/carry btc $100; long eth $20", "Long ETH-PERP")


async def test_what_is_held_is_closed_by_its_own_name(world: World, carol: Person) -> None:
    bought = await carol.says("long 2z $50", "2Z-PERP")
    await carol.taps("✅", "Filled", on=bought.id)
    for line in ("close 2z", "close 2z half", "sl 2z 5%", "tp 2z 5%"):
        preview = await carol.says(line, "2Z-PERP")
        assert "✅" in str(preview.labels), line
    resting = await carol.says("long ai16z $50 at 0.8", "AI16Z-PERP")
    await carol.taps("✅", "Open", on=resting.id)
    await carol.says("cancel ai16z", "ancelled")
    closing = await carol.says("close 2z", "2Z-PERP")
    await carol.taps("✅", "Filled", on=closing.id)
    await carol.says("positions", "No open positions")
    assert [one["symbol"] for one in await world.sent()] == [
        "2Z_USDC_PERP",
        "AI16Z_USDC_PERP",
        "2Z_USDC_PERP",
    ]


async def test_in_private_every_command_is_ours_whoever_it_names(world: World, carol: Person) -> None:
    """Nobody else reads that chat: a message that found no answer there was lost."""
    await carol.says("/price@other_bot sol", "SOL-PERP $150.00")
    await carol.says("/start@other_bot", "Rucksack")
    await carol.says("/long@other_bot sol $50", "Long SOL-PERP")
    await carol.says("/weather@other_bot", "cannot read")
    await carol.says("/ @all", "cannot read")
    await carol.says("/ @all go:long sol $200", "cannot read")
    assert await world.sent() == []


async def test_in_a_group_our_name_is_as_good_as_a_slash(world: World, carol: Person) -> None:
    here = world.person(CAROL, DESK)
    await here.says("@rucksack_bot price sol", "SOL-PERP $150.00")
    await here.says("price eth @rucksack_bot", "ETH-PERP")
    await here.says("@rucksack_bot long sol $50", "Sent to our private chat")
    await carol.sees("Long SOL-PERP")
    last = (await here.chat.messages())[-1].id
    for line in ("@other_bot long sol $50", "thanks @rucksack_bot", "long sol $50"):
        await here.chat.send(line)
    await here.says("/price btc", "BTC-PERP")
    mine = [m.text for m in await here.chat.messages() if m.id > last and "BTC-PERP" not in m.text]
    assert mine == ["@other_bot long sol $50", "thanks @rucksack_bot", "long sol $50", "/price btc"]


async def test_one_number_asked_for_may_be_written_in_groups(world: World, carol: Person) -> None:
    made = await carol.says("alert btc > 90000", "90,000")
    await carol.taps("Change", on=made.id)
    await carol.says("95 500", "95,500")
    asked = await carol.says("long wif", "How much WIF?")
    assert "✅" not in str(asked.labels)
    await carol.says("$1 500", "1 500 could be several things")
