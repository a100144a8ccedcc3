"""Leases: one owner at a time, on the database's clock. Each taking counts the epoch up.

A transaction of the owner holds the row's key until it ends (`prove_lease`, `Database.prove`); taking the
lease waits for that, renewing it does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.kernel.storage.operating_tables import Lease
from bot.kernel.storage.upsert import insert_or_ignore

_LEASE: Any = Lease.__table__  # type: ignore[attr-defined]
_CLOCKS: Final = {  # unix milliseconds
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)",
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
}


@dataclass(frozen=True, slots=True)
class LeaseHeld:
    """Somebody's lease, and how much longer it holds; not at all: 0 or less."""

    owner: str
    left_ms: int


async def take(session: AsyncSession, name: str, owner: str, life_ms: int) -> int | None:
    """Make `owner` the next owner; the new epoch, or None while another's lease holds."""
    await insert_or_ignore(session, Lease(name=name, owner="", epoch=0, until_ms=0))
    free = (_LEASE.c.name == name) & (_LEASE.c.until_ms <= _now(session))
    if await session.scalar(select(_LEASE.c.epoch).where(free).with_for_update()) is None:
        return None
    taken = update(_LEASE).where(_LEASE.c.name == name).returning(_LEASE.c.epoch)
    until = _now(session) + life_ms
    epoch: int | None = await session.scalar(
        taken.values(owner=owner, epoch=_LEASE.c.epoch + 1, until_ms=until)
    )
    return epoch


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
