"""What happens to messages and chats, for whoever must know."""

from __future__ import annotations

from dataclasses import dataclass

from bot.notifications.tables import Chat


@dataclass(frozen=True, slots=True)
class MessagesQueued:
    """Rows of the outbox were committed: they may go out now."""


@dataclass(frozen=True, slots=True)
class ChatLost:
    """A chat cannot be reached any more. Written in the transaction that marks it."""

    chat: Chat
