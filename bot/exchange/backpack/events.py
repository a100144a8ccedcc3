"""What the streams say, as typed events, and how a frame becomes one. Pure; the sockets are in `streams`.

A frame nobody knows is carried as `Unrecognised`, for the reader to repair from REST if it matters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.domain.markets.market import MarkPrice
from bot.domain.orders.order import Fill, OrderEvent, OrderReport, event_for_status
from bot.domain.values import ZERO, Side
from bot.exchange.backpack.errors import UnknownOutcome
from bot.exchange.backpack.session import understood
from bot.exchange.backpack.wire import streams as ws
from bot.exchange.backpack.wire.base import RowReader, check_decimal, loose_decimal, to_int


@dataclass(frozen=True, slots=True)
class Connected:
    """First connection made and subscribed: now load what the stream does not tell (open orders)."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The socket is gone; reconnecting goes on by itself."""

    reason: str


@dataclass(frozen=True, slots=True)
class Reconnected:
    """Subscribed again after `gap_ms` without a socket: what happened meanwhile must come from REST."""

    gap_ms: int


@dataclass(frozen=True, slots=True)
class StreamRefused:
    """The exchange refused a subscription (4002, 4003, 4006, 4008 have been seen). The socket stays open."""

    code: int
    message: str


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """A frame of a stream we do not know, or of one we know but could not read."""

    stream: str
    reason: str


@dataclass(frozen=True, slots=True)
class OrderUpdate:
    """A change of one order; `kind` as the exchange words it (`orderFill`, `orderModified`, …)."""

    report: OrderReport
    kind: str
    engine_us: int


@dataclass(frozen=True, slots=True)
class PositionUpdate:
    """A position's new state. The stream knows no liquidation price: ask `GET /api/v1/position`."""

    symbol: str
    kind: str | None  # positionOpened, positionAdjusted, positionClosed; None in the picture on subscription
    quantity: Decimal
    entry_price: Decimal
    break_even_price: Decimal
    mark_price: Decimal
    realized_pnl: Decimal
    unrealized_pnl: Decimal
    imf: Decimal | None
    mmf: Decimal | None
    engine_us: int


@dataclass(frozen=True, slots=True)
class BalanceUpdate:
    """An asset's balance after a change: absolute, not a delta."""

    asset: str
    available: Decimal
    locked: Decimal
    staked: Decimal
    engine_us: int


@dataclass(frozen=True, slots=True)
class BookTicker:
    """Best prices; None where a side is empty."""

    symbol: str
    bid: Decimal | None
    bid_quantity: Decimal | None
    ask: Decimal | None
    ask_quantity: Decimal | None
    update_id: int
    engine_us: int


@dataclass(frozen=True, slots=True)
class DepthUpdate:
    """Absolute quantities per level, zero removes it; `first_id` is the previous event's `last_id` + 1."""

    symbol: str
    bids: Sequence[tuple[Decimal, Decimal]]
    asks: Sequence[tuple[Decimal, Decimal]]
    first_id: int
    last_id: int
    engine_us: int


@dataclass(frozen=True, slots=True)
class MarkPriceUpdate:
    price: MarkPrice
    engine_us: int = 0


@dataclass(frozen=True, slots=True)
class StreamRow:
    """Ticker, candle, trade, open interest, liquidation: the row as it came, already typed."""

    stream: str
    row: ws.TickerRow | ws.KlineRow | ws.TradeRow | ws.OpenInterestRow | ws.LiquidationRow


Lifecycle = Connected | Disconnected | Reconnected | StreamRefused | Unrecognised
UserEvent = OrderUpdate | PositionUpdate | BalanceUpdate | Lifecycle
PublicEvent = BookTicker | DepthUpdate | MarkPriceUpdate | StreamRow | Lifecycle
StreamEvent = UserEvent | PublicEvent

_reader: Final = RowReader()

_KINDS: Final = {
    "orderAccepted": OrderEvent.ACCEPTED,
    "orderCancelled": OrderEvent.CANCELLED,
    "orderExpired": OrderEvent.EXPIRED,
    "orderFill": OrderEvent.PARTIAL_FILL,
    "triggerPlaced": OrderEvent.TRIGGER_PLACED,
    "triggerFailed": OrderEvent.TRIGGER_FAILED,
}


def parse(message: bytes) -> list[StreamEvent]:
    """The events of one frame, in order. Never raises: what cannot be read comes back as Unrecognised."""
    stream = ""
    try:
        frame = _reader.read(message, ws.Frame)
        if frame.error is not None:
            return [StreamRefused(frame.error.code, frame.error.message[:200])]
        stream = frame.stream or ""
        return understood(lambda: _events(stream, bytes(frame.data)))
    except UnknownOutcome as unreadable:
        return [Unrecognised(stream, unreadable.message)]


def _events(stream: str, data: bytes) -> list[StreamEvent]:
    parts = stream.split(".")
    name = ".".join(parts[:2]) if parts[0] == "account" else parts[0]
    handler = _HANDLERS.get(name)
    if handler is None:
        return [Unrecognised(stream, "unknown stream")]
    return handler(stream, data)


