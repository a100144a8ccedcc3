"""Answers to questions: positions, orders, balance, price, book, fees."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from bot.chat.minted import cancel_data
from bot.chat.request import Request
from bot.domain.orders.order import OrderSnapshot
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import ZERO, MarketKind
from bot.marketdata import Moment, Ticker
from bot.people.tables import Account
from bot.trading.chat.line_buttons import AccountLineButton, CancelAllButton, PositionsButton
from bot.trading.linking import Linking
from bot.trading.queries import Queries, RestingOrders, Shown
from bot.trading.views import holdings as holdings_view
from bot.trading.views import market as market_view
from bot.trading.views import open_orders as list_view
from bot.ui import Locale, Message
from bot.ui import refusals as refusal_view
from bot.ui.callback_data import number


async def _refused(request: Request, refusal: Refusal) -> bool:
    await request.show(refusal_view.refusal(request.locale, refusal))
    return False


FIRST_POSITIONS: Final = PositionsButton()


async def positions(request: Request, button: PositionsButton = FIRST_POSITIONS) -> bool:
    """Open positions with their buttons."""
    label = await _label(request, button.account)
    shown = await request.service(Queries).account(request.user, label)
    if isinstance(shown, Refusal):
        return await _refused(request, shown)
    resting = await request.service(Queries).open_orders(request.user, label)
    exits = {} if isinstance(resting, Refusal) else _exits(shown, resting)
    await request.show(_positions(request.locale, shown, exits, button.page))
    return True


def _positions(
    locale: Locale, shown: Shown, exits: Mapping[str, holdings_view.PositionExits], page: int
) -> Message:
    account_id = shown.account.id
    close_all = AccountLineButton(account_id, "close all")
    return holdings_view.positions(
        locale,
        shown.positions,
        account_label=shown.account.label,
        page_data=lambda n: PositionsButton(n, account_id).pack(),
        page=page,
        markets=shown.markets,
        exits=exits,
        action_data=lambda action, symbol: _position_action(action, symbol, account_id),
        close_all_data=close_all.pack() if len(shown.positions) > 1 else None,
        refresh_data=PositionsButton(page, account_id).pack(),
        unread=shown.state.unread_positions,
    )


async def _label(request: Request, account_id: int | None) -> str | None:
    """The account whose positions a list goes on showing, whatever has become the default meanwhile."""
    known = await request.service(Linking).get(request.user.id, account_id) if account_id else None
    return known.label if known is not None else None


def _position_action(action: str, symbol: str, account_id: int) -> str | None:
    """An old list goes on speaking of the account it shows."""
    lines = {
        "close": AccountLineButton(account_id, f"close {symbol}").pack(),
        "half": AccountLineButton(account_id, f"close {symbol} 50%").pack(),
        "tp": f"w:tp|{symbol}|{account_id}",
        "sl": f"w:sl|{symbol}|{account_id}",
    }
    return lines.get(action)


def _exits(shown: Shown, resting: list[OrderSnapshot]) -> dict[str, holdings_view.PositionExits]:
    """The nearest exits of each position on the exchange: above a long's mark is a target."""
    found: dict[str, holdings_view.PositionExits] = {}
    for position in shown.positions:
        closing = [
            (order.trigger_price, order.quantity)
            for order in resting
            if order.symbol == position.symbol
            and order.trigger_price is not None
            and order.side is position.closing_side
        ]
        above = sorted((one for one in closing if one[0] > position.mark_price), key=_level)
        below = sorted((one for one in closing if one[0] <= position.mark_price), key=_level, reverse=True)
        gain, loss = (above, below) if position.is_long else (below, above)
        parts = [quantity for _, quantity in loss if quantity is not None]
        found[position.symbol] = holdings_view.PositionExits(
            take_profit=gain[0][0] if gain else None,
            stop_loss=loss[0][0] if loss else None,
            stopped=sum(parts, ZERO) if len(parts) == len(loss) else None,
        )
    return found


def _level(exit_order: tuple[Decimal, Decimal | None]) -> Decimal:
    return exit_order[0]


async def orders(request: Request, page: str = "0") -> bool:
    """Open orders with their cancel buttons."""
    account = await request.service(Linking).choose(request.user.id, None)
    found = await request.service(Queries).resting(request.user)
    if isinstance(account, Refusal) or isinstance(found, Refusal):
        refusal = account if isinstance(account, Refusal) else found
        return await _refused(request, refusal) if isinstance(refusal, Refusal) else False
    await request.show(_orders(request, account, found, _page(page)))
    return True


