"""Secrets in what people write, however they are spelled, wrapped or broken. Pure text; opens nothing.

An API secret is 32 bytes, or 64 with its public key, most often in base64. What only looks like one is told
apart by whoever can derive a key from it; here everything that could be one is found.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final
from urllib.parse import unquote

SHORTEST: Final = 43  # characters of 32 bytes in base64 without padding
LONGEST_ECHO: Final = 31  # characters of one word of theirs that may be shown to anybody
DOT: Final = "•"  # stands for one character that is not shown
MOST_SPELLINGS: Final = 64  # candidates of one message that are worth trying
_SIZES: Final = {32, 64}
_LEAST_VARIETY: Final = 8  # different characters: the mint of wrapped SOL has four
_LEAST_PAIRS: Final = 20
_LEAST_CHANGES: Final = 0.3  # of neighbours of different classes: random text has 0.64, a sentence 0.1
_MOST_QUOTES: Final = 3  # times that somebody may have escaped a text for a URL
_MOST_PIECES: Final = 24
_TOTALS: Final = (43, 44, 64, 86, 87, 88, 128)

_WORD: Final = re.compile(r"[A-Za-z0-9+/_=-]+")
_RUN: Final = re.compile(rf"[A-Za-z0-9+/_-]{{{SHORTEST},}}")
_BASE64: Final = re.compile(r"(?<![A-Za-z0-9+/-])[A-Za-z0-9+/_-]{43}(?:=|(?![A-Za-z0-9+/-]))")
_BASE64_LONG: Final = re.compile(r"[A-Za-z0-9+/_-]{86}(?:==?|(?![A-Za-z0-9+/-]))")
_HEX: Final = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{128}|[0-9a-f]{64})(?![0-9a-f])", re.IGNORECASE)
_HEX_PAIRS: Final = re.compile(
    r"(?<![0-9a-f])(?:(?:0x|\\x)[0-9a-f]{2}[\s:,;-]{0,2}|[0-9a-f]{2}[\s:,;-]{1,2}){31,}(?:0x|\\x)?[0-9a-f]{2}",
    re.IGNORECASE,
)
_NUMBERS: Final = re.compile(r"(?<!\d)(?:\d{1,3}[\s,;]{1,4}){31,}\d{1,3}(?!\d)")
_SPELLED: Final = re.compile(
    rf"(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/_-][\s,.]{{1,2}}){{{SHORTEST - 1},}}[A-Za-z0-9+/=](?![A-Za-z0-9+/])"
)
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_CONTINUED: Final = re.compile(r"\\[nrt]|[\"'`]\s*\+\s*[\"'`]")  # between the lines of a text in a program
_PRIVATE_KEY: Final = bytes.fromhex(
    "300506032b657004220420"
)  # stands before the seed in PKCS #8, as PEM has it
_PIECE: Final = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_GAP: Final = re.compile(r"[\s`'\"*|,;.\\>]*")  # what may stand between the halves of one that was broken
_INVISIBLE: Final = {"Cf", "Mn", "Me", "Cs", "Co", "Cn", "Cc"}
_NAMED: Final = re.compile(
    r"(?<![a-z])(?:secret|private|seed|password|api|key|keys|apikey|mnemonic)(?![a-z])"
    r"|secret|api_?key|private_?key|^\s*/(?:link|start)\b|密钥|密鑰|私钥|私鑰|秘钥|秘鑰|金鑰|密码|секрет|ключ|приватн|пароль",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """`text` as a reader of bytes would type it: compatibility forms folded, what is not seen dropped."""
    text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), html.unescape(text))
    folded = unicodedata.normalize("NFKC", _CONTINUED.sub(" ", text))
    seen = "".join(
        char
        for char in folded
        if char.isspace() or (char != "\ufffd" and unicodedata.category(char) not in _INVISIBLE)
    )
    seen = seen.replace("\\/", "/")  # as some write it in JSON
    for _ in range(_MOST_QUOTES):
        if "%" in seen:
            seen = unquote(seen, errors="ignore")
    return seen


def is_suspect(text: str) -> bool:
    """Whether `text` holds what could be an API secret, or a key: by their looks they are the same."""
    seen = _RUN.sub(lambda match: " " if _is_words(match[0]) else match[0], plain(text))
    if any(len(set(run)) >= _LEAST_VARIETY for run in _RUN.findall(seen)):
        return True
    whole = any(len(raw) in _SIZES for raw in _whole(seen))
    return whole or next(_broken(seen), None) is not None or bool(_listed(seen))


def _is_words(run: str) -> bool:
    """Whether a run is words and numbers with marks between them, as the end of an address is."""
    parts = re.split("[/_-]+", run)
    return (
        len(parts) > 3
        and run.lower() == run
        and all(part.isalpha() or part.isdigit() for part in parts if part)
    )


def is_named(text: str) -> bool:
    """Whether `text` calls something a secret or a key, or hands it to this bot as one."""
    return _NAMED.search(plain(text)) is not None


def spellings(text: str) -> list[str]:
    """What in `text` may be a secret or a key, each as base64 of its 32 or 64 bytes; never very many.

    Only where nothing stands by itself, every place in a longer word is one.
    """
    seen = plain(text)
    found = _texts((*_whole(seen), *_broken(seen), *_listed(seen)))
    return found or _texts(_glued(seen))


def _texts(found: Iterable[bytes]) -> list[str]:
    seeds = (raw.partition(_PRIVATE_KEY)[2][:32] or raw for raw in found)
    texts = dict.fromkeys(base64.b64encode(raw).decode() for raw in seeds if len(raw) in _SIZES)
    return list(texts)[:MOST_SPELLINGS]


def hide(text: str) -> str:
    """`text` with the rest of every long word of a key's alphabet shown as dots, as many as there were."""
    return _HIDDEN.sub(lambda match: match[0][:4] + DOT * (len(match[0]) - 4), text)


