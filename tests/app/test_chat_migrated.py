"""Whatever tables there are: a row of a group that became a supergroup goes along, or stays for a reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app.features import FEATURES
from bot.kernel.storage import Database
from bot.notifications import chats
from tests.app.test_one_branch import built
from tests.kernel.storage.filling import PERSON, fill, tables
from tests.support.rows import NOW

NEW = -1_000_000_000_077
STAYS = {
    "outbox": "it was said in the old group, where its message stands",
    "button": "its chat is a private one, which has no other id ever",
}


def test_whoever_stays_has_such_a_column() -> None:
    assert set(STAYS) <= {table.name for table in tables() if "chat_id" in table.columns}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # nothing here depends on it
async def test_every_row_of_a_group_follows_it(database: Database, tmp_path: Path) -> None:
    bot = built(tmp_path, *FEATURES)
    async with database.write() as session:
        await fill(session, 1)
        assert await chats.move(session, bot.services.events, PERSON, NEW, NOW)
    async with database.read() as session:
        left = {
            table.name
            for table in tables()
            if "chat_id" in table.columns and PERSON in (await session.scalars(select(table.c.chat_id))).all()
        }
    await bot.client.aclose()
    await bot.database.close()
    assert left == set(STAYS)