def _orders(request: Request, account: Account, found: RestingOrders, page: int) -> Message:
    now_ms = request.services.clock()
    return list_view.orders(
        request.locale,
        found.orders,
        odd=len(found.odd),
        account_label=account.label,
        page_data=lambda n: f"ord:{n}",
        page=page,
        cancel_data=lambda code: cancel_data(code, now_ms),
        cancel_all_data=CancelAllButton(account=account.id).pack() if found.orders else None,
        refresh_data=f"ord:{page}",
    )


async def order(request: Request, code: str) -> bool:
    """One order in full."""
    snapshot = await request.service(Queries).order(request.user, code)
    if isinstance(snapshot, Refusal):
        return await _refused(request, snapshot)
    cancel = cancel_data(snapshot.code, request.services.clock()) if snapshot.state.is_live else None
    await request.show(
        list_view.order_detail(request.locale, snapshot, cancel_data=cancel, orders_data="menu:orders")
    )
    return True


async def balance(request: Request, page: str = "0") -> bool:
    """What the account holds."""
    shown = await request.service(Queries).account(request.user)
    if isinstance(shown, Refusal):
        return await _refused(request, shown)
    message = holdings_view.balance(
        request.locale,
        shown.state,
        account_label=shown.account.label,
        page_data=lambda n: f"bal:{n}",
        page=_page(page),
        refresh_data=f"bal:{_page(page)}",
    )
    await request.show(message)
    return True


async def fees(request: Request) -> bool:
    """The account's own fee rates."""
    shown = await request.service(Queries).account(request.user)
    if isinstance(shown, Refusal):
        return await _refused(request, shown)
    await request.show(
        holdings_view.fees(
            request.locale, shown.state.fees, account_label=shown.account.label, referral_data="ref:ask"
        )
    )
    return True


async def price(request: Request, mention: str) -> bool:
    """Last, mark, best bid and ask, the day's range. Public: a group may see it."""
    moment = await _moment(request, mention)
    if isinstance(moment, Refusal):
        return await _public_refusal(request, moment, "px")
    day = await request.service(Queries).day(moment.market.symbol)
    await request.show_publicly(_price(request.here, moment, day, request.services.clock()))
    return True


def _price(locale: Locale, moment: Moment, day: Ticker | None, now_ms: int) -> Message:
    symbol, is_perp = moment.market.symbol, moment.market.is_perp
    return market_view.price(
        locale,
        moment.market,
        last=moment.last,
        mark=moment.mark if is_perp else None,
        book=moment.book,
        change_percent=day.price_change_percent * 100 if day is not None else None,
        high=day.high if day is not None else None,
        low=day.low if day is not None else None,
        quote_volume=day.quote_volume if day is not None else None,
        time_ms=now_ms,
        buy_data=f"w:{'long' if is_perp else 'buy'}|{symbol}",
        sell_data=f"w:{'short' if is_perp else 'sell'}|{symbol}",
        book_data=f"bk:{symbol}",
        refresh_data=f"px:{symbol}",
    )


async def book(request: Request, mention: str) -> bool:
    """The ladder. Public."""
    moment = await _moment(request, mention)
    if isinstance(moment, Refusal):
        return await _public_refusal(request, moment, "bk")
    symbol = moment.market.symbol
    message = market_view.book(
        request.here,
        moment.market,
        moment.book,
        time_ms=request.services.clock(),
        price_data=f"px:{symbol}",
        refresh_data=f"bk:{symbol}",
    )
    await request.show_publicly(message)
    return True


async def _moment(request: Request, mention: str) -> Moment | Refusal:
    if not mention:
        return Refusal(RefusalCode.MISSING_SYMBOL)
    return await request.service(Queries).moment(mention, MarketKind.PERP)


async def _public_refusal(request: Request, refusal: Refusal, button: str) -> bool:
    """The refusal, and a button for each symbol that may have been meant."""
    names = [name for name in str(refusal.params.get("suggestions", "")).split(", ") if name]
    offers = [(name, f"{button}:{name}") for name in names]
    await request.show_publicly(refusal_view.refusal(request.here, refusal, offers=offers))
    return False


def _page(text: str) -> int:
    return number(text) or 0
