"""Leases: one owner at a time, on the database's clock. Each taking counts the epoch up.

A transaction of the owner holds the row's key until it ends (`prove_lease`, `Database.prove`): until then
nobody takes the lease. Renewing it does not wait for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, literal_column, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.kernel.storage.operating_tables import Lease
from bot.kernel.storage.upsert import insert_or_ignore

_LEASE: Any = Lease.__table__  # type: ignore[attr-defined]
_CLOCKS: Final = {  # unix milliseconds
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)",
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
}

# What proved a lease holds this lock on its table, and nothing else does for longer than a moment.
_END_FROZEN: Final = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Client'"
    " AND xact_start < clock_timestamp() - make_interval(secs => :silent_s)"
    " AND pid IN (SELECT pid FROM pg_locks WHERE relation = 'lease'::regclass AND mode = 'RowShareLock')"
)


@dataclass(frozen=True, slots=True)
class LeaseHeld:
    """Somebody's lease, and how much longer it holds; not at all: 0 or less."""

    owner: str
    left_ms: int


async def take(session: AsyncSession, name: str, owner: str, life_ms: int) -> int | None:
    """Make `owner` the next owner; the new epoch, or None while another's lease or transaction holds."""
    await insert_or_ignore(session, Lease(name=name, owner="", epoch=0, until_ms=0))
    free = (_LEASE.c.name == name) & (_LEASE.c.until_ms <= _now(session))
    if await session.scalar(select(_LEASE.c.epoch).where(free).with_for_update(skip_locked=True)) is None:
        return None
    taken = update(_LEASE).where(_LEASE.c.name == name).returning(_LEASE.c.epoch)
    until = _now(session) + life_ms
    epoch: int | None = await session.scalar(
        taken.values(owner=owner, epoch=_LEASE.c.epoch + 1, until_ms=until)
    )
    return epoch


async def end_frozen(session: AsyncSession, silent_ms: int) -> int:
    """End the transactions under the lease whose process has been silent for so long; how many there were.

    PostgreSQL does so by itself, but not with one whose process froze in the middle of a question.
    """
    if session.get_bind().dialect.name != "postgresql":
        return 0
    return int(await session.scalar(_END_FROZEN, {"silent_s": silent_ms / 1000}) or 0)


async def renew(session: AsyncSession, name: str, epoch: int, life_ms: int) -> bool:
    """Hold on to it for `life_ms` from now; False when somebody has taken it."""
    return await _change(session, name, epoch, _now(session) + life_ms)


async def hand_back(session: AsyncSession, name: str, epoch: int) -> None:
    """Let the next one have it at once."""
    await _change(session, name, epoch, _now(session))


async def held(session: AsyncSession, name: str) -> LeaseHeld | None:
    """Who has it, or had it last; None before the first."""
    left = _LEASE.c.until_ms - _now(session)
    found = (await session.execute(select(_LEASE.c.owner, left).where(_LEASE.c.name == name))).one_or_none()
    return None if found is None or not found[0] else LeaseHeld(*found)


async def _change(session: AsyncSession, name: str, epoch: int, until_ms: ColumnElement[int]) -> bool:
    mine = (_LEASE.c.name == name) & (_LEASE.c.epoch == epoch)
    changed = update(_LEASE).where(mine).values(until_ms=until_ms).returning(_LEASE.c.epoch)
    return await session.scalar(changed) is not None


def _now(session: AsyncSession) -> ColumnElement[int]:
    return literal_column(_CLOCKS[session.get_bind().dialect.name])
