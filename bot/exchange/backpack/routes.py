"""Every endpoint this client speaks to, named once: method, path, signing instruction, urgency.

There is no route that moves money out: whatever touches capital, deposits or withdrawals is a GET.
Source: Backpack OpenAPI `paths`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Priority(IntEnum):
    """Who goes first when requests must queue."""

    ORDER = 0
    READ = 1


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint. `instruction` is what gets signed; None means public."""

    method: str
    path: str
    instruction: str | None = None
    priority: Priority = Priority.READ
    historical: bool = False  # counts against the 30 a minute for historical market data

    @property
    def is_read(self) -> bool:
        return self.method == "GET"


_ORDER = Priority.ORDER

# Markets, assets, trades, system
MARKETS: Final = Route("GET", "/api/v1/markets")
MARKET: Final = Route("GET", "/api/v1/market")
DEPTH: Final = Route("GET", "/api/v1/depth")
MARK_PRICES: Final = Route("GET", "/api/v1/markPrices")
TICKER: Final = Route("GET", "/api/v1/ticker")
TICKERS: Final = Route("GET", "/api/v1/tickers")
KLINES: Final = Route("GET", "/api/v1/klines", historical=True)
OPEN_INTEREST: Final = Route("GET", "/api/v1/openInterest")
FUNDING_RATES: Final = Route("GET", "/api/v1/fundingRates", historical=True)
PREDICTION: Final = Route("GET", "/api/v1/prediction")
PREDICTION_TAGS: Final = Route("GET", "/api/v1/prediction/tags")
MARKET_SESSIONS: Final = Route("GET", "/api/v1/market-sessions")
SECURITIES: Final = Route("GET", "/api/v1/securities")
ASSETS: Final = Route("GET", "/api/v1/assets")
BORROW_LEND_MARKETS: Final = Route("GET", "/api/v1/borrowLend/markets")
COLLATERAL_PARAMETERS: Final = Route("GET", "/api/v1/collateral")
TRADES: Final = Route("GET", "/api/v1/trades")
TRADE_HISTORY: Final = Route("GET", "/api/v1/trades/history", historical=True)
STATUS: Final = Route("GET", "/api/v1/status")
PING: Final = Route("GET", "/api/v1/ping")
TIME: Final = Route("GET", "/api/v1/time")
WALLETS: Final = Route("GET", "/api/v1/wallets")

# Account and capital
ACCOUNT: Final = Route("GET", "/api/v1/account", "accountQuery")
ACCOUNT_UPDATE: Final = Route("PATCH", "/api/v1/account", "accountUpdate", _ORDER)
MAX_BORROW: Final = Route("GET", "/api/v1/account/limits/borrow", "maxBorrowQuantity")
MAX_ORDER: Final = Route("GET", "/api/v1/account/limits/order", "maxOrderQuantity")
MAX_WITHDRAWAL: Final = Route("GET", "/api/v1/account/limits/withdrawal", "maxWithdrawalQuantity")
BALANCES: Final = Route("GET", "/api/v1/capital", "balanceQuery")
COLLATERAL: Final = Route("GET", "/api/v1/capital/collateral", "collateralQuery")
DEPOSITS: Final = Route("GET", "/wapi/v1/capital/deposits", "depositQueryAll")
DEPOSIT_ADDRESS: Final = Route("GET", "/wapi/v1/capital/deposit/address", "depositAddressQuery")
WITHDRAWALS: Final = Route("GET", "/wapi/v1/capital/withdrawals", "withdrawalQueryAll")

# Positions, orders, strategies
POSITIONS: Final = Route("GET", "/api/v1/position", "positionQuery")
OPEN_ORDER: Final = Route("GET", "/api/v1/order", "orderQuery")
OPEN_ORDERS: Final = Route("GET", "/api/v1/orders", "orderQueryAll")
ORDER: Final = Route("POST", "/api/v1/order", "orderExecute", _ORDER)
ORDER_BATCH: Final = Route("POST", "/api/v1/orders", "orderExecute", _ORDER)
ORDER_CANCEL: Final = Route("DELETE", "/api/v1/order", "orderCancel", _ORDER)
ORDER_CANCEL_ALL: Final = Route("DELETE", "/api/v1/orders", "orderCancelAll", _ORDER)
OPEN_STRATEGY: Final = Route("GET", "/api/v1/strategy", "strategyQuery")
OPEN_STRATEGIES: Final = Route("GET", "/api/v1/strategies", "strategyQueryAll")
STRATEGY: Final = Route("POST", "/api/v1/strategy", "strategyCreate", _ORDER)
STRATEGY_CANCEL: Final = Route("DELETE", "/api/v1/strategy", "strategyCancel", _ORDER)
STRATEGY_CANCEL_ALL: Final = Route("DELETE", "/api/v1/strategies", "strategyCancelAll", _ORDER)

# Histories of the account
HISTORY_ORDERS: Final = Route("GET", "/wapi/v1/history/orders", "orderHistoryQueryAll")
HISTORY_FILLS: Final = Route("GET", "/wapi/v1/history/fills", "fillHistoryQueryAll")
HISTORY_FUNDING: Final = Route("GET", "/wapi/v1/history/funding", "fundingHistoryQueryAll")
HISTORY_POSITIONS: Final = Route("GET", "/wapi/v1/history/position", "positionHistoryQueryAll")
HISTORY_STRATEGIES: Final = Route("GET", "/wapi/v1/history/strategies", "strategyHistoryQueryAll")
HISTORY_SETTLEMENT: Final = Route("GET", "/wapi/v1/history/settlement", "settlementHistoryQueryAll")
HISTORY_INTEREST: Final = Route("GET", "/wapi/v1/history/interest", "interestHistoryQueryAll")
HISTORY_BORROW_LEND: Final = Route("GET", "/wapi/v1/history/borrowLend", "borrowHistoryQueryAll")
HISTORY_BORROW_POSITIONS: Final = Route(
    "GET", "/wapi/v1/history/borrowLend/positions", "borrowPositionHistoryQueryAll"
)
HISTORY_DUST: Final = Route("GET", "/wapi/v1/history/dust", "dustHistoryQueryAll")

ALL_ROUTES: Final = tuple(value for value in list(globals().values()) if isinstance(value, Route))
