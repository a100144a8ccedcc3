"""Several things at once: closing everything, and panic with its two taps and its honest account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from markupsafe import Markup

from bot.domain.orders.order import OrderSnapshot
from bot.domain.preview.preview import Preview
from bot.domain.refusal import Refusal
from bot.domain.values import ZERO
from bot.trading.views.preview import (
    answers,
    confirm_words,
    execution_line,
    note_line,
    replace_button,
    title_line,
    together,
)
from bot.ui.locale import Locale, clean
from bot.ui.message import Button, Keyboard, Message, button, keyboard, lines
from bot.ui.refusals import refusal_sentence
from bot.ui.words import mark_of, preview_action, priced, symbol_name, valued

_MOST_LINES = 15


def close_all_preview(
    locale: Locale,
    legs: Sequence[Preview],
    *,
    account_label: str,
    seconds_left: int,
    confirm_data: str,
    cancel_data: str,
    replaces: Sequence[OrderSnapshot] = (),
    replace_data: str | None = None,
    left_out: Sequence[Markup] = (),
) -> Message:
    """Every position that would be closed, with its expected price and fee, and the total; one position may
    take several orders.

    `left_out` are lines about those that would not.
    """
    notional = locale.usd(sum((leg.notional for leg in legs), ZERO))
    count = len({leg.market.symbol for leg in legs})
    shown = legs[:_MOST_LINES]
    how = None
    if count > 1:
        title = locale.text("close-all-title", count=count, notional=notional)
        ask = locale.plain("button-close-all", count=count, notional=notional)
    else:
        how = execution_line(locale, legs[-1])
        ask = confirm_words(locale, together(legs))
        title = locale.text("close-parts-title", what=title_line(locale, together(legs)), count=len(legs))
    text = lines(
        title,
        how,
        *(closing_line(locale, leg) for leg in shown),
        locale.text("close-all-more", count=len(legs) - len(shown)) if len(legs) > len(shown) else None,
        *closing_notes(locale, legs)[:_MOST_LINES],
        *left_out[:_MOST_LINES],
        locale.text("close-all-total", fee=locale.usd(sum((leg.fee for leg in legs), ZERO))),
        "",
        locale.text("preview-footer", account=account_label, left=locale.duration(seconds_left)),
    )
    instead = replace_button(locale, legs[0], replaces, replace_data)
    cancel = button(locale, "button-cancel", cancel_data)
    return Message(text, answers(locale, Button(ask, confirm_data), cancel, instead))


def left_out_line(locale: Locale, symbol: str, quantity: Decimal, refusal: Refusal) -> Markup:
    """A position that a close of several does not touch."""
    return locale.text(
        "close-all-left-out",
        size=locale.held(quantity),
        symbol=symbol_name(symbol),
        why=refusal_sentence(locale, refusal),
    )


def panic_first(locale: Locale, **about: Any) -> Message:
    """The first of two questions (`_panic`). With nothing open there is nothing to ask."""
    return _panic(locale, "panic-first", "button-panic-first", **about)


def panic_second(locale: Locale, **about: Any) -> Message:
    """The second question (`_panic`); its button says how much money it is about."""
    return _panic(locale, "panic-second", "button-panic-second", **about)


_UNREAD: Final = {
    "orders": "panic-unread-orders",
    "positions": "panic-unread-positions",
    "left": "panic-unread-left",
    "odd-orders": "panic-odd-orders",
    "odd-positions": "panic-odd-positions",
}


@dataclass(frozen=True, slots=True)
class PanicLeg:
    """One step of a panic. `outcome` is done, failed or unknown; `detail` says why it failed.

    A step is `cancelled` orders (a count), the close of `quantity` of `symbol`, or, without a quantity, the
    cancelling of its orders. What is `unread` was left as it is; of rows that make no sense `cancelled` says
    how many there are. `price` is the average a close was executed at, `fee` what it cost, in `quote`.
    """

    outcome: str
    cancelled: int | None = None
    symbol: str = ""
    quantity: Decimal = ZERO
    detail: Markup | str = ""
    unread: str = ""
    price: Decimal | None = None
    fee: Decimal | None = None
    quote: str = ""


def panic_result(
    locale: Locale,
    legs: Sequence[PanicLeg],
    *,
    positions_data: str | None = None,
    orders_data: str | None = None,
) -> Message:
    """What was done and what was not, failures first. Only when every step succeeded is the account flat."""
    if not legs:
        return Message(locale.text("panic-nothing-left"))
    rank = {"failed": 0, "unknown": 1}
    ordered = sorted(legs, key=lambda leg: rank.get(leg.outcome, 2))
    failed = sum(leg.outcome != "done" for leg in legs)
    title = (
        locale.text("panic-partly", failed=failed, count=len(legs)) if failed else locale.text("panic-done")
    )
    more = len(ordered) - _MOST_LINES
    text = lines(
        title,
        *(_panic_leg(locale, leg) for leg in ordered[:_MOST_LINES]),
        locale.text("close-all-more", count=more) if more > 0 else None,
    )
    return Message(text, _places(locale, positions_data, orders_data))


def panic_too_old(
    locale: Locale, *, positions_data: str | None = None, orders_data: str | None = None
) -> Message:
    """It was cut short by our own end, too long ago to be carried on unasked."""
    return Message(locale.text("panic-too-old"), _places(locale, positions_data, orders_data))


def _places(locale: Locale, positions_data: str | None, orders_data: str | None) -> Keyboard:
    positions = button(locale, "button-positions", positions_data)
    return keyboard((positions, button(locale, "button-orders", orders_data)))


def closing_notes(locale: Locale, legs: Sequence[Preview]) -> list[Markup]:
    """What is to be known of closes that stand in one line each, every thing once."""
    return list(dict.fromkeys(note_line(locale, note, leg) for leg in legs for note in leg.notes))


def closing_line(locale: Locale, leg: Preview) -> Markup:
    """One position to be closed, with what it should bring and cost."""
    market = leg.market
    return locale.text(
        "close-all-leg",
        mark=mark_of(leg.request.side),
        action=preview_action(locale, leg),
        size=locale.quantity(leg.quantity, market.step),
        symbol=symbol_name(market.symbol),
        price=priced(locale, leg.expected_price, market.quote, market.tick),
        fee=valued(locale, leg.fee, market.quote),
    )


def _panic(
    locale: Locale,
    key: str,
    button_key: str,
    *,
    orders: int,
    positions: int,
    exposure: Decimal,
    account: str,
    others: Sequence[str] = (),
    confirm_data: str,
    cancel_data: str,
) -> Message:
    """`others` are the labels of accounts that are left alone."""
    if not orders and not positions:
        return Message(lines(locale.text("panic-nothing", account=account), _others(locale, others)))
    money = locale.usd(exposure)
    text = lines(
        locale.text(key, orders=orders, positions=positions, exposure=money, account=account),
        _others(locale, others),
    )
    confirm = button(locale, button_key, confirm_data, **({"exposure": money} if "second" in key else {}))
    return Message(text, keyboard((confirm,), (button(locale, "button-cancel", cancel_data),)))


def _others(locale: Locale, others: Sequence[str]) -> Markup | None:
    if not others:
        return None
    return locale.text("panic-others", accounts=", ".join(clean(label, 40) for label in others[:_MOST_LINES]))


def still_open(locale: Locale) -> Markup:
    """Why something is named as not done where the exchange gave no reason."""
    return locale.text("panic-still-open")


def too_small(locale: Locale) -> Markup:
    """Why a rest cannot be closed by an order, and where it can."""
    return locale.text("panic-too-small")


def close_there(locale: Locale, why: Markup | str) -> Markup:
    """A reason, and what to do about a position that is still open."""
    return locale.text("panic-close-there", why=why)


def _panic_leg(locale: Locale, leg: PanicLeg) -> Markup:
    what = _step(locale, leg)
    if leg.outcome == "failed":
        return locale.text("panic-leg-failed", what=what, detail=leg.detail or "—")
    return locale.text("panic-leg-ok" if leg.outcome == "done" else "panic-leg-unknown", what=what)


def _step(locale: Locale, leg: PanicLeg) -> Markup:
    """What was to be done; only what was done is said in the past."""
    if leg.unread:
        return locale.text(_UNREAD[leg.unread], **({"count": leg.cancelled} if leg.cancelled else {}))
    if leg.cancelled is not None:
        return locale.text("panic-cancelled-orders", count=leg.cancelled)
    symbol = symbol_name(leg.symbol)
    if not leg.quantity:
        return locale.text("panic-cancel-symbol", symbol=symbol)
    size = locale.held(leg.quantity)
    if leg.outcome != "done":
        return locale.text("panic-close", size=size, symbol=symbol)
    return _closed(locale, leg, size, symbol)


def _closed(locale: Locale, leg: PanicLeg, size: str, symbol: str) -> Markup:
    if leg.price is None:
        return locale.text("panic-closed", size=size, symbol=symbol)
    price = priced(locale, leg.price, leg.quote)
    if leg.fee is None:
        return locale.text("panic-closed-at", size=size, symbol=symbol, price=price)
    fee = valued(locale, leg.fee, leg.quote)
    return locale.text("panic-closed-cost", size=size, symbol=symbol, price=price, fee=fee)
