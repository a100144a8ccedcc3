"""The same alert with another number: the one figure a condition waits for, stepped or typed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Context, Decimal
from typing import Any, Final

from bot.domain.alerts.alert import (
    ActivityMove,
    BasisLevel,
    FundingCost,
    FundingLevel,
    LiquidationSize,
    MarginLevel,
    PriceLevel,
    PriceMove,
    PriceTrail,
    ProfitLevel,
    SpreadLevel,
)
from bot.domain.intent import AlertIntent
from bot.domain.values import HUNDRED
from bot.language import Parsed, canonical, one_number, parse

_FIGURES: Final[dict[type, str]] = {
    PriceLevel: "level",
    PriceMove: "percent",
    PriceTrail: "percent",
    FundingLevel: "percent",
    FundingCost: "amount",
    ActivityMove: "percent",
    SpreadLevel: "percent",
    BasisLevel: "percent",
    LiquidationSize: "notional",
    MarginLevel: "percent",
}
_FIVE: Final = Context(prec=5)  # digits of a stepped number: nobody reads more


def changed(intent: AlertIntent, *, step: Decimal | None = None, typed: str = "") -> AlertIntent | None:
    """`intent` with its figure moved by `step` per cent, or replaced by the number typed.

    None where there is no such figure, or nothing an alert could say would come of it.
    """
    name = _figure(intent)
    if name is None:
        return None
    condition: Any = intent.condition
    old: Decimal = getattr(condition, name)
    new = _typed(typed) if step is None else _FIVE.plus(old * (HUNDRED + step) / HUNDRED)
    if new is None or new == old:
        return None
    made = replace(intent, condition=replace(condition, **{name: new}))
    again = parse(canonical(made))  # the bounds of the grammar are the bounds of a change
    return made if isinstance(again, Parsed) and again.intents == (made,) else None


def _figure(intent: AlertIntent) -> str | None:
    if isinstance(intent.condition, ProfitLevel):
        return "amount" if intent.condition.percent is None else "percent"
    return _FIGURES.get(type(intent.condition))


def _typed(text: str) -> Decimal | None:
    """The number of `145`, `$145`, `3%`, `100k`, `1 500`; None where it is none.

    One number was asked for, so that here a group of thousands can be nothing else.
    """
    parsed = parse(f"alert SOL crosses {one_number(text.strip().removesuffix('%').strip())}")
    if not isinstance(parsed, Parsed) or not isinstance(parsed.intents[0], AlertIntent):
        return None
    intent = parsed.intents[0]
    alone = isinstance(intent.condition, PriceLevel) and intent == AlertIntent(intent.condition)
    return intent.condition.level if alone and isinstance(intent.condition, PriceLevel) else None
