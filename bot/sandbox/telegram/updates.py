"""The queue of updates and its two ways out: long polling and webhook.

Delivery is at least once: an update leaves the queue when a later offset confirms it, when the webhook
answers 2xx, or after 24 hours.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast

import aiohttp

from bot.sandbox.telegram.config import TelegramConfig
from bot.sandbox.telegram.errors import Json, conflict

Perform = Callable[[Json], Awaitable[None]]  # a method call found in a webhook's answer
_BY_REQUEST = ("chat_member", "message_reaction", "message_reaction_count")  # sent only when asked for
_LARGEST_ANSWER = 256 * 1024
_FIRST_ID = 860_000_001


@dataclass(frozen=True, slots=True)
class Update:
    """One update, the second it was made, and the chat whose order it must keep."""

    id: int
    made: float
    lane: int
    body: Json


@dataclass(slots=True)
class Webhook:
    """Where updates go, as setWebhook said, and how the last deliveries went."""

    url: str = ""
    secret: str | None = None
    max_connections: int = 40
    allowed: list[str] | None = None
    error_date: int | None = None
    error: str | None = None


class Updates:
    """Pending updates of one bot."""

    def __init__(self, config: TelegramConfig) -> None:
        self._config = config
        self._pending: dict[int, Update] = {}
        self._next_id = _FIRST_ID
        self._arrived = asyncio.Event()
        self._poll: asyncio.Future[None] | None = None
        self._deliverer: asyncio.Task[None] | None = None
        self.allowed: list[str] | None = None
        self.perform: Perform | None = None  # set by the server
        self.webhook = Webhook()

    def push(self, kind: str, payload: Json, lane: int) -> int | None:
        """Queue an update under a fresh id; None when the bot did not ask for this kind."""
        allowed = self.allowed
        if (kind not in allowed) if allowed else (kind in _BY_REQUEST):
            return None
        return self.push_as_it_is({kind: payload}, lane, numbered=True)

    def push_as_it_is(self, body: object, lane: int, *, numbered: bool) -> int:
        """Queue whatever a server might say; with `numbered`, an object gets the fresh id it lacks."""
        update_id, self._next_id = self._next_id, self._next_id + 1
        if numbered and isinstance(body, dict):
            body = {"update_id": update_id, **body}
        self._pending[update_id] = Update(update_id, self._config.clock(), lane, cast(Json, body))
        self._arrived.set()
        return update_id

    @property
    def pending(self) -> list[Update]:
        """What is still undelivered, oldest first."""
        kept = self._config.limits.update_seconds
        if kept is not None:
            oldest = self._config.clock() - kept
            for update_id in [u.id for u in self._pending.values() if u.made < oldest]:
                del self._pending[update_id]
        return list(self._pending.values())

    def clear(self) -> None:
        """Drop everything pending."""
        self._pending.clear()

    # long polling

    async def poll(self, offset: int, limit: int, timeout: float) -> list[Json]:
        """The answer of getUpdates. Raises 409 if a webhook is set, and in any older poll still waiting."""
        if self.webhook.url:
            raise conflict(
                "can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first"
            )
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(
                conflict(
                    "terminated by other getUpdates request; make sure that only one bot instance is running"
                )
            )
        self._confirm(offset)
        if not self.pending and timeout > 0:
            await self._hold(timeout)
            self._confirm(offset)
        return [update.body for update in self.pending[:limit]]

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            kept = self.pending[offset:]
            self._pending = {update.id: update for update in kept}
        for update_id in [u for u in self._pending if u < offset]:
            del self._pending[update_id]

    async def _hold(self, timeout: float) -> None:
        """Wait for an update, the time-out, or a newer poll's 409."""
        self._arrived.clear()
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._poll = mine
        arrival = asyncio.ensure_future(self._arrived.wait())
        try:
            done, _ = await asyncio.wait(
                (arrival, mine), timeout=timeout, return_when=asyncio.FIRST_COMPLETED
            )
            if mine in done:
                mine.result()
        finally:
            arrival.cancel()
            if self._poll is mine:
                self._poll = None
            if not mine.done():
                mine.cancel()

    # webhook

    def set_webhook(self, webhook: Webhook) -> None:
        """Deliver to `webhook.url` from now on, or to nobody when it is empty."""
        self.webhook = webhook
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(conflict("terminated by setWebhook request"))
        if self._deliverer is not None:
            self._deliverer.cancel()
            self._deliverer = None
        if webhook.url:
            self._deliverer = asyncio.create_task(self._deliver_all(webhook))

    async def stop(self) -> None:
        """End webhook delivery and any poll still waiting."""
        if self._poll is not None and not self._poll.done():
            self._poll.cancel()
        if self._deliverer is not None:
            self._deliverer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._deliverer

    async def _deliver_all(self, webhook: Webhook) -> None:
        """Chats in parallel up to `max_connections`, each chat in order."""
        busy: dict[int, asyncio.Task[None]] = {}
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
            try:
                while True:
                    self._arrived.clear()
                    for update in self.pending:
                        if update.lane not in busy and len(busy) < webhook.max_connections:
                            task = asyncio.create_task(self._deliver(session, webhook, update))
                            busy[update.lane] = task
                    arrival = asyncio.ensure_future(self._arrived.wait())
                    try:
                        await asyncio.wait((arrival, *busy.values()), return_when=asyncio.FIRST_COMPLETED)
                    finally:
                        arrival.cancel()
                    busy = {lane: task for lane, task in busy.items() if not task.done()}
            finally:
                for task in busy.values():
                    task.cancel()

    async def _deliver(self, session: aiohttp.ClientSession, webhook: Webhook, update: Update) -> None:
        """Post one update until it is taken, ever more slowly."""
        headers = {"Content-Type": "application/json"}
        if webhook.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = webhook.secret
        body = json.dumps(update.body).encode()
        pause = self._config.webhook_retry_seconds
        while update.id in self._pending:
            error, said = await _post(session, webhook.url, body, headers)
            if error is None:
                self._pending.pop(update.id, None)
                if said is not None and self.perform is not None:
                    await self.perform(said)
                return
            webhook.error_date, webhook.error = int(self._config.clock()), error
            await asyncio.sleep(pause)
            pause = min(pause * 2, 60.0)


async def _post(
    session: aiohttp.ClientSession, url: str, body: bytes, headers: dict[str, str]
) -> tuple[str | None, Json | None]:
    """Telegram's words for why the webhook did not take it, or None and the method call it answered with."""
    try:
        async with session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
            if 200 <= answer.status < 300:
                return None, _call_in(await answer.content.read(_LARGEST_ANSWER))
            return f"Wrong response from the webhook: {answer.status} {answer.reason}", None
    except TimeoutError:
        return "Read timeout expired", None
    except aiohttp.ClientConnectorError:
        return "Connection refused", None
    except aiohttp.ClientError:
        return "Connection closed unexpectedly", None


def _call_in(body: bytes) -> Json | None:
    """The Bot API call an answer carries: an object with its `method`; the result is told to nobody."""
    try:
        said = json.loads(body)
    except ValueError:
        return None
    return said if isinstance(said, dict) and isinstance(said.get("method"), str) else None
