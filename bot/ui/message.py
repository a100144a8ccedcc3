"""A finished message: text Telegram accepts, and the buttons under it.

Telegram's limits are kept here once, so that no builder can hand on something the server would refuse.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from bot.ui.locale import Locale, clean

MAX_TEXT = 4096  # UTF-16 units after the entities are parsed. Source: Bot API `sendMessage.text`
MAX_CAPTION = 1024  # the same, of a picture. Source: Bot API `sendPhoto.caption`
MAX_DATA = 64  # bytes. Source: Bot API `InlineKeyboardButton.callback_data`
MAX_LABEL = 64  # characters; Telegram names no limit, phones show about this many at most

_TAG = re.compile("<[^>]*>")


@dataclass(frozen=True, slots=True)
class Button:
    """An inline button: `data` comes back on a tap, `url` opens a page; exactly one of them is set.

    The label is plain text and is cut to fit. Raises ValueError for data Telegram would refuse.
    """

    label: str
    data: str | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        if (self.data is None) == (self.url is None):
            raise ValueError("a button has either data or a url")
        if self.data is not None and not 1 <= len(self.data.encode()) <= MAX_DATA:
            raise ValueError(f"callback data is 1 to {MAX_DATA} bytes")
        object.__setattr__(self, "label", clean(self.label, MAX_LABEL).strip() or "—")


Keyboard = tuple[tuple[Button, ...], ...]


def plain_text(text: str) -> str:
    """What a reader sees of `text`: for counting, and for re-sending what Telegram could not parse."""
    return html.unescape(_TAG.sub("", text))


def visible_length(text: str) -> int:
    """Length as Telegram counts it: UTF-16 units, without tags and entities."""
    return len(plain_text(text).encode("utf-16-le", "surrogatepass")) // 2


def clip(text: Markup, limit: int = MAX_TEXT) -> Markup:
    """`text` if it fits, else its beginning without formatting: cut markup would not parse."""
    if len(text) * 2 <= limit or visible_length(text) <= limit:
        return text
    units = plain_text(text).encode("utf-16-le", "surrogatepass")[: 2 * (limit - 1)]
    return escape(units.decode("utf-16-le", "ignore") + "…")


@dataclass(frozen=True, slots=True)
class Message:
    """Text in Telegram's HTML and its inline keyboard. The text always fits one message."""

    text: Markup
    keyboard: Keyboard = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", clip(self.text))


def lines(*parts: Markup | str | None) -> Markup:
    """The parts, one under the other; None is left out, an empty string is a blank line."""
    return Markup("\n").join(part for part in parts if part is not None)


def keyboard(*rows: Iterable[Button | None]) -> Keyboard:
    """Rows of buttons without the absent ones, and without rows that have none left."""
    kept = (tuple(button for button in row if button is not None) for row in rows)
    return tuple(row for row in kept if row)


def button(locale: Locale, key: str, data: str | None, **params: str) -> Button | None:
    """The button whose label is `key` in the catalogue, or None without data to send back."""
    return None if data is None else Button(locale.plain(key, **params), data)


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of a long list and the buttons that belong to it."""

    text: Markup
    buttons: tuple[Button, ...] = ()


PageData = Callable[[int], str]


def paginate(
    locale: Locale,
    header: Markup,
    rows: Sequence[Row],
    page_data: PageData,
    *,
    per_page: int = 8,
    footer: Keyboard = (),
) -> tuple[Message, ...]:
    """Pages of at most `per_page` rows and 4096 visible characters, at least one.

    `page_data(n)` is the callback data that asks for page `n` (from 0); `footer` stands under every page.
    """
    budget = MAX_TEXT - min(visible_length(header), MAX_TEXT // 2) - 64  # room for the page line
    chunks = _chunks(rows, per_page, budget)
    pages = []
    for number, chunk in enumerate(chunks):
        body = [clip(header, MAX_TEXT // 2), *(row.text for row in chunk)]
        if len(chunks) > 1:
            body.append(locale.text("page-of", page=number + 1, pages=len(chunks)))
        turn = (
            button(locale, "button-previous", page_data(number - 1) if number else None),
            button(locale, "button-next", page_data(number + 1) if number + 1 < len(chunks) else None),
        )
        buttons = keyboard(*(row.buttons for row in chunk), turn, *footer)
        pages.append(Message(Markup("\n\n").join(body), buttons))
    return tuple(pages)


def page_at(pages: Sequence[Message], page: int) -> Message:
    """The page asked for, or the nearest there is: lists shrink between two taps."""
    return pages[min(max(page, 0), len(pages) - 1)]


def _chunks(rows: Sequence[Row], per_page: int, budget: int) -> list[list[Row]]:
    chunks: list[list[Row]] = [[]]
    used = 0
    for row in rows:
        fitting = Row(clip(row.text, budget - 2), row.buttons)
        size = visible_length(fitting.text) + 2
        if chunks[-1] and (len(chunks[-1]) >= per_page or used + size > budget):
            chunks.append([])
            used = 0
        chunks[-1].append(fitting)
        used += size
    return chunks