# Wide forms and what is not seen belong to the word they stand in.
_HIDDEN: Final = re.compile(
    "[A-Za-z0-9+/\\\\_=\uff0b\uff0d\uff0f-\uff19\uff1d\uff21-\uff3a\uff3f\uff41-\uff5a"
    f"\u00ad\u200b-\u200f\u2060-\u206f\ufe00-\ufe0f\ufeff%-]{{{LONGEST_ECHO + 1},}}"
)


def _whole(seen: str) -> Iterator[bytes]:
    """Words that are one as they stand, also between marks that belong to the alphabet."""
    for match in _HEX.findall(seen):
        yield bytes.fromhex(match)
    for word in _WORD.findall(seen):
        for bare in (word, word.strip("_"), word.strip("_-/+")):
            for tail in (bare, *bare.split("=")):
                raw = _decoded(tail)
                if raw is not None:
                    yield raw
    for pattern in (_BASE64_LONG, _BASE64):
        for match in pattern.findall(seen):
            raw = _decoded(match)
            if raw is not None:
                yield raw


def _broken(seen: str) -> Iterator[bytes]:
    """Secrets with spaces or line breaks inside: neighbours that make one together, and look random."""
    found = list(_PIECE.finditer(seen))
    pieces = [match[0] for match in found]
    gaps = [seen[one.end() : other.start()] for one, other in pairwise(found)]
    for first in range(len(pieces)):
        joined = pieces[first]
        for last in range(first + 1, min(first + _MOST_PIECES, len(pieces))):
            if joined.endswith("=") or not gaps[last - 1] or not _GAP.fullmatch(gaps[last - 1]):
                break
            joined += pieces[last]
            if len(joined) > _TOTALS[-1] + 2:
                break
            for bare in {joined, joined.strip("_")}:
                if len(bare) in _TOTALS and _looks_random(pieces[first : last + 1]):
                    raw = bytes.fromhex(bare) if _HEX.fullmatch(bare) else _decoded(bare)
                    if raw is not None and len(raw) in _SIZES:
                        yield raw


def _looks_random(pieces: list[str]) -> bool:
    """Letters, capitals and digits mixed within the pieces as no words and numbers of a sentence are."""
    joined = "".join(pieces)
    if _HEX.fullmatch(joined):
        digits = sum(map(str.isdigit, joined))
        return _LEAST_VARIETY <= digits <= len(joined) - _LEAST_VARIETY
    uncapital = [piece[1:] if piece.istitle() else piece for piece in pieces]  # words of a title
    changes = [_class(one) != _class(other) for piece in uncapital for one, other in pairwise(piece)]
    return len(changes) >= _LEAST_PAIRS and sum(changes) >= _LEAST_CHANGES * len(changes)


def _class(char: str) -> int:
    return 0 if char.isdigit() else 1 if char.isupper() else 2 if char.islower() else 3


def _listed(seen: str) -> list[bytes]:
    """Bytes written one by one: as numbers, or as pairs of hex digits."""
    found = []
    for match in _NUMBERS.findall(seen):
        numbers = [int(number) for number in re.findall(r"\d+", match)]
        while numbers and max(numbers[0], numbers[-1]) > 255:  # an amount that stands beside them
            numbers = numbers[1:] if numbers[0] > 255 else numbers[:-1]
        if numbers and max(numbers) < 256 and len(set(numbers)) >= _LEAST_VARIETY:
            size = 64 if len(numbers) >= 64 else 32
            found += [bytes(numbers[:size]), bytes(numbers[-size:])]
    for match in _HEX_PAIRS.findall(seen):
        raw = bytes.fromhex(
            "".join(re.findall("[0-9a-f]{2}", match.lower().replace("0x", " ").replace("\\x", " ")))
        )
        if len(set(raw)) >= _LEAST_VARIETY:
            found.append(raw[:64] if len(raw) >= 64 else raw[:32])
    for match in _SPELLED.findall(seen):
        joined = re.sub(r"[\s,.]", "", match)
        found += [*_whole(joined), *_glued(joined)]
    return [raw for raw in found if len(raw) in _SIZES]


def _glued(seen: str) -> Iterator[bytes]:
    """Every place in a longer run where a secret could begin."""
    for run in _RUN.findall(seen):
        for start in range(min(len(run) - SHORTEST + 1, MOST_SPELLINGS)):
            raw = _decoded(run[start : start + SHORTEST])
            if raw is not None:
                yield raw


def _decoded(text: str) -> bytes | None:
    """The bytes of base64 text, standard or URL-safe, padded or not; None for what is no whole base64."""
    bare = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    exact = base64.b64encode(raw).decode().rstrip("=") == bare
    return raw if exact else None
