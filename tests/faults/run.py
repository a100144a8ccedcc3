"""One run of a plan: both sandboxes in this process, bots that die in others, and the verdict at the end."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.intake import storage
from bot.kernel.clock import unix_ms
from bot.kernel.storage import Database
from bot.kernel.storage.operating_tables import Lease
from bot.notifications.tables import OutboxMessage
from bot.sandbox.exchange import ExchangeConfig, SandboxExchange
from bot.sandbox.exchange.model import Account as ExchangeAccount
from bot.sandbox.exchange.model import OrderRequest, Tag
from bot.sandbox.telegram import ChatDriver, Limits, SandboxTelegram, TelegramConfig
from bot.sandbox.telegram.driver import ChatMessage, PersonChat, Tap
from bot.sandbox.values import OrderType, Side
from bot.trading.storage.operation_tables import Operation
from bot.trading.storage.tables import Order, Ticket
from bot.trading.storage.tickets import hash_token
from tests.faults.bot_process import PACE, Job, count_in, new_count
from tests.faults.databases import ALICE, Template
from tests.faults.nursery import Child, Nursery
from tests.faults.plan import Plan, Rule
from tests.faults.points import Point
from tests.faults.verdict import Evidence, complaints

NO_RATES = Limits(per_second=None, per_chat_second=None, per_group_minute=None)
PREVIEW_S = 20.0 * PACE
SETTLE_S = 60.0 * PACE
LOOK_S = 0.15  # looking costs more than waiting
LINGER_S = 0.25
SHUT_S = 0.6 * PACE
BEGINNINGS = 3
LIVES = 6


@dataclass(frozen=True, slots=True)
class Death:
    """Where the first process dies: at a step of its event loop, or at a point."""

    step: int | None = None
    point: Point | None = None


@dataclass(slots=True)
class Outcome:
    """What a run came to. `steps` were run by the first process, from the tap on."""

    plan: Plan
    database: str
    aim: Death
    steps: int = 0
    told_at: int = 0  # the step by which the last word was said, of a process that lived to say it
    deaths: list[str] = field(default_factory=list)
    died_at: int | None = None  # the step of the first death
    seconds: float = 0.0
    phase: str = ""  # how far the first process had come when it died
    traded: bool = False  # the tap was heard in time
    ended: str = ""  # what became of the orders, in the bot's words
    complaints: list[str] = field(default_factory=list)
    log: str = ""

    @property
    def is_clean(self) -> bool:
        return not self.complaints

    def __str__(self) -> str:
        died = ", ".join(self.deaths) or "nobody died"
        affliction = self.plan.affliction
        what = f"{affliction.journey.name}, {affliction.name}, {self.database}"
        aim = f"; aimed at {self.aim.point}" if self.aim.point is not None else ""
        head = f"seed {self.plan.seed}: {what}; {died}{aim}; {self.seconds:.1f} s; {self.ended}"
        return "\n  ".join([head, *self.complaints])


class Run:
    """A world for one plan."""

    def __init__(
        self, plan: Plan, template: Template, nursery: Nursery, folder: Path, patience_s: float = SETTLE_S
    ) -> None:
        self._plan = plan
        self._journey = plan.affliction.journey
        self._patience_s = patience_s
        self._template = template
        self._nursery = nursery
        self._folder = folder
        self._exchange = SandboxExchange(ExchangeConfig(seed=plan.seed, moving=False, speed_bump_ms=20))
        self._telegram = SandboxTelegram(TelegramConfig(limits=NO_RATES))
        self._children: list[Child] = []
        self._before: frozenset[str] = frozenset()  # ids of the orders made before the tap, by others
        self._told_at = 0
        self._tapped = b""  # what is kept of the Confirm's token
        self._shutting: asyncio.Task[None] | None = None

    async def go(self, death: Death, trace: Path | None = None) -> Outcome:
        """Trade once, dying where told after the tap, and judge what is left."""
        began = time.monotonic()
        outcome = Outcome(self._plan, self._template.kind, death)
        async with self._world() as alice:
            first = await self._bot("tap", death, trace)
            tap = await self._confirm(alice)
            counted = self._folder / "steps-0"
            judging = asyncio.create_task(self._settled(alice, first))
            if await first.dies_before(judging):
                judging.cancel()
                await asyncio.gather(judging, return_exceptions=True)
                outcome.died_at = count_in(counted)
                outcome.deaths.append(f"died at step {outcome.died_at}")
                outcome.phase = await self._phase()
                judging = asyncio.create_task(self._recover(outcome, alice, tap))
            outcome.complaints = await judging
            outcome.steps, outcome.told_at = count_in(counted), self._told_at
            outcome.traded = (await self._ticket()).claimed_ms is not None
            outcome.ended = await self._phase()
            for child in self._children:
                await self._nursery.kill(child)
        outcome.seconds = time.monotonic() - began
        if outcome.complaints:
            outcome.log = (self._folder / "bot.log").read_text()
        return outcome

    async def _recover(self, outcome: Outcome, alice: PersonChat, tap: Tap) -> list[str]:
        if self._plan.taps_again:
            await tap.again()
        death = Death(self._plan.second_death)
        for _ in range(LIVES):
            bot = await self._bot("start", death)
            judging = asyncio.create_task(self._settled(alice, bot))
            if not await bot.dies_before(judging):
                break
            judging.cancel()
            await asyncio.gather(judging, return_exceptions=True)
            if bot.ended.result() == -signal.SIGKILL:
                outcome.deaths.append(f"again at step {death.step} of its recovery")
            death = Death()  # one that could not start is started again, as its supervisor would
        return await judging if not judging.cancelled() else ["no bot lived to say the last word"]

    @contextlib.asynccontextmanager
    async def _world(self) -> AsyncIterator[PersonChat]:
        async with contextlib.AsyncExitStack() as stack:
            self._url = await stack.enter_async_context(self._template.copy(self._folder))
            await stack.enter_async_context(self._exchange)
            await stack.enter_async_context(self._telegram)
            stack.push_async_callback(self._reap)
            stack.callback(lambda: self._shutting and self._shutting.cancel())
            chats = await stack.enter_async_context(ChatDriver(self._telegram.url))
            self._admin = await stack.enter_async_context(
                httpx.AsyncClient(base_url=self._exchange.rest_url, timeout=10, verify=False)
            )
            self._database = Database.open(self._url)
            stack.push_async_callback(self._database.close)
            await self._hear()
            await self._tell("accounts", {"label": "Alice", "publicKey": self._template.public_key})
            await self._tell("clock", {"offsetMs": self._plan.affliction.clock_offset_ms})
            self._furnish()
            yield chats.as_user(ALICE)

    async def _hear(self) -> None:
        """As if a bot had listened until now. One that dies before its first second is out leaves no word of
        when it listened, and its heir asks again about a tap that may be of any age: shown elsewhere."""
        async with self._database.write() as session:
            await storage.note_look(session, self._telegram.config.bot_id, unix_ms())

    async def _reap(self) -> None:
        for child in self._children:
            await self._nursery.kill(child)

    async def _tell(self, what: str, body: Any) -> None:
        (await self._admin.post(f"/sandbox/{what}", json=body)).raise_for_status()

    @property
    def _there(self) -> ExchangeAccount:
        return next(iter(self._exchange.engine.world.accounts.values()))

    def _furnish(self) -> None:
        """What the account holds before the bot is asked anything, by the hand of another program."""
        for symbol, signed in self._journey.positions:
            self._place(symbol, Decimal(signed), None)
        for symbol, signed, price in self._journey.resting:
            self._place(symbol, Decimal(signed), Decimal(price))
        self._before = frozenset(order.id for order in self._there.orders)

    def _place(self, symbol: str, signed: Decimal, price: Decimal | None) -> None:
        side = Side.BUY if signed > 0 else Side.SELL
        kind = OrderType.MARKET if price is None else OrderType.LIMIT
        request = OrderRequest(symbol, side, kind, quantity=abs(signed), price=price)
        self._exchange.engine.place(self._there, request, Tag())

    async def _bot(self, armed_by: str, death: Death, trace: Path | None = None) -> Child:
        steps = new_count(self._folder / f"steps-{len(self._children)}")
        job = Job(
            rest_url=self._exchange.rest_url,
            ws_url=self._exchange.ws_url,
            telegram_url=self._telegram.url,
            token=self._telegram.config.token,
            database_url=self._url,
            master_key=self._template.master_key,
            steps_file=str(steps),
            log_file=str(self._folder / "bot.log"),
            die_at=death.step,
            die_on=death.point.plain() if death.point is not None else None,
            trace=str(trace) if trace is not None else None,
            armed_by=armed_by,
        )
        if self._children:
            await self._outwait()
        child = await self._nursery.fork(job)
        self._children.append(child)
        return child

    async def _outwait(self) -> None:
        """As if the dead bot's lease had run out: how long that takes is shown elsewhere."""
        async with self._database.write() as session:
            await session.execute(update(Lease).values(until_ms=0))

    async def _confirm(self, alice: PersonChat) -> Tap:
        """Write the line, tap through to the Confirm, let things go wrong, tap."""
        await alice.send(self._journey.line)
        for prefix in self._journey.taps[:-1]:
            await alice.tap_data(*await self._button(alice, prefix))
        message_id, data = await self._button(alice, self._journey.taps[-1])
        self._tapped = hash_token(data.partition(":")[2])
        await self._is_shown()
        affliction = self._plan.affliction
        if affliction.exchange:
            rules = [_paced(rule) for rule in affliction.exchange]
            await self._tell("faults", {"seed": self._plan.seed, "rules": rules})
        for rule in affliction.telegram:
            await alice.driver.post("faults", **_paced(rule))
        if affliction.shuts:
            self._shutting = asyncio.create_task(self._exchange.refuse_connections(SHUT_S))
        return await alice.tap_data(message_id, data)

    async def _button(self, alice: PersonChat, prefix: str) -> tuple[int, str]:
        """The message and the data of a button, once there is one. Raises TimeoutError."""

        def found(message: ChatMessage) -> list[str]:
            return [b.data for b in message.buttons if b.data and b.data.startswith(prefix)]

        shown = await alice.wait_for(lambda message: bool(found(message)), PREVIEW_S)
        return shown.id, found(shown)[0]

    async def _is_shown(self) -> None:
        """Until the bot knows which message shows its preview."""
        for _ in range(1000):
            if (await self._ticket()).message_id is not None:
                return
            await asyncio.sleep(0.01)
        raise AssertionError("the preview's message stayed unknown to the bot")

    async def _ticket(self) -> Ticket:
        async with self._database.read() as session:
            return await self._ticket_in(session)

    async def _ticket_in(self, session: AsyncSession) -> Ticket:
        """What is tapped. A line whose answer was out, and not yet noted, is answered once more: no harm."""
        statement = select(Ticket).order_by(Ticket.id)  # type: ignore[arg-type]
        found = (await session.scalars(statement)).all()
        return next((one for one in found if one.token_hash == self._tapped), found[0])

    async def _evidence(self, alice: PersonChat) -> Evidence:
        async with self._database.read() as session:
            ticket = await self._ticket_in(session)
            operation = (
                await session.scalars(select(Operation).where(Operation.ticket_id == ticket.id))  # type: ignore[arg-type]
            ).one_or_none()
            ours = (await session.scalars(select(Order).order_by(Order.id))).all()  # type: ignore[arg-type]
            outbox = (await session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))).all()  # type: ignore[arg-type]
        return Evidence(
            self._there,
            self._before,
            self._plan.affliction,
            ticket,
            operation,
            ours,
            outbox,
            await alice.messages(),
        )

    async def _phase(self) -> str:
        async with self._database.read() as session:
            ticket = await self._ticket_in(session)
            ours = (await session.scalars(select(Order))).all()
        there = sum(order.id not in self._before and not order.related_id for order in self._there.orders)
        own = ", ".join(sorted({order.state.value for order in ours})) if ours else ticket.state.value
        return f"{own}; {there} at the exchange"

    async def _settled(self, alice: PersonChat, bot: Child) -> list[str]:
        """Wait until there is nothing to complain of, and still is not a moment later."""
        deadline = time.monotonic() + self._patience_s
        wrong: list[str] = []
        while time.monotonic() < deadline:
            wrong = complaints(await self._evidence(alice))
            if any(line.startswith("DUPLICATED") for line in wrong):
                return wrong
            if not wrong:
                phase = await self._phase()
                self._told_at = count_in(self._folder / "steps-0")
                await asyncio.sleep(LINGER_S)
                wrong = complaints(await self._evidence(alice))
                if not wrong and await self._phase() == phase:  # else the tap was heard only meanwhile
                    return []
            if not bot.alive:
                return [*wrong, f"the bot ended by itself with {bot.ended.result()}"]
            await asyncio.sleep(LOOK_S)
        return wrong


