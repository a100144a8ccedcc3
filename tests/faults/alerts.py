"""`python -m tests.faults.alerts --seed N`: 10,000 alerts, and the process that watches them killed anywhere.

The sandbox exchange keeps every price it ever printed: they judge what had to fire, when, how often.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.alerts.storage.tables import Alert, Firing, FiringState, Watermark
from bot.domain.alerts.alert import Trend
from bot.kernel.storage import migrate
from bot.kernel.storage.engines import normalise, survey_engine
from bot.kernel.storage.migrations import sync_engine
from bot.people.tables import User
from bot.sandbox.exchange import ExchangeConfig, SandboxExchange
from tests.faults.alerts_process import Job, live, unix_ms

SYMBOLS = {"SOL_USDC": 150, "BTC_USDC": 60_000, "ETH_USDC": 3_000}
CHATS = 50
PAUSE_S = 0.01
REACHES = (1000, 1000, 30)
SETTLE_S = 120.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How large, how long, how often; everything else follows from the seed."""

    seed: int
    alerts: int = 10_000
    deaths: int = 25
    longest_life_s: float = 3.0
    longest_death_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Watched:
    """One alert as it was armed."""

    id: int
    symbol: str
    level: Decimal
    trend: Trend
    repeat: bool


@dataclass(slots=True)
class Outcome:
    plan: Plan
    crossed: int = 0
    fired: int = 0
    late: int = 0
    deaths: int = 0
    prices: int = 0
    delivered_twice: int = 0
    complaints: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        head = (
            f"seed {self.plan.seed}: {self.plan.alerts} alerts, {self.prices} prices, {self.deaths} deaths;"
            f" {self.crossed} crossed, {self.fired} firings ({self.late} late),"
            f" {self.delivered_twice} delivered more than once, {len(self.complaints)} complaints"
        )
        return "\n  ".join([head, *self.complaints[:20]])


