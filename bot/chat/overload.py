"""Who writes faster than can be read is told how much was not read: a message now and then, not one each."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from bot.chat.outbox import Outbox
from bot.chat.urgency import is_for_a_bot
from bot.intake import Arrival
from bot.view import Locale
from bot.view.intake import unread

_log = logging.getLogger(__name__)

FIRST_S: Final = 1.0  # what comes at once is counted together
PAUSE_S: Final = 10.0  # between two such messages in one chat
STOP_S: Final = 5.0


class Overload:
    """Counts what found no room, by chat. `locale_of` is a person's language."""

    def __init__(self, outbox: Outbox, locale_of: Callable[[Arrival], Awaitable[Locale]]) -> None:
        self._outbox = outbox
        self._locale_of = locale_of
        self._unread: dict[int, int] = {}
        self._telling: dict[int, asyncio.Task[None]] = {}
        self._closing = asyncio.Event()

    def refuse(self, arrival: Arrival) -> None:
        """It will not be read. Talk that is not meant for us stays unanswered."""
        if not is_for_a_bot(arrival):
            return
        chat = arrival.chat
        self._unread[chat] = self._unread.get(chat, 0) + 1
        if chat not in self._telling:
            self._telling[chat] = asyncio.create_task(self._tell(arrival))

    async def close(self) -> None:
        """Tell at once what was not told yet, for nobody will know of it later. It may be used again."""
        self._closing.set()
        if self._telling:
            await asyncio.wait(self._telling.values(), timeout=STOP_S)
        self._closing.clear()

    async def _tell(self, arrival: Arrival) -> None:
        chat, pause_s = arrival.chat, FIRST_S
        try:
            while True:
                await self._pause(pause_s)
                many, pause_s = self._unread.pop(chat, 0), PAUSE_S
                if not many or not await self._told(arrival, many):
                    return
        finally:
            del self._telling[chat]  # at once: the next one refused begins anew

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    async def _told(self, arrival: Arrival, many: int) -> bool:
        """Whether to go on; what could not be told is counted into the next such message."""
        try:
            await self._outbox.say(arrival.chat, unread(await self._locale_of(arrival), many))
        except Exception:
            _log.exception("who writes too fast could not be told yet")
            self._unread[arrival.chat] = self._unread.get(arrival.chat, 0) + many
            return not self._closing.is_set()
        return True
