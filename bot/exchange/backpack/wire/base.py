"""How JSON from the exchange becomes typed values: one base struct, one decoding function, one clock reader.

Unknown fields are ignored and unknown enum values stay plain strings; a number that is no number is refused.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, Generic, TypeVar

import msgspec

from bot.exchange.backpack.errors import UnknownOutcome

R = TypeVar("R")
T = TypeVar("T")

_log = logging.getLogger(__name__)

MAX_MAGNITUDE: Final = 60  # decimal exponent either way; beyond it arithmetic and printing get slow
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
MAX_DIGITS: Final = 18
MAX_INTEGER: Final = 2**64 - 1  # the widest number the exchange speaks of
MAX_TIME_MS: Final = 253_402_300_799_999  # the end of the year 9999: no calendar goes further
NULL: Final = msgspec.Raw(b"null")
Time = int | str | None  # ms, or naive ISO 8601 in UTC: the exchange uses both for one field


class WireStruct(msgspec.Struct, kw_only=True, rename="camel"):
    """Base of every wire model. Raises ValueError (a decoding error) for NaN, infinities and 1e999999."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if value.__class__ is Decimal:
                check_decimal(value)
            elif value.__class__ is int and not -MAX_INTEGER <= value <= MAX_INTEGER:
                raise ValueError("not a usable number")


def check_decimal(value: Decimal) -> Decimal:
    """`value` if it is finite and of a size money can have. Raises ValueError."""
    if not value.is_finite() or abs(value.adjusted()) > MAX_MAGNITUDE:
        raise ValueError("not a usable number")
    return value


@dataclass(frozen=True, slots=True)
class Rows(Generic[T]):
    """A list as far as it can be read, and the rows that cannot, as they came."""

    read: list[T]
    odd: tuple[bytes, ...] = ()

    def usable(self, of: str) -> list[T]:
        """What could be read; the rest is only logged. Raises UnknownOutcome when that is everything."""
        if self.odd and not self.read:
            raise UnknownOutcome(f"unreadable {of}")
        if self.odd:
            _log.warning("%s of %s rows of %s could not be read", len(self.odd), len(self.read), of)
        return self.read

    def hide(self, identifier: str) -> bool:
        """Whether a row that cannot be read may be the one with this number or name."""
        return any(identifier.encode() in row for row in self.odd)


class RowReader:
    """Decodes answers into one type. Decoders are built once: they cost more than a decode."""

    def __init__(self) -> None:
        self._decoders: dict[object, msgspec.json.Decoder[object]] = {}

    def read(self, body: bytes, kind: type[T]) -> T:
        """`body` as `kind`. Raises UnknownOutcome when it is not that."""
        decoder = self._decoders.get(kind)
        if decoder is None:
            decoder = self._decoders[kind] = msgspec.json.Decoder(kind)
        try:
            return decoder.decode(body)  # type: ignore[return-value]
        except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError) as unreadable:
            reason = str(unreadable)
        raise UnknownOutcome(f"unreadable answer: {reason[:120]}")

    def rows(self, body: bytes, kind: type[R], make: Callable[[R], T]) -> Rows[T]:
        """A list of `kind`, each made into something else. Raises UnknownOutcome when it is no list."""
        read: list[T] = []
        odd: list[bytes] = []
        for raw in self.read(body, list[msgspec.Raw]):
            try:
                read.append(make(self.read(bytes(raw), kind)))
            except (UnknownOutcome, ValueError, ArithmeticError):
                odd.append(bytes(raw))
        return Rows(read, tuple(odd))


def to_us(value: Time) -> int | None:
    """Unix µs of a time that is an integer (ms) or naive ISO 8601 in UTC; None for one no calendar knows.

    Raises ValueError.
    """
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS:
        value = int(value)
    if value is None or isinstance(value, int):
        return value * 1_000 if value is not None and 0 <= value <= MAX_TIME_MS else None
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MICROSECOND


def to_ms(value: Time) -> int | None:
    """The millisecond a time is in, never the next one: a month must not begin early. Raises ValueError."""
    exact = to_us(value)
    return None if exact is None else exact // 1_000


def to_int(value: int | str | None) -> int | None:
    """An id the exchange writes now as an integer, now as a string; None when it is not a number."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS else None
    return value


def loose_decimal(raw: msgspec.Raw) -> Decimal | None:
    """The number in a field that is only specified as text; None when it holds something else."""
    try:
        return check_decimal(Decimal(bytes(raw).decode().strip('"')))
    except (ArithmeticError, ValueError):
        return None
