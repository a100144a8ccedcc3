"""The message about alerts that were paused because their market left the exchange's list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.alerts.views import words
from bot.domain.alerts.alert import Condition
from bot.ui.locale import Locale
from bot.ui.message import Keyboard, Message, lines
from bot.ui.words import symbol_name

_IN_ONE: Final = 10  # alerts named one by one


def market_gone(locale: Locale, symbol: str, paused: Sequence[Condition], buttons: Keyboard) -> Message:
    """Which were paused."""
    more = len(paused) - _IN_ONE
    text = lines(
        locale.text("alert-market-gone", symbol=symbol_name(symbol), count=len(paused)),
        *(locale.text("alert-paused", what=words.what(locale, one)) for one in paused[:_IN_ONE]),
        locale.text("alert-market-gone-more", count=more) if more > 0 else None,
        locale.text("alert-market-gone-mend"),
    )
    return Message(text, buttons)
