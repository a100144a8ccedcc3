"""The markets somebody saw last: the difference to today's list is news, for one teller."""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.kernel.storage.upsert import insert_or_ignore
from bot.marketdata.tables import KnownMarket


async def states(session: AsyncSession) -> dict[str, str]:
    """The state of every listed market by its symbol; empty before the first look."""
    rows = await session.execute(select(col(KnownMarket.symbol), col(KnownMarket.state)))
    return {str(symbol): str(state) for symbol, state in rows}


async def change(session: AsyncSession, symbol: str, before: str | None, after: str | None) -> bool:
    """Note that a market went from one state to another (None: not listed); False when somebody did."""
    if before is None:
        return await insert_or_ignore(session, KnownMarket(symbol=symbol, state=after or "")) is not None
    as_known = col(KnownMarket.symbol) == symbol, col(KnownMarket.state) == before
    statement = (
        delete(KnownMarket).where(*as_known)
        if after is None
        else update(KnownMarket).where(*as_known).values(state=after)
    )
    result = await session.execute(statement.execution_options(synchronize_session=False))
    return bool(result.rowcount)  # type: ignore[attr-defined]
