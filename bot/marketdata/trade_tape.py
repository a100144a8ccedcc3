"""The trades somebody follows, each told once and in order: ids count up by one, REST has what was missed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.domain.markets.market_events import FeedGap, StreamKind, Trade
from bot.exchange.backpack import BackpackError
from bot.exchange.backpack.wire.markets import WireTrade as TradeRow

_log = logging.getLogger(__name__)

REACH: Final = 1000  # trades REST gives at once; what is further back is lost
MAX_WAITING: Final = 2_000
LATE_S: Final = 0.1  # how long an early trade waits for the missing one before REST is asked
ANEW_US: Final = 1_000_000  # a lower id that is newer by more than this is no straggler
AT_ONCE: Final = 4
TRIES: Final = 5
GLANCE: Final = 50  # trades asked for to see whether there were any
FIRST_RETRY_S: Final = 0.2


@dataclass(slots=True)
class TradeTape:
    """One market's trades in a row. Pure."""

    symbol: str
    last_id: int | None = None
    last_ms: int = 0  # when the newest was received
    last_us: int = 0  # when the exchange made it
    since_ms: int = 0  # followed since then (exchange's unix ms)
    waiting: dict[int, Trade] = field(default_factory=dict)

    def take(self, trade: Trade) -> list[Trade]:
        """The trades that may be told now, in order."""
        if self.last_id is None:
            self.last_id = trade.trade_id - 1
        if trade.trade_id <= self.last_id:
            return []
        self.waiting[trade.trade_id] = trade
        return self._ready()

    def fill(self, missed: Sequence[Trade]) -> tuple[list[Trade], bool]:
        """Add the newest trades as REST tells them; whether the row is now without a hole behind them."""
        if not missed or self.last_id is None:
            return [], not self.waiting
        oldest, newest = missed[0].trade_id, missed[-1].trade_id
        if newest < self.last_id and missed[-1].event_us > self.last_us + ANEW_US:
            self.last_id = oldest - 1  # an exchange that counts anew
            self.waiting.clear()
            return [], False
        exact = oldest <= self.last_id + 1
        if not exact:
            self.last_id = oldest - 1
        for trade in missed:
            if trade.trade_id > self.last_id:
                self.waiting.setdefault(trade.trade_id, trade)
        return self._ready(), exact

    def begin(self, newest: Sequence[Trade]) -> None:
        """Nothing was heard yet: what REST tells from before it was followed is where the row begins."""
        if self.last_id is None and newest:
            before = [trade.trade_id for trade in newest if trade.event_us // 1000 < self.since_ms]
            self.last_id = max(before, default=newest[0].trade_id - 1)

    def give_up(self) -> list[Trade]:
        """Tell what waits although something before it is missing."""
        ready = [self.waiting[one] for one in sorted(self.waiting)]
        self.waiting.clear()
        if ready:
            self._told(ready[-1])
        return ready

    def _ready(self) -> list[Trade]:
        ready = []
        while self.last_id is not None and self.waiting:
            trade = self.waiting.pop(self.last_id + 1, None)
            if trade is None:
                break
            self._told(trade)
            ready.append(trade)
        return ready

    def _told(self, trade: Trade) -> None:
        self.last_id, self.last_us, self.last_ms = trade.trade_id, trade.event_us, trade.received_ms


class TradeTapes:
    """The tapes in use; `tell_trade` gets every trade once, in order, `tell_gap` what is lost for good."""

    def __init__(
        self,
        trades: Callable[[str, int], Awaitable[list[TradeRow]]],
        *,
        now_ms: Callable[[], int],
        tell_trade: Callable[[Trade], None],
        tell_gap: Callable[[FeedGap], None],
    ) -> None:
        self._trades = trades
        self._now_ms = now_ms
        self._tell_trade = tell_trade
        self._tell_gap = tell_gap
        self._tapes: dict[str, TradeTape] = {}
        self._mending: dict[str, asyncio.Task[None]] = {}
        self._at_once = asyncio.Semaphore(AT_ONCE)

    def follow(self, symbol: str) -> None:
        self._tapes.setdefault(symbol, TradeTape(symbol, since_ms=self._now_ms()))

    def drop(self, symbol: str) -> None:
        self._tapes.pop(symbol, None)
        task = self._mending.pop(symbol, None)
        if task is not None:
            task.cancel()

    def follows(self, symbol: str) -> bool:
        return symbol in self._tapes

    def take(self, trade: Trade) -> None:
        """A trade from the socket."""
        tape = self._tapes.get(trade.symbol)
        if tape is None:
            return
        self._tell(tape, tape.take(trade))
        if len(tape.waiting) > MAX_WAITING:
            self._lose(tape)
        if tape.waiting:
            self._mend(tape, LATE_S)

    def catch_up(self) -> None:
        """Ask REST for what every tape missed while there was no socket."""
        for tape in self._tapes.values():
            if tape.last_id is not None:
                self._mend(tape, 0)

    async def compare(self, symbol: str) -> bool:
        """Tell what REST has and the stream did not tell; whether that was anything. Raises BackpackError."""
        tape = self._tapes.get(symbol)
        if tape is None:
            return False
        async with self._at_once:
            rows = await self._trades(symbol, GLANCE)
        if self._tapes.get(symbol) is not tape:
            return False
        newest = _in_order(symbol, rows, self._now_ms())
        tape.begin(newest)
        before = tape.last_id
        if tape.last_id is not None and newest and newest[0].trade_id > tape.last_id + 1:
            self._mend(tape, 0)  # there is more than a glance can tell
            return True
        ready, _ = tape.fill(newest)
        self._tell(tape, ready)
        return tape.last_id != before

    async def close(self) -> None:
        tasks = list(self._mending.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _tell(self, tape: TradeTape, ready: list[Trade]) -> None:
        for trade in ready:
            self._tell_trade(trade)

    def _lose(self, tape: TradeTape) -> None:
        self._tell_gap(FeedGap(tape.symbol, StreamKind.TRADE, tape.last_ms, self._now_ms()))
        self._tell(tape, tape.give_up())

    def _mend(self, tape: TradeTape, wait: float) -> None:
        if tape.symbol not in self._mending:
            task = asyncio.create_task(self._mended(tape, wait))
            self._mending[tape.symbol] = task
            task.add_done_callback(lambda done: self._forget(tape.symbol, done))

    def _forget(self, symbol: str, task: asyncio.Task[None]) -> None:
        if self._mending.get(symbol) is task:
            del self._mending[symbol]

    async def _mended(self, tape: TradeTape, wait: float) -> None:
        await asyncio.sleep(wait)
        if wait and not tape.waiting:
            return  # it was only late
        since = tape.last_ms
        for attempt in range(TRIES):
            try:
                async with self._at_once:
                    rows = await self._trades(tape.symbol, REACH)
            except BackpackError as error:
                _log.info("no trades of %s: %s", tape.symbol, type(error).__name__)
                await asyncio.sleep(FIRST_RETRY_S * 2**attempt)
                continue
            now = self._now_ms()
            ready, exact = tape.fill(_in_order(tape.symbol, rows, now))
            if not exact:
                self._tell_gap(FeedGap(tape.symbol, StreamKind.TRADE, since, now))
            self._tell(tape, ready)
            if not tape.waiting:
                return
            await asyncio.sleep(FIRST_RETRY_S)
        self._lose(tape)


def _in_order(symbol: str, rows: Sequence[TradeRow], now: int) -> list[Trade]:
    """Oldest first; rows without an id cannot be placed."""
    found = [
        Trade(symbol, row.price, row.quantity, row.id, row.is_buyer_maker, row.timestamp * 1000, now)
        for row in rows
        if row.id is not None
    ]
    return sorted(found, key=lambda trade: trade.trade_id)
