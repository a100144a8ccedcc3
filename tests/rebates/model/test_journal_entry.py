"""One fill, one entry set: exact to the nano-dollar, and what is taken back leaves nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rebates.model.journal_entry import Booking, Maker, RebateTerms, book, standing_of
from bot.rebates.model.rebate import NANO, TIERS, ExitsTagged, TierStanding, payout

AMOUNTS = st.decimals(0, 10**6, places=8)
FEES = st.decimals(-(10**3), 10**3, places=8)
PRICES = st.decimals(0, 10**5, places=6)
TERMS = st.builds(RebateTerms, st.sampled_from(TIERS), st.none() | st.decimals(0, 1, places=4))
NOTHING = Booking(*[Decimal(0)] * 5)
BOOKINGS = st.builds(
    book,
    st.sampled_from(TierStanding),
    price=PRICES,
    quantity=AMOUNTS,
    quote_usd=st.just(Decimal(1)) | PRICES,
    fee=FEES,
    fee_usd=st.just(Decimal(1)) | PRICES,
    terms=TERMS,
)


def plus(one: Booking, other: Booking) -> Booking:
    names = Booking.__slots__
    return Booking(*(getattr(one, name) + getattr(other, name) for name in names))


@given(BOOKINGS)
def test_every_amount_is_whole_nano_dollars_and_nothing_earned_is_negative(booking: Booking) -> None:
    for name in Booking.__slots__:
        amount = getattr(booking, name)
        assert amount == amount.quantize(NANO)
    assert 0 <= booking.accrued <= booking.earning / 2 + NANO
    assert booking.contingent >= 0
    assert booking.earning in {max(booking.fee, Decimal(0)), 0}


@given(BOOKINGS, st.sampled_from(TierStanding), TERMS)
def test_taking_back_and_booking_anew_leaves_the_new_booking_alone(
    booking: Booking, standing: TierStanding, terms: RebateTerms
) -> None:
    again = booking.under(standing, terms)
    assert plus(booking, booking.reversed()) == NOTHING
    assert plus(plus(booking, booking.reversed()), again) == again
    assert (again.notional, again.fee) == (booking.notional, booking.fee)
    assert again.under(standing, terms) == again


@given(st.lists(st.tuples(FEES, TERMS), max_size=50))
def test_accruals_of_fills_are_the_payout_formula_but_for_rounding(
    fills: list[tuple[Decimal, RebateTerms]],
) -> None:
    booked = [
        book(
            TierStanding.TAGGED,
            price=Decimal(1),
            quantity=Decimal(1),
            quote_usd=Decimal(1),
            fee=fee,
            fee_usd=Decimal(1),
            terms=terms,
        )
        for fee, terms in fills
    ]
    exact = sum(
        payout({terms.affiliate: one.earning}, terms.tier)
        for one, (_, terms) in zip(booked, fills, strict=True)
    )
    assert abs(sum((one.accrued for one in booked), Decimal(0)) - exact) <= len(fills) * NANO / 2


@given(BOOKINGS.filter(lambda one: one.notional != 0))
def test_the_fee_rate_is_the_fee_over_the_notional(booking: Booking) -> None:
    assert abs(booking.fee_bps * booking.notional / 10_000 - booking.fee) < Decimal("1e-12") * max(
        Decimal(1), abs(booking.fee)
    )


@pytest.mark.parametrize("system", [None, "LiquidatePositionOnBook", "CollateralConversion"])
@pytest.mark.parametrize("exits", ExitsTagged)
def test_an_order_of_ours_is_ours_whatever_else_is_said(system: str | None, exits: ExitsTagged) -> None:
    assert standing_of(Maker.WE_TAGGED, system, exits) is TierStanding.TAGGED
    assert standing_of(Maker.WE_UNTAGGED, system, exits) is TierStanding.UNTAGGED
    assert standing_of(None, system, exits) is (TierStanding.SYSTEM if system else TierStanding.ELSEWHERE)


def test_the_operator_says_what_becomes_of_exits() -> None:
    standings = [standing_of(Maker.EXCHANGE, None, exits) for exits in ExitsTagged]
    assert standings == [TierStanding.EXIT, TierStanding.TAGGED, TierStanding.ELSEWHERE]


def test_a_sum_that_falls_between_two_nano_dollars_goes_to_the_even_one() -> None:
    booked = book(
        TierStanding.TAGGED,
        price=Decimal("0.0000000005"),
        quantity=Decimal(1),
        quote_usd=Decimal(1),
        fee=Decimal("0.0000000015"),
        fee_usd=Decimal(1),
        terms=RebateTerms(TIERS[5]),
    )
    assert (booked.notional, booked.fee) == (0, Decimal("0.000000002"))
    assert booked.accrued == Decimal("0.000000001")
