"""Users, their settings, their accounts, and what is left when one is forgotten."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from bot.chat import buttons
from bot.kernel.storage import Database
from bot.people import accounts, users
from bot.people.tables import ConfirmMode, KeyState, SizeMeaning
from bot.trading.storage import orders, tickets
from bot.trading.storage.tables import TicketState
from tests.support.rows import CHAT, NOW, USER, a_ticket, a_user, an_account, an_attempt


async def test_twenty_first_messages_make_one_user(database: Database) -> None:
    async def arrive(language: str) -> int:
        async with database.write() as session:
            return (await users.get_or_create(session, USER, NOW, language)).id

    assert set(await asyncio.gather(*(arrive("zh") for _ in range(20)))) == {USER}
    async with database.read() as session:
        assert await users.count(session) == 1
        user = await users.get(session, USER)
    assert user is not None
    assert (user.language, user.slippage_percent, user.confirm_mode) == ("zh", Decimal("0.5"), "always")


async def test_settings_are_kept_and_strangers_to_them_refused(database: Database) -> None:
    async with database.write() as session:
        await a_user(session)
        changed = await users.change_settings(
            session,
            USER,
            size_meaning=SizeMeaning.QUOTE,
            confirm_below_usd=Decimal("50.25"),
            quiet_from=1_380,
        )
        assert changed is not None
        assert changed.size_meaning is SizeMeaning.QUOTE
        assert changed.confirm_below_usd == Decimal("50.25")
        with pytest.raises(ValueError, match="forgotten_ms"):
            await users.change_settings(session, USER, forgotten_ms=1)
        assert await users.change_settings(session, USER + 1, language="zh") is None


async def test_a_label_and_a_key_are_unique_among_what_is_linked(database: Database) -> None:
    async def link_twice(**values: Any) -> None:
        async with database.write() as session:
            await an_account(session, **values)
            await an_account(session, **values)

    for values in ({"label": "main"}, {"public_key": "same"}):
        with pytest.raises(IntegrityError):
            await link_twice(**values)
    async with database.write() as session:
        first = await an_account(session, label="main", public_key="same")
        assert await accounts.unlink(session, USER, first.id)
        await an_account(session, label="main", public_key="same")


async def test_the_default_account_is_the_chosen_one_or_the_oldest_usable(database: Database) -> None:
    async with database.write() as session:
        await an_account(session, state=KeyState.PENDING)
        oldest = await an_account(session)
        chosen = await an_account(session, state=KeyState.READ_ONLY)
        found = await accounts.default(session, USER)
        assert found is not None
        assert found.id == oldest.id
        await users.change_settings(session, USER, default_account_id=chosen.id)
        found = await accounts.default(session, USER)
        assert found is not None
        assert found.id == chosen.id
        await accounts.unlink(session, USER, chosen.id)
        found = await accounts.default(session, USER)
        assert found is not None
        assert found.id == oldest.id


async def test_an_account_is_seen_by_its_user_only(database: Database) -> None:
    async with database.write() as session:
        account = await an_account(session, label="Main")
        await a_user(session, USER + 1)
        assert await accounts.get(session, USER + 1, account.id) is None
        assert await accounts.by_label(session, USER + 1, "main") is None
        assert not await accounts.unlink(session, USER + 1, account.id)
        assert await accounts.verified(session, USER + 1, account.id, KeyState.ACTIVE, NOW) is None
        assert await accounts.by_label(session, USER, "mAIN") is not None


async def test_verification_makes_a_pending_account_active(database: Database) -> None:
    async with database.write() as session:
        account = await an_account(session, state=KeyState.PENDING)
        assert [row.id for row in await accounts.active(session)] == []
        found = await accounts.verified(session, USER, account.id, KeyState.READ_ONLY, NOW + 9)
        assert found is not None
        assert (found.state, found.verified_ms) == (KeyState.READ_ONLY, NOW + 9)
        assert [row.id for row in await accounts.active(session)] == [account.id]
        with pytest.raises(ValueError, match="active or read_only"):
            await accounts.verified(session, USER, account.id, KeyState.UNLINKED, NOW)


async def test_forgetting_leaves_the_books_and_nothing_personal(database: Database) -> None:
    async with database.write() as session:
        account = await an_account(session, label="my salary")
        other = await an_account(session, USER + 1)
        order = await orders.insert_attempt(session, an_attempt(account))
        ticket = await a_ticket(session, "token")
        token = await buttons.create(session, USER, CHAT, "menu", {}, now_ms=NOW, life_ms=9)
        await users.change_settings(session, USER, confirm_mode=ConfirmMode.BELOW, time_zone="Asia/Shanghai")
    async with database.write() as session:
        assert await users.forget(session, USER, NOW + 1)
        assert not await users.forget(session, USER, NOW + 2)
        assert not await users.forget(session, 999, NOW + 2)
    async with database.read() as session:
        assert await accounts.of_user(session, USER) == []
        assert await buttons.find(session, token) is None
        closed = await tickets.find(session, ticket.token_hash)
        assert closed is not None
        assert closed.state is TicketState.CANCELLED
        user = await users.get(session, USER)
        assert user is not None
        assert (user.forgotten_ms, user.time_zone, user.confirm_mode) == (NOW + 1, "UTC", ConfirmMode.ALWAYS)
        assert await orders.get(session, order.id) is not None
        assert await accounts.get(session, USER + 1, other.id) is not None
    async with database.write() as session:
        again = await users.get_or_create(session, USER, NOW + 3)
    assert (again.forgotten_ms, again.created_ms) == (None, NOW + 3)
