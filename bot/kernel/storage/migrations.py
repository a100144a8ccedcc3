"""Bringing a database to the newest shape, from the console command and at every start.

Alembic runs with a synchronous connection here, so that a migration never shares a loop with the bot.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text

from bot.kernel.storage.engines import normalise, secure_file

if TYPE_CHECKING:  # loaded when a database is not up to date: that is seldom, and takes long
    from alembic.config import Config

SCRIPTS = Path(__file__).resolve().parents[3] / "alembic"
_ADVISORY_LOCK = 7_226_273  # any number, the same in every process of ours


class MigrationsMissing(RuntimeError):
    """The migration scripts are not beside the package: run from the checkout."""


def migrate(url: str, revision: str = "head") -> None:
    """Upgrade to `revision`. Two processes starting together take turns. Raises MigrationsMissing."""
    if revision == "head" and _is_newest(url):
        return
    _run(url, lambda config: _command().upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Go back to `revision` (`base` empties the database)."""
    _run(url, lambda config: _command().downgrade(config, revision))


def check(url: str) -> None:
    """Raise alembic's CommandError when the tables of the code differ from the migrated database."""
    _run(url, lambda config: _command().check(config))


def _is_newest(url: str) -> bool:
    """Whether the database is at the newest script, whose file name begins with its revision."""
    newest = max((path.stem.partition("_")[0] for path in (SCRIPTS / "versions").glob("0*.py")), default=None)
    engine = sync_engine(normalise(url))
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return False
            return str(connection.scalar(text("SELECT version_num FROM alembic_version"))) == newest
    finally:
        engine.dispose()


def _command() -> Any:
    from alembic import command

    return command


def _run(url: str, step: Callable[[Config], object]) -> None:
    if not (SCRIPTS / "env.py").is_file():
        raise MigrationsMissing("the folder alembic/ is missing beside bot/")
    from alembic.config import Config

    config = Config(stdout=io.StringIO())  # what alembic has to say is said by exceptions
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    engine = sync_engine(normalise(url))
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
            config.attributes["connection"] = connection
            step(config)
    finally:
        engine.dispose()


def sync_engine(url: URL) -> Engine:
    """A blocking engine for migrations; on SQLite one that takes the write lock before it looks."""
    if url.get_backend_name() != "sqlite":
        return create_engine(url, connect_args={"connect_timeout": 10})
    secure_file(Path(str(url.database)))
    engine = create_engine(url, connect_args={"isolation_level": None, "timeout": 30})

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
