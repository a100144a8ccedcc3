"""Builds a trade from its arguments, and refuses the readings that differ between trading dialects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lark import Token, Tree

from bot.domain.intent import AbsolutePrice, TradeIntent, Verb
from bot.domain.refusal import RefusalCode
from bot.domain.values import HUNDRED, TimeInForce
from bot.language import features
from bot.language.faults import Fault, Mend, ambiguous, unexpected, unsupported
from bot.language.leaves import LeafReader, Node, kind, refuse_listed, span, tokens, words
from bot.language.order import OrderParts

_DELIBERATE: Final = frozenset({"limit", "post", "tif", "trigger"})  # no callout says these
_NUMBERS: Final = frozenset({"NUM", "percent", "money", "RANGE", "SIGNED_NUM", "SIGNED_PCT"})


def build_trade(tree: Tree[Token], reader: LeafReader) -> TradeIntent:
    """The intent of a `trade` node; raises `Fault`."""
    parts = _TradeParts(reader)
    parts.walk(tree.children)
    return parts.finish()


class _TradeParts(OrderParts):
    def __init__(self, reader: LeafReader) -> None:
        super().__init__(reader)
        self.nodes: Sequence[Node] = ()
        self.handlers |= {
            "verb": lambda node: self.put("verb", Verb[tokens(node)[0].type], node),
            "leverage": self.on_leverage,
            "trigger": self.on_trigger,
            "take_profit": self.on_take_profit,
            "stop_loss": lambda node: self.put("stop_loss", self._exit_price(node), node),
            "time_in_force": lambda node: self.put("tif", TimeInForce[tokens(node)[0].type], node),
            "POST": lambda node: self.put("post", True, node),
            "REDUCE": lambda node: self.put("reduce", True, node),
            "slippage": self.on_slippage,
        }

    def walk(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        super().walk(nodes)

    def before(self, node: Node) -> None:
        """A number right after `tp 160` or `sl 3%` is a second target to one trader, a size to another."""
        previous = self.previous
        if previous is None or kind(previous) not in {"take_profit", "stop_loss"}:
            return
        if kind(node) not in _NUMBERS:
            return
        if kind(node) == "money" and tokens(previous)[-1].type != "MONEY":
            return
        if kind(previous) == "stop_loss":
            cut = ((span(previous)[1], span(node)[1], ""),)
            raise ambiguous(words(node), span(node), self._moved_before(node, previous), cut)
        mends = (self._only_first_target(previous, node), self._moved_before(node, previous))
        is_share = kind(node) == "percent" and isinstance(self.get("take_profit"), AbsolutePrice)
        raise unsupported(
            features.PARTIAL_TARGET if is_share else features.SEVERAL_TARGETS, span(node), *mends
        )

    def _moved_before(self, node: Node, keyword: Node) -> Mend:
        """The line with the number in front of the keyword, where it can only be a size."""
        (start, end), (place, _) = span(node), span(keyword)
        return (place, place, words(node) + " "), (start, end, "")

    def _only_first_target(self, target: Node, extra: Node) -> Mend:
        """The line with every number after the first target cut out."""
        start = span(target)[1]
        end = span(extra)[1]
        for node in self.nodes:
            if span(node)[0] < end:
                continue
            if kind(node) not in _NUMBERS | {"PUNCTUATION"}:
                break
            end = span(node)[1]
        return ((start, end, ""),)

    def _exit_price(self, node: Tree[Token]) -> object:
        value = node.children[-1]
        assert isinstance(value, Tree)
        refuse_listed(value)
        return self.reader.value(value)

    # --- arguments -------------------------------------------------------------------------------

    def on_trigger(self, node: Tree[Token]) -> None:
        """`sl 139 trigger 140` is a stop-limit exit elsewhere; here a trigger belongs to the entry."""
        previous = self.previous
        if previous is not None and kind(previous) == "stop_loss":
            place = span(node)
            raise unsupported(features.STOP_LIMIT_EXIT, place, self._moved_before(node, previous))
        if tokens(node)[0].lower().startswith("stop") and "limit" in tokens(node)[0].lower():
            self.put("limit", True, node)
        self.put("trigger", self.reader.price_after(node), node)

    def on_take_profit(self, node: Tree[Token]) -> None:
        if "take_profit" in self.said:
            start, end = span(node)
            raise unsupported(features.SEVERAL_TARGETS, (start, end), ((start, end, ""),))
        self.put("take_profit", self._exit_price(node), node)

    def on_slippage(self, node: Tree[Token]) -> None:
        token = tokens(node)[1]
        if token.type == "NUM":
            end = span(token)[1]
            raise unexpected(str(token), span(token), "0.5%", mends=(((end, end, "%"),),))
        percent = self.reader.percent(token)
        if percent > HUNDRED:
            raise unexpected(str(token), span(token), "0.5%")
        self.put("slippage", percent, node)

    # --- the whole -------------------------------------------------------------------------------

    def finish(self) -> TradeIntent:
        verb = self.said["verb"]
        if "symbol" not in self.said:
            raise Fault(RefusalCode.MISSING_SYMBOL, span(verb.node), expected=("SOL",))
        self.check_limit_has_price()
        if self.get("post") and self.price is None:
            place = span(self.said["post"].node)
            raise Fault(RefusalCode.MISSING_PRICE, place, expected=("at 142.5",), symbol=self.get("symbol"))
        self.check_basis(of_position=bool(self.get("reduce")))
        return TradeIntent(
            verb=verb.value,
            symbol=self.get("symbol"),
            size=self.get("size"),
            leverage=self.get("leverage"),
            price=self.price,
            trigger=self.get("trigger"),
            take_profit=self.get("take_profit"),
            stop_loss=self.get("stop_loss"),
            time_in_force=self.get("tif"),
            post_only=bool(self.get("post")),
            reduce_only=bool(self.get("reduce")),
            slippage=self.get("slippage"),
            account=self.get("account"),
            callout=self._is_callout(),
        )

    def _is_callout(self) -> bool:
        """Whether the line has the shape `domain.preview.stale_entry` describes."""
        if not isinstance(self.price, AbsolutePrice) or self.said.keys() & _DELIBERATE:
            return False
        word = tokens(self.said["price"].node)[0].lower()
        return word.startswith(("@", "entry")) and bool(self.said.keys() & {"take_profit", "stop_loss"})
