"""A closed month: what everybody gets adds up, is signed, and is neither said nor booked twice."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal as D
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey, VerifyKey
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError
from sqlmodel import col

from bot.kernel.events import Events
from bot.kernel.recurrence import DAY_MS
from bot.kernel.storage import Database, audit
from bot.notifications import chats
from bot.rebates.model.payout_reconciliation import Expected
from bot.rebates.model.rebate import Month, TierBasis, cents
from bot.rebates.model.revenue_shares import GROUP, PERSON, Party
from bot.rebates.model.statement import GENESIS, SIGNED, SealedStatement, from_document, to_document
from bot.rebates.parties import People
from bot.rebates.shares import Shares, TooMuch
from bot.rebates.statements import Check, StatementChain, Statements, check
from bot.rebates.storage.tables import LedgerEntry, LedgerFill, Person
from bot.vault import MasterKeys, Vault
from tests.rebates.rows import a_ledger_fill, reversal
from tests.rebates.synthetic import OCTOBER, TERMS, Synthetic, a_month
from tests.rebates.writing import keep_month

GROUPS = (-100_501, -100_502)
NOW = OCTOBER.start_ms + 35 * DAY_MS
BEFORE = OCTOBER.start_ms - DAY_MS

GUARDS = {
    "sqlite": ["DROP TRIGGER statement_refuses_update", "DROP TRIGGER statement_refuses_delete"],
    "postgresql": ["DROP TRIGGER statement_is_append_only ON statement"],
}


class Desk:
    """A month in the ledger, with what it takes to close it."""

    def __init__(self, database: Database, month: Synthetic, persons: dict[int, int]) -> None:
        self.database = database
        self.month = month
        self.persons = persons
        self.vault = Vault(database, MasterKeys.generate(), clock=lambda: NOW)
        self.shares = Shares(database, People(clock=lambda: NOW), clock=lambda: NOW)
        self.statements = Statements(database, self.vault, basis=TierBasis.PREVIOUS, clock=lambda: NOW)

    async def promise(self, party: Party, rate: str, start: Month = OCTOBER) -> TooMuch | None:
        return await self.shares.promise(party, D(rate), start, None, 1)

    async def balance(self, account: str) -> D:
        """Of the entries and of the fills' accrued rebates."""
        async with self.database.read() as session:
            sums = [
                await session.scalar(select(func.sum(col(LedgerEntry.amount))).where(side == account)) or D(0)
                for side in (col(LedgerEntry.debit), col(LedgerEntry.credit))
            ]
            accrued = await session.scalar(
                select(func.sum(col(LedgerFill.accrued))).where(col(LedgerFill.month) == str(OCTOBER))
            )
        return sums[0] - sums[1] + (accrued or D(0)) * (account == "receivable.exchange")


@pytest.fixture
async def desk(database: Database) -> Desk:
    month = a_month(users=10, fills=300)
    persons = await keep_month(database, month, volume_before=D("1e8"), groups=GROUPS)
    return Desk(database, month, persons)


def said(sealed: SealedStatement | None) -> dict[str, Any]:
    assert sealed is not None
    return dict(json.loads(sealed.body))


def due(month: Synthetic, counts: Callable[[Expected], bool]) -> D:
    return sum((one.rebate(TERMS) for one in month.ours if counts(one)), D(0))


async def test_what_everybody_gets_is_what_the_month_earned(desk: Desk) -> None:
    group, person = Party(GROUP, GROUPS[0]), Party(PERSON, desk.persons[3])
    assert await desk.promise(group, "0.3") is None
    assert await desk.promise(person, "0.7") is None
    signed = await desk.statements.close(OCTOBER)
    assert [(one.number, one.party, one.revision) for one in signed] == [
        (1, str(group), 1),
        (2, str(person), 1),
        (3, "operator", 1),
    ]
    of_group, of_person, own = map(said, signed)
    in_group = due(desk.month, lambda one: int(one.order_id) % 2 == 0)
    assert of_group["amount"] == f"{(in_group * D('0.3')).quantize(D('0.01'), 'ROUND_FLOOR'):.2f}"
    of_three = due(desk.month, lambda one: one.person == 3)
    assert of_person["amount"] == f"{(of_three * D('0.7')).quantize(D('0.01'), 'ROUND_FLOOR'):.2f}"
    everything = due(desk.month, lambda one: True)
    assert own["rebate"] == f"{cents(everything):.2f}"
    amounts = [D(str(one["amount"])) for one in (of_group, of_person, own)]
    assert sum(amounts) == cents(everything)
    assert await desk.balance(f"payable.{group}") == -amounts[0]
    assert await desk.balance("expense.shares") == amounts[0] + amounts[1]
    for one in (of_group, of_person):
        for name in ("volume", "fees", "rebate", "amount"):
            assert sum(D(line[name]) for line in one["lines"]) == D(str(one[name])), name


