"""What the assets of a fill were worth in dollars when it happened."""

from __future__ import annotations

import logging
from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from bot.domain.values import ONE
from bot.exchange.backpack import BackpackClient, Rejected
from bot.exchange.backpack.wire.base import to_ms
from bot.rebates.model.journal_entry import DOLLARS, quote_of
from bot.rebates.storage.tables import PriceSource
from bot.trading.storage.tables import FillRow

_log = logging.getLogger(__name__)

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
LOOK_BACK_MS: Final = HOUR_MS  # a market without a trade in the minute is worth its last close, this far back
ASK_AGAIN_MS: Final = 600_000  # what nobody knew
MOST_HOURS: Final = 500  # kept, of all assets


@dataclass(frozen=True, slots=True)
class Worth:
    """Dollars for one quote asset and for one fee asset; None where nobody knows, and `source` says so."""

    quote: Decimal | None
    fee: Decimal | None
    source: PriceSource


class _Pair(NamedTuple):
    base: str
    quote: str


class Prices:
    """Answers from memory, from the fill itself, or from the exchange's candles, an hour at a time."""

    def __init__(self, client: BackpackClient) -> None:
        self._client = client
        self._hours: dict[tuple[str, int], _Hour] = {}

    def asked_for(self, fill: FillRow) -> frozenset[str]:
        """The assets whose candles are needed to value a fill."""
        pair = _pair(fill.symbol)
        assets = {pair.quote} if fill.fee_symbol == pair.base else {pair.quote, fill.fee_symbol}
        return frozenset(assets - DOLLARS)

    async def worth(self, fill: FillRow) -> Worth | None:
        """Of a fill's assets; None: it cannot be known yet. Raises BackpackError when nobody answers."""
        pair = _pair(fill.symbol)
        if pair.quote in DOLLARS and fill.fee_symbol in DOLLARS:
            return Worth(ONE, ONE, PriceSource.PAR)
        if pair.quote in DOLLARS and fill.fee_symbol == pair.base:
            return Worth(ONE, fill.price, PriceSource.TRADE)
        if self._client.now_ms() < _minute_end(fill.timestamp_ms):
            return None  # the minute has no close yet
        quote = await self._asset(pair.quote, fill.timestamp_ms)
        if fill.fee_symbol == pair.base:
            fee = None if quote is None else quote * fill.price
        else:
            fee = await self._asset(fill.fee_symbol, fill.timestamp_ms)
        is_known = quote is not None and (fee is not None or not fill.fee)
        return Worth(quote, fee, PriceSource.CANDLE if is_known else PriceSource.UNKNOWN)

    async def _asset(self, asset: str, at_ms: int) -> Decimal | None:
        """Dollars for one: the close of the minute, else the last one within `LOOK_BACK_MS`."""
        if asset in DOLLARS:
            return ONE
        if not asset:
            return None
        end_ms, now_ms = _minute_end(at_ms), self._client.now_ms()
        key = asset, (end_ms - 1) // HOUR_MS
        hour = self._hours.get(key)
        if hour is None or not hour.holds(end_ms, now_ms):
            hour = await self._read(asset, key[1] * HOUR_MS)
            self._hours.pop(key, None)
            if len(self._hours) >= MOST_HOURS:
                self._hours.pop(next(iter(self._hours)))
            self._hours[key] = hour
        return hour.at(end_ms)

    async def _read(self, asset: str, start_ms: int) -> _Hour:
        """The candles of an hour as far as it has gone, and of the one before it."""
        now_ms = self._client.now_ms()
        until_ms = min(start_ms + HOUR_MS, now_ms // MINUTE_MS * MINUTE_MS)
        try:
            rows = await self._client.klines(
                f"{asset}_USDC", "1m", (start_ms - LOOK_BACK_MS) // 1000, until_ms // 1000
            )
        except Rejected as error:
            _log.info("no candles of %s: %s", asset, error.code)
            rows = []
        closes = [
            (begun + MINUTE_MS, row.close)
            for row in rows
            if row.close is not None and (begun := to_ms(row.start)) is not None
        ]
        return _Hour(tuple(sorted(closes)), until_ms, now_ms)


@dataclass(frozen=True, slots=True)
class _Hour:
    """Closes of an hour and the one before it: (end of the minute, USD), in time."""

    closes: tuple[tuple[int, Decimal], ...]
    until_ms: int  # minutes that ended later are not in it
    read_ms: int

    def holds(self, end_ms: int, now_ms: int) -> bool:
        """Whether it tells of a minute; where it knows nothing, only for a while: the exchange may learn."""
        is_fresh = now_ms - self.read_ms < ASK_AGAIN_MS
        return end_ms <= self.until_ms and (is_fresh or self.at(end_ms) is not None)

    def at(self, end_ms: int) -> Decimal | None:
        """The last close at or before the end of a minute."""
        place = bisect_right(self.closes, end_ms, key=lambda one: one[0])
        if not place or self.closes[place - 1][0] <= end_ms - LOOK_BACK_MS:
            return None
        return self.closes[place - 1][1]


def _pair(symbol: str) -> _Pair:
    return _Pair(symbol.partition("_")[0], quote_of(symbol))


def _minute_end(at_ms: int) -> int:
    return (at_ms // MINUTE_MS + 1) * MINUTE_MS
