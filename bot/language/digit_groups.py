"""`1 500` with a plain space: one number to one trader, two to another. Found here, asked in the parser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bot.language.faults import Mend

# One to three digits, then spaces with three digits each: what follows may not be a part of a longer number,
# nor `x` or `%`, which say that the last three digits stand alone. Behind a hyphen: a range.
_GROUP: Final = re.compile(
    r"(?<![\w.,'])(?:(?<!\d[:\-])|(?<= \d{3}-))[1-9]\d{0,2}(?:[ _']\d{3})+(?!\d| ?[x%](?!\w))", re.ASCII
)
_QUOTED_OR_GROUP: Final = re.compile(rf'"[^"\n]*"|{_GROUP.pattern}', re.ASCII)


@dataclass(frozen=True, slots=True)
class Group:
    """A possible group of thousands: where it stands in the normalised text, and how it reads."""

    start: int
    end: int
    word: str

    @property
    def joined(self) -> str:
        """The one number it may be."""
        return self.word.replace(" ", "")


def possible_groups(text: str) -> tuple[Group, ...]:
    """Every possible group of thousands written with plain spaces, outside quotes."""
    return tuple(
        Group(*match.span(), match.group())
        for match in _QUOTED_OR_GROUP.finditer(text)
        if match.group()[0] != '"' and " " in match.group()
    )


def joining(groups: tuple[Group, ...]) -> Mend:
    """The edits that make one number of each."""
    return tuple((one.start, one.end, one.joined) for one in groups)


def one_number(text: str) -> str:
    """The text with its possible groups joined, for where one number and nothing else was asked for."""
    for group in reversed(possible_groups(text)):
        text = text[: group.start] + group.joined + text[group.end :]
    return text


def is_group(first: str, second: str) -> bool:
    """Whether two words with a space between them would be asked about as one number."""
    return bool(possible_groups(f"{first} {second}"))
