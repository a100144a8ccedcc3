"""`same`: the line of a card once more, with what the answer to it changes."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.intent import AgainIntent, BaseSize, CloseIntent, Intent, ProtectIntent, Size, TradeIntent


def repeated(intent: Intent, change: AgainIntent) -> Intent | None:
    """`intent` with the symbol, size and leverage of `change`; None where it has no place for one of them.

    A quantity of coins means nothing in another market: there the size is left open, to be asked.
    """
    if change == AgainIntent():
        return intent
    match intent:
        case TradeIntent():
            return replace(
                intent,
                symbol=change.symbol or intent.symbol,
                size=change.size or _carried(intent, change),
                leverage=change.leverage or intent.leverage,
            )
        case CloseIntent() if change.leverage is None:
            scope = None if change.symbol is not None else intent.scope
            size = change.size or _carried(intent, change)
            return replace(intent, symbol=change.symbol or intent.symbol, scope=scope, size=size)
        case ProtectIntent() if change.leverage is None:
            size = change.size or _carried(intent, change)
            return replace(intent, symbol=change.symbol or intent.symbol, size=size)
    return None


def _carried(intent: TradeIntent | CloseIntent | ProtectIntent, change: AgainIntent) -> Size | None:
    elsewhere = change.symbol is not None and change.symbol != intent.symbol
    return None if elsewhere and isinstance(intent.size, BaseSize) else intent.size
