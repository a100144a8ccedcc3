"""Telling the operators: through the outbox, in the transaction of what happened, once for each event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.notifications.preferences import Event
from bot.notifications.notify import locale_of, notify
from bot.notifications.sender import LANE_CARD
from bot.ui import Locale, Message

FOREMOST: Final = LANE_CARD


@dataclass(frozen=True, slots=True)
class OperatorEvent:
    """What every operator should hear of, each in their language. The same `key` twice is one message."""

    key: str
    words: Callable[[Locale], Message]


async def tell_admins(
    session: AsyncSession, admins: Sequence[int], event: OperatorEvent, now_ms: int
) -> None:
    """Queue `event` for each operator in the caller's transaction; kick the outbox afterwards."""
    for admin in admins:
        message = event.words(await locale_of(session, admin))
        key = f"operator:{event.key}:{admin}"
        await notify(session, admin, message, FOREMOST, now_ms, event=Event.OPERATOR, dedupe_key=key)
