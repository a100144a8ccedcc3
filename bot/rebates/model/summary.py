"""A month of the broker's ledger as people read it: totals in cents, and tables that add up to them.

The ledger's exact sums come in as `Piece`s; every amount of a table is rounded by `rebate.allocate`, so that
its column adds up to the month's total whatever it is broken down by.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from enum import StrEnum
from typing import Any, Final

from bot.domain.values import ZERO
from bot.rebates.model.programme import Course, OwnNumbers, affiliate_cost, month_tier
from bot.rebates.model.rebate import (
    PRECISION,
    Month,
    Tier,
    TierBasis,
    TierStanding,
    allocate,
    broker_share,
    cents,
    tier_of,
)

MOVES: Final = 3  # of each kind are told


class Breakdown(StrEnum):
    """What a month is broken down by."""

    MARKET = "market"
    USER = "user"
    GROUP = "group"
    DAY = "day"
    ROLE = "role"  # maker or taker
    TIER = "tier"  # the one a fill was booked at
    STANDING = "standing"


@dataclass(frozen=True, slots=True)
class Piece:
    """Exact sums of the fills that share a key, a standing and an affiliate rebate, in USD."""

    key: Any
    standing: TierStanding
    affiliate: Decimal | None
    fills: int
    notional: Decimal
    fee: Decimal
    earning: Decimal
    contingent: Decimal


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """One row of a table, in cents: API volume, the fees the formula multiplies, what they are to pay.

    By standing it is all volume and all fees charged: there the rows say what does not count.
    """

    key: Any
    fills: int
    volume: Decimal
    fees: Decimal
    payout: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """A month in cents. `charged` are the fees of tagged orders, maker rebates taken off."""

    fills: int = 0
    volume: Decimal = ZERO
    charged: Decimal = ZERO
    fees: Decimal = ZERO
    payout: Decimal = ZERO
    affiliate_cost: Decimal = ZERO  # what unknown affiliate rebates could take of the payout
    contingent: Decimal = ZERO  # what exits add if they keep the tag
    users: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """What one market or user traded a month before, and now."""

    breakdown: Breakdown
    key: Any
    before: Decimal
    now: Decimal

    @property
    def change(self) -> Decimal:
        return self.now - self.before


@dataclass(frozen=True, slots=True)
class Name:
    """How a row is called: a person's pseudonym and numeric id, a group's title and id."""

    text: str
    id: int | None = None


@dataclass(frozen=True, slots=True)
class MonthSummary:
    """A month. `volume`, `previous_volume` and `earning` are exact; all else is in cents."""

    month: Month
    basis: TierBasis
    volume: Decimal
    previous_volume: Decimal
    earning: Mapping[Decimal | None, Decimal]  # by affiliate rebate
    totals: Totals
    before: Totals  # the month before
    before_tier: Tier
    tables: Mapping[Breakdown, tuple[SummaryLine, ...]]
    moves: tuple[Move, ...] = ()
    names: Mapping[tuple[Breakdown, Any], Name] = field(default_factory=dict)
    new_users: int = 0
    unbooked: int = 0  # fills of the month the ledger has not taken in yet
    unpriced: Mapping[str, tuple[int, Decimal]] = field(
        default_factory=dict
    )  # fees: (fills, amount) by asset

    @property
    def tier(self) -> Tier:
        """The tier of the month, by what is known of it."""
        return month_tier(self.basis, self.volume, self.previous_volume)

    @property
    def tier_change(self) -> tuple[Tier, Tier] | None:
        """From which tier to which the end of this month led; None when it stays.

        Where the month before decides, it is the tier of the month that begins now, else that of this one.
        """
        is_ahead = self.basis is TierBasis.PREVIOUS
        change = (self.tier, tier_of(self.volume)) if is_ahead else (self.before_tier, self.tier)
        return None if change[0] == change[1] else change

    def course(self, now_ms: int) -> Course:
        """The month as far as it has gone."""
        return Course(self.month, now_ms, self.volume, self.previous_volume, self.earning)

    def own_numbers(self, *, followers: int | None = None, elsewhere: Decimal | None = None) -> OwnNumbers:
        """The month for the programme advisor."""
        theirs = [line for line in self.tables[Breakdown.STANDING] if line.key is not TierStanding.SYSTEM]
        return OwnNumbers(
            volume=self.volume,
            fees=self.earning,
            users_volume=sum((line.volume for line in theirs), ZERO),
            users_fees=max(ZERO, sum((line.fees for line in theirs), ZERO)),
            active_users=self.totals.users,
            new_users=self.new_users,
            followers=followers,
            elsewhere=elsewhere,
        )


def by_affiliate(pieces: Iterable[Piece]) -> dict[Decimal | None, Decimal]:
    """The fees that earn, by the users' affiliate rebate."""
    fees: dict[Decimal | None, Decimal] = {}
    with localcontext(prec=PRECISION):
        for piece in pieces:
            fees[piece.affiliate] = fees.get(piece.affiliate, ZERO) + piece.earning
    return fees


