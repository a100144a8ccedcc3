"""The desk between a real database and a sandbox exchange, without a chat, for tests of tracking."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import httpx
from sqlalchemy import select

from bot.chat.buttons import new_token
from bot.domain.execution.operation import Leg
from bot.domain.orders.order import OrderReport, OrderRequest
from bot.domain.values import OrderType, Side
from bot.exchange.backpack import AccountClient, BackpackClient, BrokerTag
from bot.exchange.backpack.events import Connected, OrderUpdate
from bot.exchange.backpack.streams import UserStream
from bot.kernel.clock import unix_ms
from bot.kernel.events import Events
from bot.kernel.storage import Database
from bot.notifications.tables import OutboxMessage
from bot.people import accounts, users
from bot.people.access import AccessPolicy
from bot.people.tables import Account, KeyState
from bot.sandbox.exchange import ExchangeConfig, SandboxExchange
from bot.sandbox.exchange.model import Account as ExchangeAccount
from bot.trading.account_clients import AccountClients
from bot.trading.chat.announcer import ChatAnnouncer
from bot.trading.execution.submission import Submission, pack_legs
from bot.trading.parts import random_client_id
from bot.trading.storage import orders, tickets
from bot.trading.storage.tables import Order, Ticket, TicketKind
from bot.trading.tracking.reconciler import Reconciler
from bot.trading.tracking.tracker import Tracker
from bot.vault import MasterKeys, Vault
from tests.faults.bot_process import BROKER_ID

ALICE = 1001
PERP = "SOL_USDC_PERP"
WINDOW_MS = 5_000
SHORT_WINDOW_MS = 1_000  # for tests that wait for the death of a signed request
SETTLE_MS = 200
CLIENT_TIMEOUT_S = 0.8


def market_order(**changes: Any) -> OrderRequest:
    """Buy 1.4 SOL-PERP now."""
    return replace(OrderRequest(PERP, Side.BUY, OrderType.MARKET, quantity=Decimal("1.4")), **changes)


def resting_order(price: str = "145", **changes: Any) -> OrderRequest:
    """Buy 1.4 SOL-PERP below the market (the sandbox starts SOL at 150)."""
    limit = OrderRequest(PERP, Side.BUY, OrderType.LIMIT, quantity=Decimal("1.4"), price=Decimal(price))
    return replace(limit, **changes)


@dataclass
class Desk:
    """`there` is the exchange's own record of Alice's account."""

    exchange: SandboxExchange
    admin: httpx.AsyncClient
    database: Database
    vault: Vault
    client: BackpackClient
    tracker: Tracker
    account: Account
    line: AccountClient = field(init=False)
    submission: Submission = field(init=False)
    reconciler: Reconciler = field(init=False)
    client_ids: list[int] = field(default_factory=list)  # those the next attempts carry, if any

    @property
    def there(self) -> ExchangeAccount:
        return next(iter(self.exchange.engine.world.accounts.values()))

    async def place(self, *requests: OrderRequest) -> int:
        """As a Confirm tap does; the id of the first order."""
        token, now = new_token(), unix_ms()
        legs = [Leg(request, "SOL", "USDC") for request in requests]
        ticket = Ticket(
            token_hash=tickets.hash_token(token),
            user_id=ALICE,
            chat_id=ALICE,
            account_id=self.account.id,
            kind=TicketKind.TRADE,
            line="long sol",
            legs=pack_legs(legs),
            preview={},
            created_ms=now,
            expires_ms=now + 60_000,
        )
        async with self.database.write() as session:
            await tickets.offer(session, ticket)
        placed = await self.submission.claim_and_send(ticket, ALICE, 7)
        assert isinstance(placed, list)
        return placed[0]

    async def order(self, order_id: int) -> Order:
        async with self.database.read() as session:
            found = await orders.get(session, order_id)
        assert found is not None
        return found

    async def children(self, order_id: int) -> list[Order]:
        async with self.database.read() as session:
            return list(await orders.exits_of(session, await self.order(order_id)))

    async def said(self) -> list[OutboxMessage]:
        """Everything queued for the chat."""
        async with self.database.read() as session:
            return list((await session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))).all())  # type: ignore[arg-type]

    async def fault(self, action: str, method: str | None = None, path: str = "", **more: Any) -> None:
        match = {"method": method, "path": path, "times": more.pop("times", 1)}
        body = {"action": action, "match": match, **more}
        (await self.admin.post("/sandbox/faults", json=[body])).raise_for_status()

    async def spoil_next_order(self, action: str, **more: Any) -> None:
        await self.fault(action, "POST", "/api/v1/order", **more)

    async def price(self, price: str) -> None:
        body = {"symbol": PERP, "price": price, "pin": True}
        (await self.admin.post("/sandbox/price", json=body)).raise_for_status()

    async def set_clock(self, offset_ms: int) -> None:
        (await self.admin.post("/sandbox/clock", json={"offsetMs": offset_ms})).raise_for_status()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[list[OrderReport]]:
        """What the private stream says meanwhile; nobody acts on it."""
        heard: list[OrderReport] = []
        signer = await self.vault.signer(ALICE, self.account.id, "stream")
        async with UserStream(self.exchange.ws_url, signer, now_ms=self.client.now_ms) as stream:
            connected = asyncio.Event()

            async def listen() -> None:
                async for event in stream:
                    if isinstance(event, Connected):
                        connected.set()
                    if isinstance(event, OrderUpdate):
                        heard.append(event.report)

            task = asyncio.create_task(listen())
            try:
                async with asyncio.timeout(10):
                    await connected.wait()
                yield heard
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def open_desk(database: Database, window_ms: int = WINDOW_MS) -> AsyncIterator[Desk]:
    """A funded, linked account; prices stand still at 150."""
    clock = unix_ms
    vault = Vault(database, MasterKeys.generate(), clock=clock)
    async with database.write() as session:
        await users.get_or_create(session, ALICE, clock(), "en")
    made = await vault.generate(ALICE, "main")
    async with database.write() as session:
        account = await accounts.verified(session, ALICE, made.account_id, KeyState.ACTIVE, clock())
    assert account is not None
    async with contextlib.AsyncExitStack() as stack:
        exchange = await stack.enter_async_context(SandboxExchange(ExchangeConfig(moving=False)))
        admin = await stack.enter_async_context(httpx.AsyncClient(base_url=exchange.rest_url, timeout=10))
        opened = await admin.post("/sandbox/accounts", json={"label": "Alice", "publicKey": made.public_key})
        opened.raise_for_status()
        client = await stack.enter_async_context(
            BackpackClient(exchange.rest_url, BrokerTag(BROKER_ID), timeout=CLIENT_TIMEOUT_S)
        )
        sessions = AccountClients(vault, client)
        events = Events()
        announcer = ChatAnnouncer(events, clock=clock)
        tracker = Tracker(database, announcer, events, clock=clock)
        desk = Desk(exchange, admin, database, vault, client, tracker, account)
        desk.line = await sessions.get(ALICE, made.account_id)
        desk.submission = Submission(
            database,
            client,
            sessions,
            tracker,
            announcer,
            events,
            clock=clock,
            new_client_id=lambda: desk.client_ids.pop() if desk.client_ids else random_client_id(),
            window_ms=window_ms,
            broker_id=BROKER_ID,
            access=AccessPolicy(is_open=True),
        )
        desk.reconciler = Reconciler(
            database, client, sessions, tracker, desk.submission, clock=clock, settle_ms=SETTLE_MS
        )
        yield desk
