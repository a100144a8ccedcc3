"""Wire models of what an account owns and may do. Source: Backpack OpenAPI schemas of the same names."""

from __future__ import annotations

from decimal import Decimal

from bot.exchange.backpack.wire.base import Time, WireStruct
from bot.exchange.backpack.wire.markets import SqrtFunction


class AccountSummary(WireStruct):
    """Fees in basis points; negative is a rebate."""

    futures_maker_fee: Decimal
    futures_taker_fee: Decimal
    spot_maker_fee: Decimal
    spot_taker_fee: Decimal
    leverage_limit: Decimal
    liquidating: bool = False
    position_limit: Decimal | None = None
    borrow_limit: Decimal | None = None
    limit_orders: int = 0
    trigger_orders: int = 0
    auto_borrow_settlements: bool = False
    auto_lend: bool = False
    auto_realize_pnl: bool = False
    auto_repay_borrows: bool = False


class BalanceRow(WireStruct):
    available: Decimal
    locked: Decimal
    staked: Decimal = Decimal(0)


class CollateralRow(WireStruct):
    symbol: str
    total_quantity: Decimal
    available_quantity: Decimal
    balance_notional: Decimal
    lend_quantity: Decimal = Decimal(0)
    open_order_quantity: Decimal = Decimal(0)
    asset_mark_price: Decimal | None = None
    collateral_weight: Decimal | None = None
    collateral_value: Decimal | None = None


class MarginSummary(WireStruct):
    """`MarginAccountSummary`: money in USD, margins as fractions."""

    net_equity: Decimal
    net_equity_available: Decimal
    net_equity_locked: Decimal = Decimal(0)
    assets_value: Decimal = Decimal(0)
    borrow_liability: Decimal = Decimal(0)
    liabilities_value: Decimal = Decimal(0)
    unsettled_equity: Decimal = Decimal(0)
    net_exposure_futures: Decimal = Decimal(0)
    pnl_unrealized: Decimal = Decimal(0)
    imf: Decimal | None = None
    mmf: Decimal | None = None
    margin_fraction: Decimal | None = None
    collateral: tuple[CollateralRow, ...] = ()


class PositionRow(WireStruct):
    """`FuturePositionWithMargin`; quantities positive when long."""

    symbol: str
    net_quantity: Decimal
    entry_price: Decimal
    mark_price: Decimal
    break_even_price: Decimal
    pnl_unrealized: Decimal
    pnl_realized: Decimal
    imf: Decimal
    mmf: Decimal
    est_liquidation_price: Decimal | None = None
    cumulative_funding_payment: Decimal = Decimal(0)
    net_cost: Decimal = Decimal(0)
    net_exposure_quantity: Decimal | None = None
    net_exposure_notional: Decimal | None = None
    imf_function: SqrtFunction | None = None
    mmf_function: SqrtFunction | None = None
    position_id: str | int | None = None


class MaxOrderQuantity(WireStruct):
    symbol: str
    side: str
    max_order_quantity: Decimal
    price: Decimal | None = None
    reduce_only: bool | None = None


class MaxBorrowQuantity(WireStruct):
    symbol: str
    max_borrow_quantity: Decimal


class MaxWithdrawalQuantity(WireStruct):
    symbol: str
    max_withdrawal_quantity: Decimal


class DepositAddress(WireStruct):
    address: str


class Deposit(WireStruct):
    """Money that came in. Read only: this client cannot move any."""

    id: int
    source: str
    status: str
    symbol: str
    quantity: Decimal
    created_at: Time
    to_address: str | None = None
    from_address: str | None = None
    transaction_hash: str | None = None
    platform_memo: str | None = None


class Withdrawal(WireStruct):
    """Money that went out by the user's own hand on the web. Read only."""

    id: int
    blockchain: str
    quantity: Decimal
    fee: Decimal
    symbol: str
    status: str
    to_address: str
    created_at: Time
    is_internal: bool = False
    transaction_hash: str | None = None
