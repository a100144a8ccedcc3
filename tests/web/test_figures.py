"""Bars stay inside their drawing and in proportion, whatever the amounts."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.web.figures import HEIGHT, WIDTH, Value, bars

AMOUNTS = st.decimals(min_value=0, max_value=10**10, allow_nan=False, places=2)


@given(st.lists(AMOUNTS, min_size=1, max_size=31))
def test_bars_fit_under_the_top_line(amounts: list[Decimal]) -> None:
    drawn = bars([Value(str(n), amount, "") for n, amount in enumerate(amounts)])
    top = drawn.lines[-1].amount
    assert top >= max(amounts)
    assert min(line.y for line in drawn.lines) == 0
    for bar, amount in zip(drawn.bars, amounts, strict=True):
        assert 0 <= bar.y <= HEIGHT
        assert 0 <= bar.x < bar.x + bar.width <= WIDTH
        assert abs(bar.height - float(amount / top) * HEIGHT) < 1e-6


def test_nothing_is_drawn_of_nothing() -> None:
    assert bars(()).bars == ()
    assert bars([Value("1", Decimal(0), "")]).bars[0].height == 0
