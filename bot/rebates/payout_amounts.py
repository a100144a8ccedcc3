"""Amounts of a payout file: which decimal sign its cells are written with is proved over all of them.

`1,234` is a thousand to some and little more than one to others, so no cell is read alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from bot.rebates.model.rebate import nano

MAX_USD: Final = Decimal(10) ** 9  # in a cell, and paid in all: the ledger holds nano-dollars in 64 bits
_MAX_LENGTH: Final = 40


class DecimalSign(StrEnum):
    """What stands before the decimals."""

    POINT = "."
    COMMA = ","


@dataclass(frozen=True, slots=True)
class Cell:
    """An amount as it is written, and where: `row` counts the lines from 0, `line` those of the file."""

    row: int
    line: int
    name: str  # the field of `Paid`
    text: str


Amounts = dict[tuple[int, str], Decimal]  # USD by row and field


@dataclass(frozen=True, slots=True)
class Reading:
    """All cells under one decimal sign; `wrong` is the first that is no amount under it."""

    sign: DecimalSign
    amounts: Amounts
    wrong: Cell | None = None


def readings(cells: Sequence[Cell]) -> list[Reading]:
    """Every way to read the cells: one where all is proved, two where both signs give amounts that differ.

    Where neither sign reads all of them there is one, with the cell it got stuck at.
    """
    tried = [_read(cells, sign) for sign in DecimalSign]
    whole = [one for one in tried if one.wrong is None]
    if not whole:
        return [max(tried, key=lambda one: one.wrong.row if one.wrong else 0)]
    if len(whole) == 2 and whole[0].amounts == whole[1].amounts:
        return whole[:1]
    return whole


def first_in_doubt(cells: Iterable[Cell], one: Reading, other: Reading) -> Cell:
    """The first cell that two readings read differently."""
    return next(
        cell for cell in cells if one.amounts[cell.row, cell.name] != other.amounts[cell.row, cell.name]
    )


def read_usd(text: str, sign: DecimalSign) -> Decimal | None:
    """Dollars to the nano-dollar, under a decimal sign; None where `text` is no amount under it.

    Thousands may be parted by the other sign, a space, an apostrophe or an underscore, in groups of three.
    """
    bare = unicodedata.normalize("NFKC", text).strip().replace("\u2212", "-").replace("\u2019", "'")
    is_owed = bare.startswith("(") and bare.endswith(")")
    bare = bare[1:-1].strip() if is_owed else bare
    bare = re.sub(r"\s*USDC?$", "", re.sub(r"^([+-]?)(?:\$|USDC?)\s*", r"\1", bare)).removesuffix("$").strip()
    if len(bare) > _MAX_LENGTH or not _PATTERNS[sign].fullmatch(bare):
        return None
    decimals = bare.rpartition(sign)[2] if sign in bare else None
    whole = bare if decimals is None else bare[: -len(decimals) - 1]
    plain = re.sub(r"[ '_,.]", "", whole) + ("" if decimals is None else f".{decimals}")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return None
    if not -MAX_USD < number < MAX_USD:
        return None
    return nano(-number if is_owed else number)


def _read(cells: Sequence[Cell], sign: DecimalSign) -> Reading:
    amounts: Amounts = {}
    for cell in cells:
        amount = read_usd(cell.text, sign)
        if amount is None:
            return Reading(sign, amounts, cell)
        amounts[cell.row, cell.name] = amount
    return Reading(sign, amounts)


def _pattern(sign: DecimalSign) -> re.Pattern[str]:
    other = re.escape("," if sign is DecimalSign.POINT else ".")
    grouped = rf"[1-9]\d{{0,2}}(?:(?P<part>[ '_]|{other})\d{{3}})(?:(?P=part)\d{{3}})*"
    return re.compile(
        rf"[+-]?(?:(?:{grouped}|\d+)(?:{re.escape(sign)}\d*)?|{re.escape(sign)}\d+)(?:[eE][+-]?\d{{1,7}})?",
        re.ASCII,
    )


_PATTERNS: Final = {sign: _pattern(sign) for sign in DecimalSign}
