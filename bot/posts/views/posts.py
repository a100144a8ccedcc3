"""What the bot says by itself at set times: movers, funding, the day's digest; and how late it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from markupsafe import Markup

from bot.domain.markets.funding import FundingRow
from bot.domain.values import HUNDRED
from bot.ui.lateness import Lateness, lateness
from bot.ui.locale import Locale
from bot.ui.message import Message, lines, plain_text
from bot.ui.words import rated

SHOWN: Final = 5
DIGEST_SHOWN: Final = 3
GATHERED_SHOWN: Final = 30
_GATHERED_CHARS: Final = 90


@dataclass(frozen=True, slots=True)
class Mover:
    """A perpetual over 24 hours: `change` is a fraction, `volume` in USD."""

    base: str
    last: Decimal
    change: Decimal
    volume: Decimal


def movers(locale: Locale, rows: Sequence[Mover], when: Lateness, *, now_ms: int) -> Message:
    """Who rose and who fell the most in 24 hours."""
    ordered = sorted(rows, key=lambda row: row.change)
    return Message(
        lines(
            *lateness(locale, when),
            locale.text("post-movers-title"),
            *_moves(locale, ordered, SHOWN),
            locale.text("price-at", time=locale.time(now_ms)),
        )
    )


def extremes(locale: Locale, rows: Sequence[FundingRow], when: Lateness, *, now_ms: int) -> Message:
    """Where longs pay the most, and where shorts do."""
    ordered = sorted(rows, key=lambda row: row.apr)
    return Message(
        lines(
            *lateness(locale, when),
            locale.text("post-extremes-title"),
            *_rates(locale, ordered, SHOWN),
            locale.text("price-at", time=locale.time(now_ms)),
        )
    )


def funding(locale: Locale, table: Message, when: Lateness, *, settlement_ms: int, now_ms: int) -> Message:
    """The desk's table (`ui.funding_table`) before, or after, the settlement at `settlement_ms`."""
    time, left = locale.clock(settlement_ms), locale.duration((settlement_ms - now_ms) // 1000)
    title = (
        locale.text("post-funding-title", time=time, left=left)
        if settlement_ms > now_ms
        else locale.text("post-funding-passed", time=time)
    )
    return Message(lines(*lateness(locale, when), title, table.text), table.keyboard)


def digest(
    locale: Locale,
    rows: Sequence[Mover],
    rates: Sequence[FundingRow],
    when: Lateness,
    *,
    gathered: Sequence[str] = (),
    unsaid: int = 0,
    now_ms: int,
) -> Message:
    """The day: majors by volume, movers, funding, what was gathered (HTML) and how much was not said."""
    majors = sorted(rows, key=lambda row: row.volume, reverse=True)[:DIGEST_SHOWN]
    more = len(gathered) - GATHERED_SHOWN
    return Message(
        lines(
            *lateness(locale, when),
            locale.text("post-digest-title", time=locale.time(now_ms)),
            *(_mover(locale, row) for row in majors),
            "",
            locale.text("post-movers-title"),
            *_moves(locale, sorted(rows, key=lambda row: row.change), DIGEST_SHOWN),
            "",
            locale.text("post-extremes-title"),
            *_rates(locale, sorted(rates, key=lambda row: row.apr), DIGEST_SHOWN),
            *(("", locale.text("post-gathered")) if gathered else ()),
            *(
                locale.text("post-gathered-line", words=_first_line(text))
                for text in gathered[:GATHERED_SHOWN]
            ),
            locale.text("post-more", n=more) if more > 0 else None,
            locale.text("post-unsaid", n=unsaid) if unsaid else None,
        )
    )


def _moves(locale: Locale, ordered: Sequence[Mover], count: int) -> list[Markup]:
    """The strongest of both ends of rows in rising order of change; nobody stands at both."""
    if not ordered:
        return [locale.text("post-nothing")]
    up = [row for row in reversed(ordered) if row.change > 0][:count]
    down = [row for row in ordered if row.change < 0][:count]
    return [_mover(locale, row) for row in (*up, *down)] or [locale.text("post-nothing")]


def _mover(locale: Locale, row: Mover) -> Markup:
    mark = "🟢" if row.change > 0 else "🔴" if row.change < 0 else "⚪"
    change = locale.signed_percent(row.change * HUNDRED)
    return locale.text("post-mover", mark=mark, base=row.base, price=locale.price(row.last), change=change)


def _rates(locale: Locale, ordered: Sequence[FundingRow], count: int) -> list[Markup]:
    pays_long = [row for row in reversed(ordered) if row.rate.fraction > 0][:count]
    pays_short = [row for row in ordered if row.rate.fraction < 0][:count]
    return [_rate(locale, row) for row in (*pays_long, *pays_short)] or [locale.text("post-nothing")]


def _rate(locale: Locale, row: FundingRow) -> Markup:
    return locale.text(
        "post-rate",
        base=row.base,
        rate=rated(locale, row.rate),
        side="long" if row.rate.fraction > 0 else "short",
    )


def _first_line(text: str) -> str:
    words = plain_text(text).strip().partition("\n")[0]
    return words if len(words) <= _GATHERED_CHARS else words[: _GATHERED_CHARS - 1] + "…"
