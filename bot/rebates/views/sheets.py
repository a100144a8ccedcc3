"""A month of the broker's ledger as files: one CSV of all breakdowns, and a workbook with a sheet for each.

Names in them come from outside, and a spreadsheet takes a cell that begins like a formula for one: such a
name gets an apostrophe before it in the CSV, and is text by its type in the workbook. Where the comma is
decimal, a spreadsheet parts the cells of a CSV at semicolons: what follows one is guarded as well.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self

from bot.domain.values import ZERO, plain
from bot.rebates.model.rebate import Month
from bot.rebates.model.summary import Breakdown, MonthSummary, SummaryLine
from bot.rebates.views.rebates import name_of
from bot.ui.locale import Locale, clean

BOM: Final = "\ufeff"  # by it a spreadsheet knows that the file is UTF-8
_FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # the wide ones count where Chinese is typed
_BEGINS: Final = re.compile(rf"(?:^|(?<=[;|]))(?=[\s\"']*[{re.escape(''.join(_FORMULA))}])")
_TOTAL: Final = "total"
_MONEY: Final = "#,##0.00"
_WIDTHS: Final = (28, 18, 12, 18, 18, 18)


def file_name(month: Month, kind: str) -> str:
    """`rebate-2026-10.csv`"""
    return f"rebate-{month}.{kind}"


def csv_file(locale: Locale, summary: MonthSummary) -> bytes:
    """Every breakdown below the other; the first columns say the month and which breakdown it is."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([locale.plain("sheet-month"), locale.plain("sheet-breakdown"), *_head(locale)])
    for by in Breakdown:
        for name, number, line in _rows(locale, summary, by):
            amounts = (plain(amount) for amount in (line.volume, line.fees, line.payout))
            writer.writerow([str(summary.month), by.value, harmless(name), number, line.fills, *amounts])
    return (BOM + text.getvalue()).encode()


def workbook(locale: Locale, summary: MonthSummary) -> bytes:
    """An overview, and a sheet for each breakdown with its total."""
    import xlsxwriter  # a workbook is wanted now and then, a start each time

    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as book:
        # The same month is the same file, byte for byte.
        book.set_properties({"created": datetime.fromtimestamp(summary.month.end_ms // 1000, UTC)})
        styles = _Styles.of(book)
        _overview(book.add_worksheet(locale.plain("sheet-overview")), styles, locale, summary)
        for by in Breakdown:
            _breakdown(book.add_worksheet(locale.plain("sheet-tab", by=by)), styles, locale, summary, by)
    return stream.getvalue()


@dataclass(frozen=True, slots=True)
class _Styles:
    bold: Any
    money: Any
    money_bold: Any

    @classmethod
    def of(cls, book: Any) -> Self:
        bold, money = {"bold": True}, {"num_format": _MONEY}
        return cls(book.add_format(bold), book.add_format(money), book.add_format(bold | money))


def _overview(sheet: Any, styles: _Styles, locale: Locale, summary: MonthSummary) -> None:
    totals = summary.totals
    sheet.set_column(0, 1, _WIDTHS[0])
    words = (("sheet-month", str(summary.month)), ("sheet-tier", str(summary.tier)))
    amounts = (("sheet-volume", totals.volume), ("sheet-fees", totals.fees), ("sheet-payout", totals.payout))
    for row, (key, word) in enumerate(words):
        sheet.write_string(row, 0, locale.plain(key), styles.bold)
        sheet.write_string(row, 1, word)
    for row, (key, amount) in enumerate(amounts, len(words)):
        sheet.write_string(row, 0, locale.plain(key), styles.bold)
        sheet.write_number(row, 1, amount, styles.money)


def _breakdown(sheet: Any, styles: _Styles, locale: Locale, summary: MonthSummary, by: Breakdown) -> None:
    for column, (head, width) in enumerate(zip(_head(locale), _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, head, styles.bold)
    sheet.freeze_panes(1, 0)
    for row, (name, number, line) in enumerate(_rows(locale, summary, by), 1):
        text, money = (styles.bold, styles.money_bold) if line.key == _TOTAL else (None, styles.money)
        sheet.write_string(row, 0, name, text)
        sheet.write_string(row, 1, number)
        sheet.write_number(row, 2, line.fills, text)
        for column, amount in enumerate((line.volume, line.fees, line.payout), 3):
            sheet.write_number(row, column, amount, money)


def harmless(text: str) -> str:
    """`text` as a cell, or cells, no spreadsheet will compute."""
    return _BEGINS.sub("'", clean(text))


def _head(locale: Locale) -> list[str]:
    columns = ("sheet-name", "sheet-id", "sheet-fills", "sheet-volume", "sheet-fees", "sheet-payout")
    return [locale.plain(column) for column in columns]


def _rows(locale: Locale, summary: MonthSummary, by: Breakdown) -> Iterator[tuple[str, str, SummaryLine]]:
    """Name, id and figures of every line, and of their sum."""
    table = summary.tables[by]
    for line in table:
        known = summary.names.get((by, line.key))
        number = known.id if known is not None else None
        yield clean(name_of(locale, summary, by, line.key)), "" if number is None else str(number), line
    total = SummaryLine(
        _TOTAL,
        sum(line.fills for line in table),
        sum((line.volume for line in table), ZERO),
        sum((line.fees for line in table), ZERO),
        sum((line.payout for line in table), ZERO),
    )
    yield locale.plain("sheet-total"), "", total
