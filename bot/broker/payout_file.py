"""The exchange's account of a payout, from whatever CSV it comes in.

Nobody has published its columns, so they are recognised by their names; one with the rebate is all that is
needed. What parts the cells and the decimals is proved over the whole file. What cannot be read, or can be
read in two ways, is refused with the line and the mend, never skipped.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from bot.broker.payout_amounts import (
    MAX_USD,
    Amounts,
    Cell,
    DecimalSign,
    Reading,
    first_in_doubt,
    readings,
)
from bot.domain.rebate import CENT, cents
from bot.domain.reconcile import Paid
from bot.domain.values import ZERO

MAX_BYTES: Final = 16 * 1024 * 1024
MAX_LINES: Final = 250_000
_MAX_CELL: Final = 200
_MICROSECONDS: Final = {10: 1_000_000, 13: 1_000, 16: 1}  # in a unit of unix time, by its digits
_DELIMITERS: Final = ",;\t|"
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_AMOUNTS: Final = ("volume", "fee", "rebate")

# Letters and digits of a header, in lower case, by the field of `Paid` it fills.
_NAMES: Final[Mapping[str, frozenset[str]]] = {
    "order_id": frozenset({"orderid", "order", "exchangeorderid"}),
    "trade_id": frozenset({"tradeid", "trade", "fillid", "executionid"}),
    "account": frozenset({"account", "accountid", "user", "userid", "subaccount", "subaccountid"}),
    "symbol": frozenset({"symbol", "market", "pair", "instrument"}),
    "at_ms": frozenset({"time", "timestamp", "date", "datetime", "executedat", "createdat"}),
    "volume": frozenset({"volume", "volumeusd", "notional", "notionalusd", "tradevolume", "quotevolume"}),
    "fee": frozenset({"fee", "feeusd", "fees", "feesusd", "tradingfee", "tradingfeeusd"}),
    "rebate": frozenset(
        {"rebate", "rebateusd", "payout", "payoutusd", "commission", "commissionusd", "reward", "rewardusd"}
        | {"amount", "amountusd", "brokerrebate", "brokerrebateusd"}
    ),
}
_TOTAL: Final = re.compile(
    r"\W*(?:(?:grand[\s_-]*|sub[\s_-]*)?(?:totals?|sum|summe|gesamt|итого?|всего)(?![^\W_])|合计|总计|小计)",
    re.IGNORECASE,
)
_ID: Final = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z_-]{0,63})", re.ASCII)
_NUMBER_AS_TEXT: Final = re.compile(r"[+-]?\d+(?:[.,' ]\d+)*(?:[eE][+-]?\d+)?", re.ASCII)
_WHOLE: Final = re.compile(r"\d{1,40}", re.ASCII)
_SPREADSHEET_DIGITS: Final = 15  # what a spreadsheet keeps of a number; zeros stand for the rest


class FileFault(StrEnum):
    """Why a file cannot be read; each has its mend in the catalogue."""

    TOO_BIG = "too-big"
    TOO_LONG = "too-long"  # more lines than `MAX_LINES`
    SPREADSHEET = "spreadsheet"
    ENCODING = "encoding"
    EMPTY = "empty"
    NO_REBATE = "no-rebate"  # no column with the rebate
    TWO_COLUMNS = "two-columns"  # two headers that mean the same
    DELIMITER = "delimiter"  # cells that can be parted in two ways
    CELLS = "cells"  # a line with more or fewer cells than the header
    VALUE = "value"  # a cell that is no number or time
    DECIMAL_SIGN = "decimal-sign"  # amounts that can be read in two ways
    ID = "id"  # an id that a spreadsheet made a number of
    ROUNDED_IDS = "rounded-ids"  # ids that a spreadsheet cut to 15 digits
    TOTAL = "total"  # a line that should add up the others and does not
    NEGATIVE = "negative"  # lines that add up to less than nothing, and no amount given beside them
    MAYBE_TOTAL = "maybe-total"  # a last line without a name that equals the sum of the others


@dataclass(frozen=True, slots=True)
class FileProblem:
    """`line` counts from 1, the header's; `found` is what stands there."""

    fault: FileFault
    line: int = 0
    found: str = ""


