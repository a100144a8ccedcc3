"""The one place where loudness is applied: between claiming a row of the outbox and sending it.

News (`Message.event`) is said aloud, silently, in the chat's digest or not at all, as the chat chose; what is
not said keeps its row and the reason. Edits of a message that is there make no sound and always go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.notifications.preferences import Volume, heard, is_quiet
from bot.kernel.events import Events
from bot.notifications import chats, outbox_rows
from bot.notifications.events import DigestsSought
from bot.notifications.tables import Chat, OutboxKind, OutboxMessage, OutboxState
from bot.people import users
from bot.people.tables import User

CHAT_LOST = "the chat is lost"
SWITCHED_OFF = "switched off here"


@dataclass(frozen=True, slots=True)
class Sifted:
    """What may be sent now, and which chats turned out to be lost."""

    rows: list[OutboxMessage]
    lost: set[int]


@dataclass(frozen=True, slots=True)
class _Places:
    """What is known of the chats of a batch."""

    chats: dict[int, Chat]
    chosen: dict[tuple[int, int, str], Volume]
    people: dict[int, User]  # of private chats, whose id is the person's
    with_digest: set[int]

    def volume(self, row: OutboxMessage, event: str, now_ms: int) -> Volume:
        chosen = chats.volume_of(self.chosen, row.chat_id, row.thread_id, event)
        place = self.people.get(row.chat_id) or self.chats.get(row.chat_id)
        quiet = place is not None and is_quiet(place.quiet_from, place.quiet_to, place.time_zone, now_ms)
        has_digest = row.chat_id in self.with_digest
        return heard(event, chosen, private=row.chat_id > 0, quiet=quiet, has_digest=has_digest)


async def sift(
    session: AsyncSession, events: Events, claimed: Sequence[OutboxMessage], now_ms: int
) -> Sifted:
    """Of rows just leased, those to be sent; the others are closed, in the session's transaction."""
    ids = {row.chat_id for row in claimed}
    known = await chats.known(session, ids) if ids else {}
    for row in claimed:
        place = known.get(row.chat_id)
        if place is not None and place.moved_to is not None:
            row.chat_id, row.message_id, row.reply_to = place.moved_to, None, None
    places = await _places(session, events, [row for row in claimed if row.event is not None], known)
    sifted = Sifted([], set())
    for row in claimed:
        place = places.chats.get(row.chat_id)
        if place is not None and place.lost_ms is not None:
            sifted.lost.add(row.chat_id)
            _close(row, OutboxState.SUPPRESSED, CHAT_LOST)
        elif row.event is None or await _is_edit_of_something(session, row):
            sifted.rows.append(row)
        else:
            await _judge(session, row, places.volume(row, row.event, now_ms), sifted)
    return sifted


async def _places(
    session: AsyncSession, events: Events, news: Sequence[OutboxMessage], known: dict[int, Chat]
) -> _Places:
    ids = {row.chat_id for row in news}
    missing = ids - known.keys()
    if missing:  # where somebody moved to
        known = known | await chats.known(session, missing)
    if not ids:
        return _Places(known, {}, {}, set())
    chosen = await chats.volumes(session, ids)
    people = {user.id: user for id in ids if id > 0 and (user := await users.get(session, id)) is not None}
    digests = DigestsSought(frozenset(ids))
    if Volume.DIGEST in chosen.values():
        await events.write(session, digests)
    return _Places(known, chosen, people, digests.found)


async def _is_edit_of_something(session: AsyncSession, row: OutboxMessage) -> bool:
    if row.kind is OutboxKind.SEND:
        return False
    if row.kind is OutboxKind.EDIT and row.message_id is None and row.card_key is not None:
        return await outbox_rows.card_message_id(session, row.chat_id, row.card_key) is not None
    return True


async def _judge(session: AsyncSession, row: OutboxMessage, volume: Volume, sifted: Sifted) -> None:
    match volume:
        case Volume.OFF:
            _close(row, OutboxState.SUPPRESSED, SWITCHED_OFF)
        case Volume.DIGEST:
            await outbox_rows.drop_gathered(session, row.chat_id, row.card_key)
            _close(row, OutboxState.GATHERED, None)
        case Volume.SILENT:
            row.silent = True
            sifted.rows.append(row)
        case Volume.ON:
            sifted.rows.append(row)


def _close(row: OutboxMessage, state: OutboxState, why: str | None) -> None:
    row.state, row.error, row.lease_until_ms = state, why, None
