"""What REST says in the place of a silent stream, kind by kind: told to the readers as the stream would have.

Liquidations are the exception: REST tells them to nobody, so their silence can only be broken, not read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bot.domain.markets.market_events import BookTop, FeedGap, LastPrice, OpenInterest, StreamKind
from bot.exchange.backpack import BackpackClient
from bot.marketdata.backfill import candle
from bot.marketdata.normaliser import Normaliser
from bot.marketdata.pulses import Meaning
from bot.marketdata.staleness import Staleness
from bot.marketdata.subscriptions import Stream
from bot.marketdata.trade_tape import TradeTapes

MINUTE_MS: Final = 60_000
CANDLE_LATE_MS: Final = 4_000  # after its end a candle is told; then it is overdue
CANDLES_BACK: Final = 5  # asked for where none was ever heard


class RestComparison:
    """One method for every kind of stream; each answers with the streams REST knew better than."""

    def __init__(
        self,
        client: BackpackClient,
        inbox: Normaliser,
        tapes: TradeTapes,
        *,
        patience: Staleness,
        monotonic: Callable[[], float],
        tell: Callable[[FeedGap], None],
    ) -> None:
        self._client = client
        self._inbox = inbox
        self._tapes = tapes
        self._patience = patience
        self._monotonic = monotonic
        self._tell = tell
        self._candles_at = float("-inf")

    @property
    def meanings(self) -> Mapping[StreamKind, Meaning]:
        """What silence means, by kind; books are audited by `marketdata.order_books`."""
        patience = self._patience
        return {
            StreamKind.TRADE: Meaning(patience.trade_s, self.trades),
            StreamKind.BOOK_TICKER: Meaning(patience.top_s, self.tops),
            StreamKind.MARK_PRICE: Meaning(patience.mark_s, self.marks, serves_all=True),
            StreamKind.TICKER: Meaning(patience.ticker_s, self.tickers, serves_all=True),
            StreamKind.OPEN_INTEREST: Meaning(
                patience.interest_ask_s, self.interests, serves_all=True, deaf_s=patience.interest_s / 2
            ),
            StreamKind.KLINE: Meaning(0.0, self.candles, is_due=self.is_candle_due),
            StreamKind.LIQUIDATION: Meaning(patience.renew_s, self.liquidations, is_sure=False),
        }

    async def trades(self, streams: Sequence[Stream]) -> list[Stream]:
        """Every missed trade, in its place: a crossing between two looks is seen."""
        return [stream for stream in streams if await self._tapes.compare(stream.symbol)]

    async def tops(self, streams: Sequence[Stream]) -> list[Stream]:
        """Best bid and ask; what was between is lost, and told as a gap."""
        better = []
        for stream in streams:
            symbol, known = stream.symbol, self._inbox.of(stream.symbol).top
            snapshot = await self._client.depth_snapshot(symbol, 5)
            now, book = self._client.now_ms(), snapshot.book
            bid, bid_quantity = book.bids[0] if book.bids else (None, None)
            ask, ask_quantity = book.asks[0] if book.asks else (None, None)
            top = BookTop(symbol, bid, bid_quantity, ask, ask_quantity, snapshot.engine_us, now)
            newest = self._inbox.of(symbol).top
            if newest is not known or (newest is not None and _prices(newest) == _prices(top)):
                continue  # it spoke meanwhile, or has told all there is
            if newest is not None:
                self._tell(FeedGap(symbol, StreamKind.BOOK_TICKER, newest.received_ms, now))
                better.append(stream)
            self._inbox.take_top(top, snapshot.last_update_id)
        return better

    async def marks(self, streams: Sequence[Stream]) -> list[Stream]:
        """Mark, index and funding; the stream speaks every second, so that silence alone is a fault."""
        prices, now = await self._client.mark_prices(), self._monotonic()
        better = []
        for stream in streams:
            price = prices.get(stream.symbol)
            pulse = self._inbox.of(stream.symbol).mark_pulse
            if price is not None and pulse.is_silent(now, self._patience.mark_s / 2):
                self._inbox.take_mark(price)
                better.append(stream)
        return better

    async def tickers(self, streams: Sequence[Stream]) -> list[Stream]:
        """Last prices, up to 20 s old at the exchange's edge; the stream speaks every second."""
        rows, now = await self._client.tickers(), self._client.now_ms()
        better = []
        for stream in streams:
            row = rows.get(stream.symbol)
            if row is not None:
                self._inbox.take_last(LastPrice(stream.symbol, row.last_price, 0, now))
                better.append(stream)
        return better

    async def interests(self, streams: Sequence[Stream]) -> list[Stream]:
        """Open interest, asked oftener than the stream speaks: it does so once a minute."""
        rows, now = await self._client.open_interest(), self._client.now_ms()
        better = []
        for stream in streams:
            row, known = rows.get(stream.symbol), self._inbox.of(stream.symbol).interest
            if row is None or row.open_interest is None:
                continue
            if known is None or row.timestamp * 1000 > known.event_us:
                self._inbox.take_interest(OpenInterest(stream.symbol, row.open_interest, 0, now))
                better.append(stream)
        return better

    def is_candle_due(self, stream: Stream) -> bool:
        """Whether a minute is over whose candle was not told."""
        if stream.detail != "1m" or self._monotonic() - self._candles_at < self._patience.candles_s:
            return False
        now = self._client.now_ms()
        over_ms = (now - CANDLE_LATE_MS) // MINUTE_MS * MINUTE_MS
        return self._inbox.closed_until(stream.name) < over_ms

    async def candles(self, streams: Sequence[Stream]) -> list[Stream]:
        """Every minute since the newest that is known to be over. Few a minute: the exchange counts these."""
        self._candles_at = self._monotonic()
        better = []
        for stream in streams:
            over_ms = (self._client.now_ms() - CANDLE_LATE_MS) // MINUTE_MS * MINUTE_MS
            known_ms = self._inbox.closed_until(stream.name)
            start_ms = max(known_ms, over_ms - CANDLES_BACK * MINUTE_MS)
            rows = await self._client.klines(stream.symbol, stream.detail, start_ms // 1000)
            now = self._client.now_ms()
            found = [candle(stream.symbol, stream.detail, row, now) for row in rows]
            if any(one.is_closed and one.volume and one.end_ms > known_ms for one in found):
                better.append(stream)
            for one in found:
                self._inbox.take_candle(stream.name, one)
            self._inbox.close_until(stream.name, over_ms)  # minutes without a trade may have no candle
        return better

    async def liquidations(self, streams: Sequence[Stream]) -> list[Stream]:
        """Nobody can tell a quiet market from a deaf stream here: it is subscribed anew."""
        return list(streams)


def _prices(top: BookTop) -> tuple[object, ...]:
    return top.bid, top.bid_quantity, top.ask, top.ask_quantity
