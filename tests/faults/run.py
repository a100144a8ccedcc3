"""One run of a plan: both sandboxes in this process, bots that die in others, and the verdict at the end."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from bot.sandbox.exchange import ExchangeConfig, SandboxExchange
from bot.sandbox.telegram import ChatDriver, Limits, SandboxTelegram, TelegramConfig
from bot.sandbox.telegram.driver import PersonChat, Tap
from bot.store import Database, accounts, migrate, orders, users
from bot.store.tables import AccountState, Message, Ticket
from bot.vault import MasterKeys, Vault
from tests.faults.bot_process import Job, count_in, new_count
from tests.faults.nursery import Child, Nursery
from tests.faults.plan import Plan
from tests.faults.verdict import Evidence, complaints

ALICE = 1001
NO_RATES = Limits(per_second=None, per_chat_second=None, per_group_minute=None)
PREVIEW_S = 15.0
SETTLE_S = 25.0
LOOK_S = 0.04
LINGER_S = 0.25


@dataclass(frozen=True, slots=True)
class Template:
    """A migrated database with Alice's linked account, made once and copied for every run."""

    database: Path
    master_key: str
    public_key: str

    @classmethod
    async def make(cls, folder: Path) -> Template:
        path = folder / "template.sqlite3"
        url = f"sqlite:///{path}"
        await asyncio.to_thread(migrate, url)
        master_key = base64.b64encode(os.urandom(32)).decode()
        now = time.time_ns() // 1_000_000
        database = Database.open(url)
        async with database.write() as session:
            await users.get_or_create(session, ALICE, now, "en")
        vault = Vault(database, MasterKeys.parse(master_key), clock=lambda: now)
        made = await vault.generate(ALICE, "main")
        async with database.write() as session:
            await accounts.verified(session, ALICE, made.account_id, AccountState.ACTIVE, now)
        await database.scrub()
        await database.close()
        return cls(path, master_key, made.public_key)


@dataclass(slots=True)
class Outcome:
    """What a run came to. `steps` were run by the first process, from the tap on."""

    plan: Plan
    steps: int = 0
    died_at: int | None = None  # the step of the first death
    deaths: list[str] = field(default_factory=list)
    seconds: float = 0.0
    phase: str = ""  # how far the first process had come when it died
    complaints: list[str] = field(default_factory=list)
    log: str = ""

    @property
    def is_clean(self) -> bool:
        return not self.complaints

    def __str__(self) -> str:
        died = ", ".join(self.deaths) or "nobody died"
        head = f"seed {self.plan.seed}: {self.plan.affliction.name}; {died}; {self.seconds:.1f} s"
        return "\n  ".join([head, *self.complaints])


