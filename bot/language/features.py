"""What the grammar understands and the bot cannot do yet: named, so that it is refused and never misread.

The names are `feature-<name>` in every locale.
"""

from __future__ import annotations

from typing import Final

_LEADING: Final = {
    "scaled-orders": "scale scaleout grid swarm",
    "twap": "twap",
    "dca": "dca",
    "chase": "chase",
    "bracket": "bracket oco pstop",
    "trailing-stop": "trail trailingstop",
    "break-even": "breakeven be move",
    "edit-order": "edit",
    "set-leverage": "lev leverage margin",
    "flip": "flip",
    "add": "add",
    "reduce-position": "reduce",
    "undo": "undo",
    "price-band": "priceband",
    "risk-guard": "riskguard",
    "pnl": "pnl",
    "history": "history hist fills receipt",
    "chart": "chart",
    "risk-size": "risk rm",
    "export": "export",
    "timed-close": "closeafter closeat cancelafter",
    "copy-trading": "copytrade copy follow countertrade counter unfollow",
    "sharing": "share leaderboard lb tip rain",
    "signals": "signal",
}

_INSIDE: Final = {
    "break-even": "be breakeven",
    "trailing-stop": "trail trailing rest",
    "risk-size": "risk rm",
    "best-price": "best mid",
    "chase": "chase",
    "flip": "flip",
    "confirm-mode": "dry preview quiet",
    "isolated-margin": "isolated",
    "timed-close": "after",
    "good-till-date": "until gtd",
    "twap": "over every",
    "price-range": "zone",
    "conditional": "then",
}

# Named by the builders, not by a word of their own.
SEVERAL_TARGETS: Final = "several-targets"
PARTIAL_TARGET: Final = "partial-target"
FAN_OUT: Final = "fan-out"
PRICE_RANGE: Final = "price-range"
PRICE_VARIABLE: Final = "price-variable"
ABSOLUTE_OFFSET: Final = "absolute-offset"
TIMED: Final = "timed-close"
STOP_LIMIT_EXIT: Final = "stop-limit-exit"
PERCENT_BASIS: Final = "percent-basis"
LONG_CHAIN: Final = "long-chain"

FEATURES: Final = frozenset(
    {*_LEADING, *_INSIDE, SEVERAL_TARGETS, PARTIAL_TARGET, FAN_OUT, PRICE_RANGE}
    | {PRICE_VARIABLE, ABSOLUTE_OFFSET, TIMED, STOP_LIMIT_EXIT, PERCENT_BASIS, LONG_CHAIN}
)


def _by_word(table: dict[str, str]) -> dict[str, str]:
    return {word: feature for feature, words in table.items() for word in words.split()}


_LEADING_WORDS: Final = _by_word(_LEADING)
_INSIDE_WORDS: Final = _by_word(_INSIDE)


def leading_feature(word: str) -> str:
    """The feature a line beginning with `word` asks for."""
    return _LEADING_WORDS[_key(word)]


def inside_feature(word: str) -> str:
    """The feature an argument `word` asks for; a clock time is a timed close."""
    return _INSIDE_WORDS.get(_key(word), TIMED)


def _key(word: str) -> str:
    return word.lower().replace("-", "").replace(" ", "")
