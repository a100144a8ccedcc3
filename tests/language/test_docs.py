"""What the trader's page promises can be typed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.markets.market import ResolvedSymbol, resolve_symbol
from bot.language import Parsed, ParseFailure, parse
from tests.domain.builders import perp, spot

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "grammar.md").read_text(encoding="utf-8")
_WORD = re.compile(r"[a-z]+|\W|[\d.,_]+")  # a single word, mark or number: explained, not a line
MARKETS = {
    one.symbol: one
    for base in ("SOL", "2Z", "0G", "1INCH")
    for kind in (spot(), perp())
    for one in [replace(kind, base=base, symbol=kind.symbol.replace("SOL", base))]
}
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
    spans = re.findall(r"`([^`\n]+)`", _without_readings())
    whole = (span for span in spans if span in _WHOLE_LINES or not _WORD.fullmatch(span))
    return list(dict.fromkeys(span for span in whole if span not in _PARTS))


def _without_readings() -> str:
    """The page without the lists of how numbers and names are read: those are no lines."""
    page = PAGE
    for title in ("### How a number is read", "## Names of markets"):
        start = page.index(title)
        section = page[start : page.index("\n#", start + 1)]
        page = page.replace(section, "".join(re.findall("`long [^`]*`|`cancel [^`]*`", section)))
    return page


def _tables(title: str) -> list[list[list[str]]]:
    """The rows of the tables under a heading, in cells, without their heads."""
    start = PAGE.index(title)
    section = PAGE[start : PAGE.index("\n#", start + 1)]
    tables = re.findall(r"(?:^\|.*\|\n)+", section, re.MULTILINE)
    return [[row.strip("|").split("|") for row in table.splitlines()[2:]] for table in tables]


def _codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


(NAMES,) = _tables("## Names of markets")
READ, ASKED = _tables("### How a number is read")
READINGS = [(code, row[1].strip()) for row in READ for code in _codes(row[0])]
QUESTIONS = [
    (code, choice)
    for row in ASKED
    for code, choice in zip(
        _codes(row[0]) * (len(_codes(row[1])) if len(_codes(row[0])) == 1 else 1), _codes(row[1]), strict=True
    )
]
PLACES = ("long sol at 1 qty {}", "long sol $9 at {}", "long sol $9 sl {}", "sl sol {}", "alert sol > {}")


@pytest.mark.parametrize(("written", "value"), READINGS)
def test_a_number_is_read_as_the_page_says(written: str, value: str) -> None:
    for place in _places(written):
        assert parse(place.format(written)) == _same(place, value, written), place


def _places(written: str) -> list[str]:
    """Where a number may stand; a list of targets is written with commas alone."""
    is_list = re.fullmatch(r"\d{1,3}(,\d{3})+", written)
    return [place for place in PLACES if not (is_list and "sl" in place)]


def _same(place: str, value: str, written: str) -> Parsed:
    """The reading of the plain number, in the words of the written one."""
    plain, parsed = parse(place.format(value)), parse(place.format(written))
    assert isinstance(plain, Parsed)
    assert isinstance(parsed, Parsed), parsed
    return replace(plain, source=parsed.source, spans=parsed.spans)


@pytest.mark.parametrize(("written", "choice"), QUESTIONS)
def test_a_number_is_asked_about_as_the_page_says(written: str, choice: str) -> None:
    for place in _places(written):
        result = parse(place.format(written))
        assert isinstance(result, ParseFailure), place
        assert place.format(choice) in result.mends, (place, result.mends)


@pytest.mark.parametrize("written", ["10²", "½", "3万5", "1" * 40])
def test_what_the_page_calls_refused_is(written: str) -> None:
    assert all(isinstance(parse(place.format(written)), ParseFailure) for place in PLACES)


@pytest.mark.parametrize(
    ("written", "meaning"),
    [(code, row[1].split(";")[0].strip()) for row in NAMES for code in _codes(row[0])],
)
def test_a_name_is_read_as_the_page_says(written: str, meaning: str) -> None:
    tickers = {"SOL", "2Z", "0G", "1INCH"}
    verbs = ("long {} $9", "{} long $9", "close {}", "sl {} 3%", "price {}", "cancel {}", "alert {} > 5")
    for place in verbs:
        result = parse(place.format(written), tickers=tickers)
        assert isinstance(result, Parsed), (place, result)
        (intent,) = result.intents
        symbol = getattr(intent, "symbol", None) or getattr(intent, "argument", None)
        symbol = symbol or getattr(getattr(intent, "condition", None), "symbol", None)
        resolved = resolve_symbol(str(symbol), None, MARKETS)
        assert isinstance(resolved, ResolvedSymbol), (place, symbol)
        assert resolved.market.base == (written.upper() if meaning.startswith("such") else "SOL")
        assert resolved.market.is_perp or meaning not in {"SOL, the perp"}


@pytest.mark.parametrize("line", example_lines())
def test_every_example_of_the_page_parses(line: str) -> None:
    assert isinstance(parse(line), Parsed), parse(line)


def test_the_page_is_read_at_all() -> None:
    assert len(example_lines()) > 80
