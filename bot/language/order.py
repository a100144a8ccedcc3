"""Gathers what trades and exits have in common: a symbol, one size, one price, an account, in any order.

Each may be said once. Two numbers without a unit are never told apart by guess.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lark import Token, Tree

from bot.domain.intent import BareSize, BaseSize, PriceExpr, Size
from bot.language import features
from bot.language.digit_groups import is_group
from bot.language.faults import Mend, ambiguous, two_numbers, unexpected, unsupported
from bot.language.leaves import LeafReader, Node, kind, price_range, span, tokens, words


@dataclass(frozen=True, slots=True)
class OrderWords:
    """A value and the node that said it."""

    value: Any
    node: Node


class OrderParts:
    """Walks the arguments of one statement. `handlers` maps the kind of a node to what is done with it."""

    def __init__(self, reader: LeafReader) -> None:
        self.reader = reader
        self.said: dict[str, OrderWords] = {}
        self.previous: Node | None = None  # the argument before, punctuation aside
        self.after_comma = False
        self.basis: Token | None = None
        self.handlers: dict[str, Callable[[Any], None]] = {
            "SYMBOL": self.on_symbol,
            "FANOUT": self.on_fanout,
            "money": lambda node: self.put_size(self.reader.quote_size(node), node),
            "quantity": lambda node: self.put_size(BaseSize(self.reader.bare(tokens(node)[1])), node),
            "base": self.on_base,
            "percent": self.on_percent,
            "fraction": lambda node: self.put_size(self.reader.fraction(node), node),
            "NUM": self.on_number,
            "GLUED": self.on_glued,
            "market": lambda node: self.put("price", None, node),
            "lead_market": lambda node: self.put("price", None, node),
            "lead_limit": self.on_limit,
            "limit": self.on_limit,
            "at": self.on_at,
            "account": lambda node: self.put("account", self.reader.account(node), node),
            "unsupported": self.on_unsupported,
            "SIGNED_NUM": self.on_loose,
            "SIGNED_PCT": self.on_loose,
            "RANGE": self.on_range,
            "VARIABLE": self.on_variable,
        }

    def walk(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            name = kind(node)
            if name == "PUNCTUATION":
                self.after_comma = str(node) == ","
                continue
            if name in self.handlers:
                self.before(node)
                self.handlers[name](node)
            self.previous = node
            self.after_comma = False

    def before(self, node: Node) -> None:
        """Called ahead of every argument; a trade looks here for numbers that follow a target."""

    def get(self, name: str) -> Any:
        """What was said, or None."""
        return self.said[name].value if name in self.said else None

    def put(self, name: str, value: Any, node: Node) -> None:
        if name in self.said:
            raise unexpected(words(node), span(node))
        self.said[name] = OrderWords(value, node)

    # --- symbol ----------------------------------------------------------------------------------

    def on_symbol(self, token: Token) -> None:
        self.put_symbol(self.reader.symbol(token), token, span(token))

    def put_symbol(self, symbol: str, node: Node, place: tuple[int, int]) -> None:
        """The same symbol may be repeated (`btc long 0.1 btc`); another one may not."""
        if self.get("symbol") == symbol:
            return
        if "symbol" in self.said:
            if self.after_comma and self.previous is self.said["symbol"].node:
                raise unsupported(features.FAN_OUT, place)
            start, end = place
            raise unexpected(words(node)[start - end :], place)
        self.said["symbol"] = OrderWords(symbol, node)

    def on_fanout(self, token: Token) -> None:
        start, end = span(token)
        first = str(token).split(",", 1)[0]
        raise unsupported(features.FAN_OUT, (start, end), ((start, end, first),))

    # --- size ------------------------------------------------------------------------------------

    def put_size(self, size: Size, node: Node) -> None:
        if "size" not in self.said:
            self.said["size"] = OrderWords(size, node)
            return
        known = self.said["size"]
        bare = [part for part in (OrderWords(size, node), known) if isinstance(part.value, BareSize)]
        if not bare:
            raise unexpected(words(node), span(node))
        number, place = words(bare[0].node), span(bare[0].node)
        if len(bare) > 1:
            first_as_price = self._first_as_price(known.node, node)
            raise two_numbers(number, place, self._as_price(node), first_as_price)
        bare_first = bare[0].node is known.node
        raise ambiguous(
            number, place, self._first_as_price(known.node, node) if bare_first else self._as_price(node)
        )

    def on_number(self, token: Token) -> None:
        self.put_size(BareSize(self.reader.bare(token)), token)

    def _as_price(self, node: Node) -> Mend:
        start, _ = span(node)
        return ((start, start, "at "),)

    def _first_as_price(self, first: Node, second: Node) -> Mend:
        """`20 142` with 20 as the price: behind the size where `at 20 142` could be read as one number."""
        (start, end), (_, last) = span(first), span(second)
        if span(second)[0] == end + 1 and is_group(words(first), words(second)):
            return ((start, last, f"{words(second)} at {words(first)}"),)
        return self._as_price(first)

    def on_base(self, node: Tree[Token]) -> None:
        number, ticker = tokens(node)
        self.put_symbol(self.reader.symbol(ticker), node, span(ticker))
        self.put_size(BaseSize(self.reader.bare(number)), node)

    def on_glued(self, token: Token) -> None:
        size, symbol = self.reader.glued(token)
        self.put_symbol(symbol, token, span(token))
        self.put_size(size, token)

    def on_percent(self, node: Tree[Token]) -> None:
        share, *basis = tokens(node)
        self.put_size(self.reader.share(share), node)
        self.basis = basis[0] if basis else None

    def check_basis(self, *, of_position: bool) -> None:
        """`25% bal` means what `25%` means for an entry, `25% of position` what it means for an exit."""
        if self.basis is None:
            return
        wanted = ("position", "pos") if of_position else ("balance", "bal")
        if not self.basis.lower().endswith(wanted):
            place = span(self.basis)
            raise unsupported(features.PERCENT_BASIS, place, ((*place, ""),))

    def on_leverage(self, node: Tree[Token]) -> None:
        number = next(token for token in tokens(node) if token.type in {"LEV", "NUM"})
        self.put("leverage", self.reader.leverage(number), node)

    # --- price -----------------------------------------------------------------------------------

    def on_at(self, node: Tree[Token]) -> None:
        value = tokens(node)[-1]
        if value.type == "RANGE":
            raise price_range(value)
        self.put("price", self.reader.price_after(node), node)

    def on_limit(self, node: Tree[Token]) -> None:
        if len(node.children) > 1:
            self.on_at(node)
        else:
            self.put("limit", True, node)

    def check_limit_has_price(self) -> None:
        if "limit" in self.said and self.price is None:
            node = self.said["limit"].node
            raise unexpected(words(node), span(node), "at 142.5")

    @property
    def price(self) -> PriceExpr | None:
        price: PriceExpr | None = self.get("price")
        return price

    # --- what has no place -----------------------------------------------------------------------

    def on_unsupported(self, node: Tree[Token]) -> None:
        raise unsupported(features.inside_feature(str(tokens(node)[0])), span(tokens(node)[0]))

    def on_loose(self, token: Token) -> None:
        raise unexpected(str(token), span(token), "at -1%", mends=(self._as_price(token),))

    def on_range(self, token: Token) -> None:
        raise price_range(token, "at ")

    def on_variable(self, token: Token) -> None:
        raise unsupported(features.PRICE_VARIABLE, span(token))
