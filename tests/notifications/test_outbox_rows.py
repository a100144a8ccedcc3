"""What must be said is said in order of urgency, by one sender at a time, and an event speaks once."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.chat import buttons
from bot.kernel.storage import Database
from bot.notifications import outbox_rows
from bot.notifications.tables import OutboxKind, OutboxMessage, OutboxState
from tests.support.rows import CHAT, NOW, USER

LEASE = 30_000


def a_message(words: str = "hello", **values: Any) -> OutboxMessage:
    defaults: dict[str, Any] = {"chat_id": CHAT, "text": words, "created_ms": NOW}
    return OutboxMessage(**(defaults | values))


async def put(database: Database, *messages: OutboxMessage) -> list[OutboxMessage | None]:
    async with database.write() as session:
        return [await outbox_rows.enqueue(session, message) for message in messages]


async def take(database: Database, now_ms: int = NOW, **options: Any) -> list[OutboxMessage]:
    async with database.write() as session:
        return await outbox_rows.claim_batch(session, now_ms, LEASE, **options)


async def sent(database: Database, message: OutboxMessage, message_id: int = 1, now_ms: int = NOW) -> bool:
    async with database.write() as session:
        return await outbox_rows.mark_sent(session, message, message_id, now_ms)


async def test_urgent_lanes_go_first_then_the_oldest(database: Database) -> None:
    await put(
        database,
        a_message("b", lane=5),
        a_message("c", lane=9),
        a_message("d", lane=5),
        a_message("a", lane=1),
    )
    assert [message.text for message in await take(database)] == ["a", "b", "d", "c"]


async def test_one_dedupe_key_speaks_once(database: Database) -> None:
    async def announce() -> bool:
        return (await put(database, a_message(dedupe_key="fill:1")))[0] is not None

    assert (await asyncio.gather(*(announce() for _ in range(20)))).count(True) == 1
    (only,) = await take(database)
    await sent(database, only)
    assert not await announce()


async def test_many_senders_never_lease_the_same_message(database: Database, database_url: str) -> None:
    other = Database.open(database_url)
    await put(database, *(a_message(str(number)) for number in range(40)))
    batches = await asyncio.gather(*(take(door, limit=5) for _ in range(6) for door in (database, other)))
    while len(taken := [message.id for batch in batches for message in batch]) < 40:
        batches.append(await take(database))
    await other.close()
    assert len(set(taken)) == 40


async def test_a_lost_lease_is_taken_again_and_the_first_sender_cannot_settle_it(database: Database) -> None:
    await put(database, a_message())
    (first,) = await take(database)
    assert await take(database, NOW + LEASE - 1) == []
    (second,) = await take(database, NOW + LEASE)
    assert second.attempts == 2
    async with database.write() as session:
        assert not await outbox_rows.mark_retry(session, first, NOW, "late")
    assert await sent(database, second)
    assert not await sent(database, second)


async def test_a_retry_waits_and_a_dead_message_stays_for_the_operator(database: Database) -> None:
    await put(database, a_message())
    (message,) = await take(database)
    async with database.write() as session:
        assert await outbox_rows.mark_retry(session, message, NOW + 5_000, "429")
        assert await outbox_rows.next_due_ms(session) == NOW + 5_000
    assert await take(database, NOW + 4_999) == []
    (message,) = await take(database, NOW + 5_000)
    async with database.write() as session:
        assert await outbox_rows.mark_dead(session, message, "chat not found")
        await outbox_rows.purge(session, NOW + 10**9)
        assert [(row.id, row.error) for row in await outbox_rows.dead(session)] == [
            (message.id, "chat not found")
        ]
        assert await outbox_rows.next_due_ms(session) is None
    assert await take(database, NOW + 10**9) == []


async def test_a_chat_at_its_limit_is_passed_over(database: Database) -> None:
    await put(database, a_message("full"), a_message("free", chat_id=7))
    assert [message.text for message in await take(database, skip_chats=[CHAT])] == ["free"]
    assert [message.text for message in await take(database)] == ["full"]


async def test_an_edit_waits_for_its_card_and_finds_it(database: Database) -> None:
    await put(
        database,
        a_message("card", card_key="order:1"),
        a_message("edit", card_key="order:1", kind=OutboxKind.EDIT, lane=1),
    )
    (card,) = await take(database)
    assert (card.text, await take(database)) == ("card", [])
    await sent(database, card, message_id=55)
    (edit,) = await take(database)
    assert edit.text == "edit"
    async with database.read() as session:
        assert await outbox_rows.card_message_id(session, CHAT, "order:1") == 55
        assert await outbox_rows.card_message_id(session, CHAT, "order:2") is None


async def test_a_later_edit_replaces_one_that_has_not_left(database: Database) -> None:
    await put(database, a_message("card", card_key="order:1"), a_message("other", card_key="order:2"))
    edits = [
        a_message(words, card_key="order:1", kind=OutboxKind.EDIT, dedupe_key=words)
        for words in ("a third", "two thirds", "filled")
    ]
    await put(database, *edits)
    for message in await take(database):
        await sent(database, message)
    assert [message.text for message in await take(database)] == ["filled"]
    assert await put(database, a_message("stale", dedupe_key="a third")) == [None]
    async with database.write() as session:
        await outbox_rows.purge(session, NOW + 1)
        assert await outbox_rows.card_message_id(session, CHAT, "order:1") is None


async def test_a_dead_card_does_not_hold_back_its_edits(database: Database) -> None:
    await put(database, a_message(card_key="c"), a_message("edit", card_key="c", kind=OutboxKind.EDIT))
    (card,) = await take(database)
    async with database.write() as session:
        await outbox_rows.mark_dead(session, card, "blocked")
    assert [message.text for message in await take(database)] == ["edit"]


async def test_a_keyboard_comes_back_as_it_was(database: Database) -> None:
    keyboard = [[{"text": "确认", "data": "c:1"}], []]
    await put(database, a_message(keyboard=keyboard), a_message("bare"))
    first, second = await take(database)
    assert (first.keyboard, second.keyboard) == (keyboard, None)
    assert first.state is OutboxState.SENDING


async def test_of_fifty_taps_a_button_hears_one(database: Database) -> None:
    async with database.write() as session:
        token = await buttons.create(session, USER, CHAT, "panic", {"step": 2}, now_ms=NOW, life_ms=1_000)

    async def tap(user_id: int, now_ms: int) -> bool:
        async with database.write() as session:
            return await buttons.use_once(session, token, user_id, now_ms) is not None

    assert not await tap(USER + 1, NOW)
    assert not await tap(USER, NOW + 1_000)
    assert (await asyncio.gather(*(tap(USER, NOW) for _ in range(50)))).count(True) == 1


async def test_a_lasting_button_answers_its_user_until_it_expires(database: Database) -> None:
    async with database.write() as session:
        token = await buttons.create(session, USER, CHAT, "page", {"offset": 20}, now_ms=NOW, life_ms=1_000)
        assert len(token) <= 40
        for _ in range(2):
            button = await buttons.live(session, token, USER, NOW)
            assert button is not None
            assert button.arguments == {"offset": 20}
        assert await buttons.live(session, token, USER + 1, NOW) is None
        assert await buttons.live(session, token, USER, NOW + 1_000) is None
        assert await buttons.live(session, "forged", USER, NOW) is None
        assert token not in repr(await buttons.find(session, token))


async def test_expired_buttons_are_purged(database: Database) -> None:
    async with database.write() as session:
        token = await buttons.create(session, USER, CHAT, "a", {}, now_ms=NOW, life_ms=1)
        await buttons.purge(session, NOW + 1)
        assert await buttons.find(session, token) is None
