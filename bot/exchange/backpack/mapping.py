"""From the exchange's rows to our language of trading, and the traps between the two, in one place.

Every function is pure. A row that cannot be understood raises ValueError, which readers turn into an
unreadable answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

import msgspec

from bot.domain.accounts.account import AccountState, Balance, FeeRates, Held, Position
from bot.domain.markets.market import Book, MarginFunction, Market, MarkPrice, PriceBand
from bot.domain.orders.order import Fill, OddOrder, OrderReport, event_for_status
from bot.domain.values import ZERO, MarketKind, Side
from bot.exchange.backpack.wire import account as wa
from bot.exchange.backpack.wire import markets as wm
from bot.exchange.backpack.wire import orders as wo
from bot.exchange.backpack.wire.base import Rows, check_decimal, loose_decimal, to_int, to_ms, to_us

Level = tuple[Decimal, Decimal]


def market(row: wm.MarketRow) -> Market:
    """`Market` with its filters; a kind we do not trade becomes OTHER."""
    price, quantity = row.filters.price, row.filters.quantity
    if price.tick_size <= ZERO or quantity.step_size <= ZERO:
        raise ValueError("a market without a grid")
    band = price.mean_mark_price_band
    return Market(
        symbol=row.symbol,
        base=row.base_symbol,
        quote=row.quote_symbol,
        kind=_kind(row.market_type),
        tick=price.tick_size,
        step=quantity.step_size,
        min_quantity=quantity.min_quantity,
        max_quantity=quantity.max_quantity,
        min_price=price.min_price or ZERO,
        max_price=price.max_price,
        state=row.order_book_state,
        band=PriceBand(price.max_multiplier, price.min_multiplier),
        impact=PriceBand(price.max_impact_multiplier, price.min_impact_multiplier),
        mean_mark=PriceBand(band.max_multiplier, band.min_multiplier) if band else PriceBand(),
        imf=_margin(row.imf_function),
        mmf=_margin(row.mmf_function),
        funding_interval_ms=row.funding_interval,
        open_interest_limit=row.open_interest_limit,
        position_limit_weight=row.position_limit_weight,
        visible=row.visible,
    )


def _kind(market_type: str) -> MarketKind:
    try:
        return MarketKind(market_type)
    except ValueError:
        return MarketKind.OTHER


def _margin(function: wm.SqrtFunction | None) -> MarginFunction | None:
    if function is None or function.type != "sqrt" or function.base is None or function.factor is None:
        return None
    return MarginFunction(function.base, function.factor)


def book(symbol: str, row: wm.DepthRow) -> Book:
    """Best first on both sides, whatever order the exchange chose (it lists bids ascending)."""
    return Book(
        symbol=symbol,
        bids=sorted(_levels(row.bids), key=_price, reverse=True),
        asks=sorted(_levels(row.asks), key=_price),
    )


def _levels(levels: Iterable[Level]) -> list[Level]:
    return [(check_decimal(price), quantity) for price, quantity in levels if check_decimal(quantity) > 0]


def _price(level: Level) -> Decimal:
    return level[0]


def mark_price(row: wm.MarkPriceRow) -> MarkPrice:
    return MarkPrice(
        symbol=row.symbol,
        mark=row.mark_price,
        index=row.index_price,
        funding_rate=row.funding_rate,
        next_funding_ms=row.next_funding_timestamp,
    )


def fees(row: wa.AccountSummary) -> FeeRates:
    """Basis points."""
    return FeeRates(row.spot_maker_fee, row.spot_taker_fee, row.futures_maker_fee, row.futures_taker_fee)


def position(row: wa.PositionRow) -> Position:
    """A liquidation price of zero (or less) means that no price of this market alone would liquidate it."""
    liquidation = row.est_liquidation_price
    return Position(
        symbol=row.symbol,
        quantity=row.net_quantity,
        entry_price=row.entry_price,
        mark_price=row.mark_price,
        break_even_price=row.break_even_price,
        liquidation_price=liquidation if liquidation is not None and liquidation > ZERO else None,
        unrealized_pnl=row.pnl_unrealized,
        realized_pnl=row.pnl_realized,
        funding_paid=row.cumulative_funding_payment,
        imf=row.imf,
        mmf=row.mmf,
    )


def held(rows: Rows[wa.PositionRow]) -> Held:
    """Open positions by symbol; rows of zero quantity are leftovers of closed ones.

    Of a row that makes no sense symbol and quantity are enough to show and to close it.
    """
    found = [position(row) for row in rows.read]
    loose = [loose_position(row) for row in rows.odd]
    known = [one for one in (*found, *loose) if one is not None and one.quantity]
    return Held({one.symbol: one for one in known}, loose.count(None))


def loose_position(body: bytes) -> Position | None:
    """A position of which only symbol and quantity can be read; None when not even those can."""
    row = _loose(body, _LoosePosition)
    quantity = loose_decimal(row.net_quantity) if row is not None else None
    if row is None or quantity is None:
        return None
    nothing = dict.fromkeys(("entry_price", "mark_price", "break_even_price", "unrealized_pnl"), ZERO)
    nothing |= dict.fromkeys(("realized_pnl", "funding_paid", "imf", "mmf"), ZERO)
    return Position(row.symbol, quantity, liquidation_price=None, is_read=False, **nothing)


def odd_order(body: bytes) -> OddOrder:
    """What little a row that makes no sense says of an order."""
    row = _loose(body, _LooseOrder)
    return OddOrder() if row is None else OddOrder(row.symbol, _text(row.id))


class _LoosePosition(msgspec.Struct, rename="camel"):
    symbol: str
    net_quantity: msgspec.Raw


class _LooseOrder(msgspec.Struct):
    symbol: str | None = None
    id: str | int | None = None


L = TypeVar("L")


def _loose(body: bytes, kind: type[L]) -> L | None:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class Capital:
    """Balances by asset, and the assets whose row cannot be read."""

    read: dict[str, wa.BalanceRow]
    odd: list[str]


def balances(
    capital: Mapping[str, wa.BalanceRow], collateral: Iterable[wa.CollateralRow] = ()
) -> dict[str, Balance]:
    """Balances by asset. Lent funds are missing from `capital` and come from the collateral rows."""
    held = {row.symbol: row for row in collateral}
    result = {}
    for asset in dict.fromkeys([*capital, *held]):
        cash, backing = capital.get(asset), held.get(asset)
        available = cash.available if cash else ZERO
        locked = cash.locked if cash else ZERO
        if cash is None and backing is not None:
            available, locked = backing.available_quantity, backing.open_order_quantity
        result[asset] = Balance(
            asset=asset,
            available=available,
            locked=locked,
            lent=backing.lend_quantity if backing else ZERO,
            usd_value=backing.balance_notional if backing else None,
        )
    return result


def account_state(
    summary: wa.AccountSummary, capital: Capital, margin: wa.MarginSummary, held: Held
) -> AccountState:
    return AccountState(
        fees=fees(summary),
        leverage_limit=summary.leverage_limit,
        net_equity=margin.net_equity,
        net_equity_available=margin.net_equity_available,
        balances=balances(capital.read, margin.collateral),
        positions=held.positions,
        liquidating=summary.liquidating,
        position_limit=summary.position_limit,
        unread_positions=held.unread,
        unread_balances=tuple(capital.odd),
        resting_orders=summary.limit_orders + summary.trigger_orders,
    )


def order_report(row: wo.OrderRow) -> OrderReport:
    """One order from an answer, the open orders or the history. An unseen status is read by its fills."""
    executed = row.executed_quantity or ZERO
    return OrderReport(
        symbol=row.symbol,
        side=Side(row.side),
        event=event_for_status(row.status, executed),
        exchange_id=str(row.id),
        client_id=to_int(row.client_id),
        executed=executed,
        executed_quote=row.executed_quote_quantity or ZERO,
        quantity=row.quantity or loose_decimal(row.trigger_quantity),
        price=row.price,
        reason=row.expiry_reason,
        origin=row.system_order_type or "USER",
        order_type=row.order_type,
        related_id=_text(row.related_order_id),
        trigger_price=loose_decimal(row.trigger_price),
        reduce_only=bool(row.reduce_only),
        created_ms=to_ms(row.created_at),
    )


def fill(row: wo.FillRow) -> Fill:
    timestamp_us = to_us(row.timestamp)
    if timestamp_us is None:
        raise ValueError("a fill without a time")
    return Fill(
        symbol=row.symbol,
        side=Side(row.side),
        price=row.price,
        quantity=row.quantity,
        fee=row.fee,
        fee_symbol=row.fee_symbol,
        is_maker=row.is_maker,
        exchange_order_id=str(row.order_id),
        trade_id=row.trade_id if row.trade_id is None or row.trade_id < 2**63 else None,
        client_id=to_int(row.client_id),
        timestamp_ms=timestamp_us // 1_000,
        micros=timestamp_us % 1_000,
        system_type=row.system_order_type,
    )


def _text(value: str | int | None) -> str | None:
    return None if value is None else str(value)
