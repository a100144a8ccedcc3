"""The outbox: what must be said is written with what happened, and leased by whoever sends it.

At least once: a lease that ran out is taken again. A dedupe key makes an event speak once; a card key keeps
the messages of one card in order, and lets a later edit replace one that has not left yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import BigInteger, Integer, and_, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from bot.kernel.storage.upsert import insert_or_ignore
from bot.notifications.tables import OutboxKind, OutboxMessage, OutboxState
from bot.people.tables import User

WAITING = (OutboxState.PENDING, OutboxState.SENDING)

# Of what is asked for every message: built once, for building costs more than asking.
_TABLE: Any = OutboxMessage.__table__  # type: ignore[attr-defined]
_Earlier = aliased(OutboxMessage)
_DUE = or_(
    and_(
        col(OutboxMessage.state) == OutboxState.PENDING,
        col(OutboxMessage.not_before_ms) <= bindparam("now_ms"),
    ),
    and_(
        col(OutboxMessage.state) == OutboxState.SENDING,
        col(OutboxMessage.lease_until_ms) <= bindparam("now_ms"),
    ),
)
_BLOCKED = (
    select(col(_Earlier.id))
    .where(
        col(_Earlier.card_key) == col(OutboxMessage.card_key),
        col(_Earlier.chat_id) == col(OutboxMessage.chat_id),
        col(_Earlier.id) < col(OutboxMessage.id),
        col(_Earlier.state).in_(WAITING),
    )
    .exists()
)
_CHOSEN = (
    select(col(OutboxMessage.id), col(OutboxMessage.chat_id))
    .where(_DUE, ~_BLOCKED)
    .order_by(col(OutboxMessage.lane), col(OutboxMessage.id))
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_LEASED = (
    update(OutboxMessage)
    .where(col(OutboxMessage.id).in_(bindparam("ids", expanding=True)))
    .values(
        state=OutboxState.SENDING,
        lease_until_ms=bindparam("until_ms", type_=BigInteger),
        attempts=col(OutboxMessage.attempts) + 1,
    )
    .returning(OutboxMessage)
    .execution_options(synchronize_session=False, populate_existing=True)
)
_SUPERSEDE = (
    update(_TABLE)
    .where(
        _TABLE.c.card_key == bindparam("card"),
        _TABLE.c.chat_id == bindparam("chat"),
        _TABLE.c.kind == OutboxKind.EDIT,
        _TABLE.c.state == OutboxState.PENDING,
        _TABLE.c.id < bindparam("before"),
    )
    .values(state=OutboxState.SUPERSEDED)
)
_CARD_MESSAGE = (
    select(col(OutboxMessage.message_id))
    .where(
        col(OutboxMessage.chat_id) == bindparam("chat"),
        col(OutboxMessage.card_key) == bindparam("card"),
        col(OutboxMessage.state) == OutboxState.SENT,
        col(OutboxMessage.message_id).is_not(None),
    )
    .order_by(col(OutboxMessage.id).desc())
    .limit(1)
)
_NEXT_DUE = select(
    func.min(func.coalesce(col(OutboxMessage.lease_until_ms), col(OutboxMessage.not_before_ms)))
).where(col(OutboxMessage.state).in_(WAITING))
_SENT = (
    update(_TABLE)
    .where(
        _TABLE.c.id == bindparam("row"),
        _TABLE.c.state == OutboxState.SENDING,
        _TABLE.c.attempts == bindparam("leased"),  # a later lease has counted one more
    )
    .values(
        state=OutboxState.SENT,
        message_id=bindparam("shown_in", type_=BigInteger),
        sent_ms=bindparam("at_ms", type_=BigInteger),
        error=None,
        lease_until_ms=None,
    )
    .returning(_TABLE.c.id)
)

_LOOK = 5  # times as many are looked at as may be leased: one chat's backlog does not hide the others


async def enqueue(session: AsyncSession, message: OutboxMessage) -> OutboxMessage | None:
    """Queue `message`; None when its dedupe key was queued before."""
    queued = await insert_or_ignore(session, message)
    if queued is not None and queued.card_key is not None and queued.kind is not OutboxKind.SEND:
        place = {"card": queued.card_key, "chat": queued.chat_id, "before": queued.id}
        await session.execute(_SUPERSEDE, place)
    return queued


async def reword(session: AsyncSession, message: OutboxMessage) -> bool:
    """Put the words of `message` into the one of its card that has not left yet; False when it has."""
    statement = (
        update(OutboxMessage)
        .where(
            col(OutboxMessage.card_key) == message.card_key,
            col(OutboxMessage.chat_id) == message.chat_id,
            col(OutboxMessage.kind) == OutboxKind.SEND,
            col(OutboxMessage.state) == OutboxState.PENDING,
        )
        .values(text=message.text, keyboard=message.keyboard)
        .returning(col(OutboxMessage.id))
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(statement)).first() is not None


async def withdraw(session: AsyncSession, chat_id: int, card_keys: Collection[str]) -> None:
    """What has not left yet of these cards is not said: something else says it."""
    statement = update(OutboxMessage).where(
        col(OutboxMessage.card_key).in_(card_keys),
        col(OutboxMessage.chat_id) == chat_id,
        col(OutboxMessage.state) == OutboxState.PENDING,
    )
    await session.execute(
        statement.values(state=OutboxState.SUPERSEDED).execution_options(synchronize_session=False)
    )


async def claim_batch(
    session: AsyncSession,
    now_ms: int,
    lease_ms: int,
    limit: int = 20,
    skip_chats: Collection[int] = (),
    *,
    urgent_only: Collection[int] | None = (),
    urgent_lanes: int = 1,
    per_chat: int = 20,
) -> list[OutboxMessage]:
    """Lease up to `limit` due messages, `per_chat` of one chat, most urgent lane first, then oldest.

    Of one card only the oldest waiting message is due. `skip_chats` are those at their rate limit now; of the
    chats in `urgent_only` (None: of all) only lanes up to `urgent_lanes` are leased.
    """
    chosen = _CHOSEN
    if skip_chats:
        chosen = chosen.where(col(OutboxMessage.chat_id).not_in(skip_chats))
    urgent = col(OutboxMessage.lane) <= urgent_lanes
    if urgent_only is None:
        chosen = chosen.where(urgent)
    elif urgent_only:
        chosen = chosen.where(or_(urgent, col(OutboxMessage.chat_id).not_in(urgent_only)))
    ids: list[int] = []
    when = {"now_ms": now_ms, "most": _LOOK * limit}
    taken = Counter[int]()
    for message_id, chat_id in (await session.execute(chosen, when)).all():
        if taken[chat_id] < per_chat and len(ids) < limit:
            taken[chat_id] += 1
            ids.append(message_id)
    if not ids:
        return []
    leased = (await session.scalars(_LEASED, {"ids": ids, "until_ms": now_ms + lease_ms})).all()
    return sorted(leased, key=lambda message: (message.lane, message.id))


async def release(session: AsyncSession) -> None:
    """End the leases of a process that is no more: what it was sending is due now."""
    statement = update(OutboxMessage).where(
        col(OutboxMessage.state) == OutboxState.SENDING, col(OutboxMessage.lease_until_ms).is_not(None)
    )
    await session.execute(statement.values(lease_until_ms=0).execution_options(synchronize_session=False))


async def mark_sent(
    session: AsyncSession, message: OutboxMessage, message_id: int | None, now_ms: int
) -> bool:
    """Telegram has it. False if the lease was lost meanwhile (then it may be sent twice)."""
    shown = message_id if message_id is not None else message.message_id
    sent = {"row": message.id, "leased": message.attempts, "shown_in": shown, "at_ms": now_ms}
    return (await session.execute(_SENT, sent)).one_or_none() is not None


async def mark_dead(session: AsyncSession, message: OutboxMessage, error: str) -> bool:
    """Telegram refuses it for good."""
    return await _settle(session, message, state=OutboxState.DEAD, error=error)


async def mark_retry(session: AsyncSession, message: OutboxMessage, not_before_ms: int, error: str) -> bool:
    """Try again, not before `not_before_ms`."""
    return await _settle(
        session, message, state=OutboxState.PENDING, not_before_ms=not_before_ms, error=error
    )


async def _settle(session: AsyncSession, message: OutboxMessage, **values: object) -> bool:
    statement = (
        update(OutboxMessage)
        .where(
            col(OutboxMessage.id) == message.id,
            col(OutboxMessage.state) == OutboxState.SENDING,
            col(OutboxMessage.attempts) == message.attempts,  # a later lease has counted one more
        )
        .values(**values, lease_until_ms=None)
        .returning(col(OutboxMessage.id))
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(statement)).one_or_none() is not None


async def card_message_id(session: AsyncSession, chat_id: int, card_key: str) -> int | None:
    """The Telegram message that shows a card: the target of its edits; None if it was never sent."""
    return (await session.scalars(_CARD_MESSAGE, {"chat": chat_id, "card": card_key})).one_or_none()


async def drop_gathered(session: AsyncSession, chat_id: int, card_key: str | None) -> None:
    """Newer words of a card take the place of those gathered for the digest."""
    if card_key is None:
        return
    statement = update(OutboxMessage).where(
        col(OutboxMessage.chat_id) == chat_id,
        col(OutboxMessage.card_key) == card_key,
        col(OutboxMessage.state) == OutboxState.GATHERED,
    )
    await session.execute(
        statement.values(state=OutboxState.SUPERSEDED).execution_options(synchronize_session=False)
    )


async def gathered(session: AsyncSession, chat_id: int) -> Sequence[OutboxMessage]:
    """What a chat's digest has to say, oldest first."""
    statement = (
        select(OutboxMessage)
        .where(col(OutboxMessage.chat_id) == chat_id, col(OutboxMessage.state) == OutboxState.GATHERED)
        .order_by(col(OutboxMessage.id))
    )
    return (await session.scalars(statement)).all()


