"""What parsing gives back: intents, or the one place where the line stops making sense and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.intent import Intent
from bot.domain.preview.preview import Note
from bot.domain.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Parsed:
    """One intent per statement of the chain, in order.

    `source` is the line as the grammar read it: plain characters, English words, no slash. `spans` are the
    places of the statements in the text *as it was typed*, half-open, in code points.
    """

    intents: tuple[Intent, ...]
    notes: tuple[Note, ...]
    source: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class ParseFailure:
    """Why the line was not read.

    `start` and `end` are the offending word in the text *as it was typed*, in code points (not UTF-16 units).
    `expected` are examples of what could stand there; `mends` are whole lines that do parse, best first.
    """

    refusal: Refusal
    start: int
    end: int
    expected: tuple[str, ...] = ()
    mends: tuple[str, ...] = ()
