"""A data key is re-wrapped only if it still is what was read."""

from __future__ import annotations

from bot.kernel.storage import Database
from bot.people import users
from bot.vault import sealed_keys
from bot.vault.tables import DataKey
from tests.support.rows import NOW, USER, a_user


def a_data_key(wrapped: bytes, version: int = 1) -> DataKey:
    return DataKey(user_id=USER, wrapped=wrapped, nonce=b"n", master_version=version, created_ms=NOW)


async def test_a_stale_wrap_never_replaces_a_newer_data_key(database: Database) -> None:
    async with database.write() as session:
        await a_user(session)
        await sealed_keys.insert_data_key(session, a_data_key(b"first"))
    async with database.read() as session:
        seen = await sealed_keys.data_key(session, USER)
        assert seen is not None
    async with database.write() as session:
        await users.forget(session, USER, NOW)
        await sealed_keys.insert_data_key(session, a_data_key(b"second"))
    async with database.write() as session:
        assert not await sealed_keys.rewrap(session, seen, a_data_key(b"first, wrapped anew", 2))
        now = await sealed_keys.data_key(session, USER)
    assert now is not None
    assert (now.wrapped, now.master_version) == (b"second", 1)


async def test_a_user_has_one_data_key(database: Database) -> None:
    async with database.write() as session:
        await a_user(session)
        assert await sealed_keys.insert_data_key(session, a_data_key(b"first")) is not None
        assert await sealed_keys.insert_data_key(session, a_data_key(b"second")) is None
        assert await sealed_keys.count_by_version(session) == {1: 1}
