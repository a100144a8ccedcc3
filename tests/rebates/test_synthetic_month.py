"""200 users, 100,000 fills, ten faults: each is named with its exact amount, and all adds up to the cent."""

from __future__ import annotations

from decimal import Decimal as D

from bot.rebates.model.payout_lines import Known, reconcile_lines
from bot.rebates.model.payout_reconciliation import Cause
from bot.rebates.model.rebate import cents
from tests.rebates.synthetic import TERMS, a_month

FAULTS = set(Cause) - {Cause.UNEXPLAINED, Cause.NOT_OURS}


def test_all_ten_faults_are_named_with_their_exact_amounts() -> None:
    month = a_month()
    assert set(month.truth) == FAULTS
    assert len(month.ours) + len(month.by_cause[Cause.MISSING]) >= 100_000 - 500
    found = reconcile_lines(month.ours, month.theirs, month.paid, TERMS, Known(month.orders))
    told = {part.cause: part for part in found.parts}
    assert set(told) == FAULTS
    for cause in FAULTS - {Cause.ROUNDING}:
        assert told[cause].amount == month.truth[cause], cause
        assert set(told[cause].orders) == month.by_cause[cause], cause
    # The payment itself is rounded once more, and so is the month against its fills.
    of_lines = month.paid - sum((line.rebate for line in month.theirs), D(0))
    of_fills = sum((one.rebate(TERMS) for one in month.ours), D(0)) - found.expected
    assert told[Cause.ROUNDING].amount == month.truth[Cause.ROUNDING] + of_lines + of_fills
    assert found.expected + sum((part.amount for part in found.parts), D(0)) == month.paid
    expected, shown = found.in_cents
    assert expected == cents(found.expected)
    assert expected + sum(shown.values(), D(0)) == month.paid
