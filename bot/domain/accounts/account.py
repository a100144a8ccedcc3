"""What an account holds and owes at one moment, as far as a preview or a list needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from bot.domain.values import ZERO, Side


@dataclass(frozen=True, slots=True)
class FeeRates:
    """Basis points of notional; negative is a rebate. Source: `AccountSummary.*Fee`."""

    spot_maker: Decimal
    spot_taker: Decimal
    futures_maker: Decimal
    futures_taker: Decimal


@dataclass(frozen=True, slots=True)
class Balance:
    """One asset: `available` may be spent now, `locked` is in open orders, `lent` earns and is collateral.

    `usd_value` is the exchange's own notional of the total, where it gives one.
    """

    asset: str
    available: Decimal
    locked: Decimal = ZERO
    lent: Decimal = ZERO
    usd_value: Decimal | None = None

    @property
    def spendable(self) -> Decimal:
        """What an order may use: lent funds are redeemed by the order itself (`autoLendRedeem`)."""
        return self.available + self.lent

    @property
    def total(self) -> Decimal:
        return self.available + self.locked + self.lent


@dataclass(frozen=True, slots=True)
class Position:
    """A net position; `quantity` positive is long. There is no hedge mode: one per market."""

    symbol: str
    quantity: Decimal
    entry_price: Decimal
    mark_price: Decimal
    break_even_price: Decimal
    liquidation_price: Decimal | None  # None: cannot be liquidated by this market alone
    unrealized_pnl: Decimal
    realized_pnl: Decimal
    funding_paid: Decimal  # cumulativeFundingPayment: positive is received
    imf: Decimal  # fraction
    mmf: Decimal
    is_read: bool = True  # False: of its row only symbol and quantity make sense, the rest is zero

    @property
    def is_long(self) -> bool:
        return self.quantity > ZERO

    @property
    def notional(self) -> Decimal:
        """Absolute value in quote at mark."""
        return abs(self.quantity) * self.mark_price

    @property
    def closing_side(self) -> Side:
        return Side.SELL if self.is_long else Side.BUY


@dataclass(frozen=True, slots=True)
class Held:
    """Open positions by symbol; `unread` rows say nothing at all, so that nobody knows what they hold."""

    positions: dict[str, Position]
    unread: int = 0


@dataclass(frozen=True, slots=True)
class AccountState:
    """Everything a preview needs to know of the account. Money in USD, fractions as fractions.

    Sources: `GET /api/v1/account`, `/capital`, `/capital/collateral`, `/position`.
    """

    fees: FeeRates
    leverage_limit: Decimal
    net_equity: Decimal
    net_equity_available: Decimal  # what is left after the initial margin of positions and orders
    balances: Mapping[str, Balance] = field(default_factory=dict)
    positions: Mapping[str, Position] = field(default_factory=dict)
    liquidating: bool = False
    position_limit: Decimal | None = None
    unread_positions: int = 0  # rows that say nothing at all
    unread_balances: tuple[str, ...] = ()  # assets whose row makes no sense
    resting_orders: int = 0  # limit and trigger orders

    @property
    def is_whole(self) -> bool:
        """Whether every row of it could be read."""
        odd = self.unread_positions or self.unread_balances
        return not odd and all(position.is_read for position in self.positions.values())
