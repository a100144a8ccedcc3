"""The parts of the broker's ledger, how each is made of others, and when it books, checks and reports."""

from __future__ import annotations

from typing import Final

from bot.chat.services import Part, Services
from bot.exchange.backpack import BackpackClient
from bot.kernel.jobs import RunContext, Runs, RunSeries, Schedule
from bot.kernel.recurrence import Daily, stamp
from bot.rebates.affiliates import Affiliates
from bot.rebates.bookkeeper import Bookkeeper
from bot.rebates.canary import Canary
from bot.rebates.chat.ledger_alarms import LedgerAlarms
from bot.rebates.chat.monthly import MonthlyReport
from bot.rebates.chat.statement_news import StatementNews
from bot.rebates.check import LedgerCheck
from bot.rebates.jobs.monthly import MonthEnd
from bot.rebates.jobs.statements import Closer
from bot.rebates.model.rebate import Month
from bot.rebates.parties import People
from bot.rebates.payouts import Payouts
from bot.rebates.prices import Prices
from bot.rebates.shares import Shares
from bot.rebates.statements import Statements
from bot.rebates.summary import Summaries
from bot.rebates.terms import BrokerTerms, Tiers
from bot.trading.account_clients import AccountClients
from bot.trading.events import FillsCame
from bot.trading.tracking.tracker import Tracker
from bot.vault import Vault

BOOK_S: Final = 30.0
MEND_S: Final = 3600.0
CHECK_LEASE_MS: Final = 3_600_000  # a night with very many accounts takes its time
CHECK_AT: Final = Daily(10)  # 00:10 UTC: the history lags
CHECK: Final = "ledger-check"
CANARY_AT: Final = Daily(40)  # after the check has completed the fills


def _bookkeeper(services: Services) -> Bookkeeper:
    terms = services.get(BrokerTerms)
    return Bookkeeper(
        services.database,
        Prices(services.get(BackpackClient)),
        services.get(People),
        Tiers(terms.tier_basis),
        terms.exits_tagged,
        clock=services.clock,
    )


def _check(services: Services) -> LedgerCheck:
    return LedgerCheck(
        services.database,
        services.get(Bookkeeper),
        services.get(LedgerAlarms),
        line=services.get(AccountClients).look,
        record=services.get(Tracker).record_fills,
        clock=services.clock,
    )


def _canary(services: Services) -> Canary:
    alarms, broker_id = services.get(LedgerAlarms), services.get(BrokerTerms).broker_id
    return Canary(services.database, alarms, broker_id=broker_id, clock=services.clock)


def _affiliates(services: Services) -> Affiliates:
    people, bookkeeper = services.get(People), services.get(Bookkeeper)
    return Affiliates(services.database, people, bookkeeper, clock=services.clock)


def _statements(services: Services) -> Statements:
    vault, basis = services.get(Vault), services.get(BrokerTerms).tier_basis
    return Statements(services.database, vault, basis=basis, clock=services.clock)


PARTS: Final = (
    Part(Affiliates, _affiliates),
    Part(Bookkeeper, _bookkeeper),
    Part(Canary, _canary),
    Part(LedgerAlarms, lambda s: LedgerAlarms(s.access.admins, s.outbox.kick, clock=s.clock)),
    Part(LedgerCheck, _check),
    Part(Payouts, lambda s: Payouts(s.database, basis=s.get(BrokerTerms).tier_basis, clock=s.clock)),
    Part(People, lambda s: People(clock=s.clock)),
    Part(Shares, lambda s: Shares(s.database, s.get(People), clock=s.clock)),
    Part(Statements, _statements),
    Part(Summaries, lambda s: Summaries(s.database, s.get(BrokerTerms).tier_basis, clock=s.clock)),
)


def subscribe(services: Services) -> None:
    """Fills are booked as they come."""
    services.events.on_told(FillsCame, lambda _: services.get(Bookkeeper).wake())


def schedule(services: Services, jobs: Schedule) -> None:
    """Put the ledger's work on the schedule."""
    database, clock, bookkeeper = services.database, services.clock, services.get(Bookkeeper)

    async def check(run: RunContext) -> None:
        await services.get(LedgerCheck).night(run.due_ms, run.run.attempts)

    async def canary(run: RunContext) -> None:
        await services.get(Canary).night(run.due_ms)

    jobs.every(BOOK_S, "book", bookkeeper.run_once)
    jobs.every(MEND_S, "mend-bookings", bookkeeper.mend)
    jobs.durable(RunSeries(CHECK, CHECK_AT, check), Runs(database, clock=clock, lease_ms=CHECK_LEASE_MS))
    jobs.durable(RunSeries("canary", CANARY_AT, canary), Runs(database, clock=clock))
    _report_months(services, jobs, Runs(database, clock=clock))


def _report_months(services: Services, jobs: Schedule, runs: Runs) -> None:
    """The month's report once its last day was checked, and its statements once that was told."""
    database, admins, clock = services.database, services.access.admins, services.clock
    month_end = MonthEnd(
        MonthlyReport(database, services.get(Summaries), admins, clock=clock),
        is_checked=lambda month: runs.is_done(check_of_last_day(month)),
        book=services.get(Bookkeeper).run_once,
        committed=services.outbox.kick,
    )
    jobs.durable(month_end.series(), runs)
    closer = Closer(
        services.get(Statements),
        StatementNews(database, services.bot, admins, clock=clock),
        is_told=lambda month: runs.is_done(month_end.series().key(month.end_ms)),
        committed=services.outbox.kick,
    )
    jobs.durable(closer.series(), runs)


def check_of_last_day(month: Month) -> str:
    """The key of the check that looks at the end of `month`."""
    return f"{CHECK}:{stamp(CHECK_AT.after(month.end_ms - 1))}"
