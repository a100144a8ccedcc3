"""What a panic came to: each position it closed, and what was seen to be left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from bot.domain.accounts.account import Held
from bot.domain.orders.order import OddOrder, OrderReport, OrderState, Resting
from bot.domain.values import ZERO
from bot.exchange.backpack import BackpackError
from bot.trading.storage import orders
from bot.trading.storage.tables import Order


@dataclass(frozen=True, slots=True)
class Close:
    """What became of one position. Quantities in base, positive; `price` and `fee` in quote.

    `left` None: what is held now could not be read. `rest`: what the market's rules take in no order.
    `price`: the average of what was executed; `fee` None: not all of it is known yet.
    """

    symbol: str
    held: Decimal
    left: Decimal | None
    rest: Decimal = ZERO
    is_in_doubt: bool = False
    error_code: str | None = None
    error_message: str | None = None
    reason: str | None = None
    price: Decimal | None = None
    fee: Decimal | None = None
    quote: str = "USDC"


@dataclass(slots=True)
class PanicDone:
    """What a panic came to, whatever crashes it took to get there."""

    cancelled: int = 0
    closes: list[Close] = field(default_factory=list)
    errors: dict[str, BackpackError | None] = field(default_factory=dict)  # symbols whose orders still rest
    orders_unread: BackpackError | None = None  # why nothing was cancelled
    positions_unread: BackpackError | None = None  # why nothing was closed
    left_unread: BackpackError | None = None  # why nobody knows what is left
    odd_orders: int = 0
    odd_positions: int = 0


@dataclass(frozen=True, slots=True)
class Left:
    """What an account holds (base, positive), and where something of it still waits."""

    held: dict[str, Decimal]
    waiting: set[str]
    order_ids: set[str]
    odd_orders: int
    odd_positions: int

    @classmethod
    def of(cls, held: Held, resting: Resting, running: set[str]) -> Left:
        rows: list[OrderReport | OddOrder] = [*resting.orders, *resting.odd]
        return cls(
            {symbol: abs(one.quantity) for symbol, one in held.positions.items()},
            {one.symbol for one in rows if one.symbol is not None} | running,
            {one.exchange_id for one in rows if one.exchange_id is not None},
            sum(one.symbol is None for one in resting.odd),
            held.unread,
        )


def close_of(
    symbol: str, held: Decimal, left: Decimal | None, rests: dict[str, Decimal], sent: Sequence[Order]
) -> Close:
    ours = [one for one in sent if one.symbol == symbol]
    bad = [one for one in ours if one.state is not OrderState.FILLED]
    last = bad[-1] if bad else None
    executed = [one for one in ours if one.executed]
    fees = [one.fee for one in executed if one.fee is not None]
    quantity = sum((one.executed for one in executed), ZERO)
    value = sum((one.executed_quote for one in executed), ZERO)
    return Close(
        symbol,
        held,
        left,
        rests.get(symbol, ZERO),
        any(one.state in orders.OPEN for one in ours),
        last.error_code if last else None,
        last.error_message if last else None,
        last.reason if last else None,
        value / quantity if quantity else None,
        sum(fees, ZERO) if fees and len(fees) == len(executed) else None,
        ours[-1].quote if ours else "USDC",
    )
