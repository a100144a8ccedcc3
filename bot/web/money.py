"""A month of the ledger as its page shows it: rows with names, tables with totals, charts by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from bot.domain.values import ZERO
from bot.kernel.recurrence import DAY_MS
from bot.rebates.model.rebate import TIERS, Month, allocate, cents
from bot.rebates.model.summary import Breakdown, MonthSummary, SummaryLine
from bot.ui import Locale
from bot.web.figures import Bars, Value, bars

MOST_ROWS: Final = 200
CASH: Final = "cash"
DIFFERENCE: Final = "difference."
_SHOWN: Final = (Breakdown.MARKET, Breakdown.GROUP, Breakdown.STANDING, Breakdown.ROLE, Breakdown.TIER)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC).date()
_SHORT: Final = ((Decimal("1e9"), "B"), (Decimal("1e6"), "M"), (Decimal("1e3"), "k"))


@dataclass(frozen=True, slots=True)
class TableRow:
    """A line with its name in the operator's words."""

    name: str
    line: SummaryLine


@dataclass(frozen=True, slots=True)
class ShownTable:
    """One breakdown; the totals are of all lines, also of those left out."""

    breakdown: Breakdown
    rows: tuple[TableRow, ...]
    volume: Decimal
    fees: Decimal
    payout: Decimal
    left_out: int


def table(locale: Locale, summary: MonthSummary, breakdown: Breakdown) -> ShownTable:
    """One breakdown of a month."""
    lines = summary.tables[breakdown]
    return ShownTable(
        breakdown,
        tuple(TableRow(_name(locale, summary, breakdown, line.key), line) for line in lines[:MOST_ROWS]),
        sum((line.volume for line in lines), ZERO),
        sum((line.fees for line in lines), ZERO),
        sum((line.payout for line in lines), ZERO),
        max(0, len(lines) - MOST_ROWS),
    )


def tables(locale: Locale, summary: MonthSummary) -> list[ShownTable]:
    """Those of the overview."""
    return [table(locale, summary, breakdown) for breakdown in _SHOWN]


def by_day(locale: Locale, summary: MonthSummary) -> tuple[Bars, Bars]:
    """Volume and payout of every day of the month, also of those without a trade."""
    lines = {line.key: line for line in summary.tables[Breakdown.DAY]}
    if not lines:
        return bars(()), bars(())
    days = [
        (day, lines.get(day, SummaryLine(day, 0, ZERO, ZERO, ZERO)))
        for day in range(summary.month.start_ms // DAY_MS, summary.month.end_ms // DAY_MS)
    ]
    return (
        bars([_value(locale, day, line.volume) for day, line in days]),
        bars([_value(locale, day, line.payout) for day, line in days]),
    )


@dataclass(frozen=True, slots=True)
class PaidRow:
    """What was expected of a month and paid for it, in cents, and the difference by cause."""

    month: str
    expected: Decimal
    paid: Decimal
    causes: dict[str, Decimal]


def payouts(balances: Mapping[str, Mapping[str, Decimal]]) -> list[PaidRow]:
    """Every month with a payout; `balances` are what its payouts and differences debited."""
    found = []
    for month, accounts in balances.items():
        exact = {
            account.removeprefix(DIFFERENCE): -amount
            for account, amount in accounts.items()
            if account.startswith(DIFFERENCE)
        }
        paid = cents(accounts.get(CASH, ZERO))
        expected = cents(paid - sum(exact.values(), ZERO))
        causes = allocate(exact, paid - expected)
        found.append(
            PaidRow(month, expected, paid, {cause: amount for cause, amount in causes.items() if amount})
        )
    return found


def short(amount: Decimal) -> str:
    """Dollars for a scale: `$1.5M`."""
    for unit, letter in _SHORT:
        if amount >= unit:
            return f"${(amount / unit).normalize():f}{letter}"
    return f"${amount.normalize():f}"


def month_of(text: str, now_ms: int) -> Month | None:
    """The month somebody asks for, the present one where nothing is said; None when it is none."""
    try:
        return Month.parse(text) if text else Month.of(now_ms)
    except ValueError:
        return None


def choices(months: Sequence[Month], shown: Month, now_ms: int) -> list[Month]:
    """The months to choose from, newest first."""
    return sorted({*months, shown, Month.of(now_ms)}, reverse=True)


def _value(locale: Locale, day: int, amount: Decimal) -> Value:
    date = _EPOCH + timedelta(days=day)
    return Value(str(date.day), amount, f"{date.isoformat()} · {locale.usd(amount)}")


def _name(locale: Locale, summary: MonthSummary, breakdown: Breakdown, key: Any) -> str:
    match breakdown:
        case Breakdown.USER | Breakdown.GROUP if key is not None:
            name = summary.names.get((breakdown, key))
            parts = [] if name is None else [name.text, "" if name.id is None else str(name.id)]
            return " · ".join(part for part in parts if part) or str(key)
        case Breakdown.GROUP:
            return locale.plain("web-private")
        case Breakdown.ROLE:
            return locale.plain("web-maker" if key else "web-taker")
        case Breakdown.STANDING:
            return locale.plain("web-standing", standing=str(key))
        case Breakdown.TIER:
            return str(TIERS[key])
        case _:
            return str(key)
