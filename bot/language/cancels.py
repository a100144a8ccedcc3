"""Builds what is neither entry nor exit: cancelling, questions, and the forms that come later."""

from __future__ import annotations

import re
from typing import Final

from lark import Token, Tree

from bot.domain.intent import CancelIntent, QueryIntent, QueryKind
from bot.domain.refusal import RefusalCode
from bot.domain.values import plain
from bot.language import features
from bot.language.faults import Fault, unexpected, unsupported
from bot.language.leaves import LeafReader, Node, kind, span, tokens, words

_CODE: Final = re.compile(r"(?:\d[a-z]){2,3}", re.IGNORECASE | re.ASCII)  # `trading.storage.orders.new_code`
_SCOPES = {"ALL": "all", "BUYS": "buys", "SELLS": "sells"}
_NEEDS_SYMBOL = frozenset({QueryKind.PRICE, QueryKind.BOOK})


def build_cancel(tree: Tree[Token], reader: LeafReader) -> CancelIntent:
    """The intent of a `cancel` node; raises `Fault`. `cancel all sol` is all of that symbol."""
    said: dict[str, str] = {}
    for node in tree.children:
        value: str
        match kind(node):
            case "SYMBOL":
                name, value = "symbol", reader.symbol(tokens(node)[0])
            case "FANOUT":
                raise unsupported(features.FAN_OUT, span(node))
            case "order_id" | "bare_id":
                name, value = _order_or_market(node, reader)
            case "cancel_scope":
                name, value = "scope", _SCOPES[tokens(node)[0].type]
            case "CANCELALL":
                name, value = "scope", "all"
            case "account":
                name, value = "account", reader.account(node)
            case _:
                continue
        if name == "scope" and said.get("scope") == "all":  # `cancel all buys`
            del said["scope"]
        named = said.keys() - {"account"} if name != "account" else set()
        if name in said or (named and "order_id" in {name, *named}):  # a code is one order, whatever else
            raise unexpected(words(node), span(node))
        said[name] = value
    if not said.keys() & {"symbol", "order_id", "scope"}:
        first = tokens(tree)[0]
        end = span(tree)[1]
        raise unexpected(str(first), span(first), "all", "SOL", "8F2K", mends=(((end, end, " all"),),))
    scope = said.get("scope")
    if scope == "all" and "symbol" in said:
        scope = None
    return CancelIntent(said.get("order_id"), said.get("symbol"), scope, said.get("account"))


def _order_or_market(node: Node, reader: LeafReader) -> tuple[str, str]:
    """What looks like an order's code may be a market, unless the line says `order`: `cancel ai16z`."""
    word = tokens(node)[0].lstrip("#").upper()
    is_market = kind(node) == "bare_id" and word in reader.tickers and not _CODE.fullmatch(word)
    return ("symbol" if is_market else "order_id"), word


def build_query(tree: Tree[Token], reader: LeafReader) -> QueryIntent:
    """The intent of a query node, which is named after its `QueryKind`; raises `Fault`."""
    query = QueryKind(kind(tree))
    first, last = tokens(tree)[0], tokens(tree)[-1]
    argument: str | None = None
    if query is QueryKind.CARRY:
        argument = " ".join(_carry_word(node, reader) for node in tree.children[1:]) or None
    elif last.type == "SYMBOL":
        argument = reader.symbol(last)
    elif last.type == "ANY_ID":
        argument = last.lstrip("#").upper()
    elif last.type == "TOPIC":
        argument = last.lower()
    if argument is None and query in _NEEDS_SYMBOL:
        raise Fault(RefusalCode.MISSING_SYMBOL, span(first), expected=("SOL",))
    return QueryIntent(query, argument)


def _carry_word(node: Node, reader: LeafReader) -> str:
    return (
        reader.symbol(tokens(node)[0])
        if kind(node) == "SYMBOL"
        else f"${plain(reader.quote_size(node).amount)}"
    )


def refuse_later(tree: Tree[Token]) -> Fault:
    """The refusal of a statement whose first word names something not built yet."""
    first = tokens(tree)[0]
    return unsupported(features.leading_feature(str(first)), span(first))
