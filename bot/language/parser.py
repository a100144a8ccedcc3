"""Text to intents: normalise, parse by `rucksack.lark`, build; one place turns every fault into a failure.

Time is linear in the length of the text, which is bounded; mends are tried once and not mended again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Final

from lark import Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from bot.domain.intent import Intent, PanicIntent
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import Language
from bot.language import features
from bot.language.alerts import build_alert
from bot.language.cancels import build_cancel, build_query, refuse_later
from bot.language.canonical import canonical
from bot.language.compiled import lark
from bot.language.digit_groups import Group, joining, possible_groups
from bot.language.exits import build_close, build_protect
from bot.language.faults import Fault, Mend, ambiguous, two_numbers, unexpected, unsupported
from bot.language.leaves import LeafReader, kind, span, tokens
from bot.language.market_names import (
    MAX_WORD,
    Tickers,
    glued_quotes,
    marked_names,
    on_spot,
    refuse_doubtful,
    spelled,
)
from bot.language.normalise import MAX_LENGTH, Normalised, edited, normalise
from bot.language.ornaments import leading_marks, without_marks
from bot.language.repeat import build_again
from bot.language.result import Parsed, ParseFailure
from bot.language.trade import build_trade
from bot.language.typos import guess
from bot.language.vocabulary import LOOKALIKES

MAX_STATEMENTS: Final = 10
MAX_MENDS: Final = 3

# Languages whose own numbers use a comma; a line with Russian words does so whatever the setting.
_COMMA_DECIMAL: Final[frozenset[Language]] = frozenset()

# What is only asked about: the numbers of such a line are read.
_ASKS: Final = frozenset({RefusalCode.AMBIGUOUS_NUMBER, RefusalCode.TWO_NUMBERS, RefusalCode.PRICE_RANGE})

_UNQUOTED: Final = re.compile(r'"[^"\n]*"|[^\s;,"]+|"')
_WORD: Final = re.compile(r"[^ \n;]+")
_BREAKS: Final = frozenset({"_SEMICOLON", "_NEWLINE", "_CONTINUATION"})
_EXAMPLES: Final = {  # in the order they are offered
    "LONG": "long",
    "SHORT": "short",
    "BUY": "buy",
    "SELL": "sell",
    "CLOSE": "close",
    "SYMBOL": "SOL",
    "MONEY": "$200",
    "NUM": "0.5",
    "PCT": "25%",
    "LEV": "5x",
    "AT": "at 142.5",
    "TP": "tp 5%",
    "SL": "sl 3%",
    "POSITIONS": "positions",
    "HELP": "help",
    "ALERT": "alert",
    "LABEL": "main",
    "ANY_ID": "8F2K",
}


def parse(
    text: str, *, language: Language = Language.ENGLISH, tickers: Tickers = frozenset()
) -> Parsed | ParseFailure:
    """The meaning of one message. Never raises; `language` decides how `0,5` is read.

    `tickers` are the base assets of the markets that exist, in capitals: they tell `2z` from an amount.
    """
    if len(text) > MAX_LENGTH:
        return ParseFailure(Refusal(RefusalCode.TOO_LONG, {"limit": MAX_LENGTH}), MAX_LENGTH, len(text))
    line = spelled(normalise(text), tickers)
    try:
        return _read(line, language, tickers)
    except Fault as fault:
        return _failure(text, line, fault, language, tickers)


def _read(line: Normalised, language: Language, tickers: Tickers) -> Parsed:
    """Raises `Fault`, also for what can be read where a possible group of thousands stands in it."""
    refuse_doubtful(line.text, tickers)
    groups = possible_groups(line.text)
    joined = _joined(line, groups, language, tickers) if groups else ()
    if joined:
        raise _grouped(line, groups[0], joined, language, tickers)
    return _statements(line, language, tickers)


def _joined(
    line: Normalised, groups: tuple[Group, ...], language: Language, tickers: Tickers
) -> tuple[Mend, ...]:
    """What the line says if each possible group is one number; nothing where it then says nothing."""
    together = edited(line, joining(groups))
    try:
        _statements(together, language, tickers)
    except Fault as fault:
        if fault.code not in _ASKS and fault.params.get("feature") != features.SEVERAL_TARGETS:
            return ()
        lines = (edited(together, mend).text for mend in fault.mends)
        return tuple(((0, len(line.text), text),) for text in lines)
    return (joining(groups),)


def _grouped(
    line: Normalised, group: Group, joined: tuple[Mend, ...], language: Language, tickers: Tickers
) -> Fault:
    """The question whether `1 500` is one number: that reading, and what the line says if it is two."""
    place, number = (group.start, group.end), group.word
    try:
        apart = _statements(line, language, tickers)
    except Fault as fault:
        if fault.code is RefusalCode.UNSUPPORTED:
            return ambiguous(number, place, *joined)
        ends = [edited(line, mend).text for mend in fault.mends]
        if fault.code is RefusalCode.PRICE_RANGE and all(_parses(end, language, tickers) for end in ends):
            return fault
        if fault.code is not RefusalCode.TWO_NUMBERS or len(joined) > 1:
            return ambiguous(number, place, *joined, *fault.mends)
        asked = two_numbers(number, place, *fault.mends[: MAX_MENDS - 1], *joined)
        asked.params["joined"] = group.joined
        return asked
    separate = "; ".join(map(canonical, apart.intents))
    return ambiguous(number, place, *joined, ((0, len(line.text), separate),))


def _statements(normalised: Normalised, language: Language, tickers: Tickers) -> Parsed:
    """Raises `Fault`."""
    _refuse_words(normalised.text)
    reader = LeafReader(normalised.comma_decimal or language in _COMMA_DECIMAL, tickers)
    statements = _parse_tree(normalised.text).children
    if len(statements) > MAX_STATEMENTS:
        first_left_out = span(statements[MAX_STATEMENTS])
        cut = ((span(statements[MAX_STATEMENTS - 1])[1], len(normalised.text), ""),)
        raise unsupported(features.LONG_CHAIN, first_left_out, cut)
    trees = [statement for statement in statements if isinstance(statement, Tree)]
    _refuse_alerts_within(trees)
    intents = tuple(_build(tree, reader, normalised.text) for tree in trees)
    spans = tuple(normalised.original(*span(tree)) for tree in trees)
    return Parsed(intents, tuple(dict.fromkeys(reader.notes)), normalised.text, spans)


def _refuse_alerts_within(trees: list[Tree[Token]]) -> None:
    """An alert may only end a chain: who writes on after `then …` may mean it to belong to the alert."""
    for tree, following in pairwise(trees):
        if kind(tree) == "alert":
            cut = ((span(tree)[1], span(trees[-1])[1], ""),)
            raise unexpected(str(tokens(following)[0]), span(tokens(following)[0]), mends=(cut,))


def _refuse_words(text: str) -> None:
    """Refuses what the grammar cannot spell, before it looks: endless words, and letters it does not know.

    Bounding the word keeps every pattern of the lexer, and so the whole parse, linear in the line.
    """
    for match in _WORD.finditer(text):
        if match.end() - match.start() > MAX_WORD:
            raise _endless(match.group(), match.span())
    for match in _UNQUOTED.finditer(text):
        word = match.group()
        if word.startswith('"') or word.isascii():
            continue
        foreign = [char for char in word if not char.isascii() and char.isalpha()]
        if foreign and all(char in LOOKALIKES for char in foreign):
            raise Fault(RefusalCode.HOMOGLYPH, match.span(), word=word)
        raise unexpected(word, match.span())


def _endless(word: str, place: tuple[int, int]) -> Fault:
    shown = word[:16] + "…"
    if word.strip("$+-.,_")[:1].isdigit():
        return Fault(RefusalCode.NUMBER_TOO_LARGE, place, word=shown)
    return unexpected(shown, place)


def _parse_tree(text: str) -> Tree[Token]:
    try:
        return lark().parse(text)
    except UnexpectedCharacters as error:
        raise _stray(text, error.pos_in_stream or 0, set(error.allowed or ())) from None
    except UnexpectedToken as error:
        token = error.token
        if token.type == "$END":
            raise _dangling(text, len(text), error.expected) from None
        if token.type in _BREAKS:
            raise _dangling(text, token.start_pos or 0, error.expected) from None
        raise _stray(text, token.start_pos or 0, error.expected) from None


def _stray(text: str, position: int, allowed: set[str]) -> Fault:
    """The word at `position` has no place there."""
    match = _WORD.match(text, position)
    word, end = (match.group(), match.end()) if match else (text[position : position + 1], position + 1)
    return unexpected(word, (position, end), *_examples(allowed))


def _dangling(text: str, end: int, allowed: set[str]) -> Fault:
    """The statement stops at `end`, too early: the word to point at is its last."""
    start = max(text.rfind(mark, 0, end) for mark in " ;\n") + 1
    return unexpected(text[start:end], (start, end), *_examples(allowed))


def _examples(terminals: set[str]) -> tuple[str, ...]:
    return tuple(example for name, example in _EXAMPLES.items() if name in terminals)


_BUILDERS: Final[dict[str, Callable[[Tree[Token], LeafReader], Intent]]] = {
    "trade": build_trade,
    "close": build_close,
    "protect": build_protect,
    "cancel": build_cancel,
    "again": build_again,
}


def _build(tree: Tree[Token], reader: LeafReader, text: str) -> Intent:
    match kind(tree):
        case "panic":
            return PanicIntent()
        case "alert":
            return build_alert(tree, reader, text, lambda plan: _statement(plan, reader))
        case "later":
            raise refuse_later(tree)
        case name if name in _BUILDERS:
            return _BUILDERS[name](tree, reader)
    return build_query(tree, reader)


def _statement(text: str, reader: LeafReader) -> Intent:
    """The one statement of `text`; raises `Fault`."""
    (tree,) = _parse_tree(text).children
    if not isinstance(tree, Tree) or kind(tree) == "alert":
        raise unexpected(*_first_word(text))
    return _build(tree, reader, text)


def _first_word(text: str) -> tuple[str, tuple[int, int]]:
    match = _WORD.search(text)
    return (match.group(), match.span()) if match else ("", (len(text), len(text)))


# --- failures ----------------------------------------------------------------------------------------


def _failure(
    text: str, normalised: Normalised, fault: Fault, language: Language, tickers: Tickers
) -> ParseFailure:
    written = normalised.text
    suggestions = [*fault.mends, *marked_names(written, tickers), *on_spot(written), *glued_quotes(written)]
    place = fault.span
    if fault.code is RefusalCode.SYNTAX:
        place, guesses = guess(normalised.text, fault, tickers)
        suggestions += guesses
        if tidy := without_marks(normalised.text):
            suggestions.append(tidy)
    mends: list[str] = []
    for suggestion in suggestions:
        line = _edited(text, normalised, suggestion)
        if line not in mends and _parses(line, language, tickers):
            mends.append(line)
        if len(mends) == MAX_MENDS:
            break
    start, end = normalised.original(*place)
    params = dict(fault.params)
    if fault.code is RefusalCode.SYNTAX:
        word = params["word"] if place == fault.span else normalised.text[slice(*place)]
        params |= {"word": word, "start": start, "end": end}
    refusal = Refusal(fault.code, params, mends[0] if mends else None)
    return ParseFailure(refusal, start, end, fault.expected, tuple(mends))


def _parses(line: str, language: Language, tickers: Tickers) -> bool:
    if len(line) > MAX_LENGTH:
        return False
    try:
        _read(spelled(normalise(line), tickers), language, tickers)
    except Fault:
        return False
    return True


def _edited(text: str, normalised: Normalised, mend: Mend) -> str:
    """The original text with `mend` made in it, so that the trader recognises the line."""
    for start, end, replacement in sorted(mend, reverse=True):
        first, last = normalised.original(start, end)
        text = text[:first] + replacement + text[last:]
    for start, end in reversed(leading_marks(text)):
        text = text[:start] + text[end:]
    return re.sub(r" {2,}", " ", text).strip()
