"""The chains hold under concurrency, do not wait for each other, and show the first row that was touched."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from sqlalchemy import text

from bot.kernel.shards import HOUSE, SHARDS, hash64, shard_of
from bot.kernel.storage import Database, audit
from tests.support.rows import NOW, USER

SHARD = shard_of(USER)


async def append(database: Database, number: int) -> None:
    async with database.write() as session:
        detail = {"number": number, "size": Decimal("0.10"), "词": "买"}
        await audit.append(session, NOW + number, USER, "test", detail)


async def lift_the_guard(database: Database) -> None:
    guards = (
        ["DROP TRIGGER audit_refuses_update", "DROP TRIGGER audit_refuses_delete"]
        if database.dialect == "sqlite"
        else ["DROP TRIGGER audit_is_append_only ON audit"]
    )
    async with database.write() as session:
        for guard in guards:
            await session.execute(text(guard))


async def test_an_empty_chain_is_intact(database: Database) -> None:
    async with database.read() as session:
        assert await audit.verify(session) == audit.AuditVerdict(0, audit.GENESIS)


async def test_concurrent_writers_make_one_unbroken_chain(database: Database) -> None:
    await asyncio.gather(*(append(database, number) for number in range(30)))
    async with database.read() as session:
        verdict = await audit.verify(session)
    assert (verdict.rows, verdict.intact) == (30, True)


async def test_two_processes_may_append_twice_in_a_transaction(database: Database, database_url: str) -> None:
    """Whoever waits for a row holds none that its writer needs: no deadlock."""

    async def append_twice(door: Database) -> None:
        async with door.write() as session:
            for number in range(2):
                await audit.append(session, NOW, USER, "test", {"number": number})

    other = Database.open(database_url)
    await asyncio.gather(*(append_twice(door) for _ in range(15) for door in (database, other)))
    await other.close()
    async with database.read() as session:
        verdict = await audit.verify(session)
    assert (verdict.rows, verdict.intact) == (60, True)


async def test_who_knew_an_older_end_still_follows_the_newest(database: Database) -> None:
    """What a claim saw at the chain's end may be history when the claim's own row is written."""
    async with database.write() as session:
        none_yet = audit.Tail.of(None, None)
        for number in range(3):
            await audit.append(session, NOW + number, USER, "test", {}, none_yet)
    await append(database, 3)
    async with database.write() as session:
        await audit.append(session, NOW, USER, "test", {}, none_yet)
    async with database.read() as session:
        verdict = await audit.verify(session)
    assert (verdict.rows, verdict.intact) == (5, True)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET action = 'other' WHERE seq = 3",
        "UPDATE audit SET detail = '{}' WHERE seq = 3",
        "UPDATE audit SET user_id = NULL WHERE seq = 3",
        "UPDATE audit SET at_ms = at_ms + 1 WHERE seq = 3",
        "UPDATE audit SET hash = previous_hash WHERE seq = 3",
        "UPDATE audit SET shard = 255, seq = 1 WHERE seq = 3",
    ],
)
async def test_a_changed_row_breaks_the_chain_where_it_stands(database: Database, change: str) -> None:
    for number in range(5):
        await append(database, number)
    await lift_the_guard(database)
    async with database.write() as session:
        await session.execute(text(change))
    async with database.read() as session:
        verdict = await audit.verify(session)
    assert (verdict.rows, verdict.broken_at) == (2, audit.ChainPlace(SHARD, 3))


async def test_a_removed_row_breaks_the_chain_where_it_stood(database: Database) -> None:
    for number in range(5):
        await append(database, number)
    await lift_the_guard(database)
    async with database.write() as session:
        await session.execute(text("DELETE FROM audit WHERE seq = 2"))
    async with database.read() as session:
        assert (await audit.verify(session)).broken_at == audit.ChainPlace(SHARD, 2)


async def test_a_rolled_back_row_leaves_no_gap(database: Database) -> None:
    async def fail() -> None:
        async with database.write() as session:
            await audit.append(session, NOW, USER, "lost", {})
            raise ZeroDivisionError

    await append(database, 1)
    with pytest.raises(ZeroDivisionError):
        await fail()
    await append(database, 2)
    async with database.read() as session:
        assert (await audit.verify(session)).rows == 2


def test_the_shard_of_a_person_never_changes() -> None:
    """Values computed once by another program (`printf 1001 | sha256sum`)."""
    assert hash64(1001) == 0xFE675FE7AAEE830B
    assert [shard_of(user) for user in (None, 1001, -1, 2**52)] == [HOUSE, 0x0B, 0xFC, 0xC5]
    assert {shard_of(user) for user in range(5_000)} == set(range(SHARDS))


async def test_one_person_does_not_wait_for_another(database: Database) -> None:
    """While somebody's row is written and not committed; on SQLite every writer waits for every other."""
    if database.dialect == "sqlite":
        return
    async with asyncio.timeout(5), database.write() as mine:
        await audit.append(mine, NOW, USER, "test", {})
        async with database.write() as theirs:
            await audit.append(theirs, NOW, _elsewhere(), "test", {})
    async with database.read() as session:
        verdict = await audit.verify(session)
    assert (verdict.rows, verdict.intact) == (2, True)


async def test_every_shard_is_walked_and_in_the_head(database: Database) -> None:
    heads = set()
    for user in (*range(40), None):
        async with database.write() as session:
            await audit.append(session, NOW, user, "test", {"user": user})
        async with database.read() as session:
            verdict = await audit.verify(session)
        assert verdict.intact
        heads.add(verdict.head)
    assert (verdict.rows, len(heads)) == (41, 41)
    await lift_the_guard(database)
    async with database.write() as session:
        await session.execute(text("UPDATE audit SET at_ms = 0 WHERE user_id = 39"))
    async with database.read() as session:
        broken = (await audit.verify(session)).broken_at
    assert broken is not None
    assert broken.shard == shard_of(39)


async def test_a_row_moved_to_another_chain_is_seen(database: Database) -> None:
    """Written anew as the first row of a shard that is not its person's, and hashed right."""
    async with database.write() as session:
        await audit.append(session, NOW, None, "test", {})
        words = {"shard": HOUSE + 1, "seq": 1, "at_ms": NOW, "user_id": None, "action": "x", "detail": "{}"}
        row = words | {"previous_hash": audit.GENESIS}
        columns = ", ".join([*row, "hash"])
        values = ", ".join(f":{name}" for name in [*row, "hash"])
        insert = text(f"INSERT INTO audit ({columns}) VALUES ({values})")
        await session.execute(insert, row | {"hash": audit.link_hash(row)})
    async with database.read() as session:
        assert (await audit.verify(session)).broken_at == audit.ChainPlace(HOUSE + 1, 1)


async def test_two_shards_in_one_transaction_come_in_their_order(database: Database) -> None:
    """Two transactions that took them crosswise would wait for each other for ever."""
    low, high = sorted((USER, _elsewhere()), key=shard_of)
    async with database.write() as session:
        await audit.append(session, NOW, low, "test", {})
        await audit.append(session, NOW, high, "test", {})
    async with database.write() as session:
        await audit.append(session, NOW, high, "test", {})
        with pytest.raises(ValueError, match="order"):
            await audit.append(session, NOW, low, "test", {})


def _elsewhere() -> int:
    """Somebody whose rows are in another shard than USER's."""
    return next(user for user in range(1_000) if shard_of(user) != SHARD)
