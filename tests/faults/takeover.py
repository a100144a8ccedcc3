"""`python -m tests.faults --takeover N`: three bots on a PostgreSQL, the active one killed or frozen N times.

Meanwhile Alice trades, sends chains, panics, is told of alerts and asks for posts, which fall due every
minute. A frozen bot comes back after another has taken over. In the end nothing may be doubled, lost or cut
off without a word.
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
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Final

from sqlalchemy import select

from bot.alerts.storage.tables import Alert, Firing
from bot.domain.execution.operation import OperationState
from bot.domain.orders.order import OrderState
from bot.kernel.clock import unix_ms
from bot.kernel.jobs.tables import Run as PostRun
from bot.kernel.recurrence import MINUTE_MS
from bot.kernel.storage.operating_tables import Lease
from bot.notifications import outbox_rows
from bot.notifications.tables import OutboxMessage, OutboxState
from bot.posts.tables import ScheduledPost
from bot.sandbox.telegram.driver import PersonChat
from bot.trading.storage import operations, orders
from bot.trading.storage.operation_tables import Operation
from bot.trading.storage.tables import Order, Ticket, TicketKind, TicketState
from tests.faults import posted, verdict
from tests.faults.acts import ANSWER_S, HEAD, Acting
from tests.faults.bot_process import LEASE_S, PACE, Job, new_count
from tests.faults.databases import Template, template, workshop
from tests.faults.nursery import Child, Nursery
from tests.faults.run import LOOK_S

BOTS: Final = 3
SETTLE_S: Final = 60.0 * PACE
LONGEST_WAIT_S: Final = 1.2 * PACE  # into an act, until its bot dies
BEHIND_TAP_S: Final = 0.3 * PACE  # behind its last tap: what that begins is soon over
ROUND_S: Final = 12  # about what a death takes, with all that comes of it
AT_ONCE: Final = 5  # posts of every minute
NEAR_S: Final = 6.0  # a minute that is so near is waited for, so that its bot dies with posts under way
POSTING_S: Final = 0.5 * PACE  # into a minute, until then
_NEVER: Final = {OrderState.NOT_PLACED, OrderState.REJECTED}


class NobodyActs(Exception):
    """The lease stayed with a bot that is dead or frozen."""


@dataclass(slots=True)
class Report:
    """What came of it. `waits_s`: from each death until another bot had the lease."""

    kills: int = 0
    freezes: int = 0
    acts: collections.Counter[str] = field(default_factory=collections.Counter)
    posts: int = 0  # due meanwhile
    caught: collections.Counter[str] = field(default_factory=collections.Counter)  # under way at a death
    stopped: int = 0  # chains that died with their bot and whose user was told what was not sent
    insisted: int = 0
    said_twice: int = 0  # Telegram cannot be asked whether it has a message: it is sent again
    waits_s: list[float] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def bad(self) -> bool:
        return bool(self.complaints)

    def __str__(self) -> str:
        acts = ", ".join(f"{number} {name}" for name, number in sorted(self.acts.items()))
        caught = ", ".join(f"{number} {name}" for name, number in sorted(self.caught.items()))
        waits = f"{statistics.median(self.waits_s):.1f} s, at most {max(self.waits_s):.1f} s"
        head = [
            f"takeovers: {self.kills} killed, {self.freezes} frozen and thawed; {acts}, {self.posts} posts",
            f"died with {caught or 'nothing'} under way",
            f"taken over in {waits} of a lease of {LEASE_S:.1f} s",
            f"{self.stopped} chains ended with their bot and told so, {self.said_twice} said twice",
            f"{self.insisted} taps made anew on an older question",
            f"{len(self.complaints)} complaints",
        ]
        return "\n".join(["; ".join(head), *self.complaints])


@dataclass(frozen=True, slots=True)
class Death:
    """How a bot dies: so far into the act, or behind its last tap; a frozen one is let go later."""

    act: str
    is_behind_tap: bool
    wait: float  # a part of the longest wait
    is_frozen: bool
    thaw_s: float


class Cluster(Acting):
    """A world with several bots, of which one is active."""

    def __init__(self, home: Template, nursery: Nursery, folder: Path, seed: int, times: int) -> None:
        self._minutes = 1 + times * ROUND_S // 60
        diary = posted.Diary(self._minutes * AT_ONCE + times, seed)
        super().__init__(home, nursery, folder, seed, diary)
        self._dice = random.Random(seed)
        self._times = times
        self._killed: set[int] = set()
        self._report = Report()

    async def go_on(self, tell: Callable[[str], object]) -> Report:
        """Let the active bot die so many times."""
        async with self._world() as alice:
            for _ in range(BOTS):
                await self._standby()
            await self._owner(after="")
            await self._fill_diary(alice, self._minutes, AT_ONCE)
            for number in range(self._times):
                with contextlib.suppress(NobodyActs):
                    await self._round(alice)
                if number % 10 == 9 or self._report.bad:
                    tell(f"{number + 1} of {self._times}: {self._report.complaints[-1:]}")
                await self._replace_ended()
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
        """Whoever has the lease, once that is not `after`. Raises NobodyActs."""
        try:
            async with asyncio.timeout(ANSWER_S):
                while True:
                    async with self._database.read() as session:
                        lease = (await session.scalars(select(Lease))).one_or_none()
                    if lease is not None and lease.owner and lease.owner != after:
                        return lease.owner
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise NobodyActs from None

    async def _replace_ended(self) -> None:
        """A bot that nobody killed is there until the end; another comes in its place all the same."""
        for child in self._children:
            if not child.alive and child.pid not in self._killed:
                self._killed.add(child.pid)
                self._report.complaints.append(f"ENDED: process {child.pid}, with {child.ended.result()}")
                await self._standby()

    def _child(self, owner: str) -> Child:
        pid = int(owner.rpartition(" ")[2])
        return next(child for child in self._children if child.pid == pid)

    def _death(self) -> Death:
        dice = self._dice
        act = dice.choice(list(self._acts()))
        return Death(act, dice.random() < 0.75, dice.random(), dice.random() < 0.5, dice.random())

    async def _round(self, alice: PersonChat) -> None:
        """One act, and the death of the active bot somewhere in it."""
        death = self._death()
        self._report.acts[death.act] += 1
        if death.act == "panics":
            await self._answered(self._open_something(alice), "what a panic is to end")
        self._decided.clear()
        acting = asyncio.create_task(self._answered(self._acts()[death.act](alice), death.act))
        await self._fatal_moment(death, acting)
        try:
            await self._die(death)
        except NobodyActs:
            acting.cancel()
            self._report.complaints.append("LOST: nobody took over")
            raise
        await acting

    async def _die(self, death: Death) -> None:
        """The active bot is killed, or frozen until another is active; there are as many bots then."""
        owner = await self._owner(after="")
        victim = self._child(owner)
        if not death.is_frozen:
            self._killed.add(victim.pid)
        os.kill(victim.pid, signal.SIGSTOP if death.is_frozen else signal.SIGKILL)
        began = time.monotonic()
        self._report.caught.update(await self._under_way())
        try:
            await self._owner(after=owner)
            self._report.waits_s.append(time.monotonic() - began)
            await asyncio.sleep(death.thaw_s if death.is_frozen else 0)
        finally:
            if death.is_frozen:
                os.kill(victim.pid, signal.SIGCONT)
        if death.is_frozen:
            self._report.freezes += 1
        else:
            self._report.kills += 1
            await self._standby()

    async def _answered(self, act: Awaitable[list[str]], name: str) -> None:
        try:
            self._report.complaints += await act
        except (TimeoutError, LookupError) as error:
            self._report.complaints.append(f"LOST: {name} was never answered: {str(error)[-400:]}")

    async def _fatal_moment(self, death: Death, acting: asyncio.Task[None]) -> None:
        """Wait until the bot is to die: with posts under way where some are due soon."""
        if death.is_behind_tap:
            decided = asyncio.create_task(self._decided.wait())
            await asyncio.wait({decided, acting}, return_when=asyncio.FIRST_COMPLETED)
            decided.cancel()
        now_ms = unix_ms()
        minute_ms = posted.next_minute_ms(now_ms)
        left_s = (minute_ms - now_ms) / 1000
        if left_s < NEAR_S and self._diary.due(minute_ms, minute_ms + MINUTE_MS):
            await asyncio.sleep(left_s + death.wait * POSTING_S)
        else:
            await asyncio.sleep(death.wait * (BEHIND_TAP_S if death.is_behind_tap else LONGEST_WAIT_S))

    async def _under_way(self) -> set[str]:
        """What a bot has begun and not ended."""
        async with self._database.read() as session:
            tickets = (await session.scalars(select(Ticket))).all()
            sent = (await session.scalars(select(Order))).all()
            rows = (await session.scalars(select(OutboxMessage))).all()
            runs = (await session.scalars(select(PostRun))).all()
            running = {one.ticket_id for one in await operations.running(session)}
        begun = {f"{one.kind}s" for one in tickets if one.id in running}
        begun |= {"trades" for order in sent if order.state in orders.IN_DOUBT}
        begun |= {"posts" for run in runs if run.key.startswith("post:") and run.done_ms is None}
        for row in rows:
            if row.state in outbox_rows.WAITING:
                series = (row.dedupe_key or "").partition(":")[0]
                begun.add({"post": "posts", "alert": "alerts"}.get(series, "other news"))
        return begun

    # --- who is right ------------------------------------------------------------------------------

    async def _judge(self, alice: PersonChat) -> None:
        self._until_ms = unix_ms()
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
            posts = (await session.scalars(select(ScheduledPost))).all()
            runs = (await session.scalars(select(PostRun))).all()
            firings = collections.Counter((await session.scalars(select(Firing.alert_id))).all())  # type: ignore[call-overload]
            acts = (await session.scalars(select(Operation))).all()
        ended = {one.ticket_id for one in acts if one.state is OperationState.DONE}
        wrong = [*self._orders(ours), *self._tickets(tickets, ours, ended)]
        lines = collections.Counter(one.line for one in alerts)
        wrong += [f"DOUBLED: {many} alerts of one {line!r}" for line, many in lines.items() if many > 1]
        wrong += [f"DOUBLED: {many} firings of alert {one}" for one, many in firings.items() if many > 1]
        wrong += [f"LOST: alert {one.id} ({one.line}) never fired" for one in alerts if not firings[one.id]]
        waiting = {OutboxState.PENDING, OutboxState.SENDING, OutboxState.DEAD}
        wrong += [f"UNSAID: {row.state} {row.text[:60]!r}" for row in rows if row.state in waiting]
        heads = [m.text.split("\n")[0] for m in await alice.messages() if m.from_bot and HEAD in m.text]
        found = posted.Found(list(posts), list(runs), list(rows), await self._chats(alice))
        wrong += posted.complaints(self._diary, self._until_ms, found)
        self._report.said_twice = len(heads) - len(set(heads)) + found.said_twice
        self._report.insisted = self.insisted
        self._report.posts = len(self._diary.due(0, self._until_ms))
        return wrong

    def _orders(self, ours: Sequence[Order]) -> list[str]:
        by_id = {order.exchange_id: order for order in ours}
        there = [order for order in self._there.orders if order.id not in self._before]
        wrong = [f"LOST: order {order.id} is unknown to the bot" for order in there if order.id not in by_id]
        sent = collections.Counter(order.request.client_id for order in there if order.related_id is None)
        wrong += [f"DOUBLED: {many} orders with client id {one}" for one, many in sent.items() if many > 1]
        wrong += [f"IN DOUBT: order {order.id}" for order in ours if order.state in orders.IN_DOUBT]
        seen = SimpleNamespace(exchange=self._there)
        for order in there:
            if order.id in by_id:
                wrong += verdict.differences(seen, by_id[order.id], order)  # type: ignore[arg-type]
        return wrong

    def _tickets(
        self, tickets: Sequence[Ticket], ours: Sequence[Order], ended: Collection[int | None]
    ) -> list[str]:
        wrong, self._report.stopped = [], 0
        for ticket in tickets:
            mine = [order for order in ours if order.ticket_id == ticket.id and order.client_id is not None]
            if ticket.state is not TicketState.CLAIMED:
                wrong += [f"DOUBLED: order {order.id} of ticket {ticket.state}" for order in mine]
                continue
            placed = collections.Counter(order.leg for order in mine if order.state not in _NEVER)
            if ticket.kind is TicketKind.TRADE:
                wrong += [f"DOUBLED: leg {leg} of ticket {ticket.id}" for leg, n in placed.items() if n > 1]
                wrong += [f"LOST: ticket {ticket.id} tried nothing"] if not mine else []
            elif ticket.id not in ended:
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
            report = await Cluster(home, nursery, folder, seed, times).go_on(tell)
        log = folder / "bot.log"
        return report, log.read_text() if report.bad and log.exists() else ""
