"""A chained book equals the exchange's, or says that it does not, whatever arrives in whatever order."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.markets.market import Book
from bot.marketdata.book_sequence import MAX_PENDING, BookSequence

SYMBOL = "SOL_USDC_PERP"
Level = tuple[Decimal, Decimal]
Sides = tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]]


@dataclass(frozen=True)
class Change:
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    first_id: int
    last_id: int


def book_of(sides: Sides) -> Book:
    bids, asks = sides
    return Book(SYMBOL, sorted(bids.items(), reverse=True), sorted(asks.items()))


@dataclass(frozen=True)
class History:
    """Changes `1..n` and the true book after each of them; `books[0]` is the one before."""

    changes: tuple[Change, ...]
    books: tuple[Book, ...]

    def aggregated(self, first: int, last: int) -> Change:
        """Changes `first..last` in one event, as the exchange sends them under load."""
        merged = [dict[Decimal, Decimal](), dict[Decimal, Decimal]()]
        for change in self.changes[first - 1 : last]:
            merged[0].update(change.bids)
            merged[1].update(change.asks)
        return Change(tuple(merged[0].items()), tuple(merged[1].items()), first, last)


@st.composite
def histories(draw: st.DrawFn, most: int = 12) -> History:
    prices = st.integers(1, 8).map(Decimal)
    level = st.tuples(prices, st.integers(0, 3).map(Decimal))
    sides: Sides = ({}, {})
    changes, books = [], [book_of(sides)]
    for number in range(1, draw(st.integers(1, most)) + 1):
        told = [tuple(dict(draw(st.lists(level, max_size=4))).items()) for _ in range(2)]
        for side, levels in zip(sides, told, strict=True):
            side.update(levels)
            for price in [price for price, quantity in side.items() if not quantity]:
                del side[price]
        changes.append(Change(told[0], told[1], number, number))
        books.append(book_of(sides))
    return History(tuple(changes), tuple(books))


def same(chain: BookSequence, book: Book) -> bool:
    held = chain.book(1000)
    return list(held.bids) == list(book.bids) and list(held.asks) == list(book.asks)


@given(histories(), st.data())
def test_any_arrival_gives_the_true_book_or_a_known_hole(history: History, data: st.DataObject) -> None:
    """Lost, doubled, reordered and aggregated events with snapshots of any age in between."""
    count = len(history.changes)
    span = st.tuples(st.integers(1, count), st.integers(0, 3)).map(
        lambda one: (one[0], min(one[0] + one[1], count))
    )
    arrivals = st.one_of(span, st.integers(0, count))
    chain = BookSequence(SYMBOL)
    for arrival in data.draw(st.lists(arrivals, max_size=40)):
        if isinstance(arrival, int):
            chain.load(history.books[arrival], arrival, 1000)
        else:
            chain.apply(history.aggregated(*arrival))
        if chain.is_whole:
            assert chain.last_id is not None
            assert same(chain, history.books[chain.last_id]), "whole means exact"


@given(histories(), st.data())
def test_a_snapshot_in_the_stream_mends_everything(history: History, data: st.DataObject) -> None:
    """However the events before it came: all those after the snapshot, in any order, lead to the end."""
    count = len(history.changes)
    taken = data.draw(st.integers(0, count))
    chain = BookSequence(SYMBOL)
    for number in data.draw(st.lists(st.integers(1, count), max_size=10)):
        chain.apply(history.changes[number - 1])
    chain.forget()
    later = data.draw(st.permutations(range(taken + 1, count + 1)))
    early = data.draw(st.integers(0, len(later)))
    for number in later[:early]:
        chain.apply(history.changes[number - 1])
    chain.load(history.books[taken], taken, 1000)
    for number in later[early:]:
        chain.apply(history.changes[number - 1])
    assert chain.is_whole
    assert chain.last_id == count
    assert same(chain, history.books[count])


@given(histories(), st.data())
def test_a_lost_event_is_noticed_by_the_next(history: History, data: st.DataObject) -> None:
    count = len(history.changes)
    lost = data.draw(st.integers(1, count))
    chain = BookSequence(SYMBOL)
    chain.load(history.books[0], 0, 1000)
    for number in range(1, count + 1):
        if number != lost:
            chain.apply(history.changes[number - 1])
    assert chain.is_whole == (lost == count), "only the very last one's loss shows nowhere"
    chain.apply(history.changes[lost - 1])
    assert chain.is_whole
    assert same(chain, history.books[count])


def change(number: int, *, bid: int = 1, quantity: int = 1) -> Change:
    return Change(((Decimal(bid), Decimal(quantity)),), (), number, number)


def test_a_hole_that_nobody_fills_does_not_fill_the_memory() -> None:
    chain = BookSequence(SYMBOL)
    chain.load(Book(SYMBOL, [], []), 0, 1000)
    for number in range(2, MAX_PENDING + 10):
        chain.apply(change(number))
    assert not chain.is_whole
    assert chain.last_id is None, "only a new snapshot helps now"


def test_levels_beyond_a_cut_off_snapshot_are_not_served() -> None:
    """A book of which the exchange gave the best two levels: what lies beyond was never told."""
    chain = BookSequence(SYMBOL)
    snapshot = Book(SYMBOL, [(Decimal(9), Decimal(1)), (Decimal(8), Decimal(1))], [])
    chain.load(snapshot, 1, 2)
    chain.apply(change(2, bid=6))
    chain.apply(change(3, bid=10))
    assert [price for price, _ in chain.book(10).bids] == [Decimal(10), Decimal(9), Decimal(8)]
    assert not chain.is_thin(3)
    chain.apply(change(4, bid=9, quantity=0))
    assert chain.is_thin(3)
