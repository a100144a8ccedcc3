"""Fills here against fills there: nothing is overlooked, nothing is called wrong too early."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.orders.order import Fill
from bot.rebates.model.fill_reconciliation import Comparison, compare
from tests.support.rows import NOW, a_fill

FROM, TO = NOW, NOW + 86_400_000
FILLS = st.lists(
    st.builds(
        a_fill,
        trade_id=st.integers(1, 1000),
        exchange_order_id=st.sampled_from(["1", "2", "3"]),
        timestamp_ms=st.integers(FROM, TO - 1),
        price=st.decimals(1, 1000, places=2),
    ),
    unique_by=lambda fill: (fill.exchange_order_id, fill.trade_id),
    max_size=30,
)


def checked(theirs: list[Fill], ours: list[Fill], young_ms: int = TO) -> Comparison:
    return compare(theirs, ours, from_ms=FROM, to_ms=TO, young_ms=young_ms)


@given(FILLS, st.randoms())
def test_the_same_fills_in_any_order_are_equal(fills: list[Fill], random: Random) -> None:
    other = random.sample(fills, len(fills))
    found = checked(fills, other)
    assert (found.is_equal, found.equal) == (True, len(fills))


@given(FILLS, st.data())
def test_whatever_is_on_one_side_only_is_named_by_side(fills: list[Fill], data: st.DataObject) -> None:
    theirs = [fill for fill in fills if data.draw(st.booleans())]
    ours = [fill for fill in fills if data.draw(st.booleans())]
    found = checked(theirs, ours)
    assert found.missing == [fill for fill in theirs if fill not in ours]
    assert found.unknown == [fill for fill in ours if fill not in theirs]
    assert found.equal + len(found.missing) == len(theirs)
    assert not found.different


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fee": Decimal("0.0854")}, {"fee": ("0.0853", "0.0854")}),
        ({"price": Decimal("142.36")}, {"price": ("142.35", "142.36")}),
        ({"quantity": Decimal("1.40")}, {}),
        ({"fee_symbol": "SOL"}, {"fee_symbol": ("USDC", "SOL")}),
        ({"is_maker": True}, {"is_maker": ("False", "True")}),
        ({"timestamp_ms": NOW + 1_000}, {}),
        ({"timestamp_ms": NOW + 1_001}, {"time": (str(NOW), str(NOW + 1_001))}),
    ],
)
def test_what_differs_is_named_with_both_values(change: dict[str, Any], said: dict[str, Any]) -> None:
    found = checked([a_fill()], [a_fill(**change)])
    assert [one.fields for one in found.different] == ([said] if said else [])


def test_a_fill_at_the_edge_is_found_in_the_margin() -> None:
    theirs, ours = a_fill(timestamp_ms=TO - 1), a_fill(timestamp_ms=TO + 300)
    assert checked([theirs], [ours]).is_equal
    assert checked([replace(theirs, timestamp_ms=TO)], []).is_equal  # the next day's


def test_a_young_fill_may_be_unknown_to_the_history() -> None:
    old, young = a_fill(trade_id=1), a_fill(trade_id=2, timestamp_ms=NOW + 10)
    assert checked([], [old, young], young_ms=NOW + 10).unknown == [old]


def test_a_fill_without_a_trade_id_is_told_by_what_it_is() -> None:
    one = a_fill(trade_id=None)
    assert checked([one], [one]).is_equal
    assert len(checked([one, replace(one, quantity=Decimal(2))], [one]).missing) == 1
