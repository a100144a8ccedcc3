"""Runs of the schedule: claimed by one insert or one conditional update, so that each is done once.

A claim is a lease. One that ran out (its process died, or stands still) may be taken over, and whoever lost
it can no longer finish: `attempts` counts the claims, and finishing names the claim it finishes.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.kernel.jobs.tables import Run
from bot.kernel.storage.upsert import insert_or_ignore


async def claim(session: AsyncSession, key: str, due_ms: int, now_ms: int, lease_ms: int) -> Run | None:
    """The run if it is ours to do now; None when it is done, or another's lease on it still holds.

    A lease taken by a clock that was wrong and ahead holds no longer than any other.
    """
    lease_until_ms = now_ms + lease_ms
    run = Run(key=key, due_ms=due_ms, claimed_ms=now_ms, lease_until_ms=lease_until_ms)
    if (created := await insert_or_ignore(session, run)) is not None:
        return created
    statement = (
        update(Run)
        .where(
            col(Run.key) == key,
            col(Run.done_ms).is_(None),
            or_(col(Run.lease_until_ms) <= now_ms, col(Run.claimed_ms) > now_ms + lease_ms),
        )
        .values(claimed_ms=now_ms, lease_until_ms=lease_until_ms, attempts=col(Run.attempts) + 1)
        .returning(Run)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return (await session.scalars(statement)).one_or_none()


async def release(session: AsyncSession, now_ms: int) -> None:
    """End the claims of a process that is no more. What failed keeps its pause."""
    claimed = update(Run).where(
        col(Run.done_ms).is_(None), col(Run.error).is_(None), col(Run.lease_until_ms) > now_ms
    )
    await session.execute(claimed.values(lease_until_ms=now_ms).execution_options(synchronize_session=False))


async def finish(session: AsyncSession, run: Run, now_ms: int) -> bool:
    """It is done. False if the lease was lost meanwhile: then nothing of this transaction may stay."""
    return await _settle(session, run, done_ms=now_ms, error=None)


async def is_done(session: AsyncSession, key: str) -> bool:
    """Whether the run was done by anybody."""
    statement = select(col(Run.key)).where(col(Run.key) == key, col(Run.done_ms).is_not(None))
    return (await session.scalars(statement)).one_or_none() is not None


async def fail(session: AsyncSession, run: Run, error: str, retry_ms: int) -> bool:
    """It failed, and may be claimed again at `retry_ms`."""
    return await _settle(session, run, lease_until_ms=retry_ms, error=error)


async def _settle(session: AsyncSession, run: Run, **values: object) -> bool:
    statement = (
        update(Run)
        .where(col(Run.key) == run.key, col(Run.done_ms).is_(None), col(Run.attempts) == run.attempts)
        .values(**values)
        .returning(col(Run.key))
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(statement)).one_or_none() is not None


async def skip(session: AsyncSession, keys: Sequence[str], now_ms: int, why: str) -> None:
    """Close runs nobody will do any more: a later one says what they would have said."""
    statement = update(Run).where(col(Run.key).in_(keys), col(Run.done_ms).is_(None))
    await session.execute(
        statement.values(done_ms=now_ms, error=why).execution_options(synchronize_session=False)
    )


async def begin_series(session: AsyncSession, name: str, now_ms: int) -> None:
    """Note since when runs named `name` are wanted: what was due before is nobody's loss."""
    since = Run(key=f"{name}:since", due_ms=now_ms, claimed_ms=now_ms, lease_until_ms=now_ms, done_ms=now_ms)
    if await insert_or_ignore(session, since) is None:  # noted by a clock that was ahead
        await session.execute(update(Run).where(col(Run.key) == since.key).values(due_ms=now_ms))


async def last_due_ms(session: AsyncSession, name: str, now_ms: int) -> int | None:
    """Up to when the runs of `name` are claimed or done; None before the series began.

    What a clock that was ahead ran of the future does not count.
    """
    statement = select(func.max(col(Run.due_ms))).where(_of(name), col(Run.due_ms) <= now_ms)
    return await session.scalar(statement)


async def unfinished(session: AsyncSession, name: str) -> Sequence[Run]:
    """Runs of `name` claimed and not done, the earliest due first."""
    statement = select(Run).where(_of(name), col(Run.done_ms).is_(None)).order_by(col(Run.due_ms))
    return (await session.scalars(statement)).all()


async def purge(session: AsyncSession, name: str, before_ms: int) -> None:
    """Delete the done runs of `name` due before then; only where something else remembers the last one."""
    await session.execute(
        delete(Run).where(_of(name), col(Run.done_ms).is_not(None), col(Run.due_ms) < before_ms)
    )


def _of(name: str) -> ColumnElement[bool]:
    return col(Run.key).startswith(f"{name}:", autoescape=True)
