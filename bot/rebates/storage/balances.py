"""Balances of the ledger's accounts by month, from its entries: what was taken back cancels itself."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.domain.values import ZERO
from bot.rebates.storage.tables import EntryKind, LedgerEntry


async def debited(session: AsyncSession, kinds: Collection[EntryKind]) -> dict[str, dict[str, Decimal]]:
    """By month, newest first, what entries of these kinds debited to each account, in USD; never zero."""
    amount = func.sum(col(LedgerEntry.amount))
    statement = (
        select(col(LedgerEntry.month), col(LedgerEntry.debit), amount)
        .where(col(LedgerEntry.kind).in_(kinds))
        .group_by(col(LedgerEntry.month), col(LedgerEntry.debit))
        .having(amount != ZERO)
        .order_by(col(LedgerEntry.month).desc(), col(LedgerEntry.debit))
    )
    balances: dict[str, dict[str, Decimal]] = {}
    for month, account, balance in (await session.execute(statement)).all():
        balances.setdefault(month, {})[account] = balance
    return balances
