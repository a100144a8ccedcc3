"""What happens to an account without a tap of its owner: loud where it must be, exact about what to do."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from markupsafe import Markup

from bot.domain.orders.executions import Closed
from bot.domain.orders.exit_coverage import ExitGap
from bot.domain.orders.order import OrderReport, OrderSnapshot
from bot.domain.orders.stops import Shortage
from bot.domain.values import ZERO, Side
from bot.trading.views.orders import footer, order_line
from bot.ui.locale import Locale
from bot.ui.message import Keyboard, Message, button, keyboard, lines
from bot.ui.refusals import exchange_reason, expiry_reason
from bot.ui.words import base_of, priced, quote_of, side_name, sized, symbol_name


def liquidation_notice(
    locale: Locale,
    report: OrderReport,
    *,
    account_label: str,
    positions_data: str | None = None,
    also: Sequence[Closed] = (),
    ended: int = 0,
) -> Message:
    """The exchange closed a position, or a part of it, for want of margin."""
    return _closed(locale, "liquidation-notice", report, account_label, positions_data, also, ended)


def adl_notice(
    locale: Locale,
    report: OrderReport,
    *,
    account_label: str,
    positions_data: str | None = None,
    also: Sequence[Closed] = (),
    ended: int = 0,
) -> Message:
    """The exchange closed a profitable position against a bankrupt one."""
    return _closed(locale, "adl-notice", report, account_label, positions_data, also, ended)


def system_notice(
    locale: Locale,
    report: OrderReport,
    *,
    account_label: str,
    positions_data: str | None = None,
    also: Sequence[Closed] = (),
    ended: int = 0,
) -> Message:
    """Any other fill the exchange made by itself: settlement, collateral conversion, one not yet known."""
    key = "origin-" + report.origin.lower().replace("_", "-")
    origin = locale.text(key) if locale.has(key) else report.origin
    return _closed(locale, "system-notice", report, account_label, positions_data, also, ended, origin=origin)


def late_surprise(locale: Locale, snapshot: OrderSnapshot, *, positions_data: str | None = None) -> Message:
    """An order we called not placed is on the exchange after all."""
    text = lines(locale.text("late-surprise", order=order_line(locale, snapshot)), footer(locale, snapshot))
    return Message(text, keyboard((button(locale, "button-positions", positions_data),)))


def key_refused(
    locale: Locale,
    snapshot: OrderSnapshot,
    *,
    error_code: str | None = None,
    error_message: str | None = None,
    unlink_data: str | None = None,
) -> Message:
    """An order in doubt cannot be looked up, because the exchange does not accept the key any more."""
    text = locale.text(
        "key-refused",
        order=order_line(locale, snapshot),
        code=snapshot.code,
        account=snapshot.account_label,
        reason=exchange_reason(locale, error_code, error_message),
    )
    unlink = button(locale, "button-account-unlink", unlink_data, label=snapshot.account_label)
    return Message(text, keyboard((unlink,)))


def exit_missing(
    locale: Locale,
    report: OrderReport,
    *,
    account_label: str,
    kind: str = "sl",
    error_code: str | None = None,
    error_message: str | None = None,
    retry_data: str | None = None,
    close_data: str | None = None,
    positions_data: str | None = None,
) -> Message:
    """The alarm for a promised stop or target (`kind` is "sl" or "tp") that is not on the exchange.

    The reason is the exchange's refusal when there is one, else the report's own reason.
    """
    level = report.trigger_price if report.trigger_price is not None else report.price
    price = "—" if level is None else priced(locale, level, quote_of(report.symbol))
    if error_code or error_message or not report.reason:
        reason = exchange_reason(locale, error_code, error_message)
    else:
        reason = expiry_reason(locale, report.reason)
    symbol = symbol_name(report.symbol)
    text = locale.text(
        "exit-missing", kind=kind, symbol=symbol, price=price, reason=reason, account=account_label
    )
    return Message(text, _ways_out(locale, symbol, price, retry_data, close_data, positions_data))


def exit_absent(
    locale: Locale,
    snapshot: OrderSnapshot,
    gap: ExitGap,
    *,
    retry_data: str | None = None,
    close_data: str | None = None,
    positions_data: str | None = None,
) -> Message:
    """The alarm for an exit of an executed order that the exchange does not have, or has too small."""
    symbol, price = symbol_name(snapshot.symbol), priced(locale, gap.promise.trigger, snapshot.quote)
    words = {
        "kind": gap.promise.role.exit_kind,
        "symbol": symbol,
        "price": price,
        "code": snapshot.code,
        "account": snapshot.account_label,
    }
    if gap.covered:
        covered, needed = (sized(locale, part, snapshot.base) for part in (gap.covered, gap.needed))
        text = locale.text("exit-short", covered=covered, needed=needed, **words)
    else:
        text = locale.text("exit-absent", **words)
    return Message(text, _ways_out(locale, symbol, price, retry_data, close_data, positions_data))


def stop_gone(
    locale: Locale,
    shortage: Shortage,
    trigger: Decimal,
    *,
    account_label: str,
    retry_data: str | None = None,
    close_data: str | None = None,
    positions_data: str | None = None,
) -> Message:
    """The alarm for a stop that stood and is gone, or covers too little, while its position is open."""
    exposure = shortage.exposure
    base, symbol = base_of(exposure.symbol), symbol_name(exposure.symbol)
    price = priced(locale, trigger, quote_of(exposure.symbol))
    covered, needed = (sized(locale, part, base) for part in (shortage.covered, shortage.needed))
    text = locale.text(
        "stop-gone-part" if shortage.covered else "stop-gone",
        symbol=symbol,
        side="long" if exposure.quantity > ZERO else "short",
        covered=covered,
        needed=needed,
        price=price,
        account=account_label,
    )
    return Message(text, _ways_out(locale, symbol, price, retry_data, close_data, positions_data))


def _ways_out(
    locale: Locale,
    symbol: str,
    price: str,
    retry_data: str | None,
    close_data: str | None,
    positions_data: str | None,
) -> Keyboard:
    retry = button(locale, "button-exit-retry", retry_data, price=price)
    close = button(locale, "button-close-position", close_data, symbol=symbol)
    return keyboard((retry, close), (button(locale, "button-positions", positions_data),))


def orders_ended(
    locale: Locale,
    symbol: str,
    count: int,
    *,
    account_label: str,
    liquidated: bool,
    positions_data: str | None,
) -> Message:
    """Orders ended because their position was closed elsewhere, or to free margin: one message for all."""
    key = "orders-ended-liquidation" if liquidated else "orders-ended"
    text = locale.text(key, symbol=symbol_name(symbol), count=count, account=account_label)
    return Message(text, keyboard((button(locale, "button-positions", positions_data),)))


def _closed(
    locale: Locale,
    key: str,
    report: OrderReport,
    account_label: str,
    positions_data: str | None,
    also: Sequence[Closed],
    ended: int,
    **words: str | Markup,
) -> Message:
    """What the exchange closed by itself; `also` in other markets. Else the one fill of a report."""
    fill = report.fill
    quantity = fill.quantity if fill is not None else report.executed or report.quantity
    price = fill.price if fill is not None else report.average_price or report.price
    shown = "—" if price is None else priced(locale, price, quote_of(report.symbol))
    order = _what(locale, report.symbol, report.side, quantity)
    text = lines(
        locale.text(key, order=order, price=shown, account=account_label, **words),
        *(
            locale.text(
                "closed-also",
                order=_what(locale, one.symbol, one.side, one.quantity),
                price=priced(locale, one.price, quote_of(one.symbol)),
            )
            for one in also
        ),
        locale.text("order-ended-with", count=ended) if ended else None,
    )
    return Message(text, keyboard((button(locale, "button-positions", positions_data),)))


def _what(locale: Locale, symbol: str, side: Side, quantity: Decimal | None) -> Markup:
    return locale.text(
        "order-what",
        action=side_name(locale, side),
        size="—" if quantity is None else locale.quantity(quantity),
        symbol=symbol_name(symbol),
    )
