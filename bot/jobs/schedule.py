"""Periodic work that keeps promises: look up doubtful orders, repair deaf streams, expire previews, tidy up.

Late is fine and twice is harmless for all of them; a run still busy is not started a second time.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

_log = logging.getLogger(__name__)


class Schedule:
    """APScheduler with its traps closed: late runs are not dropped, one run at a time, no pile-up."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def every(self, seconds: float, name: str, work: Callable[[], Awaitable[Any]]) -> None:
        """Run `work` every so often; an error is logged and the next run comes all the same."""

        async def guarded() -> None:
            try:
                await work()
            except Exception:
                _log.exception("job %s failed", name)

        self._scheduler.add_job(guarded, "interval", seconds=seconds, id=name)

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
