"""Everything the exchange knows at one moment, and the questions asked of it from many sides.

The modules beside this one change it; nothing here places, matches or pays.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from bot.sandbox.exchange import margin
from bot.sandbox.exchange.book import Book
from bot.sandbox.exchange.candles import Candles
from bot.sandbox.exchange.config import ExchangeConfig
from bot.sandbox.exchange.errors import Refused
from bot.sandbox.exchange.events import Listener, Silent
from bot.sandbox.exchange.ledger import Ledger
from bot.sandbox.exchange.markets import ASSETS, MARKETS, Spec
from bot.sandbox.exchange.model import Account, Order, Position, Status, Strategy, Trade, TriggerBy
from bot.sandbox.exchange.prices import PricePath
from bot.sandbox.exchange.quotes import QuoteMaker
from bot.sandbox.values import BPS, ONE, ZERO, Side, round_to

_SECONDS_OF_MARKS = 120
_MEAN_WEIGHT = Decimal("0.01")  # of the newest mark in the running mean


class MarketState:
    """One market: its book, its prices, its prints."""

    def __init__(self, spec: Spec, path: PricePath, seed: int) -> None:
        self.spec = spec
        self.path = path
        self.book = Book()
        self.maker = QuoteMaker(spec, seed)
        self.last = round_to(path.value, spec.tick)
        self.mean_mark = self.mark
        self.trades: deque[Trade] = deque(maxlen=2000)
        self.trade_id = 0
        self.depth_id = 0
        self.depth_us = 0
        self.candles = Candles(spec.base, path.anchor, seed)
        self.mark_candles = Candles(spec.base, path.anchor, seed, seconds=_SECONDS_OF_MARKS)
        self.index_candles = Candles(spec.base, path.anchor, seed, seconds=_SECONDS_OF_MARKS)
        self.funding_rates: deque[tuple[int, Decimal]] = deque(maxlen=10_000)  # interval end ms, rate
        self.next_funding_ms = 0
        self.state = "Open"
        self.listed = True

    def change_rules(self, **rules: Any) -> None:
        """Fields of `Spec` that are other from now on."""
        self.spec = replace(self.spec, **rules)
        self.maker.follow(self.spec)

    def change_interval(self, interval_ms: int, now_ms: int) -> None:
        """Settle funding every so often from now on: the next time at the next multiple."""
        self.spec = replace(self.spec, funding_interval_ms=interval_ms)
        self.next_funding_ms = (now_ms // interval_ms + 1) * interval_ms

    @property
    def mid(self) -> Decimal:
        """Where the maker centres its quotes: the index, plus the premium on a perpetual."""
        return self.path.value * (ONE + self.path.premium) if self.spec.is_perp else self.path.value

    @property
    def index(self) -> Decimal:
        return self.path.value

    @property
    def mark(self) -> Decimal:
        return max(round_to(self.mid, self.spec.tick), self.spec.tick)

    def reference(self, by: TriggerBy) -> Decimal:
        """The price a trigger watches."""
        if by is TriggerBy.MARK:
            return self.mark
        return self.index if by is TriggerBy.INDEX else self.last

    def follow_mean(self) -> None:
        self.mean_mark += (self.mark - self.mean_mark) * _MEAN_WEIGHT

    @property
    def funding_rate(self) -> Decimal:
        """Rate of the current interval as a fraction: interest plus an eighth of the premium, bounded."""
        bound = self.spec.funding_bound_bps / BPS
        rate = Decimal("0.0000125") + self.path.premium / 8
        return max(-bound, min(bound, rate)).quantize(Decimal("0.00000001"))


class World:
    """The exchange's whole state."""

    def __init__(self, config: ExchangeConfig, listener: Listener | None = None) -> None:
        self.config = config
        self.listener: Listener = listener or Silent()
        self.ledger = Ledger(self._balance_changed)
        self.clock_offset_ms = 0
        self.paths = {
            asset.symbol: PricePath(asset.symbol, asset.price, asset.volatility, config.seed)
            for asset in ASSETS.values()
        }
        self.markets = {
            spec.symbol: MarketState(spec, self.paths[spec.base], config.seed) for spec in MARKETS.values()
        }
        self.accounts: dict[int, Account] = {}
        self.by_key: dict[str, Account] = {}
        self.orders: dict[str, Order] = {}
        self.triggers: dict[str, dict[str, Order]] = {symbol: {} for symbol in MARKETS}
        self.strategies: dict[str, Strategy] = {}
        self.touched: set[str] = set()  # markets whose price or book changed in this command
        self.moved: dict[tuple[int, str], None] = {}  # positions changed in this command
        self.exit_fails: Callable[[str, bool], bool] = lambda kind, grows: False  # an injected fault
        self._sequence = config.clock_ns() // 1_000_000 * 1000  # unlike the ids of an earlier run

    # time and ids

    def now_us(self) -> int:
        return self.config.clock_ns() // 1000 + self.clock_offset_ms * 1000

    def now_ms(self) -> int:
        return self.now_us() // 1000

    def new_id(self) -> str:
        self._sequence += 1
        return str(self._sequence)

    def sequence(self) -> int:
        self._sequence += 1
        return self._sequence

    # look-ups

    def market(self, symbol: str) -> MarketState:
        try:
            return self.markets[symbol]
        except KeyError:
            raise Refused("INVALID_MARKET", f"Market {symbol} does not exist") from None

    def index_prices(self) -> dict[str, Decimal]:
        return {asset: path.value for asset, path in self.paths.items()}

    def resting(self, account: Account, symbol: str) -> Iterator[Order]:
        """Open orders on the book of a market, triggers left out."""
        for order in account.open_orders.values():
            if order.symbol == symbol and order.status is not Status.TRIGGER_PENDING:
                yield order

    def position(self, account: Account, symbol: str) -> Position | None:
        return account.positions.get(symbol)

    def open_interest(self, symbol: str) -> Decimal:
        """Base quantity held long by users, plus what the rest of the world is taken to hold."""
        held = sum(
            (
                abs(account.positions[symbol].quantity)
                for account in self.accounts.values()
                if symbol in account.positions
            ),
            ZERO,
        )
        return self.markets[symbol].spec.base_open_interest + held

    # margin

    def exposures(
        self, account: Account, extra: tuple[str, Side, Decimal] | None = None
    ) -> list[margin.Exposure]:
        """Every futures market the account is exposed to, with `extra` as if it were resting."""
        symbols = dict.fromkeys(account.positions)
        symbols.update(dict.fromkeys(o.symbol for o in account.open_orders.values()))
        if extra is not None:
            symbols[extra[0]] = None
        return [
            margin.exposure_of(
                account,
                market.spec,
                market.mark,
                self.resting(account, symbol),
                (extra[1], extra[2]) if extra is not None and extra[0] == symbol else None,
            )
            for symbol in symbols
            if (market := self.markets[symbol]).spec.is_perp
        ]

    def margin(self, account: Account, extra: tuple[str, Side, Decimal] | None = None) -> margin.Margin:
        return margin.total(
            self.ledger.wallets(account.id),
            self.exposures(account, extra),
            account.settings.leverage_limit,
            self.index_prices(),
        )

    def _balance_changed(self, account_id: int, asset: str) -> None:
        if account_id:
            self.listener.on_balance(account_id, asset)