@dataclass(frozen=True, slots=True)
class PayoutFile:
    """What was read, and how, for whoever is to confirm it; `totals` are lines that add up others."""

    lines: tuple[Paid, ...]
    delimiter: str
    sign: DecimalSign
    totals: tuple[int, ...] = ()

    @property
    def amount(self) -> Decimal:
        """What the lines add up to, in whole cents of USD."""
        return cents(sum((line.rebate for line in self.lines), ZERO))


class _Unreadable(Exception):
    def __init__(self, fault: FileFault, line: int = 0, found: str = "") -> None:
        super().__init__(fault)
        self.problem = FileProblem(fault, line, found[:_MAX_CELL])


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The cells of a file, blank lines left out; `places` are the lines of `rows`."""

    delimiter: str
    columns: Mapping[str, int]
    rows: tuple[tuple[str, ...], ...]
    places: tuple[int, ...]

    def cell(self, row: int, name: str) -> str:
        at = self.columns.get(name)
        return "" if at is None else self.rows[row][at]

    def names(self, row: int) -> list[str]:
        """The cells that say what a line is, not how much."""
        amounts = {self.columns[name] for name in _AMOUNTS if name in self.columns}
        return [cell for at, cell in enumerate(self.rows[row]) if at not in amounts]


def read_payout_file(content: bytes, amount: Decimal | None = None) -> PayoutFile | FileProblem:
    """The lines of a CSV file, or why there are none.

    `amount`, the USD that arrived in whole cents, decides where the file alone can be read in two ways.
    """
    try:
        return _file(_sheet(_text(content)), amount)
    except _Unreadable as error:
        return error.problem


def _text(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise _Unreadable(FileFault.TOO_BIG)
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise _Unreadable(FileFault.SPREADSHEET)
    encoding = next((name for mark, name in _BOMS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise _Unreadable(FileFault.ENCODING) from None
    if "\0" in text:
        raise _Unreadable(FileFault.ENCODING)
    return text.lstrip()


# --- cells -----------------------------------------------------------------------------------------------


def _sheet(text: str) -> _Sheet:
    """The cells, parted by the one delimiter under which every line has as many as the header."""
    header = text.partition("\n")[0]
    if not header.strip():
        raise _Unreadable(FileFault.EMPTY)
    whole: list[_Sheet] = []
    problems: dict[str, _Unreadable] = {}
    for delimiter in _DELIMITERS:
        try:
            sheet = _parted(text, delimiter)
        except _Unreadable as error:
            problems[delimiter] = error
        else:
            if all(sheet.rows != other.rows for other in whole):
                whole.append(sheet)
    if len(whole) > 1:
        raise _Unreadable(FileFault.DELIMITER, 1, header)
    if not whole:
        raise problems[max(_DELIMITERS, key=lambda one: _likelihood(header.count(one), problems[one]))]
    return whole[0]


def _likelihood(count: int, problem: _Unreadable) -> tuple[bool, int]:
    """Under which delimiter a file was meant: it finds the rebate's column, and parts the header most."""
    return problem.problem.fault is not FileFault.NO_REBATE, count


def _parted(text: str, delimiter: str) -> _Sheet:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: dict[str, int] | None = None
    rows: list[tuple[str, ...]] = []
    places: list[int] = []
    width = 0
    try:
        for row in reader:
            cells = tuple(cell.strip() for cell in row)
            if columns is None:
                columns, width = _columns(cells), len(cells)
            elif any(cells):
                if len(cells) != width:
                    raise _Unreadable(FileFault.CELLS, reader.line_num, delimiter.join(cells))
                rows.append(cells)
                places.append(reader.line_num)
                if len(rows) > MAX_LINES:
                    raise _Unreadable(FileFault.TOO_LONG)
    except csv.Error as error:
        raise _Unreadable(FileFault.CELLS, reader.line_num, str(error)) from None
    if not rows or columns is None:
        raise _Unreadable(FileFault.EMPTY)
    return _Sheet(delimiter, columns, tuple(rows), tuple(places))


