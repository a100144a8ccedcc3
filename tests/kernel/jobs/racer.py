"""A process that keeps a schedule, for tests that freeze it, kill it and let it race with another.

`python -m tests.kernel.jobs.racer DATABASE_URL NAME CATCH_UP PERIOD_MS LEASE_MS LIFE_S [hang]`. Each run
writes one outbox row in the transaction that ends it. With `hang` it claims a run, prints it and stops there.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time

from bot.kernel.jobs import CatchUp, RunContext, Runs, RunSeries, Schedule
from bot.kernel.recurrence import Every
from bot.kernel.storage import Database
from bot.notifications import outbox_rows
from bot.notifications.tables import OutboxMessage

NAME = "beat"
CHAT = 1001


def unix_ms() -> int:
    return time.time_ns() // 1_000_000


def say(text: str) -> None:
    print(text, flush=True)


class Racer:
    def __init__(self, name: str, hang: bool) -> None:
        self._name = name
        self._hang = hang

    async def work(self, run: RunContext) -> None:
        say(f"claimed {run.key}")
        if self._hang:
            await asyncio.sleep(60)
        text = f"{run.due_ms} {run.late_ms} {run.missed} {self._name}"
        async with run.finishing() as session:
            # No dedupe key: whether there is one row for one run is what the tests look at.
            await outbox_rows.enqueue(session, OutboxMessage(chat_id=CHAT, text=text, created_ms=unix_ms()))


async def race(url: str, name: str, catch_up: str, period: int, lease: int, life: float, hang: bool) -> None:
    database = Database.open(url)
    runs = Runs(database, clock=unix_ms, lease_ms=lease)
    schedule = Schedule()
    schedule.durable(RunSeries(NAME, Every(period), Racer(name, hang).work, CatchUp[catch_up]), runs)
    schedule.start()
    say("ready")
    await asyncio.sleep(life)
    schedule.stop()
    await database.close()


def main() -> None:
    url, name, catch_up, period, lease, life = sys.argv[1:7]
    signal.alarm(int(float(life)) + 30)  # nobody may forget this process
    asyncio.run(race(url, name, catch_up, int(period), int(lease), float(life), "hang" in sys.argv[7:]))


if __name__ == "__main__":
    main()