async def test_closing_again_says_and_books_nothing_twice(desk: Desk) -> None:
    await desk.promise(Party(GROUP, GROUPS[0]), "0.3")
    first = await desk.statements.close(OCTOBER)
    before = await desk.balance("expense.shares")
    assert await desk.statements.close(OCTOBER) == []
    assert await desk.statements.of_month(OCTOBER) == first
    assert await desk.balance("expense.shares") == before
    async with desk.database.read() as session:
        assert (await audit.verify(session)).intact


async def test_the_final_tier_trues_the_receivable_up(desk: Desk) -> None:
    by_own = Statements(desk.database, desk.vault, basis=TierBasis.MONTH, clock=lambda: NOW)
    (own,) = await by_own.close(OCTOBER)
    assert (said(own)["tier"], said(own)["lines"]) == ("BKR 0", [])
    left = await desk.balance("receivable.exchange")
    assert f"{cents(left):.2f}" == said(own)["rebate"]
    await desk.statements.close(OCTOBER)
    expected = due(desk.month, lambda one: True)
    assert abs(await desk.balance("receivable.exchange") - expected) < D("1e-6")


async def test_a_correction_is_a_further_revision_and_further_entries(desk: Desk) -> None:
    group = Party(GROUP, GROUPS[0])
    await desk.promise(group, "0.5")
    first = (await desk.statements.close(OCTOBER))[0]
    async with desk.database.write() as session:
        wrong = (
            await session.scalars(select(LedgerFill).where(col(LedgerFill.group_id) == GROUPS[0]).limit(1))
        ).one()
        session.add(reversal(wrong))
        late = await session.get_one(LedgerFill, wrong.id)
        more = {"fill_id": late.fill_id, "revision": 2, "at_ms": late.at_ms, "group_id": late.group_id}
        person = await session.get_one(Person, late.person_id)
        session.add(a_ledger_fill(person, **more, fee=D(50), earning=D(50), accrued=D(25), affiliate=D(0)))
    second, own = await desk.statements.close(OCTOBER)
    assert (second.number, second.revision, own.revision) == (3, 2, 2)
    assert await desk.statements.get(OCTOBER, group, 1) == first
    assert await desk.statements.get(OCTOBER, group) == second
    assert await desk.balance(f"payable.{group}") == -D(str(said(second)["amount"]))


async def test_a_share_of_nothing_is_no_statement(desk: Desk) -> None:
    await desk.promise(Party(GROUP, -777), "0.3")
    await desk.promise(Party(GROUP, GROUPS[0]), "0.3", OCTOBER.next)
    assert [one.party for one in await desk.statements.close(OCTOBER)] == ["operator"]
    assert await desk.statements.close(OCTOBER.next) == []


async def test_every_statement_is_chained_and_checked_by_its_key(desk: Desk) -> None:
    await desk.promise(Party(GROUP, GROUPS[0]), "0.3")
    signed = await desk.statements.close(OCTOBER)
    key = await desk.statements.public_key()
    for before, one in pairwise(signed):
        assert one.previous_hash == before.hash
    for one in signed:
        assert check(from_document(to_document(one)), key) is Check.TRUE
        VerifyKey(key).verify(SIGNED + one.hash, one.signature)
    one = signed[0]
    changes: list[dict[str, Any]] = [
        {"body": one.body.replace("0.3", "0.4")},
        {"month": "2026-11"},
        {"party": "group:-1"},
        {"number": 9},
        {"revision": 2},
        {"at_ms": 1},
        {"previous_hash": bytes(31) + b"x"},
        {"hash": bytes(32)},
        {"signature": bytes(64)},
        {"public_key": bytes(5)},
    ]
    for change in changes:
        assert check(replace(one, **change), key) is Check.ALTERED, change
    forger = SigningKey.generate()
    false = replace(one, body=one.body.replace("0.3", "0.4"), public_key=bytes(forger.verify_key))
    false = replace(false, hash=false.own_hash())
    false = replace(false, signature=forger.sign(SIGNED + false.hash).signature)
    assert check(false, key) is Check.FOREIGN


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"number": 1}', "[" * 100_000, "\udcff"])
def test_a_file_that_is_no_statement_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        from_document(text)


