"""The audit chain: each row's hash covers the row before it, so nothing inside can be changed unnoticed.

A chain cut at its end looks whole; keep the head that `verify` returns somewhere else to notice that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.store.columns import refuse_floats
from bot.store.statements import insert_or_ignore
from bot.store.tables import AuditEntry

GENESIS = bytes(32)
_PAGE = 1_000

_TAIL = select(col(AuditEntry.seq), col(AuditEntry.hash)).order_by(col(AuditEntry.seq).desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome of checking the chain. `broken_at` is the first seq that does not fit, None if all do."""

    rows: int
    head: bytes
    broken_at: int | None = None

    @property
    def intact(self) -> bool:
        return self.broken_at is None


def canonical(detail: Mapping[str, Any]) -> str:
    """JSON with sorted keys and no spaces; decimals as strings, floats refused."""
    refuse_floats(detail)
    return msgspec.json.encode(detail, order="deterministic").decode()


def link_hash(entry: AuditEntry) -> bytes:
    """SHA-256 of the JSON array [seq, at_ms, user_id, action, detail, hex of the previous hash]."""
    covered = [entry.seq, entry.at_ms, entry.user_id, entry.action, entry.detail, entry.previous_hash.hex()]
    return sha256(msgspec.json.encode(covered)).digest()


async def append(
    session: AsyncSession, at_ms: int, user_id: int | None, action: str, detail: Mapping[str, Any]
) -> AuditEntry:
    """Add a row in the caller's transaction. `detail` must hold no secret.

    `seq` is what orders writers: who comes second waits for the first to end, and follows it. So the chain is
    held until the transaction ends: append last.
    """
    words = canonical(detail)
    while True:
        tail = (await session.execute(_TAIL)).one_or_none()
        seq, previous = (tail.seq + 1, tail.hash) if tail else (1, GENESIS)
        entry = AuditEntry(
            seq=seq,
            at_ms=at_ms,
            user_id=user_id,
            action=action,
            detail=words,
            previous_hash=previous,
            hash=b"",
        )
        entry.hash = link_hash(entry)
        if await insert_or_ignore(session, entry) is not None:
            return entry


async def verify(session: AsyncSession) -> Verdict:
    """Walk the whole chain, page by page."""
    rows, head = 0, GENESIS
    while page := await _page(session, after=rows):
        for entry in page:
            rows += 1
            if (entry.seq, entry.previous_hash, entry.hash) != (rows, head, link_hash(entry)):
                return Verdict(rows - 1, head, broken_at=entry.seq)
            head = entry.hash
        session.expunge_all()
    return Verdict(rows, head)


async def _page(session: AsyncSession, after: int) -> Sequence[AuditEntry]:
    statement = (
        select(AuditEntry).where(col(AuditEntry.seq) > after).order_by(col(AuditEntry.seq)).limit(_PAGE)
    )
    return (await session.scalars(statement)).all()
