"""The life of a bot: what starts when, and what ends in which order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

from bot.app import Bot
from bot.backpack import BackpackError
from bot.chat.housekeeping import finish_chains, finish_panics
from bot.telegram_line import hang_up, listen, silence
from bot.telegram_start import introduce

_log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def running(bot: Bot) -> AsyncIterator[Bot]:
    """The bot at work: from the first look-up of doubtful orders to the last message out."""
    with contextlib.suppress(BackpackError):
        await bot.client.refresh_clock()
    sender = asyncio.create_task(bot.services.outbox.run(), name="outbox")
    booking = asyncio.create_task(bot.books.bookkeeper.run(), name="booking")
    bot.books.bookkeeper.wake()
    bot.services.placing.doubt = lambda: _in_background(bot, bot.reconciler.run_once())
    bot.schedule.start()
    await bot.feed.start()
    try:
        await bot.services.alerts.start()
        await bot.plans.start()
        await bot.watcher.start()
        _in_background(bot, bot.reconciler.run_once())
        await listen(bot.telegram, bot.settings, bot.services.clock())
        bot.services.bot_username = bot.telegram.bot.username
        await _open_dashboard(bot)
        _in_background(bot, finish_panics(bot.services))
        _in_background(bot, finish_chains(bot.services, at_start=True))
        _in_background(bot, bot.services.funding.gather())
        _in_background(bot, introduce(bot.telegram.bot))
        yield bot
    finally:
        await silence(bot.telegram)
        await bot.dashboard.stop()
        bot.schedule.stop()
        await bot.watcher.stop()
        await bot.plans.stop()
        await bot.services.alerts.stop()
        await bot.feed.stop()
        sender.cancel()
        booking.cancel()
        background = list(bot.services.background)
        for task in background:
            task.cancel()
        await asyncio.gather(sender, booking, *background, return_exceptions=True)
        await hang_up(bot.telegram)
        await bot.client.aclose()
        await bot.database.close()


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
    port = bot.settings.dashboard_port
    if port == "off":
        return
    try:
        await bot.dashboard.start(bot.settings.dashboard_host, port)
    except OSError as error:
        _log.error("the dashboard does not listen on port %s: %s", port, error.strerror)
