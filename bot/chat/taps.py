"""What a tap may be trusted with: which message carries its button, and how old it is.

Anybody with a modified app can send any callback data for any message of ours. Only a button that a message
does carry was made by us; everything else is over, or was never there.
"""

from __future__ import annotations

from telegram import CallbackQuery, InlineKeyboardButton, Message

from bot.chat.feature import Callback
from bot.chat.sender import STALE_AFTER_S
from bot.domain.intent import QueryIntent
from bot.domain.values import Language
from bot.intake.polling import NEVER_MS
from bot.language import Parsed, parse


def button_of(query: CallbackQuery) -> InlineKeyboardButton | None:
    """The tapped button as the message carries it; None where it carries no such button."""
    message = query.message
    markup = message.reply_markup if isinstance(message, Message) else None
    rows = markup.inline_keyboard if markup is not None else ()
    return next((button for row in rows for button in row if button.callback_data == query.data), None)


def is_readable(query: CallbackQuery) -> bool:
    """Whether Telegram still shows the message and its buttons; of old and deleted ones it does not."""
    return isinstance(query.message, Message)


def is_too_old(age_ms: int) -> bool:
    return age_ms > STALE_AFTER_S * 1000


def seconds_of(age_ms: int) -> int | None:
    """How long it may have waited; None where nobody knows."""
    return None if age_ms >= NEVER_MS else age_ms // 1000


def acts(callback: Callback, argument: str, language: Language) -> bool:
    """Whether a tap does more than show something. Unless its callback says that it does not, it does."""
    if callback.line is None:
        return not callback.looks(argument)
    result = parse(callback.line(argument), language=language)
    return not (isinstance(result, Parsed) and all(isinstance(one, QueryIntent) for one in result.intents))
