"""A Telegram of one's own: Bot API server, people to talk to, and a chat page, on loopback and in memory."""

from bot.sandbox.telegram.config import Channel, Group, Limits, Person, TelegramConfig
from bot.sandbox.telegram.driver import ChatDriver
from bot.sandbox.telegram.server import SandboxTelegram, serve

__all__ = ["Channel", "ChatDriver", "Group", "Limits", "Person", "SandboxTelegram", "TelegramConfig", "serve"]
