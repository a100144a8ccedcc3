"""A process that keeps the monthly run, for tests that let two race and kill one in the middle.

`python -m tests.rebates.jobs.month_racer DATABASE_URL NOW_MS LEASE_MS LIFE_S [hang]`. Its clock begins at
NOW_MS. It prints when it has claimed the month and when it has told it; with `hang` it stops between the two.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time

from bot.kernel.jobs import Runs, Schedule
from bot.kernel.storage import Database
from bot.rebates.chat.monthly import MonthlyReport
from bot.rebates.jobs.monthly import MonthEnd
from bot.rebates.model.rebate import Month, TierBasis
from bot.rebates.summary import Summaries

OPERATORS = (1001, 1002)


def say(text: str) -> None:
    print(text, flush=True)


async def race(url: str, now_ms: int, lease_ms: int, life_s: float, hang: bool) -> None:
    begun = time.monotonic()

    def clock() -> int:
        return now_ms + int((time.monotonic() - begun) * 1000)

    async def book() -> None:
        say("claimed")
        if hang:
            await asyncio.sleep(60)

    async def is_checked(_: Month) -> bool:
        return True

    database = Database.open(url)
    report = MonthlyReport(
        database, Summaries(database, TierBasis.MONTH, clock=clock), OPERATORS, clock=clock
    )
    schedule = Schedule()
    month_end = MonthEnd(report, is_checked=is_checked, book=book, committed=lambda: say("told"))
    schedule.durable(month_end.series(), Runs(database, clock=clock, lease_ms=lease_ms))
    schedule.start()
    say("ready")
    await asyncio.sleep(life_s)
    schedule.stop()
    await database.close()


def main() -> None:
    url, now_ms, lease_ms, life_s = sys.argv[1:5]
    signal.alarm(int(float(life_s)) + 30)  # nobody may forget this process
    asyncio.run(race(url, int(now_ms), int(lease_ms), float(life_s), "hang" in sys.argv[5:]))


if __name__ == "__main__":
    main()
