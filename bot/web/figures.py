"""Bars of a chart, as places in a drawing; the template paints them as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Final

from bot.domain.values import ZERO

WIDTH: Final = 480  # of the drawing; a browser scales it to the page
HEIGHT: Final = 190
_GAP: Final = 0.25  # of a bar's place
_STEPS: Final = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
_LINES: Final = 4


@dataclass(frozen=True, slots=True)
class Value:
    """One bar: what it is of, how much, and the words to read when pointed at."""

    label: str
    amount: Decimal
    words: str


@dataclass(frozen=True, slots=True)
class ChartBar:
    x: float
    y: float
    width: float
    height: float
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class ChartLine:
    """A line of the scale."""

    y: float
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Bars:
    bars: tuple[ChartBar, ...]
    lines: tuple[ChartLine, ...]
    width: int = WIDTH
    height: int = HEIGHT


def bars(values: Sequence[Value]) -> Bars:
    """`values` side by side from zero up; what is below zero is drawn as nothing."""
    scale = _scale(max((value.amount for value in values), default=ZERO))
    top = scale[-1]
    place = WIDTH / max(1, len(values))
    drawn = []
    for number, value in enumerate(values):
        height = float(max(ZERO, value.amount) / top) * HEIGHT
        x = (number + _GAP / 2) * place
        drawn.append(ChartBar(x, HEIGHT - height, place * (1 - _GAP), height, value.label, value.words))
    return Bars(tuple(drawn), tuple(ChartLine(HEIGHT - float(at / top) * HEIGHT, at) for at in scale))


def _scale(most: Decimal) -> list[Decimal]:
    """Round numbers from zero to at least `most`."""
    if most <= ZERO:
        return [ZERO, Decimal(1)]
    raw = most / _LINES
    unit = Decimal(10) ** (raw.adjusted())
    step = next(unit * one for one in _STEPS if unit * one >= raw)
    count = int((most / step).to_integral_value(ROUND_CEILING))
    return [step * number for number in range(count + 1)]
