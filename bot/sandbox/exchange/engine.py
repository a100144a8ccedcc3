"""The exchange without its network: one linear stream of commands over one state.

Every public method is a command: it runs to the end, settles everything it caused, and tells the listener.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from bot.sandbox.exchange import dust, exits, funding, liquidation, placing, settlement, strategies
from bot.sandbox.exchange.config import ExchangeConfig
from bot.sandbox.exchange.errors import Refused
from bot.sandbox.exchange.events import Listener
from bot.sandbox.exchange.ledger import HOUSE
from bot.sandbox.exchange.markets import ASSETS
from bot.sandbox.exchange.model import (
    Account,
    Order,
    OrderRequest,
    Status,
    Strategy,
    StrategyRequest,
    Tag,
    Trade,
)
from bot.sandbox.exchange.state import MarketState, World
from bot.sandbox.values import ZERO, Side, round_to

_MAX_OPEN_ORDERS = 500
_NEVER_US = 2**62
_MAX_ROUNDS = 200  # of triggers setting off triggers


class Engine:
    """Commands. `watched` names the markets somebody listens to."""

    def __init__(self, config: ExchangeConfig, listener: Listener | None = None) -> None:
        self.world = World(config, listener)
        self.watched: Callable[[], Iterable[str]] = lambda: ()
        self.settled: Callable[[], None] = lambda: None  # called at the end of every command
        self._last_tick_us: dict[str, int] = {}
        for market in self.world.markets.values():
            funding.prepare(self.world, market, config.seed)
            self._reprice(market)
        self._settle()

    # accounts

    def open_account(self, label: str, balances: Mapping[str, Decimal] | None = None) -> Account:
        """A new account funded with `balances` (the configured ones by default)."""
        account = Account(len(self.world.accounts) + 1, label)
        self.world.accounts[account.id] = account
        for asset, amount in (self.world.config.balances if balances is None else balances).items():
            if asset not in ASSETS or amount < ZERO:
                raise Refused("INVALID_ASSET", f"No balance of {amount} {asset}")
            self.world.ledger.transfer(HOUSE, account.id, asset, amount)
        return account

    def add_key(self, account: Account, public_key: str, *, read_only: bool) -> None:
        """Let `public_key` (base64) act for the account; a key belongs to one account only."""
        owner = self.world.by_key.get(public_key)
        if owner is not None and owner is not account:
            raise Refused("INVALID_CLIENT_REQUEST", "The key belongs to another account")
        account.keys[public_key] = read_only
        self.world.by_key[public_key] = account

    def revoke_key(self, public_key: str) -> None:
        """From now on `public_key` acts for nobody. Raises `Refused`."""
        account = self.world.by_key.pop(public_key, None)
        if account is None:
            raise Refused("RESOURCE_NOT_FOUND", "No such key")
        del account.keys[public_key]

    # orders

    def place(self, account: Account, request: OrderRequest, tag: Tag) -> Order:
        """Raises `Refused`."""
        self.refresh(request.symbol)
        if len(account.open_orders) >= _MAX_OPEN_ORDERS:
            raise Refused("ORDER_LIMIT", f"At most {_MAX_OPEN_ORDERS} open orders")
        if request.trigger_price is not None or request.trigger_quantity is not None:
            order = exits.submit_trigger(self.world, account, request, tag)
        else:
            order = placing.submit(self.world, account, request, tag)
        self._settle()
        return order

    def cancel(self, order: Order) -> Order:
        self.refresh(order.symbol)
        if order.is_open:
            placing.cancel(self.world, order)
        self._settle()
        return order

    def cancel_all(self, account: Account, symbol: str, kinds: frozenset[Status]) -> list[Order]:
        """Cancel open orders of a market whose status is in `kinds`."""
        self.refresh(symbol)
        found = [o for o in account.open_orders.values() if o.symbol == symbol and o.status in kinds]
        for order in found:
            if order.is_open:
                placing.cancel(self.world, order)
        self._settle()
        return found

    def start_strategy(self, account: Account, request: StrategyRequest, tag: Tag) -> Strategy:
        """Raises `Refused`."""
        self.refresh(request.symbol)
        strategy = strategies.start(self.world, account, request, tag)
        strategies.run_due(self.world)
        self._settle()
        return strategy

    def cancel_strategy(self, strategy: Strategy) -> Strategy:
        strategies.cancel(strategy)
        for order in strategy.orders:
            if order.is_open:
                placing.cancel(self.world, order)
        self._settle()
        return strategy

    def convert_dust(self, account: Account, symbol: str | None) -> None:
        """Raises `Refused`."""
        dust.convert(self.world, account, symbol)
        self._settle()

    # time and prices

    def tick(self) -> None:
        """One step of the moving price in every market that somebody watches or has a stake in."""
        for base in self._active():
            self._advance(base)
        strategies.run_due(self.world)
        self._settle()

    def refresh(self, symbol: str) -> MarketState:
        """Bring a market that nobody watched up to now. Raises `Refused(INVALID_MARKET)`."""
        market = self.world.market(symbol)
        self._advance(market.spec.base)
        self._settle()
        return market

    def move_price(self, symbol: str, price: Decimal, *, pin: bool | None) -> None:
        """Put the market (spot and perpetual of the asset alike) at `price` now; orders crossed fill."""
        market = self.world.market(symbol)
        if price < market.spec.tick:
            raise Refused("INVALID_PRICE", "Price must be positive")
        market.path.move_to(price, pin=pin)
        for each in self._markets_of(market.spec.base):
            each.mean_mark = each.mark
            self._reprice(each, round_to(price, each.spec.tick))
        self._settle()

    def pay_funding(self, symbol: str | None = None) -> None:
        """Settle the running interval now, as if it had ended."""
        for market in self.world.markets.values():
            if market.spec.is_perp and symbol in {None, market.spec.symbol}:
                funding.pay(self.world, market, self.world.now_ms())
        self._settle()

    def deleverage(self, account: Account, symbol: str, quantity: Decimal | None) -> Order:
        """Close part of a position by auto-deleveraging. Raises `Refused` without one."""
        self.refresh(symbol)
        position = account.positions.get(symbol)
        if position is None:
            raise Refused("RESOURCE_NOT_FOUND", "Not Found")
        held = abs(position.quantity)
        size = held if quantity is None else min(quantity, held)
        order = placing.take_over(self.world, account, position, size, liquidation.AUTO_DELEVERAGING)
        self._settle()
        return order

    def _active(self) -> dict[str, None]:
        symbols = dict.fromkeys(self.watched())
        for account in self.world.accounts.values():
            symbols.update(dict.fromkeys(account.positions))
            symbols.update(dict.fromkeys(order.symbol for order in account.open_orders.values()))
        running = (s for s in self.world.strategies.values() if s.status == "Running")
        symbols.update(dict.fromkeys(s.request.symbol for s in running))
        return dict.fromkeys(self.world.markets[s].spec.base for s in symbols if s in self.world.markets)

    def _markets_of(self, base: str) -> list[MarketState]:
        return [market for market in self.world.markets.values() if market.spec.base == base]

    def _advance(self, base: str) -> None:
        now, tick_us = self.world.config.clock_ns() // 1000, self.world.config.tick_ms * 1000
        ticks = (now - self._last_tick_us.setdefault(base, now)) // tick_us
        markets = self._markets_of(base)
        if ticks > 0:
            self._last_tick_us[base] += ticks * tick_us
            if self.world.config.moving:
                self.world.paths[base].advance(ticks)
            for market in markets:
                market.follow_mean()
                self._reprice(market)
        for market in markets:
            if market.spec.is_perp:
                funding.pay_due(self.world, market)

    def stand_still(self) -> None:
        """From now on no tick moves a price or prints a trade."""
        self._last_tick_us = {market.spec.base: _NEVER_US for market in self.world.markets.values()}

    def _reprice(self, market: MarketState, printed_at: Decimal | None = None) -> None:
        """Fill users' orders the price has moved through, quote anew, and print a trade between strangers."""
        bid, ask = market.maker.touch(market.mid)
        self._sweep(market, Side.BUY, lambda price: price >= ask)
        self._sweep(market, Side.SELL, lambda price: price <= bid)
        market.maker.refresh(market.book, market.mid)
        now_us = self.world.now_us()
        market.mark_candles.record(now_us, market.mark, ZERO)
        market.index_candles.record(now_us, market.index, ZERO)
        side, price, quantity = market.maker.print_at(market.mid)
        self.print_trade(market, side, printed_at or price, quantity)
        self.world.touched.add(market.spec.symbol)

    def _sweep(self, market: MarketState, side: Side, is_crossed: Callable[[Decimal], bool]) -> None:
        while (place := market.book.best_user_order(side)) is not None and is_crossed(place.price):
            maker, quantity = self.world.orders[place.order_id], place.quantity
            settlement.trade(
                self.world,
                market,
                None,
                maker,
                taker_side=side.opposite,
                price=place.price,
                quantity=quantity,
            )
            market.book.reduce(place, quantity)

    def print_trade(self, market: MarketState, side: Side, price: Decimal, quantity: Decimal) -> None:
        """A trade between strangers."""
        market.trade_id += 1
        settlement.publish(
            self.world,
            market,
            Trade(
                market.trade_id,
                market.spec.symbol,
                price,
                quantity,
                self.world.now_us(),
                side is Side.SELL,
                self.world.new_id(),
                self.world.new_id(),
            ),
        )

    def _settle(self) -> None:
        """Follow every consequence (exits, triggers, liquidations) and publish the books that changed."""
        world = self.world
        for _ in range(_MAX_ROUNDS):
            moved = exits.tidy(world)
            fired = [exits.fire(world, symbol) for symbol in sorted(world.touched)]
            if not (moved or any(fired) or liquidation.check(world)):
                break
        for symbol in sorted(world.touched):
            self._publish_book(world.markets[symbol])
        world.touched.clear()
        self.settled()

    def _publish_book(self, market: MarketState) -> None:
        changes = market.book.drain()
        if changes:
            market.depth_id += 1
            market.depth_us = self.world.now_us()
            self.world.listener.on_book(market, changes)
