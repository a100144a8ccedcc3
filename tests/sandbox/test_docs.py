"""docs/sandbox.md lists the methods there are, no more and no fewer."""

from __future__ import annotations

import re
from pathlib import Path

from bot.sandbox.telegram.methods import METHODS

DOCS = Path(__file__).parents[2] / "docs" / "sandbox.md"


def test_the_methods_listed_are_those_there_are() -> None:
    text = DOCS.read_text("utf-8")
    listed = re.search(r"Methods there are: (.*?)\.\n", text, re.DOTALL)
    assert listed is not None
    assert {name.strip().lower() for name in listed[1].split(",")} == METHODS.keys()
