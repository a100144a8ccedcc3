"""What the assets of a fill were worth in dollars when it happened."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from bot.backpack import BackpackClient, Rejected
from bot.backpack.wire.base import to_ms
from bot.domain.values import ONE
from bot.store.broker_tables import PriceSource
from bot.store.tables import Fill

_log = logging.getLogger(__name__)

DOLLARS: Final = frozenset({"USDC", "USD"})  # at par: the exchange settles in them
MINUTE_MS: Final = 60_000
LOOK_BACK_S: Final = 3600  # a market without a trade in the minute is worth its last close, this far back
MOST_KEPT: Final = 10_000


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
    """Answers from memory, from the fill itself, or from the exchange's candles."""

    def __init__(self, client: BackpackClient) -> None:
        self._client = client
        self._closes: dict[tuple[str, int], Decimal] = {}

    def must_ask(self, fill: Fill) -> bool:
        """Whether the exchange's candles are needed to value it."""
        pair = _pair(fill.symbol)
        return pair.quote not in DOLLARS or fill.fee_symbol not in DOLLARS | {pair.base}

    async def worth(self, fill: Fill) -> Worth | None:
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
        if asset in DOLLARS:
            return ONE
        key = asset, _minute_end(at_ms)
        if key not in self._closes:
            close = await self._close(asset, at_ms)
            if close is None:
                return None  # not kept: the exchange may come to know it
            if len(self._closes) >= MOST_KEPT:
                self._closes.pop(next(iter(self._closes)))
            self._closes[key] = close
        return self._closes[key]

    async def _close(self, asset: str, at_ms: int) -> Decimal | None:
        end_ms = _minute_end(at_ms)
        if not asset:
            return None
        try:
            rows = await self._client.klines(
                f"{asset}_USDC", "1m", end_ms // 1000 - LOOK_BACK_S, end_ms // 1000
            )
        except Rejected as error:
            _log.info("no candles of %s: %s", asset, error.code)
            return None
        closes = [row.close for row in rows if row.close is not None and (to_ms(row.start) or 0) < end_ms]
        return closes[-1] if closes else None


def _pair(symbol: str) -> _Pair:
    base, _, rest = symbol.partition("_")
    return _Pair(base, rest.partition("_")[0])


def _minute_end(at_ms: int) -> int:
    return (at_ms // MINUTE_MS + 1) * MINUTE_MS
