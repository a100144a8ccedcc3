"""Builders: one per concept, with sensible values and any field replaced by keyword."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D
from typing import Any

from bot.domain.accounts.account import Position
from bot.domain.intent import Verb
from bot.domain.markets.market import Market
from bot.domain.orders.order import OrderEvent, OrderReport, OrderRequest, OrderSnapshot, OrderState
from bot.domain.preview.preview import ExitOutcome, Preview
from bot.domain.values import MarketKind, OrderType, Side

NOON = 1_760_443_200_000  # 2025-10-14 12:00:00 UTC
PERP = Market(
    "SOL_USDC_PERP", "SOL", "USDC", MarketKind.PERP, D("0.01"), D("0.01"), D("0.01"), None, D("0.01"), None
)
SPOT = Market(
    "SOL_USDC", "SOL", "USDC", MarketKind.SPOT, D("0.01"), D("0.01"), D("0.01"), None, D("0.01"), None
)


def request(**changes: Any) -> OrderRequest:
    base = OrderRequest("SOL_USDC_PERP", Side.BUY, OrderType.MARKET, quantity=D("1.4"))
    return replace(base, **changes)


def preview(**changes: Any) -> Preview:
    base = Preview(
        market=PERP,
        verb=Verb.LONG,
        request=request(slippage_percent=D("0.5")),
        quantity=D("1.4"),
        notional=D("199.514"),
        expected_price=D("142.51"),
        worst_price=D("142.53"),
        slippage_bps=D("1.2"),
        best_price=D("142.49"),
        fee=D("0.0997"),
        fee_bps=D(5),
        is_maker=False,
        position_before=D(0),
        position_after=D("1.4"),
        leverage_used=D("0.2"),
        initial_margin=D("39.9"),
        available_after=D("960.0003"),
        liquidation_price=D("118.2"),
        funding_rate=D("0.0001"),
        next_funding_ms=NOON,
        next_funding_payment=D("-0.02"),
        take_profit=ExitOutcome(D("149.6"), D("9.73"), D(5), D("24.5")),
        stop_loss=ExitOutcome(D("138.2"), D("-6.2"), D(-3), D("-15.5")),
    )
    return replace(base, **changes)


def snapshot(state: OrderState = OrderState.NEW, **changes: Any) -> OrderSnapshot:
    base = OrderSnapshot(
        code="8F2K",
        symbol="SOL_USDC_PERP",
        base="SOL",
        quote="USDC",
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        state=state,
        account_label="main",
        created_ms=NOON,
        updated_ms=NOON + 5000,
        quantity=D("1.4"),
        price=D("142.5"),
    )
    return replace(base, **changes)


def filled(state: OrderState, executed: D, **changes: Any) -> OrderSnapshot:
    fee = {
        "executed": executed,
        "executed_quote": executed * D("142.4"),
        "fee": D("0.05"),
        "fee_symbol": "USDC",
    }
    return snapshot(state, **{**fee, **changes})


def report(**changes: Any) -> OrderReport:
    base = OrderReport(
        symbol="SOL_USDC_PERP",
        side=Side.SELL,
        event=OrderEvent.FILLED,
        exchange_id="1",
        client_id=None,
        executed=D("1.4"),
        executed_quote=D("165.2"),
        origin="LIQUIDATION_AUTOCLOSE",
    )
    return replace(base, **changes)


def position(symbol: str = "SOL_USDC_PERP", **changes: Any) -> Position:
    base = Position(
        symbol=symbol,
        quantity=D("1.4"),
        entry_price=D("142.51"),
        mark_price=D("144.8"),
        break_even_price=D("142.6"),
        liquidation_price=D("118.2"),
        unrealized_pnl=D("3.206"),
        realized_pnl=D(0),
        funding_paid=D("-0.02"),
        imf=D("0.02"),
        mmf=D("0.0125"),
    )
    return replace(base, **changes)
