"""Turns what was typed into plain ASCII the grammar can read, and remembers where every character came from.

Nothing is guessed here: a letter that only looks Latin stays as it is, and the parser refuses it by name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.language.faults import Edit
from bot.language.ornaments import leading_marks
from bot.language.vocabulary import CHINESE, RUSSIAN, SUFFIXES

MAX_LENGTH: Final = 1000  # characters of one message that may be a command

_PUNCTUATION: Final = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
        **dict.fromkeys("“”„‟«»", '"'),
        **dict.fromkeys("‘’‚‛ʼ＇′´", "'"),
        **dict.fromkeys("、،", ","),
        "٬": "_",  # groups thousands, and nothing else
        "٫": ".",
        "。": ".",
        "؛": ";",
        "٪": "%",
        "×": "x",
        "⁄": "/",
        "\r": "\n",
        "\u2028": "\n",
        "\u2029": "\n",
    }
)
_COMMAND: Final = re.compile(r"(?:^|(?<=[;\n])) ?/(?=[a-zA-Z])(?:[a-zA-Z_]+)(@\w+)?", re.ASCII)
_MAX_FOLDED: Final = 3  # one character may fold to 18, and no command is written with those
_LONGEST_CHINESE: Final = max(map(len, CHINESE))
_LONGEST_SUFFIX: Final = max(map(len, SUFFIXES))
_UNITS: Final = tuple(word for word in SUFFIXES if len(word) > 1 or word > "\u2e80")
_MYRIADS: Final = frozenset("百千万萬亿億")
# Spaces that hold a number together; the narrow ones are what typesetters and phones put between thousands.
_JOINING: Final = frozenset("\u00a0\u202f\u2005\u2006\u2007\u2008\u2009\u200a")
_JOINED: Final = re.compile(r"(?<![\w.,_'\u00a0])[1-9]\d{0,2}(?:\u00a0\d{3})+(?!\d|\u00a0\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Normalised:
    """`text` is what the grammar reads; `spans[i]` is where its i-th character stood in the original.

    `comma_decimal`: the line has Russian words, so `0,5` is a half.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    comma_decimal: bool

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original text behind `text[start:end]`; empty spans stay empty."""
        if not self.spans:
            return 0, 0
        if start >= len(self.spans):
            return self.spans[-1][1], self.spans[-1][1]
        if end <= start:
            return self.spans[start][0], self.spans[start][0]
        return self.spans[start][0], self.spans[end - 1][1]


@dataclass(slots=True)
class _Draft:
    """Characters with their spans, under construction."""

    chars: list[str]
    spans: list[tuple[int, int]]

    @classmethod
    def empty(cls) -> _Draft:
        return cls([], [])

    def put(self, text: str, span: tuple[int, int]) -> None:
        self.chars.extend(text)
        self.spans.extend([span] * len(text))

    @property
    def last(self) -> str:
        return self.chars[-1] if self.chars else ""

    def without_last_space(self) -> str:
        """Drops the space after a number; the last character then."""
        if len(self.chars) > 1 and self.chars[-2].isdigit():
            self.chars.pop()
            self.spans.pop()
        return self.last


def normalise(original: str) -> Normalised:
    """Plain form of `original`, which must not be longer than `MAX_LENGTH`. Linear in its length."""
    plain = _plain(original)
    _join_thousands(plain)
    english, comma_decimal = _translate(plain)
    spaced = _strip_marks(_squeeze(english))
    bare = _strip_slashes(spaced)
    return Normalised("".join(bare.chars), tuple(bare.spans), comma_decimal)


def edited(line: Normalised, edits: Sequence[Edit]) -> Normalised:
    """The line after `edits`, which are in ascending order; new text stands for what it replaced."""
    if not edits:
        return line
    text: list[str] = []
    spans: list[tuple[int, int]] = []
    done = 0
    for start, end, replacement in edits:
        text += (line.text[done:start], replacement)
        spans += line.spans[done:start]
        spans += [line.original(start, end)] * len(replacement)
        done = end
    text.append(line.text[done:])
    spans += line.spans[done:]
    return Normalised("".join(text), tuple(spans), line.comma_decimal)


def _plain(original: str) -> _Draft:
    """NFKC letter by letter, ASCII digits and punctuation, invisible characters dropped."""
    draft = _Draft.empty()
    for index, char in enumerate(original):
        span = (index, index + 1)
        if char.isascii():
            draft.put(_plain_ascii(char), span)
            continue
        if char in _JOINING:
            draft.put("\u00a0", span)
            continue
        for piece in _folded(char):
            draft.put(_plain_unicode(piece), span)
    return draft


def _join_thousands(draft: _Draft) -> None:
    """`1 500` with a no-break space is one number; any other no-break space is a space."""
    text = "".join(draft.chars)
    inside = {at for match in _JOINED.finditer(text) for at in range(*match.span())}
    for at, char in enumerate(draft.chars):
        if char == "\u00a0":
            draft.chars[at] = "_" if at in inside else " "


def _folded(char: str) -> str:
    """NFKC of one character; `10²` and `½` stay and are refused, for 102 would be a wrong reading."""
    known = char.translate(_PUNCTUATION)
    if unicodedata.category(char) == "No":
        return known
    folded = unicodedata.normalize("NFKC", known).translate(_PUNCTUATION)
    return folded if len(folded) <= _MAX_FOLDED else known


def _plain_ascii(char: str) -> str:
    if char == "\r":
        return "\n"
    return char if char == "\n" or char.isprintable() else " "


def _plain_unicode(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "Cf" or "\ufe00" <= char <= "\ufe0f":  # zero-width, bidi marks, variation selectors
        return ""
    if category in {"Cc", "Zs"}:
        return " "
    return char


def _translate(draft: _Draft) -> tuple[_Draft, bool]:
    """Chinese and Russian command words in English; quoted text is left alone."""
    chars, spans = draft.chars, draft.spans
    result = _Draft.empty()
    russian = quoted = False
    index = 0
    while index < len(chars):
        char = chars[index]
        quoted ^= char == '"'
        if char.isascii() or quoted:
            result.put(char, spans[index])
            index += 1
            continue
        before = result.last
        if before == " " and _is_unit(chars, index):  # `5 тыс` is `5тыс`
            before = result.without_last_space()
        taken, word, is_russian = _foreign_word(chars, index, before)
        result.put(word, (spans[index][0], spans[index + taken - 1][1]))
        russian |= is_russian
        index += taken
    return result, russian


def _foreign_word(chars: list[str], index: int, before: str) -> tuple[int, str, bool]:
    """How many characters from `index` are one known word, its English, and whether it is Russian."""
    if before.isdigit():
        for length in range(_LONGEST_SUFFIX, 0, -1):
            suffix = "".join(chars[index : index + length]).lower()
            if len(suffix) == length and suffix in SUFFIXES and _may_end(chars, index + length, suffix):
                return length, SUFFIXES[suffix], _is_cyrillic(suffix)
    for length in range(_LONGEST_CHINESE, 0, -1):
        word = "".join(chars[index : index + length]).lower()
        if len(word) == length and word in CHINESE:
            return length, f" {CHINESE[word]} ", False
    end = index
    while end < len(chars) and chars[end].isalpha() and not "\u2e80" <= chars[end] <= "\U0003ffff":
        end += 1
    run = "".join(chars[index:end])
    if run.lower() in RUSSIAN and not before.isalnum():
        return end - index, f" {RUSSIAN[run.lower()]} ", True
    return max(end - index, 1), run or chars[index], False


def _may_end(chars: list[str], index: int, suffix: str) -> bool:
    """A Cyrillic suffix ends its word, Chinese ones need no space after them; `3万5` is a number in parts."""
    follows = chars[index] if index < len(chars) else ""
    if suffix[-1] in _MYRIADS:
        return not (follows.isdigit() or follows in _MYRIADS)
    return not (_is_cyrillic(suffix) and follows.isalpha())


def _is_cyrillic(word: str) -> bool:
    return "\u0400" <= word[0] <= "\u04ff"


def _is_unit(chars: list[str], index: int) -> bool:
    """Whether a word begins here that says what the number before it counts."""
    return any("".join(chars[index : index + len(word)]).lower() == word for word in _UNITS)


def _squeeze(draft: _Draft) -> _Draft:
    """Single spaces, none around line breaks, none at the ends, no empty lines."""
    result = _Draft.empty()
    pending: tuple[str, tuple[int, int]] | None = None
    for char, span in zip(draft.chars, draft.spans, strict=True):
        if char in {" ", "\n"}:
            if pending is None or char == "\n":
                pending = (char, span)
            continue
        if pending is not None and result.chars:
            result.put(*pending)
        pending = None
        result.put(char, span)
    return result


def _strip_marks(draft: _Draft) -> _Draft:
    """Without bullets, emoji and the like in front of a statement."""
    dropped = {at for span in leading_marks("".join(draft.chars)) for at in range(*span)}
    if not dropped:
        return draft
    kept = [index for index in range(len(draft.chars)) if index not in dropped]
    return _Draft([draft.chars[i] for i in kept], [draft.spans[i] for i in kept])


def _strip_slashes(draft: _Draft) -> _Draft:
    """Without the slash and the `@botname` of a command word."""
    dropped: set[int] = set()
    for match in _COMMAND.finditer("".join(draft.chars)):
        dropped.add(match.group().index("/") + match.start())
        dropped.update(range(*match.span(1)))
    kept = [index for index in range(len(draft.chars)) if index not in dropped]
    return _Draft([draft.chars[i] for i in kept], [draft.spans[i] for i in kept])
