"""What the exchange keeps: orders, fills, positions, accounts, and what a client may ask of it.

Mutable on purpose: this is the exchange's book of record, owned by one thread of commands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from bot.sandbox.values import ZERO, OrderType, Side, TimeInForce

_COST_GRAIN = Decimal("0.0000000001")  # so that balances stay finite decimals


class Status(StrEnum):
    """`OrderStatus`."""

    NEW = "New"
    PARTIAL = "PartiallyFilled"
    FILLED = "Filled"
    CANCELLED = "Cancelled"
    EXPIRED = "Expired"
    TRIGGER_PENDING = "TriggerPending"
    TRIGGER_FAILED = "TriggerFailed"


OPEN = frozenset({Status.NEW, Status.PARTIAL, Status.TRIGGER_PENDING})


class SelfTrade(StrEnum):
    """`SelfTradePrevention`."""

    REJECT_TAKER = "RejectTaker"
    REJECT_MAKER = "RejectMaker"
    REJECT_BOTH = "RejectBoth"


class TriggerBy(StrEnum):
    MARK = "MarkPrice"
    LAST = "LastPrice"
    INDEX = "IndexPrice"


@dataclass(frozen=True, slots=True)
class Exit:
    """An attached take-profit or stop-loss; a market order unless `limit` is set."""

    trigger: Decimal
    by: TriggerBy
    limit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """Who sent an order, for the admin's list. The broker headers are not part of the signed text."""

    broker_id: int | None = None
    broker_key: str | None = None
    received_ms: int = 0


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """`OrderExecutePayload` with its words understood; rules of the market are not checked yet."""

    symbol: str
    side: Side
    order_type: OrderType
    quantity: Decimal | None = None
    quote_quantity: Decimal | None = None
    price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False
    self_trade: SelfTrade = SelfTrade.REJECT_TAKER
    client_id: int | None = None
    trigger_price: Decimal | None = None
    trigger_by: TriggerBy = TriggerBy.LAST
    trigger_quantity: str | None = None  # base quantity, or a per cent of the position such as `50%`
    take_profit: Exit | None = None
    stop_loss: Exit | None = None
    slippage: Decimal | None = None
    slippage_type: str | None = None  # `TickSize` or `Percent`
    strategy_id: str | None = None


@dataclass(slots=True, eq=False)
class Order:
    """One order from acceptance to its end."""

    id: str
    account_id: int
    request: OrderRequest
    quantity: Decimal | None  # may shrink (reduce-only) or be set when a trigger fires
    created_ms: int
    tag: Tag
    status: Status = Status.NEW
    executed: Decimal = ZERO  # base
    executed_quote: Decimal = ZERO
    locked: Decimal = ZERO  # funds held for a spot order, in `lock_asset`
    lock_asset: str | None = None
    expiry_reason: str | None = None
    trigger_above: bool = False  # a pending trigger fires at or above its price (else at or below)
    triggered_ms: int | None = None
    related_id: str | None = None
    system_type: str | None = None
    origin: str = "USER"
    updated_ms: int = 0
    target: Decimal | None = None  # base quantity at which an order sized by quote is full
    children: dict[str, str] = field(default_factory=dict)  # `tp`, `sl` -> order id
    lost_exits: set[str] = field(default_factory=set)  # kinds that an injected fault withholds
    exits_from: Decimal = ZERO  # executed quantity whose exits have ended with an earlier position

    @property
    def symbol(self) -> str:
        return self.request.symbol

    @property
    def side(self) -> Side:
        return self.request.side

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def remaining(self) -> Decimal:
        """Base quantity still to fill; zero for orders sized by quote."""
        return ZERO if self.quantity is None else self.quantity - self.executed


@dataclass(frozen=True, slots=True)
class Fill:
    """One side of one trade, as its owner sees it. `fee` is negative for a rebate."""

    account_id: int
    order_id: str
    client_id: int | None
    symbol: str
    side: Side
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_symbol: str
    is_maker: bool
    trade_id: int
    time_us: int
    system_type: str | None = None
    strategy_id: str | None = None


@dataclass(frozen=True, slots=True)
class Trade:
    """A public print."""

    id: int
    symbol: str
    price: Decimal
    quantity: Decimal
    time_us: int
    buyer_is_maker: bool
    buyer_order: str
    seller_order: str


