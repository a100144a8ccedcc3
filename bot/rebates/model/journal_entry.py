"""From one fill to its entry set: what it is worth in dollars, and what it earns the broker. docs/broker.md.

Every amount is rounded once, to nano-dollars, here. Each amount has one debit and one credit.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum
from typing import Final, NamedTuple

from bot.domain.values import BPS, ZERO
from bot.rebates.model.rebate import (
    PRECISION,
    ExitsTagged,
    Tier,
    TierStanding,
    broker_share,
    contingent_fee,
    earning_fee,
    nano,
)


class JournalLeg(NamedTuple):
    """Which two accounts an amount of the entry set moves between."""

    debit: str
    credit: str


FEE: Final = JournalLeg("fees.charged", "fees.users")
ACCRUED: Final = JournalLeg("receivable.exchange", "income.rebate")
CONTINGENT: Final = JournalLeg("contingent.exchange", "contingent.income")


DOLLARS: Final = frozenset({"USDC", "USD"})  # at par: the exchange settles in them


def quote_of(symbol: str) -> str:
    """The asset a market is priced in: `USDC` of `SOL_USDC_PERP`; empty where its name says none."""
    return symbol.partition("_")[2].partition("_")[0]


class Maker(StrEnum):
    """Who made the order behind a fill, where it is one of ours."""

    WE_TAGGED = "we-tagged"
    WE_UNTAGGED = "we-untagged"
    EXCHANGE = "exchange"  # a TP or SL it made for an order of ours


_OF_EXITS: Final = {
    ExitsTagged.UNKNOWN: TierStanding.EXIT,
    ExitsTagged.YES: TierStanding.TAGGED,
    ExitsTagged.NO: TierStanding.ELSEWHERE,
}


def standing_of(maker: Maker | None, system_type: str | None, exits: ExitsTagged) -> TierStanding:
    """What a fill is to the broker; `maker` None: its order is none of ours."""
    if maker is Maker.EXCHANGE:
        return _OF_EXITS[exits]
    if maker is not None:
        return TierStanding.TAGGED if maker is Maker.WE_TAGGED else TierStanding.UNTAGGED
    return TierStanding.ELSEWHERE if system_type is None else TierStanding.SYSTEM


def volume_leg(standing: TierStanding) -> JournalLeg:
    """Where a notional is counted: `volume.tagged` alone is API volume."""
    return JournalLeg(f"volume.{standing}", "volume.users")


@dataclass(frozen=True, slots=True)
class RebateTerms:
    """What decides a fill's rebate besides its fee. `affiliate` None: nobody knows yet."""

    tier: Tier
    affiliate: Decimal | None = None

    @property
    def share(self) -> Decimal:
        """The broker's fraction of the fee."""
        return broker_share(self.tier, self.affiliate)


@dataclass(frozen=True, slots=True)
class Booking:
    """The amounts of one fill's entry set, in USD; `earning` is the fee the payout formula multiplies."""

    notional: Decimal
    fee: Decimal
    earning: Decimal
    accrued: Decimal
    contingent: Decimal

    @property
    def fee_bps(self) -> Decimal:
        """The effective fee rate in basis points; zero where nothing was traded."""
        return self.fee / self.notional * BPS if self.notional else ZERO

    def under(self, standing: TierStanding, terms: RebateTerms) -> Booking:
        """The same trade and fee, were they this to the broker, on these terms."""
        earning, contingent = earning_fee(standing, self.fee), contingent_fee(standing, self.fee)
        with localcontext(prec=PRECISION):
            accrued, open_ = nano(earning * terms.share), nano(contingent * terms.share)
        return Booking(self.notional, self.fee, earning, accrued, open_)

    def reversed(self) -> Booking:
        """What takes this entry set back."""
        return Booking(-self.notional, -self.fee, -self.earning, -self.accrued, -self.contingent)


def book(
    standing: TierStanding,
    *,
    price: Decimal,
    quantity: Decimal,
    quote_usd: Decimal,
    fee: Decimal,
    fee_usd: Decimal,
    terms: RebateTerms,
) -> Booking:
    """The entry set of a fill: `fee` in its own asset, worth `fee_usd` a piece; `quote_usd` per quote asset.

    Notional and fee are recorded whatever the fill is; only a tagged order's earn.
    """
    with localcontext(prec=PRECISION):
        notional, charged = nano(price * quantity * quote_usd), nano(fee * fee_usd)
    return Booking(notional, charged, ZERO, ZERO, ZERO).under(standing, terms)
