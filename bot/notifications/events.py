"""What happens to messages and chats, for whoever must know."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.notifications.tables import Chat


@dataclass(frozen=True, slots=True)
class MessagesQueued:
    """Rows of the outbox were committed: they may go out now."""


@dataclass(frozen=True, slots=True)
class ChatLost:
    """A chat cannot be reached any more. Written in the transaction that marks it."""

    chat: Chat


@dataclass(frozen=True, slots=True)
class ChatMigrated:
    """A group became a supergroup, with another id. Written in the transaction that follows it.

    Whoever keeps rows of a chat moves them. Messages of the old group cannot be edited from the new one.
    """

    old_id: int
    new_id: int


@dataclass(frozen=True, slots=True)
class DigestsSought:
    """Which of these chats read a digest is asked in a transaction; whoever makes digests adds them."""

    chat_ids: frozenset[int]
    found: set[int] = field(default_factory=set)
