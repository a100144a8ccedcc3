"""Reducing risk is recognised from the built order."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.orders.order import OrderRequest
from bot.domain.risk.order_risk import opens_risk
from bot.domain.values import OrderType, Side

symbols = st.sampled_from(
    ["SOL_USDC_PERP", "SOL_USDC", "SOL_USDT", "BTC_USD", "SOL_BTC", "SOL_USDC_260327", "2Z_USDC", "odd"]
)
spot_for_dollars = {"SOL_USDC", "SOL_USDT", "BTC_USD", "2Z_USDC"}


@given(
    symbol=symbols,
    side=st.sampled_from(Side),
    order_type=st.sampled_from(OrderType),
    reduce_only=st.booleans(),
    trigger=st.none() | st.just(Decimal(100)),
    quantity=st.decimals(min_value="0.01", max_value="1000", places=2),
)
def test_only_what_cannot_enlarge_anything_needs_no_leave(
    symbol: str,
    side: Side,
    order_type: OrderType,
    reduce_only: bool,
    trigger: Decimal | None,
    quantity: Decimal,
) -> None:
    request = OrderRequest(
        symbol, side, order_type, quantity=quantity, reduce_only=reduce_only, trigger_price=trigger
    )
    harmless = reduce_only or (side is Side.SELL and symbol in spot_for_dollars)
    assert opens_risk(request) is not harmless
