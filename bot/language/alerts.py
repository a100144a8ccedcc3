"""Builds an alert: `a btc > 100k`, `eth moves 3% in 15m cooldown 30m`, `liq < 10%`, `… then long btc $200`.

The words up to `then` are read by `alerts.lark`; what follows is a line of the main grammar.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from bot.domain.alerts.alert import (
    Activity,
    ActivityMove,
    BasisLevel,
    Condition,
    FundingCost,
    FundingExtreme,
    FundingFlip,
    FundingLevel,
    FundingSoon,
    FundingUnit,
    KeyTrouble,
    LiquidationDistance,
    LiquidationSize,
    MarginLevel,
    MarketNews,
    MarketNewsKind,
    MyFill,
    PriceLevel,
    PriceMove,
    PriceTrail,
    ProfitLevel,
    Source,
    SpreadLevel,
    Trend,
)
from bot.domain.intent import AlertIntent
from bot.domain.refusal import RefusalCode
from bot.domain.values import ZERO
from bot.language.alert_parts import MAX_LEAD_MS, AlertParts
from bot.language.alert_plan import ReadPlan, with_plan
from bot.language.faults import Fault, Mend, ambiguous, unexpected
from bot.language.leaves import LeafReader, span, tokens, words
from bot.language.typos import near

_HERE: Final = Path(__file__).parent
_THEN: Final = re.compile(r'"[^"\n]*"|(?<![^ ])then(?![^ ])', re.IGNORECASE)
_HEAD: Final = re.compile(r"(?:alerts?|a|remind|notify)(?: me.*)?$", re.IGNORECASE)
_WORD: Final = re.compile(r"[^ \n;]+")
_EXAMPLES: Final = ("SOL > 160", "SOL moves 3% in 15m", "SOL funding flips")
_VOCABULARY: Final = (
    "above", "below", "crosses", "moves", "change", "rises", "falls", "drops", "trail", "from", "funding",
    "cost", "flips", "positive", "negative", "extreme", "before", "volume", "spread", "basis", "liquidation",
    "margin", "fill", "listing", "delisting", "halt", "mark", "index", "once", "repeat", "every", "cooldown",
    "expire", "label", "silent", "then",
)  # fmt: skip


@cache
def lark() -> Lark:
    """The compiled grammar of what may stand between `alert` and `then`."""
    return Lark(
        (_HERE / "alerts.lark").read_text(encoding="utf-8"),
        parser="lalr",
        lexer="contextual",
        propagate_positions=True,
        maybe_placeholders=False,
        import_paths=[str(_HERE)],
        g_regex_flags=re.IGNORECASE | re.ASCII,
    )


def build_alert(tree: Tree[Token], reader: LeafReader, text: str, read_plan: ReadPlan) -> AlertIntent:
    """The intent of an `alert` node of the main grammar; raises `Fault`. `text` is the whole line."""
    head = tokens(tree)[0]
    start, end = span(tree)
    then = next((m for m in _THEN.finditer(text, span(head)[1], end) if m[0][0] != '"'), None)
    # Blanks keep every word where it stands in the line. `funding alert` names its subject first.
    words_end = then.start() if then is not None else end
    about = _HEAD.sub(lambda match: " " * len(match[0]), str(head))
    body = " " * start + about + text[span(head)[1] : words_end]
    intent = _read(body, head, reader)
    if then is None:
        return intent
    return with_plan(intent, text[:end], then.end(), read_plan, reader)


def _read(body: str, head: Token, reader: LeafReader) -> AlertIntent:
    tree = _parse_tree(body, head)
    parts = AlertParts(reader)
    try:
        parts.walk(tree.children)
        if not parts.said:
            raise unexpected(str(head), span(head), *_EXAMPLES)
        options = parts.options()
        condition = _Builder(parts, head, body).build()
        parts.finish()
    except Fault as fault:
        raise _guessed(body, fault) from None
    return AlertIntent(condition, options)


def _parse_tree(body: str, head: Token) -> Tree[Token]:
    try:
        return lark().parse(body)
    except UnexpectedCharacters as error:
        at = error.pos_in_stream or 0
    except UnexpectedToken as error:
        if error.token.type == "$END":
            last = list(_WORD.finditer(body))
            place = last[-1].span() if last else span(head)
            raise unexpected(body[slice(*place)] or str(head), place, *_expected(error.expected)) from None
        at = error.token.start_pos or 0
    match = _WORD.match(body, at)
    place = match.span() if match else (at, at + 1)
    raise _guessed(body, unexpected(body[slice(*place)], place))


def _expected(terminals: set[str]) -> tuple[str, ...]:
    if "DURATION" in terminals:
        return "15m", "1h"
    if "PCT" in terminals:
        return "142.5", "3%"
    return ("dm",) if "DM" in terminals else ()


def _guessed(body: str, fault: Fault) -> Fault:
    """The fault, with the words it may have been meant to be."""
    place = fault.span
    mends: tuple[Mend, ...] = tuple(((*place, word),) for word in near(body[slice(*place)], _VOCABULARY))
    fault.mends = (*fault.mends, *mends)
    return fault


# --- what is watched -----------------------------------------------------------------------------------


class _Builder:
    """One method per metric; each takes the parts it needs and nothing else."""

    def __init__(self, parts: AlertParts, head: Token, body: str) -> None:
        self.parts = parts
        self.head = head
        word = max(_WORD.finditer(body), key=re.Match.start, default=None)
        self.last = (word[0], *word.span()) if word is not None else (str(head), *span(head))

    def build(self) -> Condition:
        parts = self.parts
        if parts.has("cost"):
            return self._cost()
        metric = parts.taken("metric")
        if metric is None:
            self._refuse_funding_words()
            return self._price()
        makers: dict[str, Callable[[], Condition]] = {
            "PRICE": self._price,
            "FUNDING": self._funding,
            "OI": lambda: self._activity(Activity.OPEN_INTEREST),
            "VOLUME": lambda: self._activity(Activity.VOLUME),
            "SPREAD": lambda: SpreadLevel(self._symbol(), self._only(Trend.UP, "> 0.2%", self._size)),
            "BASIS": self._basis,
            "LIQUIDATION": self._liquidation,
            "LIQ": self._distance,
            "FILL": lambda: MyFill(self._any_symbol()),
            "MARGIN": lambda: MarginLevel(self._only(Trend.DOWN, "< 20%", self._size)),
            "PNL": self._profit,
            "LISTING": lambda: MarketNews(MarketNewsKind.LISTED, self._any_symbol()),
            "DELISTING": lambda: MarketNews(MarketNewsKind.DELISTED, self._any_symbol()),
            "HALT": lambda: MarketNews(MarketNewsKind.HALTED, self._any_symbol()),
            "KEY": KeyTrouble,
        }
        self.subject = metric.node
        return makers[metric.value]()

    def _refuse_funding_words(self) -> None:
        """`sol flips` may mean the price to one who does not trade funding: the word is asked for."""
        for name in ("flip", "extreme", "unit", "before"):
            if self.parts.has(name):
                node = self.parts.said[name].node
                start = span(self.parts.said.get("value", self.parts.said[name]).node)[0]
                if self.parts.has("relation"):
                    start = span(self.parts.said["relation"].node)[0]
                raise unexpected(words(node), span(node), "funding", mends=(((start, start, "funding "),),))

    # --- parts -----------------------------------------------------------------------------------

    def _symbol(self) -> str:
        symbol = self.parts.take("symbol")
        if symbol is None:
            raise Fault(RefusalCode.MISSING_SYMBOL, span(self.head), expected=("SOL",))
        return str(symbol)

    def _any_symbol(self) -> str | None:
        if not self.parts.has("symbol"):
            self.parts.take("any")
        symbol: str | None = self.parts.take("symbol")
        return symbol

    def _value(self, *expected: str) -> Token:
        said = self.parts.taken("value")
        if said is None:
            raise unexpected(self.last[0], self.last[1:], *expected)
        token: Token = said.value
        return token

    def _size(self, token: Token) -> Decimal:
        return self.parts.size(token)

    def _only(self, trend: Trend, example: str, read: Callable[[Token], Decimal]) -> Decimal:
        """The value of a condition that makes sense in one direction; saying none means that one."""
        relation = self.parts.taken("relation")
        if relation is not None and relation.value is not trend:
            place = span(relation.node)
            raise unexpected(words(relation.node), place, example, mends=(((*place, example[0]),),))
        return read(self._value(example))

    def _trend(self) -> Trend:
        trend: Trend | None = self.parts.take("relation")
        return trend or Trend.EITHER

    # --- conditions ------------------------------------------------------------------------------

    def _price(self) -> Condition:
        symbol = self._symbol()
        source: Source = self.parts.take("source") or Source.LAST
        if self.parts.has("trail"):
            return self._trail(symbol, source)
        if self.parts.has("change") or self._is_move():
            return self._move(symbol, source)
        start = span(self.parts.said["relation"].node)[0] if self.parts.has("relation") else None
        trend = self._trend()
        token = self._value("> 160", "moves 3% in 15m", "trail 5%")
        if token.type in {"PCT", "SIGNED_PCT"}:  # a level is a price; a per cent is a move
            place = (span(token)[0] if start is None else start, span(token)[1])
            mends = tuple(((*place, f"moves {token} in {window}"),) for window in ("15m", "1h", "24h"))
            raise unexpected(str(token), span(token), "160", mends=mends)
        level = self.parts.amount(token)
        if level <= ZERO:
            raise unexpected(str(token), span(token), "142.5")
        return PriceLevel(symbol, level, trend, source)

    def _is_move(self) -> bool:
        """`eth 3% in 15m`."""
        value = self.parts.said.get("value")
        is_percent = value is not None and value.value.type == "PCT"
        return is_percent and self.parts.has("window") and not self.parts.has("relation")

    def _move(self, symbol: str, source: Source) -> PriceMove:
        trend, percent, window_ms = self._change()
        return PriceMove(symbol, percent, window_ms, trend, source)

    def _change(self) -> tuple[Trend, Decimal, int]:
        """Direction, per cent and window of `up 3% in 15m`."""
        change = self.parts.taken("change")
        trend: Trend = change.value if change is not None else Trend.EITHER
        token = self._value("3% in 15m")
        percent = self.parts.size(token, below_hundred=trend is Trend.DOWN)
        window = self.parts.take("window")
        if window is None:
            end = span(token)[1]
            spans = tuple(((end, end, f" in {span_}"),) for span_ in ("15m", "1h", "24h"))
            raise unexpected(str(token), span(token), "3% in 15m", mends=spans)
        return trend, percent, int(window)

    def _trail(self, symbol: str, source: Source) -> PriceTrail:
        self.parts.take("trail")
        trend: Trend = self.parts.take("change") or Trend.EITHER
        percent = self.parts.size(self._value("5%"), below_hundred=trend is Trend.DOWN)
        anchor = self.parts.taken("anchor")
        if anchor is not None and anchor.value <= ZERO:
            raise unexpected(words(anchor.node), span(anchor.node), "from 140")
        return PriceTrail(symbol, percent, trend, anchor.value if anchor is not None else None, source)

    def _funding(self) -> Condition:
        if self.parts.has("flip"):
            return FundingFlip(self._any_symbol(), self.parts.take("flip"))
        if self.parts.has("extreme"):
            self.parts.take("extreme")
            return FundingExtreme(self._any_symbol())
        if not self.parts.has("value"):
            return self._funding_soon()
        trend = self._trend()
        percent = self.parts.percent(self._value("30% apr"))
        unit: FundingUnit = self.parts.take("unit") or FundingUnit.INTERVAL
        return FundingLevel(self._any_symbol(), percent, trend, unit)

    def _funding_soon(self) -> FundingSoon:
        window = self.parts.taken("window")
        if window is None:
            raise unexpected(words(self.subject), span(self.subject), "> 30% apr", "flips", "in 10m")
        if window.value > MAX_LEAD_MS:
            raise unexpected(words(window.node), span(window.node), "in 10m")
        self.parts.take("before")
        return FundingSoon(self._symbol(), window.value)

    def _cost(self) -> FundingCost:
        metric = self.parts.taken("metric")
        if metric is not None and metric.value != "FUNDING":
            raise unexpected(words(metric.node), span(metric.node), "funding cost")
        self.parts.take("cost")
        return FundingCost(self._any_symbol(), self._only(Trend.UP, "> $5", self._money))

    def _money(self, token: Token) -> Decimal:
        amount = self.parts.amount(token)
        if amount <= ZERO:
            raise unexpected(str(token), span(token), "$100")
        return amount

    def _activity(self, activity: Activity) -> ActivityMove:
        symbol = self._symbol()
        trend, percent, window_ms = self._change()
        return ActivityMove(symbol, activity, percent, window_ms, trend)

    def _basis(self) -> BasisLevel:
        trend = self._trend()
        return BasisLevel(self._symbol(), self.parts.percent(self._value("> 0.5%")), trend)

    def _liquidation(self) -> Condition:
        """`liquidation > $100k` is somebody's; `liquidation < 10%` is the distance of mine."""
        value = self.parts.said.get("value")
        if value is not None and value.value.type in {"PCT", "PERCENTS"}:
            return self._distance()
        return LiquidationSize(self._any_symbol(), self._only(Trend.UP, "> $100k", self._money))

    def _distance(self) -> LiquidationDistance:
        relation = self.parts.taken("relation")
        if relation is not None and relation.value is not Trend.DOWN:
            place = span(relation.node)
            raise unexpected(words(relation.node), place, "< 10%", mends=(((*place, "<"),),))
        token = self._value("< 10%", "20/10/5%")
        if token.type == "PERCENTS":
            percents = self._percents(token)
        else:
            percents = (self.parts.size(token, below_hundred=True),)
        return LiquidationDistance(self._any_symbol(), percents)

    def _percents(self, token: Token) -> tuple[Decimal, ...]:
        """`20/10/5%`, widest first."""
        start = span(token)[0]
        found = set()
        for match in re.finditer(r"[\d.]+", str(token)):
            percent = self.parts.reader.number(match[0], start + match.start())
            if percent >= 100:
                raise unexpected(str(token), span(token), "20/10/5%")
            found.add(percent)
        if len(found) > 10:
            raise unexpected(str(token), span(token), "20/10/5%")
        return tuple(sorted(found, reverse=True))

    def _profit(self) -> ProfitLevel:
        symbol = self._any_symbol()
        trend = self._trend()
        token = self._value("> $50", "< -10%")
        if token.type in {"PCT", "SIGNED_PCT"}:
            if symbol is None:
                raise Fault(RefusalCode.MISSING_SYMBOL, span(self.subject), expected=("SOL",))
            return ProfitLevel(symbol, trend, percent=self.parts.percent(token, at_most=Decimal(100_000)))
        if token.type in {"NUM", "SIGNED_NUM"} and self.parts.amount(token) != ZERO:
            start, end = span(token)
            dollars = start + (str(token)[0] in "+-")
            raise ambiguous(str(token), (start, end), ((dollars, dollars, "$"),), ((end, end, "%"),))
        return ProfitLevel(symbol, trend, amount=self.parts.amount(token))