def _columns(header: Sequence[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for at, title in enumerate(header):
        bare = re.sub("[^a-z0-9]", "", title.lower())
        for name, titles in _NAMES.items():
            if bare in titles:
                if name in columns:
                    raise _Unreadable(FileFault.TWO_COLUMNS, 1, f"{header[columns[name]]}, {title}")
                columns[name] = at
    if "rebate" not in columns:
        raise _Unreadable(FileFault.NO_REBATE, 1, ", ".join(header))
    return columns


# --- lines -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Lines:
    """Rows taken for lines, and those taken for their sums."""

    paid: list[int] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)


def _file(sheet: _Sheet, amount: Decimal | None) -> PayoutFile:
    reading = _reading(sheet, amount)
    lines = _without_totals(sheet, reading.amounts, amount)
    if not lines.paid:
        raise _Unreadable(FileFault.EMPTY)
    _refuse_rounded_ids(sheet, lines.paid)
    total, paid = ZERO, []
    for row in lines.paid:
        line = _paid(sheet, row, reading.amounts)
        total += abs(line.rebate)
        if total >= MAX_USD:
            raise _Unreadable(FileFault.VALUE, line.line, sheet.cell(row, "rebate"))
        paid.append(line)
    totals = tuple(sheet.places[row] for row in lines.totals)
    file = PayoutFile(tuple(paid), sheet.delimiter, reading.sign, totals)
    if file.amount < ZERO and amount is None:
        raise _Unreadable(FileFault.NEGATIVE, found=f"{file.amount:f}")
    return file


def _reading(sheet: _Sheet, amount: Decimal | None) -> Reading:
    """The one way in which every amount can be read."""
    cells = [
        Cell(row, sheet.places[row], name, text)
        for row in range(len(sheet.rows))
        for name in _AMOUNTS
        if name in sheet.columns
        and ((text := sheet.cell(row, name)) or (name == "rebate" and not _is_named_total(sheet, row)))
    ]
    found = readings(cells)
    if (wrong := found[0].wrong) is not None:
        raise _Unreadable(FileFault.VALUE, wrong.line, wrong.text)
    if len(found) == 1:
        return found[0]
    if amount is not None:
        proved = [one for one in found if _adds_up_to(sheet, one.amounts, amount)]
        if len(proved) == 1:
            return proved[0]
    doubtful = first_in_doubt(cells, *found)
    raise _Unreadable(FileFault.DECIMAL_SIGN, doubtful.line, doubtful.text)


def _adds_up_to(sheet: _Sheet, amounts: Amounts, amount: Decimal) -> bool:
    try:
        lines = _without_totals(sheet, amounts, amount)
    except _Unreadable:
        return False
    return cents(sum((amounts[row, "rebate"] for row in lines.paid), ZERO)) == amount


def _is_named_total(sheet: _Sheet, row: int) -> bool:
    symbol = sheet.cell(row, "symbol")  # a market may be called SUM_USDC
    return any(_TOTAL.match(cell) for cell in sheet.names(row) if cell != symbol or "_" not in cell)


def _is_nameless(sheet: _Sheet, row: int) -> bool:
    """Whether a row says how much, and not of what, where the others do."""
    return bool(sheet.names(row)) and not any(sheet.names(row))


def _without_totals(sheet: _Sheet, amounts: Amounts, amount: Decimal | None) -> _Lines:
    """Sums told from lines; each is compared with what it should add up."""
    lines, grain = _Lines(), _grain(amounts)
    all_nameless = all(_is_nameless(sheet, row) for row in range(len(sheet.rows)))
    for row in range(len(sheet.rows)):
        if not _is_named_total(sheet, row) and (all_nameless or not _is_nameless(sheet, row)):
            lines.paid.append(row)
            continue
        if (said := amounts.get((row, "rebate"))) is not None:
            _compare(sheet, row, said, amounts, lines, grain)
        lines.totals.append(row)
    if not lines.totals and (all_nameless or not sheet.names(0)):
        _tell_last(sheet, amounts, amount, lines)
    return lines


def _compare(sheet: _Sheet, row: int, said: Decimal, amounts: Amounts, lines: _Lines, grain: Decimal) -> None:
    """Refuse a sum that is neither that of all lines above nor that of those since the last sum."""
    since = lines.totals[-1] if lines.totals else -1
    for summed in (lines.paid, [one for one in lines.paid if one > since]):
        beyond = said - sum((amounts[one, "rebate"] for one in summed), ZERO)
        if summed and abs(beyond) <= max(CENT, grain * len(summed)):
            return
    raise _Unreadable(FileFault.TOTAL, sheet.places[row], sheet.cell(row, "rebate"))


def _tell_last(sheet: _Sheet, amounts: Amounts, amount: Decimal | None, lines: _Lines) -> None:
    """Where no line has a name, a last one that equals the sum of the others may be either."""
    if len(lines.paid) < 3:
        return
    *above, last = lines.paid
    listed = sum((amounts[row, "rebate"] for row in above), ZERO)
    if not listed or amounts[last, "rebate"] != listed:
        return
    if amount is not None and cents(listed) == amount:
        lines.paid, lines.totals = above, [last]
    elif amount is None or cents(2 * listed) != amount:
        raise _Unreadable(FileFault.MAYBE_TOTAL, sheet.places[last], sheet.cell(last, "rebate"))


def _grain(amounts: Amounts) -> Decimal:
    """Half of what the finest rebate is rounded to."""
    finest = min(
        (int(one.normalize().as_tuple().exponent) for (_, name), one in amounts.items() if name == "rebate"),
        default=-2,
    )
    return Decimal(1).scaleb(min(-2, finest)) / 2


def _paid(sheet: _Sheet, row: int, amounts: Amounts) -> Paid:
    line, values = sheet.places[row], dict[str, Any]()
    for name in ("order_id", "trade_id"):
        _refuse_number_for_id(sheet.cell(row, name), line)
    order, trade = sheet.cell(row, "order_id"), sheet.cell(row, "trade_id")
    if order and not _ID.fullmatch(order):
        raise _Unreadable(FileFault.ID, line, order)
    values["trade_id"] = int(trade) if trade.isascii() and trade.isdigit() and len(trade) < 19 else None
    for name in ("order_id", "account", "symbol"):
        values[name] = sheet.cell(row, name) or None
    values["at_ms"] = _moment(sheet.cell(row, "at_ms"), line)
    for name in ("volume", "fee"):
        values[name] = amounts.get((row, name))
    return Paid(line, amounts[row, "rebate"], **values)


def _refuse_number_for_id(text: str, line: int) -> None:
    """`5.00000E+09` was an id before a spreadsheet took it for a number; which one, nobody can tell."""
    if text and _NUMBER_AS_TEXT.fullmatch(text) and not _WHOLE.fullmatch(text):
        raise _Unreadable(FileFault.ID, line, text)


def _refuse_rounded_ids(sheet: _Sheet, rows: Sequence[int]) -> None:
    """Refuse ids that all end in the zeros of a spreadsheet; by chance alone a thousandth of files would."""
    for name in ("order_id", "trade_id"):
        ids = {sheet.cell(row, name): row for row in reversed(rows)}
        long = {one: len(one) - _SPREADSHEET_DIGITS for one in ids if _WHOLE.fullmatch(one)}
        cut = {one: zeros for one, zeros in long.items() if zeros > 0}
        if sum(cut.values()) >= 3 and all(one.endswith("0" * zeros) for one, zeros in cut.items()):
            row = min(ids[one] for one in cut)
            raise _Unreadable(FileFault.ROUNDED_IDS, sheet.places[row], sheet.cell(row, name))


def _moment(text: str, line: int) -> int | None:
    """Unix time in seconds, milliseconds or microseconds, or ISO 8601; without a zone it is UTC."""
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) in _MICROSECONDS:
        return int(text) * _MICROSECONDS[len(text)] // 1_000
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _Unreadable(FileFault.VALUE, line, text) from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