async def suppressed(session: AsyncSession, chat_id: int) -> Sequence[int]:
    """Ids of what was not said in a chat and no digest has counted yet."""
    statement = select(col(OutboxMessage.id)).where(
        col(OutboxMessage.chat_id) == chat_id,
        col(OutboxMessage.state) == OutboxState.SUPPRESSED,
        col(OutboxMessage.sent_ms).is_(None),
    )
    return (await session.scalars(statement)).all()


async def mark_told(
    session: AsyncSession, said: Collection[int], counted: Collection[int], now_ms: int
) -> None:
    """A digest says the gathered messages `said`, and counts those `counted` that were not said."""
    base = update(OutboxMessage).execution_options(synchronize_session=False)
    for ids, state, values in (
        (said, OutboxState.GATHERED, {"state": OutboxState.SENT, "sent_ms": now_ms}),
        (counted, OutboxState.SUPPRESSED, {"sent_ms": now_ms}),
    ):
        if ids:
            chosen = base.where(col(OutboxMessage.id).in_(ids), col(OutboxMessage.state) == state)
            await session.execute(chosen.values(**values))


async def release_gathered(session: AsyncSession, chat_id: int) -> None:
    """There is no digest any more to say it: it is said now, without a sound."""
    statement = update(OutboxMessage).where(
        col(OutboxMessage.chat_id) == chat_id, col(OutboxMessage.state) == OutboxState.GATHERED
    )
    await session.execute(
        statement.values(state=OutboxState.PENDING, silent=True, event=None).execution_options(
            synchronize_session=False
        )
    )


