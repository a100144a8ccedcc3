"""Column types both databases keep exactly: money, words of an enum, unix milliseconds, JSON without floats.

SQLite has no decimal type and would round through a float, so money is text there and NUMERIC on PostgreSQL.
"""

from __future__ import annotations

from decimal import Context, Decimal
from enum import StrEnum
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import BigInteger, Dialect, Integer, Numeric, Text
from sqlalchemy.sql import operators
from sqlalchemy.sql.type_api import TypeEngine
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field

WordT = TypeVar("WordT", bound=StrEnum)

# SQLite counts rows only in a column spelt INTEGER, which there holds 64 bits as well.
RowId = BigInteger().with_variant(Integer, "sqlite")

_WIDE = Context(prec=60)

_TEXT_CANNOT = {operators.lt, operators.le, operators.gt, operators.ge, operators.between_op}


class _EqualityOnly(TypeDecorator.Comparator[Decimal]):
    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        if op in _TEXT_CANNOT:
            raise TypeError("decimals are text on SQLite: compare them in Python, not in SQL")
        return super().operate(op, *other, **kwargs)


class Exact(TypeDecorator[Decimal]):
    """A finite `Decimal`, kept digit for digit. Equality works in SQL; order does not, and is refused."""

    impl = Text
    cache_ok = True
    comparator_factory = _EqualityOnly

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Numeric() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if not isinstance(value, Decimal):
            raise TypeError(f"money is Decimal, not {type(value).__name__}")
        if not value.is_finite():
            raise ValueError("money is a finite number")
        return value if dialect.name == "postgresql" else format(value, "f")

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Nano(TypeDecorator[Decimal]):
    """US dollars in whole nano-dollars: an integer both databases add up exactly, at their own speed.

    Sums in SQL come back as `Decimal` dollars. SQLite refuses a sum beyond 9.2 billion dollars.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if not isinstance(value, Decimal):
            raise TypeError(f"money is Decimal, not {type(value).__name__}")
        units = value.scaleb(9, _WIDE)
        if units != units.to_integral_value():
            raise ValueError("quantise to nano-dollars first")
        return int(units)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-9, _WIDE)


class Word(TypeDecorator[WordT], Generic[WordT]):
    """A member of a `StrEnum`, stored as its text so that a new member needs no migration."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[WordT]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: WordT | None, dialect: Dialect) -> str | None:
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> WordT | None:
        return None if value is None else self.words(value)


_decode_json = msgspec.json.Decoder(float_hook=Decimal).decode


def dump_json(value: Any) -> str:
    """JSON text of `value`; a `Decimal` becomes a plain string, a float is refused."""
    refuse_floats(value)
    return msgspec.json.encode(value).decode()


def load_json(text: str | bytes) -> Any:
    """What `dump_json` wrote; a number with a point comes back as `Decimal`."""
    return _decode_json(text)


def refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError("a float has no place in stored JSON: pass a Decimal or a string")
    if isinstance(value, dict):
        for item in value.values():
            refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            refuse_floats(item)


def row_id() -> Any:
    """A number the database gives; unset until the row is inserted."""
    return Field(default=None, primary_key=True, sa_type=RowId)
