"""The card before an order is sent: everything that will happen, in money, and two buttons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from markupsafe import Markup

from bot.domain.markets.funding import FundingRate
from bot.domain.orders.order import OrderSnapshot
from bot.domain.preview.preview import ExitOutcome, Note, Preview
from bot.domain.values import HUNDRED, ZERO, Side
from bot.ui.locale import Locale, Param, clean
from bot.ui.message import Button, Keyboard, Message, button, keyboard, lines
from bot.ui.words import (
    mark_of,
    order_kind,
    preview_action,
    priced,
    quote_of,
    rated,
    sized,
    symbol_name,
    valued,
)

_MOST_LEFT_OUT = 15
_MAX_LINE = 1000  # characters; a canonical line is never longer than what may be typed


def preview_card(
    locale: Locale,
    preview: Preview,
    *,
    account_label: str,
    seconds_left: int,
    confirm_data: str,
    cancel_data: str,
    canonical: str | None = None,
    replaces: Sequence[OrderSnapshot] = (),
    replace_data: str | None = None,
    left_out: Sequence[Markup] = (),
) -> Message:
    """The preview with Confirm and Cancel; `canonical` is the line that parses back to this order.

    With `replaces`, exits that stand already, there are two ways: in their place, or beside them. `left_out`
    are lines about positions that the line means as well and that would stay open.
    """
    text = lines(
        title_line(locale, preview),
        execution_line(locale, preview),
        *_slippage(locale, preview),
        "",
        fee_line(locale, preview),
        *_margin(locale, preview),
        *exit_lines(locale, preview),
        *_notes(locale, preview),
        *left_out[:_MOST_LEFT_OUT],
        "",
        Markup("<code>{}</code>").format(clean(canonical, _MAX_LINE)) if canonical else None,
        locale.text("preview-footer", account=account_label, left=locale.duration(seconds_left)),
    )
    confirm = Button(confirm_words(locale, preview), confirm_data)
    instead = replace_button(locale, preview, replaces, replace_data)
    return Message(text, answers(locale, confirm, button(locale, "button-cancel", cancel_data), instead))


def answers(locale: Locale, confirm: Button, cancel: Button | None, instead: Button | None) -> Keyboard:
    """Confirm and Cancel; with a way to replace what stands, confirming adds beside it."""
    if instead is None:
        return keyboard((confirm, cancel))
    return keyboard((instead,), (button(locale, "button-exit-add", confirm.data), cancel))


def replace_button(
    locale: Locale, preview: Preview, replaces: Sequence[OrderSnapshot], data: str | None
) -> Button | None:
    """The way in which an exit takes the place of those that stand, where it may."""
    if not replaces or data is None:
        return None
    level = replaces[0].trigger_price
    if len(replaces) > 1 or level is None:
        return Button(locale.plain("button-exit-replace-all", count=len(replaces)), data)
    price = priced(locale, level, preview.market.quote, preview.market.tick)
    return Button(locale.plain("button-exit-replace", price=price), data)


def preview_superseded(locale: Locale, order: Markup, was: Decimal, now: Decimal, symbol: str) -> Message:
    """What the card of `order` (an `offer_line`) becomes when the price moved too far before the tap."""
    quote = quote_of(symbol)
    prices = {"was": priced(locale, was, quote), "now": priced(locale, now, quote)}
    return Message(locale.text("preview-superseded", order=order, **prices))


def preview_cancelled(locale: Locale, order: Markup) -> Message:
    return Message(locale.text("preview-cancelled", order=order))


def preview_expired(locale: Locale, order: Markup, *, again_data: str | None = None) -> Message:
    """What the card becomes after its minute; `again_data` asks for the same order at the new price."""
    again = button(locale, "button-again", again_data)
    return Message(locale.text("preview-expired", order=order), keyboard((again,)))


def offer_line(locale: Locale, previews: Sequence[Preview]) -> Markup:
    """What is on offer in a few words: one order, one close in several, or how many positions it closes."""
    if len(previews) == 1:
        return preview_line(locale, previews[0])
    count = len({one.market.symbol for one in previews})
    if count > 1:
        return locale.text("offer-close-all", count=count)
    what = preview_line(locale, together(previews))
    return locale.text("offer-parts", what=what, count=len(previews))


def together(previews: Sequence[Preview]) -> Preview:
    """The orders of one close in sending order as if they were one."""
    first = previews[0]
    quantity = sum((one.quantity for one in previews), ZERO)
    before = first.position_before
    return replace(
        previews[-1],
        quantity=quantity,
        notional=sum((one.notional for one in previews), ZERO),
        position_before=before,
        position_after=before + first.request.side.sign * quantity if before else ZERO,
    )


def preview_line(locale: Locale, preview: Preview) -> Markup:
    """`Long 1.4 SOL-PERP`: one order in a few words."""
    return locale.text("preview-order", **_what(locale, preview))


def confirm_words(locale: Locale, preview: Preview) -> str:
    """What the button that sends an order says."""
    return locale.plain("button-confirm", **_what(locale, preview))


def _what(locale: Locale, preview: Preview) -> dict[str, str]:
    market = preview.market
    return {
        "action": preview_action(locale, preview),
        "size": locale.quantity(preview.quantity, market.step),
        "symbol": symbol_name(market.symbol),
    }


def title_line(locale: Locale, preview: Preview) -> Markup:
    market = preview.market
    return locale.text(
        "preview-title",
        mark=mark_of(preview.request.side),
        action=preview_action(locale, preview),
        symbol=symbol_name(market.symbol),
        size=sized(locale, preview.quantity, market.base, market.step),
        notional=valued(locale, preview.notional, market.quote),
    )


def execution_line(locale: Locale, preview: Preview) -> Markup:
    market, request = preview.market, preview.request
    parts = [order_kind(locale, request, market.quote, market.tick)]
    if request.price is None and request.trigger_price is None:
        expected = priced(locale, preview.expected_price, market.quote, market.tick)
        parts = [locale.text("preview-market", price=expected), *_flags(locale, preview)]
    if request.slippage_percent is not None:
        parts.append(locale.text("preview-tolerance", percent=locale.percent(request.slippage_percent)))
    return Markup(" · ").join(parts)


def _flags(locale: Locale, preview: Preview) -> list[Markup]:
    return [locale.text("flag-reduce-only")] if preview.request.reduce_only else []


def _slippage(locale: Locale, preview: Preview) -> list[Markup]:
    if preview.slippage_bps is None or preview.best_price is None:
        return []
    market = preview.market
    slippage = locale.bps(preview.slippage_bps)
    best = priced(locale, preview.best_price, market.quote, market.tick)
    if preview.worst_price is None or preview.worst_price == preview.best_price:
        return [locale.text("preview-slippage", slippage=slippage, best=best)]
    worst = priced(locale, preview.worst_price, market.quote, market.tick)
    return [locale.text("preview-slippage-worst", slippage=slippage, best=best, worst=worst)]


def fee_line(locale: Locale, preview: Preview) -> Markup:
    fee = valued(locale, abs(preview.fee), preview.market.quote)
    bps = locale.bps(abs(preview.fee_bps))
    if preview.fee < ZERO:
        return locale.text("preview-rebate", fee=fee, bps=bps)
    return locale.text("preview-fee", fee=fee, bps=bps, role="maker" if preview.is_maker else "taker")


def _margin(locale: Locale, preview: Preview) -> list[Markup]:
    market = preview.market
    if not market.is_perp:
        buying = preview.request.side is Side.BUY
        left = (
            valued(locale, preview.available_after, market.quote)
            if buying
            else sized(locale, preview.available_after, market.base, market.step)
        )
        return [locale.text("preview-balance-left", left=left)]
    free = locale.usd(preview.available_after)
    if preview.initial_margin is not None and preview.initial_margin > ZERO:
        margin = locale.usd(preview.initial_margin)
        rows = [locale.text("preview-margin", margin=margin, free=free)]
    else:
        rows = [locale.text("preview-free", free=free)]
    if preview.leverage_used is not None:
        rows.append(locale.text("preview-leverage", leverage=locale.multiple(preview.leverage_used)))
    if preview.position_after:
        rows.append(liquidation_line(locale, preview))
    if preview.next_funding_payment is not None and preview.funding_rate is not None:
        rows.append(_funding(locale, preview, preview.next_funding_payment, preview.funding_rate))
    if preview.position_before:
        before = locale.held(preview.position_before)
        after = f"{locale.held(preview.position_after)} {clean(market.base, 24)}"
        rows.append(locale.text("preview-position", before=before, after=after))
    return rows


def liquidation_line(locale: Locale, preview: Preview) -> Markup:
    market, level, reference = preview.market, preview.liquidation_price, preview.expected_price
    if level is None or reference <= ZERO:
        return locale.text("preview-liquidation-none")
    distance = abs(level - reference) / reference * HUNDRED
    price = priced(locale, level, market.quote, market.tick)
    return locale.text("preview-liquidation", price=price, distance=locale.percent(distance, 1))


def _funding(locale: Locale, preview: Preview, payment: Decimal, rate: Decimal) -> Markup:
    money, shown = locale.signed_usd(payment), locale.rate(rate)
    if preview.market.funding_interval_ms is not None:
        shown = rated(locale, FundingRate(rate, preview.market.funding_interval_ms))
    if preview.next_funding_ms is None:
        return locale.text("preview-funding-untimed", money=money, rate=shown)
    moment = locale.clock(preview.next_funding_ms)
    return locale.text("preview-funding", money=money, time=moment, rate=shown)


def exit_lines(locale: Locale, preview: Preview) -> list[Markup]:
    exits = (("preview-take-profit", preview.take_profit), ("preview-stop-loss", preview.stop_loss))
    return [_exit(locale, key, preview, outcome) for key, outcome in exits if outcome is not None]


def _exit(locale: Locale, key: str, preview: Preview, outcome: ExitOutcome) -> Markup:
    market = preview.market
    line = locale.text(
        key,
        price=priced(locale, outcome.trigger, market.quote, market.tick),
        move=locale.signed_percent(outcome.percent),
        money=locale.signed_usd(outcome.pnl),
    )
    if outcome.roi_percent is None:
        return line
    return locale.text("preview-exit-roi", line=line, roi=locale.signed_percent(outcome.roi_percent, 1))


def _notes(locale: Locale, preview: Preview) -> list[Markup]:
    return [note_line(locale, note, preview) for note in preview.notes]


def note_line(locale: Locale, note: Note, preview: Preview) -> Markup:
    """One note in words; a code without words is shown as it is."""
    key = f"note-{note.code}"
    if not locale.has(key):
        return locale.text("note-other", code=note.code)
    return locale.text(
        key, **{name: _note_value(locale, name, value, note, preview) for name, value in note.params}
    )


def _rounded(locale: Locale, value: Decimal, note: Note, preview: Preview) -> str:
    """What was rounded is a price when its asset is the quote, else a size."""
    market, asset = preview.market, str(dict(note.params).get("asset", preview.market.base))
    return priced(locale, value, asset) if asset == market.quote else sized(locale, value, asset)


def _note_value(locale: Locale, name: str, value: Param, note: Note, preview: Preview) -> Param:
    market = preview.market
    if name == "symbol":
        return symbol_name(str(value))
    if not isinstance(value, Decimal):
        return value
    shown = {
        "liquidation": lambda: priced(locale, value, market.quote, market.tick),
        "stop": lambda: priced(locale, value, market.quote, market.tick),
        "leverage": lambda: locale.multiple(value),
        "limit": lambda: locale.multiple(value),
        "asked": lambda: _rounded(locale, value, note, preview),
        "sent": lambda: _rounded(locale, value, note, preview),
        "rest": lambda: f"{locale.held(value)} {clean(market.base, 24)}",
        "least": lambda: sized(locale, value, market.base),
        "percent": lambda: locale.percent(value),
        "bps": lambda: locale.bps(value),
    }.get(name)
    return shown() if shown else value
