"""What a panic would touch, and the ticket of its second tap."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from bot.chat.buttons import new_token
from bot.domain.accounts.account import Position
from bot.domain.refusal import Refusal, RefusalCode
from bot.kernel.storage import Database
from bot.people.tables import KeyState, User
from bot.trading.account_clients import AccountClients
from bot.trading.linking import Linking
from bot.trading.storage import tickets
from bot.trading.storage.tables import Ticket, TicketKind

PANIC_LIFE_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class PanicPlan:
    """What a panic would touch now, and the token of its second tap.

    `orders` counts running strategies too; `unread` are positions of which nothing can be read.
    """

    ticket_id: int
    token: str
    account_id: int
    account_label: str
    others: tuple[str, ...]  # accounts that are not touched
    orders: int
    positions: tuple[Position, ...]
    unread: int = 0

    def __repr__(self) -> str:
        return f"PanicPlan(orders={self.orders}, positions={len(self.positions)})"


class Panics:
    """Offers of panics, on one account of a user. Reads raise BackpackError."""

    def __init__(
        self,
        database: Database,
        clients: AccountClients,
        linking: Linking,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._database = database
        self._clients = clients
        self._linking = linking
        self._clock = clock

    async def look_around(self, user: User) -> PanicPlan | Refusal:
        """What a panic would touch now, before anything is asked twice."""
        account = await self._linking.choose(user.id, None)
        if isinstance(account, Refusal):
            return account
        if account.state is KeyState.READ_ONLY:
            return Refusal(RefusalCode.READ_ONLY_KEY)
        known, _ = await self._linking.list(user.id)
        others = tuple(one.label for one in known if one.state is KeyState.ACTIVE and one.id != account.id)
        line = await self._clients.get(user.id, account.id)
        resting, running, held = await asyncio.gather(line.resting(), line.open_strategies(), line.held())
        waiting = len(resting.orders) + len(resting.odd) + len(running)
        positions = tuple(held.positions.values())
        return PanicPlan(0, "", account.id, account.label, others, waiting, positions, held.unread)

    async def plan(self, user: User, chat_id: int, group_id: int | None = None) -> PanicPlan | Refusal:
        """What would be cancelled and closed, and the ticket for the second tap."""
        plan = await self.look_around(user)
        if isinstance(plan, Refusal):
            return plan
        token, now = new_token(), self._clock()
        ticket = Ticket(
            token_hash=tickets.hash_token(token),
            user_id=user.id,
            chat_id=chat_id,
            group_id=group_id,
            account_id=plan.account_id,
            kind=TicketKind.PANIC,
            line="panic",
            legs=[],
            preview={"references": []},
            created_ms=now,
            expires_ms=now + PANIC_LIFE_MS,
        )
        async with self._database.write() as session:
            ticket = await tickets.offer(session, ticket)
        return replace(plan, ticket_id=ticket.id, token=token)
