"""The broker's rebate in words and in a picture: a month, where it is heading, and its breakdowns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from markupsafe import Markup, escape

from bot.domain.values import HUNDRED, ZERO, plain
from bot.kernel.recurrence import DAY_MS
from bot.rebates.model.programme import Projection
from bot.rebates.model.rebate import TIERS, Month, Tier, cents, tier_of
from bot.rebates.model.summary import Breakdown, MonthSummary, Name, SummaryLine
from bot.ui.charts import Level, Point, progress
from bot.ui.lateness import Lateness, lateness
from bot.ui.locale import Locale, clean
from bot.ui.message import (
    Button,
    Keyboard,
    Message,
    PageData,
    Row,
    button,
    keyboard,
    lines,
    page_at,
    paginate,
)
from bot.ui.words import symbol_name

PER_PAGE: Final = 12
_MILLION: Final = Decimal("1e6")


@dataclass(frozen=True, slots=True)
class Doors:
    """Callback data of the buttons under a month."""

    month: Callable[[Month], str]
    breakdown: Callable[[Breakdown], str]
    files: str
    advice: str


def in_progress(
    locale: Locale,
    summary: MonthSummary,
    projection: Projection,
    *,
    now_ms: int,
    doors: Doors | None = None,
    months: Sequence[Month] = (),
) -> Message:
    """The month so far, where it is heading, and what the next tier is worth."""
    month, chosen, other = summary.month, projection.chosen, projection.other
    left = locale.duration((month.end_ms - now_ms) // 1000)
    parts = [
        locale.text("rebate-title", month=str(month)) + " · " + locale.text("rebate-left", left=left),
        *_figures(locale, summary),
        locale.text(
            "rebate-projected",
            volume=cents_usd(locale, projection.end_volume),
            payout=cents_usd(locale, chosen.end_payout),
            tier=str(chosen.end_tier),
        ),
        locale.text(
            "rebate-other",
            basis=other.basis,
            tier=str(other.tier),
            payout=cents_usd(locale, other.payout),
            endtier=str(other.end_tier),
            endpayout=cents_usd(locale, other.end_payout),
        ),
        _next(locale, summary, projection),
        *_doubts(locale, summary),
    ]
    return Message(lines(*parts), _buttons(locale, summary, doors, months))


def finished(
    locale: Locale, summary: MonthSummary, *, doors: Doors | None = None, months: Sequence[Month] = ()
) -> Message:
    """A month that is over, as it is looked up afterwards."""
    title = locale.text("rebate-title", month=str(summary.month))
    parts = [title, *_figures(locale, summary), *_moved(locale, summary), *_doubts(locale, summary)]
    return Message(lines(*parts), _buttons(locale, summary, doors, months))


def ended(locale: Locale, summary: MonthSummary, when: Lateness, *, doors: Doors) -> Message:
    """What every operator is told on the first."""
    parts = [
        *lateness(locale, when),
        locale.text("rebate-over", month=str(summary.month)),
        *_figures(locale, summary),
        _tier_change(locale, summary),
        *_moved(locale, summary),
        *_doubts(locale, summary),
    ]
    return Message(lines(*parts), _buttons(locale, summary, doors, ()))


def breakdown(
    locale: Locale,
    summary: MonthSummary,
    by: Breakdown,
    page: int,
    *,
    page_data: PageData,
    back_data: str,
) -> Message:
    """One table of a month, with its total."""
    table = summary.tables[by]
    standing = by is Breakdown.STANDING
    header = lines(
        locale.text("rebate-title", month=str(summary.month))
        + " · "
        + locale.text("rebate-breakdown", by=by),
        locale.text("rebate-line-standing-legend" if standing else "rebate-line-legend"),
        _sum(locale, table) if table else locale.text("rebate-nothing"),
    )
    rows = [Row(_line(locale, summary, by, line)) for line in table]
    footer = keyboard((button(locale, "button-back", back_data),))
    return page_at(paginate(locale, header, rows, page_data, per_page=PER_PAGE, footer=footer), page)


def which_month(locale: Locale) -> Message:
    return Message(locale.text("rebate-which"))


def picture(summary: MonthSummary) -> bytes:
    """The month as a PNG: volume of each day and so far against the tiers, and below what each day earned."""
    days = {line.key: line for line in summary.tables[Breakdown.DAY]}
    dates = range(summary.month.start_ms // DAY_MS, summary.month.end_ms // DAY_MS)
    shown = [day for day in dates if days and day <= max(days)]
    steps = [Point(day * DAY_MS, days[day].volume if day in days else ZERO) for day in shown]
    gains = [Point(day * DAY_MS, days[day].payout if day in days else ZERO) for day in shown]
    reached = tier_of(summary.volume)
    near = [tier for tier in TIERS if tier.volume and tier.level <= reached.level + 1]
    levels = [Level(tier.volume, str(tier)) for tier in near]
    totals = summary.totals
    corner = f"${totals.volume:,.0f} · +${totals.payout:,.2f}"
    return progress(steps, gains, title=f"{summary.month} · {summary.tier}", corner=corner, levels=levels)


def picture_caption(locale: Locale, month: Month) -> Message:
    return Message(locale.text("rebate-picture", month=str(month)))


def file_caption(locale: Locale, month: Month, kind: str) -> Message:
    """`kind` is `csv` or `xlsx`."""
    return Message(locale.text("rebate-file", month=str(month), kind=kind))


# --- parts ---------------------------------------------------------------------------------------------


def _figures(locale: Locale, summary: MonthSummary) -> list[Markup]:
    totals, tier = summary.totals, summary.tier
    return [
        locale.text("rebate-payout", payout=cents_usd(locale, totals.payout)),
        locale.text("rebate-volume", volume=cents_usd(locale, totals.volume)),
        locale.text(
            "rebate-tier",
            basis=summary.basis,
            tier=str(tier),
            share=_share(locale, tier),
            decided=short_usd(locale, summary.previous_volume),
        ),
        locale.text(
            "rebate-fees", fees=cents_usd(locale, totals.fees), charged=cents_usd(locale, totals.charged)
        ),
        locale.text(
            "rebate-counts",
            fills=locale.count(totals.fills),
            users=locale.count(totals.users),
            new=locale.count(summary.new_users),
        ),
    ]


def _next(locale: Locale, summary: MonthSummary, projection: Projection) -> Markup:
    following = projection.next
    if following is None:
        return locale.text("rebate-top", tier=str(projection.chosen.end_tier))
    return locale.text(
        "rebate-next",
        basis=summary.basis,
        missing=short_usd(locale, following.missing),
        tier=str(following.tier),
        worth=locale.signed_usd(cents(following.worth)),
    )


def _doubts(locale: Locale, summary: MonthSummary) -> list[Markup]:
    totals = summary.totals
    said = []
    if totals.affiliate_cost:
        said.append(locale.text("rebate-affiliate", cost=cents_usd(locale, totals.affiliate_cost)))
    if totals.contingent:
        said.append(locale.text("rebate-contingent", amount=cents_usd(locale, totals.contingent)))
    if summary.unbooked:
        said.append(locale.text("rebate-unbooked", n=summary.unbooked))
    if summary.unpriced:
        said.append(locale.text("rebate-unpriced", fees=unpriced(summary), n=count_of_unpriced(summary)))
    return said


def unpriced(summary: MonthSummary) -> str:
    """Fees nobody knows the price of, in their assets: `0.5 WIF, 12 BONK`."""
    return ", ".join(f"{plain(amount)} {asset}" for asset, (_, amount) in sorted(summary.unpriced.items()))


def count_of_unpriced(summary: MonthSummary) -> int:
    """How many fills they are of."""
    return sum(count for count, _ in summary.unpriced.values())


def _moved(locale: Locale, summary: MonthSummary) -> list[Markup]:
    before = summary.before
    said = [
        locale.text(
            "rebate-before", payout=cents_usd(locale, before.payout), volume=cents_usd(locale, before.volume)
        )
    ]
    if summary.moves:
        said.append(locale.text("rebate-moved"))
    for move in summary.moves:
        name = name_of(locale, summary, move.breakdown, move.key)
        before_volume, now = short_usd(locale, move.before), short_usd(locale, move.now)
        said.append(locale.text("rebate-move", name=name, before=before_volume, now=now))
    return said


def _tier_change(locale: Locale, summary: MonthSummary) -> Markup | None:
    change = summary.tier_change
    if change is None:
        return None
    was, becomes = change
    return locale.text(
        "rebate-tier-change",
        basis=summary.basis,
        to=str(becomes),
        share=_share(locale, becomes),
        **{"from": str(was)},
    )


def _sum(locale: Locale, table: Sequence[SummaryLine]) -> Markup:
    return locale.text(
        "rebate-sum",
        volume=cents_usd(locale, sum((line.volume for line in table), ZERO)),
        fees=cents_usd(locale, sum((line.fees for line in table), ZERO)),
        payout=cents_usd(locale, sum((line.payout for line in table), ZERO)),
    )


def _line(locale: Locale, summary: MonthSummary, by: Breakdown, line: SummaryLine) -> Markup:
    name = _marked_name(locale, summary, by, line.key)
    figures = {
        "volume": cents_usd(locale, line.volume),
        "fees": cents_usd(locale, line.fees),
        "payout": cents_usd(locale, line.payout),
    }
    if by is Breakdown.STANDING:
        return locale.text("rebate-line-standing", name=name, fills=locale.count(line.fills), **figures)
    return locale.text("rebate-line", name=name, **figures)


def _marked_name(locale: Locale, summary: MonthSummary, by: Breakdown, key: Any) -> Markup:
    name = escape(clean(name_of(locale, summary, by, key)))
    known = summary.names.get((by, key))
    if by is Breakdown.USER and known is not None and known.id is not None:
        return Markup("{} (<code>{}</code>)").format(name, known.id)
    return name


def name_of(locale: Locale, summary: MonthSummary, by: Breakdown, key: Any) -> str:
    """How a row is called, without its id: also in files."""
    return _NAMES[by](locale, key, summary.names.get((by, key)))


def _user_name(locale: Locale, key: int, known: Name | None) -> str:
    text = known.text if known is not None else str(key)
    is_gone = known is None or known.id is None
    return locale.plain("rebate-forgotten", name=text) if is_gone else text


def _group_name(locale: Locale, key: int | None, known: Name | None) -> str:
    if key is None:
        return locale.plain("rebate-in-private")
    return known.text if known is not None and known.text else str(key)


_NAMES: Final[dict[Breakdown, Callable[[Locale, Any, Name | None], str]]] = {
    Breakdown.MARKET: lambda locale, key, known: symbol_name(key),
    Breakdown.USER: _user_name,
    Breakdown.GROUP: _group_name,
    Breakdown.DAY: lambda locale, key, known: date_of(key),
    Breakdown.ROLE: lambda locale, key, known: locale.plain("rebate-role", maker="yes" if key else "no"),
    Breakdown.TIER: lambda locale, key, known: f"BKR {key}",
    Breakdown.STANDING: lambda locale, key, known: locale.plain("rebate-standing", standing=str(key)),
}


def date_of(day: int) -> str:
    """A day since 1970 as people write it: `2026-10-31`."""
    return datetime.fromtimestamp(day * DAY_MS // 1000, UTC).date().isoformat()


def _buttons(locale: Locale, summary: MonthSummary, doors: Doors | None, months: Sequence[Month]) -> Keyboard:
    if doors is None:
        return ()

    def look(*some: Breakdown) -> list[Button | None]:
        return [button(locale, f"button-rebate-{by}", doors.breakdown(by)) for by in some]

    others = [
        button(locale, "button-rebate-month", doors.month(month), month=str(month))
        for month in months
        if month != summary.month
    ]
    return keyboard(
        look(Breakdown.MARKET, Breakdown.USER, Breakdown.GROUP),
        look(Breakdown.DAY, Breakdown.ROLE),
        look(Breakdown.TIER, Breakdown.STANDING),
        (
            button(locale, "button-rebate-files", doors.files),
            button(locale, "button-rebate-advice", doors.advice),
        ),
        others[:3],
        others[3:6],
    )


def _share(locale: Locale, tier: Tier) -> str:
    return locale.percent(tier.share * HUNDRED)


def cents_usd(locale: Locale, amount: Decimal) -> str:
    """Dollars to the cent."""
    return locale.usd(cents(amount))


def short_usd(locale: Locale, amount: Decimal) -> str:
    """Millions to two digits, `$1.2M`; less than one to the cent."""
    if abs(amount) < _MILLION:
        return cents_usd(locale, amount)
    return f"${locale.quantity(amount / _MILLION, Decimal('0.01'))}M"
