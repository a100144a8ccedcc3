"""Where a month of the broker programme is heading, and whether another programme would pay more.

Projections are straight lines: the rest of a month trades as its days so far did, at the same fees. What each
figure supposes is listed (`Assumption`), because the operator decides by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum
from typing import Final

from bot.domain.values import ONE, ZERO
from bot.kernel.recurrence import DAY_MS
from bot.rebates.model.rebate import (
    PRECISION,
    TIERS,
    Month,
    Tier,
    TierBasis,
    broker_share,
    nano,
    payout,
    tier_after,
    tier_of,
)

Fees = Mapping[Decimal | None, Decimal]  # USD that the formula multiplies, by the users' affiliate rebate

AFFILIATE_RATE: Final = Decimal("0.10")  # Source: Backpack's affiliate programme, the standard rebate
AFFILIATE_VOLUME: Final = Decimal("20e6")  # USD a month
AFFILIATE_ACTIVE: Final = 15  # referred users who trade
AFFILIATE_NEW: Final = 5  # of them new, a month
AFFILIATE_FOLLOWERS: Final = 5_001  # "more than 5,000", on X
MORE: Final = Decimal("1e6")  # the next million


# --- a month in progress -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Course:
    """A month as far as it has gone, in USD."""

    month: Month
    now_ms: int
    volume: Decimal
    previous_volume: Decimal
    fees: Fees

    @property
    def elapsed(self) -> Decimal:
        """The share of the month that has passed; a day at least, so that one trade is no trend."""
        length = self.month.end_ms - self.month.start_ms
        passed = min(length, max(DAY_MS, self.now_ms - self.month.start_ms))
        with localcontext(prec=PRECISION):
            return Decimal(passed) / Decimal(length)

    def to_the_end(self, amount: Decimal) -> Decimal:
        """What `amount` so far becomes by the end of the month."""
        with localcontext(prec=PRECISION):
            return nano(amount / self.elapsed)


@dataclass(frozen=True, slots=True)
class Outlook:
    """Tier and payout now and at the end of the month, if `basis` decides the tier."""

    basis: TierBasis
    tier: Tier
    payout: Decimal
    end_tier: Tier
    end_payout: Decimal


@dataclass(frozen=True, slots=True)
class NextTier:
    """`missing` USD of volume to `tier`; `worth` is what its share adds to a month's payout.

    By `TierBasis.MONTH` it is this month's, by `TierBasis.PREVIOUS` the next one's, if it trades like this.
    """

    tier: Tier
    missing: Decimal
    worth: Decimal


@dataclass(frozen=True, slots=True)
class Projection:
    """Both bases side by side; the rest is by the one the operator chose."""

    elapsed: Decimal
    end_volume: Decimal
    chosen: Outlook
    other: Outlook
    next: NextTier | None  # None at the top
    affiliate_cost: Decimal  # what unknown affiliate rebates could take, at the standard rate


def project(course: Course, basis: TierBasis) -> Projection:
    """Where `course` is heading."""
    other = TierBasis.MONTH if basis is TierBasis.PREVIOUS else TierBasis.PREVIOUS
    chosen = _outlook(course, basis)
    return Projection(
        elapsed=course.elapsed,
        end_volume=course.to_the_end(course.volume),
        chosen=chosen,
        other=_outlook(course, other),
        next=_next_tier(course),
        affiliate_cost=affiliate_cost(course.fees, chosen.tier),
    )


def month_tier(basis: TierBasis, volume: Decimal, previous_volume: Decimal) -> Tier:
    """The tier of a month of `volume` after one of `previous_volume`."""
    return tier_of(volume if basis is TierBasis.MONTH else previous_volume)


def affiliate_cost(fees: Fees, tier: Tier) -> Decimal:
    """What the payout loses if everybody whose affiliate is unknown has one at the standard rate."""
    with localcontext(prec=PRECISION):
        return fees.get(None, ZERO) * (broker_share(tier, None) - broker_share(tier, AFFILIATE_RATE))


def _outlook(course: Course, basis: TierBasis) -> Outlook:
    tier = month_tier(basis, course.volume, course.previous_volume)
    end_tier = month_tier(basis, course.to_the_end(course.volume), course.previous_volume)
    end = payout({rate: course.to_the_end(fee) for rate, fee in course.fees.items()}, end_tier)
    return Outlook(basis, tier, payout(course.fees, tier), end_tier, end)


def _next_tier(course: Course) -> NextTier | None:
    """The step above the tier that the volume so far has reached."""
    reached = tier_of(course.volume)
    following = tier_after(reached)
    if following is None:
        return None
    final = max(following.volume, course.to_the_end(course.volume))
    fees = _at_volume(course.fees, course.volume, final)
    with localcontext(prec=PRECISION):
        worth = payout(fees, following) - payout(fees, reached)
        return NextTier(following, following.volume - course.volume, worth)


def _at_volume(fees: Fees, volume: Decimal, wanted: Decimal) -> dict[Decimal | None, Decimal]:
    """The fees of `wanted` USD of volume, at the rates `volume` paid; nothing is known of no volume."""
    with localcontext(prec=PRECISION):
        factor = wanted / volume if volume > ZERO else ONE
        return {rate: nano(fee * factor) for rate, fee in fees.items()}


# --- the other programme -------------------------------------------------------------------------------


class Assumption(StrEnum):
    """What the comparison supposes."""

    REFERRED = "referred"  # every user of the bot would have come by the affiliate link
    ALL_FEES = "all-fees"  # an affiliate earns on all they trade, the broker on tagged orders only
    STEADY = "steady"  # the tier is that of the same volume, month after month
    EXCLUSIVE = "exclusive"  # one programme or the other, never both
    UNKNOWN_NONE = "unknown-none"  # users whose affiliate is unknown have none
    ACTIVE = "active"  # who had a fill in the month is an active user, who had their first is a new one
    PUBLISHED = "published"  # the programmes' terms are those published


class Need(StrEnum):
    """What the affiliate programme asks for: the first three together, or one of the others."""

    VOLUME = "volume"
    ACTIVE = "active"
    NEW = "new"
    FOLLOWERS = "followers"
    ELSEWHERE = "elsewhere"


TOGETHER: Final = (Need.VOLUME, Need.ACTIVE, Need.NEW)


@dataclass(frozen=True, slots=True)
class Requirement:
    """`have` None: nobody told us."""

    need: Need
    wanted: Decimal
    have: Decimal | None

    @property
    def missing(self) -> Decimal | None:
        """How much is short; zero when it is met."""
        return None if self.have is None else max(ZERO, self.wanted - self.have)

    @property
    def is_met(self) -> bool:
        return self.missing == ZERO


@dataclass(frozen=True, slots=True)
class OwnNumbers:
    """A month of the operator's, in USD: tagged volume and earning fees; all that its users traded.

    `followers` on X and `elsewhere`, a monthly volume referred to another exchange, only the operator knows.
    """

    volume: Decimal
    fees: Fees
    users_volume: Decimal
    users_fees: Decimal
    active_users: int
    new_users: int
    followers: int | None = None
    elsewhere: Decimal | None = None


@dataclass(frozen=True, slots=True)
class BreakEven:
    """From `tier.volume` on, an affiliate rebate of `rate` would pay as much as the broker programme."""

    tier: Tier
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Advice:
    """Both programmes on the same numbers, in USD a month. None: there is nothing to divide by yet."""

    tier: Tier
    broker: Decimal
    affiliate: Decimal  # at the standard rate
    rate: Decimal | None  # the affiliate rebate that would pay the same
    equal_volume: Decimal | None  # what an affiliate at the standard rate must refer to earn the same
    break_even: tuple[BreakEven, ...]  # by tier
    more_broker: Decimal  # what the next million brings
    more_affiliate: Decimal
    more_tier: Tier  # the tier with it
    requirements: tuple[Requirement, ...]
    is_eligible: bool
    assumptions: tuple[Assumption, ...] = tuple(Assumption)


def advise(own: OwnNumbers) -> Advice:
    """Broker against affiliate."""
    requirements = _requirements(own)
    met = {one.need for one in requirements if one.is_met}
    with localcontext(prec=PRECISION):
        tier, more_tier = tier_of(own.volume), tier_of(own.volume + MORE)
        broker = payout(own.fees, tier)
        more = payout(_at_volume(own.fees, own.volume, own.volume + MORE), more_tier)
        affiliate = own.users_fees * AFFILIATE_RATE
        each = affiliate / own.users_volume if own.users_volume > ZERO else ZERO  # USD for one of volume
        return Advice(
            tier=tier,
            broker=broker,
            affiliate=affiliate,
            rate=_rate(broker, own.users_fees),
            equal_volume=nano(broker / each) if each > ZERO else None,
            break_even=tuple(
                BreakEven(step, rate)
                for step in TIERS
                if (rate := _rate(payout(own.fees, step), own.users_fees)) is not None
            ),
            more_broker=more - broker,
            more_affiliate=each * MORE,
            more_tier=more_tier,
            requirements=requirements,
            is_eligible=met.issuperset(TOGETHER) or bool(met - set(TOGETHER)),
        )


def _rate(income: Decimal, fees: Decimal) -> Decimal | None:
    return nano(income / fees) if fees > ZERO else None


def _requirements(own: OwnNumbers) -> tuple[Requirement, ...]:
    followers = None if own.followers is None else Decimal(own.followers)
    return (
        Requirement(Need.VOLUME, AFFILIATE_VOLUME, own.users_volume),
        Requirement(Need.ACTIVE, Decimal(AFFILIATE_ACTIVE), Decimal(own.active_users)),
        Requirement(Need.NEW, Decimal(AFFILIATE_NEW), Decimal(own.new_users)),
        Requirement(Need.FOLLOWERS, Decimal(AFFILIATE_FOLLOWERS), followers),
        Requirement(Need.ELSEWHERE, AFFILIATE_VOLUME, own.elsewhere),
    )
