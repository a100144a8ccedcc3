"""What a monthly summary needs beside the sums: which months there are, names, what is still to be booked."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from bot.notifications.tables import Chat
from bot.rebates.model.rebate import Month
from bot.rebates.storage.tables import LedgerFill, Person
from bot.trading.storage.tables import FillRow

BATCH = 500  # of ids in one statement


def months(session: Session, most: int) -> list[Month]:
    """The newest months with an entry, at most so many: one step of the index for each."""
    found: list[Month] = []
    newest = select(func.max(col(LedgerFill.month)))
    month = session.scalar(newest)
    while month is not None and len(found) < most:
        found.append(Month.parse(month))
        month = session.scalar(newest.where(col(LedgerFill.month) < month))
    return found


def people(session: Session, ids: Collection[int]) -> Iterator[Person]:
    """Those of the ledger."""
    for some in _batches(ids):
        yield from session.scalars(select(Person).where(col(Person.id).in_(some)))


def titles(session: Session, chat_ids: Collection[int]) -> dict[int, str]:
    """The names of groups the bot knows."""
    known: dict[int, str] = {}
    for some in _batches(chat_ids):
        statement = select(col(Chat.id), col(Chat.title)).where(col(Chat.id).in_(some))
        known.update((chat, title) for chat, title in session.execute(statement))
    return known


def unbooked(session: Session, month: Month) -> int:
    """Fills of the month that the ledger has not taken in yet."""
    statement = select(func.count()).where(
        col(FillRow.booked_ms).is_(None),
        col(FillRow.timestamp_ms) >= month.start_ms,
        col(FillRow.timestamp_ms) < month.end_ms,
    )
    return session.scalar(statement) or 0


def _batches(ids: Collection[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), BATCH):
        yield ordered[start : start + BATCH]