def _order_update(_: str, data: bytes) -> list[StreamEvent]:
    row = _reader.read(data, ws.OrderUpdateRow)
    engine_us = row.engine_us or row.event_us
    executed = row.executed or ZERO
    report = OrderReport(
        symbol=row.symbol,
        side=Side(row.side),
        event=_order_event(row, executed),
        exchange_id=str(row.order_id),
        client_id=to_int(row.client_id),
        executed=executed,
        executed_quote=row.executed_quote or ZERO,
        quantity=row.quantity or loose_decimal(row.trigger_quantity),
        price=row.price,
        reason=row.reason,
        origin=row.origin or "USER",
        fill=_fill(row, engine_us),
        order_type=row.order_type.capitalize() or "Limit",  # LIMIT here, Limit everywhere else
        related_id=None if row.related_id is None else str(row.related_id),
        trigger_price=loose_decimal(row.trigger_price),
        reduce_only=bool(row.reduce_only),
    )
    return [OrderUpdate(report, row.event, engine_us)]


def _order_event(row: ws.OrderUpdateRow, executed: Decimal) -> OrderEvent:
    """The state field decides; the event's name only where an order's end or trigger is not in the state."""
    named = _KINDS.get(row.event)
    if named in {OrderEvent.CANCELLED, OrderEvent.EXPIRED, OrderEvent.TRIGGER_FAILED}:
        return named
    if row.status:
        return event_for_status(row.status, executed)
    return named or event_for_status("", executed)


def _fill(row: ws.OrderUpdateRow, engine_us: int) -> Fill | None:
    if row.fill_quantity is None or row.fill_price is None:
        return None
    return Fill(
        symbol=row.symbol,
        side=Side(row.side),
        price=row.fill_price,
        quantity=row.fill_quantity,
        fee=row.fee or ZERO,
        fee_symbol=row.fee_symbol or "",
        is_maker=bool(row.is_maker),
        exchange_order_id=str(row.order_id),
        trade_id=row.trade_id,
        client_id=to_int(row.client_id),
        timestamp_ms=engine_us // 1_000,
        micros=engine_us % 1_000,
        system_type=row.origin if row.origin not in {None, "USER"} else None,
    )


def _position_updates(_: str, data: bytes) -> list[StreamEvent]:
    """One position, or, on subscription, possibly a list of them."""
    if data.lstrip()[:1] == b"[":
        return [_position_update(row) for row in _reader.read(data, list[ws.PositionUpdateRow])]
    return [_position_update(_reader.read(data, ws.PositionUpdateRow))]


def _position_update(row: ws.PositionUpdateRow) -> PositionUpdate:
    return PositionUpdate(
        symbol=row.symbol,
        kind=row.event,
        quantity=row.quantity,
        entry_price=row.entry_price,
        break_even_price=row.break_even_price,
        mark_price=row.mark_price,
        realized_pnl=row.realized,
        unrealized_pnl=row.unrealized,
        imf=row.imf,
        mmf=row.mmf,
        engine_us=row.engine_us,
    )


def _balance_update(_: str, data: bytes) -> list[StreamEvent]:
    row = _reader.read(data, ws.BalanceUpdateRow)
    return [BalanceUpdate(row.asset, row.available, row.locked, row.staked, row.engine_us)]


def _book_ticker(_: str, data: bytes) -> list[StreamEvent]:
    row = _reader.read(data, ws.BookTickerRow)
    ticker = BookTicker(
        row.symbol, row.bid, row.bid_quantity, row.ask, row.ask_quantity, int(row.update_id), row.engine_us
    )
    return [ticker]


def _depth_update(_: str, data: bytes) -> list[StreamEvent]:
    row = _reader.read(data, ws.DepthUpdateRow)
    for price, quantity in (*row.bids, *row.asks):
        check_decimal(price)
        check_decimal(quantity)
    return [DepthUpdate(row.symbol, row.bids, row.asks, int(row.first_id), int(row.last_id), row.engine_us)]


def _mark_price(_: str, data: bytes) -> list[StreamEvent]:
    row = _reader.read(data, ws.MarkPriceUpdateRow)
    price = MarkPrice(row.symbol, row.mark, row.index, row.funding_rate, row.next_funding_ms)
    return [MarkPriceUpdate(price, row.engine_us)]


def _plain(
    kind: type[ws.TickerRow | ws.KlineRow | ws.TradeRow | ws.OpenInterestRow | ws.LiquidationRow],
) -> Callable[[str, bytes], list[StreamEvent]]:
    return lambda stream, data: [StreamRow(stream, _reader.read(data, kind))]


_HANDLERS: Final[dict[str, Callable[[str, bytes], list[StreamEvent]]]] = {
    "account.orderUpdate": _order_update,
    "account.positionUpdate": _position_updates,
    "account.balanceUpdate": _balance_update,
    "bookTicker": _book_ticker,
    "depth": _depth_update,
    "markPrice": _mark_price,
    "ticker": _plain(ws.TickerRow),
    "kline": _plain(ws.KlineRow),
    "trade": _plain(ws.TradeRow),
    "openInterest": _plain(ws.OpenInterestRow),
    "liquidation": _plain(ws.LiquidationRow),
}
