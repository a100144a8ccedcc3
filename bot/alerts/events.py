"""What the engine tells the outside, inside its own transaction: a firing and its message commit together.

The engine knows no chat; whoever wires it passes an `AlertAnnouncer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from bot.alerts.storage.tables import Alert, Firing
from bot.notifications.tables import OutboxMessage


@dataclass(frozen=True, slots=True)
class Fired:
    """One firing and its alert as it is after it."""

    alert: Alert
    firing: Firing


class AlertAnnouncer(Protocol):
    """Turns firings into messages."""

    async def compose(self, session: AsyncSession, batch: Sequence[Fired]) -> OutboxMessage | None:
        """One message for all of `batch`: one chat and topic, oldest first. None: nobody to tell.

        Called in the write transaction of the newest firing. When more fire before the message left, it is
        called again with all of them: text, keyboard, photo and silence of the answer replace the row's.
        The engine sets the chat, the topic, the earliest time and the dedupe key, and queues the message.
        """

    async def held(self, session: AsyncSession, user_id: int, count: int) -> OutboxMessage | None:
        """One message for `count` firings that were not told one by one. None: nobody to tell.

        The engine sets the chat and the dedupe key, and queues the message.
        """

    async def gone(self, session: AsyncSession, symbol: str, paused: Sequence[Alert]) -> OutboxMessage | None:
        """One message for alerts of one person in one place, paused because their market left the list.

        The engine sets the chat, the topic and the dedupe key, and queues the message. None: nobody to tell.
        """

    def committed(self) -> None:
        """The transaction is through: messages may go out."""


@dataclass(frozen=True, slots=True)
class PlanFired:
    """An alert with a plan came true: its `sequence`-th firing."""

    alert_id: int
    sequence: int
