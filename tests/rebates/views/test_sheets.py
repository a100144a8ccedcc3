"""The month's files: readable by others' programs, adding up, and never a formula."""

from __future__ import annotations

import csv
import io
from decimal import Decimal as D

import openpyxl
import pytest

from bot.rebates.model.rebate import TIERS, TierBasis
from bot.rebates.model.summary import Breakdown, MonthSummary, Totals
from bot.rebates.views import rebates, sheets
from bot.ui.locale import Locale
from tests.rebates.views.build import OCTOBER, month_summary

EVIL = '=HYPERLINK("http://evil","win")'


def test_the_csv_has_every_breakdown_and_its_total(locale: Locale) -> None:
    text = sheets.csv_file(locale, month_summary(EVIL)).decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(text))
    assert len(head) == 8
    assert {row[1] for row in rows} == {by.value for by in Breakdown}
    for by in Breakdown:
        *lines, total = (row for row in rows if row[1] == by.value)
        for column in (4, 5, 6, 7):
            assert sum(D(line[column]) for line in lines) == D(total[column])
        assert total[5:] == ["2000000.01", "800.67", "240.2"]
    assert next(r for r in rows if r[1] == "user" and r[3])[:4] == ["2026-10", "user", "Trader 1", "1001"]


@pytest.mark.parametrize(
    "title",
    [
        *(EVIL, "+1", "-1", "@A1", "\t=1", "\r=1", "  =1", "\ufeff=1", "＝1"),
        *(";=1", "Desk;+1", "Desk; =1", 'Desk;"=1"', "Desk;;@A1;＝1", "Desk|=1"),
    ],
)
def test_no_cell_is_a_formula(locale: Locale, title: str) -> None:
    summary = month_summary(title)
    text = sheets.csv_file(locale, summary).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(text)):
        assert not any(cell.lstrip()[:1] in {*"=+-@＝＋－＠"} for cell in (row[2], row[1]))
    for parted_by in ";|":  # as a spreadsheet does where the comma is decimal
        for row in csv.reader(io.StringIO(text), delimiter=parted_by):
            assert not any(cell.lstrip(' "')[:1] in {*"=+-@＝＋－＠"} for cell in row)
    book = openpyxl.load_workbook(io.BytesIO(sheets.workbook(locale, summary)))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n"}


def test_the_workbook_has_a_sheet_for_each_breakdown_and_numbers_are_numbers(locale: Locale) -> None:
    summary = month_summary(EVIL)
    book = openpyxl.load_workbook(io.BytesIO(sheets.workbook(locale, summary)))
    assert len(book.sheetnames) == 1 + len(Breakdown)
    for sheet in book.worksheets[1:]:
        *lines, total = sheet.iter_rows(min_row=2, values_only=True)
        assert [D(str(value)) for value in total[3:]] == [D("2000000.01"), D("800.67"), D("240.2")]
        assert sum(line[2] for line in lines) == total[2]
    overview = {row[0]: row[1] for row in book.worksheets[0].iter_rows(values_only=True)}
    assert overview[locale.plain("sheet-payout")] == 240.2
    assert sheets.workbook(locale, summary) == sheets.workbook(locale, summary)


def test_the_picture_draws_any_month() -> None:
    summary = month_summary(EVIL)
    assert rebates.picture(summary).startswith(b"\x89PNG")
    empty = MonthSummary(
        OCTOBER,
        TierBasis.MONTH,
        D(0),
        D(0),
        {},
        Totals(),
        Totals(),
        TIERS[0],
        dict.fromkeys(Breakdown, ()),
    )
    assert rebates.picture(empty).startswith(b"\x89PNG")
