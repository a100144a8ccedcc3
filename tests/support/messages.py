"""What a test waits for in a chat."""

from __future__ import annotations

from collections.abc import Callable

from bot.sandbox.telegram.driver import ChatMessage


def message_with(message_id: int, *words: str) -> Callable[[ChatMessage], bool]:
    """Whether it is this message, and holds one of the words."""
    return lambda message: message.id == message_id and any(word in message.text for word in words)
