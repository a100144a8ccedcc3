"""The cells of a payout's CSV file: its text, what parts it, and which column says what.

Nobody has published the columns, so they are recognised by their names; one with the rebate is all that is
needed.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MAX_BYTES: Final = 16 * 1024 * 1024
MAX_LINES: Final = 250_000
AMOUNTS: Final = ("volume", "fee", "rebate")
_ASSETS: Final = ("asset", "fee_asset")
_BLANK: Final = " \t\r\n,;|"
_MAX_CELL: Final = 200
_DELIMITERS: Final = ",;\t|"
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# How a spreadsheet is told what parts the cells.
_SEPARATOR: Final = re.compile(r'\s*"?sep=([,;\t|])"?[,;\t| ]*(?:\r\n?|\n)', re.IGNORECASE)

_USD: Final = ("", "usd", "usdc", "inusd", "inusdc")
_REBATE: Final = {"rebate", "payout", "commission", "reward", "amount", "brokerrebate"}


def _in_dollars(*titles: str) -> frozenset[str]:
    return frozenset(title + unit for title in titles for unit in _USD)


# Letters and digits of a header, in lower case, by what stands below: the field of `Paid` it fills, or what
# says of which asset the amounts are.
_NAMES: Final[Mapping[str, frozenset[str]]] = {
    "order_id": frozenset({"orderid", "order", "exchangeorderid"}),
    "trade_id": frozenset({"tradeid", "trade", "fillid", "executionid"}),
    "account": frozenset({"account", "accountid", "user", "userid", "subaccount", "subaccountid"}),
    "symbol": frozenset({"symbol", "market", "pair", "instrument"}),
    "at_ms": frozenset({"time", "timestamp", "date", "datetime", "executedat", "createdat"}),
    "volume": _in_dollars("volume", "notional", "tradevolume", "quotevolume"),
    "fee": _in_dollars("fee", "fees", "tradingfee"),
    "rebate": _in_dollars(*_REBATE),
    "asset": frozenset({"currency", "ccy", "asset", "coin", "token"})
    | {f"{of}{what}" for of in _REBATE for what in ("currency", "ccy", "asset", "coin", "token", "symbol")},
    "fee_asset": frozenset(f"fee{what}" for what in ("currency", "ccy", "asset", "coin", "token", "symbol")),
    "price": frozenset({"price", "fillprice", "executionprice", "avgprice", "averageprice"}),
}
_DOLLARS: Final = frozenset({"", "usd", "usdc", "$", "us$"})
_RATE: Final = re.compile(r"%|‰|\b(?:bps|bp|percent|rate)\b", re.IGNORECASE)


class FileFault(StrEnum):
    """Why a file cannot be read; each has its mend in the catalogue."""

    TOO_BIG = "too-big"
    TOO_LONG = "too-long"  # more lines than `MAX_LINES`
    SPREADSHEET = "spreadsheet"
    ENCODING = "encoding"
    EMPTY = "empty"
    NO_REBATE = "no-rebate"  # no column with the rebate
    NO_MONEY = "no-money"  # a column that may be something else than the rebate
    ASSET = "asset"  # an amount that is not of dollars
    TWO_COLUMNS = "two-columns"  # two headers that mean the same
    DELIMITER = "delimiter"  # cells that can be parted in two ways
    CELLS = "cells"  # a line with more or fewer cells than the header
    VALUE = "value"  # a cell that is no number or time
    DECIMAL_SIGN = "decimal-sign"  # amounts that can be read in two ways
    ID = "id"  # an id that a spreadsheet made a number of
    ROUNDED_IDS = "rounded-ids"  # ids that a spreadsheet cut to 15 digits
    TOTAL = "total"  # a line that should add up the others and does not
    NEGATIVE = "negative"  # lines that add up to less than nothing, and no amount given beside them
    MAYBE_TOTAL = "maybe-total"  # a line without an id that equals the sum of the others


@dataclass(frozen=True, slots=True)
class FileProblem:
    """`line` counts from 1, the header's; `found` is what stands there."""

    fault: FileFault
    line: int = 0
    found: str = ""


class UnreadableFile(Exception):
    """Carries what is wrong with a file."""

    def __init__(self, fault: FileFault, line: int = 0, found: str = "") -> None:
        super().__init__(fault)
        self.problem = FileProblem(fault, line, found[:_MAX_CELL])


