"""Gathers what was said of an alert, in whatever order, and reads its numbers, times and options.

Each thing may be said once; what a condition does not use is refused where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from lark import Token, Tree

from bot.domain.alerts.alert import AlertOptions, Audience, FundingUnit, Loudness, Source, Trend
from bot.domain.refusal import RefusalCode
from bot.domain.values import ZERO
from bot.language.faults import Fault, unexpected
from bot.language.leaves import LeafReader, Node, kind, span, tokens, words

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
MAX_WINDOW_MS: Final = 30 * DAY_MS
MAX_LEAD_MS: Final = DAY_MS
MAX_LIFETIME_MS: Final = 365 * DAY_MS
MAX_LABEL: Final = 40  # characters

METRICS: Final = frozenset(
    {"PRICE", "FUNDING", "OI", "VOLUME", "SPREAD", "BASIS", "LIQUIDATION", "LIQ", "FILL", "MARGIN", "PNL"}
    | {"LISTING", "DELISTING", "HALT", "KEY"}
)
_UNIT_MS: Final = {"s": 1000, "m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS, "w": 7 * DAY_MS}
_TIME: Final = re.compile(r"([\d.]+) ?([a-z])[a-z]*", re.IGNORECASE)
_NOTHING: Final = re.compile(r"0+(?:\.0+)?|\.0+", re.ASCII)
_TRENDS: Final = {"ABOVE": Trend.UP, "UP": Trend.UP, "POSITIVE": Trend.UP} | {
    "BELOW": Trend.DOWN,
    "DOWN": Trend.DOWN,
    "NEGATIVE": Trend.DOWN,
}
_PER: Final = {HOUR_MS: FundingUnit.HOUR, 8 * HOUR_MS: FundingUnit.EIGHT_HOURS}


@dataclass(frozen=True, slots=True)
class AlertWords:
    """A value and the node that said it."""

    value: Any
    node: Node


class AlertParts:
    """Walks the words of one alert. Builders `take` what they use; `finish` refuses what is left."""

    def __init__(self, reader: LeafReader) -> None:
        self.reader = reader
        self.said: dict[str, AlertWords] = {}
        self._handlers: dict[str, Callable[[Any], None]] = {
            **dict.fromkeys(METRICS, self._metric),
            "SYMBOL": lambda node: self.put("symbol", reader.symbol(node), node),
            "ANY": lambda node: self.put("any", None, node),
            "COST": lambda node: self.put("cost", None, node),
            "LAST": lambda node: self.put("source", Source.LAST, node),
            "MARK": lambda node: self.put("source", Source.MARK, node),
            "INDEX": lambda node: self.put("source", Source.INDEX, node),
            "relation": self._relation,
            "level": lambda node: self.put("value", tokens(node)[0], node),
            "change": lambda node: self.put("change", trend_of(tokens(node)[0]), node),
            "trail": lambda node: self.put("trail", None, node),
            "anchor": lambda node: self.put("anchor", self.amount(tokens(node)[1]), node),
            "window": lambda node: self.put("window", duration(tokens(node)[-1], MAX_WINDOW_MS), node),
            "BEFORE": lambda node: self.put("before", None, node),
            "flip": lambda node: self.put("flip", trend_of(tokens(node)[-1]), node),
            "EXTREME": lambda node: self.put("extreme", None, node),
            "unit": lambda node: self.put("unit", _unit(node), node),
            "ONCE": lambda node: self.put("repeat", False, node),
            "REPEAT": lambda node: self.put("repeat", True, node),
            "every": self._every,
            "cooldown": lambda node: self.put("cooldown", duration(tokens(node)[-1], MAX_WINDOW_MS), node),
            "expire": lambda node: self.put("expire", duration(tokens(node)[-1], MAX_LIFETIME_MS), node),
            "label": self._label,
            "audience": self._audience,
            "SILENT": lambda node: self.put("loudness", Loudness.SILENT, node),
            "LOUD": lambda node: self.put("loudness", Loudness.ON, node),
            "MUTED": lambda node: self.put("loudness", Loudness.OFF, node),
        }

    def walk(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            handler = self._handlers.get(kind(node))
            if handler is not None:
                handler(node)

    def put(self, name: str, value: Any, node: Node) -> None:
        if name in self.said:
            raise unexpected(words(node), span(node))
        self.said[name] = AlertWords(value, node)

    def has(self, name: str) -> bool:
        return name in self.said

    def take(self, name: str) -> Any:
        """What was said, or None; it counts as used from now on."""
        said = self.said.pop(name, None)
        return None if said is None else said.value

    def taken(self, name: str) -> AlertWords | None:
        """As `take`, with its node."""
        return self.said.pop(name, None)

    def finish(self) -> None:
        """Raises `Fault` at the first word nobody used."""
        if self.said:
            left = min(self.said.values(), key=lambda said: span(said.node))
            raise unexpected(words(left.node), span(left.node))

    # --- words -------------------------------------------------------------------------------------

    def _metric(self, token: Token) -> None:
        if token.type == "PRICE" and "metric" in self.said:
            return  # `oi price` says nothing more than `oi`
        self.put("metric", token.type, token)

    def _relation(self, node: Tree[Token]) -> None:
        word, value = tokens(node)
        self.put("relation", trend_of(word), word)
        self.put("value", value, value)

    def _every(self, node: Tree[Token]) -> None:
        word = tokens(node)[-1]
        named = {"HOUR": HOUR_MS, "DAY": DAY_MS}
        self.put("every", named.get(word.type) or duration(word, MAX_WINDOW_MS), node)

    def _label(self, node: Tree[Token]) -> None:
        text = str(tokens(node)[-1]).strip('"').strip()
        if not text or len(text) > MAX_LABEL:
            raise unexpected(words(node), span(node), "label dip")
        self.put("label", text, node)

    def _audience(self, node: Tree[Token]) -> None:
        private = tokens(node)[-1].type == "DM"
        self.put("audience", Audience.PRIVATE if private else Audience.HERE, node)

    def options(self) -> AlertOptions:
        """`every 1h` is repeat with a cooldown; a cooldown alone means repeating too, but for `once`."""
        every, cooldown, repeat = self.taken("every"), self.taken("cooldown"), self.taken("repeat")
        if every is not None and (cooldown is not None or (repeat is not None and not repeat.value)):
            raise unexpected(words(every.node), span(every.node))
        pause = every or cooldown
        repeats = repeat.value if repeat is not None else pause is not None
        return AlertOptions(
            repeat=repeats,
            cooldown_ms=pause.value if pause is not None else 0,
            lifetime_ms=self.take("expire"),
            label=self.take("label"),
            audience=self.take("audience") or Audience.HERE,
            loudness=self.take("loudness") or Loudness.ON,
        )

    # --- numbers -----------------------------------------------------------------------------------

    def amount(self, token: Token) -> Decimal:
        """A price or money, signed; zero is a level like any other."""
        if token.type == "MONEY":
            is_nothing = _NOTHING.fullmatch(re.sub(r"[^\d.]", "", token))
            return ZERO if is_nothing else self.reader.money(token)
        if token.type in {"NUM", "SIGNED_NUM", "SIGNED_MONEY"}:
            return self._signed(token, "$ ")
        raise unexpected(str(token), span(token), "142.5")

    def percent(self, token: Token, *, at_most: Decimal = Decimal(1000)) -> Decimal:
        """Per cent, signed. A bare number is offered with its per cent sign."""
        if token.type in {"NUM", "SIGNED_NUM"}:
            end = span(token)[1]
            raise unexpected(str(token), span(token), "3%", mends=(((end, end, "%"),),))
        if token.type not in {"PCT", "SIGNED_PCT"}:
            raise unexpected(str(token), span(token), "3%")
        percent = self._signed(token, " ", "% ")
        if abs(percent) > at_most:
            raise unexpected(str(token), span(token), "3%")
        return percent

    def size(self, token: Token, *, below_hundred: bool = False) -> Decimal:
        """Per cent of a change: positive, and a fall is less than all."""
        percent = self.percent(token)
        if percent <= ZERO or str(token)[0] in "+-" or (below_hundred and percent >= 100):
            raise unexpected(str(token), span(token), "3%")
        return percent

    def _signed(self, token: Token, left: str, right: str = " ") -> Decimal:
        text = str(token)
        core = text.lstrip("+-" + left)
        number = core.rstrip(right)
        if _NOTHING.fullmatch(number):
            return ZERO
        value = self.reader.number(number, span(token)[0] + len(text) - len(core))
        return -value if "-" in text[: len(text) - len(core)] else value


def trend_of(word: Token) -> Trend:
    return _TRENDS.get(word.type, Trend.EITHER)


def duration(token: Token, at_most_ms: int) -> int:
    """Milliseconds of `90s`, `15m`, `1.5h`, `2d`, `1w`; whole seconds only."""
    match = _TIME.fullmatch(str(token))
    if match is None or len(match[1]) > 8:
        raise Fault(RefusalCode.NUMBER_TOO_LARGE, span(token), word=str(token))
    ms = Decimal(match[1]) * _UNIT_MS[match[2].lower()]
    if ms % 1000 or not 0 < ms <= at_most_ms:
        raise unexpected(str(token), span(token), "15m", "1h")
    return int(ms)


def _unit(node: Tree[Token]) -> FundingUnit:
    last = tokens(node)[-1]
    if last.type in {"APR", "YEAR"}:
        return FundingUnit.YEAR
    ms = HOUR_MS if last.type == "HOUR" else duration(last, MAX_LIFETIME_MS)
    if ms == 365 * DAY_MS:
        return FundingUnit.YEAR
    if ms not in _PER:
        raise unexpected(words(node), span(node), "apr", "per 8h", "per 1h")
    return _PER[ms]
