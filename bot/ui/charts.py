"""Pictures for a phone: candles, lines and bars as small PNGs, with levels and marks drawn in.

Words in pictures are symbols and numbers only, so that one picture serves every language; a letter the font
lacks is left out, never drawn as a box. Matplotlib is imported at the first picture.
"""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT, DPI = 960, 540, 100  # pixels
MOST_CANDLES: Final = 150  # a phone shows no more of them apart
_SIZE: Final = 15  # points of ordinary text; a phone shows the picture at a third of its width
_PAPER, _INK, _FAINT, _GRID = "#10151d", "#e8edf4", "#8b98a9", "#222b38"
UP, DOWN, LEVEL, MARK, LINE = "#2ebd85", "#f6465d", "#f0b90b", "#ffffff", "#4c9aff"
_COLOURS: Final = (LINE, "#f0b90b", "#b782f5", "#2ebd85")
_DAY_MS: Final = 86_400_000
_drawing = threading.Lock()  # fonts and text layout of matplotlib are not for two threads at once


@dataclass(frozen=True, slots=True)
class Bar:
    """One candle: prices in quote, the moment it opened in unix ms."""

    start_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line with its number at the right edge."""

    value: Decimal
    text: str
    colour: str = LEVEL


@dataclass(frozen=True, slots=True)
class Point:
    """A moment and a value."""

    at_ms: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a chart. `name` is shown where there are several."""

    points: Sequence[Point]
    name: str = ""


async def draw(picture: Callable[..., bytes], *args: Any, **how: Any) -> bytes:
    """`picture(*args, **how)` in a thread: drawing takes a tenth of a second or two."""
    return await asyncio.to_thread(picture, *args, **how)


def candles(
    bars: Sequence[Bar],
    *,
    title: str,
    corner: str = "",
    levels: Sequence[Level] = (),
    marks: Sequence[Point] = (),
    time_zone: str = "UTC",
) -> bytes:
    """Prices over time. `marks` are moments worth a look, such as firings; `corner` is said at the right."""

    bars = merged(bars)

    def paint(axes: Axes) -> None:
        half = _spacing([bar.start_ms for bar in bars]) * 0.35
        for rising, colour in ((True, UP), (False, DOWN)):
            some = [bar for bar in bars if (bar.close >= bar.open) is rising]
            at = [_days(bar.start_ms) for bar in some]
            axes.vlines(at, _floats(b.low for b in some), _floats(b.high for b in some), colour, linewidth=1)
            ends = [(float(min(b.open, b.close)), float(max(b.open, b.close))) for b in some]
            _boxes(
                axes,
                [(x - half, x + half, low, high) for x, (low, high) in zip(at, ends, strict=True)],
                colour,
            )
        _mark(axes, marks)

    values = [price for bar in bars for price in (bar.high, bar.low)]
    return _picture(paint, title, corner, levels, values, [bar.start_ms for bar in bars], time_zone)


def line_chart(
    curves: Sequence[Curve],
    *,
    title: str,
    corner: str = "",
    levels: Sequence[Level] = (),
    marks: Sequence[Point] = (),
    suffix: str = "",
    time_zone: str = "UTC",
) -> bytes:
    """Values over time, one line for each curve; `suffix` is the unit on the scale, such as `%`."""

    def paint(axes: Axes) -> None:
        for curve, colour in zip(curves, _COLOURS, strict=False):
            at = [_days(point.at_ms) for point in curve.points]
            axes.plot(
                at, _floats(p.value for p in curve.points), color=colour, linewidth=2.2, label=curve.name
            )
        if len(curves) > 1:
            axes.legend(loc="upper left", frameon=False, labelcolor=_INK, fontsize=_SIZE - 2)
        _mark(axes, marks)

    points = [point for curve in curves for point in curve.points]
    values, moments = [point.value for point in points], [point.at_ms for point in points]
    return _picture(paint, title, corner, levels, values, moments, time_zone, suffix)


