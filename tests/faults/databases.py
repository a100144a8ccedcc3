"""A migrated database with Alice's linked account, made once, copied for every run: SQLite or PostgreSQL."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from bot.kernel.storage import Database, migrate
from bot.people import accounts, users
from bot.people.tables import KeyState
from bot.vault import MasterKeys, Vault
from tests.support.database import DEFAULT_SERVER, PostgresServer

ALICE = 1001
_ALICES = {"alembic_version", "desk_user", "account", "data_key"}
Kind = Literal["sqlite", "postgres"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgres")


@dataclass(frozen=True, slots=True)
class Template:
    """Where Alice is at home; `copy` makes a world's own."""

    kind: Kind
    name: str  # of the file, or of the server's database
    master_key: str
    public_key: str
    server: PostgresServer | None = None
    spare: list[str] = field(default_factory=list)  # the server's copies nobody lives in; making one is dear

    @contextlib.asynccontextmanager
    async def copy(self, folder: Path) -> AsyncIterator[str]:
        """The URL of a database that lives as long as the block."""
        if self.server is None:
            path = folder / "bot.sqlite3"
            shutil.copyfile(self.name, path)
            yield f"sqlite:///{path}"
            return
        made = self.spare.pop() if self.spare else await asyncio.to_thread(_hasty, self.server, self.name)
        try:
            yield self.server.url_of(made)
            await asyncio.to_thread(_empty, self.server.url_of(made))
        except BaseException:
            await asyncio.to_thread(self.server.drop, made)
            raise
        self.spare.append(made)


@contextlib.contextmanager
def workshop() -> Iterator[Path]:
    """A folder for everything a harness writes: in memory where there is such a place.

    A killed process loses nothing it wrote, so a disk would prove no more.
    """
    memory = Path("/dev/shm")
    where = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="rucksack-faults-", dir=where) as name:
        yield Path(name)


@contextlib.asynccontextmanager
async def template(kind: Kind, folder: Path) -> AsyncIterator[Template]:
    """A template for as long as the block runs. Raises psycopg.OperationalError when no server answers."""
    if kind == "sqlite":
        path = folder / "template.sqlite3"
        master_key, public_key = await _settle_alice(f"sqlite:///{path}")
        yield Template(kind, str(path), master_key, public_key)
        return
    server = PostgresServer(make_url(os.environ.get("TEST_POSTGRES_URL", DEFAULT_SERVER)))
    name = await asyncio.to_thread(server.create)
    spare: list[str] = []
    try:
        master_key, public_key = await _settle_alice(server.url_of(name))
        yield Template(kind, name, master_key, public_key, server, spare)
    finally:
        for each in (*spare, name):
            await asyncio.to_thread(server.drop, each)


def _hasty(server: PostgresServer, model: str) -> str:
    """A copy that does not wait for the disk: processes die here, not machines."""
    name = server.create(template=model)
    server.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(sql.Identifier(name)))
    return name


def _empty(url: str) -> None:
    """Turn out whoever is still connected, and make the database what its template is."""
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute("SET session_replication_role = replica")  # the audit chain resists being emptied
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        tables = [sql.Identifier(name) for (name,) in rows if name not in _ALICES]
        connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(sql.SQL(", ").join(tables)))


async def _settle_alice(url: str) -> tuple[str, str]:
    """Migrate, register Alice, link a key; the master key that opens it and its public half."""
    await asyncio.to_thread(migrate, url)
    master_key = base64.b64encode(os.urandom(32)).decode()
    now = time.time_ns() // 1_000_000
    database = Database.open(url)
    async with database.write() as session:
        await users.get_or_create(session, ALICE, now, "en")
    vault = Vault(database, MasterKeys.parse(master_key), clock=lambda: now)
    made = await vault.generate(ALICE, "main")
    async with database.write() as session:
        await accounts.verified(session, ALICE, made.account_id, KeyState.ACTIVE, now)
    await database.scrub()
    await database.close()
    return master_key, made.public_key
