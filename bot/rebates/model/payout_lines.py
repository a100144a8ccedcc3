"""The exchange's lines against ours, order by order: each difference goes to the causes that make it up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from typing import Final

from bot.domain.values import ZERO
from bot.kernel.recurrence import DAY_MS
from bot.rebates.model.implied_rates import ImpliedRates, Sample, infer
from bot.rebates.model.payout_reconciliation import (
    LATE_MS,
    Cause,
    Expected,
    Explanation,
    Paid,
    PayoutTerms,
    Reconciliation,
    Sums,
    reconcile_total,
)
from bot.rebates.model.rebate import CENT, NANO, PRECISION, TierStanding, broker_share, nano, payout

_BEYOND: Final = {
    TierStanding.EXIT: Cause.EXITS,
    TierStanding.UNTAGGED: Cause.UNTAGGED,
    TierStanding.ELSEWHERE: Cause.NOT_OURS,
    TierStanding.SYSTEM: Cause.NOT_OURS,
}


@dataclass(frozen=True, slots=True)
class Known:
    """Orders of ours, by the exchange's ids: all of them, and those filled late in the month before."""

    orders: Collection[str] = frozenset()
    of_last_month: Collection[str] = frozenset()


@dataclass(slots=True)
class _Group:
    """What belongs together: by order, or by execution where every line names one."""

    ours: list[Expected] = field(default_factory=list)
    theirs: list[Paid] = field(default_factory=list)
    base: Decimal = ZERO  # the fees of ours that are expected to earn
    due: Decimal = ZERO  # the rebate expected for them

    @property
    def orders(self) -> set[str]:
        return {one.order_id for one in self.ours}

    @property
    def lines(self) -> list[int]:
        return [one.line for one in self.theirs]


def reconcile_lines(
    ours: Sequence[Expected], theirs: Sequence[Paid], paid: Decimal, terms: PayoutTerms, known: Known
) -> Reconciliation:
    """Compare line by line; `paid` in whole cents is the amount that arrived.

    Lines that name neither order nor execution cannot be told apart: then only the totals are compared.
    """
    with localcontext(prec=PRECISION):
        theirs = _with_orders(ours, theirs)
        sums = sums_of(ours)
        if not any(line.order_id for line in theirs):
            return reconcile_total(sums, terms, paid)
        expected = nano(payout(sums.earning, terms.tier))
        settling = _Settling(terms, known, _groups(ours, theirs, terms), theirs)
        settling.run()
        told = settling.told
        listed = sum((line.rebate for line in theirs), ZERO)
        beyond = paid - listed  # what the lines do not account for
        told.add(Cause.ROUNDING if abs(beyond) < CENT else Cause.UNEXPLAINED, beyond)
        told.add(Cause.ROUNDING, sum((one.rebate(terms) for one in ours), ZERO) - expected)
        return Reconciliation(expected, paid, told.parts())


def sums_of(ours: Iterable[Expected]) -> Sums:
    """Fills added up, as `reconcile_total` takes them."""
    earning, exits, counted, negative = (defaultdict[Decimal | None, Decimal](Decimal) for _ in range(4))
    for one in ours:
        earning[one.affiliate] += one.earning
        if one.standing is TierStanding.EXIT:
            counted[one.affiliate] += one.earning
            exits[one.affiliate] += max(ZERO, one.fee) - one.earning
        elif one.standing is TierStanding.TAGGED:
            negative[one.affiliate] += min(ZERO, one.fee)
    return Sums(earning, exits, counted, negative)


def _with_orders(ours: Sequence[Expected], theirs: Sequence[Paid]) -> Sequence[Paid]:
    """`theirs`, where a line names an execution only, with the order it can only belong to."""
    if all(line.order_id or line.trade_id is None for line in theirs):
        return theirs
    orders: dict[tuple[str, int | None], str | None] = {}
    for one in ours:
        key = one.symbol, one.trade_id
        orders[key] = one.order_id if orders.get(key, one.order_id) == one.order_id else None
    return [
        line if line.order_id else replace(line, order_id=orders.get((line.symbol or "", line.trade_id)))
        for line in theirs
    ]


