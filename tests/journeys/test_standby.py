"""`rucksack run` twice on one database: one is active, the other says that it stands by, and takes over."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from bot.alerts.storage.tables import Alert
from bot.kernel.storage import Database
from bot.sandbox.exchange import ExchangeConfig, SandboxExchange
from bot.sandbox.telegram import ChatDriver, SandboxTelegram, TelegramConfig
from bot.vault import add_master_key
from tests.support.command_line import COMMAND, environment
from tests.support.world import BROKER_ID, CAROL, NO_LIMITS, Person, World

pytestmark = pytest.mark.both_databases

TAKEN_OVER_S = 10


class Process:
    """One `rucksack run`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def says(self, words: str, seconds: float = 40) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(seconds):
            while line := (await self.process.stdout.readline()).decode():
                if words in line:
                    return line
        raise AssertionError(f"it ended without {words!r}")


@contextlib.asynccontextmanager
async def places(folder: Path, database_url: str) -> AsyncIterator[tuple[World, dict[str, str]]]:
    """Both sandboxes, and the settings of whoever works between them."""
    add_master_key(folder / "keys")
    exchange = SandboxExchange(ExchangeConfig(moving=False))
    telegram = SandboxTelegram(TelegramConfig(limits=NO_LIMITS))
    async with contextlib.AsyncExitStack() as stack:
        await exchange.start()
        stack.push_async_callback(exchange.stop)
        await telegram.start()
        stack.push_async_callback(telegram.stop)
        chats = await stack.enter_async_context(ChatDriver(telegram.url))
        admin = await stack.enter_async_context(httpx.AsyncClient(base_url=exchange.rest_url, timeout=10))
        settings = {
            "TELEGRAM_BOT_TOKEN": telegram.config.token,
            "TELEGRAM_API_URL": telegram.url,
            "BACKPACK_API_URL": exchange.rest_url,
            "BACKPACK_WS_URL": exchange.ws_url,
            "BACKPACK_BROKER_ID": str(BROKER_ID),
            "DATABASE_URL": database_url,
            "VAULT_MASTER_KEY_FILE": str(folder / "keys"),
            "ADMIN_USER_IDS": "1001",
            "ACCESS": "open",
            "DASHBOARD_PORT": "off",
        }
        yield World(exchange, telegram, None, chats, admin), settings  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def rucksack(folder: Path, settings: dict[str, str]) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        "run",
        cwd=folder,
        env=environment(PYTHONUNBUFFERED="1", **settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=sys.stderr,
    )
    try:
        yield Process(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def trades(world: World, carol: Person) -> None:
    """One order by one tap, whoever is active."""
    before = len(await world.sent())
    preview = await carol.says("long sol $200", "Account")
    await carol.taps("✅", "Filled", on=preview.id)
    assert len(await world.sent()) == before + 1


async def test_a_standby_says_so_and_takes_over(database_url: str, tmp_path: Path) -> None:
    """On a server: the active process is frozen, comes back as the standby, and is handed the lease."""
    if database_url.startswith("sqlite"):
        return  # the same lease (tests/app/test_lease.py); processes are dear
    async with (
        places(tmp_path, database_url) as (world, settings),
        rucksack(tmp_path, settings) as first,
    ):
        await first.says("is listening")
        carol = world.person(CAROL)
        await carol.links("Carol")
        async with rucksack(tmp_path, settings) as second:
            assert f"process {first.process.pid}" in await second.says("Standing by")
            await trades(world, carol)
            preview = await carol.says("long sol $300", "Account")
            first.process.send_signal(signal.SIGSTOP)
            gone_s = time.monotonic()
            await carol.chat.tap("✅", preview.id)  # nobody hears it now
            await second.says("is listening", TAKEN_OVER_S)
            left_s = TAKEN_OVER_S - (time.monotonic() - gone_s)
            await carol.chat.wait_for(lambda m: m.id == preview.id and "Filled" in m.text, left_s)
            first.process.send_signal(signal.SIGCONT)
            assert f"process {second.process.pid}" in await first.says("Standing by")
            await trades(world, carol)
            assert len(await world.sent()) == 3
            second.process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(second.process.wait(), 20) == 0
            await first.says("is listening", 5)  # handed back: no lease runs out first
            await trades(world, carol)


async def test_a_process_that_is_stopped_leaves_what_it_holds_to_the_next(
    database_url: str, tmp_path: Path
) -> None:
    """Twelve lines are under way when SIGTERM comes: each is answered, before or after, and acted on once."""
    if database_url.startswith("sqlite"):
        return  # the same intake; processes are dear
    levels = range(200, 212)  # about one answer a second is what Telegram lets a chat hear
    async with places(tmp_path, database_url) as (world, settings):
        carol = world.person(CAROL)
        async with rucksack(tmp_path, settings) as first:
            await first.says("is listening")
            await carol.says("/start", "Rucksack")
            for level in levels:
                await carol.chat.send(f"alert sol > {level}")
            await carol.chat.wait_for(lambda m: m.from_bot and "$200" in m.text)
            first.process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(first.process.wait(), 20) == 0
        before = [m.text for m in await carol.chat.messages() if m.from_bot]
        assert not any("$211" in text for text in before), "nothing was left to do"
        async with rucksack(tmp_path, settings) as second:
            await second.says("is listening")
            await carol.chat.wait_for(lambda m: m.from_bot and "$211" in m.text, 60)
            told = [m.text for m in await carol.chat.messages() if m.from_bot]
        assert [level for level in levels if not any(f"${level}" in text for text in told)] == []
    database = Database.open(database_url)
    async with database.read() as session:
        armed = sorted(int(one.level or 0) for one in (await session.scalars(select(Alert))).all())
    await database.close()
    assert armed == list(levels)
