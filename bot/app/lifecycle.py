"""The life of a bot: what starts when, and what ends in which order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError

from bot.app.wiring import Bot
from bot.exchange.backpack import BackpackError
from bot.kernel.jobs import storage
from bot.kernel.storage.database import NotActive
from bot.marketdata import FundingHistory
from bot.notifications import outbox_rows
from bot.telegram.connection import hang_up, listen, silence
from bot.telegram.introduction import introduce
from bot.trading.events import OrderInDoubt
from bot.trading.tracking.reconciler import Reconciler
from bot.web import Dashboard

_log = logging.getLogger(__name__)

RETRY_S: Final = 1.0  # after a life that the database ended
_DATABASE_FAILS: Final = (NotActive, OperationalError, InterfaceError, InternalError)

Told = Callable[[str], object]


@contextlib.asynccontextmanager
async def running(bot: Bot, told: Told = lambda owner: None) -> AsyncIterator[Bot]:
    """The bot at work, once no other process is; `told` hears which is waited for.

    Whoever enters leaves as soon as `bot.app.lease.lost` is set: another process has become the active one.
    """
    try:
        await bot.lease.wait(told)
        keeping = asyncio.create_task(bot.lease.keep(), name="lease")
        try:
            async with _at_work(bot):
                yield bot
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await bot.lease.hand_back()
    finally:
        await bot.client.aclose()
        await bot.database.close()


async def serve(made: Callable[[], Bot], told: Told, listening: Callable[[Bot], object]) -> None:
    """Be the active process whenever no other is, and a standby else, until cancelled.

    `listening` hears each time it has become the active one. That takes a new bot: what the last one kept in
    memory is no longer true. A database that fails is tried again; what else fails ends the process.
    """
    while True:
        bot = made()
        life = asyncio.create_task(_life(bot, told, listening), name="life")
        lost = asyncio.create_task(bot.lease.lost.wait(), name="lease-lost")
        try:
            await asyncio.wait({life, lost}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            lost.cancel()
            life.cancel()
            await asyncio.gather(life, lost, return_exceptions=True)
        if bot.lease.lost.is_set():
            _log.error("another process has become the active one: this one stands by")
        elif isinstance(life.exception(), _DATABASE_FAILS):
            # Who froze as it began finds its connections ended, by its heir or by the server.
            _log.error("the database ended this life: %s", type(life.exception()).__name__)
            await asyncio.sleep(RETRY_S)
        else:
            life.result()  # raises: a life ends by itself only so


async def _life(bot: Bot, told: Told, listening: Callable[[Bot], object]) -> None:
    async with running(bot, told):
        listening(bot)
        await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def _at_work(bot: Bot) -> AsyncIterator[None]:
    """From the first look-up of doubtful orders to the last message out."""
    with contextlib.suppress(BackpackError):
        await bot.client.refresh_clock()
    await _succeed(bot)
    sender = asyncio.create_task(bot.services.outbox.run(), name="outbox")
    reconciler = bot.services.get(Reconciler)
    bot.services.events.on_told(OrderInDoubt, lambda _: _in_background(bot, reconciler.run_once()))
    bot.schedule.start()
    await bot.feed.start()
    try:
        # People are heard first: what grows with accounts and alerts is begun behind them.
        await listen(bot.telegram, bot.settings, bot.services.clock())
        _in_background(bot, reconciler.run_once())
        for feature in bot.services.features:
            for kind in feature.lives:
                await bot.services.get(kind).start()
        await _open_dashboard(bot)
        _in_background(bot, bot.services.get(FundingHistory).gather())
        _in_background(bot, introduce(bot.telegram.bot, bot.services.features.listed))
        yield
    finally:
        await _end(lambda: silence(bot.telegram))
        if (dashboard := bot.services.find(Dashboard)) is not None:
            await _end(dashboard.stop)
        bot.schedule.stop()
        for feature in bot.services.features:
            for kind in reversed(feature.lives):
                await _end(bot.services.get(kind).stop)
        await _end(bot.feed.stop)
        tasks = [sender, *bot.services.background]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await hang_up(bot.telegram)


async def _end(stop: Callable[[], Awaitable[object]]) -> None:
    """What one part fails to do at its end keeps no other from ending."""
    try:
        await stop()
    except NotActive:
        _log.warning("not written: another process is active")
    except Exception:
        _log.exception("a part of the bot did not end well")


async def _succeed(bot: Bot) -> None:
    """Nobody else is at work: what an earlier process held for itself is free at once."""
    async with bot.database.write() as session:
        await outbox_rows.release(session)
        await storage.release(session, bot.services.clock())


def _in_background(bot: Bot, work: Any) -> None:
    async def guarded() -> None:
        try:
            await work
        except Exception:
            _log.exception("background work failed")

    task = asyncio.get_running_loop().create_task(guarded())
    bot.services.background.add(task)
    task.add_done_callback(bot.services.background.discard)


async def _open_dashboard(bot: Bot) -> None:
    """A page that cannot listen is no reason not to trade."""
    port, dashboard = bot.settings.dashboard_port, bot.services.find(Dashboard)
    if port == "off" or dashboard is None:
        return
    try:
        await dashboard.start(bot.settings.dashboard_host, port)
    except OSError as error:
        _log.error("the dashboard does not listen on port %s: %s", port, error.strerror)
