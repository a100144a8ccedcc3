"""What we send, and the life of an order after the tap, as one visible table of states and events.

`UNKNOWN` is a state of its own: a request whose answer did not arrive is neither rejected nor accepted,
and only a look-up by client id, or the death of the signed request, moves it on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from bot.domain.values import ZERO, OrderType, Side, TimeInForce, plain

WireValue = str | int | bool


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """One order as it will be on the wire, already quantised: what the preview shows is what is sent.

    Source: `OrderExecutePayload`. There is no broker field: the tag is a header and belongs to the client.
    """

    symbol: str
    side: Side
    order_type: OrderType
    quantity: Decimal | None = None
    quote_quantity: Decimal | None = None
    price: Decimal | None = None
    time_in_force: TimeInForce | None = None
    post_only: bool = False
    reduce_only: bool = False
    trigger_price: Decimal | None = None
    trigger_by: str | None = None
    trigger_quantity: Decimal | None = None
    take_profit_trigger: Decimal | None = None
    take_profit_by: str | None = None
    stop_loss_trigger: Decimal | None = None
    stop_loss_by: str | None = None
    slippage_percent: Decimal | None = None
    auto_lend_redeem: bool = False  # spot: part of the funds is lent out
    client_id: int | None = None

    @property
    def attaches_exits(self) -> bool:
        """Whether the exchange makes exits for what this order executes."""
        return self.take_profit_trigger is not None or self.stop_loss_trigger is not None

    def payload(self) -> dict[str, WireValue]:
        """The JSON body: only what is set, decimals as plain strings."""
        decimals = {
            "quantity": self.quantity,
            "quoteQuantity": self.quote_quantity,
            "price": self.price,
            "triggerPrice": self.trigger_price,
            "triggerQuantity": self.trigger_quantity,
            "takeProfitTriggerPrice": self.take_profit_trigger,
            "stopLossTriggerPrice": self.stop_loss_trigger,
            "slippageTolerance": self.slippage_percent,
        }
        body: dict[str, WireValue] = {
            "symbol": self.symbol,
            "side": self.side.value,
            "orderType": self.order_type.value,
        }
        body.update({key: plain(value) for key, value in decimals.items() if value is not None})
        words = {
            "timeInForce": self.time_in_force.value if self.time_in_force else None,
            "triggerBy": self.trigger_by,
            "takeProfitTriggerBy": self.take_profit_by,
            "stopLossTriggerBy": self.stop_loss_by,
            "slippageToleranceType": "Percent" if self.slippage_percent is not None else None,
        }
        body.update({key: word for key, word in words.items() if word is not None})
        if self.post_only:
            body["postOnly"] = True
        if self.reduce_only:
            body["reduceOnly"] = True
        if self.auto_lend_redeem:
            body["autoLendRedeem"] = True
        if self.client_id is not None:
            body["clientId"] = self.client_id
        return body


class OrderState(StrEnum):
    """Where an order is. The first two exist only here; from `NEW` on they mirror the exchange."""

    SENDING = "sending"  # attempt committed; the request may or may not have left
    UNKNOWN = "unknown"  # no answer arrived; being looked up
    NEW = "new"
    TRIGGER_PENDING = "trigger_pending"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    TRIGGER_FAILED = "trigger_failed"
    REJECTED = "rejected"  # the exchange said no
    NOT_PLACED = "not_placed"  # the signed request died unseen
    UNKNOWABLE = "unknowable"  # no answer came, and the key that could ask is destroyed
    UNWATCHED = "unwatched"  # it rested at the exchange when the key that could ask was destroyed

    @property
    def is_terminal(self) -> bool:
        return self in _TERMINAL

    @property
    def is_live(self) -> bool:
        """Resting at the exchange, where it can still fill."""
        return self in {OrderState.NEW, OrderState.TRIGGER_PENDING, OrderState.PARTIALLY_FILLED}


class OrderEvent(StrEnum):
    """What can be learnt about an order, from an answer, the stream or a look-up."""

    ACCEPTED = "accepted"
    TRIGGER_PLACED = "trigger_placed"
    PARTIAL_FILL = "partial_fill"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    TRIGGER_FAILED = "trigger_failed"
    REJECTED = "rejected"
    NO_ANSWER = "no_answer"
    NOT_FOUND_AFTER_DEADLINE = "not_found_after_deadline"
    KEY_GONE = "key_gone"


_S, _E = OrderState, OrderEvent
_ON_EXCHANGE = {
    _E.ACCEPTED: _S.NEW,
    _E.TRIGGER_PLACED: _S.TRIGGER_PENDING,
    _E.PARTIAL_FILL: _S.PARTIALLY_FILLED,
    _E.FILLED: _S.FILLED,
    _E.CANCELLED: _S.CANCELLED,
    _E.EXPIRED: _S.EXPIRED,
    _E.TRIGGER_FAILED: _S.TRIGGER_FAILED,
}
_TRANSITIONS: dict[OrderState, dict[OrderEvent, OrderState]] = {
    _S.SENDING: {
        **_ON_EXCHANGE,
        _E.REJECTED: _S.REJECTED,
        _E.NO_ANSWER: _S.UNKNOWN,
        _E.NOT_FOUND_AFTER_DEADLINE: _S.NOT_PLACED,
        _E.KEY_GONE: _S.UNKNOWABLE,
    },
    _S.UNKNOWN: {
        **_ON_EXCHANGE,
        _E.REJECTED: _S.REJECTED,
        _E.NO_ANSWER: _S.UNKNOWN,
        _E.NOT_FOUND_AFTER_DEADLINE: _S.NOT_PLACED,
        _E.KEY_GONE: _S.UNKNOWABLE,
    },
    # An answer that was still under way when the key went.
    _S.UNKNOWABLE: {
        **_ON_EXCHANGE,
        _E.REJECTED: _S.REJECTED,
        _E.NOT_FOUND_AFTER_DEADLINE: _S.NOT_PLACED,
    },
    _S.NEW: {**_ON_EXCHANGE, _E.KEY_GONE: _S.UNWATCHED},
    _S.TRIGGER_PENDING: {**_ON_EXCHANGE, _E.KEY_GONE: _S.UNWATCHED},
    # After a partial fill an order cannot become unfilled again: ACCEPTED is old news.
    _S.PARTIALLY_FILLED: {
        **_ON_EXCHANGE,
        _E.ACCEPTED: _S.PARTIALLY_FILLED,
        _E.KEY_GONE: _S.UNWATCHED,
    },
    _S.UNWATCHED: dict(_ON_EXCHANGE),
    # The verdict of absence may be wrong; the exchange's own word always wins over it.
    _S.NOT_PLACED: dict(_ON_EXCHANGE),
}
_TERMINAL = frozenset(
    {
        *(_S.FILLED, _S.CANCELLED, _S.EXPIRED, _S.TRIGGER_FAILED),
        *(_S.REJECTED, _S.NOT_PLACED, _S.UNKNOWABLE, _S.UNWATCHED),
    }
)


class IllegalTransition(Exception):
    """An event that cannot happen to an order in this state."""

    def __init__(self, state: OrderState, event: OrderEvent) -> None:
        super().__init__(f"{event} in state {state}")
        self.state = state
        self.event = event


def advance(state: OrderState, event: OrderEvent) -> OrderState:
    """The state after `event`. Raises IllegalTransition for an event the state does not allow."""
    try:
        return _TRANSITIONS[state][event]
    except KeyError:
        raise IllegalTransition(state, event) from None


_BY_STATUS = {
    "New": _E.ACCEPTED,
    "PartiallyFilled": _E.PARTIAL_FILL,
    "Filled": _E.FILLED,
    "Cancelled": _E.CANCELLED,
    "Expired": _E.EXPIRED,
    "TriggerPending": _E.TRIGGER_PLACED,
    "TriggerFailed": _E.TRIGGER_FAILED,
}


def event_for_status(status: str, executed: Decimal = ZERO) -> OrderEvent:
    """The event an exchange `OrderStatus` stands for; an unseen status is read from what was executed."""
    known = _BY_STATUS.get(status)
    if known is _E.ACCEPTED and executed > ZERO:
        return _E.PARTIAL_FILL
    if known is not None:
        return known
    return _E.PARTIAL_FILL if executed > ZERO else _E.ACCEPTED


@dataclass(frozen=True, slots=True)
class OrderReport:
    """What the exchange says of one order, whichever door it came through (answer, stream, look-up)."""

    symbol: str
    side: Side
    event: OrderEvent
    exchange_id: str | None
    client_id: int | None
    executed: Decimal = ZERO  # base
    executed_quote: Decimal = ZERO
    quantity: Decimal | None = None
    price: Decimal | None = None
    reason: str | None = None  # OrderExpiryReason or a stream's `R`
    origin: str = "USER"  # stream's `O`: USER, LIQUIDATION_AUTOCLOSE, ADL_AUTOCLOSE, …
    fill: Fill | None = None
    order_type: str = "Market"
    related_id: str | None = None  # the parent of a TP/SL child
    trigger_price: Decimal | None = None
    reduce_only: bool = False
    created_ms: int | None = None

    @property
    def average_price(self) -> Decimal | None:
        return self.executed_quote / self.executed if self.executed else None


@dataclass(frozen=True, slots=True)
class OddOrder:
    """What can be told of a resting order whose row makes no sense."""

    symbol: str | None = None
    exchange_id: str | None = None


@dataclass(frozen=True, slots=True)
class Resting:
    """What rests, and what cannot be read of it."""

    orders: list[OrderReport]
    odd: tuple[OddOrder, ...] = ()


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution. `fee` is in `fee_symbol`, negative when it is a rebate."""

    symbol: str
    side: Side
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_symbol: str
    is_maker: bool
    exchange_order_id: str
    trade_id: int | None
    client_id: int | None
    timestamp_ms: int
    system_type: str | None = field(default=None)  # liquidation, ADL, … (`systemOrderType`)
    micros: int = 0  # past `timestamp_ms`, 0 to 999


