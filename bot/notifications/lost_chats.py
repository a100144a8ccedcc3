"""Tells the operator of chats that can no longer be reached: posts and alerts end there unheard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.notifications import views as noise_view
from bot.notifications.events import ChatLost
from bot.notifications.operators import OperatorEvent, tell_admins
from bot.ui import Locale, Message

_NEVER_STARTED: Final = "can't initiate conversation"  # nobody is lost who never came


@dataclass(frozen=True, slots=True)
class LostChats:
    """Hears of lost chats inside the transaction that marks them."""

    admins: Sequence[int]
    clock: Callable[[], int]

    async def tell(self, session: AsyncSession, event: ChatLost) -> None:
        """One message to each operator, once for each time a chat is lost."""
        chat = event.chat
        reason = chat.lost_reason or ""
        if _NEVER_STARTED in reason:
            return

        def words(locale: Locale) -> Message:
            return noise_view.chat_lost(locale, chat.id, chat.title, reason)

        reachable = [admin for admin in self.admins if admin != chat.id]
        news = OperatorEvent(f"lost:{chat.id}:{chat.lost_ms}", words)
        await tell_admins(session, reachable, news, self.clock())
