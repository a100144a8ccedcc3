"""Statements and what closing a month books: numbered, chained, never changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.domain.values import ZERO
from bot.kernel.storage.upsert import insert_or_ignore
from bot.notifications.tables import Chat
from bot.rebates.model.statement import GENESIS, SealedStatement, hash_of
from bot.rebates.storage.tables import EntryKind, LedgerEntry, Statement

_PAGE = 500
_LOCK = text("SELECT pg_advisory_xact_lock(7226277)")


async def lock(session: AsyncSession) -> None:
    """Hold the chain until the transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(_LOCK)


async def settle_to(
    session: AsyncSession, kind: EntryKind, month: str, debit: str, credit: str, amount: Decimal, at_ms: int
) -> None:
    """Bring what is booked of this kind between two accounts to `amount`, by at most one further row."""
    statement = select(func.count(), func.sum(col(LedgerEntry.amount))).where(
        col(LedgerEntry.month) == month,
        col(LedgerEntry.kind) == kind,
        col(LedgerEntry.debit) == debit,
        col(LedgerEntry.credit) == credit,
    )
    rows, booked = (await session.execute(statement)).one()
    if amount == (booked or ZERO):
        return
    entry = LedgerEntry(
        key=f"{kind}:{month}:{credit}:{rows + 1}",
        month=month,
        at_ms=at_ms,
        kind=kind,
        debit=debit,
        credit=credit,
        amount=amount - (booked or ZERO),
    )
    await insert_or_ignore(session, entry)


async def payable(session: AsyncSession, month: str) -> Sequence[str]:
    """The accounts of parties that were ever given a share of `month`."""
    statement = select(col(LedgerEntry.credit)).where(
        col(LedgerEntry.month) == month, col(LedgerEntry.kind) == EntryKind.SHARE
    )
    return (await session.scalars(statement.distinct())).all()


async def get(
    session: AsyncSession, month: str, party: str, revision: int | None = None
) -> SealedStatement | None:
    """One revision of a party's statement, by default the last."""
    statement = select(Statement).where(col(Statement.month) == month, col(Statement.party) == party)
    if revision is not None:
        statement = statement.where(col(Statement.revision) == revision)
    found = (await session.scalars(statement.order_by(col(Statement.revision).desc()).limit(1))).one_or_none()
    return None if found is None else _sealed(found)


async def of_month(session: AsyncSession, month: str) -> list[SealedStatement]:
    """Every statement of `month`, in the order of their numbers."""
    statement = select(Statement).where(col(Statement.month) == month).order_by(col(Statement.number))
    return [_sealed(row) for row in (await session.scalars(statement)).all()]


async def page(session: AsyncSession, after: int) -> list[SealedStatement]:
    """The next statements, of whatever month, in the order of their numbers."""
    statement = select(Statement).where(col(Statement.number) > after).order_by(col(Statement.number))
    return [_sealed(row) for row in (await session.scalars(statement.limit(_PAGE))).all()]


async def append(
    session: AsyncSession,
    month: str,
    party: str,
    revision: int,
    body: str,
    at_ms: int,
    public_key: bytes,
    sign: Callable[[bytes], bytes],
) -> SealedStatement:
    """Add the next number; the caller holds the lock. `sign` is given the hash."""
    tail = select(col(Statement.number), col(Statement.hash)).order_by(col(Statement.number).desc()).limit(1)
    last = (await session.execute(tail)).one_or_none()
    number, previous = (last.number + 1, last.hash) if last else (1, GENESIS)
    own = hash_of(number, month, party, revision, at_ms, body, previous)
    sealed = SealedStatement(
        number, month, party, revision, at_ms, body, previous, own, public_key, sign(own)
    )
    session.add(Statement(**{name: getattr(sealed, name) for name in SealedStatement.__slots__}))
    await session.flush()
    return sealed


async def moved_groups(session: AsyncSession) -> dict[int, int]:
    """Where groups that became supergroups went."""
    rows = await session.execute(
        select(col(Chat.id), col(Chat.moved_to)).where(col(Chat.moved_to).is_not(None))
    )
    return {old: new for old, new in rows.all() if new is not None}


def _sealed(row: Statement) -> SealedStatement:
    return SealedStatement(**{name: getattr(row, name) for name in SealedStatement.__slots__})
