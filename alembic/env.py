"""Alembic's entry: uses the connection `migrate` hands in, or DATABASE_URL at the command line."""

import os
from typing import Any

from sqlalchemy import Connection
from sqlmodel import AutoString

import bot.app.tables  # noqa: F401 - so that every table is known
from alembic import context
from bot.kernel.storage.base import Table
from bot.kernel.storage.columns import Exact, Nano, Word
from bot.kernel.storage.engines import normalise
from bot.kernel.storage.migrations import sync_engine

if context.is_offline_mode():
    raise SystemExit("offline mode is not supported: migrations need a database")


def render(kind: str, item: Any, _autogen: Any) -> str | bool:
    """A migration is a record: it names the database's types, not classes of ours that may change later."""
    if kind == "type" and isinstance(item, Exact):
        return 'sa.Text().with_variant(sa.Numeric(), "postgresql")'
    if kind == "type" and isinstance(item, Word):
        return "sa.Text()"
    if kind == "type" and isinstance(item, Nano):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    return False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=Table.metadata, compare_type=True, render_item=render
    )
    with context.begin_transaction():
        context.run_migrations()


handed_in = context.config.attributes.get("connection")
if handed_in is not None:
    run(handed_in)
else:
    url = normalise(os.environ.get("DATABASE_URL", "sqlite:///var/rucksack.sqlite3"))
    with sync_engine(url).begin() as own:
        run(own)
