"""The migrated database is the one the code describes, whatever it was before."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import msgspec
import pytest
from alembic.util.exc import CommandError
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from bot.kernel.storage import Database, audit, migrate
from bot.kernel.storage.base import Table
from bot.kernel.storage.engines import normalise
from bot.kernel.storage.migrations import check, downgrade, sync_engine
from tests.store.builders import NOW


def tables(url: str) -> set[str]:
    engine = sync_engine(normalise(url))
    with engine.connect() as connection:
        names = set(inspect(connection).get_table_names())
    engine.dispose()
    return names - {"alembic_version", "sqlite_sequence"}


def test_the_newest_migration_equals_the_models(empty_database_url: str) -> None:
    with pytest.raises(CommandError):
        check(empty_database_url)
    migrate(empty_database_url)
    check(empty_database_url)
    assert tables(empty_database_url) == set(Table.metadata.tables)


def test_down_and_up_again_arrives_at_the_same_shape(empty_database_url: str) -> None:
    migrate(empty_database_url)
    downgrade(empty_database_url, "base")
    assert tables(empty_database_url) == set()
    migrate(empty_database_url)
    check(empty_database_url)


def test_migrating_twice_is_once_and_two_at_once_take_turns(empty_database_url: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(migrate, [empty_database_url] * 2))
    check(empty_database_url)


def test_a_database_that_is_up_to_date_is_left_alone_and_costs_no_alembic(empty_database_url: str) -> None:
    migrate(empty_database_url)
    program = "import sys; from bot.kernel.storage import migrate; migrate(sys.argv[1])"
    program += "; print('alembic' in sys.modules)"
    again = [sys.executable, "-c", program, empty_database_url]
    assert subprocess.run(again, check=True, capture_output=True, timeout=60).stdout == b"False\n"
    downgrade(empty_database_url, "0003")
    assert subprocess.run(again, check=True, capture_output=True, timeout=60).stdout == b"True\n"
    check(empty_database_url)


async def test_migrating_keeps_what_is_there(empty_database_url: str) -> None:
    await asyncio.to_thread(migrate, empty_database_url)
    database = Database.open(empty_database_url)
    async with database.write() as session:
        await audit.append(session, NOW, None, "start", {})
    await asyncio.to_thread(migrate, empty_database_url)
    async with database.read() as session:
        assert (await audit.verify(session)).rows == 1
    await database.close()


@pytest.mark.parametrize("broken", [False, True])
async def test_the_one_chain_of_before_is_chained_anew_in_shards(
    empty_database_url: str, broken: bool
) -> None:
    """Nothing of it is lost, and whether it was whole is said by a row of the new audit."""
    await asyncio.to_thread(migrate, empty_database_url, "0006")
    users = [1001, None, 1002, 1001, 1003]
    hashes = [bytes(32)]
    database = Database.open(empty_database_url)
    async with database.write() as session:
        for seq, user in enumerate(users, 1):
            detail = audit.canonical({"词": seq})
            covered = [seq, NOW + seq, user, "test", detail, hashes[-1].hex()]
            hashes.append(sha256(msgspec.json.encode(covered)).digest())
            insert = text("INSERT INTO audit VALUES (:seq, :at, :user, 'test', :detail, :before, :hash)")
            row = {"seq": seq, "at": NOW + seq - (broken and seq == 4), "user": user, "detail": detail}
            await session.execute(insert, row | {"before": hashes[-2], "hash": hashes[-1]})
    await asyncio.to_thread(migrate, empty_database_url)
    async with database.read() as session:
        verdict = await audit.verify(session)
        (said,) = await session.scalars(text("SELECT detail FROM audit WHERE action = 'audit.sharded'"))
        mine = (
            await session.scalars(text("SELECT detail FROM audit WHERE user_id = 1001 ORDER BY seq"))
        ).all()
    assert (verdict.rows, verdict.intact) == (6, True)
    told = {"rows": 5, "head": hashes[-1].hex(), "broken_at": 4 if broken else None}
    assert msgspec.json.decode(said) == told
    assert mine == [audit.canonical({"词": seq}) for seq in (1, 4)]
    await asyncio.to_thread(downgrade, empty_database_url, "0006")
    await asyncio.to_thread(migrate, empty_database_url)
    async with database.read() as session:
        assert (await audit.verify(session)).rows == 7
    await database.close()


async def test_an_account_id_never_comes_back(database: Database) -> None:
    if database.dialect != "sqlite":
        return
    async with database.read() as session:
        statement = text("SELECT sql FROM sqlite_master WHERE name IN ('account', 'ticket', 'desk_order')")
        definitions = (await session.scalars(statement)).all()
    assert len(definitions) == 3
    assert all("AUTOINCREMENT" in definition for definition in definitions)


@pytest.mark.parametrize("change", ["UPDATE audit SET action = 'x'", "DELETE FROM audit"])
async def test_the_database_itself_refuses_to_change_the_audit(database: Database, change: str) -> None:
    async with database.write() as session:
        await audit.append(session, NOW, None, "start", {})

    async def tamper() -> None:
        async with database.write() as session:
            await session.execute(text(change))

    with pytest.raises(DBAPIError, match="append-only"):
        await tamper()
