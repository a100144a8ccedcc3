"""How fine an alert may be and how often it may speak, so that nobody's alerts cost others anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from bot.domain.alerts.alert import (
    ActivityMove,
    Condition,
    LiquidationSize,
    PriceMove,
    PriceTrail,
    SpreadLevel,
)


@dataclass(frozen=True, slots=True)
class AlertLimits:
    """Of one person. `firings` of alerts that repeat, within `window_ms`; more are counted, not stored."""

    live: int = 200  # armed or paused
    cooldown_ms: int = 60_000  # the least of an alert that repeats
    firings: int = 30
    window_ms: int = 60_000
    kept: int = 1_000  # firings stored, the newest
    kept_ms: int = 30 * 86_400_000


LIMITS: Final = AlertLimits()

# The figure a condition may not go below: per cent, of a liquidation US dollars.
_LEAST: Final[Mapping[type, tuple[str, Decimal]]] = {
    PriceMove: ("percent", Decimal("0.1")),
    PriceTrail: ("percent", Decimal("0.1")),
    ActivityMove: ("percent", Decimal("0.5")),
    SpreadLevel: ("percent", Decimal("0.001")),
    LiquidationSize: ("notional", Decimal(1_000)),
}


@dataclass(frozen=True, slots=True)
class TooFine:
    """`least` is the smallest figure, in `unit` (`%` or `$`); `finest` the condition with it."""

    least: Decimal
    unit: str
    finest: Condition


def too_fine(condition: Condition) -> TooFine | None:
    """Why a condition would speak of what is no news; None when it is fine enough."""
    name, least = _LEAST.get(type(condition), ("", Decimal(0)))
    changed: Any = condition
    if not name or getattr(condition, name) >= least:
        return None
    return TooFine(least, "$" if name == "notional" else "%", replace(changed, **{name: least}))
