"""The data of a button comes back as the value it was packed from, and anything else is forged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rebates.model.rebate import Month
from bot.ui.callback_data import MAX_ID, ButtonData, Forged


class Fruit(StrEnum):
    APPLE = "apple"
    PEAR = "pear"


@dataclass(frozen=True, slots=True)
class Basket(ButtonData):
    prefix = "ba"

    fruit: Fruit
    number: int = 0
    month: Month | None = None
    note: str = ""


months = st.none() | st.builds(Month.parse, st.sampled_from(("2026-01", "2030-12")))
notes = st.text("ab:~ é", max_size=8)
baskets = st.builds(Basket, st.sampled_from(Fruit), st.integers(0, MAX_ID), months, notes)


@given(baskets)
def test_what_was_packed_comes_back(basket: Basket) -> None:
    prefix, _, argument = basket.pack().partition(":")
    assert prefix == "ba"
    assert Basket.read(argument) == basket


def test_defaults_at_the_end_are_left_out() -> None:
    assert Basket(Fruit.PEAR).pack() == "ba:pear"
    assert Basket(Fruit.PEAR, 3).pack() == "ba:pear:3"
    assert Basket(Fruit.PEAR, note="a:b").pack() == "ba:pear:0::a:b"


@pytest.mark.parametrize(
    "argument",
    ["", "plum", "pear:-1", "pear:x", "pear:٣", f"pear:{2**63}", "pear:1:2026-13", "pear:1:x:note", ":1"],
)
def test_what_no_button_has_is_forged(argument: str) -> None:
    with pytest.raises(Forged):
        Basket.read(argument)


def test_data_that_telegram_would_not_take_is_not_made() -> None:
    with pytest.raises(ValueError, match="too long"):
        Basket(Fruit.PEAR, note="é" * 30).pack()