async def test_the_database_refuses_to_change_a_statement(desk: Desk) -> None:
    await desk.statements.close(OCTOBER)
    for change in ("UPDATE statement SET body = '{}'", "DELETE FROM statement"):
        with pytest.raises(DatabaseError):
            async with desk.database.write() as session:
                await session.execute(text(change))


@pytest.mark.parametrize(
    ("change", "broken_at"),
    [
        ("UPDATE statement SET body = '{}' WHERE number = 2", 2),
        ("UPDATE statement SET party = 'person:1' WHERE number = 1", 1),
        ("DELETE FROM statement WHERE number = 1", 2),
        ("UPDATE statement SET number = 9 WHERE number = 2", 9),
    ],
)
async def test_a_chain_of_statements_shows_where_it_was_touched(
    desk: Desk, change: str, broken_at: int
) -> None:
    assert await desk.statements.verify() == StatementChain(0, GENESIS)
    await desk.promise(Party(GROUP, GROUPS[0]), "0.3")
    *_, last = await desk.statements.close(OCTOBER)
    assert await desk.statements.verify() == StatementChain(2, last.hash)
    async with desk.database.write() as session:
        for guard in GUARDS[desk.database.dialect]:
            await session.execute(text(guard))
        await session.execute(text(change))
    assert (await desk.statements.verify()).broken_at == broken_at


async def test_a_whole_chain_of_another_key_is_not_ours(desk: Desk) -> None:
    await desk.statements.close(OCTOBER)
    async with desk.database.write() as session:
        await session.execute(text("DELETE FROM service_key"))
    assert (await desk.statements.verify()).broken_at == 1


def test_a_strangers_file_shows_no_verdict_of_its_own() -> None:
    said: dict[str, Any] = dict.fromkeys(SealedStatement.__slots__, "00")
    said |= {"number": 1, "revision": 1, "at_ms": 1, "month": "2026-10", "party": "operator", "body": ""}
    from_document(json.dumps(said))
    for change in ({"month": "2026-10\n"}, {"party": "operator: true\x1b[8m"}, {"party": "person:+1"}):
        with pytest.raises(ValueError):
            from_document(json.dumps(said | change))


def test_a_statement_no_hash_can_be_taken_of_is_none() -> None:
    forger = SigningKey.generate()
    signature = forger.sign(SIGNED + bytes(32)).signature
    own = bytes(forger.verify_key)
    odd = SealedStatement(1, "2026-10", "operator", 1, 1, "\ud800", bytes(32), bytes(32), own, signature)
    assert check(odd, own) is Check.ALTERED


async def test_no_identity_enters_what_is_signed(desk: Desk) -> None:
    await desk.promise(Party(GROUP, GROUPS[0]), "0.3")
    await desk.shares.set_named(9_000_003, True)
    for one in await desk.statements.close(OCTOBER):
        assert "9000003" not in to_document(one)
        assert "9000003" not in one.body


async def test_a_group_that_moved_keeps_its_share(desk: Desk) -> None:
    async with desk.database.write() as session:
        await chats.move(session, Events(), GROUPS[0], -1_000_000_100_501, NOW)
    await desk.promise(Party(GROUP, GROUPS[0]), "0.3")
    parties = [one.party for one in await desk.statements.close(OCTOBER)]
    assert parties == ["group:-1000000100501", "operator"]


async def test_the_documented_check_needs_nothing_of_ours(desk: Desk) -> None:
    """The few lines of docs/broker.md, run as they stand there."""
    docs = (Path(__file__).parents[2] / "docs" / "broker.md").read_text()
    script = docs.partition("```python\n")[2].partition("```")[0]
    (own,) = await desk.statements.close(OCTOBER)
    key = (await desk.statements.public_key()).hex()
    for document, words in (
        (to_document(own), "true"),
        (to_document(replace(own, body=own.body.replace("BKR", "BKX"))), "altered"),
    ):
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-I", "-c", script, key],
            input=document,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.strip() == words, done.stderr
