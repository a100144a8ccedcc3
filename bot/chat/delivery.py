"""One call to Telegram and what its answer means, so that the outbox can decide and nobody else need know.

A parse error is re-sent as plain text, "not modified" is success, a lost target becomes a new message.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.store.tables import OutboxKind
from bot.view import Keyboard, plain_text

_NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)
_GONE: Final = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message to delete not found",
    "message can't be deleted",
)


@dataclass(frozen=True, slots=True)
class Post:
    """What to say and where. `message_id` is the target of an edit or a delete."""

    chat_id: int
    text: str
    keyboard: Keyboard = ()
    kind: OutboxKind = OutboxKind.SEND
    message_id: int | None = None
    thread_id: int | None = None
    reply_to: int | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Delivered:
    message_id: int | None


@dataclass(frozen=True, slots=True)
class Wait:
    """Flood control: not before then."""

    retry_after_ms: int


@dataclass(frozen=True, slots=True)
class Unclear:
    """No readable answer: it may have been delivered. Saying it again is the lesser evil."""

    error: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Telegram will never take it."""

    error: str
    blocked: bool = False  # the user blocked the bot or left


@dataclass(frozen=True, slots=True)
class Moved:
    """The group became a supergroup with another id."""

    chat_id: int


Outcome = Delivered | Wait | Unclear | Refused | Moved


async def deliver(bot: Bot, post: Post) -> Outcome:
    """Say `post` once. Never raises a Telegram error."""
    try:
        return await _deliver(bot, post, ParseMode.HTML)
    except RetryAfter as error:
        after = error.retry_after
        seconds = after.total_seconds() if isinstance(after, timedelta) else after
        return Wait(int(seconds * 1000) + 250)
    except ChatMigrated as error:
        return Moved(error.new_chat_id)
    except Forbidden as error:
        return Refused(error.message, blocked=True)
    except BadRequest as error:
        return await _mend(bot, post, error)
    except TelegramError as error:
        return Unclear(type(error).__name__)


async def _mend(bot: Bot, post: Post, error: BadRequest) -> Outcome:
    problem = error.message.lower()
    if "not modified" in problem:
        return Delivered(post.message_id)
    if any(words in problem for words in _GONE):
        if post.kind is OutboxKind.DELETE:
            return Refused(error.message)
        return await deliver(bot, replace(post, kind=OutboxKind.SEND, message_id=None))
    if "parse entities" in problem:
        return await _plainly(bot, post)
    if "replied" in problem and post.reply_to is not None:
        return await deliver(bot, replace(post, reply_to=None))
    return Refused(error.message, blocked="chat not found" in problem)


async def _plainly(bot: Bot, post: Post) -> Outcome:
    try:
        words = plain_text(post.text)
        return await _deliver(bot, replace(post, text=words), None)
    except TelegramError as error:
        return Unclear(type(error).__name__)


async def _deliver(bot: Bot, post: Post, parse_mode: ParseMode | None) -> Delivered:
    if post.kind is OutboxKind.DELETE:
        await bot.delete_message(post.chat_id, post.message_id or 0)
        return Delivered(None)
    if post.kind is OutboxKind.EDIT and post.message_id is not None:
        await bot.edit_message_text(
            post.text,
            chat_id=post.chat_id,
            message_id=post.message_id,
            parse_mode=parse_mode,
            reply_markup=inline_markup(post.keyboard),
            link_preview_options=_NO_PREVIEW,
        )
        return Delivered(post.message_id)
    sent = await bot.send_message(
        post.chat_id,
        post.text,
        parse_mode=parse_mode,
        reply_markup=inline_markup(post.keyboard),
        message_thread_id=post.thread_id,
        reply_parameters=ReplyParameters(post.reply_to, allow_sending_without_reply=True)
        if post.reply_to is not None
        else None,
        disable_notification=post.silent,
        link_preview_options=_NO_PREVIEW,
    )
    return Delivered(sent.message_id)


def inline_markup(keyboard: Keyboard) -> InlineKeyboardMarkup | None:
    """Our keyboard as Telegram's; None for no buttons."""
    if not keyboard:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(b.label, callback_data=b.data, url=b.url) for b in row] for row in keyboard]
    )
