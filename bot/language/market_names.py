"""Spells the names of markets as the grammar writes them: `BINANCE:SOLUSDT.P`, `sol perp`, `2z`.

Which markets exist is passed in: only then a word that begins with a digit can be a ticker. Nothing is read
two ways: a word that may be a ticker or a quantity of another one is asked about.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from bot.language.compiled import is_word
from bot.language.faults import Edit, Mend, ambiguous
from bot.language.normalise import Normalised, edited

Tickers = Collection[str]  # base assets in capitals

_WORD: Final = re.compile(r'"[^"\n]*"|[^ \n;,|]+')
_STATEMENT: Final = re.compile(r"[^;\n]+")
_VENUES: Final = (
    "binance|binanceus|bybit|okx|okex|coinbase|kraken|bitget|bitmex|bitfinex|bitstamp|mexc|kucoin|gate|gateio|htx|"
    "huobi|deribit|phemex|bingx|blofin|hyperliquid|dydx|backpack|cryptocom|upbit|bithumb|crypto"
)
_VENUE: Final = re.compile(rf"([$#]?)(?:{_VENUES}):(?=[$#]?[a-z0-9])", re.IGNORECASE)
_PERP_MARK: Final = re.compile(r"(?:\.p|\.perp|[-_/.](?:swap|perps|perpetual|futures?))$", re.IGNORECASE)
_GLUED_PERP: Final = re.compile(r"(?<=.usd|usdc|usdt)perp$", re.IGNORECASE)
_PERP_WORD: Final = re.compile(r"(?:perps?|perpetuals?|futures?|swap)", re.IGNORECASE)
_SPOT_WORD: Final = re.compile(r"spot", re.IGNORECASE)
_PERP_ONLY: Final = re.compile(
    r"(?:go |open |enter[- ])?(?:long|short|l|s|sto)|[\d.]+x|x[\d.]+|lev(?:erage)?", re.IGNORECASE
)
_NAME: Final = re.compile(
    r"(?P<amount>\d[\d.,_']*)?(?P<mark>[$#]?)(?P<base>[a-z0-9]+?)(?P<quote>[-_/]?(?:usdc|usdt|usd))?"
    r"(?P<perp>[-_/]perp)?",
    re.IGNORECASE,
)
_NUMERIC: Final = re.compile(r"(\$?)(\d[a-z0-9]*)((?:[-_/](?:usdc|usdt|usd|perp))*)", re.IGNORECASE)
_AMOUNT: Final = re.compile(  # what reads as a number with its unit stays one, whatever markets there are
    r"\d+(?:k|m|b|bn|x|u|usd[ct]?|bucks|dollars?|w|d|h|hrs?|s|secs?|mins?|days?|hours?|weeks?)?",
    re.IGNORECASE,
)
_LONG_SPOT: Final = re.compile(
    r"(?P<verb>long|short|l|s)(?= )[^;\n]* (?P<spot>spot)(?!\w)[^;\n]*", re.IGNORECASE
)
_QUOTE_APART: Final = re.compile(
    r"(?<=[a-z])(?: ?[/|\\-] ?| )(?=(?:usdc|usdt|usd)(?![a-z0-9]))", re.IGNORECASE
)
_LABELLED: Final = re.compile(r"(?:on|acc|account|label|note|named)[:=]?", re.IGNORECASE)
_QUOTES: Final = ("USDC", "USDT", "USD")
MAX_WORD: Final = 64  # characters
_MOST: Final = 3  # names offered with a `#`


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int


def spelled(line: Normalised, tickers: Tickers) -> Normalised:
    """The line with every name of a market as the grammar writes it."""
    edits = [edit for word in _words(line.text, 0, len(line.text)) if (edit := _respelled(word, tickers))]
    line = edited(line, edits)
    kinds: list[Edit] = []
    for statement in _STATEMENT.finditer(line.text):
        kinds += _kind(_words(line.text, *statement.span()), tickers)
    return edited(line, kinds)


def refuse_doubtful(text: str, tickers: Tickers) -> None:
    """`2z` where both 2Z and Z are markets: a ticker, or two of the other. Raises `Fault`."""
    for word in _words(text, 0, len(text)):
        match = re.fullmatch(r"(\d+)([a-z][a-z0-9]*)", word.text, re.IGNORECASE)
        if match is None or _AMOUNT.fullmatch(word.text):
            continue
        digits, rest, name = match[1], match[2].upper(), word.text.upper()
        is_thousand = digits == "1000" and name not in tickers and f"K{rest}" in tickers
        if is_thousand:
            name = f"K{rest}"  # the exchange's name for a contract of a thousand
        if is_thousand or (name in tickers and rest in tickers):
            place = (word.start, word.end)
            amount = (((*place, f"{digits} {match[2]}"),),) if rest in tickers else ()
            raise ambiguous(word.text, place, ((*place, f"#{name}"),), *amount)


def marked_names(text: str, tickers: Tickers) -> tuple[Mend, ...]:
    """The line with a `#` before a word that is a market and was read as something else, one at a time."""
    found: list[Mend] = []
    for word in _words(text, 0, len(text)):
        bare = word.text.lstrip("$").rstrip(".!?:")
        name = bare.upper()
        if name in tickers and (bare[0].isdigit() or is_word(bare)):
            found.append(((word.start, word.end, f"#{name}"),))
        if len(found) == _MOST:
            break
    return tuple(found)


def glued_quotes(text: str) -> tuple[Mend, ...]:
    """`sol usdt`, `sol / usdt`: the pair as one word."""
    return tuple(((*match.span(), "/"),) for match in _QUOTE_APART.finditer(text))[:_MOST]


def on_spot(text: str) -> tuple[Mend, ...]:
    """`long sol spot`: the words for coins."""
    match = _LONG_SPOT.fullmatch(text)
    if match is None:
        return ()
    verb = "buy" if match["verb"].lower() in {"long", "l"} else "sell"
    return (((*match.span("verb"), verb), (match.start("spot") - 1, match.end("spot"), "")),)


def _words(text: str, start: int, end: int) -> list[_Word]:
    """The words outside quotes that may be names: not the label of an account or of an alert."""
    found = [_Word(match.group(), *match.span()) for match in _WORD.finditer(text, start, end)]
    before = [_Word("", 0, 0), *found]
    return [
        word
        for last, word in zip(before, found, strict=False)
        if word.text[0] != '"' and len(word.text) <= MAX_WORD and not _LABELLED.fullmatch(last.text)
    ]


# --- one word ------------------------------------------------------------------------------------------


def _respelled(word: _Word, tickers: Tickers) -> Edit | None:
    text = _VENUE.sub(r"\1", word.text, count=1)
    text = _PERP_MARK.sub("-PERP", text) if _PERP_MARK.search(text[1:]) else text
    text = _GLUED_PERP.sub("-PERP", text)
    stem = text[:-4].lstrip("$#").upper()
    if text[-4:].upper() == "PERP" and stem in tickers and text.lstrip("$#").upper() not in tickers:
        text = f"{text[:-4]}-PERP"
    numeric = _NUMERIC.fullmatch(text)
    if numeric is not None and _is_ticker(numeric[2], tickers) and not _AMOUNT.fullmatch(numeric[2]):
        text = f"#{numeric[2]}{numeric[3]}"
    return (word.start, word.end, text) if text != word.text else None


def _is_ticker(name: str, tickers: Tickers) -> bool:
    """Whether `2z` or `1inchusdt` names a market, and can be no quantity of another one."""
    upper = name.upper()
    bases = [upper, *(upper.removesuffix(quote) for quote in _QUOTES if upper.endswith(quote))]
    rest = re.sub(r"^\d+", "", upper)
    return any(base in tickers and not base.isdigit() for base in bases) and rest not in tickers


# --- `perp` and `spot` as words of their own -----------------------------------------------------------


def _kind(words: list[_Word], tickers: Tickers) -> list[Edit]:
    """`sol perp` is `sol-PERP`, `sol spot` is `sol_USDC`; where no market is plainly meant, neither."""
    marks = [at for at, word in enumerate(words) if _PERP_WORD.fullmatch(word.text)]
    spots = [at for at, word in enumerate(words) if _SPOT_WORD.fullmatch(word.text)]
    if len(marks) + len(spots) != 1:
        return []
    (at,) = marks or spots
    named = _named(words, at, tickers)
    if named is None:
        return []
    mark, name = words[at], words[named]
    match = _NAME.fullmatch(name.text)
    assert match is not None
    if marks:
        suffix = "" if match["perp"] else "-PERP"
    else:
        if match["perp"] or any(_PERP_ONLY.fullmatch(word.text) for word in words):
            return []  # both kinds in one line: refused where the word stands
        suffix = "" if match["quote"] else "_USDC"
    gap = (mark.start - 1, mark.end, "") if at else (mark.start, mark.end + 1, "")
    grown = (name.end, name.end, suffix)
    return sorted([gap, grown]) if suffix else [gap]


def _named(words: list[_Word], at: int, tickers: Tickers) -> int | None:
    """Which word names the market: the one before, or the only known market of the statement."""
    if at and _is_name(words[at - 1].text, tickers, alone=at == 1):
        return at - 1
    if not tickers:
        return None
    known = [one for one, word in enumerate(words) if one != at and _is_name(word.text, tickers, alone=True)]
    return known[0] if len(known) == 1 else None


def _is_name(text: str, tickers: Tickers, *, alone: bool) -> bool:
    """Whether a word names a market; `alone` where only a market that exists will do."""
    match = _NAME.fullmatch(text)
    if match is None or match["base"].isdigit():
        return False
    if match["base"].upper() in tickers:
        return not (alone and is_word(text))
    return not tickers and not is_word(text)
