"""A payout against what was expected of it, cause by cause; and why a file of it cannot be read."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from markupsafe import Markup

from bot.domain.rebate import Month, Tier, cents
from bot.domain.reconcile import Part, Reconciliation
from bot.view.locale import Locale
from bot.view.message import Message, lines

SHOWN: Final = 3  # orders and lines named; the ledger keeps them all


def reconciled(
    locale: Locale,
    month: Month,
    tier: Tier,
    found: Reconciliation,
    *,
    line_count: int,
    corrects: bool = False,
) -> Message:
    """Expected, paid, and the difference by cause, in cents that add up."""
    expected, by_cause = found.in_cents
    difference = found.paid - expected
    rows = [_row(locale, part, by_cause[part.cause]) for part in found.parts if by_cause[part.cause]]
    summary = "payout-equal" if not difference else "payout-difference"
    text = lines(
        locale.text("payout-title", month=str(month)),
        locale.text("payout-expected", tier=str(tier), amount=locale.usd(expected)),
        locale.text("payout-paid", amount=locale.usd(found.paid)),
        locale.text(summary, amount=locale.signed_usd(difference)),
        *(["", *rows] if rows else []),
        "",
        locale.text("payout-lines", count=line_count) if line_count else locale.text("payout-total-only"),
        locale.text("payout-corrects") if corrects else None,
    )
    return Message(text)


def _row(locale: Locale, part: Part, amount: Decimal) -> Markup:
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
