"""`python -m tests.faults --takeover N`: three bots on a PostgreSQL, the active one killed or frozen N times.

Meanwhile Alice trades, sends chains, panics and is told of alerts. A frozen bot comes back after another has
taken over. In the end nothing may be doubled, lost or cut off without a word.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import os
import random
import signal
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Final

from sqlalchemy import select

from bot.alerts.storage.tables import Alert, Firing
from bot.domain.orders.order import OrderState
from bot.kernel.storage.operating_tables import Lease
from bot.notifications.tables import OutboxMessage, OutboxState
from bot.sandbox.telegram.driver import ChatMessage, PersonChat
from bot.trading.storage import orders
from bot.trading.storage.tables import Order, Ticket, TicketKind, TicketState
from tests.faults import verdict
from tests.faults.bot_process import LEASE_S, PACE, Job, new_count
from tests.faults.databases import Template, template, workshop
from tests.faults.nursery import Child, Nursery
from tests.faults.plan import Affliction, Plan
from tests.faults.run import LOOK_S, Run

BOTS: Final = 3
ANSWER_S: Final = 45.0 * PACE
SETTLE_S: Final = 60.0 * PACE
LONGEST_WAIT_S: Final = 1.2 * PACE  # into an act, until its bot dies
FINAL: Final = (
    *verdict.HEADLINES.values(),
    "expired",
    "steps done",
    "Panic done",
    "Nothing to do",
    "steps not",
)
_NEVER: Final = {OrderState.NOT_PLACED, OrderState.REJECTED}
_HEAD: Final = "🔔"
_NOTHING: Final = "Nothing to do"


@dataclass(slots=True)
class Report:
    """What came of it. `waits_s`: from each death until another bot had the lease."""

    kills: int = 0
    freezes: int = 0
    acts: collections.Counter[str] = field(default_factory=collections.Counter)
    stopped: int = 0  # chains that died with their bot and whose user was told what was not sent
    said_twice: int = 0  # Telegram cannot be asked whether it has a message: it is sent again
    waits_s: list[float] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def bad(self) -> bool:
        return bool(self.complaints)

    def __str__(self) -> str:
        acts = ", ".join(f"{number} {name}" for name, number in sorted(self.acts.items()))
        waits = f"{statistics.median(self.waits_s):.1f} s, at most {max(self.waits_s):.1f} s"
        head = [
            f"takeovers: {self.kills} killed, {self.freezes} frozen and thawed; {acts}",
            f"taken over in {waits} of a lease of {LEASE_S:.1f} s",
            f"{self.stopped} chains ended with their bot and told so, {self.said_twice} alerts said twice",
            f"{len(self.complaints)} complaints",
        ]
        return "\n".join(["; ".join(head), *self.complaints])


class Cluster(Run):
    """A world with several bots, of which one is active."""

    def __init__(self, home: Template, nursery: Nursery, folder: Path, seed: int) -> None:
        super().__init__(Plan(seed, Affliction("takeovers"), None), home, nursery, folder)
        self._dice = random.Random(seed)
        self._report = Report()
        self._price = 150

    async def go_on(self, times: int, tell: Callable[[str], object]) -> Report:
        """Let the active bot die so many times."""
        async with self._world() as alice:
            for _ in range(BOTS):
                await self._standby()
            await self._owner(after="")
            for number in range(times):
                await self._round(alice)
                if number % 10 == 9 or self._report.bad:
                    tell(f"{number + 1} of {times}: {self._report.complaints[-1:]}")
            await self._judge(alice)
            for child in self._children:
                await self._nursery.kill(child)
        return self._report

    async def _standby(self) -> None:
        number = len(self._children)
        job = Job(
            rest_url=self._exchange.rest_url,
            ws_url=self._exchange.ws_url,
            telegram_url=self._telegram.url,
            token=self._telegram.config.token,
            database_url=self._url,
            master_key=self._template.master_key,
            steps_file=str(new_count(self._folder / f"steps-{number}")),
            log_file=str(self._folder / "bot.log"),
            stands_by=True,
            life_s=3_600,
        )
        self._children.append(await self._nursery.fork(job))

    async def _owner(self, after: str) -> str:
        """Whoever has the lease, once that is not `after`. Raises TimeoutError."""
        async with asyncio.timeout(ANSWER_S):
            while True:
                async with self._database.read() as session:
                    lease = (await session.scalars(select(Lease))).one_or_none()
                if lease is not None and lease.owner and lease.owner != after:
                    return lease.owner
                await asyncio.sleep(0.05)

    def _child(self, owner: str) -> Child:
        pid = int(owner.rpartition(" ")[2])
        return next(child for child in self._children if child.pid == pid)

    async def _round(self, alice: PersonChat) -> None:
        """One act, and the death of the active bot somewhere in it."""
        name, act = self._dice.choice(list(self._acts().items()))
        self._report.acts[name] += 1
        acting = asyncio.create_task(act(alice))
        await asyncio.sleep(self._dice.random() * LONGEST_WAIT_S)
        owner = await self._owner(after="")
        victim, frozen = self._child(owner), self._dice.random() < 0.5
        os.kill(victim.pid, signal.SIGSTOP if frozen else signal.SIGKILL)
        began = time.monotonic()
        await self._owner(after=owner)
        self._report.waits_s.append(time.monotonic() - began)
        if frozen:
            self._report.freezes += 1
            await asyncio.sleep(self._dice.random())
            os.kill(victim.pid, signal.SIGCONT)
        else:
            self._report.kills += 1
            await self._standby()
        try:
            await acting
        except (TimeoutError, LookupError) as error:
            self._report.complaints.append(f"LOST: {name} was never answered: {str(error)[-400:]}")

    # --- what Alice does ---------------------------------------------------------------------------

    def _acts(self) -> dict[str, Callable[[PersonChat], Awaitable[object]]]:
        return {
            "trades": lambda alice: self._confirmed(alice, "long sol $50", "ok:"),
            "chains": lambda alice: self._confirmed(alice, "long sol $50; short eth $50; buy sol $20", "ok:"),
            "panics": lambda alice: self._confirmed(alice, "/panic", "panic:ask", "flat:"),
            "alerts": self._alert,
        }

    async def _confirmed(self, alice: PersonChat, line: str, *prefixes: str) -> None:
        before = max((message.id for message in await alice.messages()), default=0)
        await alice.send(line)
        message_id = 0
        for prefix in prefixes:

            def found(message: ChatMessage, prefix: str = prefix) -> list[str]:
                return [b.data for b in message.buttons if b.data and b.data.startswith(prefix)]

            shown = await alice.wait_for(
                lambda message, found=found: (
                    message.id > before and (bool(found(message)) or _NOTHING in message.text)
                ),
                ANSWER_S,
            )
            if _NOTHING in shown.text:
                return
            message_id = shown.id
            await alice.tap_data(message_id, found(shown)[0])
        await alice.wait_for(
            lambda message: message.id >= message_id and any(word in message.text for word in FINAL), ANSWER_S
        )

    async def _alert(self, alice: PersonChat) -> None:
        """Armed, and then true: told once."""
        before = max((message.id for message in await alice.messages()), default=0)
        self._price += 2
        await alice.send(f"a sol > {self._price}")
        await alice.wait_for(lambda m: m.id > before and str(self._price) in m.text, ANSWER_S)
        body = {"symbol": "SOL_USDC_PERP", "price": str(self._price + 1), "pin": True}
        await self._tell("price", body)
        told = f"above ${self._price}"
        await alice.wait_for(lambda m: m.id > before and _HEAD in m.text and told in m.text, ANSWER_S)

    # --- who is right ------------------------------------------------------------------------------

    async def _judge(self, alice: PersonChat) -> None:
        deadline, wrong = time.monotonic() + SETTLE_S, ["NOT JUDGED"]
        while wrong and time.monotonic() < deadline:
            await asyncio.sleep(LOOK_S)
            wrong = await self._complaints(alice)
        self._report.complaints += wrong

    async def _complaints(self, alice: PersonChat) -> list[str]:
        async with self._database.read() as session:
            tickets = (await session.scalars(select(Ticket))).all()
            ours = (await session.scalars(select(Order))).all()
            rows = (await session.scalars(select(OutboxMessage))).all()
            alerts = (await session.scalars(select(Alert))).all()
            firings = collections.Counter((await session.scalars(select(Firing.alert_id))).all())  # type: ignore[call-overload]
        wrong = [*self._orders(ours), *self._tickets(tickets, ours)]
        wrong += [f"DOUBLED: {many} firings of alert {one}" for one, many in firings.items() if many > 1]
        wrong += [f"LOST: alert {one.id} ({one.line}) never fired" for one in alerts if not firings[one.id]]
        waiting = {OutboxState.PENDING, OutboxState.SENDING, OutboxState.DEAD}
        wrong += [f"UNSAID: {row.state} {row.text[:60]!r}" for row in rows if row.state in waiting]
        heads = [m.text.split("\n")[0] for m in await alice.messages() if m.from_bot and _HEAD in m.text]
        self._report.said_twice = len(heads) - len(set(heads))
        return wrong

    def _orders(self, ours: list[Order] | object) -> list[str]:
        known = list(ours)  # type: ignore[call-overload]
        by_id = {order.exchange_id: order for order in known}
        there = [order for order in self._there.orders if order.id not in self._before]
        wrong = [f"LOST: order {order.id} is unknown to the bot" for order in there if order.id not in by_id]
        sent = collections.Counter(order.request.client_id for order in there if order.related_id is None)
        wrong += [f"DOUBLED: {many} orders with client id {one}" for one, many in sent.items() if many > 1]
        wrong += [f"IN DOUBT: order {order.id}" for order in known if order.state in orders.IN_DOUBT]
        seen = SimpleNamespace(exchange=self._there)
        for order in there:
            if order.id in by_id:
                wrong += verdict._differences(seen, by_id[order.id], order)  # type: ignore[arg-type]
        return wrong

    def _tickets(self, tickets: object, ours: object) -> list[str]:
        wrong, self._report.stopped = [], 0
        for ticket in tickets:  # type: ignore[attr-defined]
            mine = [order for order in ours if order.ticket_id == ticket.id and order.client_id is not None]  # type: ignore[attr-defined]
            if ticket.state is not TicketState.CLAIMED:
                wrong += [f"DOUBLED: order {order.id} of ticket {ticket.state}" for order in mine]
                continue
            placed = collections.Counter(order.leg for order in mine if order.state not in _NEVER)
            if ticket.kind is TicketKind.TRADE:
                wrong += [f"DOUBLED: leg {leg} of ticket {ticket.id}" for leg, n in placed.items() if n > 1]
                wrong += [f"LOST: ticket {ticket.id} tried nothing"] if not mine else []
            elif ticket.done_ms is None:
                wrong.append(f"CUT: {ticket.kind} {ticket.id} was never ended")
            elif ticket.kind is TicketKind.CHAIN:
                wrong += [f"DOUBLED: step {leg} of chain {ticket.id}" for leg, n in placed.items() if n > 1]
                self._report.stopped += len({order.leg for order in mine}) < len(ticket.legs)
        return wrong


@contextlib.asynccontextmanager
async def _home(folder: Path) -> AsyncIterator[tuple[Template, Nursery]]:
    async with template("postgres", folder) as home, Nursery() as nursery:
        yield home, nursery


async def take_over(
    times: int, seed: int = 1, tell: Callable[[str], object] = lambda _: None
) -> tuple[Report, str]:
    """So many deaths; what came of them, and the bots' log."""
    with workshop() as folder:
        async with _home(folder) as (home, nursery):
            report = await Cluster(home, nursery, folder, seed).go_on(times, tell)
        log = folder / "bot.log"
        return report, log.read_text() if report.bad and log.exists() else ""
