"""Reads the numbers of traders: `1,234.5`, `1'000`, `1.5k`, `1e3`. Bounded before `Decimal` sees them.

A number with two readings is never chosen between; both are offered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.domain.values import MAX_ABS, MAX_DIGITS

_SHAPE: Final = re.compile(
    r"(?P<digits>\d+(?:[.,_']\d+)*|\.\d+)(?:e(?P<exponent>[+-]?\d+))?(?P<suffix>bn|[kmb])?",
    re.IGNORECASE | re.ASCII,
)
_SCALE: Final = {"k": 3, "m": 6, "b": 9, "bn": 9}
_GROUPED: Final = {mark: re.compile(rf"\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+") for mark in ",."}
_MARKED: Final = re.compile(
    r"(?P<whole>\d{1,3}(?P<mark>[_'])\d{3}(?:(?P=mark)\d{3})*)(?:[.,](?P<fraction>\d+))?"
)
_MYRIADS: Final = re.compile(r"[1-9]\d{0,3},\d{4}")  # `1,0000`, grouped as in Chinese


@dataclass(frozen=True, slots=True)
class AmbiguousNumber:
    """Two readings, or none that is valid; `readings` are unambiguous spellings, perhaps none."""

    readings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NumberTooLarge:
    """More digits or a larger magnitude than anybody trades."""


NumberFault = AmbiguousNumber | NumberTooLarge


def read_number(word: str, *, comma_decimal: bool = False) -> Decimal | NumberFault:
    """Value of an unsigned number word. `comma_decimal`: a single comma is the decimal mark."""
    match = _SHAPE.fullmatch(word)
    if match is None:
        return AmbiguousNumber(())
    digits, exponent, suffix = match["digits"], match["exponent"] or "0", (match["suffix"] or "").lower()
    if sum(char.isdigit() for char in digits) > MAX_DIGITS or len(exponent) > 3:
        return NumberTooLarge()
    plain = _plain_digits(digits, comma_decimal)
    if isinstance(plain, AmbiguousNumber):
        tail = word[len(digits) :]
        return AmbiguousNumber(tuple(reading + tail for reading in plain.readings))
    value = Decimal(f"{plain}e{int(exponent) + _SCALE.get(suffix, 0)}")
    whole, _, fraction = format(value, "f").partition(".")
    if len(whole) + len(fraction) > MAX_DIGITS or value > MAX_ABS:
        return NumberTooLarge()
    return value


def _plain_digits(digits: str, comma_decimal: bool) -> str | AmbiguousNumber:
    """`digits` with no group marks and a point for the decimal mark."""
    if "_" in digits or "'" in digits:
        return _marked(digits)
    commas, points = digits.count(","), digits.count(".")
    if commas and points:
        return _both_marks(digits)
    if commas > 1 or points > 1:
        mark = "," if commas else "."
        return digits.replace(mark, "") if _GROUPED[mark].fullmatch(digits) else AmbiguousNumber(())
    if commas:
        return _one_comma(digits, comma_decimal)
    return digits


def _marked(digits: str) -> str | AmbiguousNumber:
    """`1_000`, `1'234,5`: the thousands have a mark of their own, so that a comma is decimal like a point."""
    match = _MARKED.fullmatch(digits)
    if match is None:
        return AmbiguousNumber((re.sub("[_']", "", digits),) if "," not in digits else ())
    whole, fraction = match["whole"].replace(match["mark"], ""), match["fraction"]
    return f"{whole}.{fraction}" if fraction else whole


def _both_marks(digits: str) -> str | AmbiguousNumber:
    """`1,234.5` and `1.234,5`: the last mark is the decimal one, the rest must be true groups."""
    decimal = max(",.", key=digits.rindex)
    group = "." if decimal == "," else ","
    whole, _, fraction = digits.rpartition(decimal)
    if decimal in whole or not _GROUPED[group].fullmatch(whole):
        return AmbiguousNumber(())
    return f"{whole.replace(group, '')}.{fraction}"


def _one_comma(digits: str, comma_decimal: bool) -> str | AmbiguousNumber:
    as_decimal = digits.replace(",", ".")
    is_grouped = _GROUPED[","].fullmatch(digits) and not digits.startswith("0")
    if is_grouped or _MYRIADS.fullmatch(digits):
        return AmbiguousNumber((digits.replace(",", ""), as_decimal))
    return as_decimal if comma_decimal else AmbiguousNumber((as_decimal,))
