"""What the trader's page promises can be typed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.grammar import Parsed, parse

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "grammar.md").read_text(encoding="utf-8")
_WORD = re.compile(r"[a-z]+|\W|[\d.,_]+")  # a single word, mark or number: explained, not a line
_WHOLE_LINES = {
    "positions",
    "orders",
    "balance",
    "pos",
    "bal",
    "oo",
    "fees",
    "accounts",
    "settings",
    "help",
    "panic",
}
_PARTS = {"sol-perp", "tp 160"}


def example_lines() -> list[str]:
    """Every code span of the page that is a whole line, not a word being explained."""
    spans = re.findall(r"`([^`\n]+)`", PAGE)
    whole = (span for span in spans if span in _WHOLE_LINES or not _WORD.fullmatch(span))
    return list(dict.fromkeys(span for span in whole if span not in _PARTS))


@pytest.mark.parametrize("line", example_lines())
def test_every_example_of_the_page_parses(line: str) -> None:
    assert isinstance(parse(line), Parsed), parse(line)


def test_the_page_is_read_at_all() -> None:
    assert len(example_lines()) > 80
