"""One call to Telegram and what its answer means, so that the outbox can decide and nobody else need know.

What Telegram will not take as it is, is said more simply: unparsable text as plain text, a refused picture or
file as its caption, a lost target as a new message. Each mend takes something away, so that mending ends.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from markupsafe import Markup, escape
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.notifications.tables import OutboxKind
from bot.notifications.wire import Taken
from bot.ui import Keyboard, plain_text
from bot.ui.message import MAX_CAPTION, clip

_log = logging.getLogger(__name__)

_NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)
_GONE: Final = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message to delete not found",
    "message can't be deleted",
)
# The chat itself refuses us: as lost as one that blocked the bot.
_SHUT: Final = (
    "chat not found",
    "not enough rights to send text messages",
    "have no rights to send a message",
    "need administrator rights in the channel chat",
    "chat_write_forbidden",
)
_NO_TEXT: Final = "there is no text in the message to edit"  # its target is a picture
_NO_TOPIC: Final = ("message thread not found", "topic_deleted", "topic_closed")


@dataclass(frozen=True, slots=True)
class Post:
    """What to say and where. `message_id` is the target of an edit or a delete.

    `photo` is a picture and `document` a file called `document_name`; the text is then their caption. `plain`
    and `caption` are mends: text that would not parse goes without formatting, and an edit whose target is a
    picture changes its caption.
    """

    chat_id: int
    text: str
    keyboard: Keyboard = ()
    kind: OutboxKind = OutboxKind.SEND
    message_id: int | None = None
    thread_id: int | None = None
    reply_to: int | None = None
    silent: bool = False
    photo: bytes | None = field(default=None, repr=False)
    document: bytes | None = field(default=None, repr=False)
    document_name: str | None = None
    plain: bool = False
    caption: bool = False


@dataclass(frozen=True, slots=True)
class Toast:
    """The answer to a tap: words only its tapper sees, or none, which stops the button's spinner."""

    chat_id: int
    query_id: str
    words: str | None = None
    alert: bool = False


@dataclass(frozen=True, slots=True)
class Delivered:
    """Telegram has it; None where it is no message, or where its id could not be read."""

    message_id: int | None


@dataclass(frozen=True, slots=True)
class FloodWait:
    """Flood control: not before then."""

    retry_after_ms: int


@dataclass(frozen=True, slots=True)
class Unclear:
    """No readable answer: it may have been delivered. Saying it again is the lesser evil."""

    error: str


@dataclass(frozen=True, slots=True)
class DeliveryRefused:
    """Telegram will never take it."""

    error: str
    blocked: bool = False  # the user blocked the bot or left


@dataclass(frozen=True, slots=True)
class ChatMoved:
    """The group became a supergroup with another id."""

    chat_id: int


Outcome = Delivered | FloodWait | Unclear | DeliveryRefused | ChatMoved


async def deliver(bot: Bot, post: Post | Toast) -> Outcome:
    """Say `post` once, in the fullest form Telegram takes. Never raises."""
    while True:
        try:
            return await _call(bot, post)
        except Taken as taken:
            return Delivered(taken.message_id or (post.message_id if isinstance(post, Post) else None))
        except BadRequest as error:
            mended = _mend(post, error) if isinstance(post, Post) else DeliveryRefused(error.message)
            if not isinstance(mended, Post):
                return mended
            post = mended
        except TelegramError as error:
            return _meaning(error)
        except Exception as error:  # a defect of ours: said again for as long as anything is, then given up
            _log.exception("a call to Telegram failed")
            return Unclear(type(error).__name__)


def _meaning(error: TelegramError) -> Outcome:
    match error:
        case RetryAfter():
            after = error.retry_after
            seconds = after.total_seconds() if isinstance(after, timedelta) else after
            return FloodWait(int(seconds * 1000) + 250)
        case ChatMigrated():
            return ChatMoved(error.new_chat_id)
        case Forbidden():
            return DeliveryRefused(error.message, blocked=True)
        case _:
            return Unclear(type(error).__name__)


