"""Confirmed orders a second with eight taps at once, and what the audit's chains cost of them.

A confirmed order is the transaction between the tap and the wire: ticket claimed, attempt and audit row
written, committed. The same is done by turns without the audit row, so that noise falls on both alike.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from unittest import mock

import uvloop
from rich.console import Console
from rich.table import Table

from bot.app.wiring import Bot, build
from bot.chat.buttons import new_token
from bot.domain.execution.operation import Leg
from bot.domain.orders.order import OrderRequest
from bot.domain.values import OrderType, Side
from bot.kernel.clock import unix_ms
from bot.kernel.storage import Database, audit
from bot.notifications.rate_limits import UNLIMITED
from bot.people import users
from bot.people.tables import Account, AccountOrigin, KeyState
from bot.settings import load_settings
from bot.trading.account_clients import AccountClients
from bot.trading.execution.submission import Submission, pack_legs
from bot.trading.storage import tickets
from bot.trading.storage.tables import Ticket, TicketKind
from bot.vault import MasterKeys
from tests.bench.floor import BROKER_ID

AT_ONCE = 8
TURN = 160  # taps
ROUNDS = 24  # of two turns each
FIRST_PERSON = 7_000_001
AIM = 0.85

Tap = Callable[[Ticket], Awaitable[None]]


@dataclass(slots=True)
class Found:
    """Confirmed orders a second, by turn."""

    chained: list[float] = field(default_factory=list)
    unchained: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Of turns next to each other: the machine was as busy for the one as for the other."""
        return statistics.median(one / other for one, other in zip(self.chained, self.unchained, strict=True))


def measure(database_url: str, rounds: int = ROUNDS) -> Found:
    """On a migrated, empty database."""
    return uvloop.run(_measure(database_url, rounds))


async def _measure(database_url: str, rounds: int) -> Found:
    found = Found()
    async with _open_bot(database_url) as bot:
        people = await _people(bot.database)
        for number in range(rounds + 1):
            turns = (found.chained, found.unchained)
            for kept in turns if number % 2 else reversed(turns):
                offered = await _offers(bot.database, people)
                speed = await _confirm(bot, offered, chained=kept is found.chained)
                if number:  # the first turn warms up
                    kept.append(speed)
    return found


@asynccontextmanager
async def _open_bot(database_url: str) -> AsyncIterator[Bot]:
    """The app's own wiring; nothing of it is started, and the exchange is never spoken to."""
    nowhere = "http://127.0.0.1:9"
    settings = load_settings(
        _env_file=None,
        telegram_bot_token="1:bench",
        telegram_api_url=nowhere,
        telegram_webhook_url=None,
        backpack_api_url=nowhere,
        backpack_ws_url="ws://127.0.0.1:9",
        backpack_broker_id=BROKER_ID,
        backpack_broker_key=None,
        database_url=database_url,
        access="open",
    )
    bot = build(settings, MasterKeys.generate(), rates=UNLIMITED)
    try:
        yield bot
    finally:
        await bot.client.aclose()
        await bot.database.close()


async def _people(database: Database) -> list[Account]:
    made = []
    for number in range(AT_ONCE):
        async with database.write() as session:
            user = await users.get_or_create(session, FIRST_PERSON + number, unix_ms())
            account = Account(
                user_id=user.id,
                label="main",
                public_key=f"bench-{number}",
                state=KeyState.ACTIVE,
                origin=AccountOrigin.GENERATED,
                created_ms=unix_ms(),
            )
            session.add(account)
            await session.flush()
            made.append(account)
    return made


async def _offers(database: Database, people: list[Account]) -> list[Ticket]:
    request = OrderRequest("SOL_USDC_PERP", Side.BUY, OrderType.MARKET, quantity=Decimal("1.4"))
    legs, now = pack_legs([Leg(request, "SOL", "USDC")]), unix_ms()
    offered = [
        Ticket(
            token_hash=tickets.hash_token(new_token()),
            user_id=account.user_id,
            chat_id=account.user_id,
            account_id=account.id,
            kind=TicketKind.TRADE,
            line="long sol $200",
            legs=legs,
            preview={},
            created_ms=now,
            expires_ms=now + 600_000,
        )
        for _ in range(TURN // AT_ONCE)
        for account in people
    ]
    async with database.write() as session:
        session.add_all(offered)
    return offered


async def _confirm(bot: Bot, offered: list[Ticket], *, chained: bool) -> float:
    """Tap them all, each person their own one after the other."""
    desk = bot.services.get(Submission)

    async def sent(_account: Any, attempts: Any) -> list[int]:
        return [attempt.id for attempt in attempts]

    async def ready(_user_id: int, _account_id: int) -> Any:
        return None

    async def person(number: int) -> None:
        for ticket in offered[number::AT_ONCE]:
            assert isinstance(await desk.claim_and_send(ticket, ticket.user_id, 7), list)

    append = audit.append if chained else _nothing
    with (
        mock.patch.object(desk, "send_written", sent),
        mock.patch.object(bot.services.get(AccountClients), "ready", ready),
        mock.patch.object(audit, "append", append),
    ):
        begun = time.perf_counter()
        await asyncio.gather(*(person(number) for number in range(AT_ONCE)))
        return len(offered) / (time.perf_counter() - begun)


async def _nothing(*_: Any) -> None:
    """No audit row."""


def show(console: Console, found: dict[str, Found]) -> None:
    table = Table(title=f"Confirmed orders a second, {AT_ONCE} taps at once", title_justify="left")
    for head in ("", "audited", "not audited", "ratio"):
        table.add_column(head, justify="right" if head else "left")
    for database, one in found.items():
        table.add_row(
            database,
            f"{statistics.median(one.chained):.0f}",
            f"{statistics.median(one.unchained):.0f}",
            f"{one.ratio:.0%} (aim ≥ {AIM:.0%})",
        )
    console.print(table)
