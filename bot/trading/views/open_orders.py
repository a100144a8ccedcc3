"""Open orders as a list, one order in full, and what became of a cancel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bot.domain.orders.order import OrderSnapshot
from bot.domain.orders.stops import Bare
from bot.domain.values import ZERO
from bot.trading.views.orders import filled_percent, order_card, order_line, shows_kind
from bot.ui.locale import Locale
from bot.ui.message import Button, Message, Row, button, keyboard, lines, page_at, paginate
from bot.ui.words import base_of, mark_of, order_kind, sized, symbol_name

_MOST_LINES = 20


def orders(
    locale: Locale,
    open_orders: Sequence[OrderSnapshot],
    *,
    account_label: str,
    page_data: Callable[[int], str],
    page: int = 0,
    cancel_data: Callable[[str], str] | None = None,
    cancel_all_data: str | None = None,
    refresh_data: str | None = None,
    odd: int = 0,
) -> Message:
    """Open orders; `cancel_data` makes the button data for an order's code. `odd` more cannot be read."""
    refresh = button(locale, "button-refresh", refresh_data)
    unread = locale.text("orders-odd", count=odd) if odd else None
    if not open_orders:
        return Message(unread or locale.text("orders-none", account=account_label), keyboard((refresh,)))
    rows = [_row(locale, order, cancel_data) for order in open_orders]
    header = lines(locale.text("orders-title", count=len(open_orders), account=account_label), unread)
    footer = keyboard((button(locale, "button-cancel-all", cancel_all_data), refresh))
    return page_at(paginate(locale, header, rows, page_data, footer=footer), page)


def order_detail(
    locale: Locale,
    snapshot: OrderSnapshot,
    *,
    cancel_data: str | None = None,
    orders_data: str | None = None,
    refresh_data: str | None = None,
) -> Message:
    """The card of an order with its kind, times and identifiers."""
    card = order_card(locale, snapshot, cancel_data=cancel_data)
    ids = (("order-detail-exchange-id", snapshot.exchange_id), ("order-detail-client-id", snapshot.client_id))
    text = lines(
        card.text,
        "",
        None if shows_kind(snapshot) else order_kind(locale, snapshot, snapshot.quote),
        locale.text("order-detail-created", time=locale.time(snapshot.created_ms)),
        *(locale.text(key, id=str(value)) for key, value in ids if value is not None),
    )
    back = (button(locale, "button-orders", orders_data), button(locale, "button-refresh", refresh_data))
    return Message(text, (*card.keyboard, *keyboard(back)))


@dataclass(frozen=True, slots=True)
class CancelLine:
    """What became of one cancel: `outcome` is done, failed or unknown; `reason` says why it failed."""

    order: OrderSnapshot
    outcome: str
    reason: Markup | str = ""


def cancel_result(
    locale: Locale, results: Sequence[CancelLine], *, orders_data: str | None = None
) -> Message:
    """What was cancelled and what was not, failures first."""
    if not results:
        return Message(locale.text("cancel-nothing"))
    rank = {"failed": 0, "unknown": 1}
    ordered = sorted(results, key=lambda line: rank.get(line.outcome, 2))
    done = sum(line.outcome == "done" for line in results)
    text = lines(
        locale.text("cancel-done", count=done) if done else None,
        *(_cancel_line(locale, line) for line in ordered[:_MOST_LINES]),
        locale.text("close-all-more", count=len(ordered) - _MOST_LINES)
        if len(ordered) > _MOST_LINES
        else None,
    )
    left = button(locale, "button-orders", orders_data)
    return Message(text, keyboard((left,)))


def cancel_all_confirm(
    locale: Locale, count: int, *, account_label: str, confirm_data: str, cancel_data: str
) -> Message:
    if not count:
        return Message(locale.text("cancel-nothing"))
    confirm = locale.plain("button-cancel-all-confirm", count=count)
    return Message(
        locale.text("cancel-all-question", count=count, account=account_label),
        keyboard((Button(confirm, confirm_data), button(locale, "button-keep", cancel_data))),
    )


def cancel_bare_confirm(
    locale: Locale,
    count: int,
    bare: Sequence[Bare],
    *,
    others: int,
    account_label: str,
    confirm_data: str,
    keep_data: str,
) -> Message:
    """The question before stops go from under open positions. `others`: what can go while the stops stay."""
    rows = [_bare(locale, one) for one in bare[:_MOST_LINES]]
    text = lines(
        locale.text("cancel-bare-question", count=count, account=account_label),
        *(rows or [locale.text("cancel-bare-unread")]),
    )
    keep = (
        locale.plain("button-keep-stops-others", count=others)
        if others
        else locale.plain("button-keep-stops")
    )
    confirm = Button(locale.plain("button-cancel-bare", count=count), confirm_data)
    return Message(text, keyboard((Button(keep, keep_data),), (confirm,)))


def _bare(locale: Locale, one: Bare) -> Markup:
    exposure = one.exposure
    return locale.text(
        "cancel-bare-row",
        symbol=symbol_name(exposure.symbol),
        side="long" if exposure.quantity > ZERO else "short",
        size=sized(locale, one.quantity, base_of(exposure.symbol)),
    )


def _row(locale: Locale, order: OrderSnapshot, cancel_data: Callable[[str], str] | None) -> Row:
    kind = order_kind(locale, order, order.quote)
    share = filled_percent(locale, order) if order.executed else None
    text = locale.text(
        "orders-row",
        mark=mark_of(order.side),
        order=order_line(locale, order),
        kind=kind,
        code=order.code,
    )
    if share is not None:
        text = Markup(" · ").join([text, locale.text("orders-row-filled", percent=share)])
    data = cancel_data(order.code) if cancel_data else None
    cancel = button(locale, "button-cancel-row", data, code=order.code, symbol=symbol_name(order.symbol))
    return Row(text, () if cancel is None else (cancel,))


def _cancel_line(locale: Locale, line: CancelLine) -> Markup:
    order = order_line(locale, line.order)
    if line.outcome == "failed":
        return locale.text("cancel-failed", order=order, code=line.order.code, reason=line.reason)
    key = "cancel-row" if line.outcome == "done" else "cancel-unknown"
    return locale.text(key, order=order, code=line.order.code)
