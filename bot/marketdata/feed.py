"""One public socket for every reader of the market: what they want is counted, what it says is told and kept.

Where the socket is silent REST speaks for it; what neither could tell is announced. When a value is believed:
`marketdata.staleness`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from decimal import Decimal
from typing import Final

from bot.domain.markets.market import Book, Market, MarkPrice
from bot.domain.markets.market_events import (
    IntervalChanged,
    MarketEvent,
    MarkUpdate,
    Quote,
    StreamKind,
    Trade,
)
from bot.exchange.backpack import (
    BackpackClient,
    BackpackError,
    Connected,
    Disconnected,
    PublicStream,
    Reconnected,
    StreamRefused,
    Unrecognised,
)
from bot.exchange.backpack.events import PublicEvent
from bot.exchange.backpack.streams import LONGEST_WAIT
from bot.marketdata.backfill import MarketBackfill
from bot.marketdata.bus import Bus, Handler
from bot.marketdata.funding_intervals import Intervals
from bot.marketdata.listings import heartbeat, news
from bot.marketdata.normaliser import Normaliser
from bot.marketdata.order_books import OrderBooks
from bot.marketdata.pulses import Pulses
from bot.marketdata.rest_comparison import RestComparison
from bot.marketdata.staleness import Staleness
from bot.marketdata.subscriptions import Stream, Subscription, Wanted
from bot.marketdata.trade_tape import TradeTapes

_log = logging.getLogger(__name__)

BOOK_LEVELS: Final = 100
PATIENCE: Final = Staleness()


class Feed:
    """Typed events and latest values; no reader ever sees the socket. It works from `start` to `stop`."""

    def __init__(
        self,
        client: BackpackClient,
        ws_url: str,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        longest_wait: float = LONGEST_WAIT,
        patience: Staleness = PATIENCE,
    ) -> None:
        self._client = client
        self._monotonic = monotonic
        self._patience = patience
        self._socket = PublicStream(ws_url, (), longest_wait=longest_wait)
        self._bus = Bus()
        self._intervals = Intervals()
        self._bus.listen(self._note_settlement, frozenset({MarkUpdate}))  # before any reader of the rate
        self._listings_old = asyncio.Event()  # the list of markets is known to be old
        self._wanted = Wanted()
        self._changed = asyncio.Event()
        self._told: dict[Stream, None] = {}
        self._heartbeat: Subscription | None = None
        self._depths = OrderBooks(
            client.depth_snapshot,
            patience=patience,
            now_ms=client.now_ms,
            monotonic=monotonic,
            tell=self._bus.tell,
            deaf=lambda symbol: self._pulses.is_deaf(Stream.depth(symbol)),
        )
        self._tapes = TradeTapes(
            client.trades,
            now_ms=client.now_ms,
            tell_trade=self._take_trade,
            tell_gap=self._bus.tell,
        )
        self._inbox = Normaliser(
            self._depths,
            self._tapes,
            patience=patience,
            now_ms=client.now_ms,
            monotonic=monotonic,
            tell=self._bus.tell,
            spoke=self._spoke,
        )
        self._repair = MarketBackfill(client, self._inbox, self._bus.tell)
        self._pulses = self._made_pulses()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped = False
        self._heard_at = 0.0
        self._silence_s = patience.heard_s
        self.markets: Mapping[str, Market] = {}
        self.connected_since_ms: int | None = None
        self.last_event_ms: int | None = None

    def _made_pulses(self) -> Pulses:
        comparing = RestComparison(
            self._client,
            self._inbox,
            self._tapes,
            patience=self._patience,
            monotonic=self._monotonic,
            tell=self._bus.tell,
        )
        return Pulses(
            comparing.meanings,
            renew=lambda streams: self._socket.renew(*(stream.name for stream in streams)),
            reconnect=self._socket.reconnect,
            renew_s=self._patience.renew_s,
            monotonic=self._monotonic,
        )

    # --- for readers -------------------------------------------------------------------------------

    def subscribe(self, *streams: Stream) -> Subscription:
        """Want these streams until the answer is closed; many readers share one subscription."""
        self._wanted.add(streams)
        self._changed.set()
        return Subscription(streams, self._release)

    def listen(self, handler: Handler, kinds: frozenset[type] | None = None) -> Callable[[], None]:
        """Call `handler` with every event of `kinds`, in order; it must be quick. The answer stops that.

        A `Gap` comes before the first event after it.
        """
        return self._bus.listen(handler, kinds)

    def quote(self, symbol: str) -> Quote | None:
        """The newest known of a market, whatever its age; None when nothing was ever heard."""
        latest = self._inbox.latest.get(symbol)
        return latest.quote() if latest is not None else None

    def mark(self, symbol: str) -> MarkPrice | None:
        """Mark, index and funding as of now; None when not followed or not believed."""
        latest = self._inbox.latest.get(symbol)
        if latest is None or not latest.mark_pulse.is_fresh(self._monotonic(), self._patience.mark_s):
            return None
        return latest.marking.price if latest.marking is not None else None

    def open_interest(self, symbol: str) -> Decimal | None:
        """In base units; None when not followed or not believed."""
        latest = self._inbox.latest.get(symbol)
        if latest is None or not latest.interest_pulse.is_fresh(self._monotonic(), self._patience.interest_s):
            return None
        return latest.interest.quantity if latest.interest is not None else None

    def book(self, symbol: str, levels: int = BOOK_LEVELS) -> Book | None:
        """The book as of now, best first; None when not followed or not believed."""
        is_behind = self._inbox.lag.excess > self._patience.heard_s
        return self._depths.book(symbol, levels) if self.healthy and not is_behind else None

    async def refresh(self, stream: Stream) -> None:
        """Tell what REST knows of a followed stream now, silent or not. Raises BackpackError."""
        await self._pulses.ask_now(stream)

    def interval(self, symbol: str) -> int | None:
        """How long the running funding interval of a market is (ms)."""
        return self._intervals.of(symbol)

    def learn(self, markets: Mapping[str, Market]) -> dict[str, Market]:
        """A list of markets that was just read, with the funding intervals as they are."""
        for symbol in self._intervals.declare(markets):
            self._tell_interval(symbol)
        return self._intervals.corrected(markets)

    def learn_settlement(self, symbol: str, next_ms: int | None) -> None:
        """When a market settles next, as REST says."""
        if next_ms is not None and self._intervals.note(symbol, next_ms, self._client.now_ms()):
            self._tell_interval(symbol)

    def look_again(self) -> None:
        """Read the list of markets now, and not in a while."""
        self._listings_old.set()

    @property
    def streams(self) -> tuple[Stream, ...]:
        """What is wanted by anybody, the feed's own heartbeat included."""
        return tuple(self._wanted)

    @property
    def healthy(self) -> bool:
        """Whether the socket is up and was heard lately."""
        return (
            self.connected_since_ms is not None
            and self._monotonic() - self._heard_at <= self._patience.heard_s
        )

    # --- life --------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin in the background: nothing is waited for."""
        steps = (
            self._read,
            self._keep_subscribed,
            self._watch,
            self._listen_to_pulses,
            self._follow_listings,
        )
        for step in steps:
            self._background(self._repeat(step))

    async def stop(self) -> None:
        """Close the socket and end every task."""
        self._stopped = True
        await self._socket.aclose()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._pulses.close()
        await self._depths.close()
        await self._tapes.close()
        self.connected_since_ms = None

    async def _repeat(self, step: Callable[[], Awaitable[None]]) -> None:
        """A mistake in one step is logged and costs a second, never the feed."""
        while not self._stopped:
            try:
                await step()
            except Exception:
                _log.exception("the market feed stumbled")
                await asyncio.sleep(1)

    def _background(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- the socket --------------------------------------------------------------------------------

    async def _read(self) -> None:
        async for event in self._socket:
            kind = type(event)
            if kind is Connected or kind is Reconnected:
                self._on_connected()
            elif kind is Disconnected:
                self._on_disconnected()
            elif kind is StreamRefused or kind is Unrecognised:
                _log.warning("market feed: %s", event)
            else:
                self._take(event)

    def _take(self, event: PublicEvent) -> None:
        self._heard_at = self._monotonic()
        self.last_event_ms = self._client.now_ms()
        self._silence_s = self._patience.heard_s
        try:
            self._inbox.take(event)
        except Exception:
            _log.exception("the market feed could not take %s", type(event).__name__)

    def _on_connected(self) -> None:
        now = self._client.now_ms()
        self.connected_since_ms = now
        self._heard_at = self._monotonic()
        self._depths.load_all()
        if self.last_event_ms is not None:
            self._tapes.catch_up()
            self._background(self._repair.run(tuple(self._told), self.last_event_ms, now))

    def _on_disconnected(self) -> None:
        self.connected_since_ms = None
        self._depths.break_all()
        for latest in self._inbox.latest.values():
            latest.top_id = None

    def _spoke(self, name: str) -> None:
        self._pulses.spoke(name)

    def _take_trade(self, trade: Trade) -> None:
        self._inbox.take_trade(trade)

    # --- what is wanted ----------------------------------------------------------------------------

    def _release(self, streams: tuple[Stream, ...]) -> None:
        self._wanted.remove(streams)
        self._changed.set()

    async def _keep_subscribed(self) -> None:
        await self._changed.wait()
        self._changed.clear()
        wanted = dict.fromkeys(self._wanted)
        new = [stream for stream in wanted if stream not in self._told]
        old = [stream for stream in self._told if stream not in wanted]
        self._told = wanted
        for stream in old:
            self._drop(stream)
        for stream in new:
            self._follow(stream)
        await self._socket.unsubscribe(*(stream.name for stream in old))
        await self._socket.subscribe(*(stream.name for stream in new))
        if self.connected_since_ms is not None:
            self._depths.load_all()

    def _follow(self, stream: Stream) -> None:
        self._pulses.want(stream)
        pulse = self._inbox.pulse(stream)
        if pulse is not None:
            pulse.want(self._monotonic(), self._client.now_ms())
        elif stream.kind is StreamKind.DEPTH:
            self._depths.follow(stream.symbol)
        elif stream.kind is StreamKind.TRADE:
            self._tapes.follow(stream.symbol)
        elif stream.kind is StreamKind.KLINE:
            self._inbox.closed_until(stream.name)

    def _drop(self, stream: Stream) -> None:
        """Forget what would look like a gap when somebody wants the stream again."""
        self._pulses.drop(stream)
        pulse = self._inbox.pulse(stream)
        if pulse is not None:
            pulse.drop()
        elif stream.kind is StreamKind.DEPTH:
            self._depths.drop(stream.symbol)
        elif stream.kind is StreamKind.TRADE:
            self._tapes.drop(stream.symbol)
        elif stream.kind is StreamKind.KLINE:
            self._inbox.drop_candles(stream.name)

    # --- silence -----------------------------------------------------------------------------------

    async def _watch(self) -> None:
        await asyncio.sleep(self._patience.watch_s)
        if self.connected_since_ms is None:
            return
        if self._marks() and self._monotonic() - self._heard_at > self._silence_s:
            self._silence_s = min(2 * self._silence_s, self._patience.longest_s)
            self._socket.reconnect()
        else:
            self._depths.audit()

    async def _listen_to_pulses(self) -> None:
        """With a socket or without: what is followed is told, by REST where the stream is silent."""
        await asyncio.sleep(self._patience.watch_s)
        self._pulses.turn(tuple(self._told), may_renew=self.healthy)

    def _marks(self) -> list[Stream]:
        return [stream for stream in self._told if stream.kind is StreamKind.MARK_PRICE]

    # --- listings ----------------------------------------------------------------------------------

    async def _follow_listings(self) -> None:
        with contextlib.suppress(BackpackError):
            self._compare(self.learn(await self._client.markets()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience.listings_s if self.markets else 1.0):
                await self._listings_old.wait()
        self._listings_old.clear()

    def _note_settlement(self, event: MarketEvent) -> None:
        if isinstance(event, MarkUpdate):
            self.learn_settlement(event.symbol, event.next_funding_ms)

    def _tell_interval(self, symbol: str) -> None:
        interval = self._intervals.of(symbol)
        self.markets = self._intervals.corrected(self.markets)
        if interval is not None:
            self._bus.tell(IntervalChanged(symbol, interval, self._client.now_ms()))
        self._listings_old.set()

    def _compare(self, markets: Mapping[str, Market]) -> None:
        before, self.markets = self.markets, markets
        chosen = heartbeat(markets)
        known = self._heartbeat.streams[0].symbol if self._heartbeat is not None else None
        if chosen is not None and chosen != known:
            fresh = self.subscribe(Stream.mark_price(chosen))
            if self._heartbeat is not None:
                self._heartbeat.close()
            self._heartbeat = fresh
        if before:
            for event in news(before, markets, self._client.now_ms()):
                self._bus.tell(event)
