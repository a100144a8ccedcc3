"""The question about an alert whose condition is true already when it is set."""

from __future__ import annotations

from decimal import Decimal

from bot.alerts.views import words
from bot.domain.alerts.alert import Condition
from bot.ui.locale import Locale
from bot.ui.message import Keyboard, Message, lines


def holds(
    locale: Locale,
    condition: Condition,
    value: Decimal,
    symbol: str,
    *,
    interval_ms: int | None,
    fell: bool,
    others: int,
    buttons: Keyboard,
) -> Message:
    """The condition is true already, here and in `others` more places: when is it to be told?"""
    seen = words.observed(locale, condition, value, symbol, interval_ms=interval_ms, fell=fell)
    text = lines(
        locale.text("alert-holds", what=words.what(locale, condition, symbol)),
        None if seen is None else locale.text("alert-holds-now", value=seen),
        locale.text("alert-holds-others", n=others) if others else None,
        locale.text("alert-holds-when"),
    )
    return Message(text, buttons)
