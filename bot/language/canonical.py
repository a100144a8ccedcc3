"""Prints an intent as the one line that stands for it: `parse(canonical(x)).intents == (x,)`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

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
    PriceExpr,
    ProtectIntent,
    QueryIntent,
    QueryKind,
    QuoteSize,
    Size,
    TradeIntent,
)
from bot.domain.values import plain
from bot.language.alert_line import alert_words
from bot.language.compiled import is_word

_QUERY_WORDS: Final = {QueryKind.PRICE: "price"}
_PLAIN_LABEL: Final = re.compile(r"\w[\w.-]*", re.ASCII)
_PLAIN_SYMBOL: Final = re.compile(r"[A-Z][A-Z0-9]*(?:[-_/][A-Z][A-Z0-9]*){0,2}", re.ASCII)
_MONEY_WORDS: Final = frozenset({"U", "USD", "USDC", "USDT", "BUCKS", "DOLLAR", "DOLLARS"})


def canonical(intent: Intent) -> str:
    """The line for `intent`; `#` marks a symbol that would otherwise be read as a word of the grammar."""
    return " ".join(canonical_words(intent))


def canonical_words(intent: Intent) -> list[str]:
    """The canonical line in its parts: the verb, then arguments whose order does not matter."""
    match intent:
        case TradeIntent():
            parts = _trade(intent)
        case CloseIntent():
            parts = ["close", intent.scope, *_symbol_and_size(intent.symbol, intent.size), _at(intent.price)]
        case ProtectIntent():
            parts = _protect(intent)
        case CancelIntent():
            order = f"order {intent.order_id}" if intent.order_id else None
            parts = ["cancel", order, intent.scope, _symbol(intent.symbol, beside_ids=True)]
        case AgainIntent():
            parts = ["same", *_symbol_and_size(intent.symbol, intent.size), _leverage(intent.leverage)]
        case QueryIntent():
            parts = [intent.kind.value, _argument(intent)]
        case PanicIntent():
            parts = ["panic"]
        case AlertIntent():
            parts = alert_words(intent, canonical(intent.plan) if intent.plan is not None else None)
    if not isinstance(intent, AgainIntent | QueryIntent | PanicIntent | AlertIntent):
        parts.append(_account(intent.account))
    return [part for part in parts if part]


def _trade(intent: TradeIntent) -> list[str | None]:
    return [
        intent.verb.value,
        *_symbol_and_size(intent.symbol, intent.size),
        _leverage(intent.leverage),
        _after("@" if intent.callout else "at", intent.price),
        _after("trigger", intent.trigger),
        _after("tp", intent.take_profit),
        _after("sl", intent.stop_loss),
        intent.time_in_force.value.lower() if intent.time_in_force else None,
        "post" if intent.post_only else None,
        "reduce" if intent.reduce_only else None,
        f"slip {plain(intent.slippage)}%" if intent.slippage is not None else None,
    ]


def _protect(intent: ProtectIntent) -> list[str | None]:
    return [intent.kind, *_symbol_and_size(intent.symbol, intent.size), _at(intent.price)]


def _argument(intent: QueryIntent) -> str | None:
    if intent.kind in {QueryKind.ORDER, QueryKind.HELP}:
        return intent.argument
    return _symbol(intent.argument)


def _symbol_and_size(symbol: str | None, size: Size | None) -> list[str | None]:
    if isinstance(size, BaseSize) and symbol is not None:
        return [f"{plain(size.amount)} {_symbol(symbol)}"]
    return [_symbol(symbol), _size(size)]


def _size(size: Size | None) -> str | None:
    if size is None:
        return None
    if isinstance(size, QuoteSize):
        return f"${plain(size.amount)}"
    if isinstance(size, BaseSize):
        return f"qty {plain(size.amount)}"
    if isinstance(size, BareSize):
        return plain(size.amount)
    return f"{plain(size.percent)}%"


def _leverage(leverage: Decimal | None) -> str | None:
    return None if leverage is None else f"{plain(leverage)}x"


def _at(price: PriceExpr | None) -> str | None:
    return _after("at", price)


def _after(word: str, price: PriceExpr | None) -> str | None:
    if price is None:
        return None
    if isinstance(price, AbsolutePrice):
        return f"{word} {plain(price.price)}"
    sign = "+" if price.signed and price.percent > 0 else ""
    return f"{word} {sign}{plain(price.percent)}%{' roi' if price.roi else ''}"


def _account(label: str | None) -> str | None:
    if label is None:
        return None
    return f"on {label}" if _PLAIN_LABEL.fullmatch(label) else f'on "{label}"'


def _symbol(symbol: str | None, *, beside_ids: bool = False) -> str | None:
    if symbol is None:
        return None
    if beside_ids and any(char.isdigit() for char in symbol):
        return f"#{symbol}"
    return symbol if _PLAIN_SYMBOL.fullmatch(symbol) and not _is_word(symbol) else f"#{symbol}"


def _is_word(symbol: str) -> bool:
    return symbol in _MONEY_WORDS or is_word(symbol)
