"""Bringing a database to the newest shape, from the console command and at every start.

Alembic runs with a synchronous connection here, so that a migration never shares a loop with the bot.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, create_engine, event, text

from alembic import command
from bot.store import alert_tables, broker_tables, post_tables  # noqa: F401 - so that every table is known
from bot.store.engines import normalise, secure_file

SCRIPTS = Path(__file__).resolve().parents[2] / "alembic"
_ADVISORY_LOCK = 7_226_273  # any number, the same in every process of ours


class MigrationsMissing(RuntimeError):
    """The migration scripts are not beside the package: run from the checkout."""


def migrate(url: str, revision: str = "head") -> None:
    """Upgrade to `revision`. Two processes starting together take turns. Raises MigrationsMissing."""
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Go back to `revision` (`base` empties the database)."""
    _run(url, lambda config: command.downgrade(config, revision))


def check(url: str) -> None:
    """Raise alembic's CommandError when the tables of the code differ from the migrated database."""
    _run(url, command.check)


def _run(url: str, step: Callable[[Config], object]) -> None:
    if not (SCRIPTS / "env.py").is_file():
        raise MigrationsMissing("the folder alembic/ is missing beside bot/")
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