@dataclass(frozen=True, slots=True)
class Sheet:
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
        amounts = {self.columns[name] for name in (*AMOUNTS, *_ASSETS) if name in self.columns}
        return [cell for at, cell in enumerate(self.rows[row]) if at not in amounts]


def sheet_of(content: bytes) -> Sheet:
    """The cells of a file, parted by the one delimiter under which every line has as many as the header.

    Raises Unreadable.
    """
    text, before, delimiters = _text(content), 0, _DELIMITERS
    if (said := _SEPARATOR.match(text)) is not None:
        text, before, delimiters = text[said.end() :], 1, said[1]
    header = next((line for line in text.split("\n") if line.strip(_BLANK)), "")
    if not header:
        raise UnreadableFile(FileFault.EMPTY)
    whole: list[Sheet] = []
    problems: dict[str, UnreadableFile] = {}
    for delimiter in delimiters:
        try:
            sheet = _parted(text, delimiter, before)
        except UnreadableFile as error:
            problems[delimiter] = error
        else:
            if all(sheet.rows != other.rows for other in whole):
                whole.append(sheet)
    if len(whole) > 1:
        raise UnreadableFile(FileFault.DELIMITER, 1, header)
    if not whole:
        raise problems[max(delimiters, key=lambda one: _likelihood(header.count(one), problems[one]))]
    return whole[0]


def _text(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise UnreadableFile(FileFault.TOO_BIG)
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableFile(FileFault.SPREADSHEET)
    encoding = next((name for mark, name in _BOMS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise UnreadableFile(FileFault.ENCODING) from None
    if "\0" in text:
        raise UnreadableFile(FileFault.ENCODING)
    return text


def _likelihood(count: int, problem: UnreadableFile) -> tuple[bool, int]:
    """Under which delimiter a file was meant: it finds the rebate's column, and parts the header most."""
    return problem.problem.fault is not FileFault.NO_REBATE, count


def _parted(text: str, delimiter: str, before: int) -> Sheet:
    """The cells under one delimiter; `before` lines were taken off the file."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: dict[str, int] | None = None
    rows: list[tuple[str, ...]] = []
    places: list[int] = []
    titles: tuple[str, ...] = ()
    try:
        for row in reader:
            cells, place = tuple(cell.strip() for cell in row), before + reader.line_num
            if not any(cells):
                continue
            if columns is None:
                titles, columns = cells, _columns(cells, place)
                continue
            rows.append(_fitted(cells, titles, place, delimiter))
            places.append(place)
            if len(rows) > MAX_LINES:
                raise UnreadableFile(FileFault.TOO_LONG)
    except csv.Error as error:
        raise UnreadableFile(FileFault.CELLS, before + reader.line_num, str(error)) from None
    if not rows or columns is None:
        raise UnreadableFile(FileFault.EMPTY)
    return Sheet(delimiter, columns, tuple(rows), tuple(places))


def _fitted(cells: tuple[str, ...], titles: tuple[str, ...], place: int, delimiter: str) -> tuple[str, ...]:
    """A line as wide as the header; only what is empty at an end, under no title, may be missing or over."""
    short = titles[len(cells) :]
    if any(cells[len(titles) :]) or any(short):
        raise UnreadableFile(FileFault.CELLS, place, delimiter.join(cells))
    return (*cells, *short)[: len(titles)]


def _columns(header: Sequence[str], place: int) -> dict[str, int]:
    columns: dict[str, int] = {}
    for at, title in enumerate(header):
        bare = re.sub("[^a-z0-9]", "", title.lower())
        name = next((name for name, titles in _NAMES.items() if bare in titles), None)
        if name is None or _RATE.search(title):
            continue
        if name in columns:
            raise UnreadableFile(FileFault.TWO_COLUMNS, place, f"{header[columns[name]]}, {title}")
        columns[name] = at
    if "rebate" not in columns:
        raise UnreadableFile(FileFault.NO_REBATE, place, ", ".join(header))
    rebate = header[columns["rebate"]]
    other = "amount" if "fee" in columns else "amount|commission"  # of a trade: its quantity, its fee
    if "price" in columns and re.match(other, rebate, re.IGNORECASE):
        raise UnreadableFile(FileFault.NO_MONEY, place, rebate)
    return columns


def is_of_dollars(asset: str) -> bool:
    """Whether a cell that names the asset of an amount says dollars, or nothing."""
    return asset.lower() in _DOLLARS
