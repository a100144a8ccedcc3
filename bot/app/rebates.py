"""The broker's ledger, wired: what books, checks and watches it, and when. A part of the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.exchange.backpack import BackpackClient
from bot.kernel.jobs import RunContext, Runs, RunSeries, Schedule
from bot.kernel.recurrence import Daily, stamp
from bot.kernel.storage import Database
from bot.rebates.affiliates import Affiliates
from bot.rebates.alarm import LedgerAlarm
from bot.rebates.bookkeeper import Bookkeeper
from bot.rebates.canary import Canary
from bot.rebates.check import LedgerCheck
from bot.rebates.model.rebate import Month
from bot.rebates.parties import People
from bot.rebates.prices import Prices
from bot.rebates.terms import Tiers
from bot.settings import Settings
from bot.trading.account_clients import AccountClients
from bot.trading.tracking.tracker import Tracker

BOOK_S: Final = 30.0
MEND_S: Final = 3600.0
CHECK_LEASE_MS: Final = 3_600_000  # a night with very many accounts takes its time
CHECK_AT: Final = Daily(10)  # 00:10 UTC: the history lags
CHECK: Final = "ledger-check"
CANARY_AT: Final = Daily(40)  # after the check has completed the fills


@dataclass(slots=True)
class Rebates:
    bookkeeper: Bookkeeper
    check: LedgerCheck
    canary: Canary
    affiliates: Affiliates


def open_books(
    settings: Settings,
    database: Database,
    client: BackpackClient,
    clients: AccountClients,
    tracker: Tracker,
    people: People,
    alarm: LedgerAlarm,
    *,
    clock: Callable[[], int],
) -> Rebates:
    """Wire the ledger. `settings` has a broker id."""
    bookkeeper = Bookkeeper(
        database,
        Prices(client),
        people,
        Tiers(settings.broker_tier_basis),
        settings.broker_exits_tagged,
        clock=clock,
    )
    check = LedgerCheck(
        database, bookkeeper, alarm, line=clients.look, record=tracker.record_fills, clock=clock
    )
    canary = Canary(database, alarm, broker_id=settings.backpack_broker_id or 0, clock=clock)
    return Rebates(bookkeeper, check, canary, Affiliates(database, people, bookkeeper, clock=clock))


def keep(rebates: Rebates, schedule: Schedule, database: Database, clock: Callable[[], int]) -> None:
    """Put the ledger's work on the schedule."""

    async def check(run: RunContext) -> None:
        await rebates.check.night(run.due_ms, run.run.attempts)

    async def canary(run: RunContext) -> None:
        await rebates.canary.night(run.due_ms)

    schedule.every(BOOK_S, "book", rebates.bookkeeper.run_once)
    schedule.every(MEND_S, "mend-bookings", rebates.bookkeeper.mend)
    schedule.durable(RunSeries(CHECK, CHECK_AT, check), Runs(database, clock=clock, lease_ms=CHECK_LEASE_MS))
    schedule.durable(RunSeries("canary", CANARY_AT, canary), Runs(database, clock=clock))


def check_of_last_day(month: Month) -> str:
    """The key of the check that looks at the end of `month`."""
    return f"{CHECK}:{stamp(CHECK_AT.after(month.end_ms - 1))}"
