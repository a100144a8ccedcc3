"""The answer of `rucksack parse TEXT` as plain JSON values, as `docs/parse.schema.json` documents it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from bot.domain.intent import (
    AbsolutePrice,
    BareSize,
    BaseSize,
    CancelIntent,
    CloseIntent,
    Intent,
    PanicIntent,
    PercentOffset,
    PercentSize,
    ProtectIntent,
    QueryIntent,
    QuoteSize,
    TradeIntent,
)
from bot.domain.values import plain
from bot.grammar.canonical import canonical
from bot.grammar.result import Parsed, ParseFailure

_TYPES: Final[dict[type, str]] = {
    TradeIntent: "trade",
    CloseIntent: "close",
    ProtectIntent: "protect",
    CancelIntent: "cancel",
    QueryIntent: "query",
    PanicIntent: "panic",
    QuoteSize: "quote",
    BaseSize: "base",
    PercentSize: "percent",
    BareSize: "bare",
    AbsolutePrice: "absolute",
    PercentOffset: "offset",
}


def to_json(result: Parsed | ParseFailure) -> dict[str, Any]:
    """JSON-ready form of a parse: decimals are strings, absent values null, enums their wire names."""
    if isinstance(result, ParseFailure):
        return {
            "ok": False,
            "refusal": {
                "code": result.refusal.code.value,
                "params": {key: _value(value) for key, value in result.refusal.params.items()},
                "mend": result.refusal.mend,
            },
            "start": result.start,
            "end": result.end,
            "expected": list(result.expected),
            "mends": list(result.mends),
        }
    return {
        "ok": True,
        "source": result.source,
        "intents": [_intent(intent) for intent in result.intents],
        "notes": [
            {"code": note.code, "params": {key: _value(value) for key, value in note.params}}
            for note in result.notes
        ],
    }


def _intent(intent: Intent) -> dict[str, Any]:
    value: dict[str, Any] = _value(intent)
    return value | {"canonical": canonical(intent)}


def _value(value: object) -> Any:
    if is_dataclass(value):
        body = {field.name: _value(getattr(value, field.name)) for field in fields(value)}
        return {"type": _TYPES[type(value)], **body}
    if isinstance(value, Decimal):
        return plain(value)
    return value.value if isinstance(value, Enum) else value