def _mend(post: Post, error: BadRequest) -> Post | Outcome:
    """What to try instead, simpler than `post`; or what the refusal means when nothing is left to try."""
    problem = error.message.lower()
    if "not modified" in problem:
        return Delivered(post.message_id)
    if any(words in problem for words in _SHUT):
        return DeliveryRefused(error.message, blocked=True)
    if post.kind is OutboxKind.DELETE:
        return DeliveryRefused(error.message)
    if post.kind is OutboxKind.EDIT and any(words in problem for words in _GONE):
        return replace(post, kind=OutboxKind.SEND, message_id=None, caption=False)
    return _simpler(post, problem) or DeliveryRefused(error.message)


def _simpler(post: Post, problem: str) -> Post | None:
    if "parse entities" in problem and not post.plain:
        return replace(post, text=plain_text(post.text), plain=True)
    if "replied" in problem and post.reply_to is not None:
        return replace(post, reply_to=None)
    if any(words in problem for words in _NO_TOPIC) and post.thread_id is not None:
        return replace(post, thread_id=None)
    if _NO_TEXT in problem and post.kind is OutboxKind.EDIT and not post.caption:
        return replace(post, caption=True)
    if (
        post.photo is not None or post.document is not None
    ):  # whatever is wrong with it, its words can be said
        return replace(post, photo=None, document=None)
    return None


async def _call(bot: Bot, post: Post | Toast) -> Delivered:
    if isinstance(post, Toast):
        await bot.answer_callback_query(post.query_id, post.words, show_alert=post.alert)
        return Delivered(None)
    if post.kind is OutboxKind.DELETE:
        await bot.delete_message(post.chat_id, post.message_id or 0)
        return Delivered(None)
    if post.kind is OutboxKind.EDIT and post.message_id is not None:
        await _edit(bot, post, post.message_id)
        return Delivered(post.message_id)
    if post.document is not None:
        return Delivered(await _send_document(bot, post, post.document))
    if post.photo is not None:
        return Delivered(await _send_photo(bot, post, post.photo))
    return Delivered(await _send_text(bot, post))


async def _edit(bot: Bot, post: Post, message_id: int) -> None:
    target: dict[str, Any] = {
        "chat_id": post.chat_id,
        "message_id": message_id,
        "reply_markup": inline_markup(post.keyboard),
    }
    if post.photo is not None:
        media = InputMediaPhoto(post.photo, _caption(post), parse_mode=_mode(post))
        await bot.edit_message_media(media, **target)
    elif post.caption:
        await bot.edit_message_caption(caption=_caption(post), parse_mode=_mode(post), **target)
    else:
        await bot.edit_message_text(
            post.text, parse_mode=_mode(post), link_preview_options=_NO_PREVIEW, **target
        )


async def _send_text(bot: Bot, post: Post) -> int:
    sent = await bot.send_message(
        post.chat_id, post.text, parse_mode=_mode(post), link_preview_options=_NO_PREVIEW, **_manner(post)
    )
    return sent.message_id


async def _send_photo(bot: Bot, post: Post, photo: bytes) -> int:
    sent = await bot.send_photo(
        post.chat_id, photo, caption=_caption(post), parse_mode=_mode(post), **_manner(post)
    )
    return sent.message_id


async def _send_document(bot: Bot, post: Post, document: bytes) -> int:
    sent = await bot.send_document(
        post.chat_id,
        document,
        caption=_caption(post),
        parse_mode=_mode(post),
        filename=post.document_name,
        **_manner(post),
    )
    return sent.message_id


def _manner(post: Post) -> dict[str, Any]:
    """What every way of sending takes."""
    reply = post.reply_to
    return {
        "reply_markup": inline_markup(post.keyboard),
        "message_thread_id": post.thread_id,
        "reply_parameters": ReplyParameters(reply, allow_sending_without_reply=True) if reply else None,
        "disable_notification": post.silent,
    }


def _mode(post: Post) -> ParseMode | None:
    return None if post.plain else ParseMode.HTML


def _caption(post: Post) -> str:
    """The text as far as a caption holds it."""
    if post.plain:
        return plain_text(clip(escape(post.text), MAX_CAPTION))
    return str(clip(Markup(post.text), MAX_CAPTION))  # noqa: S704 - written by the view


def inline_markup(keyboard: Keyboard) -> InlineKeyboardMarkup | None:
    """Our keyboard as Telegram's; None for no buttons."""
    if not keyboard:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(b.label, callback_data=b.data, url=b.url) for b in row] for row in keyboard]
    )
