"""From the exchange's stream events to ours: repetitions and latecomers out, latest kept, readers told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from bot.domain.markets.market import MarkPrice
from bot.domain.markets.market_events import (
    BookTop,
    FeedGap,
    Kline,
    LastPrice,
    LiquidationEvent,
    MarketEvent,
    MarkUpdate,
    OpenInterest,
    StreamKind,
    Trade,
)
from bot.exchange.backpack.events import BookTicker, DepthUpdate, MarkPriceUpdate, PublicEvent, StreamRow
from bot.exchange.backpack.wire import streams as ws
from bot.exchange.backpack.wire.base import to_ms
from bot.marketdata.latency import Latency
from bot.marketdata.order_books import OrderBooks
from bot.marketdata.quote_cache import Pulse, QuoteCache, is_late
from bot.marketdata.staleness import Staleness
from bot.marketdata.subscriptions import Stream
from bot.marketdata.trade_tape import TradeTapes

_Clocked = MarkUpdate | LastPrice | OpenInterest


class Normaliser:
    """`take` every event of the socket, in order."""

    def __init__(
        self,
        depths: OrderBooks,
        tapes: TradeTapes,
        *,
        patience: Staleness,
        now_ms: Callable[[], int],
        monotonic: Callable[[], float],
        tell: Callable[[MarketEvent], None],
        spoke: Callable[[str], None] = lambda name: None,
    ) -> None:
        self._depths = depths
        self._spoke = spoke
        self._tapes = tapes
        self._patience = patience
        self._now_ms = now_ms
        self._monotonic = monotonic
        self._tell = tell
        self.lag = Latency(patience.baseline_s)
        self.latest: dict[str, QuoteCache] = {}
        self.candles: dict[str, Kline] = {}  # the newest of each kline stream, by the stream's name
        self._closed_ms: dict[str, int] = {}  # until when the candles of each are known to be over

    def of(self, symbol: str) -> QuoteCache:
        found = self.latest.get(symbol)
        if found is None:
            found = self.latest[symbol] = QuoteCache(symbol)
        return found

    def pulse(self, stream: Stream) -> Pulse | None:
        """The pulse of a stream that has one."""
        if stream.kind is StreamKind.MARK_PRICE:
            return self.of(stream.symbol).mark_pulse
        if stream.kind is StreamKind.TICKER:
            return self.of(stream.symbol).ticker_pulse
        return self.of(stream.symbol).interest_pulse if stream.kind is StreamKind.OPEN_INTEREST else None

    def take(self, event: PublicEvent) -> None:
        handler = _HANDLERS.get(type(event))
        if handler is not None:
            handler(self, event)

    def take_mark(self, price: MarkPrice, event_us: int = 0) -> None:
        """A mark price from the stream, or from REST in its place."""
        latest, now = self.of(price.symbol), self._now_ms()
        update = MarkUpdate(
            price.symbol, price.mark, price.index, price.funding_rate, price.next_funding_ms, event_us, now
        )
        if latest.take_mark(update):
            self._hear(update, StreamKind.MARK_PRICE, latest.mark_pulse, self._patience.mark_s)
            self._tell(update)

    def take_trade(self, trade: Trade) -> None:
        """A trade in its place in the row (`TradeTapes` sees to that)."""
        price = LastPrice(trade.symbol, trade.price, trade.event_us, trade.received_ms)
        is_another = self.of(trade.symbol).take_price(price)
        self._tell(trade)
        if is_another:
            self._tell(price)

    def take_candle(self, name: str, candle: Kline) -> None:
        """A candle of the stream `name`, from the stream or from REST."""
        newest = self.candles.get(name)
        if newest is not None and (
            candle.start_ms < newest.start_ms
            or (candle.start_ms == newest.start_ms and is_late(candle.event_us, newest.event_us))
        ):
            return
        self.candles[name] = candle
        if candle.is_closed:
            self.close_until(name, candle.end_ms)
        self._tell(candle)

    def closed_until(self, name: str) -> int:
        """Up to when every candle of the stream `name` was told; from when it is followed, at first."""
        return self._closed_ms.setdefault(name, self._now_ms())

    def close_until(self, name: str, end_ms: int) -> None:
        """Nothing is missing of the stream `name` up to then."""
        self._closed_ms[name] = max(end_ms, self._closed_ms.get(name, 0))

    def drop_candles(self, name: str) -> None:
        """Nobody follows the stream any more."""
        self.candles.pop(name, None)
        self._closed_ms.pop(name, None)

    def take_last(self, price: LastPrice) -> None:
        """A last price in the place of the ticker's; where trades are followed they know better."""
        latest = self.of(price.symbol)
        self._hear(price, StreamKind.TICKER, latest.ticker_pulse, self._patience.ticker_s)
        if not self._tapes.follows(price.symbol) and latest.take_price(price):
            self._tell(price)

    def take_interest(self, interest: OpenInterest) -> None:
        """An open interest from the stream, or from REST in its place."""
        latest, kind = self.of(interest.symbol), StreamKind.OPEN_INTEREST
        if latest.take_interest(interest):
            self._hear(interest, kind, latest.interest_pulse, self._patience.interest_s)
            self._tell(interest)

    def take_top(self, top: BookTop, update_id: int) -> None:
        if self.of(top.symbol).take_top(top, update_id):
            self._tell(top)

    def on_top(self, event: BookTicker) -> None:
        self._spoke(f"bookTicker.{event.symbol}")
        self.take_top(
            BookTop(
                event.symbol,
                event.bid,
                event.bid_quantity,
                event.ask,
                event.ask_quantity,
                event.engine_us,
                self._now_ms(),
            ),
            event.update_id,
        )

    def on_depth(self, event: DepthUpdate) -> None:
        self._spoke(f"depth.{event.symbol}")
        self.lag.note(event.engine_us, self._monotonic())
        self._depths.take(event)

    def on_mark(self, event: MarkPriceUpdate) -> None:
        self._spoke(f"markPrice.{event.price.symbol}")
        self.take_mark(event.price, event.engine_us)

    def on_row(self, event: StreamRow) -> None:
        row, now = event.row, self._now_ms()
        self._spoke(event.stream)
        if isinstance(row, ws.TradeRow):
            self._tapes.take(
                Trade(
                    row.symbol, row.price, row.quantity, row.trade_id, row.is_buyer_maker, row.engine_us, now
                )
            )
        elif isinstance(row, ws.TickerRow):
            self._on_ticker(row, now)
        elif isinstance(row, ws.KlineRow):
            self.take_candle(event.stream, _candle(event.stream, row, now))
        elif isinstance(row, ws.OpenInterestRow):
            self.take_interest(OpenInterest(row.symbol, row.open_interest, row.event_us, now))
        else:
            self._tell(LiquidationEvent(row.symbol, row.side, row.price, row.quantity, row.engine_us, now))

    def _on_ticker(self, row: ws.TickerRow, now: int) -> None:
        """The last price once a second; where trades are followed they know better and sooner."""
        latest = self.of(row.symbol)
        if not latest.take_ticker(row.event_us):
            return
        self.take_last(LastPrice(row.symbol, row.last, row.event_us, now))

    def _hear(self, event: _Clocked, kind: StreamKind, pulse: Pulse, patience: float) -> None:
        """A stream that speaks by the clock has spoken; a gap when it had not for too long."""
        at = self._monotonic()
        since = pulse.hear(at, event.received_ms, self.lag.note(event.event_us, at), patience)
        if since is not None:
            self._tell(FeedGap(event.symbol, kind, since, event.received_ms))


def _candle(stream: str, row: ws.KlineRow, now: int) -> Kline:
    return Kline(
        row.symbol,
        stream.split(".")[1],
        to_ms(row.start) or 0,
        to_ms(row.end) or 0,
        row.open,
        row.high,
        row.low,
        row.close,
        row.volume,
        row.is_closed,
        row.event_us,
        now,
    )


_HANDLERS: Final[dict[type, Callable[[Normaliser, Any], None]]] = {
    DepthUpdate: Normaliser.on_depth,
    MarkPriceUpdate: Normaliser.on_mark,
    BookTicker: Normaliser.on_top,
    StreamRow: Normaliser.on_row,
}
