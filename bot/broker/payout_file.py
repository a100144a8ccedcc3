"""The exchange's account of a payout, from whatever CSV it comes in.

Nobody has published its columns, so they are recognised by their names; one with the rebate is all that is
needed. What cannot be read is refused with the line and the mend, never skipped.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

from bot.domain.rebate import nano
from bot.domain.reconcile import Paid
from bot.domain.values import ZERO

MAX_BYTES: Final = 16 * 1024 * 1024
MAX_LINES: Final = 250_000
_MAX_USD: Final = Decimal(10) ** 9  # in a cell, and paid in all: the ledger holds nano-dollars in 64 bits
_MAX_CELL: Final = 200
_MICROSECONDS: Final = {10: 1_000_000, 13: 1_000, 16: 1}  # in a unit of unix time, by its digits
_DELIMITERS: Final = ",;\t|"
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

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


class FileFault(StrEnum):
    """Why a file cannot be read; each has its mend in the catalogue."""

    TOO_BIG = "too-big"
    TOO_LONG = "too-long"  # more lines than `MAX_LINES`
    SPREADSHEET = "spreadsheet"
    ENCODING = "encoding"
    EMPTY = "empty"
    NO_REBATE = "no-rebate"  # no column with the rebate
    TWO_COLUMNS = "two-columns"  # two headers that mean the same
    CELLS = "cells"  # a line with more or fewer cells than the header
    VALUE = "value"  # a cell that is no number or time


@dataclass(frozen=True, slots=True)
class FileProblem:
    """`line` counts from 1, the header's; `found` is what stands there."""

    fault: FileFault
    line: int = 0
    found: str = ""


class _Unreadable(Exception):
    def __init__(self, fault: FileFault, line: int = 0, found: str = "") -> None:
        super().__init__(fault)
        self.problem = FileProblem(fault, line, found[:_MAX_CELL])


def read_payout_file(content: bytes) -> list[Paid] | FileProblem:
    """The lines of a CSV file, or why there are none."""
    try:
        return list(_lines(_text(content)))
    except _Unreadable as error:
        return error.problem
    except csv.Error as error:
        return FileProblem(FileFault.CELLS, found=str(error)[:_MAX_CELL])


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
    return text


def _lines(text: str) -> Iterator[Paid]:
    first = text.lstrip().partition("\n")[0]
    if not first.strip():
        raise _Unreadable(FileFault.EMPTY)
    delimiter = max(_DELIMITERS, key=first.count)
    rows = csv.reader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter)
    header = next(rows)
    columns = _columns(header)
    read, total = 0, ZERO
    for row in rows:
        if not any(cell.strip() for cell in row) or _is_sum(row):
            continue
        if len(row) != len(header):
            raise _Unreadable(FileFault.CELLS, rows.line_num, delimiter.join(row))
        read += 1
        if read > MAX_LINES:
            raise _Unreadable(FileFault.TOO_LONG)
        paid = _paid(row, columns, rows.line_num, decimal_comma=delimiter != ",")
        total += abs(paid.rebate)
        if total >= _MAX_USD:
            raise _Unreadable(FileFault.VALUE, rows.line_num, row[columns["rebate"]])
        yield paid
    if not read:
        raise _Unreadable(FileFault.EMPTY)


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
        raise _Unreadable(FileFault.NO_REBATE, 1, ", ".join(title.strip() for title in header))
    return columns


def _is_sum(row: Sequence[str]) -> bool:
    """A last line that adds the others up: it begins with its name."""
    first = next(cell for cell in row if cell.strip()).strip().lower().rstrip(":")
    return first in {"total", "sum", "subtotal", "grand total"}


def _paid(row: Sequence[str], columns: Mapping[str, int], line: int, *, decimal_comma: bool) -> Paid:
    cells = {name: row[at].strip() for name, at in columns.items()}
    trade = cells.get("trade_id", "")
    values: dict[str, Any] = {
        "order_id": cells.get("order_id") or None,
        "trade_id": int(trade) if trade.isascii() and trade.isdigit() and len(trade) < 19 else None,
        "account": cells.get("account") or None,
        "symbol": cells.get("symbol") or None,
        "at_ms": _moment(cells.get("at_ms", ""), line),
    }
    for name in ("volume", "fee"):
        values[name] = _usd(cells[name], line, decimal_comma) if cells.get(name) else None
    return Paid(line, _usd(cells["rebate"], line, decimal_comma), **values)


def _usd(text: str, line: int, decimal_comma: bool) -> Decimal:
    """Dollars, to the nano-dollar. A comma groups thousands, unless the file's cells are parted otherwise."""
    bare = re.sub(r"[\s$_]|USDC?$", "", text)
    if decimal_comma and "," in bare and bare.rfind(",") > bare.rfind("."):
        bare = bare.replace(".", "").replace(",", ".")
    try:
        number = Decimal(bare.replace(",", "")) if len(bare) <= 40 else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not -_MAX_USD < number < _MAX_USD or not bare.isascii():
        raise _Unreadable(FileFault.VALUE, line, text)
    return nano(number)


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
