"""Funding by the year and what a carry leaves: linear, signed, and never better than what pays for it."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.accounts.account import FeeRates
from bot.domain.markets.carry import DAYS_HELD, carry_of, least_leg, leg_quantity
from bot.domain.markets.funding import HOUR_MS, YEAR_MS, FundingRate, next_settlement_ms
from bot.domain.markets.market import Market
from bot.domain.values import MarketKind

D = Decimal
FEES = FeeRates(D(8), D(10), D(2), D(5))
rates = st.decimals("-0.01", "0.01", places=8)
intervals = st.sampled_from([HOUR_MS, 4 * HOUR_MS, 8 * HOUR_MS])


def market(
    kind: MarketKind, step: str = "0.01", minimum: str = "0.01", interval: int | None = None
) -> Market:
    return Market(
        symbol="SOL_USDC_PERP" if kind is MarketKind.PERP else "SOL_USDC",
        base="SOL",
        quote="USDC",
        kind=kind,
        tick=D("0.01"),
        step=D(step),
        min_quantity=D(minimum),
        max_quantity=None,
        min_price=D("0.01"),
        max_price=None,
        funding_interval_ms=interval,
    )


def test_a_rate_of_an_hour_is_paid_8760_times_a_year() -> None:
    assert FundingRate(D("0.0000125"), HOUR_MS).yearly == D("0.1095")
    assert FundingRate(D("0.0001"), 8 * HOUR_MS).yearly == D("0.1095")
    assert FundingRate(D("0.0001"), 8 * HOUR_MS).hourly == D("0.0000125")


@given(rates, intervals)
def test_what_is_paid_an_hour_adds_up_to_the_year(rate: Decimal, interval: int) -> None:
    one = FundingRate(rate, interval)
    assert one.hourly * (YEAR_MS // HOUR_MS) == one.yearly


@given(st.integers(0, 10**6), st.integers(0, 10**8))
def test_the_next_settlement_is_ahead_and_on_the_grid(offset: int, later: int) -> None:
    known = offset
    found = next_settlement_ms(known, HOUR_MS, known + later)
    assert found > known + later
    assert (found - known) % HOUR_MS == 0
    assert found - (known + later) <= HOUR_MS


@given(rates, intervals, st.decimals("0", "1", places=4))
def test_a_carry_earns_the_funding_less_what_it_costs(rate: Decimal, interval: int, loan: Decimal) -> None:
    funding = FundingRate(rate, interval)
    carry = carry_of(market(MarketKind.PERP), funding, FEES, loan)
    assert carry.earns_short == (rate >= 0)
    assert carry.gross == abs(funding.yearly)
    assert carry.borrow == (0 if rate >= 0 else loan)
    assert carry.cost == D("0.003")  # (10 + 5) basis points, in and out
    assert carry.net_held < carry.running <= carry.gross
    hours = carry.break_even_hours
    assert (hours is None) == (carry.running <= 0)
    if hours is not None:
        earned = carry.running * hours * HOUR_MS / YEAR_MS
        assert abs(earned - carry.cost) < D("1e-20")
        assert (hours <= 24 * DAYS_HELD) == (carry.net_held >= 0) or abs(carry.net_held) < D("1e-20")


@given(
    st.decimals("1", "100000", places=2),
    st.decimals("0.01", "100000", places=2),
    st.sampled_from(["0.001", "0.01", "1"]),
    st.sampled_from(["0.0001", "0.01", "10"]),
)
def test_both_legs_are_the_same_size_and_both_markets_take_it(
    notional: Decimal, price: Decimal, spot_step: str, perp_step: str
) -> None:
    spot = market(MarketKind.SPOT, spot_step, spot_step)
    perp = market(MarketKind.PERP, perp_step, perp_step, HOUR_MS)
    quantity = leg_quantity(spot, perp, notional, price)
    assert quantity % spot.step == 0
    assert quantity % perp.step == 0
    assert quantity * price <= notional < (quantity + max(spot.step, perp.step)) * price
    assert least_leg(spot, perp) >= max(spot.min_quantity, perp.min_quantity)
