"""What a tap may be trusted with: which message carries its button, and how old it is.

Anybody with a modified app can send any callback data for any message of ours. Only a button that a message
does carry was made by us; everything else is over, or was never there.
"""

from __future__ import annotations

from typing import Final

from telegram import CallbackQuery, InlineKeyboardButton, Message

from bot.chat.sender import STALE_AFTER_S
from bot.domain.intent import QueryIntent
from bot.domain.values import Language
from bot.intake.polling import NEVER_MS
from bot.language import Parsed, parse

# Buttons that only show something. Any other, and any that is added, acts.
_LOOKS: Final = frozenset(
    (
        *("menu", "new", "help", "pos", "ord", "bal", "acc", "px", "fr", "fm", "cy", "bk", "w", "aw", "rb"),
        *("no", "keep"),  # they keep things as they are
    )
)
_LOOKS_WITHIN: Final[dict[str, frozenset[str]]] = {
    "al": frozenset({"list", "missed", "open", "replay", "edit"}),
    "panic": frozenset({"ask"}),
    "cancelall": frozenset({"ask"}),
    "adm": frozenset({"users"}),
    "link": frozenset({"cancel"}),
    "acct": frozenset({"unlink"}),  # which asks first
}
_LINES: Final = frozenset({"go", "on"})


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


def acts(data: str, language: Language) -> bool:
    """Whether a tap does more than show something."""
    name, _, argument = data.partition(":")
    if name in _LOOKS:
        return False
    if name in _LOOKS_WITHIN:
        return argument.partition(":")[0] not in _LOOKS_WITHIN[name]
    if name in {"set", "hush", "lang"}:
        return not _only_opens(name, argument)
    if name in _LINES:
        result = parse(argument.partition(":")[2] if name == "on" else argument, language=language)
        return not (
            isinstance(result, Parsed) and all(isinstance(one, QueryIntent) for one in result.intents)
        )
    return True


def _only_opens(name: str, argument: str) -> bool:
    """A setting that is opened, and not set."""
    return argument == "ask" if name == "lang" else not argument.partition(":")[2]
