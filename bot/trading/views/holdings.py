"""What an account holds and pays: positions, balances, fees. The total first, then one entry each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from bot.domain.accounts.account import AccountState, Balance, FeeRates, Position
from bot.domain.markets.market import Market
from bot.domain.values import BPS, HUNDRED, ZERO
from bot.ui.locale import Locale, clean
from bot.ui.message import Button, Message, Row, button, keyboard, lines, page_at, paginate
from bot.ui.words import GREEN, RED, base_of, priced, quote_of, sized, symbol_name

_EXAMPLE_TRADE = Decimal(1000)


@dataclass(frozen=True, slots=True)
class PositionExits:
    """The trigger prices that fire first among the exits of a position; None where it has none.

    `stopped` is how much of the position its stops close together; None means all of it.
    """

    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    stopped: Decimal | None = None


ActionData = Callable[[str, str], str | None]
PageData = Callable[[int], str]


def positions(
    locale: Locale,
    held: Sequence[Position],
    *,
    account_label: str,
    page_data: PageData,
    page: int = 0,
    markets: Mapping[str, Market] | None = None,
    exits: Mapping[str, PositionExits] | None = None,
    action_data: ActionData | None = None,
    close_all_data: str | None = None,
    refresh_data: str | None = None,
    unread: int = 0,
) -> Message:
    """Open positions; of `unread` more nothing can be read.

    `action_data(action, symbol)` gives the data of a button, None for no such button. Actions: close · half ·
    tp · sl. With `exits` a position without a stop is pointed out.
    """
    refresh = button(locale, "button-refresh", refresh_data)
    odd = locale.text("positions-unread", count=unread) if unread else None
    if not held:
        return Message(odd or locale.text("positions-none", account=account_label), keyboard((refresh,)))
    header = lines(
        locale.text(
            "positions-title",
            count=len(held),
            pnl=locale.signed_usd(sum((one.unrealized_pnl for one in held), ZERO)),
            exposure=locale.usd(sum((one.notional for one in held), ZERO)),
            account=account_label,
        ),
        odd,
    )
    rows = [
        Row(_position(locale, one, markets or {}, exits), _actions(locale, one, action_data)) for one in held
    ]
    close_all = button(locale, "button-close-everything", close_all_data if len(held) > 1 else None)
    footer = keyboard((close_all, refresh))
    return page_at(paginate(locale, header, rows, page_data, per_page=5, footer=footer), page)


def balance(
    locale: Locale,
    state: AccountState,
    *,
    account_label: str,
    page_data: PageData,
    page: int = 0,
    refresh_data: str | None = None,
) -> Message:
    """Equity and free margin, then every asset that is there, the most valuable first."""
    header = lines(
        locale.text("balance-title", equity=locale.usd(state.net_equity), account=account_label),
        locale.text(
            "balance-margin",
            free=locale.usd(state.net_equity_available),
            leverage=locale.multiple(state.leverage_limit),
        ),
        locale.text("balance-liquidating") if state.liquidating else None,
        locale.text("balance-unread", assets=", ".join(clean(one, 24) for one in state.unread_balances[:20]))
        if state.unread_balances
        else None,
    )
    there = [one for one in state.balances.values() if one.total]
    there.sort(key=lambda one: (-(one.usd_value if one.usd_value is not None else ZERO), one.asset))
    rows = [Row(_balance(locale, one)) for one in there] or [Row(locale.text("balance-none"))]
    refresh = keyboard((button(locale, "button-refresh", refresh_data),))
    return page_at(paginate(locale, header, rows, page_data, per_page=10, footer=refresh), page)


def fees(locale: Locale, rates: FeeRates, *, account_label: str, referral_data: str | None = None) -> Message:
    cost = locale.usd(rates.futures_taker / BPS * _EXAMPLE_TRADE)
    text = lines(
        locale.text("fees-title", account=account_label),
        _fee_row(locale, "perp", rates.futures_maker, rates.futures_taker),
        _fee_row(locale, "spot", rates.spot_maker, rates.spot_taker),
        locale.text("fees-example", cost=cost),
        locale.text("fees-note"),
    )
    return Message(text, keyboard((button(locale, "button-referral", referral_data),)))


def _fee_row(locale: Locale, kind: str, maker: Decimal, taker: Decimal) -> Markup:
    return locale.text("fees-row", kind=kind, maker=locale.bps(maker), taker=locale.bps(taker))


def _position(
    locale: Locale, one: Position, markets: Mapping[str, Market], exits: Mapping[str, PositionExits] | None
) -> Markup:
    market, quote = markets.get(one.symbol), quote_of(one.symbol)
    tick = market.tick if market else None
    size = f"{locale.held(abs(one.quantity))} {base_of(one.symbol)}"
    side = "long" if one.is_long else "short"
    if not one.is_read:
        return locale.text("positions-row-unread", symbol=symbol_name(one.symbol), side=side, size=size)
    cost = abs(one.quantity) * one.entry_price
    move = one.unrealized_pnl / cost * HUNDRED if cost else ZERO
    return lines(
        locale.text(
            "positions-row",
            mark=GREEN if one.is_long else RED,
            symbol=symbol_name(one.symbol),
            side=side,
            size=size,
            notional=locale.usd(one.notional),
            pnl=locale.signed_usd(one.unrealized_pnl),
            move=locale.signed_percent(move),
            entry=priced(locale, one.entry_price, quote, tick),
            **{"mark-price": priced(locale, one.mark_price, quote, tick)},
        ),
        _liquidation(locale, one, quote, tick),
        _extra(locale, one, quote, tick),
        None if exits is None else _exits(locale, exits.get(one.symbol, PositionExits()), quote, tick),
        None if exits is None else _uncovered(locale, one, exits.get(one.symbol, PositionExits()), size),
    )


def _liquidation(locale: Locale, one: Position, quote: str, tick: Decimal | None) -> Markup:
    if one.liquidation_price is None or one.mark_price <= ZERO:
        return locale.text("positions-liquidation-none")
    distance = abs(one.liquidation_price - one.mark_price) / one.mark_price * HUNDRED
    level = priced(locale, one.liquidation_price, quote, tick)
    return locale.text("positions-liquidation", price=level, distance=locale.percent(distance, 1))


def _extra(locale: Locale, one: Position, quote: str, tick: Decimal | None) -> Markup:
    """What was already earned and paid, and the price at which it is all even."""
    parts = [locale.text("positions-break-even", price=priced(locale, one.break_even_price, quote, tick))]
    if one.realized_pnl or one.funding_paid:
        money = {
            "realized": locale.signed_usd(one.realized_pnl),
            "funding": locale.signed_usd(one.funding_paid),
        }
        parts.append(locale.text("positions-extra", **money))
    return Markup(" · ").join(parts)


def _exits(locale: Locale, exits: PositionExits, quote: str, tick: Decimal | None) -> Markup:
    if exits.stop_loss is None and exits.take_profit is None:
        return locale.text("positions-no-stop")
    target, stop = (
        "—" if level is None else priced(locale, level, quote, tick)
        for level in (exits.take_profit, exits.stop_loss)
    )
    row = locale.text("positions-exits", tp=target, sl=stop)
    return row if exits.stop_loss is not None else lines(row, locale.text("positions-no-stop"))


def _uncovered(locale: Locale, one: Position, exits: PositionExits, size: str) -> Markup | None:
    """A stop that closes only a part protects only that part."""
    if exits.stop_loss is None or exits.stopped is None or exits.stopped >= abs(one.quantity):
        return None
    covered = f"{locale.held(exits.stopped)} {base_of(one.symbol)}"
    return locale.text("positions-stop-partial", covered=covered, size=size)


def _actions(locale: Locale, one: Position, action_data: ActionData | None) -> tuple[Button, ...]:
    if action_data is None:
        return ()
    keys = {"half": "button-close-half", "close": "button-close-all-of", "tp": "button-tp", "sl": "button-sl"}
    base = base_of(one.symbol)
    made = (button(locale, key, action_data(name, one.symbol), base=base) for name, key in keys.items())
    return tuple(item for item in made if item is not None)


def _balance(locale: Locale, one: Balance) -> Markup:
    amount = sized(locale, one.total, one.asset)
    head = (
        locale.text("balance-row", amount=amount)
        if one.usd_value is None
        else locale.text("balance-row-valued", amount=amount, value=locale.usd(one.usd_value))
    )
    parts = [locale.text("balance-parts", free=locale.quantity(one.available))]
    if one.locked:
        parts.append(locale.text("balance-locked", amount=locale.quantity(one.locked)))
    if one.lent:
        parts.append(locale.text("balance-lent", amount=locale.quantity(one.lent)))
    return head if len(parts) == 1 and one.available == one.total else lines(head, Markup(" · ").join(parts))
