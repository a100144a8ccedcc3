"""What people choose in a chat, for whoever must do something about it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.request import Request
from bot.notifications.tables import Chat


@dataclass(frozen=True, slots=True)
class DigestChosen:
    """Some news of a chat is to wait for its digest from now on. Published once that is stored."""

    request: Request
    chat: Chat
