"""Jobs that come again every few seconds: after failures, after a stop, whatever the machine's clock does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import apscheduler.schedulers.base
import pytest

from bot.kernel.jobs import Schedule
from bot.kernel.jobs import schedule as schedule_module

NOON = 1_795_262_400_000  # 2026-11-21T12:00Z


async def test_a_look_asked_for_during_a_look_comes_after_it() -> None:
    looks: list[str] = []
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def look() -> int:
        looks.append("look")
        inside.set()
        await go_on.wait()
        return 10**15

    schedule = Schedule()
    schedule.when_due("posts", look, lambda: NOON)
    schedule.start()
    await inside.wait()
    schedule.look_again("posts")
    go_on.set()
    await _until(lambda: len(looks) == 2)
    schedule.stop()


async def test_a_failing_job_comes_again() -> None:
    calls: list[int] = []

    async def work() -> None:
        calls.append(1)
        raise RuntimeError

    schedule = Schedule()
    schedule.every(0.02, "broken", work)
    schedule.start()
    await _until(lambda: len(calls) >= 3)
    schedule.stop()


async def test_a_job_that_is_stopped_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    inside, ended = asyncio.Event(), asyncio.Event()

    async def look() -> int:
        inside.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return 0

    schedule = Schedule()
    schedule.when_due("posts", look, lambda: NOON)
    schedule.start()
    await inside.wait()
    schedule.stop()
    await ended.wait()
    await asyncio.sleep(0.01)
    assert "Traceback" not in caplog.text


async def test_a_machine_clock_set_back_by_an_hour_stops_no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """APScheduler alone would wait for the hour to pass again, and forward of it run every missed moment."""
    shift = timedelta(0)

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + shift

    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", Shifted)
    monkeypatch.setattr(schedule_module, "datetime", Shifted)
    monkeypatch.setattr(schedule_module, "CLOCK_CHECK_S", 0.05)
    calls: list[int] = []

    async def work() -> None:
        calls.append(1)

    schedule = Schedule(wall=lambda: Shifted.now().timestamp())
    schedule.every(0.05, "repair", work)
    schedule.start()
    await _until(lambda: len(calls) >= 2)
    for hours in (-1, 24 * 365 * 30, 0):
        shift = timedelta(hours=hours)
        calls.clear()
        await _until(lambda: len(calls) >= 3)
    schedule.stop()


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)