@dataclass(frozen=True, slots=True)
class OrderSnapshot:
    """All we know of one order of ours right now: what its card, `/orders` and `/order ID` show."""

    code: str  # short id people type, e.g. "8F2K"
    symbol: str
    base: str
    quote: str
    side: Side
    order_type: OrderType
    state: OrderState
    account_label: str
    created_ms: int
    updated_ms: int
    quantity: Decimal | None = None
    quote_quantity: Decimal | None = None
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    time_in_force: TimeInForce | None = None
    post_only: bool = False
    reduce_only: bool = False
    take_profit_trigger: Decimal | None = None
    stop_loss_trigger: Decimal | None = None
    executed: Decimal = ZERO
    executed_quote: Decimal = ZERO
    fee: Decimal | None = None  # None: not known yet
    fee_symbol: str | None = None
    reason: str | None = None  # expiry reason, as the exchange words it
    error_code: str | None = None  # ApiErrorCode of a rejection
    error_message: str | None = None
    exchange_id: str | None = None
    client_id: int | None = None
    origin: str = "USER"
    exit_kind: str | None = None  # "tp" or "sl": made by the exchange for a position of ours
    asked_quantity: Decimal | None = None  # base, as sent; the exchange may have changed it since

    @property
    def average_price(self) -> Decimal | None:
        return self.executed_quote / self.executed if self.executed else None
