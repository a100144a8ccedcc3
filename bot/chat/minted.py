"""When a button was shown, as part of its data: a tap says nothing of its own age."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.ui.callback_data import ButtonData

FRESH_MS: Final = 60_000

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class CancelButton(ButtonData):
    """Cancel one order; `shown` is when the button was."""

    prefix = "cancel"

    code: str
    shown: str = ""


def cancel_data(code: str, now_ms: int) -> str:
    """Data of the cancel button of one order."""
    return CancelButton(code, stamp(now_ms)).pack()


def stamp(now_ms: int) -> str:
    """Unix seconds in base 36."""
    left, digits = now_ms // 1000, ""
    while left:
        left, digit = divmod(left, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"


def is_fresh(written: str, now_ms: int) -> bool:
    """Whether a button with this stamp was shown within the minute; what is no stamp is old."""
    try:
        shown_ms = int(written, 36) * 1000
    except ValueError:
        return False
    return now_ms - FRESH_MS <= shown_ms <= now_ms + FRESH_MS
