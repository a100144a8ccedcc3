"""What a client may subscribe to, and who has: stream names understood, sockets by stream.

Captured behaviour: no acknowledgement; an unknown stream type is error 4006, an unknown depth window 4008, an
unreadable frame 4002; an unknown market is silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bot.sandbox.exchange.candles import INTERVALS

S = TypeVar("S")

PARSE_ERROR, BAD_SIGNATURE, BAD_STREAM, BAD_WINDOW = 4002, 4003, 4006, 4008
MESSAGES = {
    PARSE_ERROR: "Parse error",
    BAD_SIGNATURE: "Invalid signature",
    BAD_STREAM: "Invalid stream",
    BAD_WINDOW: "Invalid depth window",
}
WINDOWS = {"200ms": 0.2, "600ms": 0.6, "1000ms": 1.0}
_PLAIN = frozenset({"bookTicker", "depth", "markPrice", "openInterest", "ticker", "trade"})
_PRIVATE = frozenset({"account.orderUpdate", "account.positionUpdate", "account.rfqUpdate"})
_WINDOW = re.compile(r"\d+ms")


class StreamError(Exception):
    """A subscription refused. `code` is one of the 400x codes."""

    def __init__(self, code: int) -> None:
        super().__init__(MESSAGES[code])
        self.code = code


@dataclass(frozen=True, slots=True)
class Name:
    """A stream name taken apart. `detail` is a depth window or a candle interval."""

    text: str
    kind: str
    symbol: str | None = None
    detail: str | None = None

    @property
    def is_private(self) -> bool:
        return self.kind.startswith("account.")


def parse(text: str) -> Name:
    """Raises `StreamError`."""
    if text == "liquidation":
        return Name(text, text)
    if text.startswith("account."):
        return _parse_private(text)
    kind, _, rest = text.partition(".")
    if kind == "kline":
        interval, _, symbol = rest.partition(".")
        if interval not in INTERVALS:
            raise StreamError(BAD_STREAM)
        return Name(text, kind, symbol, interval)
    if kind not in _PLAIN or not rest:
        raise StreamError(BAD_STREAM)
    window, _, symbol = rest.partition(".")
    if kind == "depth" and symbol and _WINDOW.fullmatch(window):
        if window not in WINDOWS:
            raise StreamError(BAD_WINDOW)
        return Name(text, kind, symbol, window)
    return Name(text, kind, rest)


def _parse_private(text: str) -> Name:
    if text == "account.balanceUpdate":
        return Name(text, text)
    for kind in _PRIVATE:
        if text == kind:
            return Name(text, kind)
        if text.startswith(f"{kind}.") and len(text) > len(kind) + 1:
            return Name(text, kind, text[len(kind) + 1 :])
    raise StreamError(BAD_STREAM)


@dataclass(slots=True)
class Registry(Generic[S]):
    """Subscribers by stream; private streams by account as well (0 for public ones)."""

    _by_stream: dict[tuple[int, str], dict[S, None]] = field(default_factory=dict)
    _names: dict[str, Name] = field(default_factory=dict)

    def add(self, subscriber: S, name: Name, account_id: int = 0) -> bool:
        """False when it was subscribed already."""
        known = self._by_stream.setdefault((account_id, name.text), {})
        self._names[name.text] = name
        if subscriber in known:
            return False
        known[subscriber] = None
        return True

    def remove(self, subscriber: S, text: str | None = None) -> None:
        """From one stream (of any account), or from all."""
        for key in list(self._by_stream):
            if text in {None, key[1]}:
                self._by_stream[key].pop(subscriber, None)
                if not self._by_stream[key]:
                    del self._by_stream[key]

    def of(self, text: str, account_id: int = 0) -> list[S]:
        return list(self._by_stream.get((account_id, text), ()))

    def wanted(self, text: str, account_id: int = 0) -> bool:
        return (account_id, text) in self._by_stream

    def followed(self) -> set[str]:
        """The streams somebody listens to, of whatever account."""
        return {text for _, text in self._by_stream}

    def names(self, kind: str) -> Iterator[Name]:
        """Public streams of a kind that somebody listens to."""
        for account_id, text in list(self._by_stream):
            if not account_id and self._names[text].kind == kind:
                yield self._names[text]

    def symbols(self) -> Iterable[str]:
        """Markets of all public streams in use."""
        return {
            name.symbol
            for account_id, text in self._by_stream
            if not account_id and (name := self._names[text]).symbol is not None
        }
