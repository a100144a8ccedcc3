"""Recording what the exchange paid for a month, and saying why it is not what was expected."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session

from bot.domain.payout_lines import Known, reconcile_lines
from bot.domain.programme import month_tier
from bot.domain.rebate import Month, TierBasis, cents
from bot.domain.reconcile import LATE_MS, Paid, Reconciliation, Terms, reconcile_total
from bot.domain.values import ZERO
from bot.store import Database, audit, payouts
from bot.store.broker_tables import Payout
from bot.store.ledger import api_volume

LINES_AT_ONCE: Final = 2_000  # written in one transaction
_AMOUNT: Final = re.compile(r"\$?(\d{1,3}(,\d{3}){1,2}|\d{1,9})(\.\d{1,2})?", re.ASCII)


def read_amount(text: str) -> Decimal | None:
    """Dollars and whole cents as people write them; None for anything else."""
    return Decimal(text.strip("$").replace(",", "")) if _AMOUNT.fullmatch(text) else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A recorded payout against what the ledger expects."""

    month: Month
    terms: Terms
    found: Reconciliation
    lines: int  # 0: only the total is known
    corrects: bool = False  # an earlier record of the month was taken back


class Payouts:
    """`basis` is the operator's setting."""

    def __init__(self, database: Database, *, basis: TierBasis, clock: Callable[[], int]) -> None:
        self._database = database
        self._basis = basis
        self._clock = clock

    async def terms(self, month: Month) -> Terms:
        """By what `month` is expected to be paid, as far as it has gone."""
        async with self._database.read() as session:
            volume = await api_volume(session, str(month))
            before = await api_volume(session, str(month.previous))
        return Terms(month, month_tier(self._basis, volume, before))

    async def record(
        self, month: Month, amount: Decimal | None, user_id: int, lines: Sequence[Paid] = (), source: str = ""
    ) -> Outcome:
        """Book `amount` (whole cents; None: what the lines add up to) and its differences."""
        paid = cents(sum((line.rebate for line in lines), ZERO)) if amount is None else amount
        terms = await self.terms(month)
        found = await self._reconcile(terms, paid, lines)
        now_ms = self._clock()
        row = Payout(month=str(month), amount=paid, at_ms=now_ms, user_id=user_id, source=source)
        async with self._database.write() as session:
            number = await payouts.begin(session, row)
        for start in range(0, len(lines), LINES_AT_ONCE):
            async with self._database.write() as session:
                await payouts.add_lines(session, number, lines[start : start + LINES_AT_ONCE])
        async with self._database.write() as session:
            corrects = await payouts.settle(session, row, found.parts)
            detail = {"month": str(month), "payout": number, "amount": paid, "lines": len(lines)}
            await audit.append(session, now_ms, user_id, "broker.payout", detail)
        return Outcome(month, terms, found, len(lines), corrects)

    async def look(self, month: Month) -> Outcome | None:
        """What was recorded last, compared with the ledger as it is now; None when nothing was."""
        async with self._database.read() as session:
            payout = await payouts.latest(session, str(month))
        if payout is None:
            return None
        number = payout.id
        lines = await self._database.survey(lambda session: payouts.lines_of(session, number))
        terms = await self.terms(month)
        return Outcome(month, terms, await self._reconcile(terms, payout.amount, lines), len(lines))

    async def _reconcile(self, terms: Terms, paid: Decimal, lines: Sequence[Paid]) -> Reconciliation:
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
