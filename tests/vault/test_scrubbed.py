"""What was forgotten, unlinked or wrapped anew is in no file any more, whoever was reading meanwhile."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.kernel.clock import unix_ms
from bot.kernel.storage import Database
from bot.people import accounts
from bot.vault import MasterKeys, Vault, add_master_key, sealed_keys
from tests.support.world import CAROL, World, open_world

ANN = 7


def _bytes_of(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))


@contextmanager
def _reader(path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody who looks at the file and takes their time."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM account").fetchone()
    try:
        yield connection
    finally:
        connection.close()


@pytest.fixture
def path(sqlite_template: Path, tmp_path: Path) -> Path:
    shutil.copy(sqlite_template, tmp_path / "desk.sqlite3")
    return tmp_path / "desk.sqlite3"


async def _sealed(database: Database, user_id: int) -> list[bytes]:
    async with database.read() as session:
        linked = await accounts.of_user(session, user_id)
        data_key = await sealed_keys.data_key(session, user_id)
    assert data_key is not None
    return [data_key.wrapped, *(one.sealed for one in linked if one.sealed is not None)]


async def test_forgotten_rows_leave_the_files_once_the_reader_has_gone(path: Path) -> None:
    async with open_world(f"sqlite:///{path}") as world:
        carol = world.person(CAROL)
        await carol.says("/start", "Rucksack")
        await carol.links("Carol")
        sealed = await _sealed(world.bot.database, CAROL)
        with _reader(path):
            await _forgets(world)
            assert all(piece in _bytes_of(path) for piece in sealed), "the test must be able to see them"
        world.passes(6, "scrub")
        async with asyncio.timeout(20):
            while any(piece in _bytes_of(path) for piece in sealed):  # noqa: ASYNC110 - a file has no event
                await asyncio.sleep(0.05)


async def _forgets(world: World) -> None:
    carol = world.person(CAROL)
    await carol.says("/forget", "Forget")
    await carol.taps("Erase everything", "Forgotten")


@pytest.mark.parametrize("act", ["forget", "unlink"])
async def test_a_restart_scrubs_what_was_left(path: Path, act: str) -> None:
    database = Database.open(f"sqlite:///{path}")
    vault = Vault(database, MasterKeys.generate(), clock=unix_ms)
    made = await vault.generate(ANN, "main")
    sealed = await _sealed(database, ANN)
    gone = sealed if act == "forget" else sealed[1:]
    with _reader(path):
        await (vault.forget(ANN) if act == "forget" else vault.unlink(ANN, made.account_id))
        await database.scrub_owed()
        await database.close()
        assert all(piece in _bytes_of(path) for piece in gone)
        again = Database.open(f"sqlite:///{path}")
        await again.scrub_owed()
    await again.scrub_owed()
    assert not any(piece in _bytes_of(path) for piece in gone)
    await again.close()


async def test_a_rotation_leaves_nothing_of_the_old_wrapping(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "masters"
    add_master_key(file)
    database = Database.open(f"sqlite:///{path}")
    vault = Vault(database, MasterKeys.from_file(file), clock=unix_ms)
    await vault.generate(ANN, "main")
    (wrapped, *_) = await _sealed(database, ANN)
    add_master_key(file)
    with _reader(path):
        async for _ in vault.rotate():
            pass
        assert wrapped in _bytes_of(path)
    await database.scrub_owed()
    assert wrapped not in _bytes_of(path)
    await database.close()


async def test_a_scrub_that_meets_a_writer_is_owed_and_no_error(path: Path) -> None:
    database = Database.open(f"sqlite:///{path}")
    await Vault(database, MasterKeys.generate(), clock=unix_ms).generate(ANN, "main")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert await database.scrub() is False
    other.execute("COMMIT")
    other.close()
    await database.scrub_owed()
    assert await database.scrub() is True
    await database.close()
