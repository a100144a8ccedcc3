"""The answer of `rucksack parse TEXT` as plain JSON values, as `docs/parse.schema.json` documents it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from bot.domain.alerts.alert import (
    ActivityMove,
    AlertOptions,
    BasisLevel,
    FundingCost,
    FundingExtreme,
    FundingFlip,
    FundingLevel,
    FundingSoon,
    KeyTrouble,
    LiquidationDistance,
    LiquidationSize,
    MarginLevel,
    MarketNews,
    MyFill,
    PriceLevel,
    PriceMove,
    PriceTrail,
    ProfitLevel,
    SpreadLevel,
)
from bot.domain.intent import (
    AbsolutePrice,
    AgainIntent,
    AlertIntent,
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
from bot.language.canonical import canonical
from bot.language.result import Parsed, ParseFailure

_TYPES: Final[dict[type, str]] = {
    TradeIntent: "trade",
    CloseIntent: "close",
    ProtectIntent: "protect",
    CancelIntent: "cancel",
    AgainIntent: "again",
    QueryIntent: "query",
    PanicIntent: "panic",
    QuoteSize: "quote",
    BaseSize: "base",
    PercentSize: "percent",
    BareSize: "bare",
    AbsolutePrice: "absolute",
    PercentOffset: "offset",
    AlertIntent: "alert",
    AlertOptions: "options",
    PriceLevel: "price-level",
    PriceMove: "price-move",
    PriceTrail: "price-trail",
    FundingLevel: "funding-level",
    FundingFlip: "funding-flip",
    FundingExtreme: "funding-extreme",
    FundingSoon: "funding-soon",
    FundingCost: "funding-cost",
    ActivityMove: "activity-move",
    SpreadLevel: "spread-level",
    BasisLevel: "basis-level",
    LiquidationSize: "liquidation-size",
    MyFill: "fill",
    MarginLevel: "margin-level",
    LiquidationDistance: "liquidation-distance",
    ProfitLevel: "profit-level",
    MarketNews: "market-news",
    KeyTrouble: "key-trouble",
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
    if isinstance(intent, AlertIntent) and intent.plan is not None:
        value["plan"] = _intent(intent.plan)
    return value | {"canonical": canonical(intent)}


def _value(value: object) -> Any:
    if is_dataclass(value):
        body = {field.name: _value(getattr(value, field.name)) for field in fields(value)}
        return {"type": _TYPES[type(value)], **body}
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, tuple):
        return [_value(one) for one in value]
    return value.value if isinstance(value, Enum) else value
