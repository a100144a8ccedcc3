"""Wire models of orders, fills and strategies. Source: Backpack OpenAPI schemas of the same names."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from bot.exchange.backpack.wire.base import NULL, Time, WireStruct


class OrderRow(WireStruct):
    """`OrderType` (live: `created_at` in ms) and `Order` (history: naive ISO, `expiry_reason`) in one.

    It carries neither fee nor average price: those come from fills or the stream.
    """

    id: str | int
    symbol: str
    side: str
    status: str
    order_type: str = "Limit"
    client_id: int | str | None = None
    created_at: Time = None
    executed_quantity: Decimal | None = None
    executed_quote_quantity: Decimal | None = None
    quantity: Decimal | None = None
    quote_quantity: Decimal | None = None
    price: Decimal | None = None
    time_in_force: str | None = None
    post_only: bool | None = None
    reduce_only: bool | None = None
    # Specified as plain strings, not as decimals: what they hold must not make an order's answer unreadable.
    trigger_price: msgspec.Raw = NULL
    trigger_quantity: msgspec.Raw = NULL
    take_profit_trigger_price: msgspec.Raw = NULL
    stop_loss_trigger_price: msgspec.Raw = NULL
    trigger_by: str | None = None
    related_order_id: str | int | None = None
    strategy_id: str | int | None = None
    expiry_reason: str | None = None
    system_order_type: str | None = None


class BatchResult(WireStruct):
    """`BatchCommandOrderResult`: `Ok` with an order's fields or `Err` with code and message."""

    operation: str
    code: str | None = None
    message: str = ""


class FillRow(WireStruct):
    """`OrderFill`; `timestamp` naive ISO in UTC, `client_id` a string here."""

    symbol: str
    side: str
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_symbol: str
    is_maker: bool
    order_id: str | int
    timestamp: Time
    trade_id: int | None = None
    client_id: str | int | None = None
    system_order_type: str | None = None


class Strategy(WireStruct):
    """A running (`created_at` in ms) or past (naive ISO) scheduled strategy; durations in ms."""

    id: str | int
    symbol: str
    side: str
    status: str
    created_at: Time = None
    strategy_type: str = "Scheduled"
    client_strategy_id: int | None = None
    quantity: Decimal | None = None
    executed_quantity: Decimal | None = None
    executed_quote_quantity: Decimal | None = None
    duration: int = 0
    interval: int = 0
    randomized_interval_quantity: bool | None = None
    reduce_only: bool | None = None
    time_in_force: str | None = None
    cancel_reason: str | None = None


class FundingPayment(WireStruct):
    """Positive is received."""

    symbol: str
    quantity: Decimal
    funding_rate: Decimal
    interval_end_timestamp: Time


class PositionHistoryRow(WireStruct):
    id: str | int
    symbol: str
    state: str
    net_quantity: Decimal
    entry_price: Decimal
    cumulative_pnl_realized: Decimal
    closed_volume: Decimal = Decimal(0)
    funding_quantity: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    liquidation_fees: Decimal = Decimal(0)
    liquidated: Decimal = Decimal(0)
    closing_price: Decimal | None = None
    account_leverage: Decimal | None = None
    opened_at: Time = None
    closed_at: Time = None


class WireSettlement(WireStruct):
    quantity: Decimal
    source: str
    timestamp: Time
    position_id: str | None = None
    engine_sequence: int | None = None


class InterestPayment(WireStruct):
    payment_type: str
    interest_rate: Decimal
    quantity: Decimal
    symbol: str
    market_symbol: str
    timestamp: Time
    position_id: str | None = None


class BorrowLendMovement(WireStruct):
    event_type: str
    quantity: Decimal
    source: str
    symbol: str
    timestamp: Time
    position_id: str | None = None


class BorrowLendPositionRow(WireStruct):
    position_id: str
    symbol: str
    side: str
    source: str
    quantity: Decimal
    cumulative_interest: Decimal = Decimal(0)
    created_at: Time = None


class DustConversion(WireStruct):
    id: int
    quantity: Decimal
    symbol: str
    usdc_received: Decimal
    timestamp: Time
