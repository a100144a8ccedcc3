"""One builder per concept: a market, a book, an account, a moment; SOL-like and round on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bot.domain.accounts.account import AccountState, Balance, FeeRates, Position
from bot.domain.markets.market import Book, MarginFunction, Market, MarkPrice
from bot.domain.preview.preview import PreviewContext
from bot.domain.values import MarketKind

D = Decimal
FEES = FeeRates(spot_maker=D(8), spot_taker=D(10), futures_maker=D(2), futures_taker=D(5))


def perp(**changes: Any) -> Market:
    fields: dict[str, Any] = {
        "symbol": "SOL_USDC_PERP",
        "base": "SOL",
        "quote": "USDC",
        "kind": MarketKind.PERP,
        "tick": D("0.01"),
        "step": D("0.01"),
        "min_quantity": D("0.01"),
        "max_quantity": None,
        "min_price": D("0.01"),
        "max_price": None,
        "imf": MarginFunction(D("0.02"), D("0.00001")),
        "mmf": MarginFunction(D("0.0125"), D("0.000005")),
        "funding_interval_ms": 3_600_000,
    }
    return Market(**{**fields, **changes})


def spot(**changes: Any) -> Market:
    fields = {"symbol": "SOL_USDC", "kind": MarketKind.SPOT, "imf": None, "mmf": None}
    return perp(**{**fields, "funding_interval_ms": None, **changes})


def book(
    bids: tuple[tuple[str, str], ...] = (("149.99", "10"), ("149.90", "100"), ("149.00", "1000")),
    asks: tuple[tuple[str, str], ...] = (("150.01", "10"), ("150.10", "100"), ("151.00", "1000")),
    symbol: str = "SOL_USDC_PERP",
) -> Book:
    return Book(symbol, [(D(p), D(q)) for p, q in bids], [(D(p), D(q)) for p, q in asks])


def position(
    quantity: str, *, symbol: str = "SOL_USDC_PERP", entry: str = "150", mark: str = "150"
) -> Position:
    size, at, now = D(quantity), D(entry), D(mark)
    return Position(
        symbol=symbol,
        quantity=size,
        entry_price=at,
        mark_price=now,
        break_even_price=at,
        liquidation_price=None,
        unrealized_pnl=(now - at) * size,
        realized_pnl=D(0),
        funding_paid=D(0),
        imf=D("0.02"),
        mmf=D("0.0125"),
    )


def account(
    equity: str = "1000",
    *,
    available: str | None = None,
    leverage: str = "10",
    positions: tuple[Position, ...] = (),
    balances: Mapping[str, str] | None = None,
    **changes: Any,
) -> AccountState:
    held = {"USDC": equity} if balances is None else balances
    fields: dict[str, Any] = {
        "fees": FEES,
        "leverage_limit": D(leverage),
        "net_equity": D(equity),
        "net_equity_available": D(equity if available is None else available),
        "balances": {asset: Balance(asset, D(amount)) for asset, amount in held.items()},
        "positions": {p.symbol: p for p in positions},
    }
    return AccountState(**{**fields, **changes})


def moment(market: Market | None = None, **changes: Any) -> PreviewContext:
    chosen = market if market is not None else perp()
    fields: dict[str, Any] = {
        "market": chosen,
        "book": book(symbol=chosen.symbol),
        "mark": MarkPrice(chosen.symbol, D(150), D(150), D("0.0001"), 1_800_000_000_000),
        "last": D(150),
        "account": account(),
        "now_ms": 1_799_999_000_000,
        "default_slippage_percent": D("0.5"),
    }
    return PreviewContext(**{**fields, **changes})
