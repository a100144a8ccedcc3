"""Builds `same`: the line of the card it answers once more, with another size, leverage or symbol."""

from __future__ import annotations

from lark import Token, Tree

from bot.domain.intent import AgainIntent
from bot.language.faults import unexpected
from bot.language.leaves import LeafReader, Node, span, words
from bot.language.order import OrderParts


def build_again(tree: Tree[Token], reader: LeafReader) -> AgainIntent:
    """The intent of an `again` node; raises `Fault`."""
    parts = OrderParts(reader)
    parts.handlers |= {"leverage": parts.on_leverage, "stray": _refuse}
    parts.walk(tree.children)
    parts.check_basis(of_position=False)
    return AgainIntent(parts.get("symbol"), parts.get("size"), parts.get("leverage"))


def _refuse(node: Node) -> None:
    """Words that a trade could have: or `same sl 3%` would speak of a coin called SL."""
    raise unexpected(words(node), span(node), "2x", "$300", "btc")