@dataclass(slots=True)
class Position:
    """A net futures position. `cost` is signed quantity times entry price."""

    id: str
    symbol: str
    opened_ms: int
    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    realized: Decimal = ZERO
    funding: Decimal = ZERO  # received, in quote
    fees: Decimal = ZERO
    liquidation_fees: Decimal = ZERO
    closed_volume: Decimal = ZERO
    liquidated: Decimal = ZERO
    closing_price: Decimal | None = None
    closed_ms: int | None = None
    last_entry: Decimal = ZERO  # entry price the position was closed with

    @property
    def entry(self) -> Decimal:
        return self.cost / self.quantity if self.quantity else self.last_entry

    def unrealized(self, mark: Decimal) -> Decimal:
        return self.quantity * mark - self.cost

    def apply(self, signed: Decimal, price: Decimal) -> Decimal:
        """Take a fill of `signed` base quantity; returns the profit it realises. Never crosses zero."""
        before, quantity = self.cost, self.quantity + signed
        closing = self.quantity != ZERO and (self.quantity > ZERO) != (signed > ZERO)
        if closing and abs(signed) > abs(self.quantity):
            raise ValueError("a fill that reverses a position closes it and opens another")
        if closing:
            self.closed_volume += abs(signed) * price
            self.closing_price = price
            self.last_entry = self.entry
            self.cost = (self.entry * quantity).quantize(_COST_GRAIN)
        else:
            self.cost += signed * price
        self.quantity = quantity
        profit = self.cost - before - signed * price if closing else ZERO
        self.realized += profit
        return profit


@dataclass(frozen=True, slots=True)
class Rates:
    """Fee rates in basis points of notional; negative is a rebate."""

    spot_maker: Decimal = Decimal(8)
    spot_taker: Decimal = Decimal(10)
    futures_maker: Decimal = Decimal(2)
    futures_taker: Decimal = Decimal(5)


@dataclass(slots=True)
class Settings:
    """What `PATCH /api/v1/account` may change."""

    auto_borrow_settlements: bool = True
    auto_lend: bool = False
    auto_repay_borrows: bool = True
    leverage_limit: Decimal = Decimal(10)


@dataclass(frozen=True, slots=True)
class FundingPayment:
    symbol: str
    quantity: Decimal
    rate: Decimal
    interval_end_ms: int


@dataclass(frozen=True, slots=True)
class Settlement:
    quantity: Decimal
    source: str  # `SettlementSource`
    time_us: int
    sequence: int
    position_id: str | None = None


@dataclass(frozen=True, slots=True)
class Dust:
    id: int
    symbol: str
    quantity: Decimal
    received: Decimal
    time_us: int


@dataclass(slots=True)
class Account:
    """A sandbox user. Balances live in the ledger, not here."""

    id: int
    label: str
    rates: Rates = field(default_factory=Rates)
    settings: Settings = field(default_factory=Settings)
    position_limit: Decimal = Decimal(10_000_000)
    liquidating: bool = False
    keys: dict[str, bool] = field(default_factory=dict)  # base64 public key -> read only
    open_orders: dict[str, Order] = field(default_factory=dict)
    parents: dict[str, Order] = field(default_factory=dict)  # orders with exits attached
    orders: list[Order] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    positions: dict[str, Position] = field(default_factory=dict)  # by symbol, open ones only
    closed_positions: list[Position] = field(default_factory=list)
    funding: list[FundingPayment] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)
    dust: list[Dust] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class StrategyRequest:
    """`StrategyCreatePayload`: a quantity sold or bought in equal slices over time."""

    symbol: str
    side: Side
    quantity: Decimal
    duration_ms: int
    interval_ms: int
    price: Decimal | None = None
    reduce_only: bool = False
    post_only: bool = False
    time_in_force: TimeInForce = TimeInForce.IOC
    self_trade: SelfTrade = SelfTrade.REJECT_TAKER
    client_id: int | None = None
    randomized: bool = False
    slippage: Decimal | None = None
    slippage_type: str | None = None


@dataclass(slots=True)
class Strategy:
    """A running or finished strategy. `status` is a `StrategyStatus`."""

    id: str
    account_id: int
    request: StrategyRequest
    created_ms: int
    tag: Tag
    next_ms: int
    slices_left: int
    status: str = "Running"
    cancel_reason: str | None = None
    orders: list[Order] = field(default_factory=list)

    @property
    def executed(self) -> Decimal:
        return sum((order.executed for order in self.orders), ZERO)

    @property
    def executed_quote(self) -> Decimal:
        return sum((order.executed_quote for order in self.orders), ZERO)
