"""Builds what ends or guards a position: `close sol half`, `tp 50% at 70k`, `sl sol 3%`."""

from __future__ import annotations

from collections.abc import Sequence

from lark import Token, Tree

from bot.domain.intent import BareSize, BaseSize, CloseIntent, PriceExpr, ProtectIntent, QuoteSize, Size
from bot.domain.values import HUNDRED
from bot.language import features
from bot.language.faults import Fault, ambiguous, unexpected, unsupported
from bot.language.leaves import LeafReader, Node, refuse_listed, span, tokens, words
from bot.language.order import OrderParts

_SCOPES = {"LONGS": "longs", "SHORTS": "shorts"}


def build_close(tree: Tree[Token], reader: LeafReader) -> CloseIntent:
    """The intent of a `close` node; raises `Fault`."""
    parts = _CloseParts(reader)
    parts.walk(tree.children)
    return parts.finish()


class _CloseParts(OrderParts):
    def __init__(self, reader: LeafReader) -> None:
        super().__init__(reader)
        self.handlers |= {
            "fraction": self.on_fraction,
            "scope": lambda node: self.put("scope", _SCOPES[tokens(node)[0].type], node),
        }

    def on_fraction(self, node: Tree[Token]) -> None:
        if tokens(node)[0].type == "ALL":
            self.put("all", True, node)
        else:
            self.put_size(self.reader.fraction(node), node)

    def finish(self) -> CloseIntent:
        """With a symbol, `all` is the whole position and `long` only says what the trader believes it is."""
        self.check_limit_has_price()
        self.check_basis(of_position=True)
        symbol, scope = self.get("symbol"), self.get("scope")
        if symbol is not None:
            scope = None
        elif scope is None and self.get("all"):
            scope = "all"
        return CloseIntent(symbol, scope, self.get("size"), self.price, self.get("account"))


def build_protect(tree: Tree[Token], reader: LeafReader) -> ProtectIntent:
    """The intent of a `protect` node; raises `Fault`."""
    parts = _ProtectParts(reader)
    parts.walk(tree.children)
    return parts.finish()


class _ProtectParts(OrderParts):
    """Numbers are gathered first: which is price and which is size shows only at the end of the line."""

    def __init__(self, reader: LeafReader) -> None:
        super().__init__(reader)
        self.values: list[Tree[Token]] = []
        self.keyword: Token | None = None
        self.ticker_after: Tree[Token] | None = None  # the value written right before the symbol
        self.handlers |= {
            "TP": self.on_keyword,
            "SL": self.on_keyword,
            "SYMBOL": self.on_ticker,
            "loose_value": self.values.append,
            "fraction": self.on_fraction,
        }

    def on_keyword(self, token: Token) -> None:
        self.keyword = token

    def on_ticker(self, token: Token) -> None:
        self.on_symbol(token)
        if self.values and self.previous is self.values[-1]:
            self.ticker_after = self.values[-1]

    def on_fraction(self, node: Tree[Token]) -> None:
        size = self.reader.fraction(node)
        self.put("size", None if size.percent == HUNDRED else size, node)

    def finish(self) -> ProtectIntent:
        assert self.keyword is not None
        is_target = self.keyword.type == "TP"
        price = self._price(self.keyword, is_target)
        return ProtectIntent(
            kind="tp" if is_target else "sl",
            price=price,
            symbol=self.get("symbol"),
            size=self.get("size"),
            account=self.get("account"),
        )

    def _price(self, keyword: Token, is_target: bool) -> PriceExpr:
        stated = self.price
        if stated is not None:
            for value in self.values:
                self.put("size", self._size(value), value)
            return stated
        if not self.values:
            place = span(keyword)
            raise unexpected(str(keyword).strip(" :="), place, "160", "3%", "at 160")
        first, *rest = self.values
        if rest and not self._is_share(first, rest):
            raise self._too_many(first, rest, is_target)
        for share in rest:
            self.put("size", self.reader.share(tokens(share)[0]), share)
        refuse_listed(first)
        return self.reader.value(first)

    def _is_share(self, first: Node, rest: Sequence[Node]) -> bool:
        """`tp 160 50%`: a price, then the share of the position it closes."""
        return (
            len(rest) == 1
            and tokens(first)[0].type in {"NUM", "MONEY"}
            and [token.type for token in tokens(rest[0])] == ["PCT"]
        )

    def _too_many(self, first: Node, rest: Sequence[Node], is_target: bool) -> Fault:
        place = span(rest[0])
        only_first = ((span(first)[1], span(rest[-1])[1], ""),)
        if is_target and {tokens(node)[0].type for node in rest} == {tokens(first)[0].type}:
            return unsupported(features.SEVERAL_TARGETS, place, only_first)
        at_last = ((place[0], place[0], "at "),)
        return ambiguous(words(rest[0]), place, *([at_last] if len(rest) == 1 else []), only_first)

    def _size(self, value: Tree[Token]) -> Size:
        first, *roi = tokens(value)
        if roi or first.type not in {"NUM", "MONEY", "PCT"}:
            raise unexpected(words(value), span(value), "50%", "0.5")
        if first.type == "MONEY":
            return QuoteSize(self.reader.money(first))
        if first.type == "PCT":
            return self.reader.share(first)
        number = self.reader.bare(first)
        return BaseSize(number) if value is self.ticker_after else BareSize(number)
