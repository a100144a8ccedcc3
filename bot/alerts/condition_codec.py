"""Conditions as rows keep them: the class by its name, its fields as JSON, and back without loss."""

from __future__ import annotations

from typing import Any, Final, get_args

import msgspec

from bot.domain.alerts.alert import Condition

KINDS: Final[dict[str, type[Condition]]] = {kind.__name__: kind for kind in get_args(Condition)}


def kind_of(condition: Condition) -> str:
    """The word in `Alert.kind`."""
    return type(condition).__name__


def symbol_of(condition: Condition) -> str | None:
    """The market it watches; None: any, or none at all."""
    return getattr(condition, "symbol", None)


def pack(condition: Condition) -> dict[str, Any]:
    """Fields as JSON values; numbers as plain text."""
    packed: dict[str, Any] = msgspec.to_builtins(condition)
    return packed


def unpack(kind: str, fields: dict[str, Any]) -> Condition:
    """What `pack` made. Raises KeyError for a kind this version does not know."""
    return msgspec.convert(fields, KINDS[kind], strict=False)
