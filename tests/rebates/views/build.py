"""A month as the views of the rebates are given it."""

from __future__ import annotations

from decimal import Decimal as D

from bot.kernel.recurrence import DAY_MS
from bot.rebates.model.rebate import TIERS, Month, TierBasis, TierStanding
from bot.rebates.model.summary import (
    Breakdown,
    MonthSummary,
    Move,
    Name,
    Piece,
    Totals,
    by_affiliate,
    table,
    totals,
)

OCTOBER = Month(2026, 10)


def month_summary(name: str) -> MonthSummary:
    """October, its group, one of its users and one of its markets called `name`."""

    def pieces(*keys: object) -> list[Piece]:
        return [
            Piece(key, TierStanding.TAGGED, None, 3, D("1000000.004"), D("400.333"), D("400.333"), D(0))
            for key in keys
        ]

    day, group = OCTOBER.start_ms // DAY_MS, -100
    keys = {
        Breakdown.MARKET: ("SOL_USDC_PERP", name),
        Breakdown.USER: (1, 2),
        Breakdown.GROUP: (None, group),
        Breakdown.DAY: (day, day + 30),
        Breakdown.ROLE: (True, False),
        Breakdown.TIER: (0, 1),
    }
    found = {by: pieces(*some) for by, some in keys.items()}
    found[Breakdown.STANDING] = pieces(TierStanding.TAGGED, TierStanding.TAGGED)
    return MonthSummary(
        month=OCTOBER,
        basis=TierBasis.PREVIOUS,
        volume=D("2000000.008"),
        previous_volume=D("6e6"),
        earning=by_affiliate(found[Breakdown.MARKET]),
        totals=totals(found[Breakdown.MARKET], TIERS[1], 2),
        before=Totals(),
        before_tier=TIERS[0],
        tables={by: table(by, some, TIERS[1]) for by, some in found.items()},
        moves=(Move(Breakdown.GROUP, group, D(5), D(7)),),
        names={
            (Breakdown.USER, 1): Name("Trader 1", 1001),
            (Breakdown.USER, 2): Name(name, 1002),
            (Breakdown.GROUP, group): Name(name, group),
        },
    )