def _paced(rule: Rule) -> Rule:
    """A rule whose delays keep their relation to the bot's patience."""
    return rule | {name: rule[name] * PACE for name in ("ms", "seconds") if name in rule}


class Harness:
    """Runs plans on one database; the unkilled run of a group is done once and remembered."""

    def __init__(
        self, nursery: Nursery, template: Template, folder: Path, patience_s: float = SETTLE_S
    ) -> None:
        self._patience_s = patience_s
        self._nursery = nursery
        self._template = template
        self._folder = folder
        self._range: dict[int, asyncio.Task[Outcome]] = {}
        self._runs = 0

    async def run(self, plan: Plan, reference: Plan, step: int | None = None) -> Outcome:
        """Run `plan`; `reference` gives the range its fraction is of, unless `step` says where to die."""
        if step is None and plan.fraction is not None:
            step = max(1, round(plan.fraction * (await self._unkilled(reference)).told_at))
        elif step is None:
            return await self._unkilled(plan)
        return await self.once(plan, Death(step))

    async def _unkilled(self, plan: Plan) -> Outcome:
        if plan.seed not in self._range:
            self._range[plan.seed] = asyncio.create_task(self.once(plan, Death()))
        return await self._range[plan.seed]

    async def once(self, plan: Plan, death: Death, trace: Path | None = None) -> Outcome:
        """One run, in a folder of its own that a clean one does not leave behind.

        Where the machine is too busy to show a preview in time, nothing was tried yet: it is begun anew.
        """
        why = ""
        for _ in range(BEGINNINGS):
            try:
                return await self._once(plan, death, trace)
            except TimeoutError as error:
                why = str(error)
        return Outcome(plan, self._template.kind, death, complaints=[f"NOT RUN: {why}"])

    async def _once(self, plan: Plan, death: Death, trace: Path | None) -> Outcome:
        self._runs += 1
        folder = self._folder / f"{self._template.kind}-{self._runs}"
        folder.mkdir()
        outcome = await Run(plan, self._template, self._nursery, folder, self._patience_s).go(death, trace)
        if outcome.is_clean:
            shutil.rmtree(folder, ignore_errors=True)
        return outcome
