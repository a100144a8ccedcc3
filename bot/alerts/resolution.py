"""From what a user wrote to what is watched: markets by their symbols, and rows made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from bot.alerts.condition_codec import kind_of, pack, symbol_of, unpack
from bot.alerts.decisions import Watched
from bot.alerts.storage.alerts import ArmedRow
from bot.alerts.storage.tables import Alert
from bot.domain.alerts.alert import (
    ActivityMove,
    Audience,
    BasisLevel,
    Condition,
    FundingCost,
    FundingExtreme,
    FundingFlip,
    FundingLevel,
    FundingSoon,
    FundingUnit,
    KeyTrouble,
    LiquidationDistance,
    LiquidationSize,
    MarginLevel,
    MyFill,
    PriceLevel,
    PriceMove,
    PriceTrail,
    ProfitLevel,
    Source,
)
from bot.domain.intent import AlertIntent
from bot.domain.markets.market import UnknownSymbol
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import MarketKind
from bot.language import canonical
from bot.marketdata import Catalogue
from bot.people.tables import User

_ON_PERPS: Final = (
    FundingLevel,
    FundingFlip,
    FundingExtreme,
    FundingSoon,
    FundingCost,
    BasisLevel,
    LiquidationSize,
    LiquidationDistance,
    ProfitLevel,
)
OF_ACCOUNTS: Final = (MyFill, MarginLevel, LiquidationDistance, ProfitLevel, FundingCost, KeyTrouble)


@dataclass(frozen=True, slots=True)
class AlertPlace:
    """Where an alert was made."""

    chat_id: int
    thread_id: int | None


async def resolve(condition: Condition, catalogue: Catalogue) -> Condition | Refusal:
    """The condition with the exchange's own symbol. Raises BackpackError when no market was ever read."""
    mention = symbol_of(condition)
    if mention is None:
        return condition
    needs_perp = _needs_perp(condition)
    # An asset alone is its perp, as for /price; `SOL/USDC` is what it says.
    kind = MarketKind.PERP if needs_perp or mention.lstrip("$#").isalnum() else None
    found = await catalogue.resolve(mention, kind)
    gone = catalogue.left(mention) if kind is MarketKind.PERP else None
    if gone is not None and (isinstance(found, UnknownSymbol) or (needs_perp and not found.market.is_perp)):
        return Refusal(RefusalCode.MARKET_GONE, {"symbol": gone.symbol})
    if isinstance(found, UnknownSymbol):
        params = {"symbol": mention, "suggestions": ", ".join(found.suggestions)}
        return Refusal(RefusalCode.UNKNOWN_SYMBOL, params)
    if needs_perp and not found.market.is_perp:
        return Refusal(RefusalCode.NO_PERP, {"symbol": found.market.base})
    packed = {**pack(condition), "symbol": found.market.symbol}
    if isinstance(condition, FundingLevel) and condition.unit is FundingUnit.INTERVAL:
        packed["interval_ms"] = found.market.funding_interval_ms
    return unpack(kind_of(condition), packed)


def _needs_perp(condition: Condition) -> bool:
    if isinstance(condition, PriceLevel | PriceMove | PriceTrail):
        return condition.source is not Source.LAST
    if isinstance(condition, ActivityMove):
        return condition.activity == "oi"
    return isinstance(condition, _ON_PERPS)


def row_of(
    user: User, place: AlertPlace, intent: AlertIntent, condition: Condition, line: str
) -> dict[str, Any]:
    """The columns an alert's words decide."""
    options = intent.options
    private = options.audience is Audience.PRIVATE
    return {
        "user_id": user.id,
        "chat_id": user.id if private else place.chat_id,
        "thread_id": None if private else place.thread_id,
        "kind": kind_of(condition),
        "symbol": symbol_of(condition),
        "level": condition.level if isinstance(condition, PriceLevel) else None,
        "condition": pack(condition),
        "line": line,
        "label": options.label,
        "repeat": options.repeat,
        "cooldown_ms": options.cooldown_ms,
        "loudness": options.loudness,
        "plan": canonical(intent.plan) if intent.plan is not None else None,
        "armed_plan": intent.armed,
    }


def watched_of(row: Alert | ArmedRow) -> Watched:
    """A row as the evaluator knows it. Raises KeyError for a kind this version does not know."""
    return Watched(
        id=row.id,
        condition=unpack(row.kind, row.condition),
        repeat=row.repeat,
        cooldown_ms=row.cooldown_ms,
        since_ms=row.watched_from_ms,
        memory=row.memory,
        account_id=row.account_id,
    )
