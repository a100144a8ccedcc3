"""Carry: spot and perp against each other, so that the price does not matter and the funding is earned.

Positive funding is earned by buying the coin and shorting its perp; negative funding by selling a borrowed
coin and being long its perp. Costs are four taker fees (in and out of both legs) and, for the latter, the
borrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bot.domain.accounts.account import FeeRates
from bot.domain.markets.funding import HOUR_MS, YEAR_MS, FundingRate
from bot.domain.markets.market import Market
from bot.domain.values import BPS, ZERO, ceil_to, exact, floor_to

DAYS_HELD = 30  # what a carry is judged by when nobody says how long it is held


@dataclass(frozen=True, slots=True)
class Carry:
    """The yield of one carry as fractions of the notional of one leg, per year unless said otherwise.

    `gross` by the rate given; `borrow` what the borrowed coin costs (0 when none is); `cost` of getting in
    and out, once; `net_held` after all costs when held for `DAYS_HELD`, by the year.
    """

    symbol: str
    base: str
    earns_short: bool  # True: buy spot, short perp
    gross: Decimal
    borrow: Decimal
    cost: Decimal

    @property
    def running(self) -> Decimal:
        """Yield while it is held, after the borrow."""
        return self.gross - self.borrow

    @property
    def net_held(self) -> Decimal:
        return self.running - self.cost * 365 / DAYS_HELD

    @property
    def break_even_hours(self) -> Decimal | None:
        """How long it must be held to earn its costs back; None: it never does."""
        if self.running <= ZERO:
            return None
        return self.cost * YEAR_MS / HOUR_MS / self.running


def carry_of(perp: Market, rate: FundingRate, fees: FeeRates, borrow: Decimal = ZERO) -> Carry:
    """The carry of a perp at a funding `rate`. `borrow` is the coin's borrow rate by the year."""
    with exact():
        yearly = rate.yearly
        taker = (fees.spot_taker + fees.futures_taker) / BPS
        earns_short = rate.fraction >= ZERO
        return Carry(
            perp.symbol,
            perp.base,
            earns_short,
            abs(yearly),
            ZERO if earns_short else borrow,
            2 * taker,
        )


def leg_quantity(spot: Market, perp: Market, notional: Decimal, price: Decimal) -> Decimal:
    """The same base quantity for both legs: at most `notional` (quote) worth, at both markets' steps.

    It may be less than either market takes: `least_leg`.
    """
    with exact():
        return floor_to(notional / price, max(spot.step, perp.step))


def least_leg(spot: Market, perp: Market) -> Decimal:
    """The smallest quantity both markets take."""
    with exact():
        return ceil_to(max(spot.min_quantity, perp.min_quantity), max(spot.step, perp.step))