def totals(pieces: Sequence[Piece], tier: Tier, users: int) -> Totals:
    """The month of `pieces`, whatever they are keyed by."""
    tagged = [piece for piece in pieces if piece.standing is TierStanding.TAGGED]
    fees = by_affiliate(pieces)
    return Totals(
        fills=sum(piece.fills for piece in tagged),
        volume=_total(piece.notional for piece in tagged),
        charged=_total(piece.fee for piece in tagged),
        fees=_total(fees.values()),
        payout=_total(_owed(piece, tier) for piece in pieces),
        affiliate_cost=cents(affiliate_cost(fees, tier)),
        contingent=_total(piece.contingent for piece in pieces),
        users=users,
    )


def table(breakdown: Breakdown, pieces: Sequence[Piece], tier: Tier) -> tuple[SummaryLine, ...]:
    """The rows of one breakdown: days and tiers in their order, everything else by what it pays."""
    if breakdown is Breakdown.STANDING:
        lines = _lines(pieces, tier, lambda piece: piece.notional, lambda piece: piece.fee)
        return tuple(sorted(lines, key=lambda line: list(TierStanding).index(line.key)))
    tagged = [piece for piece in pieces if piece.standing is TierStanding.TAGGED]  # nothing else earns
    lines = _lines(tagged, tier, lambda piece: piece.notional, lambda piece: piece.earning)
    if breakdown in {Breakdown.DAY, Breakdown.TIER}:
        return tuple(sorted(lines, key=lambda line: line.key))
    return tuple(sorted(lines, key=lambda line: (-line.payout, -line.volume)))


def moves(
    breakdown: Breakdown, now: Sequence[SummaryLine], before: Sequence[SummaryLine]
) -> tuple[Move, ...]:
    """Whose volume changed the most since the month before."""
    was, has = ({line.key: line.volume for line in lines} for lines in (before, now))
    found = [Move(breakdown, key, was.get(key, ZERO), has.get(key, ZERO)) for key in was | has]
    changed = sorted((move for move in found if move.change), key=lambda move: -abs(move.change))
    return tuple(changed[:MOVES])


def _lines(
    pieces: Sequence[Piece],
    tier: Tier,
    volume: Callable[[Piece], Decimal],
    fees: Callable[[Piece], Decimal],
) -> list[SummaryLine]:
    fills: dict[Hashable, int] = {}
    for piece in pieces:
        fills[piece.key] = fills.get(piece.key, 0) + piece.fills
    volumes, charged, owed = (
        allocate(_sums(pieces, amount)) for amount in (volume, fees, lambda piece: _owed(piece, tier))
    )
    return [SummaryLine(key, count, volumes[key], charged[key], owed[key]) for key, count in fills.items()]


def _sums(pieces: Sequence[Piece], amount: Callable[[Piece], Decimal]) -> dict[Hashable, Decimal]:
    sums: dict[Hashable, Decimal] = {}
    with localcontext(prec=PRECISION):
        for piece in pieces:
            sums[piece.key] = sums.get(piece.key, ZERO) + amount(piece)
    return sums


def _owed(piece: Piece, tier: Tier) -> Decimal:
    with localcontext(prec=PRECISION):
        return piece.earning * broker_share(tier, piece.affiliate)


def _total(amounts: Iterable[Decimal]) -> Decimal:
    with localcontext(prec=PRECISION):
        return cents(sum(amounts, ZERO))
