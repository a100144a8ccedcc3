"""Whatever the fills of a month are, every table of it adds up to the same totals, to the cent."""

from __future__ import annotations

import itertools
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from bot.rebates.model.rebate import CAP, CENT, TIERS, Tier, TierStanding
from bot.rebates.model.summary import Breakdown, Piece, SummaryLine, Totals, moves, table, totals

rates = st.sampled_from([None, D(0), D("0.05"), D("0.10"), D("0.45"), D("0.60")])
amounts = st.decimals(0, 10**7, places=9)


@st.composite
def pieces(draw: st.DrawFn) -> Piece:
    standing = draw(st.sampled_from(TierStanding))
    fee = draw(st.decimals(-(10**4), 10**4, places=9))
    earning = max(D(0), fee) if standing is TierStanding.TAGGED else D(0)
    contingent = max(D(0), fee) if standing is TierStanding.EXIT else D(0)
    key = draw(st.integers(0, 5))
    return Piece(key, standing, draw(rates), draw(st.integers(1, 9)), draw(amounts), fee, earning, contingent)


months = st.lists(pieces(), max_size=30)
tiers = st.sampled_from(TIERS)


def column(lines: tuple[SummaryLine, ...], name: str) -> D:
    return sum((getattr(line, name) for line in lines), D(0))


@given(months, tiers)
def test_every_table_adds_up_and_nobody_is_owed_less_than_nothing(found: list[Piece], tier: Tier) -> None:
    month = totals(found, tier, users=0)
    for by in (Breakdown.USER, Breakdown.DAY):
        lines = table(by, found, tier)
        for name in ("volume", "fees", "payout"):
            assert column(lines, name) == getattr(month, name)
        assert sum(line.fills for line in lines) == month.fills
        assert all(line.payout >= 0 for line in lines)
    assert month.payout <= CAP * month.fees + CENT
    assert 0 <= month.affiliate_cost <= month.payout + CENT


@given(months, tiers)
def test_by_standing_it_is_all_there_was(found: list[Piece], tier: Tier) -> None:
    by_standing = [Piece(p.standing, *_rest(p)) for p in found]
    lines = table(Breakdown.STANDING, by_standing, tier)
    assert sum(line.fills for line in lines) == sum(piece.fills for piece in found)
    assert abs(column(lines, "volume") - sum((piece.notional for piece in found), D(0))) <= CENT / 2
    assert column(lines, "payout") == totals(found, tier, users=0).payout
    assert [line.key for line in lines] == sorted({p.standing for p in found}, key=list(TierStanding).index)


def _rest(piece: Piece) -> tuple[TierStanding, D | None, int, D, D, D, D]:
    return (
        piece.standing,
        piece.affiliate,
        piece.fills,
        piece.notional,
        piece.fee,
        piece.earning,
        piece.contingent,
    )


@given(months)
def test_higher_tiers_never_pay_a_line_less(found: list[Piece]) -> None:
    paid = [{line.key: line.payout for line in table(Breakdown.USER, found, tier)} for tier in TIERS]
    for lower, higher in itertools.pairwise(paid):
        assert all(higher[key] >= lower[key] - CENT for key in lower)  # the odd cent may go to another


def test_only_what_changed_has_moved_and_the_largest_change_comes_first() -> None:
    def lines(**volumes: int) -> list[SummaryLine]:
        return [SummaryLine(key, 1, D(volume), D(0), D(0)) for key, volume in volumes.items()]

    found = moves(Breakdown.MARKET, lines(a=5, b=1, c=7, d=2), lines(a=5, b=9, d=3, e=4))
    assert [(move.key, move.change) for move in found] == [("b", -8), ("c", 7), ("e", -4)]


def test_an_empty_month_is_nothing() -> None:
    assert totals([], TIERS[0], users=0) == Totals()
    assert all(table(by, [], TIERS[5]) == () for by in Breakdown)
