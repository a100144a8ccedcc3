"""A month of fills summarised: how long it takes, and that memory does not grow with the number of fills.

The rows are made inside the database. Each measurement is a process of its own, whose peak memory counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from bot.kernel.storage.engines import normalise, survey_engine
from bot.kernel.storage.migrations import sync_engine
from bot.rebates.model.rebate import Month, TierBasis
from bot.rebates.model.summary import Breakdown
from bot.rebates.summary import summarise

ROOT = Path(__file__).resolve().parents[2]
MONTH = Month(2026, 10)
PEOPLE, SYMBOLS, GROUPS = 1_000, 80, 20
BATCH = 1_000_000  # rows in one transaction
CHILD_TIMEOUT_S = 600

_NUMBERS = {
    "postgresql": "generate_series(CAST(:first AS BIGINT), :last) AS n",
    "sqlite": (
        "(WITH RECURSIVE counter(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM counter WHERE n < :last)"
        " SELECT n FROM counter)"
    ),
}
# Primes spread the values; every twentieth fill is of an exit, every fiftieth was placed elsewhere.
_FILLS = f"""
INSERT INTO ledger_fill (fill_id, revision, month, at_ms, booked_ms, person_id, account_id, group_id,
    order_id, symbol, standing, is_maker, fee_amount, fee_symbol, fee_price, price_source, notional, fee,
    earning, affiliate, tier, share, accrued, contingent)
SELECT n, 0, '{MONTH}', :start + (n * 7919 % 44640) * 60000, 0, 1 + n * 7919 % {PEOPLE}, 1,
    CASE WHEN n % 3 = 0 THEN NULL ELSE -100 - n * 31 % {GROUPS} END, n,
    'COIN' || CAST(n * 104729 % {SYMBOLS} AS VARCHAR) || '_USDC_PERP',
    CASE WHEN n % 20 = 0 THEN 'exit' WHEN n % 50 = 1 THEN 'elsewhere' ELSE 'tagged' END,
    n % 3 = 0, 0.05, 'USDC', 1, 'par',
    1000000000 + n * 15485863 % 900000000000, (1000000000 + n * 15485863 % 900000000000) / 2500,
    CASE WHEN n % 20 = 0 OR n % 50 = 1 THEN 0 ELSE (1000000000 + n * 15485863 % 900000000000) / 2500 END,
    CASE WHEN n * 7919 % {PEOPLE} < 300 THEN NULL WHEN n * 7919 % {PEOPLE} < 600 THEN 0.1 ELSE 0 END,
    n % 2, 0.3, 0, 0
FROM {{numbers}}
"""
_PEOPLE = (
    "INSERT INTO ledger_person (id, pseudonym, named, created_ms)"
    " SELECT n, 'Trader ' || CAST(n AS VARCHAR), false, 0 FROM {numbers}"
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One summary of a month of so many fills."""

    fills: int
    seconds: float
    peak_bytes: int  # of the process, everything included
    base_bytes: int  # of it, before the summary


@dataclass(frozen=True, slots=True)
class Found:
    """The same month at a tenth of its fills and whole."""

    fill_s: float
    tenth: Measured
    whole: Measured


def fill(url: str, first: int, last: int) -> None:
    """Add the fills from number `first` to `last` to the month."""
    engine = sync_engine(normalise(url))
    numbers = _NUMBERS[engine.dialect.name]
    with engine.begin() as connection:
        if first == 1:
            connection.execute(sa.text(_PEOPLE.format(numbers=numbers)), {"first": 1, "last": PEOPLE})
    insert = sa.text(_FILLS.format(numbers=numbers))
    for start in range(first, last + 1, BATCH):
        span = {"first": start, "last": min(last, start + BATCH - 1), "start": MONTH.start_ms}
        with engine.begin() as connection:
            connection.execute(insert, span)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE ledger_fill")  # as the server's own housekeeping does
    engine.dispose()


def measure_here(url: str) -> Measured:
    """In this process, which does nothing else."""
    engine = survey_engine(normalise(url))
    with Session(engine) as session:
        session.execute(sa.text("SELECT 1"))
        base, begun = _peak_bytes(), time.perf_counter()
        summary = summarise(session, MONTH, TierBasis.PREVIOUS)
        spent = time.perf_counter() - begun
    engine.dispose()
    for breakdown, lines in summary.tables.items():
        if (
            breakdown is not Breakdown.STANDING
            and sum(line.payout for line in lines) != summary.totals.payout
        ):
            raise AssertionError(f"{breakdown} does not add up")
    return Measured(
        sum(line.fills for line in summary.tables[Breakdown.STANDING]), spent, _peak_bytes(), base
    )


def _peak_bytes() -> int:
    """Of this program alone: `ru_maxrss` would remember the process that started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


def measure(url: str, count: int) -> Found:
    """Fill a migrated database and summarise it, at a tenth and whole."""
    begun = time.perf_counter()
    fill(url, 1, count // 10)
    spent = time.perf_counter() - begun
    tenth = _measure_apart(url)
    begun = time.perf_counter()
    fill(url, count // 10 + 1, count)
    spent += time.perf_counter() - begun
    return Found(spent, tenth, _measure_apart(url))


def _measure_apart(url: str) -> Measured:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.ledger", url],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=True,
        timeout=CHILD_TIMEOUT_S,
    )
    return Measured(**json.loads(done.stdout))


def show(console: Console, found: dict[str, Found]) -> None:
    """Time and memory of each database."""
    table = Table(title="A month of the broker's ledger, summarised in every way", title_justify="left")
    table.add_column("")
    for head in ("fills", "seconds", "peak memory", "above the start"):
        table.add_column(head, justify="right")
    for database, one in found.items():
        for measured in (one.tenth, one.whole):
            table.add_row(database, *_row(measured))
        table.add_section()
    console.print(table)


def _row(measured: Measured) -> Sequence[str]:
    above = measured.peak_bytes - measured.base_bytes
    return (
        f"{measured.fills:,}",
        f"{measured.seconds:.2f}",
        f"{measured.peak_bytes / 2**20:.1f} MiB",
        f"{above / 2**20:.1f} MiB",
    )


if __name__ == "__main__":
    print(json.dumps(asdict(measure_here(sys.argv[1]))))
