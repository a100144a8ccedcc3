"""Text to intents: normalise, parse by `rucksack.lark`, build; one place turns every fault into a failure.

Time is linear in the length of the text, which is bounded; mends are tried once and not mended again.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from bot.domain.intent import Intent, PanicIntent
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import Language
from bot.grammar.exits import build_close, build_protect
from bot.grammar.faults import Fault, Mend, unexpected
from bot.grammar.manage import build_cancel, build_query, refuse_later
from bot.grammar.normalise import MAX_LENGTH, Normalised, normalise
from bot.grammar.reading import Reader, kind, span
from bot.grammar.result import Parsed, ParseFailure
from bot.grammar.trade import build_trade
from bot.grammar.typos import guess
from bot.grammar.vocabulary import LOOKALIKES

MAX_STATEMENTS: Final = 10
MAX_MENDS: Final = 3

# Languages whose own numbers use a comma; a line with Russian words does so whatever the setting.
_COMMA_DECIMAL: Final[frozenset[Language]] = frozenset()

_FOREIGN: Final = re.compile(r'"[^"\n]*"|(?P<word>[^\s;,"]*[^\x00-\x7f][^\s;,"]*)')
_WORD: Final = re.compile(r"[^\s;]+")
_EXAMPLES: Final = {
    "SYMBOL": "SOL",
    "MONEY": "$200",
    "NUM": "0.5",
    "PCT": "25%",
    "LEV": "5x",
    "AT": "at 142.5",
    "TP": "tp 5%",
    "SL": "sl 3%",
    "LONG": "long",
    "SHORT": "short",
    "BUY": "buy",
    "SELL": "sell",
    "CLOSE": "close",
    "POSITIONS": "positions",
    "HELP": "help",
    "LABEL": "main",
    "ANY_ID": "8F2K",
}


@cache
def lark() -> Lark:
    """The compiled grammar, built at first use."""
    return Lark(
        Path(__file__).with_name("rucksack.lark").read_text(encoding="utf-8"),
        parser="lalr",
        lexer="contextual",
        propagate_positions=True,
        maybe_placeholders=False,
        g_regex_flags=re.IGNORECASE | re.ASCII,
    )


def parse(text: str, *, language: Language = Language.ENGLISH) -> Parsed | ParseFailure:
    """The meaning of one message. Never raises; `language` decides how `0,5` is read."""
    if len(text) > MAX_LENGTH:
        return ParseFailure(Refusal(RefusalCode.TOO_LONG, {"limit": MAX_LENGTH}), MAX_LENGTH, len(text))
    normalised = normalise(text)
    try:
        return _read(normalised, language)
    except Fault as fault:
        return _failure(text, normalised, fault, language)


def _read(normalised: Normalised, language: Language) -> Parsed:
    """Raises `Fault`."""
    _refuse_foreign(normalised.text)
    reader = Reader(normalised.comma_decimal or language in _COMMA_DECIMAL)
    statements = _parse_tree(normalised.text).children
    if len(statements) > MAX_STATEMENTS:
        raise Fault(RefusalCode.TOO_LONG, span(statements[MAX_STATEMENTS]), limit=MAX_STATEMENTS)
    intents = tuple(_build(statement, reader) for statement in statements if isinstance(statement, Tree))
    return Parsed(intents, tuple(dict.fromkeys(reader.notes)), normalised.text)


def _refuse_foreign(text: str) -> None:
    """No word outside quotes may hold a letter the grammar does not know; look-alikes are named as such."""
    for match in _FOREIGN.finditer(text):
        word = match["word"]
        if word is None:
            continue
        foreign = [char for char in word if not char.isascii()]
        if any(char in LOOKALIKES for char in foreign) and all(
            char in LOOKALIKES or not char.isalpha() for char in foreign
        ):
            raise Fault(RefusalCode.HOMOGLYPH, match.span(), word=word)
        raise unexpected(word, match.span())


def _parse_tree(text: str) -> Tree[Token]:
    try:
        return lark().parse(text)
    except UnexpectedCharacters as error:
        raise _stray(text, error.pos_in_stream or 0, set(error.allowed or ())) from None
    except UnexpectedToken as error:
        token = error.token
        if token.type in {"$END", "_SEMICOLON", "_NEWLINE", "_CONTINUATION"}:
            raise _dangling(text, token, error.token_history or [], error.expected) from None
        raise _stray(text, token.start_pos or 0, error.expected) from None


def _stray(text: str, position: int, allowed: set[str]) -> Fault:
    """The word at `position` has no place there."""
    match = _WORD.match(text, position)
    word, end = (match.group(), match.end()) if match else (text[position : position + 1], position + 1)
    return unexpected(word, (position, end), *_examples(allowed))


def _dangling(text: str, token: Token, history: list[Token], allowed: set[str]) -> Fault:
    """The statement ends too early: the word to point at is its last."""
    last = history[-1] if history else None
    if last is None or not text:
        return unexpected("", (0, 0), *_examples(allowed))
    return unexpected(str(last).strip(), span(last), *_examples(allowed))


def _examples(terminals: set[str]) -> tuple[str, ...]:
    return tuple(example for name, example in _EXAMPLES.items() if name in terminals)


def _build(tree: Tree[Token], reader: Reader) -> Intent:
    match kind(tree):
        case "trade":
            return build_trade(tree, reader)
        case "close":
            return build_close(tree, reader)
        case "protect":
            return build_protect(tree, reader)
        case "cancel":
            return build_cancel(tree, reader)
        case "panic":
            return PanicIntent()
        case "later":
            raise refuse_later(tree)
    return build_query(tree, reader)


# --- failures ----------------------------------------------------------------------------------------


def _failure(text: str, normalised: Normalised, fault: Fault, language: Language) -> ParseFailure:
    suggestions = list(fault.mends)
    place = fault.span
    if fault.code is RefusalCode.SYNTAX:
        place, guesses = guess(normalised.text, fault)
        suggestions += guesses
    mends: list[str] = []
    for suggestion in suggestions:
        line = _edited(text, normalised, suggestion)
        if line not in mends and _parses(line, language):
            mends.append(line)
        if len(mends) == MAX_MENDS:
            break
    start, end = normalised.original(*place)
    params = dict(fault.params)
    if fault.code is RefusalCode.SYNTAX:
        params |= {"word": normalised.text[slice(*place)].strip(), "start": start, "end": end}
    refusal = Refusal(fault.code, params, mends[0] if mends else None)
    return ParseFailure(refusal, start, end, fault.expected, tuple(mends))


def _parses(line: str, language: Language) -> bool:
    if len(line) > MAX_LENGTH:
        return False
    try:
        _read(normalise(line), language)
    except Fault:
        return False
    return True


def _edited(text: str, normalised: Normalised, mend: Mend) -> str:
    """The original text with `mend` made in it, so that the trader recognises the line."""
    for start, end, replacement in sorted(mend, reverse=True):
        first, last = normalised.original(start, end)
        text = text[:first] + replacement + text[last:]
    return re.sub(r" {2,}", " ", text).strip()
