"""Promises never make one order owe more than it earns, and the last word of a party holds."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rebates.model.rebate import Month
from bot.rebates.model.revenue_shares import GROUP, PERSON, Party, SharePromise, rate_in, room_for, share_of

GROUPS = [Party(GROUP, -number) for number in (1, 2)]
PEOPLE = [Party(PERSON, number) for number in (1, 2)]
MONTHS = [Month(2026, 10 + n) if n < 3 else Month(2027, n - 2) for n in range(8)]

wishes = st.tuples(
    st.sampled_from(GROUPS + PEOPLE),
    st.integers(0, 100).map(lambda percent: D(percent) / 100),
    st.integers(0, 6),
    st.one_of(st.none(), st.integers(0, 6)),
)


@given(st.lists(wishes, max_size=12), st.decimals(0, 10_000, places=9))
def test_no_accepted_promises_ever_exceed_the_whole(
    wanted: list[tuple[Party, D, int, int | None]], rebate: D
) -> None:
    promises: list[SharePromise] = []
    for party, rate, at, until in wanted:
        start, end = MONTHS[at], MONTHS[max(at, until)] if until is not None else None
        if rate > room_for(promises, party, start, end):
            continue
        promises.append(SharePromise(party, rate, start))
        if end is not None:
            promises.append(SharePromise(party, D(0), end.next))
    for month in MONTHS:
        for group in GROUPS:
            for person in PEOPLE:
                rates = [rate_in(promises, party, month) for party in (group, person)]
                assert sum(rates) <= 1
                assert sum(share_of(rebate, rate) for rate in rates) <= rebate


def test_the_last_word_holds_from_its_month_on() -> None:
    group = GROUPS[0]
    promises = [
        SharePromise(group, D("0.2"), MONTHS[0]),
        SharePromise(group, D("0.3"), MONTHS[4]),
        SharePromise(group, D("0.1"), MONTHS[2]),
    ]
    assert [rate_in(promises, group, month) for month in MONTHS[:6]] == [
        *[D("0.2")] * 2,
        *[D("0.1")] * 4,
    ]
    assert rate_in(promises, PEOPLE[0], MONTHS[0]) == 0


def test_a_share_is_rounded_down_to_the_cent() -> None:
    assert share_of(D("10.019999999"), D(1)) == D("10.01")


@pytest.mark.parametrize("text", ["operator", "group:-1001234", "person:12"])
def test_a_party_is_read_as_it_is_written(text: str) -> None:
    assert str(Party.parse(text)) == text


@pytest.mark.parametrize("text", ["", "operator:1", "group", "group:x", "user:1", "person:²"])
def test_nobody_else_is_a_party(text: str) -> None:
    with pytest.raises(ValueError, match="give operator"):
        Party.parse(text)
