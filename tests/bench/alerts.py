"""A million alerts: loading them, what one price update costs, and what it would cost without an index.

Every database is measured in a process of its own, so that memory is that of the alerts alone.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from bot.alerts.evaluator import Evaluator
from bot.alerts.loading import load
from bot.alerts.storage.tables import Alert, Watermark
from bot.alerts.trigger import ValueSeries
from bot.domain.alerts.alert import Trend
from bot.kernel.storage import Database
from bot.kernel.storage.engines import normalise, survey_engine
from bot.kernel.storage.migrations import sync_engine
from bot.people.tables import User

ROOT = Path(__file__).resolve().parents[2]
SYMBOLS = 200
PER_SECOND = 2_000  # updates, the aim
LOAD_AIM_S = 20.0
SECONDS_OF_UPDATES = 30
SCANS = 300
QUERIES = 60
MIDDLE = 100_000  # ticks
TICK = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Growth:
    """Cost of an update with `alerts` on its symbol."""

    alerts: int
    quiet_us: float  # an update that crosses nothing
    fired_us: float  # for each alert an update fires


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured with one database. Times in microseconds unless named otherwise."""

    alerts: int
    load_s: float
    bytes_each: float
    updates: int
    fired: int
    update_us: float
    worst_us: float
    scan_us: float  # all alerts of the update's symbol, one after the other
    query_us: float  # SELECT … WHERE symbol and level
    growth: list[Growth]

    @property
    def per_second(self) -> float:
        return 1e6 / self.update_us


def symbols(count: int = SYMBOLS) -> list[str]:
    return [f"COIN{number}_USDC" for number in range(count)]


def price(ticks: int) -> Decimal:
    return ticks * TICK


def levels(count: int, seed: int) -> Iterator[tuple[int, str, Decimal, Trend]]:
    """Alerts spread by the distance people choose: most near the price, some far."""
    chance = random.Random(seed)
    names = symbols()
    for number in range(1, count + 1):
        away = 20 + int(chance.expovariate(1 / 8_000))
        up = chance.random() < 0.5
        ticks = MIDDLE + away if up else max(1, MIDDLE - away)
        yield number, names[number % len(names)], price(ticks), Trend.UP if up else Trend.DOWN


def fill(url: str, count: int) -> None:
    """Write the alerts into a migrated database, as fast as it takes them."""
    engine = sync_engine(normalise(url))
    now = time.time_ns() // 1_000_000
    with Session(engine) as session, session.begin():
        session.add(User(id=1, created_ms=now))
    with engine.begin() as connection:
        table = Alert.__table__  # type: ignore[attr-defined]
        rows = [
            {
                "id": number,
                "user_id": 1,
                "chat_id": 1,
                "kind": "PriceLevel",
                "symbol": symbol,
                "level": level,
                "condition": {"symbol": symbol, "level": str(level), "trend": trend.value, "source": "last"},
                "line": f"alert {symbol} {level}",
                "repeat": False,
                "cooldown_ms": 0,
                "loudness": "on",
                "armed_plan": False,
                "state": "armed",
                "watched_from_ms": now - 86_400_000,
                "fired_count": 0,
                "created_ms": now,
                "version": 1,
            }
            for number, symbol, level, trend in levels(count, 1)
        ]
        for start in range(0, len(rows), 10_000):
            connection.execute(table.insert(), rows[start : start + 10_000])
        marks = [{"name": f"last:{symbol}", "seen_ms": now} for symbol in symbols()]
        connection.execute(sa.insert(Watermark), marks)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE alert")
    engine.dispose()


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def measure_here(url: str) -> Found:
    """In this process, which does nothing else."""
    database = Database.open(url)
    evaluator = Evaluator()
    gc.collect()
    before, begun = resident_bytes(), time.perf_counter()
    await load(database, evaluator)
    load_s = time.perf_counter() - begun
    gc.collect()
    taken = resident_bytes() - before
    await database.close()
    count = sum(len(index) for index in evaluator.indexes.values())
    scan_us, query_us = scan(evaluator), query(url)
    updates, fired, spent_s, worst_us = walk(evaluator, PER_SECOND * SECONDS_OF_UPDATES)
    return Found(
        count,
        load_s,
        taken / max(1, count),
        updates,
        fired,
        spent_s / updates * 1e6,
        worst_us,
        scan_us,
        query_us,
        [grown(10**power) for power in range(3, 7) if 10**power <= max(count, 1_000)],
    )


def walk(evaluator: Evaluator, updates: int) -> tuple[int, int, float, float]:
    """Prices wander; updates, alerts fired, seconds, the worst update in microseconds."""
    chance = random.Random(2)
    names = [ValueSeries("last", symbol) for symbol in symbols()]
    at = dict.fromkeys(names, MIDDLE)
    path = []
    for number in range(updates):
        series = names[chance.randrange(len(names))]
        at[series] += chance.choice((-3, -2, -1, 1, 2, 3))
        path.append((series, price(at[series]), number))
    worst, begun = 0.0, time.perf_counter()
    for series, value, number in path:
        started = time.perf_counter()
        evaluator.price(series, value, number)
        worst = max(worst, time.perf_counter() - started)
    spent = time.perf_counter() - begun
    fired, evaluator.decisions = len(evaluator.decisions), []
    return updates, fired, spent, worst * 1e6


