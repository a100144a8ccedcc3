"""Callback buttons whose meaning stays here: a forged or foreign token means nothing."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.chat.tables import StoredButton


def new_token() -> str:
    """22 characters of 128 random bits: opaque, and well inside Telegram's 64 bytes."""
    return secrets.token_urlsafe(16)


async def create(
    session: AsyncSession,
    user_id: int,
    chat_id: int,
    action: str,
    arguments: Mapping[str, Any],
    *,
    now_ms: int,
    life_ms: int,
) -> str:
    """Write a button for one user and return its token."""
    button = StoredButton(
        token=new_token(),
        user_id=user_id,
        chat_id=chat_id,
        action=action,
        arguments=dict(arguments),
        created_ms=now_ms,
        expires_ms=now_ms + life_ms,
    )
    session.add(button)
    await session.flush()
    return button.token


async def find(session: AsyncSession, token: str) -> StoredButton | None:
    """The button of a token in whatever condition; the caller says why not."""
    return await session.get(StoredButton, token)


async def use_once(session: AsyncSession, token: str, user_id: int, now_ms: int) -> StoredButton | None:
    """The button for the first tap of its user before it expires; None for every other."""
    statement = (
        update(StoredButton)
        .where(
            col(StoredButton.token) == token,
            col(StoredButton.user_id) == user_id,
            col(StoredButton.used_ms).is_(None),
            col(StoredButton.expires_ms) > now_ms,
        )
        .values(used_ms=now_ms)
        .returning(StoredButton)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return (await session.scalars(statement)).one_or_none()


async def live(session: AsyncSession, token: str, user_id: int, now_ms: int) -> StoredButton | None:
    """The button if this user may tap it now; it can be tapped again."""
    statement = select(StoredButton).where(
        col(StoredButton.token) == token,
        col(StoredButton.user_id) == user_id,
        col(StoredButton.expires_ms) > now_ms,
    )
    return (await session.scalars(statement)).one_or_none()


async def purge(session: AsyncSession, before_ms: int) -> None:
    """Delete buttons that expired by then."""
    await session.execute(delete(StoredButton).where(col(StoredButton.expires_ms) <= before_ms))
