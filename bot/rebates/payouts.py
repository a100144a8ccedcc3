"""Recording what the exchange paid for a month, and saying why it is not what was expected."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import astuple, dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

from bot.domain.values import ZERO
from bot.kernel.storage import Database, audit
from bot.rebates.model.payout_lines import Known, reconcile_lines
from bot.rebates.model.payout_reconciliation import (
    LATE_MS,
    Paid,
    PayoutTerms,
    Reconciliation,
    reconcile_total,
)
from bot.rebates.model.programme import month_tier
from bot.rebates.model.rebate import Month, TierBasis, cents
from bot.rebates.storage import payouts
from bot.rebates.storage.ledger import api_volume
from bot.rebates.storage.tables import Payout

LINES_AT_ONCE: Final = 2_000  # written in one transaction
_AMOUNT: Final = re.compile(r"\$?(\d{1,3}(,\d{3}){1,2}|\d{1,9})(\.\d{1,2})?", re.ASCII)


def read_amount(text: str) -> Decimal | None:
    """Dollars and whole cents as people write them; None for anything else."""
    return Decimal(text.strip("$").replace(",", "")) if _AMOUNT.fullmatch(text) else None


class How(StrEnum):
    """What a payout is to those recorded for its month before."""

    FIRST = "first"  # nothing is recorded yet
    PART = "part"  # the month is paid in parts, and this is one more
    CORRECTION = "correction"  # what was recorded was wrong: this takes its place


@dataclass(frozen=True, slots=True)
class PayoutOutcome:
    """What a month was paid, in whole cents by part, against what the ledger expects."""

    month: Month
    terms: PayoutTerms
    found: Reconciliation
    amounts: tuple[Decimal, ...]
    lines: int  # 0: only the total is known
    how: How | None = None  # None: looked at, not recorded


@dataclass(frozen=True, slots=True)
class PayoutDraft:
    """A payout that was written down and counts once it is settled."""

    number: int
    month: Month
    amount: Decimal
    standing: tuple[Decimal, ...] = ()  # what is recorded for the month already
    seen: tuple[int, ...] = ()  # the numbers of those payouts
    is_known: bool = False  # the very lines are recorded already


class AlreadyRecorded(Exception):
    """Other payouts are recorded for the month than were seen: what this is must be said in their sight."""


class NotOpen(Exception):
    """No such draft, or it was settled before."""


class Payouts:
    """`basis` is the operator's setting."""

    def __init__(self, database: Database, *, basis: TierBasis, clock: Callable[[], int]) -> None:
        self._database = database
        self._basis = basis
        self._clock = clock

    async def terms(self, month: Month) -> PayoutTerms:
        """By what `month` is expected to be paid, as far as it has gone."""
        async with self._database.read() as session:
            volume = await api_volume(session, str(month))
            before = await api_volume(session, str(month.previous))
        return PayoutTerms(month, month_tier(self._basis, volume, before))

    async def draft(
        self, month: Month, amount: Decimal | None, user_id: int, lines: Sequence[Paid] = (), source: str = ""
    ) -> PayoutDraft:
        """Write down `amount` (whole cents; None: what the lines add up to), without booking anything."""
        paid = cents(sum((line.rebate for line in lines), ZERO)) if amount is None else amount
        row = Payout(month=str(month), amount=paid, at_ms=self._clock(), user_id=user_id, source=source)
        async with self._database.write() as session:
            number = await payouts.begin(session, row)
        for start in range(0, len(lines), LINES_AT_ONCE):
            async with self._database.write() as session:
                await payouts.add_lines(session, number, lines[start : start + LINES_AT_ONCE])
        return await self.again(number)

    async def again(self, number: int) -> PayoutDraft:
        """A draft beside what is recorded for its month by now. Raises NotOpen when it is none."""
        async with self._database.read() as session:
            row = await payouts.draft(session, number)
            standing = [] if row is None else await payouts.standing(session, row.month)
        if row is None:
            raise NotOpen
        lines = _faces(await self._lines(row))
        is_known = bool(lines) and lines in [_faces(await self._lines(one)) for one in standing]
        amounts, seen = tuple(one.amount for one in standing), tuple(one.id for one in standing)
        return PayoutDraft(number, Month.parse(row.month), row.amount, amounts, seen, is_known)

    async def settle(self, number: int, how: How, user_id: int, seen: Collection[int] = ()) -> PayoutOutcome:
        """Book a draft and the differences of its month; `seen` are the payouts whoever says `how` knows of.

        Raises AlreadyRecorded when others stand by now, NotOpen when it cannot be settled.
        """
        while True:
            async with self._database.read() as session:
                row = await payouts.draft(session, number)
                standing = [] if row is None else list(await payouts.standing(session, row.month))
            if row is None:
                raise NotOpen
            if {one.id for one in standing} != set(seen):
                raise AlreadyRecorded
            counted = [row] if how is How.CORRECTION else [*standing, row]
            month = Month.parse(row.month)
            outcome = await self._compare(month, counted, how if standing else How.FIRST)
            async with self._database.write() as session:
                known = [one.id for one in standing]
                corrects = how is How.CORRECTION
                if not await payouts.settle(session, row, outcome.found.parts, known, corrects=corrects):
                    continue
                detail = {
                    "month": row.month,
                    "payout": number,
                    "amount": row.amount,
                    "lines": outcome.lines,
                    "how": str(outcome.how),
                }
                await audit.append(session, self._clock(), user_id, "broker.payout", detail)
            return outcome

    async def look(self, month: Month) -> PayoutOutcome | None:
        """What is recorded, compared with the ledger as it is now; None when nothing is."""
        async with self._database.read() as session:
            standing = await payouts.standing(session, str(month))
        return await self._compare(month, standing, None) if standing else None

    async def _compare(self, month: Month, counted: Sequence[Payout], how: How | None) -> PayoutOutcome:
        """All parts of a month together; where one has no lines only totals can be compared."""
        terms, amounts = await self.terms(month), tuple(one.amount for one in counted)
        by_part = [await self._lines(one) for one in counted]
        lines = [line for part in by_part for line in part] if all(by_part) else []
        found = await self._reconcile(terms, sum(amounts, ZERO), lines)
        if len(counted) > 1:  # a line's number means nothing where there are several files
            found = replace(found, parts=tuple(replace(part, lines=()) for part in found.parts))
        return PayoutOutcome(month, terms, found, amounts, len(lines), how)

    async def _lines(self, payout: Payout) -> list[Paid]:
        number = payout.id
        return await self._database.survey(lambda session: payouts.lines_of(session, number))

    async def _reconcile(self, terms: PayoutTerms, paid: Decimal, lines: Sequence[Paid]) -> Reconciliation:
        if not lines:
            async with self._database.read() as session:
                sums = await payouts.sums(session, str(terms.month))
            return reconcile_total(sums, terms, paid)

        def compare(session: Session) -> Reconciliation:
            ours = payouts.expected_lines(session, str(terms.month))
            unknown = {line.order_id for line in lines if line.order_id} - {one.order_id for one in ours}
            late_ms = terms.month.start_ms - LATE_MS
            known = Known(
                payouts.orders_among(session, unknown),
                payouts.filled_since(session, unknown, str(terms.month.previous), late_ms),
            )
            return reconcile_lines(ours, lines, paid, terms, known)

        return await self._database.survey(compare)


def _faces(lines: Sequence[Paid]) -> Counter[tuple[object, ...]]:
    """What lines say, wherever in a file they stand."""
    return Counter(astuple(replace(line, line=0)) for line in lines)
