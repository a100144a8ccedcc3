"""Telling the operators: through the outbox, in the transaction of what happened, once for each event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.notifications.preferences import Event
from bot.domain.values import Language
from bot.notifications import outbox_rows
from bot.notifications.sender import LANE_CARD, pack_keyboard
from bot.notifications.tables import OutboxMessage as Row
from bot.people import users
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
        user = await users.get(session, admin)
        locale = Locale.of(Language(user.language), user.time_zone) if user else Locale.of(Language.ENGLISH)
        message = event.words(locale)
        row = Row(
            chat_id=admin,
            lane=FOREMOST,
            text=str(message.text),
            keyboard=pack_keyboard(message.keyboard),
            event=Event.OPERATOR,
            dedupe_key=f"operator:{event.key}:{admin}",
            created_ms=now_ms,
        )
        await outbox_rows.enqueue(session, row)
