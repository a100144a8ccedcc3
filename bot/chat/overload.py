"""Who writes faster than can be read is told how much was not read: a message now and then, not one each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from bot.chat.urgency import is_for_a_bot
from bot.intake import Arrival
from bot.intake.views import unread
from bot.notifications.sender import Outbox
from bot.ui import Locale

_log = logging.getLogger(__name__)

FIRST_S: Final = 1.0  # what comes at once is counted together
PAUSE_S: Final = 10.0  # between two such messages in one chat


class Overload:
    """Counts what found no room, by chat. `locale_of` is a person's language."""

    def __init__(self, outbox: Outbox, locale_of: Callable[[Arrival], Awaitable[Locale]]) -> None:
        self._outbox = outbox
        self._locale_of = locale_of
        self._unread: dict[int, int] = {}
        self._telling: dict[int, asyncio.Task[None]] = {}

    def refuse(self, arrival: Arrival) -> None:
        """It will not be read. Talk that is not meant for us stays unanswered."""
        if not is_for_a_bot(arrival):
            return
        chat = arrival.chat
        self._unread[chat] = self._unread.get(chat, 0) + 1
        if chat not in self._telling:
            task = asyncio.create_task(self._tell(arrival))
            self._telling[chat] = task
            task.add_done_callback(lambda _: self._telling.pop(chat, None))

    async def _tell(self, arrival: Arrival) -> None:
        pause_s = FIRST_S
        try:
            while True:
                await asyncio.sleep(pause_s)
                many, pause_s = self._unread.pop(arrival.chat, 0), PAUSE_S
                if not many:
                    return
                await self._outbox.say(arrival.chat, unread(await self._locale_of(arrival), many))
        except Exception:
            _log.exception("nobody could be told what was not read")
        finally:
            self._unread.pop(arrival.chat, None)
