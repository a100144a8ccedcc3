"""Who is speaking, and may this update act at all. Authority is the sender's numeric id, never the chat.

Edited, forwarded, anonymous-admin, via-bot, channel and stale messages never trade; each gets its reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from telegram import CallbackQuery, Message, Update, User

from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import Language

STALE_AFTER_S: Final = 60
ANONYMOUS_ADMIN_ID: Final = 1087968824  # Telegram's GroupAnonymousBot, the sender of anonymous admins' posts


@dataclass(frozen=True, slots=True)
class Sender:
    """The person and the place. `thread_id` is a topic of a group."""

    user_id: int
    chat_id: int
    private: bool
    language: Language
    thread_id: int | None = None
    name: str = field(default="", compare=False)  # as they call themselves: shown, never trusted
    title: str = field(default="", compare=False)  # of the group, likewise


def language_of(code: str | None) -> Language:
    """The catalogue for a Telegram `language_code` such as `zh-hans`."""
    return Language.CHINESE if (code or "").lower().startswith("zh") else Language.ENGLISH


def sender_of_message(update: Update, now_s: float) -> Sender | Refusal | None:
    """The sender when the message may act, a refusal when it may not, None when nobody can be answered."""
    message = update.effective_message
    if message is None or update.channel_post or update.edited_channel_post:
        return None
    reason = _reason_not_to_act(update, message, now_s)
    if reason is not None:
        return reason
    user = message.from_user
    if user is None or user.is_bot:
        return None
    return Sender(
        user_id=user.id,
        chat_id=message.chat_id,
        private=message.chat.type == "private",
        language=language_of(user.language_code),
        thread_id=message.message_thread_id if message.is_topic_message else None,
        name=_name(user),
        title=message.chat.title or "",
    )


def _name(user: User) -> str:
    return f"{user.full_name} @{user.username}" if user.username else user.full_name


def _reason_not_to_act(update: Update, message: Message, now_s: float) -> Refusal | None:
    if message.sender_chat is not None or (message.from_user and message.from_user.id == ANONYMOUS_ADMIN_ID):
        return Refusal(RefusalCode.ANONYMOUS)
    if update.edited_message is not None:
        return Refusal(RefusalCode.EDITED)
    if message.forward_origin is not None or message.via_bot is not None:
        return Refusal(RefusalCode.FORWARDED)
    age = int(now_s - message.date.timestamp())
    if age > STALE_AFTER_S:
        return Refusal(RefusalCode.STALE_COMMAND, {"age": age})
    return None


def sender_of_tap(query: CallbackQuery) -> Sender | None:
    """The person who tapped; the message may be anyone's, the authority is theirs alone."""
    message = query.message
    if message is None or query.from_user.is_bot:
        return None
    thread = message.message_thread_id if isinstance(message, Message) and message.is_topic_message else None
    return Sender(
        user_id=query.from_user.id,
        chat_id=message.chat.id,
        private=message.chat.type == "private",
        language=language_of(query.from_user.language_code),
        thread_id=thread,
        name=_name(query.from_user),
        title=message.chat.title or "",
    )
