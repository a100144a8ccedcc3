"""Tells commands from conversation, so that a private chat answers small talk kindly and typos helpfully."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from bot.language.compiled import lark
from bot.language.market_names import Tickers
from bot.language.normalise import MAX_LENGTH, normalise
from bot.language.parser import parse
from bot.language.result import Parsed
from bot.language.typos import LEADING_WORDS, near

_VERBS: Final = frozenset({"LONG", "SHORT", "BUY", "SELL"})
_EXITS: Final = frozenset({"CLOSE", "PANIC", "CANCEL", "CANCELALL", "TP", "SL"})
_QUESTIONS: Final = frozenset(
    {"POSITIONS", "ORDERS", "ORDER", "BALANCE", "PRICE", "BOOK", "FEES", "FUNDING", "CARRY"}
    | {"ACCOUNTS", "SETTINGS", "HELP"}
)
_LEADING: Final = _VERBS | _EXITS | _QUESTIONS | {"ALERT", "LATER", "MARKET", "LIMIT"}
_FIRST_WORD: Final = 32  # characters in which any first word ends
_BREAK: Final = re.compile(r"[ \n;]+")
_SHORT_LINE: Final = 3  # words: `close the door` is answered as a command, `close the door please` is not


def classify(text: str, *, tickers: Tickers = frozenset()) -> bool:
    """Whether `text` looks like a command at all: it parses, has a slash, or begins like one.

    A false answer says nothing about safety: only what `parse` accepts is ever acted on.
    """
    if len(text) > MAX_LENGTH:
        return False
    if text.lstrip().startswith("/") or isinstance(parse(text, tickers=tickers), Parsed):
        return True
    plain = normalise(text).text
    words = _BREAK.split(plain)
    numeric = any(char.isdigit() for char in plain)
    if not numeric and len(words) > _SHORT_LINE:
        return False
    if _matches(words[0], _LEADING) or (numeric and bool(near(words[0], LEADING_WORDS))):
        return True
    return numeric and len(words) > 1 and _matches(words[1], _VERBS)


def _matches(word: str, names: frozenset[str]) -> bool:
    return any(pattern.fullmatch(word) for name, pattern in _patterns().items() if name in names)


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    flags = re.IGNORECASE | re.ASCII
    return {t.name: re.compile(t.pattern.to_regexp(), flags) for t in lark().terminals}


def begins_exit(text: str) -> bool:
    """Whether the first word of `text`, in any language, is one of closing, cancelling, protecting, panic."""
    first = text[:_FIRST_WORD].lstrip().removeprefix("/").partition("@")[0]
    words = _BREAK.split(normalise(first).text, 1)
    return _matches(words[0], _EXITS)
