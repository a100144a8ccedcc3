"""What the exchange paid against what the ledger expected: the difference, split into named causes.

Whatever is compared, expected + causes = paid, exactly: every group of lines hands on all of its difference,
and what no cause explains is called unexplained. docs/broker.md says what each cause means.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from enum import StrEnum
from typing import Final

from bot.domain.values import ZERO
from bot.kernel.recurrence import HOUR_MS
from bot.rebates.model.programme import AFFILIATE_RATE, Fees
from bot.rebates.model.rebate import (
    PRECISION,
    TIERS,
    Month,
    Tier,
    TierStanding,
    allocate,
    broker_share,
    cents,
    nano,
    payout,
)

LATE_MS: Final = 6 * HOUR_MS  # before the end of a month: what may be paid with the next one


class Cause(StrEnum):
    """Why the exchange paid something else. The words are the accounts `difference.<cause>`."""

    UNTAGGED = "untagged"  # an order of ours the exchange did not count, or counted though it had no tag
    EXITS = "exits"  # TP and SL counted, or not, against what was expected of them
    AFFILIATE = "affiliate"  # a user's affiliate rebate is another than ours says
    TIER = "tier"
    LATE = "late"  # of the last hours of a month, paid in another
    ROUNDING = "rounding"  # below a cent in each line
    FEE_PRICE = "fee-price"  # the fee is worth something else to them, in USD
    MAKER_REBATE = "maker-rebate"  # a negative fee was taken off
    TWICE = "twice"  # the same line again
    NOT_OURS = "not-ours"  # an order we do not know, or one placed elsewhere
    MISSING = "missing"  # a fill of an order of ours that our ledger lacks
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class PayoutTerms:
    """By what a month is expected to be paid."""

    month: Month
    tier: Tier


@dataclass(frozen=True, slots=True)
class Expected:
    """A fill of ours. Amounts in USD; `order_id` is the exchange's."""

    order_id: str
    trade_id: int | None
    person: int
    symbol: str
    at_ms: int
    standing: TierStanding
    notional: Decimal
    fee: Decimal
    earning: Decimal  # the fee the formula multiplies; of a TP or SL only if the operator expects it to earn
    affiliate: Decimal | None = None

    def rebate(self, terms: PayoutTerms) -> Decimal:
        return nano(self.earning * broker_share(terms.tier, self.affiliate))


@dataclass(frozen=True, slots=True)
class Paid:
    """A line of the exchange's account, in USD; what it does not say is None."""

    line: int
    rebate: Decimal
    order_id: str | None = None
    trade_id: int | None = None
    account: str | None = None
    symbol: str | None = None
    at_ms: int | None = None
    volume: Decimal | None = None
    fee: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Sums:
    """Fills added up by the users' affiliate rebate, in USD."""

    earning: Fees
    exits: Fees = field(default_factory=dict)  # positive fees of TP and SL that are not expected to earn
    counted: Fees = field(default_factory=dict)  # of `earning`, those of TP and SL
    negative: Fees = field(default_factory=dict)  # maker rebates of tagged orders


@dataclass(frozen=True, slots=True)
class PayoutPart:
    """`amount`: what a cause added to the payout, or took from it. Orders and lines it comes from."""

    cause: Cause
    amount: Decimal
    orders: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()
    certain: bool = True  # False: it alone explains a difference of totals, but nothing proves it


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """`expected` + Σ `parts` = `paid`. `paid` is in whole cents, the rest in nano-dollars."""

    expected: Decimal
    paid: Decimal
    parts: tuple[PayoutPart, ...]

    @property
    def in_cents(self) -> tuple[Decimal, Mapping[Cause, Decimal]]:
        """Expected and each cause in whole cents, still adding up to `paid`."""
        expected = cents(self.expected)
        return expected, allocate({part.cause: part.amount for part in self.parts}, self.paid - expected)


class Explanation:
    """Collects amounts by cause; zero amounts leave no trace."""

    def __init__(self) -> None:
        self._amounts: dict[Cause, Decimal] = {}
        self._orders: dict[Cause, dict[str, None]] = {}
        self._lines: dict[Cause, list[int]] = {}

    def add(
        self, cause: Cause, amount: Decimal, *, orders: Iterable[str] = (), lines: Iterable[int] = ()
    ) -> None:
        if amount:
            self._amounts[cause] = self._amounts.get(cause, ZERO) + amount
            self._orders.setdefault(cause, {}).update(dict.fromkeys(orders))
            self._lines.setdefault(cause, []).extend(lines)

    def parts(self) -> tuple[PayoutPart, ...]:
        """In the order of `Cause`; one whose amounts cancel out stays, for the lines it names."""
        return tuple(
            PayoutPart(cause, self._amounts[cause], tuple(self._orders[cause]), tuple(self._lines[cause]))
            for cause in Cause
            if cause in self._amounts
        )


def reconcile_total(sums: Sums, terms: PayoutTerms, paid: Decimal) -> Reconciliation:
    """Compare with nothing but the amount paid, in whole cents.

    A cause is named when it alone explains the difference to the cent and no other does; even so it is a
    candidate only. Two that fit explain nothing.
    """
    with localcontext(prec=PRECISION):
        expected = nano(payout(sums.earning, terms.tier))
        rounded = cents(expected)
        rest = PayoutPart(Cause.ROUNDING, rounded - expected)
        if paid == rounded:
            return Reconciliation(expected, paid, (rest,) if rest.amount else ())
        fitting = {
            cause: amount
            for cause, amounts in _alternatives(sums, terms).items()
            for amount in amounts
            if cents(amount) == paid
        }
        if len(fitting) == 1:
            ((cause, amount),) = fitting.items()
            parts = [
                PayoutPart(cause, amount - expected, certain=False),
                PayoutPart(Cause.ROUNDING, paid - amount),
            ]
        else:
            parts = [rest, PayoutPart(Cause.UNEXPLAINED, paid - rounded)]
        return Reconciliation(expected, paid, tuple(part for part in parts if part.amount))


def _alternatives(sums: Sums, terms: PayoutTerms) -> dict[Cause, list[Decimal]]:
    """What the month would pay if one thing were otherwise."""
    tier, expected = terms.tier, payout(sums.earning, terms.tier)
    exits, counted = payout(sums.exits, tier), payout(sums.counted, tier)
    return {
        Cause.TIER: [nano(payout(sums.earning, other)) for other in TIERS if other != tier],
        Cause.EXITS: [nano(expected + exits), nano(expected - counted)],
        Cause.AFFILIATE: [nano(payout(_at_standard(sums.earning), tier))],
        Cause.MAKER_REBATE: [nano(expected + payout(sums.negative, tier))],
    }


def _at_standard(fees: Fees) -> Fees:
    """`fees` with every unknown affiliate rebate taken for the standard one."""
    taken: dict[Decimal | None, Decimal] = defaultdict(Decimal)
    for affiliate, fee in fees.items():
        taken[AFFILIATE_RATE if affiliate is None else affiliate] += fee
    return taken
