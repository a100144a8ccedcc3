"""Guesses which command word a misspelt one was meant to be: to offer the line, never to act on it."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from bot.language.faults import Fault, Mend

LEADING_WORDS: Final = (
    "long", "short", "buy", "sell", "close", "cancel", "cancelall", "panic", "positions", "orders", "order",
    "balance", "price", "book", "fees", "accounts", "settings", "help", "stop", "target",
    "alert", "remind", "notify",
)  # fmt: skip
ARGUMENT_WORDS: Final = (
    "limit", "market", "stop", "sl", "tp", "target", "trigger", "leverage", "post", "maker", "reduce", "slip",
    "gtc", "ioc", "fok", "half", "quarter", "all", "max", "worth", "account", "entry",
    "long", "short", "buy", "sell", "longs", "shorts", "with", "for",
)  # fmt: skip

_STATEMENT: Final = re.compile(r"[^;\n]+")
_WORD: Final = re.compile(r"[^\s;]+")
_LETTERS: Final = re.compile(r"[a-zA-Z]{3,12}")


def guess(text: str, fault: Fault, tickers: Collection[str] = ()) -> tuple[tuple[int, int], list[Mend]]:
    """Where the line most likely went wrong, and edits that replace the word by one that is known.

    `lnog sol $200` fails at `sol`, for `lnog` could be a symbol; the word to point at is the first. The name
    of a market is no misspelt word.
    """
    for place, candidates in _suspects(text, fault.span):
        word = text[slice(*place)]
        found = near(word, candidates) if word.upper() not in tickers else []
        if found:
            return place, [((*place, known),) for known in found]
    return fault.span, []


def _suspects(text: str, place: tuple[int, int]) -> list[tuple[tuple[int, int], tuple[str, ...]]]:
    """The words that may be misspelt, each with what may stand there."""
    start = max(text.rfind(";", 0, place[0]), text.rfind("\n", 0, place[0])) + 1
    statement = _STATEMENT.match(text, start)
    if statement is None:
        return []
    words = [match.span() for match in _WORD.finditer(text, *statement.span())]
    if place not in words:
        return []
    if words.index(place) == 0:
        return [(place, LEADING_WORDS)]
    if words.index(place) == 1:
        return [(words[0], LEADING_WORDS), (place, LEADING_WORDS + ARGUMENT_WORDS)]
    return [(place, ARGUMENT_WORDS)]


def near(word: str, candidates: tuple[str, ...]) -> list[str]:
    """Known words one slip away (two for long words)."""
    if not _LETTERS.fullmatch(word) or word.lower() in candidates:
        return []
    from rapidfuzz import process  # only misspelt lines wait for it
    from rapidfuzz.distance import OSA

    distance = 1 if len(word) < 6 else 2
    found = process.extract(word.lower(), candidates, scorer=OSA.distance, score_cutoff=distance, limit=2)
    return [match[0] for match in found]
