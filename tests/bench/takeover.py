"""From the `kill -9` of the active process to the moment its standby listens, on the production lease."""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import uvloop
from rich.console import Console
from rich.table import Table

from tests.bench.remote import ROOT, open_town
from tests.bench.startup import READY, command, until

STANDING_BY_S = 3.0  # a standby has long seen whom it waits for
AIM_S = 10.0


def measure(database_url: str, times: int) -> list[float]:
    """Seconds of each takeover. The database is migrated and empty."""
    return uvloop.run(_measure(database_url, times))


async def _measure(database_url: str, times: int) -> list[float]:
    found = []
    async with open_town() as town:
        process = command(town, database_url, bring_up=False)
        for _ in range(times):
            async with _started(process) as active:
                await until(active, READY)
                async with _started(process) as standby:
                    await asyncio.sleep(STANDING_BY_S)
                    active.kill()
                    begun = time.perf_counter()
                    found.append(await until(standby, READY) - begun)
    return found


@asynccontextmanager
async def _started(command: Sequence[str]) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def show(console: Console, found: Sequence[float]) -> None:
    table = Table(title="Takeover after kill -9, PostgreSQL (s)", title_justify="left")
    for head in ("times", "median", "worst"):
        table.add_column(head, justify="right")
    worst = f"{max(found):.1f} (aim ≤ {AIM_S:g})"
    table.add_row(str(len(found)), f"{statistics.median(found):.1f}", worst)
    console.print(table)
