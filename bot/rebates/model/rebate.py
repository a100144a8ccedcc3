"""What the exchange owes its API broker: tiers, the payout formula, months, and cents that add up.

Source: Backpack's broker programme: Payout = API volume × fee rate × min(broker rebate, max(0, 50 % −
affiliate rebate)), in USD, paid on the first of every month (UTC). Shares are fractions: 0.35 is 35 %.

What is not published and therefore decided here: a negative fee (a maker rebate) earns nothing and costs
nothing; only fills of orders that carried the tag count, for the tier and for the payout.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, localcontext
from enum import StrEnum
from typing import Final, Self, TypeVar

from bot.domain.values import ZERO

CAP: Final = Decimal("0.50")  # of the fee, for broker and affiliate together
CENT: Final = Decimal("0.01")
NANO: Final = Decimal("0.000000001")  # the ledger's unit, in USD
PRECISION: Final = 60  # digits: no sum of a month is ever rounded by the way

KeyT = TypeVar("KeyT", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Tier:
    """A step of the programme: from `volume` USD of API volume in a month, `share` of the fees."""

    level: int
    volume: Decimal
    share: Decimal

    def __str__(self) -> str:
        return f"BKR {self.level}"


TIERS: Final = tuple(
    Tier(level, Decimal(volume), Decimal(share))
    for level, (volume, share) in enumerate(
        [
            ("0", "0.20"),
            ("5e6", "0.30"),
            ("10e6", "0.35"),
            ("20e6", "0.40"),
            ("60e6", "0.45"),
            ("100e6", "0.50"),
        ]
    )
)


class TierBasis(StrEnum):
    """Whose volume sets a month's tier: not published, so the operator says."""

    PREVIOUS = "previous"  # the month before, known on the first
    MONTH = "month"  # the month's own, known at its end


class ExitsTagged(StrEnum):
    """Whether a TP or SL the exchange makes keeps the tag of its entry: not published either."""

    UNKNOWN = "unknown"
    YES = "yes"
    NO = "no"


class TierStanding(StrEnum):
    """What one fill is to the broker."""

    TAGGED = "tagged"  # of an order we sent, whose request carried the tag
    EXIT = "exit"  # of an order the exchange made for a tagged one (TP, SL): whether it keeps the tag is open
    UNTAGGED = "untagged"  # of an order we sent without the tag: a defect of ours
    ELSEWHERE = "elsewhere"  # of an order placed by another program or on the web
    SYSTEM = "system"  # liquidation, ADL, settlement, conversion: nobody's order


def tier_of(volume: Decimal) -> Tier:
    """The tier of a month's API volume in USD."""
    return next(tier for tier in reversed(TIERS) if volume >= tier.volume or tier.level == 0)


def tier_after(tier: Tier) -> Tier | None:
    """The next step up; None at the top."""
    return TIERS[tier.level + 1] if tier.level + 1 < len(TIERS) else None


def broker_share(tier: Tier, affiliate: Decimal | None) -> Decimal:
    """The broker's fraction of a user's fees: the tier's, within what the affiliate leaves of the cap.

    An unknown affiliate (None) is taken for none: what it may cost is shown beside the figure.
    """
    return min(tier.share, max(ZERO, CAP - (affiliate or ZERO)))


def earning_fee(standing: TierStanding, fee: Decimal) -> Decimal:
    """The part of a fill's fee that the formula multiplies: of a tagged order, and never negative."""
    return max(ZERO, fee) if standing is TierStanding.TAGGED else ZERO


def contingent_fee(standing: TierStanding, fee: Decimal) -> Decimal:
    """The part that would earn if exits keep the tag of their entry."""
    return max(ZERO, fee) if standing is TierStanding.EXIT else ZERO


def payout(fees: Mapping[Decimal | None, Decimal], tier: Tier) -> Decimal:
    """The month's payout in USD, not rounded; `fees` are earning fees by the users' affiliate rebate."""
    with localcontext(prec=PRECISION):
        return sum((fee * broker_share(tier, affiliate) for affiliate, fee in fees.items()), ZERO)


def nano(amount: Decimal) -> Decimal:
    """`amount` in whole nano-dollars, ties to even: how every fill enters the ledger, once."""
    with localcontext(prec=PRECISION):
        return amount.quantize(NANO, ROUND_HALF_EVEN)


def cents(amount: Decimal) -> Decimal:
    """`amount` in whole cents, ties to even: only for totals; parts of a total go through `allocate`."""
    with localcontext(prec=PRECISION):
        return amount.quantize(CENT, ROUND_HALF_EVEN)


def allocate(parts: Mapping[KeyT, Decimal], total: Decimal | None = None) -> dict[KeyT, Decimal]:
    """`parts` in whole cents whose sum is `total` (default: the rounded sum of the parts) to the cent.

    Largest remainder: every part is rounded down, and the cents still missing go to those that lost most,
    ties in the order of `parts`. So a part is less than one cent from its exact value when `total` is the
    rounded sum.
    """
    with localcontext(prec=PRECISION):
        whole = {key: part.quantize(CENT, ROUND_FLOOR) for key, part in parts.items()}
        wanted = cents(sum(parts.values(), ZERO)) if total is None else total
        missing = int((wanted - sum(whole.values(), ZERO)) / CENT)
        if not 0 <= missing <= len(parts):
            raise ValueError("the total is not that of the parts")
        for key in sorted(parts, key=lambda key: whole[key] - parts[key])[:missing]:
            whole[key] += CENT
        return whole


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month in UTC; as text `2026-10`."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (1 <= self.year <= 9999 and 1 <= self.month <= 12):
            raise ValueError("no such month")

    @classmethod
    def of(cls, moment_ms: int) -> Self:
        """The month a moment (unix ms) lies in."""
        moment = datetime.fromtimestamp(moment_ms // 1000, UTC)
        return cls(moment.year, moment.month)

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `2026-10`. Raises ValueError."""
        year, dash, month = text.strip().partition("-")
        if dash != "-" or len(year) != 4 or len(month) != 2 or not (year + month).isascii():
            raise ValueError("a month is written 2026-10")
        if not 2000 <= int(year) < 9999:  # its neighbours are months as well
            raise ValueError("no such month")
        return cls(int(year), int(month))

    @property
    def start_ms(self) -> int:
        """Its first moment, unix ms."""
        return int(datetime(self.year, self.month, 1, tzinfo=UTC).timestamp()) * 1000

    @property
    def end_ms(self) -> int:
        """The first moment of the next one, unix ms."""
        return self.next.start_ms

    @property
    def next(self) -> Month:
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def previous(self) -> Month:
        return Month(self.year - (self.month == 1), (self.month - 2) % 12 + 1)

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02}"
