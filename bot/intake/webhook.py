"""The door Telegram's deliveries come in by: loopback, one path, and the secret compared in constant time.

A delivery is answered 200 when it is settled: handled and noted, or stored. python-telegram-bot's own
listener answers before, and compares the secret with `!=`, which tells a patient stranger how much of a guess
was right.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from typing import Final

import msgspec
from aiohttp import web
from telegram import Bot
from telegram.error import TelegramError

from bot.intake.arrivals import Unusable
from bot.intake.door import Intake
from bot.intake.polling import NEVER_MS
from bot.kernel.http_server import HttpDoor, body_of

_log = logging.getLogger(__name__)

PATH: Final = "/telegram"
SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - its name, not its value
MAX_BODY: Final = 256 * 1024
MOST_SOCKETS: Final = 256  # Telegram opens 100 at most
LOOK_S: Final = 20.0  # how often Telegram is asked whether something waits there


class Webhook:
    """Hands every delivery that carries the secret to the intake."""

    def __init__(self, intake: Intake, secret: str) -> None:
        self._intake = intake
        self._secret = secret.encode()
        self._door: HttpDoor | None = None
        self._looking: asyncio.Task[None] | None = None
        self._drained_s: float | None = None  # when nothing waited at Telegram
        self._failed_at: int | None = -1  # Telegram's last failure to deliver, as of then

    async def start(self, port: int, unheard_ms: int | None) -> None:
        """Listen on 127.0.0.1. Raises OSError when the port is taken.

        `unheard_ms` is how long nobody listened; None where that is not known.
        """
        if unheard_ms is not None:
            self._drained_s = time.monotonic() - unheard_ms / 1000
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_post(PATH, self._deliver)
        door = HttpDoor(app, most_sockets=MOST_SOCKETS)
        await door.open("127.0.0.1", port)
        self._door = door

    def look(self, bot: Bot) -> None:
        """Keep an eye on what waits at Telegram: a delivery does not say how old a tap is."""
        self._looking = asyncio.create_task(self._look(bot), name="webhook-look")

    async def stop(self) -> None:
        """Stop listening. Safe to call twice."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
            self._looking = None
        if self._door is not None:
            await self._door.close()
            self._door = None

    async def _look(self, bot: Bot) -> None:
        """Nothing waits there, or no delivery has failed since: then what comes is younger than this look."""
        while True:
            at_s = time.monotonic()
            try:
                info = await bot.get_webhook_info()
            except TelegramError as error:
                _log.info("what waits at Telegram is not known: %s", type(error).__name__)
            else:
                failed_at = int(info.last_error_date.timestamp()) if info.last_error_date else None
                if not info.pending_update_count or failed_at == self._failed_at:
                    self._drained_s, self._failed_at = at_s, failed_at
                    self._intake.record.drained()
            await asyncio.sleep(LOOK_S)

    async def _deliver(self, request: web.Request) -> web.Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self._secret):
            return web.Response(status=403)
        body = await body_of(request)
        # What cannot be read now never will be: another answer than 200 would only bring it again.
        try:
            arrival = self._intake.take(msgspec.json.decode(body), self._unknown_ms())
        except (msgspec.MsgspecError, RecursionError, Unusable) as error:
            self._intake.counters["nameless"] += 1
            _log.warning("a delivery that is no update: %s", type(error).__name__)
            return web.Response()
        if arrival is not None:
            await self._intake.noted([arrival])
        # What came to a process that is no longer the active one, Telegram brings to the one that is.
        return web.Response(status=200 if self._intake.may_act() else 503)

    def _unknown_ms(self) -> int:
        if self._drained_s is None:
            return NEVER_MS
        return int((time.monotonic() - self._drained_s) * 1000)
