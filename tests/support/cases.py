"""One message of the program, made with a text wherever a text can come from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.ui.locale import Locale
from bot.ui.message import Message

Make = Callable[[Locale, str], Message]


@dataclass(frozen=True)
class Case:
    """`times`: how often the text is displayed; None where it is only used in part or not at all."""

    make: Make
    times: int | None = 1


def page_data(n: int) -> str:
    return f"page:{n}"
