"""The table of all perpetuals by funding, and what narrow columns of figures need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from markupsafe import Markup

from bot.domain.markets.funding import FundingRow
from bot.domain.values import HUNDRED
from bot.ui.callback_data import ButtonData
from bot.ui.locale import Locale, clean
from bot.ui.message import Button, Message, button, keyboard, lines

PER_PAGE: Final = 15
NOTHING: Final = "–"


class SortOrder(StrEnum):
    """What the table is sorted by; the first is what it begins with."""

    EXTREME = "x"  # furthest from nothing first
    HIGHEST = "h"
    LOWEST = "l"
    SYMBOL = "s"


@dataclass(frozen=True, slots=True)
class TableButton(ButtonData):
    """A page of the table in some order."""

    prefix = "fr"

    order: SortOrder = SortOrder.EXTREME
    page: int = 0


def table(
    locale: Locale,
    rows: Sequence[FundingRow],
    *,
    order: SortOrder,
    page: int,
    now_ms: int,
    page_data: Callable[[SortOrder, int], str] | None = None,
    symbol_data: Callable[[str], str] | None = None,
) -> Message:
    """The running interval's rate and settlement, and by the year: now, mean of a day, of a week."""
    if not rows:
        return Message(locale.text("funding-none"))
    ordered = _sorted(rows, order)
    pages = (len(ordered) - 1) // PER_PAGE + 1
    page = min(max(page, 0), pages - 1)
    shown = ordered[page * PER_PAGE : (page + 1) * PER_PAGE]
    cells = [
        [locale.plain(f"funding-column-{name}") for name in ("market", "rate", "next", "now", "day", "week")]
    ]
    cells += [_cells(locale, row, now_ms) for row in shown]
    text = lines(
        locale.text("funding-title", count=len(rows)),
        Markup("<pre>{}</pre>").format("\n".join(aligned(cells))),
        locale.text("funding-legend"),
        locale.text("page-of", page=page + 1, pages=pages) if pages > 1 else None,
        locale.text("price-at", time=locale.time(now_ms)),
    )
    if page_data is None:
        return Message(text)
    sorts = (
        button(locale, f"button-funding-{one.name.lower()}", page_data(one, 0))
        for one in SortOrder
        if one is not order
    )
    turn = (
        button(locale, "button-previous", page_data(order, page - 1) if page else None),
        button(locale, "button-refresh", page_data(order, page)),
        button(locale, "button-next", page_data(order, page + 1) if page + 1 < pages else None),
    )
    first = (
        ()
        if symbol_data is None
        else (Button(clean(row.base, 24), symbol_data(row.symbol)) for row in shown[:4])
    )
    return Message(text, keyboard(first, sorts, turn))


def _sorted(rows: Sequence[FundingRow], order: SortOrder) -> list[FundingRow]:
    match order:
        case SortOrder.HIGHEST:
            return sorted(rows, key=lambda row: row.apr, reverse=True)
        case SortOrder.LOWEST:
            return sorted(rows, key=lambda row: row.apr)
        case SortOrder.SYMBOL:
            return sorted(rows, key=lambda row: row.base)
    return sorted(rows, key=lambda row: abs(row.apr), reverse=True)


def _cells(locale: Locale, row: FundingRow, now_ms: int) -> list[str]:
    return [
        clean(row.base, 7),
        f"{locale.rate(row.rate.fraction).rstrip('%')}/{short_span(row.rate.interval_ms)}",
        NOTHING if row.next_ms is None else short_span(row.next_ms - now_ms),
        yearly_percent(locale, row.apr),
        *(NOTHING if one is None else yearly_percent(locale, one.yearly) for one in (row.day, row.week)),
    ]


def short_span(span_ms: int) -> str:
    """A span in one unit: it stands in a narrow column."""
    minutes = max(0, span_ms) // 60_000
    if minutes < 100 and minutes != 60:
        return f"{minutes}m"
    return f"{minutes // 60}h" if minutes < 100 * 60 else f"{minutes // 1440}d"


def yearly_percent(locale: Locale, fraction: Decimal) -> str:
    """A fraction as per cent with its sign, without the sign of per cent."""
    return locale.signed_percent(fraction * HUNDRED, 1, at_least=1).rstrip("%")


def aligned(cells: Sequence[Sequence[str]]) -> list[str]:
    """The first column to the left, numbers to the right; wide characters count as two."""
    widths = [max(_width(row[column]) for row in cells) for column in range(len(cells[0]))]
    return [
        " ".join(
            cell + " " * (width - _width(cell)) if not column else " " * (width - _width(cell)) + cell
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]


def _width(text: str) -> int:
    return sum(2 if ord(character) > 0x2E80 else 1 for character in text)
