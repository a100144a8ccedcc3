"""Words and cards: what the bot says, in every language. Knows the domain only; pure functions of it."""

from bot.ui.locale import Locale, MissingText
from bot.ui.message import Button, Keyboard, Message, Row, page_at, paginate, plain_text, visible_length

__all__ = [
    "Button",
    "Keyboard",
    "Locale",
    "Message",
    "MissingText",
    "Row",
    "page_at",
    "paginate",
    "plain_text",
    "visible_length",
]
