"""What a fill costs, from the account's own rates. Fee tiers move hourly, so no table lives here.

Source: `AccountSummary.spotMakerFee` and kin, in basis points of notional; negative is a rebate.
"""

from __future__ import annotations

from decimal import Decimal

from bot.domain.accounts.account import FeeRates
from bot.domain.markets.market import Market
from bot.domain.values import BPS


def fee_rate(rates: FeeRates, market: Market, *, maker: bool) -> Decimal:
    """The account's rate for one side of `market`, in basis points; negative is a rebate."""
    if market.is_perp:
        return rates.futures_maker if maker else rates.futures_taker
    return rates.spot_maker if maker else rates.spot_taker


def fee_of(notional: Decimal, rate_bps: Decimal) -> Decimal:
    """The fee on `notional`, in its unit; positive is paid."""
    return notional * rate_bps / BPS
