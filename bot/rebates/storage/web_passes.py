"""Passes to the operator's page: a link is spent in the same statement that makes its session."""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.rebates.storage.web_pass_tables import WebPass


def _hash(token: str) -> bytes:
    """Of any text: what a browser sends need not be one of ours, nor even Unicode."""
    return sha256(token.encode(errors="replace")).digest()


async def add(
    session: AsyncSession, token: str, user_id: int, *, is_session: bool, now_ms: int, life_ms: int
) -> None:
    """Let `token` open the page for a while."""
    row = WebPass(
        token_hash=_hash(token),
        user_id=user_id,
        is_session=is_session,
        created_ms=now_ms,
        expires_ms=now_ms + life_ms,
    )
    session.add(row)


async def spend_link(session: AsyncSession, token: str, now_ms: int) -> int | None:
    """Whose link this was; it is none afterwards. None when it was spent, is over, or never was."""
    statement = (
        delete(WebPass)
        .where(
            col(WebPass.token_hash) == _hash(token),
            col(WebPass.is_session).is_(False),
            col(WebPass.expires_ms) > now_ms,
        )
        .returning(col(WebPass.user_id))
    )
    return (await session.scalars(statement)).one_or_none()


async def user_of(session: AsyncSession, token: str, now_ms: int, *, is_session: bool = True) -> int | None:
    """Whose session this is, or whose link."""
    statement = select(col(WebPass.user_id)).where(
        col(WebPass.token_hash) == _hash(token),
        col(WebPass.is_session).is_(is_session),
        col(WebPass.expires_ms) > now_ms,
    )
    return (await session.scalars(statement)).one_or_none()


async def end(session: AsyncSession, token: str) -> None:
    """Close a session."""
    await session.execute(delete(WebPass).where(col(WebPass.token_hash) == _hash(token)))


async def tidy(session: AsyncSession, now_ms: int) -> None:
    """Forget what is over."""
    await session.execute(delete(WebPass).where(col(WebPass.expires_ms) <= now_ms))
