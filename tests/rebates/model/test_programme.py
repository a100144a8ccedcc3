"""The projection and the comparison never promise too much: monotone, never negative, within the cap."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rebates.model.programme import (
    AFFILIATE_RATE,
    MORE,
    Assumption,
    Course,
    Fees,
    Need,
    OwnNumbers,
    advise,
    affiliate_cost,
    project,
)
from bot.rebates.model.rebate import CAP, NANO, TIERS, Month, TierBasis, cents, payout, tier_of

OCTOBER = Month(2026, 10)
FEE_RATE = D("0.0004")

dollars = st.decimals(0, 10**9, places=2)
rates = st.sampled_from([None, D(0), D("0.05"), D("0.10"), D("0.30"), D("0.50"), D("0.60")])
fee_tables = st.dictionaries(rates, st.decimals(0, 10**6, places=4), max_size=5)
moments = st.integers(OCTOBER.start_ms, OCTOBER.end_ms)
bases = st.sampled_from(TierBasis)
courses = st.builds(Course, st.just(OCTOBER), moments, dollars, dollars, fee_tables)
numbers = st.builds(
    OwnNumbers, dollars, fee_tables, dollars, dollars, st.integers(0, 1000), st.integers(0, 100)
)


def total(fees: Fees) -> D:
    return sum(fees.values(), D(0))


def a_course(volume: D, *, day: int = 16, previous: D = D(0)) -> Course:
    """October after `day - 1` whole days, at four basis points."""
    now_ms = OCTOBER.start_ms + (day - 1) * 86_400_000
    return Course(OCTOBER, now_ms, volume, previous, {D(0): volume * FEE_RATE})


def own(volume: D, **values: object) -> OwnNumbers:
    fees = volume * FEE_RATE
    return replace(OwnNumbers(volume, {None: fees}, volume, fees, 20, 6), **values)  # type: ignore[arg-type]


def test_the_next_step_is_priced_on_the_whole_month() -> None:
    """$8.8M on the 30th: the step to BKR 2 lifts every fee of the month from 30 % to 35 %."""
    course = a_course(D("8.8e6"), day=30)
    found = project(course, TierBasis.MONTH)
    assert (found.chosen.tier.level, found.chosen.payout) == (1, D("1056"))
    assert found.next is not None
    assert (found.next.tier.level, found.next.missing) == (2, D("1.2e6"))
    assert cents(found.next.worth) == D("200.00")  # $10M at 4 bps are $4,000 of fees, 5 % more of them
    assert cents(found.end_volume) == D("9406896.55")


def test_both_bases_are_shown_and_only_the_months_own_changes_by_its_end() -> None:
    course = a_course(D("3e6"), previous=D("25e6"))
    by_previous = project(course, TierBasis.PREVIOUS)
    assert (by_previous.chosen.tier.level, by_previous.chosen.end_tier.level) == (3, 3)
    assert (by_previous.other.tier.level, by_previous.other.end_tier.level) == (0, 1)
    by_month = project(course, TierBasis.MONTH)
    assert (by_month.chosen, by_month.other) == (by_previous.other, by_previous.chosen)


def test_at_the_top_there_is_no_next_step() -> None:
    assert project(a_course(D("100e6")), TierBasis.MONTH).next is None


def test_one_trade_in_the_first_hour_is_no_trend() -> None:
    course = a_course(D(1000), day=1)
    assert project(course, TierBasis.MONTH).end_volume == D(31_000)


def test_unknown_affiliates_cost_nothing_below_bkr_4() -> None:
    fees = {None: D(1000), D("0.10"): D(5000)}
    assert [affiliate_cost(fees, tier) for tier in TIERS] == [0, 0, 0, 0, D(50), D(100)]


@given(courses, bases)
def test_a_projection_is_never_negative_and_within_the_cap(course: Course, basis: TierBasis) -> None:
    found = project(course, basis)
    assert found.end_volume >= course.volume
    for outlook in (found.chosen, found.other):
        assert 0 <= outlook.payout <= CAP * total(course.fees)
        end_fees = total({rate: course.to_the_end(fee) for rate, fee in course.fees.items()})
        assert outlook.payout - NANO * 5 <= outlook.end_payout <= CAP * end_fees
        assert outlook.end_tier.level >= outlook.tier.level
    assert 0 <= found.affiliate_cost <= found.chosen.payout
    if found.next is not None:
        assert found.next.missing > 0
        assert found.next.worth >= 0
        assert tier_of(course.volume + found.next.missing) == found.next.tier


@given(courses, dollars, bases)
def test_more_volume_at_the_same_rates_never_pays_less(course: Course, more: D, basis: TierBasis) -> None:
    grown = replace(
        course,
        volume=course.volume + more,
        fees={rate: fee + fee * more / (course.volume + 1) for rate, fee in course.fees.items()},
    )
    before, after = project(course, basis), project(grown, basis)
    assert after.end_volume >= before.end_volume
    assert after.chosen.payout >= before.chosen.payout
    assert after.chosen.end_payout >= before.chosen.end_payout


@given(courses, bases)
def test_the_end_of_the_month_projects_itself(course: Course, basis: TierBasis) -> None:
    found = project(replace(course, now_ms=OCTOBER.end_ms), basis)
    assert found.elapsed == 1
    assert found.end_volume == course.volume
    assert found.chosen.end_payout == found.chosen.payout


def test_the_two_programmes_on_the_same_numbers() -> None:
    advice = advise(own(D("8e6")))
    assert (advice.tier.level, advice.broker, advice.affiliate) == (1, D(960), D(320))
    assert advice.rate == D("0.30")
    assert advice.equal_volume == D("24e6")
    assert [(one.tier.level, one.rate) for one in advice.break_even] == [
        (tier.level, tier.share) for tier in TIERS
    ]
    assert (advice.more_broker, advice.more_affiliate, advice.more_tier.level) == (D(120), D(40), 1)
    assert not advice.is_eligible
    assert {one.need: one.missing for one in advice.requirements} == {
        Need.VOLUME: D("12e6"),
        Need.ACTIVE: 0,
        Need.NEW: 0,
        Need.FOLLOWERS: None,
        Need.ELSEWHERE: None,
    }
    assert set(advice.assumptions) == set(Assumption)


def test_the_next_million_across_a_step_lifts_all_the_others_too() -> None:
    advice = advise(own(D("9.5e6")))
    assert advice.more_tier.level == 2
    assert advice.more_broker == D("10.5e6") * FEE_RATE * D("0.35") - D("9.5e6") * FEE_RATE * D("0.30")
    assert advice.more_broker > MORE * FEE_RATE * D("0.35")


def test_an_affiliate_earns_on_what_the_broker_does_not() -> None:
    """Most of what these users trade carries no tag: an affiliate rebate of 6 % would pay as much."""
    advice = advise(own(D("3e6"), users_volume=D("10e6"), users_fees=D("10e6") * FEE_RATE))
    assert advice.rate == D("0.06")
    assert advice.affiliate > advice.broker


@pytest.mark.parametrize(
    ("values", "eligible"),
    [
        ({}, True),
        ({"active_users": 14}, False),
        ({"new_users": 4}, False),
        ({"users_volume": D("19999999.99")}, False),
        ({"new_users": 0, "followers": 5_000}, False),
        ({"new_users": 0, "followers": 5_001}, True),
        ({"new_users": 0, "elsewhere": D("20e6")}, True),
    ],
)
def test_who_may_be_an_affiliate(values: dict[str, object], eligible: bool) -> None:
    assert advise(own(D("20e6"), **values)).is_eligible is eligible


@given(numbers)
def test_advice_is_never_negative_and_within_the_cap(given_numbers: OwnNumbers) -> None:
    advice = advise(given_numbers)
    assert 0 <= advice.broker <= CAP * total(given_numbers.fees)
    assert advice.affiliate == given_numbers.users_fees * AFFILIATE_RATE
    assert advice.more_broker >= -NANO * 5
    assert advice.more_affiliate >= 0
    assert advice.more_tier.level >= advice.tier.level
    rates = [one.rate for one in advice.break_even]
    assert rates == sorted(rates)
    assert len(rates) == (len(TIERS) if given_numbers.users_fees else 0)
    if advice.rate is not None:
        assert abs(advice.rate * given_numbers.users_fees - advice.broker) <= NANO * given_numbers.users_fees


@given(numbers, dollars)
def test_more_volume_at_the_same_rates_never_lowers_the_broker(given_numbers: OwnNumbers, more: D) -> None:
    volume = given_numbers.volume + 1
    before = advise(replace(given_numbers, volume=volume))
    grown = {rate: fee * (volume + more) / volume for rate, fee in given_numbers.fees.items()}
    after = advise(replace(given_numbers, volume=volume + more, fees=grown))
    assert after.broker >= before.broker - NANO
    assert payout(grown, after.tier) == after.broker
