"""The alerts of one process that dies for real: engine, feed, and a sender that notes what it delivered."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from bot.alerts import backfill, engine
from bot.alerts.events import Fired
from bot.alerts.service import Alerts
from bot.alerts.storage.tables import Alert
from bot.domain.alerts.limits import AlertLimits
from bot.exchange.backpack import BackpackClient, BrokerTag, session
from bot.kernel.events import Events
from bot.kernel.storage import Database
from bot.marketdata import Catalogue, Feed
from bot.notifications import outbox_rows
from bot.notifications.tables import OutboxMessage

BROKER_ID = 4242
LEASE_MS = 1_500
SEND_S = 0.05


@dataclass(frozen=True, slots=True)
class Job:
    """What a process is told."""

    rest_url: str
    ws_url: str
    database_url: str
    delivered: str  # a file: the event ids of every message that was sent, a line each
    reach: int  # how many trades REST is asked for: beyond them, candles decide
    life_s: int = 120  # the alarm that ends a process nobody ended


def unix_ms() -> int:
    return time.time_ns() // 1_000_000


UNBOUNDED = AlertLimits(cooldown_ms=0, firings=10**9)


class Announcer:
    """A message is the ids of its events."""

    async def compose(self, _: AsyncSession, batch: Sequence[Fired]) -> OutboxMessage | None:
        ids = " ".join(f"{one.alert.id}:{one.firing.sequence}" for one in batch)
        return OutboxMessage(chat_id=0, text=ids, created_ms=unix_ms())

    async def held(self, _: AsyncSession, user_id: int, count: int) -> OutboxMessage | None:
        raise AssertionError(f"{count} firings of {user_id} were held back")

    async def gone(self, _: AsyncSession, symbol: str, paused: Sequence[Alert]) -> OutboxMessage | None:
        raise AssertionError(f"{symbol} is still listed, {len(paused)} alerts were paused")

    def committed(self) -> None:
        """The sender looks by itself."""


def live(job: Job) -> None:
    """Watch until killed."""
    signal.alarm(job.life_s)
    session.HISTORICAL_PER_MINUTE = 60_000  # type: ignore[misc]
    backfill.REACH = job.reach  # type: ignore[misc]
    engine.FLUSH_S = 0.3  # type: ignore[misc]
    asyncio.run(_live(job))


async def _live(job: Job) -> None:
    database = Database.open(job.database_url)
    client = BackpackClient(job.rest_url, BrokerTag(BROKER_ID), timeout=5)
    feed = Feed(client, job.ws_url, longest_wait=0.3)
    await feed.start()
    catalogue = Catalogue(client, feed, clock=unix_ms)
    alerts = Alerts(database, client, feed, catalogue, Announcer(), Events(), clock=unix_ms, limits=UNBOUNDED)
    await alerts.start()
    await _send_on(database, Path(job.delivered))


async def _send_on(database: Database, delivered: Path) -> None:
    """As the outbox does: leased, said, settled; whoever dies in between says it again."""
    while True:
        async with database.write() as session:
            rows = await outbox_rows.claim_batch(session, unix_ms(), LEASE_MS)
        for row in rows:
            with delivered.open("a") as file:
                file.write(f"{row.text}\n")
                file.flush()
                os.fsync(file.fileno())
            async with database.write() as session:
                await outbox_rows.mark_sent(session, row, 1, unix_ms())
        if not rows:
            await asyncio.sleep(SEND_S)
