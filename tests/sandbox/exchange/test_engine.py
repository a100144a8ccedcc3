"""The engine's laws, whatever users do: money is conserved, locks hold, books never cross."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.sandbox.exchange.config import ExchangeConfig
from bot.sandbox.exchange.engine import Engine
from bot.sandbox.exchange.errors import Refused
from bot.sandbox.exchange.ledger import HOUSE
from bot.sandbox.exchange.markets import ASSETS
from bot.sandbox.exchange.model import OPEN, Exit, OrderRequest, SelfTrade, Status, Tag, TriggerBy
from bot.sandbox.values import ZERO, OrderType, Side, TimeInForce

SYMBOLS = ("SOL_USDC", "SOL_USDC_PERP")
sides = st.sampled_from(Side)
symbols = st.sampled_from(SYMBOLS)
quantities = st.integers(1, 60_000).map(lambda n: Decimal(n) / 100)
prices = st.integers(12_000, 18_000).map(lambda n: Decimal(n) / 100)


class Clock:
    """Time that passes only when told."""

    def __init__(self) -> None:
        self.ns = 1_800_000_000_000_000_000

    def __call__(self) -> int:
        return self.ns


class ExchangeMachine(RuleBasedStateMachine):
    """Three traders doing whatever they please in a moving market."""

    @initialize(seed=st.integers(0, 1000))
    def start(self, seed: int) -> None:
        self.clock = Clock()
        self.engine = Engine(ExchangeConfig(seed=seed, clock_ns=self.clock))
        self.world = self.engine.world
        self.traders = [self.engine.open_account(f"t{n}") for n in range(3)]

    def submit(self, who: int, request: OrderRequest) -> None:
        with suppress(Refused):
            self.engine.place(self.traders[who], request, Tag())

    @rule(
        who=st.integers(0, 2),
        symbol=symbols,
        side=sides,
        quantity=quantities,
        price=prices,
        tif=st.sampled_from(TimeInForce),
        stp=st.sampled_from(SelfTrade),
        flags=st.tuples(st.booleans(), st.booleans()),
    )
    def limit(self, who: int, flags: tuple[bool, bool], **fields: Any) -> None:
        post_only, reduce_only = flags
        request = OrderRequest(
            fields["symbol"],
            fields["side"],
            OrderType.LIMIT,
            quantity=fields["quantity"],
            price=fields["price"],
            time_in_force=fields["tif"],
            post_only=post_only,
            reduce_only=reduce_only,
            self_trade=fields["stp"],
        )
        self.submit(who, request)

    @rule(who=st.integers(0, 2), symbol=symbols, side=sides, quantity=quantities, exits=st.booleans())
    def market(self, who: int, symbol: str, side: Side, quantity: Decimal, exits: bool) -> None:
        request = OrderRequest(symbol, side, OrderType.MARKET, quantity=quantity)
        if exits:
            away = 8 * side.sign
            request = replace(
                request,
                take_profit=Exit(Decimal(150 + away), TriggerBy.MARK),
                stop_loss=Exit(Decimal(150 - away), TriggerBy.LAST),
            )
        self.submit(who, request)

    @rule(who=st.integers(0, 2), symbol=symbols, side=sides, dollars=st.integers(1, 20_000))
    def market_by_quote(self, who: int, symbol: str, side: Side, dollars: int) -> None:
        self.submit(who, OrderRequest(symbol, side, OrderType.MARKET, quote_quantity=Decimal(dollars)))

    @rule(who=st.integers(0, 2), symbol=symbols, side=sides, price=prices, percent=st.integers(1, 100))
    def stop(self, who: int, symbol: str, side: Side, price: Decimal, percent: int) -> None:
        quantity = f"{percent}%" if symbol.endswith("PERP") else str(percent)
        self.submit(
            who,
            OrderRequest(symbol, side, OrderType.MARKET, trigger_price=price, trigger_quantity=quantity),
        )

    @rule(who=st.integers(0, 2), symbol=symbols)
    def cancel_everything(self, who: int, symbol: str) -> None:
        self.engine.cancel_all(self.traders[who], symbol, OPEN)

    @rule(who=st.integers(0, 2), leverage=st.integers(1, 50))
    def change_leverage(self, who: int, leverage: int) -> None:
        self.traders[who].settings.leverage_limit = Decimal(leverage)

    @rule(price=prices)
    def jump(self, price: Decimal) -> None:
        self.engine.move_price("SOL_USDC", price, pin=None)

    @rule(seconds=st.integers(1, 7200))
    def wait(self, seconds: int) -> None:
        self.clock.ns += seconds * 1_000_000_000
        self.engine.tick()

    @invariant()
    def money_is_conserved(self) -> None:
        ledger = self.world.ledger
        for asset in ASSETS:
            assert sum((ledger.wallet(who, asset).total for who in ledger.accounts()), ZERO) == ZERO

    @invariant()
    def locks_are_exactly_what_open_spot_orders_hold(self) -> None:
        for trader in self.traders:
            held: dict[str, Decimal] = {}
            for order in trader.open_orders.values():
                if order.lock_asset is not None:
                    held[order.lock_asset] = held.get(order.lock_asset, ZERO) + order.locked
                    price = order.request.price if order.side is Side.BUY else Decimal(1)
                    assert order.locked == order.remaining * (price or ZERO)
            for asset, wallet in self.world.ledger.wallets(trader.id).items():
                assert wallet.locked == held.get(asset, ZERO) >= ZERO
                assert asset == "USDC" or wallet.available >= ZERO

    @invariant()
    def books_never_cross_and_never_hold_nothing(self) -> None:
        for symbol in SYMBOLS:
            book = self.world.markets[symbol].book
            bid, ask = book.best(Side.BUY), book.best(Side.SELL)
            assert bid is None or ask is None or bid < ask
            for side in Side:
                places = list(book.queue(side))
                assert all(place.quantity > ZERO for place in places)
                assert sum((p.quantity for p in places), ZERO) == sum((q for _, q in book.levels(side)), ZERO)

    @invariant()
    def the_book_and_the_orders_agree(self) -> None:
        for order in self.world.orders.values():
            place = self.world.markets[order.symbol].book.place_of(order.id)
            resting = order.status in {Status.NEW, Status.PARTIAL}
            assert (place is not None) == resting
            assert place is None or place.quantity == order.remaining
            assert (order.id in self.world.accounts[order.account_id].open_orders) == order.is_open
            assert (order.id in self.world.triggers[order.symbol]) == (order.status is Status.TRIGGER_PENDING)

    @invariant()
    def nothing_executes_beyond_its_quantity(self) -> None:
        for order in self.world.orders.values():
            assert order.executed >= ZERO
            assert order.quantity is None or order.executed <= order.quantity
            spent = order.request.quote_quantity
            assert spent is None or order.executed_quote <= spent
            fills = [f for f in self.world.accounts[order.account_id].fills if f.order_id == order.id]
            assert sum((f.quantity for f in fills), ZERO) == order.executed

    @invariant()
    def positions_are_the_sum_of_fills(self) -> None:
        for trader in self.traders:
            perp = [f for f in trader.fills if f.symbol == "SOL_USDC_PERP"]
            net = sum((f.quantity * f.side.sign for f in perp), ZERO)
            position = trader.positions.get("SOL_USDC_PERP")
            assert net == (position.quantity if position else ZERO)
            assert position is None or position.quantity != ZERO

    @invariant()
    def reduce_only_orders_never_outgrow_the_position(self) -> None:
        for trader in self.traders:
            position = trader.positions.get("SOL_USDC_PERP")
            reducing = [o for o in self.world.resting(trader, "SOL_USDC_PERP") if o.request.reduce_only]
            held = abs(position.quantity) if position else ZERO
            assert sum((o.remaining for o in reducing), ZERO) <= held

    @invariant()
    def every_reduce_only_order_has_something_to_reduce(self) -> None:
        for trader in self.traders:
            position = trader.positions.get("SOL_USDC_PERP")
            held = position.quantity if position else ZERO
            for order in trader.open_orders.values():
                assert not order.request.reduce_only or held * order.side.sign < ZERO

    @invariant()
    def nobody_with_a_position_is_left_under_maintenance(self) -> None:
        for trader in self.traders:
            if trader.positions:
                margin = self.world.margin(trader)
                assert margin.equity >= margin.maintenance


TestEngineLaws = ExchangeMachine.TestCase
TestEngineLaws.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


def test_the_same_seed_walks_the_same_path_and_another_does_not() -> None:
    def walk(seed: int) -> list[Decimal]:
        clock = Clock()
        engine = Engine(ExchangeConfig(seed=seed, clock_ns=clock))
        engine.refresh("SOL_USDC_PERP")
        marks = []
        for _ in range(50):
            clock.ns += 250_000_000
            marks.append(engine.refresh("SOL_USDC_PERP").mark)
        return marks

    assert walk(1) == walk(1) != walk(2)


def test_a_late_look_finds_the_price_a_watcher_would_have_seen() -> None:
    def price(steps: list[int]) -> Decimal:
        clock = Clock()
        engine = Engine(ExchangeConfig(seed=5, clock_ns=clock))
        engine.refresh("BTC_USDC")
        for ticks in steps:
            clock.ns += ticks * 250_000_000
            engine.refresh("BTC_USDC")
        return engine.world.paths["BTC"].value

    assert price([1] * 40) == price([40])


def test_house_and_users_cancel_out_after_a_bankruptcy() -> None:
    engine = Engine(ExchangeConfig(moving=False))
    risky = engine.open_account("risky", {"USDC": Decimal(200)})
    risky.settings.leverage_limit = Decimal(50)
    request = OrderRequest("SOL_USDC_PERP", Side.BUY, OrderType.MARKET, quantity=Decimal(40))
    engine.place(risky, request, Tag())
    engine.move_price("SOL_USDC_PERP", Decimal(100), pin=None)
    ledger = engine.world.ledger
    assert risky.positions == {}
    assert ledger.wallet(risky.id, "USDC").total == ZERO
    assert ledger.wallet(HOUSE, "USDC").total == ZERO