def bars(
    points: Sequence[Point],
    *,
    title: str,
    corner: str = "",
    levels: Sequence[Level] = (),
    suffix: str = "",
    time_zone: str = "UTC",
) -> bytes:
    """Values that can be of either sign, such as funding settlements: green above nothing, red below."""

    def paint(axes: Axes) -> None:
        half = _spacing([point.at_ms for point in points]) * 0.375
        for rising, colour in ((True, UP), (False, DOWN)):
            some = [(_days(p.at_ms), float(p.value)) for p in points if (p.value >= 0) is rising]
            _boxes(axes, [(x - half, x + half, 0.0, value) for x, value in some], colour)
        axes.axhline(0, color=_FAINT, linewidth=1)

    values = [Decimal(0), *(point.value for point in points)]
    return _picture(paint, title, corner, levels, values, [p.at_ms for p in points], time_zone, suffix)


def progress(
    steps: Sequence[Point],
    gains: Sequence[Point],
    *,
    title: str,
    corner: str = "",
    levels: Sequence[Level] = (),
) -> bytes:
    """Steps towards levels: their sum as a line, below it each step and what it gained. Days are in UTC."""
    moments = [point.at_ms for point in steps]
    sums = list(accumulate((point.value for point in steps), initial=Decimal(0)))
    with _drawing:
        figure, axes = _paper(title, corner)
        axes.set_position((0.025, 0.4, 0.845, 0.47))
        strips = [
            _styled(figure.add_axes((0.025, bottom, 0.845, 0.12), facecolor=_PAPER, sharex=axes))
            for bottom in (0.25, 0.1)
        ]
        if moments:
            axes.plot([_days(moment) for moment in moments], _floats(sums[1:]), color=LEVEL, linewidth=2.2)
            _scale(axes, sums, [float(level.value) for level in levels], compact=True)
            for strip, points, colour in zip(strips, (steps, gains), (LINE, UP), strict=True):
                half = _spacing(moments) * 0.375
                at = [(_days(point.at_ms), float(point.value)) for point in points]
                _boxes(strip, [(x - half, x + half, 0.0, value) for x, value in at], colour)
                _scale(strip, [Decimal(0), *(point.value for point in points)], [], compact=True, ticks=2)
            _calendar(axes, moments, "UTC")
        for above in (axes, strips[0]):
            above.tick_params(labelbottom=False)
        for level in levels:
            _level(axes, level)
        return _png(figure)


def merged(bars: Sequence[Bar], most: int = MOST_CANDLES) -> Sequence[Bar]:
    """At most so many candles: neighbours become one, with the first's open and the last's close."""
    together = -(-len(bars) // most)
    if together <= 1:
        return bars
    groups = [bars[at : at + together] for at in range(0, len(bars), together)]
    return [
        Bar(
            group[0].start_ms,
            group[0].open,
            max(bar.high for bar in group),
            min(bar.low for bar in group),
            group[-1].close,
        )
        for group in groups
    ]


# --- the paper all pictures share ----------------------------------------------------------------------


def _picture(
    paint: Callable[[Axes], None],
    title: str,
    corner: str,
    levels: Sequence[Level],
    values: Sequence[Decimal],
    moments: Sequence[int],
    time_zone: str,
    suffix: str = "",
) -> bytes:
    with _drawing:
        figure, axes = _paper(title, corner)
        if moments:
            paint(axes)
            _scale(axes, values, [float(level.value) for level in levels], suffix)
            _calendar(axes, moments, time_zone)
        for level in levels:
            _level(axes, level)
        return _png(figure)


def _png(figure: Figure) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=DPI, facecolor=_PAPER)
    return stream.getvalue()


def _paper(title: str, corner: str) -> tuple[Figure, Axes]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), facecolor=_PAPER)
    FigureCanvasAgg(figure)
    axes = _styled(figure.add_axes((0.025, 0.105, 0.845, 0.765), facecolor=_PAPER))
    figure.text(0.03, 0.915, legible(title), color=_INK, fontsize=_SIZE + 5, fontweight="bold")
    figure.text(0.975, 0.915, legible(corner), color=_FAINT, fontsize=_SIZE, ha="right")
    return figure, axes


def _styled(axes: Axes) -> Axes:
    axes.yaxis.tick_right()
    axes.tick_params(colors=_FAINT, labelsize=_SIZE - 2, length=0, pad=8)
    axes.grid(visible=True, color=_GRID, linewidth=1)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
    return axes


