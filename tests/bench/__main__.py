"""`make bench`: from chat to wire against a floor, the start, a million alerts, ten million fills."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import uvloop
from psycopg import sql
from rich.console import Console
from sqlalchemy import make_url

from bot.kernel.storage import migrate
from tests.bench import alerts, confirms, crowd, fairness, ledger, report, startup, takeover, trading
from tests.support.database import DEFAULT_SERVER, PostgresServer

PARTS = ("trading", "alerts", "ledger", "fairness", "cluster")


@contextmanager
def _postgres(console: Console) -> Iterator[str | None]:
    """The URL of a fresh, migrated database on the tests' server; None when none answers."""
    server = PostgresServer(make_url(os.environ.get("TEST_POSTGRES_URL", DEFAULT_SERVER)))
    try:
        server.execute(sql.SQL("SELECT 1").format())
    except psycopg.OperationalError:
        console.print("No PostgreSQL answers on loopback (or at TEST_POSTGRES_URL): its rows are left out.")
        yield None
        return
    name = server.create()
    try:
        migrate(server.url_of(name))
        yield server.url_of(name)
    finally:
        server.drop(name)


def _alerts(console: Console, count: int, *, sqlite_only: bool) -> dict[str, alerts.Found]:
    """One database after the other, each fresh."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="rucksack-bench-") as name:
        url = f"sqlite:///{Path(name) / 'alerts.sqlite3'}"
        migrate(url)
        found["SQLite"] = alerts.measure(url, count)
    if not sqlite_only:
        with _postgres(console) as postgres_url:
            if postgres_url is not None:
                found["PostgreSQL"] = alerts.measure(postgres_url, count)
    return found


def _fairness(console: Console, rounds: int, *, sqlite_only: bool) -> dict[str, fairness.Found]:
    """One database after the other, each fresh."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="rucksack-bench-") as name:
        url = f"sqlite:///{Path(name) / 'fairness.sqlite3'}"
        migrate(url)
        found["SQLite"] = fairness.measure(url, rounds)
    if not sqlite_only:
        with _postgres(console) as postgres_url:
            if postgres_url is not None:
                found["PostgreSQL"] = fairness.measure(postgres_url, rounds)
    return found


def _ledger(console: Console, count: int, *, sqlite_only: bool) -> dict[str, ledger.Found]:
    """SQLite gets a tenth of what a server gets."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="rucksack-bench-") as name:
        url = f"sqlite:///{Path(name) / 'ledger.sqlite3'}"
        migrate(url)
        found["SQLite"] = ledger.measure(url, count // 10)
    if not sqlite_only:
        with _postgres(console) as postgres_url:
            if postgres_url is not None:
                found["PostgreSQL"] = ledger.measure(postgres_url, count)
    return found


def _trading(
    console: Console, repetitions: int, starts: int, *, sqlite_only: bool
) -> tuple[dict[str, trading.Trading], dict[str, list[float]]]:
    found: dict[str, trading.Trading] = {}
    with tempfile.TemporaryDirectory(prefix="rucksack-bench-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'bench.sqlite3'}"
        migrate(url)
        found["SQLite"] = uvloop.run(trading.measure(url, repetitions))
        if not sqlite_only:
            with _postgres(console) as postgres_url:
                if postgres_url is not None:
                    found["PostgreSQL"] = uvloop.run(trading.measure(postgres_url, repetitions))
        return found, uvloop.run(startup.measure(folder, starts)) if starts else {}


def _cluster(console: Console, accounts: int, takeovers: int) -> dict[str, Any]:
    """What needs a server, each on a fresh database: the audit's cost, takeovers, a start with many."""
    found: dict[str, Any] = {}
    with _postgres(console) as url:
        if url is None:
            return found
        found["confirms"] = confirms.measure(url)
        confirms.show(console, {"PostgreSQL": found["confirms"]})
    with _postgres(console) as url:
        if url is not None and takeovers:
            found["takeovers"] = takeover.measure(url, takeovers)
            takeover.show(console, found["takeovers"])
    with _postgres(console) as url:
        if url is not None and accounts:
            found["crowd"] = crowd.measure(url, accounts)
            crowd.show(console, found["crowd"])
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=200, help="trades on each database")
    parser.add_argument("--starts", type=int, default=5, help="starts of each kind; 0 leaves them out")
    parser.add_argument(
        "--alerts", type=int, default=1_000_000, help="how many are watched; 0 leaves them out"
    )
    parser.add_argument(
        "--fills", type=int, default=10_000_000, help="of the month that is summarised; 0 leaves it out"
    )
    parser.add_argument("--rounds", type=int, default=6, help="of each flood; 0 leaves them out")
    parser.add_argument("--accounts", type=int, default=1_000, help="of the start with many; 0 leaves it out")
    parser.add_argument("--takeovers", type=int, default=3, help="of an active process; 0 leaves them out")
    parser.add_argument("--only", choices=PARTS, help="one part alone")
    parser.add_argument("--sqlite-only", action="store_true")
    parser.add_argument("--json", type=Path, help="also write the results here")
    wanted = parser.parse_args(arguments)
    console = Console(width=None if Console().is_terminal else 150)
    parts = (wanted.only,) if wanted.only else PARTS
    found: dict[str, trading.Trading] = {}
    starts: dict[str, list[float]] = {}
    watched: dict[str, alerts.Found] = {}
    summed: dict[str, ledger.Found] = {}
    if "trading" in parts:
        found, starts = _trading(console, wanted.repetitions, wanted.starts, sqlite_only=wanted.sqlite_only)
        report.show(console, found, starts)
    if "alerts" in parts and wanted.alerts:
        watched = _alerts(console, wanted.alerts, sqlite_only=wanted.sqlite_only)
        alerts.show(console, watched)
    if "ledger" in parts and wanted.fills:
        summed = _ledger(console, wanted.fills, sqlite_only=wanted.sqlite_only)
        ledger.show(console, summed)
    if "fairness" in parts and wanted.rounds:
        fairness.show(console, _fairness(console, wanted.rounds, sqlite_only=wanted.sqlite_only))
    together: dict[str, Any] = {}
    if "cluster" in parts and not wanted.sqlite_only:
        together = _cluster(console, wanted.accounts, wanted.takeovers)
    if wanted.json is not None:
        report.write(wanted.json, found, starts, watched, summed, together)


if __name__ == "__main__":
    main()
