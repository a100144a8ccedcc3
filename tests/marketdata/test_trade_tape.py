"""Trades are told once and in order, with REST filling what the socket lost."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.markets.market_events import Trade
from bot.marketdata.trade_tape import ANEW_US, TradeTape

SYMBOL = "SOL_USDC"


def trade(number: int, event_us: int | None = None) -> Trade:
    at = number * 1_000 if event_us is None else event_us
    return Trade(SYMBOL, Decimal(100 + number), Decimal(1), number, True, at, number)


@given(st.integers(2, 15), st.data())
def test_any_arrival_is_told_once_and_in_order(count: int, data: st.DataObject) -> None:
    """Shuffled, doubled and lost, with REST's newest trades now and then."""
    tape, told, exact = TradeTape(SYMBOL), [], True
    told += tape.take(trade(1))
    for arrival in data.draw(st.lists(st.tuples(st.integers(1, count), st.booleans()), max_size=30)):
        number, from_rest = arrival
        if not from_rest:
            told += tape.take(trade(number))
            continue
        oldest = data.draw(st.integers(1, number))
        ready, whole = tape.fill([trade(one) for one in range(oldest, number + 1)])
        told += ready
        exact = exact and whole
    ids = [one.trade_id for one in told]
    assert ids == sorted(set(ids))
    if exact:
        assert ids == list(range(1, len(ids) + 1)), "nothing skipped unless it was said"


def test_the_whole_row_from_rest_completes_the_tape() -> None:
    tape = TradeTape(SYMBOL)
    assert [one.trade_id for one in tape.take(trade(5))] == [5]
    assert tape.take(trade(8)) == []
    ready, exact = tape.fill([trade(number) for number in range(4, 8)])
    assert ([one.trade_id for one in ready], exact) == ([6, 7, 8], True)


def test_what_rest_no_longer_has_is_said_to_be_missing() -> None:
    tape = TradeTape(SYMBOL)
    tape.take(trade(5))
    ready, exact = tape.fill([trade(9), trade(10)])
    assert ([one.trade_id for one in ready], exact) == ([9, 10], False)


def test_a_rest_that_lags_behind_changes_nothing() -> None:
    tape = TradeTape(SYMBOL)
    tape.take(trade(5))
    assert tape.fill([trade(3), trade(4)]) == ([], True)
    assert tape.take(trade(4)) == []


def test_an_exchange_that_counts_anew_is_followed() -> None:
    tape = TradeTape(SYMBOL)
    tape.take(trade(500))
    later = 500_000 + 2 * ANEW_US
    assert tape.fill([trade(1, later), trade(2, later)]) == ([], False)
    assert [one.trade_id for one in tape.take(trade(1, later))] == [1]


def test_what_waits_is_told_in_the_end() -> None:
    tape = TradeTape(SYMBOL)
    tape.take(trade(1))
    tape.take(trade(3))
    assert [one.trade_id for one in tape.give_up()] == [3]
    assert [one.trade_id for one in tape.take(trade(4))] == [4]
