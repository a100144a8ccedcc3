"""Scheduled posts: what a chat wants to read regularly, and the next time it does."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.notifications.events import ChatMigrated, DigestsSought
from bot.notifications.tables import Chat
from bot.posts.tables import PostKind, PostState, ScheduledPost


async def add(session: AsyncSession, post: ScheduledPost) -> ScheduledPost:
    """Write a post and give it its id."""
    session.add(post)
    await session.flush()
    return post


async def get(session: AsyncSession, post_id: int, chat_id: int) -> ScheduledPost | None:
    """A post of this chat that was not deleted."""
    statement = _living().where(col(ScheduledPost.id) == post_id, col(ScheduledPost.chat_id) == chat_id)
    return (await session.scalars(statement)).one_or_none()


async def of_source(session: AsyncSession, source: str) -> ScheduledPost | None:
    """The post made by that message or tap, in whatever state."""
    return (
        await session.scalars(select(ScheduledPost).where(col(ScheduledPost.source) == source))
    ).one_or_none()


async def of_chat(session: AsyncSession, chat_id: int) -> Sequence[ScheduledPost]:
    """Every post of a chat that was not deleted, oldest first."""
    statement = _living().where(col(ScheduledPost.chat_id) == chat_id).order_by(col(ScheduledPost.id))
    return (await session.scalars(statement)).all()


async def change(session: AsyncSession, post_id: int, chat_id: int, **values: Any) -> bool:
    """Set columns of a post of this chat; False when there is none."""
    statement = (
        update(ScheduledPost)
        .where(
            col(ScheduledPost.id) == post_id,
            col(ScheduledPost.chat_id) == chat_id,
            col(ScheduledPost.state) != PostState.DELETED,
        )
        .values(**values)
        .returning(col(ScheduledPost.id))
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(statement)).one_or_none() is not None


async def due(session: AsyncSession, now_ms: int, limit: int = 100) -> Sequence[ScheduledPost]:
    """What is wanted by now in chats that can be reached, the longest overdue first."""
    statement = _wanted().where(col(ScheduledPost.due_ms) <= now_ms)
    return (await session.scalars(statement.order_by(col(ScheduledPost.due_ms)).limit(limit))).all()


async def later_than(session: AsyncSession, now_ms: int) -> Sequence[ScheduledPost]:
    """Every active post that is wanted later than now."""
    statement = select(ScheduledPost).where(
        col(ScheduledPost.state) == PostState.ACTIVE, col(ScheduledPost.due_ms) > now_ms
    )
    return (await session.scalars(statement)).all()


async def next_due_ms(session: AsyncSession, now_ms: int) -> int | None:
    """The first time later than now at which something is wanted."""
    wanted = _wanted().where(col(ScheduledPost.due_ms) > now_ms).subquery()
    return await session.scalar(select(func.min(wanted.c.due_ms)))


async def advance(session: AsyncSession, post: ScheduledPost, next_due_ms: int, when: dict[str, Any]) -> bool:
    """The post was made for `post.due_ms`; False when it was changed, or made by another, meanwhile."""
    statement = (
        update(ScheduledPost)
        .where(
            col(ScheduledPost.id) == post.id,
            col(ScheduledPost.due_ms) == post.due_ms,
            col(ScheduledPost.state) == PostState.ACTIVE,
        )
        .values(due_ms=next_due_ms, when=when)
        .returning(col(ScheduledPost.id))
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(statement)).one_or_none() is not None


async def with_digest(session: AsyncSession, chat_ids: Collection[int]) -> set[int]:
    """Those of the chats that read a digest."""
    statement = select(col(ScheduledPost.chat_id)).where(
        col(ScheduledPost.chat_id).in_(chat_ids),
        col(ScheduledPost.kind) == PostKind.DAILY_DIGEST,
        col(ScheduledPost.state) == PostState.ACTIVE,
    )
    return set((await session.scalars(statement)).all())


def _living() -> Any:
    return select(ScheduledPost).where(col(ScheduledPost.state) != PostState.DELETED)


def _wanted() -> Any:
    return (
        select(ScheduledPost)
        .join(Chat, col(Chat.id) == col(ScheduledPost.chat_id))
        .where(col(ScheduledPost.state) == PostState.ACTIVE, col(Chat.lost_ms).is_(None))
    )


async def follow_group(session: AsyncSession, event: ChatMigrated) -> None:
    """The group has another id now."""
    statement = (
        update(ScheduledPost).where(col(ScheduledPost.chat_id) == event.old_id).values(chat_id=event.new_id)
    )
    await session.execute(statement, execution_options={"synchronize_session": False})


async def tell_digests(session: AsyncSession, event: DigestsSought) -> None:
    """Which of the chats asked about read a digest."""
    event.found.update(await with_digest(session, event.chat_ids))
