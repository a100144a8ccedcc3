"""Several statements under one Confirm: every step in exact figures, then what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bot.domain.orders.order import OrderSnapshot, OrderState
from bot.domain.preview.preview import Note, Preview
from bot.domain.values import ZERO
from bot.trading.views.flatten import closing_line, closing_notes
from bot.trading.views.orders import order_line
from bot.trading.views.preview import (
    execution_line,
    exit_lines,
    fee_line,
    liquidation_line,
    note_line,
    offer_line,
    title_line,
)
from bot.ui.locale import Locale, clean
from bot.ui.message import MAX_TEXT, Button, Message, button, keyboard, lines, visible_length
from bot.ui.refusals import exchange_reason, expiry_reason
from bot.ui.words import priced, sized

_MAX_LINE = 1000
_MOST_CANCELS = 5
_WARNINGS = frozenset(
    {
        "partial-depth",
        "fills-now",
        "flips",
        "liquidation-before-stop",
        "sells-coins",
        "wide-spread",
        "sell-reduces",
        "unlisted",
        "odd-state",
        "rest-stays",
    }
)

_OUTCOMES = {"done": "chain-ok", "failed": "chain-failed", "unknown": "chain-unknown"}


@dataclass(frozen=True, slots=True)
class ChainStep:
    """One statement: the orders it sends, or those it cancels (with neither, nothing is there to cancel)."""

    previews: tuple[Preview, ...] = ()
    cancels: tuple[OrderSnapshot, ...] = ()


def chain_preview(
    locale: Locale,
    steps: Sequence[ChainStep],
    *,
    account_label: str,
    seconds_left: int,
    confirm_data: str,
    cancel_data: str,
    canonical: str,
) -> Message | None:
    """Every step in sending order and one Confirm. None when they do not fit one message: unseen is unsent.

    Where room is short the copied line goes first, then the notes that warn of nothing.
    """
    title = chain_title(locale, steps)
    previews = [preview for step in steps for preview in step.previews]
    totals = locale.text("chain-total", fee=locale.usd(sum((one.fee for one in previews), ZERO)))
    footer = locale.text("preview-footer", account=account_label, left=locale.duration(seconds_left))
    line = Markup("<code>{}</code>").format(clean(canonical, _MAX_LINE))
    notional = locale.usd(sum((one.notional for one in previews), ZERO))
    confirm = Button(locale.plain("button-chain", count=len(steps), notional=notional), confirm_data)
    buttons = keyboard((confirm, button(locale, "button-cancel", cancel_data)))
    for shown_line, notes in ((line, True), (None, True), (None, False)):
        body = [part for number in range(len(steps)) for part in ("", _step(locale, steps, number, notes))]
        text = lines(title, *body, "", totals if previews else None, shown_line, footer)
        if visible_length(text) <= MAX_TEXT:
            return Message(text, buttons)
    return None


def chain_title(locale: Locale, steps: Sequence[ChainStep]) -> Markup:
    return locale.text("chain-title", count=len(steps))


def offer_chain(locale: Locale, count: int) -> Markup:
    """What is on offer in a few words."""
    return locale.text("offer-chain", count=count)


def _step(locale: Locale, steps: Sequence[ChainStep], number: int, notes: bool) -> Markup:
    step = steps[number]
    if not step.previews:
        return _numbered(locale, number, _cancelling(locale, step.cancels))
    if len(step.previews) > 1:
        first = offer_line(locale, step.previews)
        parts = (closing_line(locale, preview) for preview in step.previews)
        told = closing_notes(locale, step.previews)
        return lines(_numbered(locale, number, Markup("<b>{}</b>").format(first)), *parts, *told)
    preview = step.previews[0]
    return lines(
        _numbered(locale, number, title_line(locale, preview)),
        execution_line(locale, preview),
        _costs(locale, preview),
        liquidation_line(locale, preview) if _opens(preview) else None,
        _position(locale, preview),
        *exit_lines(locale, preview),
        *(note_line(locale, note, preview) for note in preview.notes if _says(note, steps, number, notes)),
    )


def _numbered(locale: Locale, number: int, what: Markup) -> Markup:
    return locale.text("chain-step", number=number + 1, what=what)


def _opens(preview: Preview) -> bool:
    return preview.market.is_perp and bool(preview.position_after) and not preview.request.reduce_only


def _costs(locale: Locale, preview: Preview) -> Markup:
    fee = fee_line(locale, preview)
    if preview.initial_margin is None or preview.initial_margin <= ZERO:
        return fee
    money = {
        "margin": locale.usd(preview.initial_margin),
        "free": locale.usd(preview.available_after),
    }
    return Markup(" · ").join((fee, locale.text("preview-margin", **money)))


def _position(locale: Locale, preview: Preview) -> Markup | None:
    if not preview.position_before:
        return None
    market = preview.market
    before = locale.held(preview.position_before)
    after = sized(locale, preview.position_after, market.base)
    return locale.text("preview-position", before=before, after=after)


def _says(note: Note, steps: Sequence[ChainStep], number: int, notes: bool) -> bool:
    """Whether a note stands: none but warnings where room is short, and no "no stop" before its own stop."""
    if note.code == "no-stop":
        symbols = {one.market.symbol for one in steps[number].previews}
        later = (preview for step in steps[number + 1 :] for preview in step.previews)
        if any(one.stop_loss is not None and one.market.symbol in symbols for one in later):
            return False
    return notes or note.code in _WARNINGS


def _cancelling(locale: Locale, cancels: Sequence[OrderSnapshot]) -> Markup:
    if not cancels:
        return locale.text("chain-cancel-none")
    rows = [
        locale.text("cancel-row", order=_resting(locale, order), code=order.code or "—")
        for order in cancels[:_MOST_CANCELS]
    ]
    more = len(cancels) - len(rows)
    return lines(
        locale.text("chain-cancel", count=len(cancels)),
        *rows,
        locale.text("close-all-more", count=more) if more > 0 else None,
    )


def _resting(locale: Locale, order: OrderSnapshot) -> Markup:
    """An order by what it does and where it waits."""
    price = order.trigger_price if order.trigger_price is not None else order.price
    words = order_line(locale, order)
    if price is None:
        return words
    return locale.text("chain-at", order=words, price=priced(locale, price, order.quote))


# --- what became of it --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChainFailure:
    """An order that was not cancelled, and the exchange's reason."""

    order: OrderSnapshot
    code: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class ChainResult:
    """What became of one step; `outcome` is done, failed, unknown or unsent, `line` the statement itself."""

    outcome: str
    line: str
    orders: tuple[OrderSnapshot, ...] = ()
    cancelled: int = 0
    failures: tuple[ChainFailure, ...] = ()
    stays: tuple[OrderSnapshot, ...] = ()  # exits it was to take the place of, and did not


