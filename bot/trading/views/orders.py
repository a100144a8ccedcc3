"""The card of one order, edited as its state moves: what happened, what it cost, what to do now."""

from __future__ import annotations

from decimal import Decimal

from markupsafe import Markup

from bot.domain.orders.order import OrderSnapshot, OrderState
from bot.domain.values import HUNDRED, ZERO, OrderType
from bot.ui.locale import Locale
from bot.ui.message import Message, button, keyboard, lines
from bot.ui.refusals import exchange_reason, expiry_reason
from bot.ui.words import mark_of, order_action, order_kind, priced, sized, symbol_name, valued

_UNDER_WAY = frozenset(
    {OrderState.SENDING, OrderState.NEW, OrderState.TRIGGER_PENDING, OrderState.PARTIALLY_FILLED}
)
_ENDED_SHORT = frozenset({OrderState.CANCELLED, OrderState.EXPIRED})


def order_card(
    locale: Locale,
    snapshot: OrderSnapshot,
    *,
    cancel_data: str | None = None,
    positions_data: str | None = None,
    ended: int = 0,
) -> Message:
    """One order as it stands. The cancel button shows only while the order can be cancelled.

    `ended`: how many other orders ended because this one closed their position.
    """
    text = lines(
        _headline(locale, snapshot),
        order_kind(locale, snapshot, snapshot.quote) if shows_kind(snapshot) else None,
        _resized(locale, snapshot),
        *_progress(locale, snapshot),
        *_value(locale, snapshot),
        _exits(locale, snapshot),
        _reason(locale, snapshot),
        locale.text("order-ended-with", count=ended) if ended else None,
        footer(locale, snapshot),
    )
    cancel = button(
        locale, "button-cancel-order", cancel_data if snapshot.state.is_live else None, code=snapshot.code
    )
    positions = button(locale, "button-positions", positions_data)
    return Message(text, keyboard((cancel, positions)))


def shows_kind(snapshot: OrderSnapshot) -> bool:
    """Whether the card says how the order trades; of a market order that is over, nobody asks."""
    plain_market = snapshot.order_type is OrderType.MARKET and snapshot.trigger_price is None
    return snapshot.state in _UNDER_WAY or not plain_market


def order_line(locale: Locale, snapshot: OrderSnapshot) -> Markup:
    """`Buy 1.4 SOL-PERP`; a market order by money shows the money until its quantity is known."""
    if snapshot.quantity is not None:
        size = locale.quantity(snapshot.quantity)
    elif snapshot.quote_quantity is not None:
        size = valued(locale, snapshot.quote_quantity, snapshot.quote)
    else:
        size = locale.quantity(snapshot.executed)
    return locale.text(
        "order-what", action=order_action(locale, snapshot), size=size, symbol=symbol_name(snapshot.symbol)
    )


def footer(locale: Locale, snapshot: OrderSnapshot) -> Markup:
    return locale.text(
        "order-footer",
        code=snapshot.code,
        account=snapshot.account_label,
        time=locale.time(snapshot.updated_ms),
    )


def filled_percent(locale: Locale, snapshot: OrderSnapshot) -> str | None:
    """How much of the order is done, in whole per cent, never 100 before it is and never 0 after a fill."""
    whole, done = snapshot.quantity, snapshot.executed
    if whole is None:
        whole, done = snapshot.quote_quantity, snapshot.executed_quote
    if not whole:
        return None
    share = int(done / whole * HUNDRED)
    return locale.percent(Decimal(min(max(share, 1), 99 if done < whole else 100)))


def _headline(locale: Locale, snapshot: OrderSnapshot) -> Markup:
    order, mark, state = order_line(locale, snapshot), mark_of(snapshot.side), snapshot.state
    key = "order-" + state.value.replace("_", "-")
    if state is OrderState.UNKNOWN and snapshot.error_code == "MAINTENANCE":
        return locale.text("order-unknown-maintenance", order=order)
    if state is OrderState.FILLED:
        average = snapshot.average_price
        shown = "—" if average is None else priced(locale, average, snapshot.quote)
        return locale.text(key, order=order, average=shown)
    share = filled_percent(locale, snapshot)
    if state in _ENDED_SHORT and snapshot.executed and share is not None:
        return locale.text(f"{key}-part", order=order, percent=share)
    if state is OrderState.PARTIALLY_FILLED:
        return locale.text(key, mark=mark, order=order, percent=share or "")
    return locale.text(key, mark=mark, order=order)


def _resized(locale: Locale, snapshot: OrderSnapshot) -> Markup | None:
    """That the exchange changed the quantity, which it does when a position outgrows or leaves an order."""
    asked, now = snapshot.asked_quantity, snapshot.quantity
    if asked is None or now is None or asked == now or not snapshot.reduce_only:
        return None
    return locale.text("order-resized", asked=sized(locale, asked, snapshot.base))


def _progress(locale: Locale, snapshot: OrderSnapshot) -> list[Markup]:
    """How far it came, for every state in which that is not the headline itself."""
    average = snapshot.average_price
    if snapshot.state is OrderState.FILLED:
        return []
    if average is None:
        return [locale.text("order-nothing-filled")] if snapshot.state in _ENDED_SHORT else []
    executed = sized(locale, snapshot.executed, snapshot.base)
    price = priced(locale, average, snapshot.quote)
    if snapshot.quantity is None:
        return [locale.text("order-filled-open-end", executed=executed, average=price)]
    total = sized(locale, snapshot.quantity, snapshot.base)
    return [locale.text("order-filled-so-far", executed=executed, total=total, average=price)]


def _value(locale: Locale, snapshot: OrderSnapshot) -> list[Markup]:
    if not snapshot.executed:
        return []
    value = valued(locale, snapshot.executed_quote, snapshot.quote)
    if snapshot.fee is None:
        return [locale.text("order-value-fee-pending", value=value)]
    fee = valued(locale, abs(snapshot.fee), snapshot.fee_symbol or snapshot.quote)
    return [locale.text("order-rebate" if snapshot.fee < ZERO else "order-value", value=value, fee=fee)]


def _exits(locale: Locale, snapshot: OrderSnapshot) -> Markup | None:
    exits = (
        ("order-take-profit", snapshot.take_profit_trigger),
        ("order-stop-loss", snapshot.stop_loss_trigger),
    )
    shown = [
        locale.text(key, price=priced(locale, price, snapshot.quote))
        for key, price in exits
        if price is not None
    ]
    dead = snapshot.state.is_terminal and not snapshot.executed
    return Markup(" · ").join(shown) if shown and not dead else None


def _reason(locale: Locale, snapshot: OrderSnapshot) -> Markup | None:
    if snapshot.state is OrderState.REJECTED:
        return exchange_reason(locale, snapshot.error_code, snapshot.error_message)
    if snapshot.reason and snapshot.state in {*_ENDED_SHORT, OrderState.TRIGGER_FAILED}:
        return expiry_reason(locale, snapshot.reason)
    return None
