"""What REST can tell of the time without a socket: candles, best prices; and the gap where it cannot."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from bot.domain.markets.market_events import BookTop, FeedGap, Kline, StreamKind
from bot.exchange.backpack import BackpackClient, BackpackError
from bot.exchange.backpack.wire import markets as wm
from bot.exchange.backpack.wire.base import to_ms
from bot.marketdata.normaliser import Normaliser
from bot.marketdata.subscriptions import Stream

_log = logging.getLogger(__name__)

AT_ONCE: Final = 4


class MarketBackfill:
    """Runs after each reconnect for the streams then in use. Depth and trades mend themselves by ids."""

    def __init__(self, client: BackpackClient, inbox: Normaliser, tell: Callable[[FeedGap], None]) -> None:
        self._client = client
        self._inbox = inbox
        self._tell = tell
        self._at_once = asyncio.Semaphore(AT_ONCE)

    async def run(self, streams: Iterable[Stream], since_ms: int, until_ms: int) -> None:
        """Repair, or announce, the time between for every stream."""
        await asyncio.gather(*(self._stream(stream, since_ms, until_ms) for stream in streams))

    async def _stream(self, stream: Stream, since_ms: int, until_ms: int) -> None:
        if stream.kind is StreamKind.KLINE and await self._tried(self._candles, stream):
            return
        if stream.kind in {StreamKind.KLINE, StreamKind.BOOK_TICKER, StreamKind.LIQUIDATION}:
            self._tell(FeedGap(stream.symbol or None, stream.kind, since_ms, until_ms))
        if stream.kind is StreamKind.BOOK_TICKER:
            await self._tried(self._top, stream)

    async def _tried(self, work: Callable[[Stream], Awaitable[None]], stream: Stream) -> bool:
        try:
            async with self._at_once:
                await work(stream)
        except BackpackError as error:
            _log.info("no repair: %s", type(error).__name__)
            return False
        return True

    async def _candles(self, stream: Stream) -> None:
        """Every candle since the newest known one, that one included."""
        newest = self._inbox.candles.get(stream.name)
        if newest is None:
            return
        rows = await self._client.klines(stream.symbol, stream.detail, newest.start_ms // 1000)
        now = self._client.now_ms()
        for row in rows:
            self._inbox.take_candle(stream.name, candle(stream.symbol, stream.detail, row, now))

    async def _top(self, stream: Stream) -> None:
        symbol = stream.symbol
        snapshot = await self._client.depth_snapshot(symbol, 5)
        book = snapshot.book
        bid, bid_quantity = book.bids[0] if book.bids else (None, None)
        ask, ask_quantity = book.asks[0] if book.asks else (None, None)
        now = self._client.now_ms()
        top = BookTop(symbol, bid, bid_quantity, ask, ask_quantity, snapshot.engine_us, now)
        self._inbox.take_top(top, snapshot.last_update_id)


def candle(symbol: str, interval: str, row: wm.WireKline, now_ms: int) -> Kline:
    """A candle as REST tells it; closed when its end is over."""
    end = to_ms(row.end) or 0
    return Kline(
        symbol,
        interval,
        to_ms(row.start) or 0,
        end,
        row.open,
        row.high,
        row.low,
        row.close,
        row.volume,
        end <= now_ms,
        0,
        now_ms,
    )
