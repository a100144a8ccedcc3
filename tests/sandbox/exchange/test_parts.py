"""The engine's pure parts on their own: book, matching, margin, candles, parameters, stream names."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given

from bot.sandbox.exchange.book import Book, Resting
from bot.sandbox.exchange.candles import INTERVALS, Candles
from bot.sandbox.exchange.errors import Refused
from bot.sandbox.exchange.ledger import HOUSE, Ledger
from bot.sandbox.exchange.margin import Exposure, Margin, fraction, liquidation_price, worst_case
from bot.sandbox.exchange.markets import MARKETS
from bot.sandbox.exchange.matching import Taker, plan
from bot.sandbox.exchange.model import Position, SelfTrade
from bot.sandbox.exchange.params import Params, from_object, parse_json
from bot.sandbox.exchange.subscriptions import StreamError, parse
from bot.sandbox.values import ZERO, Side

D = Decimal
STEP = D("0.01")


def resting(order_id: str, owner: int, price: int, quantity: str, side: Side = Side.SELL) -> Resting:
    return Resting(order_id, owner, side, D(price), D(quantity))


def book_of(*places: Resting) -> Book:
    book = Book()
    for place in places:
        book.add(place)
    return book


def test_better_price_goes_first_then_earlier_time() -> None:
    book = book_of(resting("late", 1, 11, "1"), resting("b1", 2, 10, "1"), resting("b2", 3, 10, "1"))
    found = plan(book, Taker(9, Side.BUY, STEP, quantity=D("2.5")))
    assert [(place.order_id, size) for place, size in found.executions] == [
        ("b1", D(1)),
        ("b2", D(1)),
        ("late", D("0.5")),
    ]
    assert found.complete
    assert (found.quantity, found.quote) == (D("2.5"), D("25.5"))


def test_planning_leaves_the_book_untouched() -> None:
    book = book_of(resting("a", 1, 10, "1"))
    plan(book, Taker(9, Side.BUY, STEP, quantity=D(1)))
    assert book.levels(Side.SELL) == [(D(10), D(1))]


def test_limit_stops_before_a_worse_level() -> None:
    book = book_of(resting("a", 1, 10, "1"), resting("b", 1, 12, "1"))
    found = plan(book, Taker(9, Side.BUY, STEP, quantity=D(2), limit=D(11)))
    assert (found.quantity, found.complete, found.stopped_by_limit) == (D(1), False, True)


@pytest.mark.parametrize(
    ("mode", "filled", "cancelled", "stopped"),
    [
        (SelfTrade.REJECT_TAKER, ZERO, 0, True),
        (SelfTrade.REJECT_MAKER, D(1), 1, False),
        (SelfTrade.REJECT_BOTH, ZERO, 1, True),
    ],
)
def test_self_trade_prevention(mode: SelfTrade, filled: Decimal, cancelled: int, stopped: bool) -> None:
    book = book_of(resting("mine", 9, 10, "1"), resting("other", 1, 11, "1"))
    found = plan(book, Taker(9, Side.BUY, STEP, quantity=D(1), self_trade=mode))
    assert (found.quantity, len(found.own_cancelled), found.stopped_by_self) == (filled, cancelled, stopped)


@given(st.integers(1, 100_000), st.lists(st.tuples(st.integers(50, 150), st.integers(1, 500)), min_size=1))
def test_an_order_by_quote_never_spends_more_and_stops_within_a_step(
    cents: int, places: list[tuple[int, int]]
) -> None:
    quote = D(cents) / 100
    book = book_of(*(resting(str(n), 1, price, str(D(size) / 100)) for n, (price, size) in enumerate(places)))
    found = plan(book, Taker(9, Side.BUY, STEP, quote=quote))
    assert found.quote <= quote
    if found.complete:
        assert quote - found.quote < found.executions[-1][0].price * STEP


def test_drain_tells_net_changes_once() -> None:
    book = book_of(resting("a", 1, 10, "1"), resting("b", 1, 10, "2"))
    assert book.drain() == [(Side.SELL, D(10), D(3))]
    book.remove("a")
    book.add(resting("c", 1, 10, "1"))
    assert book.drain() == []
    book.remove("b")
    book.remove("c")
    assert book.drain() == [(Side.SELL, D(10), ZERO)]


def test_a_ledger_keeps_its_locks() -> None:
    ledger = Ledger()
    ledger.transfer(HOUSE, 1, "USDC", D(10))
    ledger.lock(1, "USDC", D(4))
    with pytest.raises(ValueError, match="locked"):
        ledger.lock(1, "USDC", D(-5))
    with pytest.raises(ValueError, match="locked"):
        ledger.transfer(1, HOUSE, "USDC", D(5), from_locked=True)
    assert (ledger.wallet(1, "USDC").available, ledger.wallet(HOUSE, "USDC").total) == (D(6), D(-10))


@given(st.lists(st.tuples(st.sampled_from([1, -1]), st.integers(1, 500), st.integers(50, 150)), max_size=20))
def test_a_positions_profit_is_what_its_cash_flows_say(fills: list[tuple[int, int, int]]) -> None:
    position, cash = Position("1", "X", 0), ZERO
    for sign, size, price in fills:
        signed = D(sign * size)
        if position.quantity * signed < 0 and abs(signed) > abs(position.quantity):
            signed = -position.quantity
        position.apply(signed, D(price))
        cash -= signed * price
    assert position.realized + position.unrealized(D(100)) == cash + position.quantity * 100


def test_reversing_a_position_in_one_fill_is_an_error() -> None:
    position = Position("1", "X", 0)
    position.apply(D(1), D(10))
    with pytest.raises(ValueError, match="reverses"):
        position.apply(D(-2), D(10))


def test_worst_case_is_the_larger_side() -> None:
    orders = [(Side.BUY, D(3)), (Side.SELL, D(9))]
    assert worst_case(D(2), orders) == D(-7)
    assert worst_case(D(5), orders) == D(8)


def test_margin_fraction_grows_with_the_root_of_notional() -> None:
    curve = MARKETS["SOL_USDC_PERP"].initial
    assert fraction(curve, D(0)) == D("0.02")
    assert fraction(curve, D(1_000_000)) == D("0.095")


@given(
    quantity=st.integers(-20_000, 20_000).filter(bool),
    equity=st.integers(100, 2_000_000),
    mark=st.integers(20, 500),
)
def test_at_the_liquidation_price_equity_meets_maintenance(quantity: int, equity: int, mark: int) -> None:
    spec = MARKETS["SOL_USDC_PERP"]
    item = Exposure(spec, D(mark), D(quantity), D(quantity), ZERO)
    margin = Margin(ZERO, ZERO, ZERO, D(equity), ZERO, item.maintenance, ZERO, item.notional)
    assume(margin.equity > item.maintenance)
    price = liquidation_price(item, margin)
    if price == ZERO:
        assert quantity > 0
        assert D(equity) >= D(quantity) * mark
        return
    assert (price < mark) == (quantity > 0)
    left = D(equity) + quantity * (price - mark)
    needed = abs(quantity) * price * fraction(spec.maintenance, abs(quantity) * price)
    assert abs(left - needed) < D("0.01")


@pytest.mark.parametrize("interval", INTERVALS)
def test_recorded_trades_are_in_candles_of_every_interval(interval: str) -> None:
    candles, now = Candles("X", D(100), 1), 1_800_000_123
    candles.record(now * 1_000_000, D(105), D(2))
    candles.record(now * 1_000_000, D(95), D(1))
    candle = candles.current(interval, now)
    assert candle is not None
    assert candle.close == D(95)
    assert candle.high >= D(105)
    assert candle.low <= D(95)
    assert candle.volume >= D(3)


@pytest.mark.parametrize("text", ["", "1e999999", "NaN", "Infinity", "1_000", "٣", "0x10", "1" * 65])
def test_strange_decimals_are_refused(text: str) -> None:
    with pytest.raises(Refused):
        Params((("quantity", text),)).decimal("quantity")


@given(st.text(max_size=30))
def test_any_text_is_an_integer_in_range_or_refused(text: str) -> None:
    try:
        value = Params((("n", text),)).integer("n", 0, 100)
    except Refused:
        return
    assert value is not None
    assert 0 <= value <= 100


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_bodies_that_are_not_objects_are_refused(value: object) -> None:
    with pytest.raises(Refused):
        from_object(value)


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b'{"a": NaN}', b"\xff"])
def test_broken_json_is_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        parse_json(body)


def test_numbers_are_signed_with_the_digits_that_arrived() -> None:
    body = parse_json(b'{"b": 1.50, "a": true, "c": null, "d": "x"}')
    assert from_object(body).signed_text("i") == "instruction=i&a=true&b=1.50&d=x"


@given(st.text(max_size=40))
def test_any_stream_name_is_understood_or_refused(text: str) -> None:
    with suppress(StreamError):
        assert parse(text).text == text