async def card_key_of(session: AsyncSession, chat_id: int, message_id: int) -> str | None:
    """The card a Telegram message shows; None when no row tells."""
    statement = (
        select(col(OutboxMessage.card_key))
        .where(
            col(OutboxMessage.chat_id) == chat_id,
            col(OutboxMessage.message_id) == message_id,
            col(OutboxMessage.card_key).is_not(None),
        )
        .order_by(col(OutboxMessage.id).desc())
        .limit(1)
    )
    return (await session.scalars(statement)).one_or_none()


async def note(session: AsyncSession, chat_id: int, message_id: int, card_key: str, now_ms: int) -> None:
    """Keep which card a message shows that was said without a row."""
    row = OutboxMessage(
        chat_id=chat_id,
        message_id=message_id,
        card_key=card_key,
        state=OutboxState.SENT,
        created_ms=now_ms,
        sent_ms=now_ms,
    )
    session.add(row)


async def next_due_ms(session: AsyncSession) -> int | None:
    """When the next waiting message becomes due; None when nothing waits."""
    return await session.scalar(_NEXT_DUE)


async def dead(session: AsyncSession, limit: int = 50) -> Sequence[OutboxMessage]:
    """What could not be said, newest first."""
    statement = (
        select(OutboxMessage)
        .where(col(OutboxMessage.state) == OutboxState.DEAD)
        .order_by(col(OutboxMessage.id).desc())
        .limit(limit)
    )
    return (await session.scalars(statement)).all()


async def purge(session: AsyncSession, before_ms: int) -> None:
    """Delete what was said, replaced or silenced before then. Dead messages stay for the operator.

    Of what was said to somebody who was forgotten since, nothing stays.
    """
    is_forgotten = exists().where(
        col(User.id) == col(OutboxMessage.chat_id),
        or_(col(User.forgotten_ms).is_not(None), col(User.created_ms) > col(OutboxMessage.created_ms)),
    )
    await session.execute(
        delete(OutboxMessage)
        .where(col(OutboxMessage.state).not_in(WAITING), is_forgotten)
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        delete(OutboxMessage).where(
            col(OutboxMessage.state).in_((OutboxState.SENT, OutboxState.SUPERSEDED, OutboxState.SUPPRESSED)),
            col(OutboxMessage.created_ms) < before_ms,
        )
    )
