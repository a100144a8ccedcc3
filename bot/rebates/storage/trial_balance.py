"""The trial balance of a month: two sides that are reckoned apart, so that they can disagree.

The credit side is what was written. The debit side is reckoned anew from what each row says of itself: price
and quantity of its fill, the fee in its own asset and that asset's price, the broker's fraction; an entry
that takes another back, from that other. docs/broker.md
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from bot.domain.values import ZERO
from bot.rebates.model.journal_entry import (
    ACCRUED,
    CONTINGENT,
    DOLLARS,
    FEE,
    JournalLeg,
    quote_of,
    volume_leg,
)
from bot.rebates.model.rebate import PRECISION, contingent_fee, earning_fee, nano
from bot.rebates.storage.payouts import UNDO
from bot.rebates.storage.tables import LedgerEntry, LedgerFill
from bot.trading.storage.tables import FillRow

SHOWN: Final = 20  # rows named
_PAGE: Final = 5_000
_COLUMNS: Final[tuple[Any, ...]] = (
    LedgerFill.id,
    LedgerFill.revision,
    LedgerFill.symbol,
    LedgerFill.standing,
    LedgerFill.fee_amount,
    LedgerFill.fee_price,
    LedgerFill.share,
    LedgerFill.notional,
    LedgerFill.fee,
    LedgerFill.earning,
    LedgerFill.accrued,
    LedgerFill.contingent,
    FillRow.price,
    FillRow.quantity,
)


@dataclass(slots=True)
class LedgerBalance:
    """What was put into one account, in USD: on the debit side, on the credit side."""

    debit: Decimal = ZERO
    credit: Decimal = ZERO


@dataclass(slots=True)
class TrialBalance:
    """A month by account, and the rows whose two sides differ (the first of them)."""

    accounts: dict[str, LedgerBalance] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    wrong_count: int = 0

    @property
    def debit(self) -> Decimal:
        return sum((balance.debit for balance in self.accounts.values()), ZERO)

    @property
    def credit(self) -> Decimal:
        return sum((balance.credit for balance in self.accounts.values()), ZERO)

    @property
    def is_balanced(self) -> bool:
        return self.debit == self.credit and not self.wrong_count

    def put(self, name: str, leg: JournalLeg, debit: Decimal, credit: Decimal) -> bool:
        """Enter both sides of an amount of the row `name`; whether they agree and both have an account."""
        if leg.debit:
            self.accounts.setdefault(leg.debit, LedgerBalance()).debit += debit
        if leg.credit:
            self.accounts.setdefault(leg.credit, LedgerBalance()).credit += credit
        if debit == credit and leg.debit and leg.credit and leg.debit != leg.credit:
            return True
        self.wrong_count += 1
        if len(self.wrong) < SHOWN:
            self.wrong.append(f"{name}: {leg.debit or '?'} {debit:f} ≠ {leg.credit or '?'} {credit:f}")
        return False


def trial_balance(session: Session, month: str) -> TrialBalance:
    """Every entry of `month` (`2026-10`), for `Database.survey`; memory stays flat."""
    found = TrialBalance()
    statement = (
        select(*_COLUMNS)
        .outerjoin(FillRow, col(FillRow.id) == col(LedgerFill.fill_id))
        .where(col(LedgerFill.month) == month)
        .order_by(col(LedgerFill.id))
        .execution_options(yield_per=_PAGE)
    )
    with localcontext(prec=PRECISION):
        for row in session.execute(statement):
            _put_fill(found, row)
        _put_entries(session, found, month)
    _compare_revisions(session, found, month)
    found.accounts = dict(sorted(found.accounts.items()))
    return found


def _put_fill(found: TrialBalance, row: Any) -> None:
    sign = -1 if row.revision % 2 else 1
    notional, fee = sign * row.notional, nano(row.fee_amount * (row.fee_price or ZERO))
    if row.price is not None and quote_of(row.symbol) in DOLLARS:
        notional = nano(row.price * row.quantity)
    name, standing = f"booking {row.id}", row.standing
    earning, open_ = earning_fee(standing, fee), contingent_fee(standing, fee)
    found.put(name, volume_leg(standing), sign * notional, row.notional)
    found.put(name, FEE, sign * fee, row.fee)
    found.put(name, ACCRUED, sign * nano(earning * row.share), row.accrued)
    found.put(name, CONTINGENT, sign * nano(open_ * row.share), row.contingent)


def _put_entries(session: Session, found: TrialBalance, month: str) -> None:
    undone = aliased(LedgerEntry)
    statement = (
        select(LedgerEntry, undone)
        .outerjoin(undone, UNDO + col(undone.key) == col(LedgerEntry.key))
        .where(col(LedgerEntry.month) == month)
        .order_by(col(LedgerEntry.id))
    )
    for entry, before in session.execute(statement):
        debit = entry.amount
        if entry.key.startswith(UNDO):
            debit = ZERO if before is None else -before.amount
        found.put(f"entry {entry.key}", JournalLeg(entry.debit, entry.credit), debit, entry.amount)


def _compare_revisions(session: Session, found: TrialBalance, month: str) -> None:
    """What takes a booking back is of the very amounts that were booked: together they are nothing."""
    booked, later = aliased(LedgerFill), aliased(LedgerFill)
    left = (
        col(booked.notional) + col(later.notional),
        col(booked.fee) + col(later.fee),
        col(booked.accrued) + col(later.accrued),
        col(booked.contingent) + col(later.contingent),
    )
    statement = (
        select(col(later.id), *left)
        .join(booked, col(booked.fill_id) == col(later.fill_id))
        .where(
            col(later.month) == month,
            col(later.revision) % 2 == 1,
            col(booked.revision) == col(later.revision) - 1,
            or_(*(amount != 0 for amount in left)),
        )
    )
    for row_id, *amounts in session.execute(statement):
        beyond = next(amount for amount in amounts if amount)
        found.put(f"reversal {row_id}", JournalLeg("reversals", "bookings"), ZERO, beyond)
