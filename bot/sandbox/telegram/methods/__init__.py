"""Every Bot API method the sandbox answers, by its lower-case name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bot.sandbox.telegram.bot_api import BotApi
from bot.sandbox.telegram.call import Call
from bot.sandbox.telegram.methods import chats, messages, profile, receiving

Method = Callable[[BotApi, Call], Any | Awaitable[Any]]

METHODS: dict[str, Method] = {
    name.lower(): method
    for module in (chats, messages, profile, receiving)
    for name, method in module.METHODS.items()
}

__all__ = ["METHODS", "Method"]
