"""What was paid is split into causes that add up to the cent, whatever the exchange sends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rebates.model.payout_lines import Known, reconcile_lines, sums_of
from bot.rebates.model.payout_reconciliation import (
    Cause,
    Expected,
    Paid,
    PayoutTerms,
    Reconciliation,
    Sums,
    reconcile_total,
)
from bot.rebates.model.rebate import TIERS, Month, TierStanding, cents, earning_fee, nano

OCTOBER = Month(2026, 10)
NOON = OCTOBER.start_ms + 12 * 3_600_000
DAY = 86_400_000
TERMS = PayoutTerms(OCTOBER, TIERS[5])


def a_fill(number: int, fee: str = "40", **values: Any) -> Expected:
    standing = values.get("standing", TierStanding.TAGGED)
    defaults: dict[str, Any] = {
        "order_id": f"o{number}",
        "trade_id": number,
        "person": number % 7,
        "symbol": "SOL_USDC_PERP",
        "at_ms": NOON + number * 60_000,
        "standing": standing,
        "notional": D(fee) * 1000,
        "fee": D(fee),
        "earning": earning_fee(standing, D(fee)),
    }
    return Expected(**(defaults | values))


def paid_for(one: Expected, line: int, terms: PayoutTerms = TERMS, **values: Any) -> Paid:
    """The line of an exchange that agrees."""
    said = Paid(
        line,
        one.rebate(terms),
        one.order_id,
        one.trade_id,
        None,
        one.symbol,
        one.at_ms,
        one.notional,
        one.earning,
    )
    return replace(said, **values)


def compare(
    ours: list[Expected], theirs: list[Paid], terms: PayoutTerms = TERMS, **known: Any
) -> Reconciliation:
    total = cents(sum((line.rebate for line in theirs), D(0)))
    return reconcile_lines(ours, theirs, total, terms, Known(**known))


def causes(found: Reconciliation) -> dict[Cause, D]:
    return {part.cause: part.amount for part in found.parts}


def adds_up(found: Reconciliation) -> bool:
    exact = found.expected + sum((part.amount for part in found.parts), D(0)) == found.paid
    expected, shown = found.in_cents
    return exact and expected + sum(shown.values(), D(0)) == found.paid


def a_month(size: int = 30) -> list[Expected]:
    return [a_fill(number) for number in range(size)]


def agreeing(ours: Iterable[Expected]) -> list[Paid]:
    return [paid_for(one, line) for line, one in enumerate(ours, 2)]


def test_an_exchange_that_agrees_leaves_no_cause() -> None:
    ours = a_month()
    found = compare(ours, agreeing(ours))
    assert (found.parts, found.expected) == ((), D(600))


def test_an_order_the_exchange_did_not_count_is_untagged() -> None:
    ours = a_month()
    found = compare(ours, agreeing(ours)[1:])
    assert causes(found) == {Cause.UNTAGGED: D(-20)}
    assert found.parts[0].orders == ("o0",)


def test_the_last_hours_are_late_and_last_months_arrive() -> None:
    ours = [*a_month(), a_fill(99, at_ms=OCTOBER.end_ms - 1)]
    assert causes(compare(ours, agreeing(ours[:-1]))) == {Cause.LATE: D(-20)}
    before = a_fill(100, at_ms=OCTOBER.start_ms - 1)
    theirs = [*agreeing(ours), paid_for(before, 99)]
    assert causes(compare(ours, theirs, of_last_month={"o100"})) == {Cause.LATE: D(20)}
    assert causes(compare(ours, theirs)) == {Cause.NOT_OURS: D(20)}


@pytest.mark.parametrize("expected", [True, False])
def test_exits_are_named_when_they_are_treated_otherwise(expected: bool) -> None:
    theirs = [a_fill(50, standing=TierStanding.EXIT, earning=D(0 if expected else 40))]
    exits = [replace(theirs[0], earning=D(40) - theirs[0].earning)]
    lines = [line for line in agreeing([*a_month(), *theirs]) if line.rebate]
    assert causes(compare([*a_month(), *exits], lines)) == {Cause.EXITS: D(-20) if expected else D(20)}


def test_an_order_without_our_tag_that_was_counted_is_said() -> None:
    ours = [*a_month(), a_fill(50, standing=TierStanding.UNTAGGED)]
    theirs = [*agreeing(ours[:-1]), paid_for(ours[-1], 99, rebate=D(20))]
    assert causes(compare(ours, theirs)) == {Cause.UNTAGGED: D(20)}


def test_one_user_at_a_lower_rate_has_an_affiliate_rebate() -> None:
    ours = a_month()
    theirs = [
        line if one.person != 3 else replace(line, rebate=D(16))
        for one, line in zip(ours, agreeing(ours), strict=True)
    ]
    found = compare(ours, theirs)
    assert set(causes(found)) == {Cause.AFFILIATE}
    assert set(found.parts[0].orders) == {one.order_id for one in ours if one.person == 3}


def test_everybody_at_another_tiers_rate_on_a_day_is_the_tier() -> None:
    ours = [*a_month(), *(a_fill(number, at_ms=NOON + DAY) for number in range(40, 60))]
    theirs = [line if line.at_ms != NOON + DAY else replace(line, rebate=D(16)) for line in agreeing(ours)]
    assert causes(compare(ours, theirs)) == {Cause.TIER: D(-80)}


def test_an_affiliate_rebate_within_another_tier_is_told_apart() -> None:
    ours = [replace(one, at_ms=one.at_ms + DAY * (int(one.order_id[1:]) % 2)) for one in a_month(60)]
    lower = PayoutTerms(OCTOBER, TIERS[4])
    theirs = []
    for line, one in enumerate(ours, 2):
        known = replace(one, affiliate=D("0.2") if one.person == 3 else None)
        theirs.append(paid_for(known, line, lower if one.at_ms > NOON + DAY else TERMS))
    found = causes(compare(ours, theirs))
    assert set(found) == {Cause.TIER, Cause.AFFILIATE}
    of_three = [
        one for one in ours if one.person == 3
    ]  # 30 % by either tier: theirs is the affiliate's alone
    late = [one for one in ours if one.at_ms > NOON + DAY and one.person != 3]
    assert found[Cause.TIER] == -2 * len(late)
    assert found[Cause.AFFILIATE] == -8 * len(of_three)


def test_lines_in_cents_are_rounding_and_nothing_else() -> None:
    ours = [a_fill(number, f"{number}.0{number:02}7") for number in range(1, 60)]
    theirs = [replace(line, rebate=cents(line.rebate)) for line in agreeing(ours)]
    found = compare(ours, theirs)
    assert set(causes(found)) == {Cause.ROUNDING}
    assert abs(found.parts[0].amount) < D("0.01") * (len(ours) + 1)


def test_a_fee_of_another_worth_is_the_fee_price() -> None:
    ours = a_month()
    theirs = agreeing(ours)
    theirs[4] = replace(theirs[4], fee=D("39.5"), rebate=D("19.75"))
    found = compare(ours, theirs)
    assert causes(found) == {Cause.FEE_PRICE: D("-0.25")}
    assert found.parts[0].lines == (6,)


def test_a_maker_rebate_taken_off_is_named() -> None:
    ours = [*a_month(), a_fill(50, "-4")]
    theirs = [*agreeing(ours[:-1]), paid_for(ours[-1], 99, rebate=D(-2), fee=D(-4))]
    assert causes(compare(ours, theirs)) == {Cause.MAKER_REBATE: D(-2)}


def test_the_same_line_again_is_paid_twice() -> None:
    ours = a_month()
    theirs = agreeing(ours)
    found = compare(ours, [*theirs, replace(theirs[3], line=77)])
    assert causes(found) == {Cause.TWICE: D(20)}
    assert found.parts[0].lines == (77,)


def test_two_equal_fills_of_one_order_are_no_repetition() -> None:
    ours = [a_fill(1), a_fill(2, order_id="o1", person=1)]
    theirs = [paid_for(one, line, trade_id=None, at_ms=NOON) for line, one in enumerate(ours, 2)]
    assert causes(compare(ours, theirs)) == {}


def test_a_fill_our_ledger_lacks_is_told_from_an_order_we_do_not_know() -> None:
    ours = a_month()
    theirs = [*agreeing(ours), paid_for(a_fill(3, trade_id=900), 98), paid_for(a_fill(77), 99)]
    assert causes(compare(ours, theirs)) == {Cause.MISSING: D(20), Cause.NOT_OURS: D(20)}
    known = causes(compare(ours, theirs, orders={"o77"}))
    assert known == {Cause.MISSING: D(40)}


def test_by_order_more_volume_than_ours_is_a_fill_we_lack() -> None:
    ours = a_month()
    theirs = [replace(line, trade_id=None) for line in agreeing(ours)]
    theirs[2] = replace(theirs[2], volume=D(60_000), fee=D(60), rebate=D(30))
    assert causes(compare(ours, theirs)) == {Cause.MISSING: D(10)}


def test_lines_that_name_only_executions_find_their_orders() -> None:
    ours = a_month()
    theirs = [replace(line, order_id=None) for line in agreeing(ours)][1:]
    assert causes(compare(ours, theirs)) == {Cause.UNTAGGED: D(-20)}


def test_what_fits_nothing_stays_unexplained() -> None:
    ours = a_month()
    theirs = agreeing(ours)
    theirs[0] = replace(theirs[0], rebate=D("7.77"))
    assert causes(compare(ours, theirs)) == {Cause.UNEXPLAINED: D("-12.23")}


def test_a_file_that_is_not_all_that_was_paid_leaves_the_rest_unexplained() -> None:
    ours = a_month()
    found = reconcile_lines(ours, agreeing(ours), D(650), TERMS, Known())
    assert causes(found) == {Cause.UNEXPLAINED: D(50)}


# --- totals --------------------------------------------------------------------------------------------

SUMS = Sums({None: D(1000), D("0.05"): D(50)}, {None: D(80)}, {None: D(30)}, {None: D(-15)})


@pytest.mark.parametrize(
    ("paid", "cause"),
    [
        ("472.50", Cause.TIER),  # BKR 4: 450 + 22.50
        ("562.50", Cause.EXITS),
        ("507.50", Cause.EXITS),
        ("422.50", Cause.AFFILIATE),  # 40 % of what is unknown
        ("515.00", Cause.MAKER_REBATE),
        ("499.99", Cause.UNEXPLAINED),
    ],
)
def test_a_total_alone_names_a_candidate_only_to_the_cent(paid: str, cause: Cause) -> None:
    found = reconcile_total(SUMS, TERMS, D(paid))
    assert (found.expected, set(causes(found))) == (D("522.5"), {cause})
    assert found.parts[0].certain is (cause is Cause.UNEXPLAINED)
    assert adds_up(found)


def test_a_total_that_two_causes_explain_is_unexplained() -> None:
    found = reconcile_total(Sums({None: D(1000)}), TERMS, D(400))  # BKR 3, or the standard affiliate rebate
    assert causes(found) == {Cause.UNEXPLAINED: D(-100)}


# --- whatever comes ------------------------------------------------------------------------------------

money = st.decimals(-50, 5000, places=9)
fills = st.builds(
    a_fill,
    st.integers(0, 12),
    st.decimals(-3, 50, places=6).map(str),
    person=st.integers(1, 3),
    at_ms=st.integers(OCTOBER.start_ms, OCTOBER.end_ms - 1),
    standing=st.sampled_from(TierStanding),
    affiliate=st.sampled_from([None, D("0.1"), D("0.3"), D("0.6")]),
)
strangers = st.builds(
    Paid,
    st.integers(2, 99),
    money,
    st.one_of(st.none(), st.integers(0, 14).map("o{}".format)),
    st.one_of(st.none(), st.integers(0, 14)),
    symbol=st.sampled_from([None, "SOL_USDC_PERP"]),
    at_ms=st.one_of(st.none(), st.integers(OCTOBER.start_ms - DAY, OCTOBER.end_ms + DAY)),
    volume=st.one_of(st.none(), st.decimals(0, 50_000, places=2)),
    fee=st.one_of(st.none(), st.decimals(-3, 60, places=6)),
)
terms = st.builds(PayoutTerms, st.just(OCTOBER), st.sampled_from(TIERS))


@given(st.lists(fills, max_size=12), st.lists(strangers, max_size=12), money.map(cents), terms, st.randoms())
def test_expected_and_causes_always_make_what_was_paid(
    ours: list[Expected], theirs: list[Paid], paid: D, by: PayoutTerms, luck: Any
) -> None:
    mixed = [*theirs, *(paid_for(one, 100 + n, by) for n, one in enumerate(ours) if luck.random() < 0.7)]
    for total in (paid, cents(sum((line.rebate for line in mixed), D(0)))):
        found = reconcile_lines(ours, mixed, total, by, Known({"o1", "o2"}, {"o13"}))
        assert adds_up(found)
        assert len({part.cause for part in found.parts}) == len(found.parts)
        assert adds_up(reconcile_total(sums_of(ours), by, total))


@given(st.lists(fills, max_size=20, unique_by=lambda one: one.order_id), terms)
def test_an_exchange_that_agrees_to_the_nano_is_never_accused(ours: list[Expected], by: PayoutTerms) -> None:
    theirs = [paid_for(one, line, by) for line, one in enumerate(ours, 2)]
    found = compare(ours, theirs, by)
    assert set(causes(found)) <= {Cause.ROUNDING}
    assert abs(sum(causes(found).values(), D(0))) <= D("0.005") + nano(D(len(ours)) / 10**9)