class Run:
    """The exchange lives here; those that die are other processes."""

    def __init__(self, plan: Plan, folder: Path, url: str | None = None) -> None:
        self._plan = plan
        self._chance = random.Random(plan.seed)
        self._folder = folder
        self._url = url or f"sqlite:///{folder / 'alerts.sqlite3'}"
        self._delivered = folder / "delivered"
        self._delivered.touch()
        self._exchange = SandboxExchange(ExchangeConfig(seed=plan.seed, moving=False, tick_ms=100))
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.faults.alerts_process"])
        self._child: Any = None

    async def go(self) -> Outcome:
        """Arm, move prices, kill, and judge what is left."""
        await asyncio.to_thread(migrate, self._url)
        outcome = Outcome(self._plan)
        async with self._exchange as exchange:
            for symbol, price in SYMBOLS.items():
                exchange.engine.world.market(symbol).trades = deque(maxlen=500_000)
                exchange.engine.move_price(symbol, Decimal(price), pin=True)
            alerts = list(self._alerts())
            await asyncio.to_thread(self._arm, alerts)
            await asyncio.sleep(0.05)
            moving = asyncio.create_task(self._move())
            try:
                for _ in range(self._plan.deaths):
                    await self._life()
                    outcome.deaths += 1
            finally:
                moving.cancel()
                await asyncio.gather(moving, return_exceptions=True)
            self._freeze()
            paths = self._paths()
            outcome.prices = sum(len(path) for path in paths.values())
            self._begin()
            due = await asyncio.to_thread(lambda: {a.id: crossings(a, paths[a.symbol]) for a in alerts})
            await self._settled(outcome, alerts, due)
            self._child.kill()
            self._child.join()
        return outcome

    def _alerts(self) -> Iterator[Watched]:
        for number in range(1, self._plan.alerts + 1):
            symbol = self._chance.choice(list(SYMBOLS))
            away = Decimal(round(self._chance.expovariate(1 / 0.04), 5)) + Decimal("0.0003")
            up = self._chance.random() < 0.5
            level = Decimal(SYMBOLS[symbol]) * (1 + away if up else 1 - min(away, Decimal("0.9")))
            natural = Trend.UP if up else Trend.DOWN
            trend = Trend.EITHER if self._chance.random() < 0.2 else natural
            yield Watched(number, symbol, level.quantize(Decimal("0.01")), trend, self._chance.random() < 0.1)

    def _arm(self, alerts: list[Watched]) -> None:
        now = unix_ms()
        engine = sync_engine(normalise(self._url))
        with Session(engine) as session, session.begin():
            session.add(User(id=1, created_ms=now))
        with engine.begin() as connection:
            connection.execute(sa.insert(Alert), [self._row(alert, now) for alert in alerts])
            marks = [{"name": f"last:{symbol}", "seen_ms": now} for symbol in SYMBOLS]
            connection.execute(sa.insert(Watermark), marks)
        engine.dispose()

    def _row(self, alert: Watched, now: int) -> dict[str, Any]:
        condition = {
            "symbol": alert.symbol,
            "level": str(alert.level),
            "trend": alert.trend.value,
            "source": "last",
        }
        side = "up" if alert.level > SYMBOLS[alert.symbol] else "down"
        return {
            "id": alert.id,
            "user_id": 1,
            "chat_id": alert.id % CHATS + 1,
            "kind": "PriceLevel",
            "symbol": alert.symbol,
            "level": alert.level,
            "condition": condition,
            "line": "an alert",
            "repeat": alert.repeat,
            "memory": {"": [side, now, 0]} if alert.trend is Trend.EITHER else None,
            "watched_from_ms": now,
            "created_ms": now,
        }

    async def _move(self) -> None:
        """Prices wander, with a jump now and then."""
        at = {symbol: Decimal(price) for symbol, price in SYMBOLS.items()}
        while True:
            symbol = self._chance.choice(list(at))
            jump = self._chance.random() < 0.01
            step = Decimal(round(self._chance.gauss(0, 0.02 if jump else 0.002), 6))
            home = Decimal(SYMBOLS[symbol])
            pull = (home - at[symbol]) / home / 50
            at[symbol] = max(home / 2, at[symbol] * (1 + step + pull)).quantize(Decimal("0.01"))
            self._exchange.engine.move_price(symbol, at[symbol], pin=True)
            await asyncio.sleep(PAUSE_S)

    def _begin(self) -> None:
        job = Job(
            self._exchange.rest_url,
            self._exchange.ws_url,
            self._url,
            str(self._delivered),
            self._chance.choice(REACHES),
        )
        self._child = self._context.Process(target=live, args=(job,), daemon=True)
        self._child.start()

    async def _life(self) -> None:
        """One process, from start to SIGKILL, and a while without any."""
        await asyncio.to_thread(self._begin)
        await asyncio.sleep(self._chance.uniform(0.2, self._plan.longest_life_s))
        self._child.kill()
        await asyncio.to_thread(self._child.join)
        await asyncio.sleep(self._chance.uniform(0, self._plan.longest_death_s) ** 2 / 2)

    def _freeze(self) -> None:
        """No price is printed any more: the market's own prints, too, bounce around the levels near it."""
        self._exchange.engine.stand_still()

    def _paths(self) -> dict[str, list[tuple[int, Decimal]]]:
        markets = self._exchange.engine.world.markets
        return {
            symbol: [(trade.time_us // 1000, trade.price) for trade in markets[symbol].trades]
            for symbol in SYMBOLS
        }

    async def _settled(self, outcome: Outcome, alerts: list[Watched], due: dict[int, list[int]]) -> None:
        """Wait until there is nothing to complain of, and still is not a moment later."""
        deadline = time.monotonic() + SETTLE_S
        calm = 0
        while calm < 2 and time.monotonic() < deadline:
            await asyncio.sleep(1.0)
            firings = await asyncio.to_thread(self._firings)
            await asyncio.to_thread(self._judge, outcome, alerts, due, firings)
            calm = 0 if outcome.complaints else calm + 1

    def _firings(self) -> list[Firing]:
        engine = survey_engine(normalise(self._url))
        with Session(engine, expire_on_commit=False) as session:
            found = list(session.scalars(sa.select(Firing).order_by(sa.column("id"))))
        engine.dispose()
        return found

    def _judge(
        self,
        outcome: Outcome,
        alerts: list[Watched],
        due: dict[int, list[int]],
        firings: list[Firing],
    ) -> None:
        by_alert: dict[int, list[Firing]] = {}
        for firing in firings:
            by_alert.setdefault(firing.alert_id, []).append(firing)
        events = Counter(self._delivered.read_text().split())
        outcome.fired, outcome.late = len(firings), sum(firing.late for firing in firings)
        outcome.delivered_twice = sum(1 for count in events.values() if count > 1)
        outcome.crossed = 0
        outcome.complaints = []
        for alert in alerts:
            times = due[alert.id]
            outcome.crossed += bool(times)
            outcome.complaints += complaints(alert, times, by_alert.get(alert.id, []))
        for firing in firings:
            if not events[f"{firing.alert_id}:{firing.sequence}"]:
                outcome.complaints.append(f"UNDELIVERED: {firing.alert_id}:{firing.sequence}")
            elif firing.state is not FiringState.DELIVERED:
                outcome.complaints.append(f"UNSETTLED: {firing.alert_id}:{firing.sequence} {firing.state}")


def crossings(alert: Watched, path: list[tuple[int, Decimal]]) -> list[int]:
    """When the recorded prices cross the level, by the definition in `bot.domain.alerts.alert`; ms."""
    side: Trend | None = Trend.UP if alert.level > SYMBOLS[alert.symbol] else Trend.DOWN
    found = []
    for at, price in path:
        if side is None:
            side = _waits_for(alert, price)
        if side is None or not (price >= alert.level if side is Trend.UP else price <= alert.level):
            continue
        found.append(at)
        if not alert.repeat:
            return found
        side = _waits_for(alert, price)
    return found


def _waits_for(alert: Watched, price: Decimal) -> Trend | None:
    natural = Trend.UP if price < alert.level else Trend.DOWN
    return natural if price != alert.level and alert.trend in {natural, Trend.EITHER} else None


def complaints(alert: Watched, times: list[int], firings: list[Firing]) -> list[str]:
    """What is wrong with one alert; over a gap one that repeats may have crossed more often than it says."""
    name = f"{alert.id} ({alert.symbol} {alert.trend} {alert.level}{' repeat' if alert.repeat else ''})"
    wrong = []
    if times and not firings:
        wrong.append(f"MISSED: {name} crossed at {times[0]}")
    if len(firings) > len(times):
        wrong.append(f"FALSE or TWICE: {name} fired {len(firings)} times, crossed {len(times)}")
    if [firing.sequence for firing in firings] != list(range(1, len(firings) + 1)):
        wrong.append(f"OUT OF SEQUENCE: {name}")
    for firing, at in zip(firings, times, strict=False):
        if firing.happened_ms < at:
            wrong.append(f"EARLY: {name} fired for {firing.happened_ms}, crossed at {at}")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.alerts", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--alerts", type=int, default=10_000)
    parser.add_argument("--deaths", type=int, default=25)
    parser.add_argument("--life", type=float, default=3.0, help="seconds a process lives at most")
    options = parser.parse_args()
    plan = Plan(options.seed, options.alerts, options.deaths, options.life)
    with tempfile.TemporaryDirectory(prefix="rucksack-alerts-") as folder:
        outcome = asyncio.run(Run(plan, Path(folder)).go())
    print(outcome)
    return 1 if outcome.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
