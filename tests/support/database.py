"""`database_url` and `database`: every test that asks for them runs on SQLite and on PostgreSQL.

PostgreSQL is the one of TEST_POSTGRES_URL, or the one answering on loopback; its tests get a database of
their own, made from a migrated template and dropped afterwards.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import URL, make_url

from bot.kernel.storage import Database, migrate

DEFAULT_SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"


class PostgresServer:
    """One reachable server, and a migrated template that new databases are copied from.

    The copy for the next test is made, and that of the last one dropped, while a test runs.
    """

    def __init__(self, url: URL) -> None:
        self._url = url
        self._template: str | None = None
        self._aside = ThreadPoolExecutor(1, "databases")
        self._next: Future[str] | None = None

    def execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._text(self._url), autocommit=True, connect_timeout=5) as connection:
            connection.execute(statement)

    def create(self, *, template: str | None = None) -> str:
        name = f"rucksack_test_{secrets.token_hex(6)}"
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self.execute(command.format(sql.Identifier(name), sql.Identifier(template or "template0")))
        return name

    def drop(self, name: str) -> None:
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def migrated_template(self) -> str:
        if self._template is None:
            self._template = self.create()
            migrate(self.url_of(self._template))
        return self._template

    def take_copy(self) -> str:
        """The name of a fresh copy of the migrated template."""
        template = self.migrated_template()
        made, self._next = self._next, None
        name = made.result() if made is not None else self.create(template=template)
        self._next = self._aside.submit(self.create, template=template)
        return name

    def drop_soon(self, name: str) -> None:
        self._aside.submit(self.drop, name)

    def url_of(self, name: str) -> str:
        return self._text(self._url.set(database=name))

    def close(self) -> None:
        if self._next is not None:
            self.drop_soon(self._next.result())
        self._aside.shutdown()
        if self._template is not None:
            self.drop(self._template)

    @staticmethod
    def _text(url: URL) -> str:
        return url.set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The server, or a skip that says what is missing. In CI its absence is a failure."""
    server = PostgresServer(make_url(os.environ.get("TEST_POSTGRES_URL", DEFAULT_SERVER)))
    try:
        server.execute(sql.SQL("SELECT 1").format())
    except psycopg.OperationalError:
        if os.environ.get("CI"):
            raise
        pytest.skip("no PostgreSQL answers: start one on 127.0.0.1:5432 or set TEST_POSTGRES_URL")
    yield server
    server.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "template.sqlite3"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        path = tmp_path / "rucksack.sqlite3"
        path.write_bytes(template.read_bytes())
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.take_copy()
    yield server.url_of(name)
    server.drop_soon(name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database nobody has migrated."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.create()
    yield server.url_of(name)
    server.drop(name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open `Database` on a fresh, migrated database."""
    opened = Database.open(database_url)
    yield opened
    await opened.close()
