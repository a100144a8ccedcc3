"""What Alice does while bots die: she trades, sends chains, panics, sets alerts and asks for posts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import select

from bot.kernel.clock import unix_ms
from bot.notifications.tables import OutboxMessage
from bot.sandbox.telegram import SandboxTelegram, TelegramConfig
from bot.sandbox.telegram.driver import ChatMessage, PersonChat, Tap
from bot.trading.storage.operation_tables import Operation
from bot.trading.storage.tables import Order, Ticket
from bot.trading.storage.tickets import hash_token
from bot.ui.words import symbol_name
from tests.faults import verdict
from tests.faults.bot_process import PACE
from tests.faults.databases import ALICE, Template
from tests.faults.nursery import Nursery
from tests.faults.plan import JOURNEYS, Affliction, Plan
from tests.faults.posted import Diary, Wish, next_minute_ms
from tests.faults.run import NO_RATES, Run

ANSWER_S: Final = 45.0 * PACE
BELOW: Final = Decimal("0.97")  # of the price: where an order rests
TRADED: Final = (*verdict.HEADLINES.values(), "expired")
CHAINED: Final = ("steps done", "expired")
FLAT: Final = ("Panic done", "steps not confirmed", "Nothing to do", "expired")
HEAD: Final = "🔔"

Act = Callable[[PersonChat], Awaitable[list[str]]]


class Acting(Run):
    """A world in which Alice acts; every act returns complaints."""

    def __init__(self, home: Template, nursery: Nursery, folder: Path, seed: int, diary: Diary) -> None:
        super().__init__(Plan(seed, Affliction("takeovers", JOURNEYS["panic"]), None), home, nursery, folder)
        self._telegram = SandboxTelegram(TelegramConfig(limits=NO_RATES, groups=diary.groups))
        self._diary = diary
        self._price = 150
        self.insisted = 0  # taps made again because their button was over
        self._insisted = ""
        self._decided = asyncio.Event()  # the act's last tap is made: its work is under way

    def _furnish(self) -> None:
        """Nothing is held at first."""

    def _acts(self) -> dict[str, Act]:
        return {
            "trades": self._trade,
            "chains": lambda alice: self._chain(alice, "long sol $50", "short eth $50", "buy sol $20"),
            "panics": self._panic,
            "alerts": self._alert,
            "schedules": self._schedule,
        }

    async def _trade(self, alice: PersonChat) -> list[str]:
        await self._confirmed(alice, "long sol $50", ("ok:",), TRADED)
        return []

    async def _chain(self, alice: PersonChat, *lines: str) -> list[str]:
        await self._confirmed(alice, "; ".join(lines), ("ok:",), CHAINED)
        return []

    async def _confirmed(
        self, alice: PersonChat, line: str, prefixes: tuple[str, ...], final: tuple[str, ...]
    ) -> str:
        """Tap through to the end of a line; the data of the last tap. Raises TimeoutError."""
        before = max((message.id for message in await alice.messages()), default=0)
        await alice.send(line)
        message_id, data = 0, ""
        for prefix in prefixes:
            shown = await alice.wait_for(partial(_offers, before, prefix), ANSWER_S)
            message_id, data = shown.id, _data_with(shown, prefix)[0]
            tap = await alice.tap_data(message_id, data)
        self._decided.set()
        insisting = asyncio.create_task(self._insist(alice, tap, message_id, data, prefixes[-1]))
        try:
            await alice.wait_for(
                lambda message: message.id >= message_id and any(word in message.text for word in final),
                ANSWER_S,
            )
        finally:
            insisting.cancel()
        return self._insisted or data

    async def _insist(self, alice: PersonChat, tap: Tap, message_id: int, data: str, prefix: str) -> None:
        """As people do: who is told that a button is over taps the one that stands there now.

        A call that a bot had begun when it was frozen may reach Telegram after its heir's, and put an older
        question in the place of a newer one.
        """
        self._insisted = ""
        while (await tap.answer(ANSWER_S)).show_alert:
            shown = next(message for message in await alice.messages() if message.id == message_id)
            now = [b.data for b in shown.buttons if b.data and b.data.startswith(prefix)]
            if not now or data in now:
                return
            self._insisted = data = now[0]
            self.insisted += 1
            tap = await alice.tap_data(message_id, data)

    # --- panics ------------------------------------------------------------------------------------

    async def _open_something(self, alice: PersonChat) -> list[str]:
        """So that a panic has something to close, and something to withdraw."""
        lines = [] if self._there.positions else ["long sol $50", "short eth $50", "long btc $100"]
        if not any(order.is_open for order in self._there.orders):
            price = (self._price * BELOW).quantize(Decimal(1))
            lines += [f"long sol $50 at {price}", f"long sol $40 at {price}"]
        return await self._chain(alice, *lines) if lines else []

    async def _panic(self, alice: PersonChat) -> list[str]:
        """Everything there was is withdrawn or closed, and each of it named."""
        resting = frozenset(order.id for order in self._there.orders if order.is_open)
        held = {symbol: abs(position.quantity) for symbol, position in self._there.positions.items()}
        data = await self._confirmed(alice, "/panic", ("panic:ask", "flat:"), FLAT)
        seen = await self._seen(alice, resting, hash_token(data.partition(":")[2]))
        text = seen.text(seen.ticket.message_id)
        wrong = verdict.flattened(seen)
        wrong += [
            f"UNTOLD: {quantity} {symbol} was held, the panic says {text!r}"
            for symbol, quantity in held.items()
            if f"Closed {quantity.normalize():f} {symbol_name(symbol)}" not in text
        ]
        if f"Cancelled {len(resting)} order" not in text:
            wrong.append(f"UNTOLD: {len(resting)} orders rested, the panic says {text!r}")
        return [f"{line} (ticket {seen.ticket.id})" for line in wrong]

    async def _seen(self, alice: PersonChat, before: frozenset[str], token_hash: bytes) -> verdict.Evidence:
        async with self._database.read() as session:
            statement = select(Ticket).where(Ticket.token_hash == token_hash)  # type: ignore[arg-type]
            ticket = (await session.scalars(statement)).one()
            carried_out = select(Operation).where(Operation.ticket_id == ticket.id)  # type: ignore[arg-type]
            operation = (await session.scalars(carried_out)).one_or_none()
            ours = select(Order).where(Order.ticket_id == ticket.id)  # type: ignore[arg-type]
            mine = (await session.scalars(ours)).all()
            outbox = (await session.scalars(select(OutboxMessage))).all()
        affliction = self._plan.affliction
        return verdict.Evidence(
            self._there, before, affliction, ticket, operation, mine, outbox, await alice.messages()
        )

    # --- alerts ------------------------------------------------------------------------------------

    async def _alert(self, alice: PersonChat) -> list[str]:
        """Armed, and then true: told once."""
        before = max((message.id for message in await alice.messages()), default=0)
        self._price += 2
        await alice.send(f"a sol > {self._price}")
        self._decided.set()
        await alice.wait_for(lambda m: m.id > before and str(self._price) in m.text, ANSWER_S)
        body = {"symbol": "SOL_USDC_PERP", "price": str(self._price + 1), "pin": True}
        await self._tell("price", body)
        told = f"above ${self._price}"
        await alice.wait_for(lambda m: m.id > before and HEAD in m.text and told in m.text, ANSWER_S)
        return []

    # --- posts -------------------------------------------------------------------------------------

    async def _schedule(self, alice: PersonChat) -> list[str]:
        """One post more, due when this act is over in any case."""
        soonest_ms = next_minute_ms(unix_ms() + int(ANSWER_S * 1000))
        await self._promised(alice, self._diary.wish(soonest_ms))
        return []

    async def _promised(self, alice: PersonChat, wish: Wish) -> None:
        group = PersonChat(alice.driver, ALICE, wish.chat_id)
        line = await group.send(wish.line)
        self._decided.set()
        await group.wait_for(lambda m: m.id > line.id and "Saved" in m.text, ANSWER_S)
        self._diary.answered_ms[wish] = unix_ms()

    async def _fill_diary(self, alice: PersonChat, minutes: int, at_once: int) -> None:
        """So many posts at each of the coming minutes."""
        first_ms = next_minute_ms(unix_ms() + 1_000)
        for minute in range(minutes):
            for _ in range(at_once):
                await self._promised(alice, self._diary.wish(first_ms + minute * 60_000))

    async def _chats(self, alice: PersonChat) -> dict[int, list[ChatMessage]]:
        """What stands in each of the groups."""
        return {
            group.id: await PersonChat(alice.driver, ALICE, group.id).messages()
            for group in self._diary.groups
        }


def _offers(after: int, prefix: str, message: ChatMessage) -> bool:
    """Whether it is a newer message with such a button."""
    return message.id > after and bool(_data_with(message, prefix))


def _data_with(message: ChatMessage, prefix: str) -> list[str]:
    return [button.data for button in message.buttons if button.data and button.data.startswith(prefix)]