def _scale(
    axes: Axes,
    values: Sequence[Decimal],
    levels: Sequence[float],
    suffix: str = "",
    *,
    ticks: int = 5,
    compact: bool = False,
) -> None:
    """Room for everything, and no number under the number of a level. `compact` writes 5M for 5,000,000."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

    low, high = (find([*levels, *_floats(values)]) for find in (min, max))
    room = (high - low) * 0.08 or abs(high) * 0.02 or 1.0
    axes.set_ylim(low - room, high + room)
    found = MaxNLocator(ticks).tick_values(low - room, high + room)
    hidden = (high - low) * 0.06
    axes.yaxis.set_major_locator(
        FixedLocator([tick for tick in found if all(abs(tick - level) > hidden for level in levels)])
    )
    unit, mark = _unit(high) if compact else (1.0, "")
    digits = _digits((high - low) / unit)
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value / unit:,.{digits}f}{mark if value else ''}{suffix}")
    )


def _unit(reach: float) -> tuple[float, str]:
    """Thousands, millions or ones: what numbers of this size are counted in."""
    return next(((size, mark) for size, mark in ((1e6, "M"), (1e3, "k")) if reach >= size), (1.0, ""))


def _digits(reach: float) -> int:
    """Decimals that tell two neighbouring lines of the scale apart."""
    from math import floor, log10

    return max(0, min(10, 1 - floor(log10(reach / 5)))) if reach > 0 else 2


def _calendar(axes: Axes, moments: Sequence[int], time_zone: str) -> None:
    from matplotlib.dates import AutoDateLocator, DateFormatter

    first, last = min(moments), max(moments)
    edge = _spacing(moments)
    axes.set_xlim(_days(first) - edge, _days(last) + edge)
    zone = _zone(time_zone)
    days = (last - first) / _DAY_MS
    axes.xaxis.set_major_locator(AutoDateLocator(tz=zone, minticks=3, maxticks=6))  # type: ignore[no-untyped-call]
    pattern = "%m-%d" if days > 2 else "%H:%M"
    axes.xaxis.set_major_formatter(DateFormatter(pattern, tz=zone))  # type: ignore[no-untyped-call]


def _level(axes: Axes, level: Level) -> None:
    value = float(level.value)
    axes.axhline(value, color=level.colour, linewidth=1.6, linestyle=(0, (5, 3)))
    axes.annotate(
        legible(level.text),
        xy=(1, value),
        xycoords=("axes fraction", "data"),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        color=_PAPER,
        fontsize=_SIZE - 2,
        fontweight="bold",
        bbox={"boxstyle": "round,pad=0.25", "facecolor": level.colour, "linewidth": 0},
        annotation_clip=False,
    )


def _mark(axes: Axes, marks: Sequence[Point]) -> None:
    at = [_days(mark.at_ms) for mark in marks]
    axes.scatter(
        at, _floats(m.value for m in marks), s=110, c=LEVEL, edgecolors=_PAPER, linewidths=1.5, zorder=5
    )


def _boxes(axes: Axes, boxes: Sequence[tuple[float, float, float, float]], colour: str) -> None:
    """Filled rectangles (left, right, bottom, top), all in one go: one by one they take seconds."""
    from matplotlib.collections import PolyCollection

    corners = [[(x0, y0), (x0, y1), (x1, y1), (x1, y0)] for x0, x1, y0, y1 in boxes]
    axes.add_collection(PolyCollection(corners, facecolors=colour, edgecolors=colour, linewidths=0.5))


def _spacing(moments: Sequence[int]) -> float:
    """Days between two neighbours; a single one is an hour wide."""
    ordered = sorted(set(moments))
    if len(ordered) < 2:
        return 1 / 24
    return (ordered[-1] - ordered[0]) / (len(ordered) - 1) / _DAY_MS


def _days(ms: int) -> float:
    return ms / _DAY_MS


def _floats(values: Any) -> list[float]:
    """For the canvas only: a pixel is coarser than any float."""
    return [float(value) for value in values]


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


@cache
def _glyphs() -> frozenset[int]:
    """The characters the font can draw."""
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(font_manager.findfont("DejaVu Sans")).get_charmap())


def legible(text: str) -> str:
    """`text` without what the font cannot draw."""
    return "".join(char for char in text if ord(char) in _glyphs()).replace("$", r"\$").strip()


def moment(ms: int, time_zone: str) -> str:
    """`11-21 18:03`: the one way pictures write a moment."""
    return datetime.fromtimestamp(ms / 1000, _zone(time_zone)).strftime("%m-%d %H:%M")
