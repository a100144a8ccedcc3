"""The demo: a whole little world on loopback, in which a newcomer trades within a minute.

A sandbox exchange and a sandbox Telegram talk real HTTP and WebSocket to the same bot that a broker runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from bot.app.lifecycle import running
from bot.app.wiring import Bot, build
from bot.kernel.storage import migrate
from bot.sandbox.exchange import ExchangeConfig, SandboxExchange
from bot.sandbox.telegram import ChatDriver, SandboxTelegram, TelegramConfig
from bot.settings import Settings, load_settings
from bot.trading.linking import Linking
from bot.vault import MasterKeys

BROKER_ID: Final = 4242
PAGE_PORT: Final = 8420
EXCHANGE_PORT: Final = 8421
NEWCOMER: Final = 1001  # Alice, the first user of the sandbox Telegram


@dataclass(slots=True)
class World:
    """The running demo."""

    exchange: SandboxExchange
    telegram: SandboxTelegram
    bot: Bot


def demo_settings(folder: Path, exchange: SandboxExchange, telegram: SandboxTelegram) -> Settings:
    """What the bot of the demo runs with; nothing of the operator's own environment."""
    return load_settings(
        _env_file=None,
        telegram_bot_token=telegram.config.token,
        telegram_api_url=telegram.url,
        telegram_webhook_url=None,
        backpack_api_url=exchange.rest_url,
        backpack_ws_url=exchange.ws_url,
        backpack_broker_id=BROKER_ID,
        backpack_broker_key=None,
        database_url=f"sqlite:///{folder / 'demo.sqlite3'}",
        admin_user_ids=(NEWCOMER,),
        access="open",
        dashboard_port=0,
    )


@contextlib.asynccontextmanager
async def world(folder: Path, page_port: int = 0, exchange_port: int = 0) -> AsyncIterator[World]:
    """Both sandboxes and the bot, with the newcomer already linked to a funded account."""
    exchange = SandboxExchange(ExchangeConfig())
    telegram = SandboxTelegram(TelegramConfig())
    async with contextlib.AsyncExitStack() as stack:
        await _start(exchange.start, exchange_port)
        stack.push_async_callback(exchange.stop)
        await _start(telegram.start, page_port)
        stack.push_async_callback(telegram.stop)
        settings = demo_settings(folder, exchange, telegram)
        await asyncio.to_thread(migrate, settings.database_url)
        bot = build(
            settings,
            MasterKeys.generate(),
            key_page_url=f"{exchange.rest_url}/settings/api-keys",
            demo=True,
        )
        await stack.enter_async_context(running(bot))
        await _welcome(bot, exchange, telegram)
        yield World(exchange, telegram, bot)


async def _start(start: Callable[..., object], port: int) -> None:
    """On the usual port so that bookmarks live, on any other when it is taken."""
    try:
        await start(port=port)  # type: ignore[misc]
    except OSError:
        await start(port=0)  # type: ignore[misc]


async def _welcome(bot: Bot, exchange: SandboxExchange, telegram: SandboxTelegram) -> None:
    """The newcomer's account, linked by a generated key as anybody's would be."""
    await bot.services.users.met(NEWCOMER)
    made = await bot.vault.generate(NEWCOMER, "main")
    async with httpx.AsyncClient(base_url=exchange.rest_url, timeout=10) as admin:
        body = {"label": "Alice", "publicKey": made.public_key}
        (await admin.post("/sandbox/accounts", json=body)).raise_for_status()
    await bot.services.get(Linking).verify(NEWCOMER, made.account_id)
    async with ChatDriver(telegram.url) as driver:
        await driver.as_user(NEWCOMER, NEWCOMER).send("/start")


async def run_demo(port: int, say: Callable[[str], None]) -> None:
    """Run until interrupted."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    with tempfile.TemporaryDirectory(prefix="rucksack-demo-") as folder:
        async with world(Path(folder), port, EXCHANGE_PORT) as here:
            say("Rucksack, the demo: a sandbox exchange, a sandbox Telegram, no real money, all on loopback.")
            say(f"Open  {here.telegram.page_url}  and type:  long sol $200 5x sl 3%")
            say("Ctrl+C stops it. TELEGRAM_BOT_TOKEN and BACKPACK_BROKER_ID make it the real bot.")
            await stop.wait()
