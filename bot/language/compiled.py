"""The compiled grammar, and which words belong to it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

from lark import Lark

from bot.language.vocabulary import words_of

_NAMES: Final = frozenset({"SYMBOL", "FANOUT", "GLUED", "ID", "ANY_ID", "TOPIC", "LABEL", "REST"})


@cache
def lark() -> Lark:
    """The compiled grammar, built at first use."""
    return Lark(
        Path(__file__).with_name("rucksack.lark").read_text(encoding="utf-8"),
        parser="lalr",
        lexer="contextual",
        propagate_positions=True,
        maybe_placeholders=False,
        g_regex_flags=re.IGNORECASE | re.ASCII,
    )


@cache
def is_word(text: str) -> bool:
    """Whether the grammar has a word or number of that spelling: a market of that name needs a `#`."""
    return any(pattern.fullmatch(text) for pattern in _patterns())


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    return words_of(lark(), _NAMES)
