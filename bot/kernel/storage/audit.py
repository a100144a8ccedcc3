"""The audit: 256 chains, a person's rows all in one. Each row's hash covers the row before it in its chain.

So nothing inside can be changed unnoticed. A chain cut at its end, or taken away, still looks whole;
keep the head that `verify` returns somewhere else to notice that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any, Final

import msgspec
from sqlalchemy import Dialect, RowMapping, bindparam, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.kernel.shards import shard_of
from bot.kernel.storage.columns import refuse_floats
from bot.kernel.storage.operating_tables import AuditEntry

GENESIS: Final = bytes(32)
_PAGE: Final = 1_000
_WRITTEN: Final = "audit shard"  # what a session remembers of its own rows

_TABLE: Any = AuditEntry.__table__  # type: ignore[attr-defined]
_LAST = _TABLE.c.seq.desc()
_IN_SHARD = _TABLE.c.shard == bindparam("audit_shard")
_TAIL = select(_TABLE.c.seq, _TABLE.c.hash).where(_IN_SHARD).order_by(_LAST).limit(1)
# The same, for a statement that has a row to say anyway; it binds `audit_shard`.
LAST_SEQ = select(_TABLE.c.seq).where(_IN_SHARD).order_by(_LAST).limit(1).scalar_subquery()
LAST_HASH = select(_TABLE.c.hash).where(_IN_SHARD).order_by(_LAST).limit(1).scalar_subquery()


@dataclass(frozen=True, slots=True)
class ChainPlace:
    """Where a row stands."""

    shard: int
    seq: int

    def __str__(self) -> str:
        return f"{self.seq} of shard {self.shard}"


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """Outcome of checking all chains. `head` covers the end of each; `broken_at`: the first row that does not
    fit, None if all do."""

    rows: int
    head: bytes
    broken_at: ChainPlace | None = None

    @property
    def intact(self) -> bool:
        return self.broken_at is None


@dataclass(frozen=True, slots=True)
class Tail:
    """The link a chain ended with at some moment."""

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
    """SHA-256 of the JSON array [shard, seq, at_ms, user_id, action, detail, hex of the previous hash]."""
    covered = [row["shard"], row["seq"], row["at_ms"], row["user_id"], row["action"], row["detail"]]
    return sha256(msgspec.json.encode([*covered, row["previous_hash"].hex()])).digest()


async def append(
    session: AsyncSession,
    at_ms: int,
    user_id: int | None,
    action: str,
    detail: Mapping[str, Any],
    after: Tail | None = None,
) -> None:
    """Add a row to the chain of `user_id`'s shard in the caller's transaction. `detail` must hold no secret.

    `after` spares a look where the caller knows what that chain ended with; it may have grown since.

    `seq` is what orders writers: who comes second waits for the first to end, and follows it. So the chain is
    held until the transaction ends: append last. Raises ValueError for rows of two shards in one transaction,
    the higher first: two such transactions would wait for each other.
    """
    words, shard, inserted = canonical(detail), shard_of(user_id), None
    if session.info.get(_WRITTEN, 0) > shard:
        raise ValueError("one transaction writes its audit rows in the order of their shards")
    session.info[_WRITTEN] = shard
    while inserted is None:
        tail, after = after or await _tail(session, shard), None
        row = {
            "shard": shard,
            "seq": tail.seq + 1,
            "at_ms": at_ms,
            "user_id": user_id,
            "action": action,
            "detail": words,
            "previous_hash": tail.hash,
        }
        inserted = await _insert(session, row | {"hash": link_hash(row)})


async def _insert(session: AsyncSession, row: Mapping[str, Any]) -> int | None:
    """The row's seq, None when there is such a row. In the driver's words: a confirmed order waits for it."""
    dialect = session.get_bind().dialect
    words, names = _words(dialect)
    values = tuple(row[name] for name in names)
    if dialect.name == "sqlite":
        found = session.sync_session.connection().exec_driver_sql(words, values).one_or_none()
    else:
        connection: Any = (await session.connection()).sync_connection
        cursor = await connection.connection.driver_connection.execute(words, values)
        found = await cursor.fetchone()
    return None if found is None else int(found[0])


@cache
def _words(dialect: Dialect) -> tuple[str, Sequence[str]]:
    """The statement, and the columns in the order it wants their values."""
    server = dialect.name == "postgresql"
    construct = postgresql.insert if server else sqlite.insert
    statement = construct(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.seq)
    plain: Dialect = postgresql.psycopg.dialect(paramstyle="format") if server else dialect  # type: ignore[no-untyped-call]
    compiled = statement.compile(dialect=plain)
    return str(compiled), tuple(compiled.positiontup or ())


async def _tail(session: AsyncSession, shard: int) -> Tail:
    found = (await session.execute(_TAIL, {"audit_shard": shard})).one_or_none()
    return Tail.of(*found) if found is not None else Tail.of(None, None)


async def verify(session: AsyncSession) -> AuditVerdict:
    """Walk every chain, page by page."""
    rows, last, heads = 0, ChainPlace(-1, 0), dict[int, Tail]()
    while page := await _page(session, last):
        for row in page:
            here = ChainPlace(row["shard"], row["seq"])
            before = heads.get(here.shard, Tail.of(None, None))
            if not _follows(row, before):
                return AuditVerdict(rows, _head(heads), broken_at=ChainPlace(here.shard, before.seq + 1))
            rows, last, heads[here.shard] = rows + 1, here, Tail(here.seq, row["hash"])
    return AuditVerdict(rows, _head(heads))


def _follows(row: RowMapping, before: Tail) -> bool:
    """Whether a row is the next of its chain, as it was written, and belongs there."""
    fits = (row["seq"], row["previous_hash"]) == (before.seq + 1, before.hash)
    return fits and row["hash"] == link_hash(row) and row["shard"] == shard_of(row["user_id"])


def _head(heads: Mapping[int, Tail]) -> bytes:
    """SHA-256 of the JSON array of [shard, seq, hex of the hash] of each chain's end, by shard."""
    if not heads:
        return GENESIS
    ends = [[shard, tail.seq, tail.hash.hex()] for shard, tail in sorted(heads.items())]
    return sha256(msgspec.json.encode(ends)).digest()


async def _page(session: AsyncSession, after: ChainPlace) -> Sequence[RowMapping]:
    place = tuple_(_TABLE.c.shard, _TABLE.c.seq)
    statement = select(_TABLE).where(place > (after.shard, after.seq)).order_by(_TABLE.c.shard, _TABLE.c.seq)
    return (await session.execute(statement.limit(_PAGE))).mappings().all()
