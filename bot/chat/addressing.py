"""Whom a message names: `@rucksack_bot long sol $50` is said to us, and the name is no part of the line."""

from __future__ import annotations


def without_name(text: str, username: str) -> tuple[str, bool]:
    """`text` without our name in front or behind, and whether it was there. Other names stay."""
    name, named = f"@{username}".lower(), False
    words = text.split(maxsplit=1)
    if len(words) == 2 and words[0].rstrip(",:").lower() == name:
        text, named = words[1], True
    words = text.rsplit(maxsplit=1)
    if len(words) == 2 and words[1].rstrip(".!").lower() == name:
        text, named = words[0].rstrip(), True
    return text, named
