"""The funding desk in words: one market's page, and carries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from bot.domain.markets.carry import DAYS_HELD, Carry
from bot.domain.markets.funding import HOUR_MS, FundingRow, Settlement, mean_rate
from bot.domain.values import HUNDRED, ZERO
from bot.ui.charts import Point, bars
from bot.ui.funding_table import NOTHING, aligned, short_span, yearly_percent
from bot.ui.locale import Locale, clean
from bot.ui.message import Button, Message, button, keyboard, lines
from bot.ui.words import symbol_name


@dataclass(frozen=True, slots=True)
class Mine:
    """My position in the market: what funding brought since it was opened, and what comes next (USD)."""

    quantity: Decimal
    so_far: Decimal
    next_payment: Decimal


def market(
    locale: Locale,
    row: FundingRow,
    past: Sequence[Settlement],
    *,
    now_ms: int,
    carry: Carry | None = None,
    mine: Mine | None = None,
    table_data: str | None = None,
    carry_data: str | None = None,
    alert_data: str | None = None,
    refresh_data: str | None = None,
) -> Message:
    """One market: now, averages, my cost so far, and how long a carry takes to earn its fees."""
    text = lines(
        locale.text("funding-market", symbol=symbol_name(row.symbol)),
        locale.text(
            "funding-now",
            rate=locale.rate(row.rate.fraction),
            interval=locale.duration(row.rate.interval_ms // 1000),
            apr=_yearly(locale, row.apr),
        ),
        None
        if row.next_ms is None
        else locale.text(
            "funding-next",
            time=locale.clock(row.next_ms),
            left=locale.duration((row.next_ms - now_ms) // 1000),
        ),
        locale.text("funding-pays", side="short" if row.rate.fraction < ZERO else "long"),
        _averages(locale, row, past),
        None
        if mine is None
        else locale.text(
            "funding-mine",
            so_far=locale.signed_usd(mine.so_far),
            next=locale.signed_usd(mine.next_payment),
            quantity=locale.number(mine.quantity),
            base=row.base,
        ),
        None if carry is None else _carry_line(locale, carry),
    )
    return Message(
        text,
        keyboard(
            (button(locale, "button-carry", carry_data), button(locale, "button-funding-alert", alert_data)),
            (
                button(locale, "button-funding-table", table_data),
                button(locale, "button-refresh", refresh_data),
            ),
        ),
    )


def picture(row: FundingRow, past: Sequence[Settlement], time_zone: str = "UTC") -> bytes:
    """PNG of the settlements, each in per cent by the year. Draws: not for the loop's thread."""
    points = [Point(one.at_ms, one.rate.yearly * HUNDRED) for one in past]
    return bars(points, title=f"{symbol_name(row.symbol)} · APR", suffix="%", time_zone=time_zone)


def carries(
    locale: Locale, found: Sequence[Carry], *, open_data: Callable[[str], str] | None = None
) -> Message:
    """The best carries first, by what is left after fees and borrow when held for a month."""
    if not found:
        return Message(locale.text("carry-none"))
    head = [locale.plain(f"carry-column-{name}") for name in ("market", "side", "gross", "net", "even")]
    cells = [head] + [
        [
            clean(one.base, 7),
            locale.plain("carry-short" if one.earns_short else "carry-long"),
            yearly_percent(locale, one.running),
            yearly_percent(locale, one.net_held),
            _hours(locale, one),
        ]
        for one in found
    ]
    text = lines(
        locale.text("carry-title"),
        Markup("<pre>{}</pre>").format("\n".join(aligned(cells))),
        locale.text("carry-legend", days=DAYS_HELD),
    )
    if open_data is None:
        return Message(text)
    buttons = [Button(clean(one.base, 24), open_data(one.base)) for one in found[:8]]
    return Message(text, keyboard(buttons[:4], buttons[4:]))


def carry_page(
    locale: Locale,
    carry: Carry,
    *,
    average: bool,
    size_data: Iterable[tuple[str, str]] = (),
    funding_data: str | None = None,
) -> Message:
    """What one carry earns and costs, and buttons to preview it. `average`: by the week's mean rate."""
    text = lines(
        locale.text("carry-of", base=carry.base),
        locale.text("carry-legs-short" if carry.earns_short else "carry-legs-long", base=carry.base),
        locale.text("carry-yield", gross=_yearly(locale, carry.gross), basis="week" if average else "now"),
        None if not carry.borrow else locale.text("carry-borrow", rate=_yearly(locale, carry.borrow)),
        locale.text("carry-cost", cost=locale.percent(carry.cost * HUNDRED, 3)),
        locale.text("carry-net", net=_yearly(locale, carry.net_held), days=DAYS_HELD),
        _carry_line(locale, carry),
        locale.text("carry-risk"),
        None if carry.earns_short else locale.text("carry-by-hand", base=carry.base),
    )
    sizes = (Button(label, data) for label, data in size_data)
    return Message(text, keyboard(sizes, (button(locale, "button-funding-history", funding_data),)))


def _averages(locale: Locale, row: FundingRow, past: Sequence[Settlement]) -> Markup | None:
    month = mean_rate(past)
    if row.day is None or row.week is None or month is None:
        return None
    day, week, whole = (_yearly(locale, rate.yearly) for rate in (row.day, row.week, month))
    return locale.text("funding-averages", day=day, week=week, month=whole)


def _carry_line(locale: Locale, carry: Carry) -> Markup:
    hours = carry.break_even_hours
    if hours is None:
        return locale.text("carry-never")
    return locale.text("carry-even", time=locale.duration(int(hours * HOUR_MS / 1000)))


def _hours(locale: Locale, carry: Carry) -> str:
    hours = carry.break_even_hours
    if hours is None:
        return NOTHING
    return short_span(int(hours * HOUR_MS))


def _yearly(locale: Locale, fraction: Decimal) -> str:
    return locale.signed_percent(fraction * HUNDRED, 2)
