"""Alerts on cards: what fired, what was set, the list of them, and what to do about each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from bot.alerts.views import words
from bot.domain.alerts.alert import AlertOptions, Condition
from bot.domain.values import ZERO, Side
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
from bot.ui.words import base_of, priced, quote_of, sized

_MAX_LINE = 1000
_ACTIONS = {
    "undo": "button-alert-undo",
    "again": "button-alert-again",
    "delete": "button-alert-delete",
    "pause": "button-alert-pause",
    "resume": "button-alert-resume",
    "edit": "button-alert-edit",
    "replay": "button-alert-replay",
    "price": "button-alert-price",
    "save": "button-alert-save",
    "list": "button-alert-list",
    "true-now": "button-alert-true-now",
    "true-again": "button-alert-true-again",
    "cancel": "button-cancel",
    "back": "button-back",
}
_IN_ONE = 12  # firings told in full in one message


@dataclass(frozen=True, slots=True)
class AlertExecution:
    """What filled; the price is the firing's value."""

    side: Side
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class KeyFault:
    """`what` is refused: the `key` itself or its `stream`."""

    account: str
    what: str


@dataclass(frozen=True, slots=True)
class NewState:
    """Of a market's book, as the exchange words it."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Flipped:
    """Why a change of sign counted: it was `settled`, or live beyond a band of `band` per cent a year."""

    settled: bool
    band: Decimal


Fact = AlertExecution | KeyFault | NewState | Flipped


@dataclass(frozen=True, slots=True)
class AlertNews:
    """One firing. `late_s` is how late it was noticed, at most, None when it was in time."""

    condition: Condition
    happened_ms: int
    value: Decimal | None = None
    symbol: str | None = None  # the market, where the condition watches any
    label: str | None = None
    fact: Fact | None = None
    interval_ms: int | None = None  # of a funding rate
    fell: bool = False  # of a move: it was a fall
    late_s: int | None = None
    at_most: bool = False  # nobody knows when it happened while nobody watched
    plan: str | None = None
    armed_plan: bool = False


@dataclass(frozen=True, slots=True)
class AlertCard:
    """An alert as its maker sees it. `now` is the present price, of a condition that waits for one."""

    condition: Condition
    options: AlertOptions
    line: str
    now: Decimal | None = None
    distance: Decimal | None = None  # per cent of the present price
    replays: int | None = None
    replay_days: int | None = None  # None: not tried
    plan: str | None = None
    armed_plan: bool = False
    limit: Decimal | None = None  # USD, of an armed plan


@dataclass(frozen=True, slots=True)
class AlertEntry:
    """An alert in a list."""

    id: int
    condition: Condition
    label: str | None
    paused: bool
    fired_count: int = 0
    fired_ms: int | None = None


def action(locale: Locale, name: str, data: str) -> Button:
    """The button of one of `_ACTIONS`."""
    return Button(locale.plain(_ACTIONS[name]), data)


def choice(locale: Locale, name: str) -> str:
    """The label of a choice made by buttons: a kind of alert, or how often it speaks."""
    return locale.plain(f"option-alert-{name}")


# --- it fired ------------------------------------------------------------------------------------------


def fired(locale: Locale, news: Sequence[AlertNews], buttons: Keyboard) -> Message:
    """Everything that fired within a moment, oldest first. The message is never too long to be sent."""
    told = [_told(locale, one) for one in news[:_IN_ONE]]
    rest = [headline(locale, one) for one in news[_IN_ONE:]]
    return Message(Markup("\n\n").join([*told, *([lines(*rest)] if rest else [])]), buttons)


def headline(locale: Locale, one: AlertNews) -> Markup:
    what = words.what(locale, one.condition, one.symbol)
    if one.label is None:
        return locale.text("alert-fired", what=what)
    return locale.text("alert-fired-labelled", label=one.label, what=what)


def _told(locale: Locale, one: AlertNews) -> Markup:
    late = None
    if one.late_s is not None:
        known = "most" if one.at_most else "exactly"
        late = locale.text("alert-fired-late", late=locale.duration(one.late_s), known=known)
    plan = plan_line(locale, one.plan, armed=one.armed_plan)
    return lines(headline(locale, one), _fact(locale, one), _seen(locale, one), late, plan)


def _seen(locale: Locale, one: AlertNews) -> Markup:
    """When, and at what value."""
    time = locale.time(one.happened_ms)
    value = None
    if one.value is not None:
        value = words.observed(
            locale, one.condition, one.value, one.symbol, interval_ms=one.interval_ms, fell=one.fell
        )
    if value is None:
        return locale.text("alert-fired-time", time=time)
    return locale.text("alert-fired-value", value=value, time=time)


def _fact(locale: Locale, one: AlertNews) -> Markup | None:
    """What a value cannot say."""
    match one.fact:
        case AlertExecution(side, quantity):
            symbol = one.symbol or ""
            return locale.text(
                "alert-fact-fill",
                side="buy" if side is Side.BUY else "sell",
                size=sized(locale, quantity, base_of(symbol)),
                price=priced(locale, one.value or ZERO, quote_of(symbol)),
            )
        case KeyFault(account, what):
            return locale.text("alert-fact-key", account=clean(account, 40), what=what)
        case Flipped(settled, band):
            how = "settled" if settled else "beyond"
            return locale.text("alert-fact-flip", how=how, band=locale.percent(band))
        case NewState(before, after):
            return locale.text("alert-fact-state", before=clean(before, 24), after=clean(after, 24))
    return None


def plan_line(locale: Locale, plan: str | None, *, armed: bool) -> Markup | None:
    """The trade that comes with an alert."""
    if plan is None:
        return None
    line = clean(plan, _MAX_LINE)
    return (
        locale.text("alert-plan-armed", line=line) if armed else locale.text("alert-plan-coming", line=line)
    )


def plan_refused(locale: Locale, plan: str, reason: Markup) -> Markup:
    return lines(locale.text("alert-plan-refused", line=clean(plan, _MAX_LINE)), reason)


def plan_done(locale: Locale, order: Markup, account_label: str) -> Markup:
    return locale.text("alert-plan-done", order=order, account=account_label)


def plan_asks(
    locale: Locale,
    why: str,
    *,
    late_s: int = 0,
    notional: Decimal | None = None,
    limit: Decimal | None = None,
) -> Markup:
    """Why an armed plan was not sent: `too-late`, `above-limit` or `no-limit`."""
    reasons: dict[str, Callable[[], Markup]] = {
        "too-late": lambda: locale.text("alert-plan-too-late", late=locale.duration(late_s)),
        "above-limit": lambda: locale.text(
            "alert-plan-above-limit", notional=locale.usd(notional or Decimal(0)), limit=_usd(locale, limit)
        ),
        "no-limit": lambda: locale.text("alert-plan-no-limit"),
    }
    return locale.text("alert-plan-asks", reason=reasons[why]())


# --- it was made ---------------------------------------------------------------------------------------


def made(locale: Locale, card: AlertCard, buttons: Keyboard) -> Message:
    """The alert is set: what it is, how far away, and what it would have done."""
    what = words.what(locale, card.condition)
    return Message(_described(locale, locale.text("alert-made", what=what), card), buttons)


def proposed(locale: Locale, card: AlertCard, buttons: Keyboard) -> Message:
    """The same before it is saved."""
    what = words.what(locale, card.condition)
    return Message(_described(locale, locale.text("alert-proposed", what=what), card), buttons)


def detail(locale: Locale, card: AlertCard, *, paused: bool, buttons: Keyboard) -> Message:
    """One alert of the list."""
    what = words.what(locale, card.condition)
    head = locale.text("alert-paused", what=what) if paused else locale.text("alert-fired", what=what)
    return Message(_described(locale, head, card), buttons)


def _described(locale: Locale, head: Markup, card: AlertCard) -> Markup:
    return lines(
        head,
        words.options(locale, card.options),
        _now(locale, card),
        _replayed(locale, card),
        plan_line(locale, card.plan, armed=False) if not card.armed_plan else None,
        _armed(locale, card),
        Markup("<code>{}</code>").format(clean(card.line, _MAX_LINE)),
    )


def _now(locale: Locale, card: AlertCard) -> Markup | None:
    if card.now is None or card.distance is None:
        return None
    symbol = getattr(card.condition, "symbol", None) or ""
    price = priced(locale, card.now, quote_of(symbol) or "USDC")
    return locale.text("alert-now", price=price, distance=locale.percent(abs(card.distance)))


def _replayed(locale: Locale, card: AlertCard) -> Markup | None:
    if card.replay_days is None:
        return None
    if card.replays is None:
        return locale.text("alert-replay-none")
    return locale.text("alert-replay", days=card.replay_days, count=card.replays)


def _armed(locale: Locale, card: AlertCard) -> Markup | None:
    if not card.armed_plan or card.plan is None:
        return None
    warning = (
        locale.text("alert-armed-close")
        if card.limit is None
        else locale.text("alert-armed-question", limit=_usd(locale, card.limit))
    )
    return lines(plan_line(locale, card.plan, armed=True), warning)


def _usd(locale: Locale, amount: Decimal | None) -> str:
    return "—" if amount is None else locale.usd(amount)


# --- changed, listed -----------------------------------------------------------------------------------


def undone(locale: Locale, condition: Condition, *, again: Button | None = None) -> Message:
    return Message(locale.text("alert-undone", what=words.what(locale, condition)), keyboard((again,)))


def deleted(locale: Locale, condition: Condition, *, again: Button | None = None) -> Message:
    return Message(locale.text("alert-deleted", what=words.what(locale, condition)), keyboard((again,)))


def held_back(locale: Locale, count: int, *, list_data: str) -> Message:
    """For firings that were too many to be told one by one."""
    text = locale.text("alert-held-back", count=count)
    return Message(text, keyboard((button(locale, "button-alert-list", list_data),)))


def gone(locale: Locale, *, list_data: str) -> Message:
    return Message(locale.text("alert-gone"), keyboard((button(locale, "button-alert-list", list_data),)))


def listing(
    locale: Locale,
    entries: Sequence[AlertEntry],
    *,
    page: int,
    page_data: PageData,
    open_data: Callable[[int], str],
    new_data: str,
    missed_data: str | None,
    back_data: str | None,
) -> Message:
    """Live alerts, each with a button to open it."""
    foot = keyboard(
        (button(locale, "button-alert-new", new_data), button(locale, "button-alert-missed", missed_data)),
        (button(locale, "button-back", back_data),),
    )
    if not entries:
        return Message(locale.text("alert-none"), foot)
    rows = [
        Row(_entry(locale, number, entry), (Button(_short(locale, number, entry), open_data(entry.id)),))
        for number, entry in enumerate(entries, 1)
    ]
    header = locale.text("alert-title", count=len(entries))
    return page_at(paginate(locale, header, rows, page_data, per_page=6, footer=foot), page)


def _entry(locale: Locale, number: int, entry: AlertEntry) -> Markup:
    state = "paused" if entry.paused else "armed"
    what = words.what(locale, entry.condition)
    if entry.label is None:
        row = locale.text("alert-row", state=state, number=str(number), what=what)
    else:
        row = locale.text("alert-row-labelled", state=state, number=str(number), label=entry.label, what=what)
    fired = None
    if entry.fired_count and entry.fired_ms is not None:
        fired = locale.text("alert-fired-times", count=entry.fired_count, time=locale.time(entry.fired_ms))
    return lines(row, fired)


def _short(locale: Locale, number: int, entry: AlertEntry) -> str:
    return f"{number}. {clean(entry.label, 40) if entry.label else words.what(locale, entry.condition)}"


def changing(locale: Locale, condition: Condition, buttons: Keyboard) -> Message:
    """Asks for another number."""
    return Message(locale.text("alert-edit", what=words.what(locale, condition)), buttons)


def missed(
    locale: Locale,
    news: Sequence[AlertNews],
    *,
    days: int,
    page: int,
    page_data: PageData,
    list_data: str,
) -> Message:
    """What was told late, newest first."""
    foot = keyboard((button(locale, "button-alert-list", list_data),))
    if not news:
        return Message(locale.text("alert-missed-none", days=days), foot)
    rows = [
        Row(
            locale.text(
                "alert-missed-row",
                time=locale.time(one.happened_ms),
                what=words.what(locale, one.condition, one.symbol),
                late=locale.duration(one.late_s or 0),
            )
        )
        for one in news
    ]
    header = locale.text("alert-missed", days=days)
    return page_at(paginate(locale, header, rows, page_data, per_page=10, footer=foot), page)