def chain_result(
    locale: Locale,
    results: Sequence[ChainResult],
    *,
    late: bool,
    rest_data: str | None = None,
    positions_data: str | None = None,
    orders_data: str | None = None,
) -> Message:
    """What was done, what failed, what was not sent; `rest_data` previews the latter anew.

    `late`: the bot stopped in between, and that is why the rest was not sent.
    """
    done = sum(result.outcome == "done" for result in results)
    stopped = done < len(results)
    text = lines(
        locale.text("chain-stopped" if stopped else "chain-done", done=done, count=len(results)),
        locale.text("chain-interrupted") if late and stopped else None,
        "",
        *(_result(locale, number, result) for number, result in enumerate(results)),
        *(
            locale.text("chain-stays", order=_resting(locale, one))
            for result in results
            for one in result.stays
        ),
        locale.text("chain-rest") if any(result.outcome == "unsent" for result in results) else None,
    )
    rest = button(locale, "button-chain-rest", rest_data)
    links = (
        button(locale, "button-positions", positions_data),
        button(locale, "button-orders", orders_data),
    )
    return Message(text, keyboard((rest,), links))


def _result(locale: Locale, number: int, result: ChainResult) -> Markup:
    if result.outcome == "unsent":
        what = Markup("<code>{}</code>").format(clean(result.line, 200))
        return _numbered(locale, number, locale.text("chain-unsent", what=what))
    what = Markup("; ").join(_order(locale, order) for order in result.orders)
    if not result.orders:
        what = locale.text("chain-cancel", count=result.cancelled)
        if not result.cancelled:
            what = locale.text("chain-cancel-none")
    words = locale.text(_OUTCOMES[result.outcome], what=what)
    reasons = [exchange_reason(locale, one.code, one.message) for one in result.failures if one.code]
    return lines(_numbered(locale, number, words), *dict.fromkeys(reasons))


def _order(locale: Locale, order: OrderSnapshot) -> Markup:
    words = order_line(locale, order)
    if order.average_price is not None:
        return locale.text("chain-at", order=words, price=priced(locale, order.average_price, order.quote))
    if order.state is OrderState.REJECTED:
        return Markup("{}: {}").format(words, exchange_reason(locale, order.error_code, order.error_message))
    if order.state is OrderState.NOT_PLACED:
        return Markup("{}: {}").format(words, locale.text("chain-not-placed"))
    if order.reason:
        return Markup("{}: {}").format(words, expiry_reason(locale, order.reason))
    return _resting(locale, order)
