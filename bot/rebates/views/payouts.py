"""A payout against what was expected of it, cause by cause; and why a file of it cannot be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from markupsafe import Markup

from bot.rebates.model.payout_reconciliation import PayoutPart, Reconciliation
from bot.rebates.model.rebate import Month, Tier, cents
from bot.ui.locale import Locale
from bot.ui.message import Message, button, keyboard, lines

SHOWN: Final = 3  # orders and lines named; the ledger keeps them all


@dataclass(frozen=True, slots=True)
class ReadAs:
    """How a payout's file was read: its lines, their sum in USD, what parts cells and decimals."""

    lines: int
    sum: Decimal
    delimiter: str
    sign: str
    totals: tuple[int, ...] = ()  # lines that add up others


def reconciled(
    locale: Locale,
    month: Month,
    tier: Tier,
    found: Reconciliation,
    *,
    line_count: int,
    amounts: Sequence[Decimal] = (),
    corrects: bool = False,
) -> Message:
    """Expected, paid and the difference by cause, in cents that add up; `amounts` are its parts."""
    expected, by_cause = found.in_cents
    difference = found.paid - expected
    rows = [_row(locale, part, by_cause[part.cause]) for part in found.parts if by_cause[part.cause]]
    balanced = "payout-balanced" if rows else "payout-equal"
    parts = " + ".join(locale.usd(amount) for amount in amounts) if len(amounts) > 1 else None
    text = lines(
        locale.text("payout-title", month=str(month)),
        locale.text("payout-expected", tier=str(tier), amount=locale.usd(expected)),
        locale.text("payout-paid", amount=locale.usd(found.paid)),
        locale.text("payout-parts", parts=parts) if parts else None,
        locale.text("payout-difference" if difference else balanced, amount=locale.signed_usd(difference)),
        *(["", *rows] if rows else []),
        "",
        locale.text("payout-lines", count=line_count) if line_count else locale.text("payout-total-only"),
        locale.text("payout-corrects") if corrects else None,
    )
    return Message(text)


def draft(
    locale: Locale,
    month: Month,
    amount: Decimal,
    *,
    standing: Sequence[Decimal],
    is_known: bool,
    read: ReadAs | None,
    choices: Mapping[str, str],
) -> Message:
    """What would be recorded and how its file was read; `choices` are callback data by what it may be."""
    text = lines(
        locale.text("payout-draft", month=str(month), amount=locale.usd(amount)),
        *([] if read is None else _reading(locale, read, amount)),
        "",
        _standing(locale, month, standing) if standing else None,
        locale.text("payout-known") if is_known else None,
    )
    rows = [(button(locale, f"button-payout-{how}", data),) for how, data in choices.items()]
    return Message(text, keyboard(*rows, (button(locale, "button-payout-drop", "py:"),)))


def read_as(locale: Locale, read: ReadAs, amount: Decimal) -> Message:
    """How a file was read, for who confirms it elsewhere."""
    return Message(lines(*_reading(locale, read, amount)))


def _reading(locale: Locale, read: ReadAs, amount: Decimal) -> list[Markup]:
    words = [
        locale.text(
            "payout-read",
            count=read.lines,
            sum=locale.usd(read.sum),
            delimiter=locale.text("payout-tab") if read.delimiter == "\t" else read.delimiter,
            sign=read.sign,
        )
    ]
    if read.totals:
        words.append(
            locale.text("payout-read-totals", some=_some(map(str, read.totals)), count=len(read.totals))
        )
    if amount != read.sum:
        words.append(locale.text("payout-read-other", amount=locale.usd(amount)))
    return words


def _standing(locale: Locale, month: Month, standing: Sequence[Decimal]) -> Markup:
    amounts = " + ".join(locale.usd(amount) for amount in standing)
    return locale.text("payout-standing", month=str(month), amounts=amounts)


def already_recorded(locale: Locale, month: Month, standing: Sequence[Decimal]) -> Message:
    """To the terminal: what is recorded, and the two ways to go on."""
    return Message(lines(_standing(locale, month, standing), locale.text("payout-say-how")))


def known(locale: Locale) -> Message:
    """To the terminal: a part that would be counted twice."""
    return Message(lines(locale.text("payout-known"), locale.text("payout-dropped")))


def confirm(locale: Locale) -> Message:
    """To the terminal: a file is recorded by who has looked at how it was read."""
    return Message(locale.text("payout-confirm"))


def dropped(locale: Locale) -> Message:
    return Message(locale.text("payout-dropped"))


def _row(locale: Locale, part: PayoutPart, amount: Decimal) -> Markup:
    words = locale.text(f"payout-cause-{part.cause}")
    row = locale.text("payout-cause", amount=locale.signed_usd(cents(amount)), words=words)
    if not part.certain:
        row = locale.text("payout-candidate", row=row)
    if part.orders:
        where = locale.text("payout-orders", count=len(part.orders), some=_some(part.orders))
        row = lines(row, where)
    if part.lines:
        where = locale.text("payout-file-lines", count=len(part.lines), some=_some(map(str, part.lines)))
        row = lines(row, where)
    return row


def _some(names: Iterable[str]) -> str:
    named = list(names)
    return ", ".join(named[:SHOWN]) + (", …" if len(named) > SHOWN else "")


def usage(locale: Locale) -> Message:
    return Message(locale.text("payout-usage"))


def not_over(locale: Locale, month: Month) -> Message:
    return Message(locale.text("payout-not-over", month=str(month)))


def nothing_recorded(locale: Locale, month: Month) -> Message:
    return Message(locale.text("payout-none", month=str(month)))


def unreadable(locale: Locale, fault: str, line: int, found: str) -> Message:
    """Why a file cannot be read, where, and what to do."""
    reason = locale.text(f"payout-fault-{fault}", line=line, found=found)
    return Message(lines(locale.text("payout-unreadable"), reason))


def not_handed_over(locale: Locale) -> Message:
    return Message(locale.text("payout-not-handed-over"))
