"""Each stream frozen alone, one after the other: `python -m tests.alerts.frozen` says how late alerts were.

With the patience of a real bot. No alert may be later than `LONGEST_S`.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import httpx

from bot.domain.alerts.alert import Condition, FundingLevel, FundingUnit, PriceLevel, PriceMove, Source, Trend
from bot.kernel.storage import Database
from bot.kernel.storage.migrations import migrate
from tests.alerts.support import PERP, SOL, Watch, open_watch

LONGEST_S = 15.0
Case = tuple[str, Condition, Callable[[Watch], Awaitable[None]]]


async def _spot(watch: Watch) -> None:
    watch.price("157")


async def _perp(watch: Watch) -> None:
    watch.price("157", PERP)


async def _premium(watch: Watch) -> None:
    watch.exchange.engine.world.markets[PERP].path.premium = Decimal("0.02")


CASES: tuple[Case, ...] = (
    (f"trade.{SOL}", PriceLevel(SOL, Decimal(155), Trend.UP), _spot),
    (f"trade.{SOL}", PriceMove(SOL, Decimal(3), 900_000, Trend.UP), _spot),
    (f"markPrice.{PERP}", PriceLevel(PERP, Decimal(155), Trend.UP, Source.MARK), _perp),
    (f"markPrice.{PERP}", PriceLevel(PERP, Decimal(155), Trend.UP, Source.INDEX), _perp),
    (f"markPrice.{PERP}", FundingLevel(PERP, Decimal(300), Trend.UP, FundingUnit.YEAR), _premium),
)


async def frozen(database: Database, case: Case) -> float:
    """Seconds between what happened and the firing."""
    prefix, condition, happens = case
    async with open_watch(database) as watch, httpx.AsyncClient(base_url=watch.exchange.rest_url) as admin:
        before = len(await watch.firings())
        await watch.arm(condition)
        await watch.settles()
        await asyncio.sleep(2)
        rule = {"action": "stream_drop", "match": {"path": prefix, "times": None}}
        (await admin.post("/sandbox/faults", json=[rule])).raise_for_status()
        await happens(watch)
        begun = time.monotonic()
        await watch.fires(before + 1, 4 * LONGEST_S)
        return time.monotonic() - begun


async def main() -> int:
    logging.disable(logging.WARNING)
    worst = 0.0
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{Path(folder) / 'frozen.sqlite3'}"
            migrate(url)
            database = Database.open(url)
            try:
                late_s = await frozen(database, case)
            finally:
                await database.close()
        worst = max(worst, late_s)
        print(f"{case[0]:28} {type(case[1]).__name__:14} {late_s:5.1f} s")
    print(f"worst {worst:.1f} s, allowed {LONGEST_S:g} s")
    return 0 if worst <= LONGEST_S else 1


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
