"""What may be subscribed to, and who wants it: streams named once, counted by their readers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType

from bot.domain.markets.market_events import StreamKind


@dataclass(frozen=True, slots=True)
class Stream:
    """One public stream. `detail` is a candle interval; `symbol` is empty for liquidations of all markets."""

    kind: StreamKind
    symbol: str = ""
    detail: str = ""

    @property
    def name(self) -> str:
        """As the exchange calls it: `markPrice.SOL_USDC_PERP`, `kline.1m.SOL_USDC`, `liquidation`."""
        return ".".join(part for part in (self.kind.value, self.detail, self.symbol) if part)

    @classmethod
    def mark_price(cls, symbol: str) -> Stream:
        return cls(StreamKind.MARK_PRICE, symbol)

    @classmethod
    def trades(cls, symbol: str) -> Stream:
        return cls(StreamKind.TRADE, symbol)

    @classmethod
    def ticker(cls, symbol: str) -> Stream:
        return cls(StreamKind.TICKER, symbol)

    @classmethod
    def top(cls, symbol: str) -> Stream:
        return cls(StreamKind.BOOK_TICKER, symbol)

    @classmethod
    def depth(cls, symbol: str) -> Stream:
        return cls(StreamKind.DEPTH, symbol)

    @classmethod
    def klines(cls, symbol: str, interval: str) -> Stream:
        return cls(StreamKind.KLINE, symbol, interval)

    @classmethod
    def open_interest(cls, symbol: str) -> Stream:
        return cls(StreamKind.OPEN_INTEREST, symbol)

    @classmethod
    def liquidations(cls) -> Stream:
        return cls(StreamKind.LIQUIDATION)


class Subscription:
    """A reader's hold on some streams. Closing it twice is harmless."""

    def __init__(self, streams: tuple[Stream, ...], release: Callable[[tuple[Stream, ...]], None]) -> None:
        self.streams = streams
        self._release = release
        self._closed = False

    def close(self) -> None:
        """Let go; a stream nobody holds is unsubscribed."""
        if not self._closed:
            self._closed = True
            self._release(self.streams)

    def __enter__(self) -> Subscription:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Wanted:
    """Streams with the number of their readers."""

    def __init__(self) -> None:
        self._readers: Counter[Stream] = Counter()

    def add(self, streams: tuple[Stream, ...]) -> None:
        self._readers.update(streams)

    def remove(self, streams: tuple[Stream, ...]) -> None:
        """One reader less for each; a stream without readers is not wanted."""
        self._readers.subtract(streams)
        for stream in streams:
            if self._readers[stream] <= 0:
                del self._readers[stream]

    def __iter__(self) -> Iterator[Stream]:
        return iter(tuple(self._readers))