def scan(evaluator: Evaluator) -> float:
    """The same question without an index, microseconds an update: every alert of the symbol is asked."""
    everything = list(levels(sum(len(index) for index in evaluator.indexes.values()), 1))
    by_symbol: dict[str, list[tuple[int, str, Decimal, Trend]]] = {}
    for one in everything:
        by_symbol.setdefault(one[1], []).append(one)
    chance, names = random.Random(3), symbols()
    begun = time.perf_counter()
    for _ in range(SCANS):
        value = price(MIDDLE + chance.randint(-10, 10))
        mine = by_symbol.get(names[chance.randrange(len(names))], [])
        [one for one in mine if (value >= one[2] if one[3] is Trend.UP else value <= one[2])]
    return (time.perf_counter() - begun) / SCANS * 1e6


def query(url: str) -> float:
    """The same question asked of the database, microseconds an update."""
    engine = survey_engine(normalise(url))
    number = "CAST(level AS REAL)" if engine.dialect.name == "sqlite" else "level"
    up, down = '%"up"%', '%"down"%'
    words = sa.text(
        "SELECT id FROM alert WHERE state = 'armed' AND symbol = :symbol AND kind = 'PriceLevel' AND"
        f" (({number} <= :value AND CAST(condition AS TEXT) LIKE :up)"
        f" OR ({number} >= :value AND CAST(condition AS TEXT) LIKE :down))"
    )
    chance, names = random.Random(3), symbols()
    with engine.connect() as connection:
        begun = time.perf_counter()
        for _ in range(QUERIES):
            value = price(MIDDLE + chance.randint(-10, 10))
            shown = float(value) if engine.dialect.name == "sqlite" else value
            asked = {"symbol": names[chance.randrange(len(names))], "value": shown, "up": up, "down": down}
            connection.execute(words, asked).all()
        spent = time.perf_counter() - begun
    engine.dispose()
    return spent / QUERIES * 1e6


def grown(count: int) -> Growth:
    """All alerts on one symbol, one level each."""
    evaluator, series = Evaluator(), ValueSeries("last", "ONE")
    evaluator.load(series, [(price(MIDDLE + number), number) for number in range(1, count + 1)], Trend.UP, {})
    quiet = [price(MIDDLE - number % 50) for number in range(20_000)]
    begun = time.perf_counter()
    for number, value in enumerate(quiet):
        evaluator.observe(series, value, number)
    quiet_us = (time.perf_counter() - begun) / len(quiet) * 1e6
    some = min(count, 1_000)
    begun = time.perf_counter()
    for number in range(1, some + 1):
        evaluator.observe(series, price(MIDDLE + number), number)
    fired_us = (time.perf_counter() - begun) / some * 1e6
    if len(evaluator.decisions) != some:
        raise AssertionError(f"{len(evaluator.decisions)} of {some} fired")
    return Growth(count, quiet_us, fired_us)


def measure(url: str, count: int) -> Found:
    """Fill a migrated database and measure it in a process of its own."""
    fill(url, count)
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.alerts", url],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    found = json.loads(done.stdout)
    return Found(**{**found, "growth": [Growth(**one) for one in found["growth"]]})


def show(console: Console, found: dict[str, Found]) -> None:
    """Two tables: the million, and how the cost grows."""
    table = Table(title="Alerts", title_justify="left")
    for head in ("", *found):
        table.add_column(head, justify="right" if head else "left")
    lines: Sequence[tuple[str, list[str]]] = [
        ("alerts", [f"{one.alerts:,}" for one in found.values()]),
        (f"loading, s (aim ≤ {LOAD_AIM_S:g})", [f"{one.load_s:.1f}" for one in found.values()]),
        ("memory for each, bytes", [f"{one.bytes_each:.0f}" for one in found.values()]),
        (f"price updates (over {SYMBOLS} symbols)", [f"{one.updates:,}" for one in found.values()]),
        ("alerts they fired", [f"{one.fired:,}" for one in found.values()]),
        ("an update, µs: mean", [f"{one.update_us:.2f}" for one in found.values()]),
        ("an update, µs: worst", [f"{one.worst_us:.0f}" for one in found.values()]),
        (
            f"updates a second on one core (aim {PER_SECOND:,})",
            [f"{o.per_second:,.0f}" for o in found.values()],
        ),
        ("scan of the symbol’s alerts, µs", [f"{one.scan_us:.0f}" for one in found.values()]),
        ("SQL WHERE, µs", [f"{one.query_us:.0f}" for one in found.values()]),
        ("index against scan", [f"{one.scan_us / one.update_us:,.0f}×" for one in found.values()]),
        ("index against SQL", [f"{one.query_us / one.update_us:,.0f}×" for one in found.values()]),
    ]
    for name, cells in lines:
        table.add_row(name, *cells)
    console.print(table)
    growth = Table(title="An update with n alerts on its symbol (µs)", title_justify="left")
    for head in ("n", "crosses nothing", "for each alert fired"):
        growth.add_column(head, justify="right")
    for one in next(iter(found.values())).growth if found else []:
        growth.add_row(f"{one.alerts:,}", f"{one.quiet_us:.2f}", f"{one.fired_us:.2f}")
    console.print(growth)


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(measure_here(sys.argv[1])))))
