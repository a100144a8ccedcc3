"""Reads the leaves of the syntax tree: numbers, sizes, prices and symbols become domain values or a fault."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, TypeAlias

from lark import Token, Tree

from bot.domain.intent import AbsolutePrice, BaseSize, PercentOffset, PercentSize, PriceExpr, QuoteSize
from bot.domain.preview.preview import Note
from bot.domain.refusal import RefusalCode
from bot.domain.values import HUNDRED
from bot.language import features
from bot.language.faults import Fault, ambiguous, unexpected, unsupported
from bot.language.numbers import AmbiguousNumber, NumberTooLarge, read_number

Node: TypeAlias = "Tree[Token] | Token"

_MONEY_UNIT: Final = re.compile(r" ?(?:usdc|usdt|usd|bucks|dollars?|u|\$)$", re.IGNORECASE)
_GLUED: Final = re.compile(r"((?:\d+(?:[.,_']\d+)*|\.\d+))(.+)", re.ASCII)
_TO: Final = re.compile(r" ?(?:(?<!e)-|to|\.\.) ?", re.IGNORECASE)  # not the minus of `1e-3`
_FRACTIONS: Final = {"HALF": Decimal(50), "QUARTER": Decimal(25), "ALL": HUNDRED}
_LISTED: Final = re.compile(r"(?<![\d.,_'])\d{1,3}(?:,\d{3})+(?![\d.,_'])|\d,\d+,\d", re.ASCII)
_SIGNS: Final = "+-"


def span(node: Node) -> tuple[int, int]:
    """Where the node stands in the normalised text."""
    if isinstance(node, Token):
        return node.start_pos or 0, node.end_pos or 0
    return int(node.meta.start_pos), int(node.meta.end_pos)


def kind(node: Node) -> str:
    """The terminal of a token, the rule of a tree."""
    return node.type if isinstance(node, Token) else str(node.data)


def tokens(node: Node) -> list[Token]:
    if isinstance(node, Token):
        return [node]
    return list(node.scan_values(lambda leaf: isinstance(leaf, Token)))


def words(node: Node) -> str:
    return " ".join(str(token) for token in tokens(node))


def refuse_listed(value: Node) -> None:
    """`tp 155,162` is a list to the one who typed it, never 155,162 dollars; `2,5` and `1,234.5` are none."""
    word = words(value)
    if _LISTED.search(word):
        start, end = span(value)
        cut = start + word.index(",")
        raise ambiguous(word, (start, end), ((cut, end, ""),), ((start, end, word.replace(",", "")),))


def price_range(token: Token, word: str = "") -> Fault:
    """Two prices where an order has one: the line at either end; `word` goes in front where none stands."""
    start, end = span(token)
    low, high = (part.strip(" $") for part in _TO.split(str(token), maxsplit=1))
    mends = tuple(((start, end, f"{word}{one}"),) for one in (low, high))
    return Fault(RefusalCode.PRICE_RANGE, (start, end), mends=mends, low=low, high=high)


@dataclass(slots=True)
class LeafReader:
    """Reads the values of one line; `notes` collects what the user should be told about the reading."""

    comma_decimal: bool
    tickers: Collection[str] = ()  # markets that exist, as far as that is known
    notes: list[Note] = field(default_factory=list)

    def number(self, word: str, at: int) -> Decimal:
        """Positive number written as `word`, which starts at `at`."""
        place = (at, at + len(word))
        value = read_number(word, comma_decimal=self.comma_decimal)
        if isinstance(value, NumberTooLarge):
            raise Fault(RefusalCode.NUMBER_TOO_LARGE, place, word=word)
        if isinstance(value, AmbiguousNumber):
            raise ambiguous(word, place, *(((*place, reading),) for reading in value.readings))
        if not value:
            raise unexpected(word, place)
        return value

    def _inner(self, token: Token, drop_left: str, drop_right: str) -> Decimal:
        """The number of a token between what its kind puts before and after it."""
        text = str(token)
        core = text.lstrip(drop_left)
        return self.number(core.rstrip(drop_right), span(token)[0] + len(text) - len(core))

    def bare(self, token: Token) -> Decimal:
        return self._inner(token, "", "")

    def leverage(self, token: Token) -> Decimal:
        return self._inner(token, "xX ", "xX ")

    def percent(self, token: Token) -> Decimal:
        return self._inner(token, f"{_SIGNS} ", "% ")

    def money(self, token: Token) -> Decimal:
        text = str(token)
        start = len(text) - len(text.lstrip("$ "))
        unit = _MONEY_UNIT.search(text, start)
        if unit is not None and unit.group().strip().lower() == "usdt":
            self.notes.append(Note("mapped-quote", (("typed", "USDT"), ("used", "USDC"))))
        return self.number(text[start : unit.start() if unit else None], span(token)[0] + start)

    def symbol(self, token: Token) -> str:
        return str(token).lstrip("$#").upper()

    def account(self, node: Node) -> str:
        return str(tokens(node)[-1]).strip('"')

    # --- sizes -----------------------------------------------------------------------------------

    def share(self, token: Token) -> PercentSize:
        percent = self.percent(token)
        if percent > HUNDRED:
            raise unexpected(str(token), span(token), "25%", "100%")
        return PercentSize(percent)

    def fraction(self, node: Node) -> PercentSize:
        return PercentSize(_FRACTIONS[tokens(node)[0].type])

    def quote_size(self, node: Node) -> QuoteSize:
        """`$200`, `200 usd`, `200 worth`."""
        first = tokens(node)[0]
        return QuoteSize(self.money(first) if first.type == "MONEY" else self.bare(first))

    def glued(self, token: Token) -> tuple[BaseSize, str]:
        """`0.5sol`. A ticker that begins with k could also be thousands: `5kbonk` asks."""
        match = _GLUED.fullmatch(str(token))
        if match is None:
            raise unexpected(str(token), span(token))
        digits, ticker = match.groups()
        start, end = span(token)
        if ticker[0] in "kK" and len(ticker) > 1:
            raise ambiguous(
                str(token),
                (start, end),
                ((start, end, f"{digits} {ticker}"),),
                ((start, end, f"{digits}{ticker[0]} {ticker[1:]}"),),
            )
        return BaseSize(self.number(digits, start)), ticker.upper()

    # --- prices ----------------------------------------------------------------------------------

    def value(self, node: Tree[Token]) -> PriceExpr:
        """The price of a `value` or `loose_value` node."""
        first, *rest = tokens(node)
        match first.type:
            case "NUM":
                return AbsolutePrice(self.bare(first))
            case "MONEY":
                return AbsolutePrice(self.money(first))
            case "PCT" | "SIGNED_PCT":
                return self._offset(first, roi=bool(rest))
            case "SIGNED_NUM":
                raise unsupported(features.ABSOLUTE_OFFSET, span(node))
            case "RANGE":
                raise unsupported(features.PRICE_RANGE, span(node))
            case "VARIABLE":
                raise unsupported(features.PRICE_VARIABLE, span(node))
        raise unsupported(features.inside_feature(str(first)), span(first))

    def _offset(self, token: Token, *, roi: bool) -> PercentOffset:
        percent = self.percent(token)
        sign = str(token)[0]
        if sign == "-" and percent >= HUNDRED:
            raise unexpected(str(token), span(token))
        return PercentOffset(percent.copy_negate() if sign == "-" else percent, sign in _SIGNS, roi)

    def price_after(self, node: Tree[Token]) -> PriceExpr:
        """The price of `at 142.5` and its kin: the value is the last child; `roi` has no meaning there."""
        value = node.children[-1]
        assert isinstance(value, Tree)
        price = self.value(value)
        if isinstance(price, PercentOffset) and price.roi:
            last = tokens(value)[-1]
            raise unexpected(str(last), span(last))
        return price
