"""Reading a request: the parameters as they arrived, for the signature, and as typed values, for the handler.

The text of every value is kept exactly, because the signature covers it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

from bot.sandbox.exchange.errors import bad_request

E = TypeVar("E", bound=StrEnum)

UINT16, UINT32, INT32, INT64, UINT64 = 2**16 - 1, 2**32 - 1, 2**31 - 1, 2**63 - 1, 2**64 - 1
_MAX_TEXT = 64  # of a decimal


class Number(str):
    """A JSON number, kept as the digits that arrived."""

    __slots__ = ()


Value = str | bool | Number | object


@dataclass(frozen=True, slots=True)
class Params:
    """Parameters of a query or of one JSON object. Getters raise `Refused(INVALID_CLIENT_REQUEST)`."""

    pairs: tuple[tuple[str, Value], ...]
    from_body: bool = False

    def signed_text(self, instruction: str) -> str:
        """`instruction=…&` and the sorted parameters; nulls are left out, booleans are lower-case."""
        present = sorted((key, _text(value)) for key, value in self.pairs if value is not None)
        return "&".join([f"instruction={instruction}", *(f"{key}={value}" for key, value in present)])

    def get(self, name: str) -> Value | None:
        return next((value for key, value in self.pairs if key == name), None)

    def text(self, name: str) -> str | None:
        value = self.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or (isinstance(value, Number) and self.from_body):
            raise bad_request(f"{name} must be a string")
        return value

    def need(self, name: str) -> str:
        """A required string."""
        value = self.text(name)
        if value is None:
            raise bad_request(f"{name} is required")
        return value

    def integer(self, name: str, low: int, high: int) -> int | None:
        value = self.get(name)
        if value is None:
            return None
        right_kind = isinstance(value, Number) if self.from_body else isinstance(value, str)
        digits = str(value)
        if not right_kind or not digits.removeprefix("-").isascii() or len(digits) > 20:
            raise bad_request(f"{name} must be an integer")
        try:
            number = int(digits)
        except ValueError:
            raise bad_request(f"{name} must be an integer") from None
        if digits.startswith("+") or "_" in digits or not low <= number <= high:
            raise bad_request(f"{name} must be between {low} and {high}")
        return number

    def decimal(self, name: str) -> Decimal | None:
        value = self.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > _MAX_TEXT or not value.isascii() or "_" in value:
            raise bad_request(f"{name} must be a decimal")
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise bad_request(f"{name} must be a decimal") from None
        if not number.is_finite() or abs(number.adjusted()) > 30:
            raise bad_request(f"{name} must be a decimal of reasonable size")
        return number

    def flag(self, name: str) -> bool | None:
        value = self.get(name)
        if value is None or isinstance(value, bool):
            return value
        if not self.from_body and value in {"true", "false"}:
            return value == "true"
        raise bad_request(f"{name} must be true or false")

    def choice(self, name: str, kinds: type[E]) -> E | None:
        value = self.text(name)
        if value is None:
            return None
        try:
            return kinds(value)
        except ValueError:
            raise bad_request(f"{name} must be one of {', '.join(kinds)}") from None

    def need_choice(self, name: str, kinds: type[E]) -> E:
        value = self.choice(name, kinds)
        if value is None:
            raise bad_request(f"{name} is required")
        return value

    def choices(self, name: str, kinds: type[E]) -> frozenset[E]:
        """A repeated query parameter."""
        one = (Params(((key, value),)) for key, value in self.pairs if key == name)
        return frozenset(each.need_choice(name, kinds) for each in one)


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    return json.dumps(value, separators=(",", ":"))


def from_query(query: Iterable[tuple[str, str]]) -> Params:
    return Params(tuple(query))


def from_object(value: object) -> Params:
    """Parameters of one JSON object. Raises `Refused` for anything else."""
    if not isinstance(value, Mapping):
        raise bad_request("The body must be a JSON object")
    return Params(tuple(value.items()), from_body=True)


def parse_json(body: bytes) -> object:
    """JSON with numbers as `Number`. Raises `Refused`."""
    try:
        return json.loads(body, parse_float=Number, parse_int=Number, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise bad_request("The body is not valid JSON") from None


def _no_constant(name: str) -> object:
    raise ValueError(name)
