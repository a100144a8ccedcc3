"""Whatever an account holds: what can be closed is closed, the rest is named to the last digit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.accounts.account import Position
from bot.domain.accounts.holdings import closing_orders, market_of, meant, names, smallest
from bot.domain.markets.market import Market
from bot.domain.values import ZERO, MarketKind, Side
from tests.support.present import present

D = Decimal


def position(quantity: Decimal, symbol: str = "SOL_USDC_PERP") -> Position:
    return Position(symbol, quantity, D(150), D(151), D(150), None, ZERO, ZERO, ZERO, D("0.1"), D("0.05"))


def market(step: Decimal, least: Decimal, most: Decimal | None) -> Market:
    return Market("SOL_USDC_PERP", "SOL", "USDC", MarketKind.PERP, D("0.01"), step, least, most, ZERO, None)


quantities = st.decimals(D("0.000001"), D(1_000_000), places=6)
steps = st.sampled_from([D("0.00001"), D("0.01"), D("0.1"), D("0.25"), D(1), D(10)])


@given(quantities, st.booleans(), steps, st.integers(0, 30), st.none() | st.integers(1, 60))
def test_every_part_is_one_the_market_takes_and_nothing_is_lost(
    held: D, is_short: bool, step: D, least: int, parts: int | None
) -> None:
    rules = market(step, least * step, None if parts is None else max(held / parts, step * max(least, 1)))
    closing = closing_orders(position(-held if is_short else held), rules)
    sizes = [present(one.quantity) for one in closing.requests]
    assert sum(sizes, ZERO) + closing.rest == held
    for size in sizes:
        assert size % step == 0
        assert size >= smallest(rules)
        assert rules.max_quantity is None or size <= rules.max_quantity
    assert closing.rest < max(smallest(rules), step) + step
    assert all(
        one.reduce_only and one.side is (Side.BUY if is_short else Side.SELL) for one in closing.requests
    )


@given(quantities)
def test_without_rules_all_of_it_is_tried_as_it_is_held(held: D) -> None:
    closing = closing_orders(position(held), None)
    assert [one.quantity for one in closing.requests] == [held]
    assert closing.rest == 0
    assert closing_orders(position(held), market_of(position(held))) == closing


@pytest.mark.parametrize(
    ("held", "rules", "sizes", "rest"),
    [
        ("1.877", market(D("0.01"), D("0.01"), None), ["1.87"], "0.007"),
        ("0.007", market(D("0.01"), D("0.01"), None), [], "0.007"),
        ("0.9", market(D("0.1"), D("1"), None), [], "0.9"),
        ("100.5", market(D("0.1"), D("1"), D(50)), ["50", "49.5", "1.0"], "0"),
        ("100", market(D("0.1"), D("1"), D(50)), ["50", "50"], "0"),
    ],
)
def test_what_is_left_is_named(held: str, rules: Market, sizes: list[str], rest: str) -> None:
    closing = closing_orders(position(D(held)), rules)
    assert [one.quantity for one in closing.requests] == [D(size) for size in sizes]
    assert closing.rest == D(rest)


@pytest.mark.parametrize(
    ("mention", "symbol", "is_meant"),
    [
        *(
            ("wif", "WIF_USDC_PERP", True),
            ("$WIF", "WIF_USDC_PERP", True),
            ("wif-perp", "WIF_USDC_PERP", True),
        ),
        *(("WIF_USDC_PERP", "WIF_USDC_PERP", True), ("wifusdt", "WIF_USDC_PERP", True)),
        *(("WIF_USDC", "WIF_USDC_PERP", False), ("wif/usdc", "WIF_USDC_PERP", False)),
        *(("if", "WIF_USDC_PERP", False), ("wif", "WIFX_USDC_PERP", False), ("2z", "2Z_USDC_PERP", True)),
        *(("wif", "WIF", True), ("wif", "WIF_OF_TOMORROW", True)),
    ],
)
def test_a_word_finds_the_position_it_names(mention: str, symbol: str, is_meant: bool) -> None:
    assert names(mention, symbol) is is_meant
    assert meant(mention, [position(D(1), symbol)]) == ([position(D(1), symbol)] if is_meant else [])


def test_the_exact_symbol_comes_first() -> None:
    both = [position(D(1), "SOL_USDC_PERP"), position(D(1), "SOL_USDT_PERP")]
    assert meant("SOL_USDT_PERP", both) == [both[1]]
    assert meant("sol", both) == both
    assert replace(both[0], quantity=D(2)) not in meant("sol", both)
