"""The payout formula: never negative, capped, monotone; and cents that add up to the total."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rebates.model.rebate import (
    CAP,
    CENT,
    TIERS,
    Month,
    Tier,
    TierStanding,
    allocate,
    broker_share,
    cents,
    contingent_fee,
    earning_fee,
    payout,
    tier_after,
    tier_of,
)

VOLUMES = st.decimals(0, 10**10, places=9)
FEES = st.decimals(-(10**6), 10**6, places=9)
RATES = st.none() | st.decimals(0, 1, places=4)
PARTS = st.dictionaries(st.integers(), FEES, max_size=300)


@pytest.mark.parametrize(
    ("volume", "level", "share"),
    [
        ("0", 0, "0.20"),
        ("4999999.999999999", 0, "0.20"),
        ("5000000", 1, "0.30"),
        ("10000000", 2, "0.35"),
        ("20000000", 3, "0.40"),
        ("60000000", 4, "0.45"),
        ("99999999.99", 4, "0.45"),
        ("100000000", 5, "0.50"),
        ("9e12", 5, "0.50"),
    ],
)
def test_the_published_tiers(volume: str, level: int, share: str) -> None:
    tier = tier_of(Decimal(volume))
    assert (tier.level, tier.share, str(tier)) == (level, Decimal(share), f"BKR {level}")


def test_the_tiers_form_a_ladder() -> None:
    assert [tier_after(tier) for tier in TIERS] == [*TIERS[1:], None]


@given(VOLUMES, VOLUMES, RATES)
def test_more_volume_never_earns_a_smaller_share(
    one: Decimal, other: Decimal, affiliate: Decimal | None
) -> None:
    less, more = sorted([one, other])
    assert broker_share(tier_of(less), affiliate) <= broker_share(tier_of(more), affiliate)


@given(st.sampled_from(TIERS), RATES)
def test_broker_and_affiliate_together_stay_within_half_the_fee(
    tier: Tier, affiliate: Decimal | None
) -> None:
    share = broker_share(tier, affiliate)
    assert 0 <= share <= tier.share
    assert share + min(affiliate or Decimal(0), CAP) <= CAP
    assert share == min(tier.share, max(Decimal(0), CAP - (affiliate or Decimal(0))))


@pytest.mark.parametrize(
    ("level", "affiliate", "share"),
    [(4, "0.10", "0.40"), (5, "0.10", "0.40"), (3, "0.10", "0.40"), (0, "0.35", "0.15"), (5, "0.6", "0")],
)
def test_what_an_affiliate_leaves(level: int, affiliate: str, share: str) -> None:
    assert broker_share(TIERS[level], Decimal(affiliate)) == Decimal(share)


@given(st.sampled_from(TierStanding), FEES)
def test_only_tagged_orders_earn_and_never_less_than_nothing(standing: TierStanding, fee: Decimal) -> None:
    assert earning_fee(standing, fee) == (max(fee, Decimal(0)) if standing is TierStanding.TAGGED else 0)
    assert contingent_fee(standing, fee) == (max(fee, Decimal(0)) if standing is TierStanding.EXIT else 0)


@given(st.dictionaries(RATES, st.decimals(0, 10**9, places=9), max_size=20), st.sampled_from(TIERS))
def test_a_payout_is_the_sum_over_users_and_within_the_cap(
    fees: dict[Decimal | None, Decimal], tier: Tier
) -> None:
    whole = payout(fees, tier)
    assert whole == sum(payout({rate: fee}, tier) for rate, fee in fees.items())
    assert 0 <= whole <= sum(fees.values()) * CAP
    following = tier_after(tier)
    assert following is None or whole <= payout(fees, following)


@given(PARTS)
def test_cents_of_the_parts_add_up_to_the_total(parts: dict[int, Decimal]) -> None:
    shown = allocate(parts)
    assert sum(shown.values()) == cents(sum(parts.values(), Decimal(0)))
    assert shown.keys() == parts.keys()
    for key, part in parts.items():
        assert abs(shown[key] - part) < CENT
        assert shown[key] == shown[key].quantize(CENT)


@given(st.dictionaries(st.integers(), FEES, min_size=1, max_size=50), st.data())
def test_parts_can_be_made_to_add_up_to_a_total_rounded_elsewhere(
    parts: dict[int, Decimal], data: st.DataObject
) -> None:
    floor = sum(part.quantize(CENT, ROUND_FLOOR) for part in parts.values())
    total = floor + CENT * data.draw(st.integers(0, len(parts)))
    assert sum(allocate(parts, total).values()) == total
    with pytest.raises(ValueError, match="total"):
        allocate(parts, floor - CENT)


def test_months_turn_at_midnight_utc() -> None:
    month = Month.parse("2026-12")
    assert (str(month.next), str(month.previous)) == ("2027-01", "2026-11")
    assert Month.of(month.start_ms) == Month.of(month.end_ms - 1) == month
    assert Month.of(month.end_ms) == month.next
    assert Month.of(month.start_ms - 1) == month.previous


@pytest.mark.parametrize(
    "text", ["2026", "2026-13", "26-10", "2026-1", "2026/10", "２０２６-10", "2026-10-01", ""]
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Month.parse(text)
