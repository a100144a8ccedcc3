"""Tickets: a preview may be claimed once, by its user, in time, for a linked account; one UPDATE decides."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import BigInteger, bindparam, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.kernel.shards import shard_of
from bot.kernel.storage import audit
from bot.kernel.storage.upsert import insert_or_ignore
from bot.notifications.events import ChatMigrated
from bot.people.leave import Leave, granted
from bot.people.tables import User
from bot.trading.storage.tables import Ticket, TicketState

UNSHOWN_MS: Final = 3_600_000  # whoever would have shown it is gone by then

# On the way from the tap to the wire: built once.
_FIND = select(Ticket).where(col(Ticket.token_hash) == bindparam("tapped"))
_TAP = select(literal(1)).subquery()  # one row, of which either side may be missing
_TAPPED = (
    select(User, Ticket)
    .select_from(_TAP)
    .outerjoin(User, col(User.id) == bindparam("tapped_by"))
    .outerjoin(Ticket, col(Ticket.token_hash) == bindparam("tapped"))
)
# Of tables, not of classes: the session would build an update of a class anew each time.
_TICKET: Any = Ticket.__table__  # type: ignore[attr-defined]
_SHOWN = (
    update(_TICKET)
    .where(_TICKET.c.id == bindparam("ticket_id"))
    .values(message_id=bindparam("shown_in", type_=BigInteger), title=bindparam("words"))
)
_CLAIM = (
    update(_TICKET)
    .where(
        _TICKET.c.id == bindparam("ticket_id"),
        _TICKET.c.state == TicketState.OFFERED,
        _TICKET.c.user_id == bindparam("tapped_by"),
        _TICKET.c.expires_ms > bindparam("tapped_ms"),
        granted(_TICKET.c.user_id, _TICKET.c.account_id),
    )
    .values(
        state=TicketState.CLAIMED,
        claimed_ms=bindparam("tapped_ms"),
        message_id=func.coalesce(bindparam("tapped_on", type_=BigInteger), _TICKET.c.message_id),
    )
    .returning(_TICKET.c.message_id, audit.LAST_SEQ, audit.LAST_HASH)
)


def hash_token(token: str) -> bytes:
    """What is kept of a token: enough to recognise it, nothing to tap with."""
    return sha256(token.encode()).digest()


async def offer(session: AsyncSession, ticket: Ticket) -> Ticket:
    """Insert a new ticket; its id is set on return. Raises RuntimeError where its token has one."""
    written = await insert_or_ignore(session, ticket)
    if written is None:
        raise RuntimeError("a ticket of that token is there already")
    return written


async def claim(
    session: AsyncSession,
    ticket: Ticket,
    user_id: int,
    now_ms: int,
    message_id: int | None = None,
    *,
    leave: Leave,
) -> audit.Tail | None:
    """Take a ticket that was read before. For the one caller who is first: what their audit chain ends with.

    `message_id` is the preview that was tapped, `leave` what its orders need. None says not why: `get` tells
    used from expired from another's; what is none of these has lost its account, or its user their leave.
    """
    tap = {
        "ticket_id": ticket.id,
        "tapped_by": user_id,
        "tapped_ms": now_ms,
        "tapped_on": message_id,
        "audit_shard": shard_of(user_id),
    } | leave.binds
    claimed = (await session.execute(_CLAIM, tap)).one_or_none()
    if claimed is None:
        return None
    ticket.state, ticket.claimed_ms = TicketState.CLAIMED, now_ms
    ticket.message_id, *tail = claimed
    return audit.Tail.of(*tail)


async def find(session: AsyncSession, token_hash: bytes) -> Ticket | None:
    """The ticket of a token, in whatever state."""
    return (await session.scalars(_FIND, {"tapped": token_hash})).one_or_none()


async def tapped(session: AsyncSession, token_hash: bytes, user_id: int) -> tuple[User | None, Ticket | None]:
    """Who taps and what they tap, whoever's it is, in one statement."""
    row = (await session.execute(_TAPPED, {"tapped": token_hash, "tapped_by": user_id})).one()
    return row[0], row[1]


async def get(session: AsyncSession, ticket_id: int) -> Ticket | None:
    return await session.get(Ticket, ticket_id)


async def shown_in(session: AsyncSession, chat_id: int, message_id: int) -> Ticket | None:
    """The newest ticket whose preview a Telegram message showed."""
    statement = (
        select(Ticket)
        .where(col(Ticket.chat_id) == chat_id, col(Ticket.message_id) == message_id)
        .order_by(col(Ticket.id).desc())
        .limit(1)
    )
    return (await session.scalars(statement)).one_or_none()


async def close_ticket(
    session: AsyncSession, token_hash: bytes, user_id: int, state: TicketState
) -> Ticket | None:
    """Move an offered ticket to `cancelled`, `expired` or `superseded`; None if it was no longer offered."""
    if state in {TicketState.OFFERED, TicketState.CLAIMED}:
        raise ValueError(f"a ticket is not closed into {state}")
    statement = (
        update(Ticket)
        .where(
            col(Ticket.token_hash) == token_hash,
            col(Ticket.user_id) == user_id,
            col(Ticket.state) == TicketState.OFFERED,
        )
        .values(state=state)
        .returning(Ticket)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return (await session.scalars(statement)).one_or_none()


async def on_offer(session: AsyncSession, user_id: int, now_ms: int) -> list[Ticket]:
    """What a user could still confirm."""
    statement = select(Ticket).where(
        col(Ticket.user_id) == user_id,
        col(Ticket.state) == TicketState.OFFERED,
        col(Ticket.expires_ms) > now_ms,
    )
    return list((await session.scalars(statement)).all())


async def end_offers(session: AsyncSession, ended: Collection[int], now_ms: int) -> None:
    """Nobody may confirm these any more; their cards say so as those of overdue ones do."""
    changed = update(Ticket).where(col(Ticket.id).in_(ended), col(Ticket.state) == TicketState.OFFERED)
    await session.execute(changed.values(expires_ms=now_ms).execution_options(synchronize_session=False))


async def set_message(session: AsyncSession, ticket_id: int, message_id: int, title: str) -> None:
    """Remember which message shows the preview, and the words it is known by."""
    await session.execute(_SHOWN, {"ticket_id": ticket_id, "shown_in": message_id, "words": title})


async def expire(session: AsyncSession, now_ms: int) -> list[Ticket]:
    """Mark every overdue offer expired and return them, so that their cards can say so.

    One whose preview is still on its way to Telegram has no card yet; it is given time to get one.
    """
    has_card = or_(col(Ticket.message_id).is_not(None), col(Ticket.expires_ms) <= now_ms - UNSHOWN_MS)
    statement = (
        update(Ticket)
        .where(col(Ticket.state) == TicketState.OFFERED, col(Ticket.expires_ms) <= now_ms, has_card)
        .values(state=TicketState.EXPIRED)
        .returning(Ticket)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return list((await session.scalars(statement)).all())


async def remember(session: AsyncSession, ticket_id: int, preview: dict[str, Any]) -> None:
    """Keep what is learnt of a ticket."""
    await session.execute(update(Ticket).where(col(Ticket.id) == ticket_id).values(preview=preview))


async def follow_group(session: AsyncSession, event: ChatMigrated) -> None:
    """The group has another id now; a message of the old one is not edited from there, but shown anew."""
    statement = (
        update(Ticket)
        .where(col(Ticket.chat_id) == event.old_id)
        .values(chat_id=event.new_id, message_id=None)
    )
    await session.execute(statement, execution_options={"synchronize_session": False})
