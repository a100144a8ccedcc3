"""What a line of chat means: frozen values the language produces and trading acts on.

An intent names symbols as the user wrote them; resolving them needs the list of markets and is the
desk's work (`domain.markets.market.resolve_symbol`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from bot.domain.alerts.alert import AlertOptions, Condition
from bot.domain.values import ExitKind, Side, TimeInForce


class Verb(StrEnum):
    """`LONG`/`SHORT` mean the perp; `BUY`/`SELL` mean spot unless leverage, `reduce` or `-PERP` is said."""

    LONG = "long"
    SHORT = "short"
    BUY = "buy"
    SELL = "sell"

    @property
    def side(self) -> Side:
        return Side.BUY if self in {Verb.LONG, Verb.BUY} else Side.SELL


# --- sizes -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class QuoteSize:
    """Notional in the quote asset: `$200`."""

    amount: Decimal


@dataclass(frozen=True, slots=True)
class BaseSize:
    """Quantity of the base asset: `0.5 sol`, `qty 0.5`."""

    amount: Decimal


@dataclass(frozen=True, slots=True)
class PercentSize:
    """Per cent of the free balance (entries) or of the position (exits); `all` is 100."""

    percent: Decimal


@dataclass(frozen=True, slots=True)
class BareSize:
    """A number without a unit. Never traded as it is: the user's declared default or a question decides."""

    amount: Decimal


Size = QuoteSize | BaseSize | PercentSize | BareSize


# --- prices ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AbsolutePrice:
    price: Decimal


@dataclass(frozen=True, slots=True)
class PercentOffset:
    """Per cent. After `at`: from last, against the taker unless `signed`. After tp/sl: the size of the move
    from entry, in the direction the word implies unless `signed`. With `roi`, a return on margin."""

    percent: Decimal
    signed: bool = False
    roi: bool = False


PriceExpr = AbsolutePrice | PercentOffset


@dataclass(frozen=True, slots=True)
class TradeIntent:
    """Open, add to or reduce: one order on one market (`price` None means market)."""

    verb: Verb
    symbol: str
    size: Size | None = None
    leverage: Decimal | None = None
    price: PriceExpr | None = None
    trigger: PriceExpr | None = None  # a stop order: rests until the trigger, then market or `price`
    take_profit: PriceExpr | None = None
    stop_loss: PriceExpr | None = None
    time_in_force: TimeInForce | None = None
    post_only: bool = False
    reduce_only: bool = False
    slippage: Decimal | None = None  # per cent
    account: str | None = None
    callout: bool = False  # the price is a callout's entry (`stale_entry`), not a limit chosen on purpose


@dataclass(frozen=True, slots=True)
class CloseIntent:
    """`close sol`, `close half`, `close longs`, `close all`; without symbol and scope, the only position."""

    symbol: str | None = None
    scope: str | None = None  # "all" | "longs" | "shorts"
    size: Size | None = None  # None: all of it
    price: PriceExpr | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class ProtectIntent:
    """`tp sol 160`, `sl sol 3%`, `sl 139`: an exit order for an open position."""

    kind: ExitKind
    price: PriceExpr
    symbol: str | None = None
    size: Size | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class CancelIntent:
    """`cancel 8F2K`, `cancel sol`, `cancel all`, `cancel buys sol`."""

    order_id: str | None = None
    symbol: str | None = None
    scope: str | None = None  # "all" | "buys" | "sells"
    account: str | None = None


@dataclass(frozen=True, slots=True)
class AgainIntent:
    """`same`, `same 2x`, `same $300`, `same btc`: the line of the card it answers, with that changed."""

    symbol: str | None = None
    size: Size | None = None
    leverage: Decimal | None = None


class QueryKind(StrEnum):
    POSITIONS = "positions"
    ORDERS = "orders"
    ORDER = "order"
    BALANCE = "balance"
    PRICE = "price"
    BOOK = "book"
    FEES = "fees"
    FUNDING = "funding"
    CARRY = "carry"  # the argument may have a size: `SOL $500`
    ACCOUNTS = "accounts"
    SETTINGS = "settings"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class QueryIntent:
    kind: QueryKind
    argument: str | None = None  # a symbol, an order id or a help topic


@dataclass(frozen=True, slots=True)
class PanicIntent:
    """Cancel everything, close everything. Two taps."""


@dataclass(frozen=True, slots=True)
class AlertIntent:
    """`a btc > 100k then long btc $200`: speak when `condition` holds, perhaps with a prepared trade.

    `armed`: the user wants the plan executed without a tap, up to `cap_usd` of notional, or where none is
    said up to what they let go unasked.
    """

    condition: Condition
    options: AlertOptions = field(default_factory=AlertOptions)
    plan: TradeIntent | CloseIntent | None = None
    armed: bool = False
    cap_usd: Decimal | None = None


Intent = (
    TradeIntent
    | CloseIntent
    | ProtectIntent
    | CancelIntent
    | AgainIntent
    | QueryIntent
    | PanicIntent
    | AlertIntent
)
