"""A world for alerts: the sandbox exchange, a real feed, a real database, an ear for what is announced."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.alerts.events import Fired
from bot.alerts.service import Alerts
from bot.alerts.storage.tables import Alert, AlertState, Firing
from bot.domain.alerts.alert import AlertOptions, Condition
from bot.domain.alerts.limits import AlertLimits
from bot.domain.intent import AlertIntent
from bot.domain.markets.market_events import MarketEvent
from bot.domain.refusal import Refusal
from bot.exchange.backpack import BackpackClient, BrokerTag
from bot.kernel.events import Events
from bot.kernel.storage import Database
from bot.marketdata import Catalogue, Feed
from bot.marketdata.staleness import Staleness
from bot.notifications.tables import OutboxMessage
from bot.people import users
from bot.people.tables import User
from bot.sandbox.exchange import ExchangeConfig, SandboxExchange

ALICE = 1001
CHAT = -100_500
SOL = "SOL_USDC"
PERP = "SOL_USDC_PERP"
PATIENCE = Staleness(listings_s=0.2)


def unix_ms() -> int:
    return time.time_ns() // 1_000_000


class Ear:
    """An announcer that writes one line for each firing."""

    def __init__(self) -> None:
        self.commits = 0

    async def compose(self, session: AsyncSession, batch: Sequence[Fired]) -> OutboxMessage | None:
        lines = [f"{one.alert.id}:{one.firing.sequence}" for one in batch]
        return OutboxMessage(chat_id=0, text=" ".join(lines), created_ms=unix_ms())

    async def held(self, session: AsyncSession, user_id: int, count: int) -> OutboxMessage | None:
        return OutboxMessage(chat_id=0, text=f"held {count}", created_ms=unix_ms())

    async def gone(self, session: AsyncSession, symbol: str, paused: Sequence[Alert]) -> OutboxMessage | None:
        return OutboxMessage(chat_id=0, text=f"gone {symbol} {len(paused)}", created_ms=unix_ms())

    def committed(self) -> None:
        self.commits += 1


FAST = AlertLimits(cooldown_ms=0, firings=10_000)  # prices move faster here than anywhere


class TalkingFeed(Feed):
    """A feed that also tells what no socket said."""

    def tell(self, event: MarketEvent) -> None:
        self._bus.tell(event)


@dataclass
class Watch:
    """One process's alerts on a world that goes on without it."""

    exchange: SandboxExchange
    database: Database
    alice: User
    ear: Ear = field(default_factory=Ear)
    limits: AlertLimits = FAST
    client: BackpackClient = field(init=False)
    feed: TalkingFeed = field(init=False)
    alerts: Alerts = field(init=False)

    async def start(self) -> None:
        self.client = BackpackClient(self.exchange.rest_url, BrokerTag(4242), timeout=5)
        self.feed = TalkingFeed(self.client, self.exchange.ws_url, longest_wait=0.3, patience=PATIENCE)
        catalogue = Catalogue(self.client, self.feed, clock=unix_ms)
        await self.feed.start()
        self.alerts = Alerts(
            self.database,
            self.client,
            self.feed,
            catalogue,
            self.ear,
            Events(),
            clock=unix_ms,
            limits=self.limits,
        )
        await self.alerts.start()

    async def stop(self) -> None:
        await self.alerts.stop()
        await self.feed.stop()
        await self.client.aclose()

    async def arm(self, condition: Condition, thread_id: int | None = None, **options: Any) -> Alert:
        made = await self.tries(condition, thread_id, **options)
        assert isinstance(made, Alert), made
        return made

    async def tries(
        self,
        condition: Condition,
        thread_id: int | None = None,
        *,
        account_id: int | None = None,
        **options: Any,
    ) -> Alert | Refusal:
        intent = AlertIntent(condition, AlertOptions(**options))
        return await self.alerts.create(self.alice, CHAT, thread_id, intent, "a line", account_id)

    def market(self, symbol: str, *, state: str = "Open", listed: bool = True) -> None:
        """As the exchange would list it from now on."""
        market = self.exchange.engine.world.market(symbol)
        market.state, market.listed = state, listed

    def price(self, price: str, symbol: str = SOL) -> None:
        self.exchange.engine.move_price(symbol, Decimal(price), pin=True)

    async def firings(self) -> list[Firing]:
        async with self.database.read() as session:
            return list((await session.scalars(select(Firing).order_by(col(Firing.id)))).all())

    async def messages(self) -> list[OutboxMessage]:
        async with self.database.read() as session:
            return list((await session.scalars(select(OutboxMessage).order_by(col(OutboxMessage.id)))).all())

    async def state(self, alert: Alert) -> AlertState:
        found = await self.alerts.get(alert.id)
        assert found is not None
        return found.state

    async def fires(self, count: int, seconds: float = 60.0) -> list[Firing]:
        """Until there are so many firings; what there is then."""
        await until(lambda: self._count(count), seconds)
        return await self.firings()

    async def _count(self, count: int) -> bool:
        return len(await self.firings()) >= count

    async def settles(self) -> None:
        """Until every series is live and everything decided is written."""

        async def quiet() -> bool:
            return self.alerts.engine.is_whole and not self.alerts.evaluator.decisions

        await until(quiet, 60)
        await self.alerts.engine.flush()


async def until(condition: Callable[[], Any], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def open_watch(database: Database, *, tick_ms: int = 50) -> AsyncIterator[Watch]:
    """Prices stand still at 150 until they are moved; each tick strangers trade at the touch beside it."""
    async with SandboxExchange(ExchangeConfig(moving=False, tick_ms=tick_ms)) as exchange:
        async with database.write() as session:
            alice = await users.get_or_create(session, ALICE, unix_ms(), "en")
        watch = Watch(exchange, database, alice)
        watch.price("150")
        await watch.start()
        try:
            yield watch
        finally:
            await watch.stop()
