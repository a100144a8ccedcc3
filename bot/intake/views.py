"""What is said of acts that were not carried out: too many at once, or a tap that came too late."""

from __future__ import annotations

from bot.ui.locale import Locale
from bot.ui.message import Button, Message


def unread(locale: Locale, many: int) -> Message:
    """So many messages of one chat found no room."""
    return Message(locale.text("unread", n=locale.count(many)))


def late_tap(locale: Locale, label: str, data: str, *, seconds: int | None) -> Message:
    """A tap that would have acted is asked again. `seconds` is how long it waited at most, where known."""
    text = (
        locale.text("late-tap-unknown", button=label)
        if seconds is None
        else locale.text("late-tap", button=label, age=locale.duration(seconds))
    )
    return Message(text, ((Button(label, data),),))
