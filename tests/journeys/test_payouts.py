"""What the exchange paid: an operator says it, or sends its file, and hears why it differs."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal as D

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from bot.rebates.model.rebate import Month
from bot.rebates.payout_sheet import MAX_BYTES
from bot.rebates.storage.tables import EntryKind, LedgerEntry, PayoutLine
from bot.sandbox.telegram.driver import ChatMessage
from tests.rebates.synthetic import TERMS, Synthetic, a_month, as_csv
from tests.rebates.writing import keep_month
from tests.support.world import ALICE, BOB, DESK, Person, World, open_world

FILLS = 2_000


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with open_world(database_url, broker_tier_basis="previous") as opened:
        yield opened


@pytest.fixture
async def month(world: World) -> Synthetic:
    """A small synthetic month in the ledger, after one that reached BKR 5."""
    made = a_month(users=50, fills=FILLS)
    await keep_month(world.bot.database, made, volume_before=D("1e8"))
    return made


@pytest.fixture
async def alice(world: World) -> Person:
    """The operator."""
    person = world.person(ALICE)
    await person.says("/start", "Rucksack")
    return person


def a_file(lines: Sequence[str], encoding: str = "utf-8") -> dict[str, str]:
    content = "\r\n".join(lines).encode(encoding)
    return {"document_base64": base64.b64encode(content).decode(), "document_name": "rebates.csv"}


async def records(alice: Person, month: str, rows: Sequence[str], encoding: str = "utf-8") -> ChatMessage:
    """Send a file, look at how it was read, and confirm it."""
    asked = await alice.says(f"/payout {month}", "Nothing is recorded yet", **a_file(rows, encoding))
    return await alice.taps("Record", "Expected at", on=asked.id)


async def balance(world: World, account: str) -> D:
    async with world.bot.database.read() as session:
        sums = [
            await session.scalar(select(func.sum(col(LedgerEntry.amount))).where(side == account)) or D(0)
            for side in (col(LedgerEntry.debit), col(LedgerEntry.credit))
        ]
    return sums[0] - sums[1]


async def test_a_total_is_recorded_compared_and_corrected(
    world: World, month: Synthetic, alice: Person
) -> None:
    found = await alice.says("/payout 2026-10 100.00", "Payout of 2026-10")
    for words in ("Expected at BKR 5", "Paid: $100.00", "Difference", "unexplained", "Only totals"):
        assert words in found.text
    assert await balance(world, "cash") == D(100)
    asked = await alice.says("/payout 2026-10 $1,000.50", "Recorded for 2026-10 already: $100.00")
    assert await balance(world, "cash") == D(100)
    again = await alice.taps("Replace", "Paid: $1,000.50", on=asked.id)
    assert "A correction" in again.text
    assert await balance(world, "cash") == D("1000.5")
    differences = [await balance(world, f"difference.{cause}") for cause in ("unexplained", "rounding")]
    credited = await balance(world, "receivable.exchange")
    assert credited == -D("1000.5") - sum(differences)
    looked = await alice.says("/payout 2026-10", "Paid: $1,000.50")
    assert "taken back" not in looked.text


async def test_two_parts_of_a_month_are_kept_and_summed(
    world: World, month: Synthetic, alice: Person
) -> None:
    await alice.says("/payout 2026-10 100.00", "Paid: $100.00")
    asked = await alice.says("/payout 2026-10 23.45", "Recorded for 2026-10 already")
    found = await alice.taps("One more part", "Paid: $123.45", on=asked.id)
    assert "$100.00 + $23.45" in found.text
    assert await balance(world, "cash") == D("123.45")
    data = asked.button("Replace").data
    assert data is not None
    await alice.is_told(data, on=asked.id, forged=True)  # the other choice of the same card comes too late
    assert await balance(world, "cash") == D("123.45")


async def test_who_says_part_of_what_they_saw_does_not_add_to_what_came_since(
    world: World, month: Synthetic, alice: Person
) -> None:
    """Two cards of one operator stand for two, and for one card and the terminal."""
    await alice.says("/payout 2026-10 100.00", "Paid: $100.00")
    rows = ["Order ID,Rebate", "118,0.50", "119,0.25"]
    cards = [
        await alice.says("/payout 2026-10", "Recorded for 2026-10 already: $100.00", **a_file(some))
        for some in (rows, ["", rows[0], rows[2], rows[1]])
    ]
    await alice.taps("One more part", "$100.00 + $0.75", on=cards[0].id)
    asked = await alice.taps("One more part", "already: $100.00 + $0.75", on=cards[1].id)
    assert "The same lines are recorded already" in asked.text  # in another order, and one line lower
    assert await balance(world, "cash") == D("100.75")
    await alice.taps("Replace", "Paid: $0.75", on=asked.id)
    assert await balance(world, "cash") == D("0.75")


async def test_how_a_file_was_read_is_shown_before_it_is_recorded(world: World, alice: Person) -> None:
    rows = ["Order ID;Rebate", "118;1.234,50", "119;0,50", "TOTAL USD;1.235,00"]
    asked = await alice.says("/payout 2026-09", "Nothing is recorded yet", **a_file(rows))
    for words in ("2 lines that add up to $1,235.00", "parted by ;, decimals by ,", "Line 4 adds up"):
        assert words in asked.text
    assert await balance(world, "cash") == 0
    await alice.taps("Record", "Paid: $1,235.00", on=asked.id)
    again = await alice.says("/payout 2026-09", "The same lines are recorded already", **a_file(rows))
    await alice.taps("Cancel", "Nothing was recorded", on=again.id)
    assert await balance(world, "cash") == D(1235)


async def test_a_file_names_the_causes_and_keeps_its_lines(
    world: World, month: Synthetic, alice: Person
) -> None:
    found = await records(alice, "2026-10", list(as_csv(month.theirs)))
    shown = _money(found)
    assert shown["Expected"] + shown["Difference"] == shown["Paid"] == month.paid
    for words in ("maker rebates", "take-profits", "another tier", "worth something else"):
        assert words in found.text
    assert f"{len(month.theirs):,} lines of the exchange's file" in found.text
    async with world.bot.database.read() as session:
        kept = select(func.count(), func.sum(col(PayoutLine.rebate))).select_from(PayoutLine)
        count, total = (await session.execute(kept)).one()
    assert (count, total) == (len(month.theirs), sum((line.rebate for line in month.theirs), D(0)))
    looked = await alice.says("/payout 2026-10", "Payout of 2026-10")
    assert _money(looked) == shown


async def test_every_cent_of_the_receivable_is_settled(world: World, month: Synthetic, alice: Person) -> None:
    """Paid and differences together are exactly what was expected."""
    await records(alice, "2026-10", list(as_csv(month.theirs)))
    expected = sum((one.rebate(TERMS) for one in month.ours), D(0))
    settled = -await balance(world, "receivable.exchange")
    assert abs(settled - expected) < D("1e-6")
    async with world.bot.database.read() as session:
        kinds = set((await session.scalars(select(col(LedgerEntry.kind)))).all())
    assert kinds == {EntryKind.PAYOUT, EntryKind.DIFFERENCE}


async def test_a_file_that_cannot_be_read_is_refused_with_the_mend(world: World, alice: Person) -> None:
    for lines, encoding, words in (
        (["order,fee", "1,2"], "utf-8", "No column holds the rebate"),
        (["order;rebate", "1;zwölf"], "utf-8", "Line 2 has a value"),
        (["récompense", "1"], "latin-1", "Save it as CSV in UTF-8"),
        (["order\trebate", "1\t1,234"], "utf-8", "Line 2 can be read in two ways"),
        (["order,rebate", "5.00000E+09,1"], "utf-8", "a spreadsheet made a number"),
        (["order,rebate", "1,1", "Total,2"], "utf-8", "Line 3 should add up"),
        (["order,rebate", "1,-13246.76"], "utf-8", "less than nothing"),
        (["PK\x03\x04"], "utf-8", "It is a spreadsheet"),
        (["1" * (MAX_BYTES + 1)], "utf-8", "16 MB"),
    ):
        told = await alice.says("/payout 2026-09", "cannot be read", **a_file(lines, encoding))
        assert words in told.text
    assert await balance(world, "cash") == 0


async def test_semicolons_and_a_byte_order_mark_are_read(world: World, alice: Person) -> None:
    told = await records(alice, "2026-09", ["Order;Rebate USD", "a;1,25"], "utf-8-sig")
    assert "orders that are not ours" in told.text
    assert await balance(world, "cash") == D("1.25")


async def test_what_makes_no_sense_is_answered_and_records_nothing(world: World, alice: Person) -> None:
    for line, words in (
        ("/payout", "What did the exchange pay?"),
        ("/payout 2026-13 5", "What did the exchange pay?"),
        ("/payout 2026-09 1.234", "What did the exchange pay?"),
        ("/payout 2026-09 5 6", "What did the exchange pay?"),
        (f"/payout {Month.of(world.clock())} 5", "is not over"),
        ("/payout 2026-09", "No payout of 2026-09"),
    ):
        await alice.says(line, words)
    assert await balance(world, "cash") == 0


async def test_others_are_told_nothing_and_a_group_sees_no_figure(world: World, alice: Person) -> None:
    bob = world.person(BOB)
    await bob.says("/start", "Rucksack")
    answer = await bob.says("/payout 2026-09 5")
    assert "Payout of" not in answer.text
    assert await balance(world, "cash") == 0
    desk = world.person(ALICE, DESK)
    stub = await desk.says("/payout 2026-09 5")
    assert "$" not in stub.text
    await alice.sees("Payout of 2026-09")


def _money(message: ChatMessage) -> dict[str, D]:
    found = {}
    for row in message.text.splitlines():
        name, _, amount = row.partition(": ")
        if "$" in amount:
            figure = amount.replace("$", "").replace(",", "").replace("−", "-").replace("+", "")
            found[name.split()[0]] = D(figure)
    return found
