"""Ornaments around a line: emoji, bullets, list numbers, bold marks, quotes.

Those in front are dropped; for the rest the line without them is offered, since a mark in the middle may have
meant something.
"""

from __future__ import annotations

import re
from typing import Final

from bot.language.faults import Mend

# Symbols that say nothing: arrows, shapes, dingbats, pictures. Left out: digits and letters in circles, and
# what strikes a line out or counts (crosses, no-entry signs, a hundred).
_SAYING: Final = "\u2715-\u2718\u274c\u274e\u26d4\U0001f4af\U0001f51f\U0001f522\U0001f645\U0001f6ab"
_PICTURES: Final = (
    "\u2022\u2023\u2043\u2219\u00b7\u2190-\u21ff\u2300-\u23ff\u2500-\u2714\u2719-\u274b\u274d\u274f-\u2775"
    "\u2794-\u27bf\u2900-\u297f\u2b00-\u2bff\U0001f000-\U0001f0ff\U0001f200-\U0001faff"
)
_PICTURE: Final = f"(?![{_SAYING}])[{_PICTURES}]"
_LED: Final = "long|short|buy|sell|close|cancel|panic|tp|sl|stop|alert|go|open|market|limit"
_LEADING: Final = re.compile(
    rf"(?:^|(?<=[\n;]))(?: |{_PICTURE}|[*~`>\ufe0f\u200d]|_+(?=[a-z])|[-#+](?= )|[!.](?=(?:{_LED})\b)"
    rf"|\d{{1,2}}[.)] (?=(?:{_LED})\b))+",
    re.IGNORECASE,
)
_ELSEWHERE: Final = re.compile(
    rf"(?P<blank>(?:{_PICTURE}|[{_SAYING}()\[\]{{}}])+|(?<=[a-z]),(?=[a-z]))"
    r"|(?<!\w)[*_~`'\"]+|[*_~`'\"]+(?!\w)|(?<=[a-z]):(?= |$)|(?<= )-(?= )|[?!.]+(?=[ \n;]|$)"
    rf"|#(?=(?:{_LED})\b)|(?<!\S)@[a-z]\w{{1,31}}[:,]?(?!\S)",
    re.IGNORECASE | re.ASCII,
)


def leading_marks(text: str) -> list[tuple[int, int]]:
    """Where ornaments stand in front of a statement."""
    return [match.span() for match in _LEADING.finditer(text) if match.group().strip()]


def without_marks(text: str) -> Mend:
    """The edits that leave only what may have a meaning; empty when there is nothing to leave out."""
    return tuple(
        (*match.span(), " " if match["blank"] else "") for match in _ELSEWHERE.finditer(text) if match.group()
    )
