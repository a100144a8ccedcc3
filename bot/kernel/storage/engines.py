"""Engines for the two databases we know, configured so that they lose nothing and quote nothing."""

from __future__ import annotations

import contextlib
import os
import select
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.util import await_only

from bot.kernel.private_files import replaceable_by_others
from bot.kernel.storage.columns import dump_json, load_json

BUSY_TIMEOUT_MS: Final = 5_000  # how long a writer waits for another process
CONNECT_TIMEOUT_S: Final = 10
SERVER_DEAD_MS: Final = 2_000  # a connection that is silent for longer is cut off
IDLE_MS: Final = 4_000  # a process frozen in a transaction holds nobody up longer than its lease (5 s)
POSTGRES_OPTIONS: Final = (
    f"-c statement_timeout=15000 -c idle_in_transaction_session_timeout={IDLE_MS}"
    f" -c tcp_user_timeout={SERVER_DEAD_MS}"
)
LEASE_OPTIONS: Final = f"{POSTGRES_OPTIONS} -c statement_timeout={SERVER_DEAD_MS}"
READERS: Final = 4
WRITERS: Final = 3  # and one connection for the lease: with the readers, eight for each process
SURVEY_OPTIONS: Final = "-c statement_timeout=300000"  # ms

LEASE_TAKEN: Final = "RK001"  # what the server says of a proof that fails

_COMMON: Final[dict[str, Any]] = {
    "hide_parameters": True,  # a database error must not quote what was being written
    "json_serializer": dump_json,
    "json_deserializer": load_json,
}


class NotActive(SQLAlchemyError):
    """Another process has become the active one: nothing of this transaction happened."""


class BadDatabaseUrl(ValueError):
    """The URL names no database we know; the message says what would do, never the URL's password."""


def normalise(url: str) -> URL:
    """`url` with the driver we use: `sqlite:///path` or `postgresql://…` (also `postgres://…`).

    Raises BadDatabaseUrl.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        raise BadDatabaseUrl(
            "not a database URL; use sqlite:///path or postgresql://user@host/name"
        ) from None
    match parsed.get_backend_name():
        case "sqlite":
            if parsed.database in {None, "", ":memory:"}:
                raise BadDatabaseUrl("an SQLite database needs a file: sqlite:///path")
            return parsed.set(drivername="sqlite")
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise BadDatabaseUrl(
                f"{other} is not supported; use sqlite:///path or postgresql://user@host/name"
            )


def secure_file(path: Path) -> None:
    """Make the SQLite file (and a missing folder) ours alone, with its -wal and -shm.

    Raises BadDatabaseUrl where no such file can be, or where others could put their own in its place.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
        for beside in ("-wal", "-shm"):  # never opened here: closing one would end this process's locks on it
            with contextlib.suppress(FileNotFoundError):
                path.with_name(path.name + beside).chmod(0o600)
    except OSError as error:
        raise BadDatabaseUrl(f"cannot open the file {path}: {error.strerror}; name another") from None
    problem = replaceable_by_others(path)
    if problem is not None:
        raise BadDatabaseUrl(problem)


def file_engine(url: URL, *, readonly: bool = False) -> Engine:
    """SQLite. Readers see one snapshot and may not write; the one writer's BEGIN takes the lock or fails."""
    engine = create_engine(
        url,
        # A reader that had to wait for a connection would hold up the loop it waits in.
        **({"pool_size": 4, "max_overflow": -1} if readonly else {"pool_size": 1, "max_overflow": 0}),
        pool_reset_on_return=None,  # a session ends its transaction before it gives the connection back
        connect_args={
            # The driver must not begin transactions by itself: it would begin them as deferred.
            "isolation_level": None,
            "timeout": BUSY_TIMEOUT_MS / 1000,
            "check_same_thread": False,  # a commit runs in another thread, and nothing beside it
        },
        **_COMMON,
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA secure_delete = ON")  # forgotten ciphertext is overwritten, not just unlinked
        # The writer's lock is waited for in the loop; a reader waits only while a crash is being repaired.
        cursor.execute("PRAGMA query_only = ON" if readonly else "PRAGMA busy_timeout = 0")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")

    return engine


def server_engine(
    url: URL, *, size: int, readonly: bool = False, options: str = POSTGRES_OPTIONS
) -> AsyncEngine:
    """PostgreSQL, with at most `size` connections.

    A reader has no transaction: each statement has its own view by the server's default. A writer's is begun
    by what `begin_with` is given.
    """
    spared = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True, "pool_reset_on_return": None}
    engine = create_async_engine(
        url,
        pool_size=size,
        max_overflow=0,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_S,
            "tcp_user_timeout": SERVER_DEAD_MS,
            "options": f"{options} -c default_transaction_read_only=on" if readonly else options,
            # The driver must not begin transactions by itself: what begins one also proves who may.
            **({} if readonly else {"autocommit": True}),
        },
        **(spared if readonly else {}),
        **_COMMON,
    )

    @event.listens_for(engine.sync_engine, "checkout")
    def _refuse_dead(connection: Any, _record: Any, _holder: Any) -> None:
        if not _is_quiet(connection.driver_connection):
            raise DisconnectionError  # the pool connects anew

    return engine


def begin_with(engine: AsyncEngine, opening: Callable[[], str]) -> None:
    """Begin each transaction of `engine` by the statements of `opening`, in one round trip."""
    import psycopg  # whoever keeps a file need not wait for it

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        words = opening()
        try:
            await_only(driver.execute(words, prepare=False))
        except psycopg.Error as error:
            if error.sqlstate == LEASE_TAKEN:
                raise NotActive from None
            if driver.closed:
                connection.invalidate(error)
            raise DBAPIError.instance(words, None, error, psycopg.Error, hide_parameters=True) from None


def _is_quiet(connection: Any) -> bool:
    """Whether an idle psycopg connection is open, and its server has not said that it goes.

    Unlike a ping it costs no round trip: a confirmed order waits for this.
    """
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)


def survey_engine(url: URL) -> Engine:
    """Either database, for long looks in another thread."""
    if url.get_backend_name() == "sqlite":
        return file_engine(url, readonly=True)
    engine = create_engine(
        url,
        poolclass=NullPool,  # such a look is seldom, and its connection is wanted elsewhere
        connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "options": SURVEY_OPTIONS},
        **_COMMON,
    )
    return engine.execution_options(postgresql_readonly=True)