class Run:
    """A world for one plan."""

    def __init__(
        self, plan: Plan, template: Template, nursery: Nursery, folder: Path, patience_s: float = SETTLE_S
    ) -> None:
        self._plan = plan
        self._patience_s = patience_s
        self._template = template
        self._nursery = nursery
        self._folder = folder
        self._exchange = SandboxExchange(ExchangeConfig(seed=plan.seed, moving=False, speed_bump_ms=20))
        self._telegram = SandboxTelegram(TelegramConfig(limits=NO_RATES))
        self._children: list[Child] = []
        self._file = folder / "bot.sqlite3"
        shutil.copyfile(template.database, self._file)

    async def go(self, die_at: int | None) -> Outcome:
        """Trade once, dying before step `die_at` after the tap, and judge what is left."""
        began = time.monotonic()
        outcome = Outcome(self._plan)
        async with self._world() as alice:
            first = await self._bot(die_at, "tap")
            tap = await self._confirm(alice)
            counted = self._folder / "steps-0"
            judging = asyncio.create_task(self._settled(alice, first))
            await asyncio.wait({judging, first.ended}, return_when=asyncio.FIRST_COMPLETED)
            if not first.alive:
                judging.cancel()
                await asyncio.gather(judging, return_exceptions=True)
                outcome.died_at = count_in(counted)
                outcome.deaths.append(f"died at step {outcome.died_at}")
                outcome.phase = await self._phase()
                judging = asyncio.create_task(self._recover(outcome, alice, tap))
            outcome.complaints = await judging
            outcome.steps = count_in(counted)
            for child in self._children:
                await self._nursery.kill(child)
        outcome.seconds = time.monotonic() - began
        if outcome.complaints:
            outcome.log = (self._folder / "bot.log").read_text()
        return outcome

    async def _recover(self, outcome: Outcome, alice: PersonChat, tap: Tap) -> list[str]:
        if self._plan.taps_again:
            await tap.again()
        if self._plan.second_death is None:
            return await self._settled(alice, await self._bot(None, "start"))
        second = await self._bot(self._plan.second_death, "start")
        judging = asyncio.create_task(self._settled(alice, second))
        await asyncio.wait({judging, second.ended}, return_when=asyncio.FIRST_COMPLETED)
        if second.alive:
            return await judging
        judging.cancel()
        await asyncio.gather(judging, return_exceptions=True)
        outcome.deaths.append(f"again at step {self._plan.second_death} of its recovery")
        return await self._settled(alice, await self._bot(None, "start"))

    @contextlib.asynccontextmanager
    async def _world(self) -> AsyncIterator[PersonChat]:
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(self._exchange)
            await stack.enter_async_context(self._telegram)
            stack.push_async_callback(self._reap)
            chats = await stack.enter_async_context(ChatDriver(self._telegram.url))
            self._admin = await stack.enter_async_context(
                httpx.AsyncClient(base_url=self._exchange.rest_url, timeout=10)
            )
            self._database = Database.open(f"sqlite:///{self._file}")
            stack.push_async_callback(self._database.close)
            await self._tell("accounts", {"label": "Alice", "publicKey": self._template.public_key})
            await self._tell("clock", {"offsetMs": self._plan.affliction.clock_offset_ms})
            yield chats.as_user(ALICE)

    async def _reap(self) -> None:
        for child in self._children:
            await self._nursery.kill(child)

    async def _tell(self, what: str, body: Any) -> None:
        (await self._admin.post(f"/sandbox/{what}", json=body)).raise_for_status()

    async def _bot(self, die_at: int | None, armed_by: str) -> Child:
        steps = new_count(self._folder / f"steps-{len(self._children)}")
        job = Job(
            rest_url=self._exchange.rest_url,
            ws_url=self._exchange.ws_url,
            telegram_url=self._telegram.url,
            token=self._telegram.config.token,
            database_url=f"sqlite:///{self._file}",
            master_key=self._template.master_key,
            steps_file=str(steps),
            log_file=str(self._folder / "bot.log"),
            die_at=die_at,
            armed_by=armed_by,
        )
        child = await self._nursery.fork(job)
        self._children.append(child)
        return child

    async def _confirm(self, alice: PersonChat) -> Tap:
        """Write the line, see the preview, let things go wrong, tap."""
        await alice.send(self._plan.affliction.line)
        shown = await alice.wait_for(lambda message: bool(message.buttons), PREVIEW_S)
        if not any((button.data or "").startswith("ok:") for button in shown.buttons):
            raise AssertionError(f"no preview: {shown.text!r}")
        data = next(b.data for b in shown.buttons if b.data and b.data.startswith("ok:"))
        await self._is_shown()
        affliction = self._plan.affliction
        if affliction.exchange:
            await self._tell("faults", {"seed": self._plan.seed, "rules": list(affliction.exchange)})
        for rule in affliction.telegram:
            await alice.driver.post("faults", **rule)
        return await alice.tap_data(shown.id, data)

    async def _is_shown(self) -> None:
        """Until the bot knows which message shows its preview."""
        for _ in range(500):
            if (await self._ticket()).message_id is not None:
                return
            await asyncio.sleep(0.01)
        raise AssertionError("the preview's message stayed unknown to the bot")

    async def _ticket(self) -> Ticket:
        async with self._database.read() as session:
            return (await session.scalars(select(Ticket))).one()

    async def _evidence(self, alice: PersonChat) -> Evidence:
        async with self._database.read() as session:
            ticket = (await session.scalars(select(Ticket))).one()
            ours = list(await orders.of_ticket(session, ticket.id))
            outbox = (await session.scalars(select(Message))).all()
        account = next(iter(self._exchange.engine.world.accounts.values()))
        return Evidence(account, ticket, ours, outbox, await alice.messages(), self._plan.affliction.refuses)

    async def _phase(self) -> str:
        async with self._database.read() as session:
            ticket = (await session.scalars(select(Ticket))).one()
            ours = list(await orders.of_ticket(session, ticket.id))
        there = bool(next(iter(self._exchange.engine.world.accounts.values())).orders)
        own = ours[0].state.value if ours else ticket.state.value
        return f"{own}/{'at the exchange' if there else 'not there'}"

    async def _settled(self, alice: PersonChat, bot: Child) -> list[str]:
        """Wait until there is nothing to complain of, and still is not a moment later."""
        deadline = time.monotonic() + self._patience_s
        wrong: list[str] = []
        while time.monotonic() < deadline:
            wrong = complaints(await self._evidence(alice))
            if any(line.startswith("DUPLICATED") for line in wrong):
                return wrong
            if not wrong:
                await asyncio.sleep(LINGER_S)
                wrong = complaints(await self._evidence(alice))
                if not wrong:
                    return []
            if not bot.alive:
                return [*wrong, f"the bot ended by itself with {bot.ended.result()}"]
            await asyncio.sleep(LOOK_S)
        return wrong


class Harness:
    """Runs plans one after the other; the unkilled run of a group is done once and remembered."""

    def __init__(
        self, nursery: Nursery, template: Template, folder: Path, patience_s: float = SETTLE_S
    ) -> None:
        self._patience_s = patience_s
        self._nursery = nursery
        self._template = template
        self._folder = folder
        self._range: dict[int, int] = {}

    async def run(self, plan: Plan, reference: Plan | None, step: int | None = None) -> Outcome:
        """Run `plan`; `reference` gives the range its fraction is of, unless `step` says where to die."""
        die_at = step
        if die_at is None and plan.fraction is not None:
            if plan.reference not in self._range and reference is not None:
                await self.run(reference, None)
            die_at = max(1, round(plan.fraction * self._range.get(plan.reference, 1)))
        folder = self._folder / f"seed-{plan.seed}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        outcome = await Run(plan, self._template, self._nursery, folder, self._patience_s).go(die_at)
        if plan.fraction is None:
            self._range[plan.reference] = outcome.steps
        return outcome
