"""Which shares of the fees the exchange seems to have paid, where they are not the expected ones.

A tier is everybody's: it is inferred from a whole UTC day of all users. An affiliate rebate is one user's: it
is inferred from a user's month, or from one of their days, in whole per cents. What a fifth or more of the
fees contradict is not inferred.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from bot.domain.values import ZERO
from bot.rebates.model.rebate import CAP, CENT, TIERS, Tier, broker_share

MAJORITY: Final = Decimal("0.8")  # of the fees
WHOLE_PERCENT: Final = Decimal("0.01")
CLEAR: Final = 10  # how many times the rounding a per cent of the fees must be worth, to be told apart


class Sample(NamedTuple):
    """What was paid, in `lines` lines, for a fee of one user on one day."""

    person: int
    day: int
    affiliate: Decimal | None  # as we know it
    fee: Decimal
    paid: Decimal
    lines: int


@dataclass(frozen=True, slots=True)
class ImpliedRates:
    """What was inferred, and by whom: another tier of a day, another affiliate rebate of a person's day."""

    tier: Tier
    tiers: Mapping[int, Tier]
    affiliates: Mapping[tuple[int, int], Decimal]

    def explain(self, sample: Sample) -> tuple[Decimal, Decimal]:
        """The share by the tier, and by the affiliate rebate on top, that come nearest to what was paid.

        As expected, unless something inferred comes nearer; the simpler explanation where two do.
        """
        tier = self.tiers.get(sample.day, self.tier)
        affiliate = self.affiliates.get((sample.person, sample.day), sample.affiliate)
        steps = [
            (broker_share(one, sample.affiliate), broker_share(one, other))
            for other in (sample.affiliate, affiliate)
            for one in (self.tier, tier)
        ]
        return min(steps, key=lambda step: _miss(sample, step[1]))


def infer(samples: Sequence[Sample], tier: Tier, grain: Decimal) -> ImpliedRates:
    """From every fee that was paid for. `grain` is what the amounts are rounded to."""
    by_day: dict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_day[sample.day].append(sample)
    tiers = {day: other for day, group in by_day.items() if (other := _tier(group, tier, grain)) is not None}
    by_person: dict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        if sample.day not in tiers:
            by_person[sample.person].append(sample)
    affiliates: dict[tuple[int, int], Decimal] = {}
    for person, group in by_person.items():
        if all(abs(_miss(one, broker_share(tier, one.affiliate))) <= grain * one.lines for one in group):
            continue
        whole = _affiliate(group, tier, grain)
        days = {sample.day for sample in group} if whole is None else set(by_day)
        for day in days:
            on_day = [sample for sample in group if sample.day == day]
            found = _affiliate(on_day, tier, grain) if whole is None else whole
            if found is not None:
                affiliates[person, day] = found
    return ImpliedRates(tier, tiers, affiliates)


def _miss(sample: Sample, share: Decimal) -> Decimal:
    return abs(sample.paid - sample.fee * share)


def _tier(day: Sequence[Sample], tier: Tier, grain: Decimal) -> Tier | None:
    """Another tier by which nearly all of a day was paid.

    One user alone on a day may as well have an affiliate rebate, unless that is known or the share is higher.
    """
    shares = {one.affiliate: broker_share(tier, one.affiliate) for one in day}
    odd = [one for one in day if _miss(one, shares[one.affiliate]) > grain * one.lines]
    if not odd:
        return None
    fees: dict[Decimal | None, Decimal] = defaultdict(Decimal)
    for one in day:
        fees[one.affiliate] += one.fee
    fitting: dict[Tier, Decimal] = {}
    for other in TIERS:
        others = {affiliate: broker_share(other, affiliate) for affiliate in shares}
        telling = sum(
            (fee for affiliate, fee in fees.items() if others[affiliate] != shares[affiliate]), ZERO
        )
        fits = sum(
            (one.fee for one in odd if _is_nearer(one, others[one.affiliate], shares[one.affiliate])), ZERO
        )
        if fits and fits >= MAJORITY * telling:
            fitting[other] = fits
    if not fitting:
        return None
    found = max(fitting, key=lambda other: fitting[other])
    is_everybodys = len({one.person for one in day}) > 1 or None not in shares
    return found if is_everybodys or found.share > tier.share else None


def _is_nearer(sample: Sample, share: Decimal, expected: Decimal) -> bool:
    """Whether `share` is what was paid, to the cent, and nearer to it than the expected one."""
    return _miss(sample, share) < min(CENT * sample.lines, _miss(sample, expected))


def _affiliate(samples: Sequence[Sample], tier: Tier, grain: Decimal) -> Decimal | None:
    """The affiliate rebate by which nearly all of a user's fees were paid, if it changes what they earn."""
    fee = sum((sample.fee for sample in samples), ZERO)
    lines = sum(sample.lines for sample in samples)
    if fee * WHOLE_PERCENT < CLEAR * grain * Decimal(lines).sqrt():
        return None
    votes = defaultdict[Decimal, Decimal](Decimal)
    for sample in samples:
        votes[(CAP - sample.paid / sample.fee).quantize(WHOLE_PERCENT)] += sample.fee
    affiliate, _ = max(votes.items(), key=lambda item: item[1])
    share = broker_share(tier, affiliate)
    if not ZERO <= affiliate <= CAP or all(share == broker_share(tier, one.affiliate) for one in samples):
        return None
    agreeing = sum((one.fee for one in samples if _miss(one, share) <= grain * one.lines), ZERO)
    return affiliate if agreeing >= MAJORITY * fee else None
