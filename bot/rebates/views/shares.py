"""Promised shares of the rebate, for operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.values import HUNDRED
from bot.rebates.model.rebate import Month
from bot.ui.locale import Locale
from bot.ui.message import Message, lines


@dataclass(frozen=True, slots=True)
class PromiseLine:
    """One promise as it was made; `name` is a group's title or a person's pseudonym."""

    party: str
    name: str
    rate: Decimal
    from_month: Month


def shares(locale: Locale, promises: Sequence[PromiseLine]) -> Message:
    """All promises in the order they were made: of each party the last one for a month holds."""
    rows = [
        locale.text(
            "share-row" if one.rate else "share-row-ended",
            party=one.party,
            name=one.name or "—",
            rate=locale.percent(one.rate * HUNDRED),
            month=str(one.from_month),
        )
        for one in promises
    ]
    title = locale.text("share-title") if rows else locale.text("share-none")
    return Message(lines(title, *rows, "", locale.text("share-usage")))


def promised(locale: Locale, party: str, rate: Decimal, start: Month, end: Month | None) -> Message:
    percent = locale.percent(rate * HUNDRED)
    if not rate:
        return Message(locale.text("share-ended", party=party, month=str(start)))
    if end is None:
        return Message(locale.text("share-promised", party=party, rate=percent, month=str(start)))
    words = locale.text("share-promised-until", party=party, rate=percent, month=str(start), end=str(end))
    return Message(words)


def too_much(locale: Locale, most: Decimal) -> Message:
    return Message(locale.text("share-too-much", most=locale.percent(most * HUNDRED)))


def usage(locale: Locale) -> Message:
    return Message(locale.text("share-usage"))


def over(locale: Locale, month: Month) -> Message:
    """A promise for a month that has its statements, or is about to."""
    return Message(locale.text("share-over", month=str(month)))


def unknown_party(locale: Locale, party: str) -> Message:
    return Message(locale.text("share-unknown", party=party))


def not_a_group(locale: Locale) -> Message:
    return Message(locale.text("share-not-a-group"))
