"""Pictures are small PNGs of one size, whatever they draw, without a letter the font lacks."""

from __future__ import annotations

import asyncio
import struct
import warnings
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.ui import charts
from bot.ui.charts import Bar, Curve, Level, Point

HOUR_MS = 3_600_000
START_MS = 1_790_000_000_000


def bars(closes: list[Decimal]) -> list[Bar]:
    return [
        Bar(START_MS + n * HOUR_MS, close, close * 2, close / 2, close + n % 2)
        for n, close in enumerate(closes)
    ]


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


prices = st.decimals(Decimal("0.00000001"), Decimal("1e12"), allow_nan=False)


@pytest.mark.slow
@settings(max_examples=15)
@given(st.lists(prices, max_size=40), st.lists(prices, max_size=3), st.text(max_size=30))
def test_any_prices_make_a_picture(closes: list[Decimal], levels: list[Decimal], text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a missing glyph is a warning of the library
        drawn = charts.candles(
            bars(closes),
            title=text,
            corner=text,
            levels=[Level(level, text) for level in levels],
            marks=[Point(START_MS, level) for level in levels],
            time_zone="Asia/Shanghai",
        )
    assert size(drawn) == (charts.WIDTH, charts.HEIGHT)
    assert len(drawn) < 200_000


@pytest.mark.parametrize("values", [[], ["0"], ["0.01", "-0.02", "0.03"], ["1", "1", "1"]])
def test_lines_and_bars_take_whatever_there_is(values: list[str]) -> None:
    points = [Point(START_MS + n * HOUR_MS, Decimal(value)) for n, value in enumerate(values)]
    level = [Level(Decimal("0.01"), "0.01%")]
    for drawn in (
        charts.bars(points, title="SOL-PERP", suffix="%", levels=level),
        charts.line_chart([Curve(points, "24h"), Curve(points, "7d")], title="SOL-PERP", levels=level),
        charts.line_chart([], title="SOL-PERP"),
        charts.progress(points, points, title="2026-10", corner="$1", levels=level),
    ):
        assert size(drawn) == (charts.WIDTH, charts.HEIGHT)


def test_chinese_is_left_out_and_never_drawn_as_boxes() -> None:
    assert charts.legible("SOL-PERP 资金费率 30d") == "SOL-PERP  30d"
    assert charts.legible("$100") == r"\$100"


async def test_several_pictures_at_once_are_drawn_in_threads() -> None:
    closes = [Decimal(100 + n) for n in range(20)]
    drawn = await asyncio.gather(
        *(charts.draw(charts.candles, bars(closes), title=f"M{n}") for n in range(4)),
    )
    assert len(set(drawn)) == 4


def test_a_moment_is_written_in_the_zone_of_its_reader() -> None:
    assert charts.moment(0, "UTC") == "01-01 00:00"
    assert charts.moment(0, "Asia/Shanghai") == "01-01 08:00"
    assert charts.moment(0, "Nowhere/Never") == "01-01 00:00"
