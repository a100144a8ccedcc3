"""What stands in the data of a button, as a value: packed where the button is made, read where it is tapped.

Anybody with a modified app can send any data, and messages keep the buttons of older versions: what cannot be
read is Forged, whoever wrote it.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, ClassVar, Final, Self, Union, get_args, get_origin, get_type_hints

from bot.ui.message import MAX_DATA

MAX_ID: Final = 2**63 - 1


class Forged(ValueError):
    """Data that no button of ours has."""


def number(text: str) -> int | None:
    """An id or a page; None for what is neither."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        return None
    value = int(text)
    return value if value <= MAX_ID else None


class ButtonData:
    """Base of the data of one kind of button: a frozen dataclass, written `<prefix>:<field>:<field>…`.

    A field is a string, a number, a StrEnum, or of a class with a `parse` that raises ValueError. Fields at
    the end that have their defaults are left out; the last field may contain colons.
    """

    prefix: ClassVar[str]

    def pack(self) -> str:
        """As callback data. Raises ValueError where it is longer than Telegram takes."""
        values = [(getattr(self, one.name), one.default) for one in _fields(type(self))]
        while values and values[-1][0] == values[-1][1]:
            values.pop()
        data = ":".join([self.prefix, *("" if value is None else str(value) for value, _ in values)])
        data = data if values else f"{self.prefix}:"
        if len(data.encode()) > MAX_DATA:
            raise ValueError(f"the data of a button is too long: {data}")
        return data

    @classmethod
    def read(cls, argument: str) -> Self:
        """From what stands behind the prefix. Raises Forged."""
        known, types = _fields(cls), _types(cls)  # type: ignore[arg-type]  # a class is hashable
        words = argument.split(":", len(known) - 1)
        values: dict[str, Any] = {}
        for one, word in zip(known, words, strict=False):
            if word or one.default is MISSING:
                values[one.name] = _read(types[one.name], word)
        if any(one.default is MISSING and one.name not in values for one in known):
            raise Forged(argument)
        return cls(**values)


def _fields(cls: type[ButtonData]) -> tuple[Field[Any], ...]:
    return fields(cls)  # type: ignore[arg-type]  # each subclass is a dataclass


@cache
def _types(cls: type[ButtonData]) -> dict[str, Any]:
    return get_type_hints(cls)


def _read(wanted: Any, word: str) -> Any:
    if get_origin(wanted) in {Union, UnionType}:
        (wanted,) = (one for one in get_args(wanted) if one is not NoneType)
    if wanted is str:
        return word
    if wanted is int:
        value = number(word)
        if value is None:
            raise Forged(word)
        return value
    try:
        return wanted(word) if issubclass(wanted, StrEnum) else wanted.parse(word)
    except ValueError:
        raise Forged(word) from None