def _groups(ours: Sequence[Expected], theirs: Sequence[Paid], terms: PayoutTerms) -> list[_Group]:
    by_trade = all(line.trade_id is not None for line in theirs if line.order_id)
    groups: dict[tuple[str | None, int | None], _Group] = defaultdict(_Group)
    for one in ours:
        group = groups[one.order_id, one.trade_id if by_trade else None]
        group.ours.append(one)
        group.base += one.earning
        group.due += one.rebate(terms)
    for line in theirs:
        groups[line.order_id, line.trade_id if by_trade else None].theirs.append(line)
    return list(groups.values())


def _grain(amounts: Iterable[Decimal]) -> Decimal:
    """What amounts are rounded to: a cent, or as many decimals as the finest of them has."""
    finest = min((int(amount.normalize().as_tuple().exponent) for amount in amounts if amount), default=-2)
    return max(NANO, Decimal(1).scaleb(min(-2, finest)))


class _Settling:
    """One pass over all groups."""

    def __init__(
        self, terms: PayoutTerms, known: Known, groups: list[_Group], theirs: Sequence[Paid]
    ) -> None:
        self.told = Explanation()
        self._terms = terms
        self._known = known
        self._groups = groups
        self._grain = _grain(line.rebate for line in theirs)
        self._fee_grain = _grain(line.fee for line in theirs if line.fee is not None)
        self._counted = {line.order_id for line in theirs}
        self._ours = {one.order_id for group in groups for one in group.ours}
        self._rates = ImpliedRates(terms.tier, {}, {})
        self._cutoff_ms = terms.month.end_ms

    def run(self) -> None:
        for group in self._groups:
            self._take_out_repeats(group)
        matched = [group for group in self._groups if group.ours and group.theirs]
        last_ms = max((one.at_ms for group in matched for one in group.ours), default=0)
        self._cutoff_ms = max(last_ms, self._terms.month.end_ms - LATE_MS)
        samples = [self._sample(group) for group in matched if group.base > 0]
        self._rates = infer(samples, self._terms.tier, self._grain)
        for group in self._groups:
            if not group.ours:
                self._unknown(group)
            elif not group.theirs:
                self._unpaid(group)
            else:
                self._compare(group)

    def _take_out_repeats(self, group: _Group) -> None:
        """A line that repeats another is paid twice, if without it all of ours is still paid for."""
        if len(group.theirs) < 2:
            return
        measure, needed = self._measure(group)
        left = sum((measure(line) for line in group.theirs), ZERO)
        seen = Counter[tuple[object, ...]]()
        kept = []
        for line in group.theirs:
            face = (line.rebate, line.account, line.symbol, line.at_ms, line.volume, line.fee)
            seen[face] += 1
            if seen[face] > 1 and left - measure(line) >= needed - CENT:
                left -= measure(line)
                self.told.add(Cause.TWICE, line.rebate, orders=group.orders, lines=[line.line])
            else:
                kept.append(line)
        group.theirs = kept

    def _measure(self, group: _Group) -> tuple[Callable[[Paid], Decimal], Decimal]:
        """What the lines of a group are compared by: volume, else fee, else rebate; and how much is ours."""
        if all(line.volume is not None for line in group.theirs):
            return (lambda line: line.volume or ZERO), sum((one.notional for one in group.ours), ZERO)
        if all(line.fee is not None for line in group.theirs):
            return (lambda line: line.fee or ZERO), sum((one.fee for one in group.ours), ZERO)
        return (lambda line: line.rebate), group.due

    def _their_fee(self, group: _Group) -> Decimal | None:
        """Their fee for the group; None when they do not say, or it differs by their rounding only."""
        fees = [line.fee for line in group.theirs if line.fee is not None]
        if len(fees) < len(group.theirs):
            return None
        fee = sum(fees, ZERO)
        return None if abs(fee - group.base) < self._fee_grain * len(fees) else fee

    def _sample(self, group: _Group) -> Sample:
        first, fee = group.ours[0], self._their_fee(group)
        return Sample(
            first.person,
            first.at_ms // DAY_MS,
            first.affiliate,
            fee if fee is not None and fee > 0 else group.base,
            sum((line.rebate for line in group.theirs), ZERO),
            len(group.theirs),
        )

    def _is_late(self, one: Expected) -> bool:
        """Of the last hours, and after everything that was paid for."""
        return one.at_ms > self._cutoff_ms

    def _unpaid(self, group: _Group) -> None:
        for one in group.ours:
            if self._is_late(one):
                cause = Cause.LATE
            elif one.standing is TierStanding.EXIT:
                cause = Cause.EXITS
            else:
                cause = Cause.UNEXPLAINED if one.order_id in self._counted else Cause.UNTAGGED
            self.told.add(cause, -one.rebate(self._terms), orders=[one.order_id])

    def _unknown(self, group: _Group) -> None:
        month = self._terms.month
        for line in group.theirs:
            in_month = line.at_ms is None or month.start_ms <= line.at_ms < month.end_ms
            is_ours = line.order_id in self._ours or line.order_id in self._known.orders
            if line.order_id is None:
                cause = Cause.UNEXPLAINED
            elif line.order_id in self._known.of_last_month and (line.at_ms is None or not in_month):
                cause = Cause.LATE
            elif not is_ours:
                cause = Cause.NOT_OURS
            else:
                cause = Cause.MISSING if in_month else Cause.LATE
            self.told.add(cause, line.rebate, orders=[line.order_id or ""], lines=[line.line])

    def _compare(self, group: _Group) -> None:
        rest = sum((line.rebate for line in group.theirs), ZERO) - group.due
        if not rest:
            return
        rest -= self._maker_rebate(group, rest)
        if group.base <= 0:
            first = group.ours[0]
            self._say(_BEYOND.get(first.standing, Cause.UNEXPLAINED), rest, group)
            return
        rest -= self._other_fee(group)
        rest -= self._other_share(group)
        self._say(Cause.ROUNDING if abs(rest) < CENT * len(group.theirs) else Cause.UNEXPLAINED, rest, group)

    def _maker_rebate(self, group: _Group, rest: Decimal) -> Decimal:
        """Negative fees taken off, if that is what is missing."""
        tagged = [one for one in group.ours if one.standing is TierStanding.TAGGED and one.fee < 0]
        taken = sum((nano(one.fee * broker_share(self._terms.tier, one.affiliate)) for one in tagged), ZERO)
        if not taken or rest >= 0:
            return ZERO
        if abs(rest - taken) >= CENT * len(group.theirs):
            return ZERO
        amount = taken if group.base > 0 else rest
        self._say(Cause.MAKER_REBATE, amount, group)
        return amount

    def _other_fee(self, group: _Group) -> Decimal:
        fee, first = self._their_fee(group), group.ours[0]
        if fee is None:
            return ZERO
        share = broker_share(self._terms.tier, first.affiliate)
        amount = nano(fee * share) - nano(group.base * share)
        self._say(self._cause_of_fee(group), amount, group)
        return amount

    def _cause_of_fee(self, group: _Group) -> Cause:
        """Why their fee is another: of another volume, or of the same at another price."""
        volumes = [line.volume for line in group.theirs if line.volume is not None]
        beyond = sum(volumes, ZERO) - sum((one.notional for one in group.ours), ZERO)
        if len(volumes) < len(group.theirs) or abs(beyond) < CENT * len(volumes):
            return Cause.FEE_PRICE
        if beyond > 0:
            return Cause.MISSING
        return Cause.LATE if any(map(self._is_late, group.ours)) else Cause.UNEXPLAINED

    def _other_share(self, group: _Group) -> Decimal:
        sample = self._sample(group)
        by_tier, by_both = (nano(sample.fee * share) for share in self._rates.explain(sample))
        expected = nano(sample.fee * broker_share(self._terms.tier, sample.affiliate))
        self._say(Cause.TIER, by_tier - expected, group)
        self._say(Cause.AFFILIATE, by_both - by_tier, group)
        return by_both - expected

    def _say(self, cause: Cause, amount: Decimal, group: _Group) -> None:
        self.told.add(cause, amount, orders=group.orders, lines=group.lines)
