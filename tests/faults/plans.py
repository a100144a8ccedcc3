"""`python -m tests.faults.plans`: a bot killed while an alert that may trade without asking fires.

From the firing on the steps of its event loop are counted, as from a tap. Wherever it dies: one
order or one question, never both, never two, and the alert is told.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from bot.alerts.storage.tables import Firing
from bot.domain.orders.order import OrderState
from bot.notifications.tables import OutboxMessage, OutboxState
from bot.sandbox.telegram.driver import ChatMessage, PersonChat
from bot.trading.storage.tables import Order
from tests.faults.bot_process import count_in
from tests.faults.databases import KINDS, Kind, Template, template, workshop
from tests.faults.nursery import Child, Nursery
from tests.faults.plan import Affliction, Plan
from tests.faults.run import LINGER_S, LIVES, LOOK_S, PREVIEW_S, SETTLE_S, Death, Run

LINE = "a sol > 160 then arm max $300 long sol $200"
HEADLINE = "🔔 SOL-PERP price above $160"
SENT, ASKED = "Sent without asking", "Not sent without asking"


@dataclass(slots=True)
class Outcome:
    """What became of one firing."""

    database: str
    steps: int = 0  # the first process ran, from the firing on
    deaths: int = 0
    ordered: int = 0
    asked: int = 0
    said_twice: int = 0  # Telegram cannot be asked whether it has a message: it is sent again
    complaints: list[str] = field(default_factory=list)


class PlanRun(Run):
    """A world in which an armed plan goes off."""

    def __init__(self, home: Template, nursery: Nursery, folder: Path) -> None:
        super().__init__(Plan(0, Affliction("an armed plan"), None), home, nursery, folder)

    async def fire(self, first: Death, second: Death) -> Outcome:
        """Arm, let it fire and die, let the heir die too, judge what is left."""
        outcome = Outcome(self._template.kind)
        async with self._world() as alice:
            bot = await self._bot("firing", first)
            await self._arm(alice)
            for symbol in ("SOL_USDC", "SOL_USDC_PERP"):
                self._exchange.engine.move_price(symbol, Decimal(161), pin=True)
            for death in (second, *[Death()] * LIVES):
                ended = await self._lives(outcome, alice, bot)
                if not ended:
                    break
                bot = await self._bot("start", death)
            outcome.steps = count_in(self._folder / "steps-0")
        return outcome

    async def _arm(self, alice: PersonChat) -> None:
        await alice.send(LINE)
        message_id, data = await self._button(alice, "as:")
        await alice.tap_data(message_id, data)
        await alice.wait_for("Alert set", PREVIEW_S)

    async def _lives(self, outcome: Outcome, alice: PersonChat, bot: Child) -> bool:
        """Judge until there is nothing to complain of, or until it dies; whether it died."""
        judging = asyncio.create_task(self._judged(outcome, alice))
        if not await bot.dies_before(judging):
            await judging
            return False
        judging.cancel()
        await asyncio.gather(judging, return_exceptions=True)
        if bot.ended.result() != -signal.SIGKILL:
            outcome.complaints = [f"the bot ended by itself with {bot.ended.result()}"]
            return False
        outcome.deaths += 1
        return True

    async def _judged(self, outcome: Outcome, alice: PersonChat) -> None:
        deadline, calm = time.monotonic() + SETTLE_S, False
        while time.monotonic() < deadline:
            outcome.complaints = await self._wrong(outcome, alice)
            if not outcome.complaints and calm:
                return
            calm = not outcome.complaints
            await asyncio.sleep(LINGER_S if calm else LOOK_S)

    async def _wrong(self, outcome: Outcome, alice: PersonChat) -> list[str]:
        async with self._database.read() as session:
            firings = (await session.scalars(select(Firing))).all()
            ours = (await session.scalars(select(Order))).all()
            queued = (await session.scalars(select(OutboxMessage).order_by(col(OutboxMessage.id)))).all()
        there = [order for order in self._there.orders if order.id not in self._before]
        shown = [message for message in await alice.messages() if message.from_bot]
        about = _about(shown)
        outcome.ordered, outcome.asked = len(there), sum(ASKED in message.text for message in about)
        outcome.said_twice = max(0, len(about) - 1)
        return [
            *([] if len(firings) == 1 else [f"{len(firings)} FIRINGS"]),
            *([] if len(there) <= 1 and len(ours) <= 1 else [f"DUPLICATED: {len(there)}, {len(ours)}"]),
            *([] if about else ["LOST: the alert is not told"]),
            *([] if len(about) <= 1 + outcome.deaths else [f"REPEATED: told {len(about)} times"]),
            *_wrong_word(about, ours, there),
            *_wrong_queue(queued),
        ]


def _about(shown: Sequence[ChatMessage]) -> list[ChatMessage]:
    return [message for message in shown if message.text.startswith(HEADLINE)]


def _wrong_word(about: Sequence[ChatMessage], ours: Sequence[Order], there: Sequence[object]) -> list[str]:
    """The last message about the alert says what is true."""
    if not about:
        return []
    text, labels = about[-1].text, " ".join(about[-1].labels)
    if not ours and not there:
        return (
            [] if ASKED in text and "✅" in labels else [f"UNSAID: nothing was sent, and {text!r} is shown"]
        )
    states = {order.state for order in ours}
    if not states <= {OrderState.FILLED, OrderState.NOT_PLACED}:
        return [f"UNSETTLED: {states}"]
    if (OrderState.FILLED in states) is not bool(there):
        return [f"MISREPORTED: {states}, {len(there)} at the exchange"]
    return [] if SENT in text and ASKED not in text else [f"MISREPORTED: sent, and {text!r} is shown"]


def _wrong_queue(queued: Sequence[OutboxMessage]) -> list[str]:
    named = [row.dedupe_key or "" for row in queued]
    keys = sorted(key for key in named if key.split(":")[0] in {"alert", "plan"})
    waiting = [row.id for row in queued if row.state in {OutboxState.PENDING, OutboxState.SENDING}]
    return [
        *([] if keys == ["alert:1:1", "plan:1"] else [f"QUEUED: {keys}"]),
        *([f"WAITING: {waiting}"] if waiting else []),
    ]


async def sweep(kind: Kind, deaths: int, seed: int = 1) -> list[Outcome]:
    """One run unkilled, then `deaths` of them spread over its steps, some with a second death."""
    chance = random.Random(f"plans:{seed}")
    outcomes: list[Outcome] = []
    with workshop() as folder:
        async with template(kind, folder) as home, Nursery() as nursery:
            for number in range(deaths + 1):
                inside = folder / str(number)
                inside.mkdir()
                at = (number - 1 + chance.random()) / max(deaths, 1)
                step = Death(max(1, round(at * outcomes[0].steps))) if number else Death()
                again = Death(round(10 ** chance.uniform(2, 3.5))) if number % 3 == 2 else Death()
                outcomes.append(await PlanRun(home, nursery, inside).fire(step, again))
                if outcomes[-1].complaints:
                    outcomes[-1].complaints.append((inside / "bot.log").read_text())
    return outcomes


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.plans", description=__doc__)
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--deaths", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    outcomes = asyncio.run(sweep(options.database, options.deaths, options.seed))
    bad = [outcome for outcome in outcomes if outcome.complaints]
    print(
        f"{options.database}: {len(outcomes)} firings over {outcomes[0].steps} steps,"
        f" {sum(one.deaths for one in outcomes)} deaths; {sum(one.ordered for one in outcomes)} orders,"
        f" {sum(one.asked for one in outcomes)} questions,"
        f" {sum(one.said_twice for one in outcomes)} said twice, {len(bad)} bad"
    )
    for outcome in bad[:3]:
        print("\n".join(outcome.complaints))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
