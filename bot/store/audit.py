"""The audit chain: each row's hash covers the row before it, so nothing inside can be changed unnoticed.

A chain cut at its end looks whole; keep the head that `verify` returns somewhere else to notice that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.columns import refuse_floats
from bot.store.statements import insert_values
from bot.store.tables import AuditEntry

GENESIS = bytes(32)
_PAGE = 1_000

_TABLE: Any = AuditEntry.__table__  # type: ignore[attr-defined]
_LAST = _TABLE.c.seq.desc()
_TAIL = select(_TABLE.c.seq, _TABLE.c.hash).order_by(_LAST).limit(1)
# The same, for a statement that has a row to say anyway.
LAST_SEQ = select(_TABLE.c.seq).order_by(_LAST).limit(1).scalar_subquery()
LAST_HASH = select(_TABLE.c.hash).order_by(_LAST).limit(1).scalar_subquery()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome of checking the chain. `broken_at` is the first seq that does not fit, None if all do."""

    rows: int
    head: bytes
    broken_at: int | None = None

    @property
    def intact(self) -> bool:
        return self.broken_at is None


@dataclass(frozen=True, slots=True)
class Tail:
    """The link the chain ended with at some moment."""

    seq: int
    hash: bytes

    @classmethod
    def of(cls, seq: int | None, hash_: bytes | None) -> Tail:
        """None: there was none yet."""
        return cls(seq or 0, hash_ or GENESIS)


def canonical(detail: Mapping[str, Any]) -> str:
    """JSON with sorted keys and no spaces; decimals as strings, floats refused."""
    refuse_floats(detail)
    return msgspec.json.encode(detail, order="deterministic").decode()


def link_hash(row: Mapping[str, Any] | RowMapping) -> bytes:
    """SHA-256 of the JSON array [seq, at_ms, user_id, action, detail, hex of the previous hash]."""
    covered = [row["seq"], row["at_ms"], row["user_id"], row["action"], row["detail"]]
    return sha256(msgspec.json.encode([*covered, row["previous_hash"].hex()])).digest()


async def append(
    session: AsyncSession,
    at_ms: int,
    user_id: int | None,
    action: str,
    detail: Mapping[str, Any],
    after: Tail | None = None,
) -> None:
    """Add a row in the caller's transaction. `detail` must hold no secret.

    `after` spares a look where the caller knows what the chain ended with; it may have grown since.

    `seq` is what orders writers: who comes second waits for the first to end, and follows it. So the chain is
    held until the transaction ends: append last.
    """
    words, inserted = canonical(detail), None
    while inserted is None:
        tail, after = after or await _tail(session), None
        row = {
            "seq": tail.seq + 1,
            "at_ms": at_ms,
            "user_id": user_id,
            "action": action,
            "detail": words,
            "previous_hash": tail.hash,
        }
        inserted = await insert_values(session, AuditEntry, row | {"hash": link_hash(row)})


async def _tail(session: AsyncSession) -> Tail:
    found = (await session.execute(_TAIL)).one_or_none()
    return Tail.of(*found) if found is not None else Tail.of(None, None)


async def verify(session: AsyncSession) -> Verdict:
    """Walk the whole chain, page by page."""
    rows, head = 0, GENESIS
    while page := await _page(session, after=rows):
        for row in page:
            rows += 1
            if (row["seq"], row["previous_hash"], row["hash"]) != (rows, head, link_hash(row)):
                return Verdict(rows - 1, head, broken_at=row["seq"])
            head = row["hash"]
    return Verdict(rows, head)


async def _page(session: AsyncSession, after: int) -> Sequence[RowMapping]:
    statement = select(_TABLE).where(_TABLE.c.seq > after).order_by(_TABLE.c.seq).limit(_PAGE)
    return (await session.execute(statement)).mappings().all()
