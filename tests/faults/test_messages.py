"""Killed with messages in hand: every one is answered after the restart, and none is acted on twice."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.alerts.storage.tables import Alert
from bot.kernel.storage import Database
from bot.sandbox.exchange import ExchangeConfig, SandboxExchange
from bot.sandbox.telegram import ChatDriver, Limits, SandboxTelegram, TelegramConfig
from tests.faults.bot_process import Job, new_count
from tests.faults.databases import ALICE, Kind, template, workshop
from tests.faults.nursery import Nursery

MESSAGES = 30
DEATHS = (2, 150, 700)  # steps of the event loop since the first message was taken
NO_RATES = Limits(per_second=None, per_chat_second=None, per_group_minute=None)


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_thirty_messages_survive_a_kill(kind: Kind, request: pytest.FixtureRequest) -> None:
    if kind == "postgres":
        request.getfixturevalue("postgres_server")
    with workshop() as folder:
        async with template(kind, folder) as home, Nursery() as nursery:
            for number, step in enumerate(DEATHS):
                own = folder / f"{kind}-{number}"
                own.mkdir()
                async with home.copy(own) as url:
                    await _life_and_death(nursery, url, home.master_key, own, step)


async def _life_and_death(nursery: Nursery, url: str, master_key: str, folder: Path, step: int) -> None:
    async with (
        SandboxExchange(ExchangeConfig(moving=False)) as exchange,
        SandboxTelegram(TelegramConfig(limits=NO_RATES)) as telegram,
        ChatDriver(telegram.url) as driver,
    ):
        alice = driver.as_user(ALICE)

        def job(name: str, armed_by: str, die_at: int | None) -> Job:
            return Job(
                rest_url=exchange.rest_url,
                ws_url=exchange.ws_url,
                telegram_url=telegram.url,
                token=telegram.config.token,
                database_url=url,
                master_key=master_key,
                steps_file=str(new_count(folder / f"steps-{name}")),
                log_file=str(folder / "bot.log"),
                die_at=die_at,
                armed_by=armed_by,
            )

        lines = [f"alert sol > {200 + number}" for number in range(MESSAGES)]
        for line in lines:
            await alice.send(line)
        first = await nursery.fork(job("first", "message", step))
        async with asyncio.timeout(40):
            await first.ended
        heir = await nursery.fork(job("second", "never", None))
        try:
            await _all_done(alice, url, lines)
        finally:
            await nursery.kill(heir)


async def _all_done(alice: object, url: str, lines: list[str]) -> None:
    database = Database.open(url)
    deadline = time.monotonic() + 40
    try:
        while True:
            async with database.read() as session:
                levels = sorted(int(one.level or 0) for one in (await session.scalars(select(Alert))).all())
            told = [m.text for m in await alice.messages() if m.from_bot]  # type: ignore[attr-defined]
            silent = [line for line in lines if not any(f"${line[-3:]}" in text for text in told)]
            if not silent and levels == list(range(200, 200 + MESSAGES)):
                return
            assert len(levels) == len(set(levels)), f"acted on twice: {levels}"
            assert time.monotonic() < deadline, f"never answered: {silent}; {levels}"
            await asyncio.sleep(0.2)
    finally:
        await database.close()
