"""The composition root: the one file that knows every part and wires it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.alerts.service import Alerts
from bot.backpack import BackpackClient, BrokerTag
from bot.backpack.streams import UserStream
from bot.books import Books, check_of_last_day, keep, open_books
from bot.broker.payouts import Payouts
from bot.broker.people import People
from bot.broker.shares import Shares
from bot.broker.statements import Statements
from bot.broker.summary import Summaries
from bot.chat.alert_announcer import AlertMessages
from bot.chat.alert_plans import AlertPlans
from bot.chat.announcer import ChatAnnouncer
from bot.chat.housekeeping import expire_previews, finish_chains, tidy
from bot.chat.ledger_alarms import LedgerAlarms
from bot.chat.limits import TELEGRAM, Rates
from bot.chat.lost import LostChats
from bot.chat.monthly import MonthlyReport
from bot.chat.outbox import Outbox
from bot.chat.overload import Overload
from bot.chat.parting import KeyParting
from bot.chat.posting import Posting
from bot.chat.prompts import Prompts
from bot.chat.router import Router
from bot.chat.services import Services
from bot.chat.statement_news import StatementNews
from bot.chat.urgency import urgency_of
from bot.clock import unix_ms
from bot.desk.access import AccessPolicy
from bot.desk.cancels import Cancels
from bot.desk.cards import Cards
from bot.desk.chains import Chains
from bot.desk.flatten import Panics
from bot.desk.gathering import Gathering
from bot.desk.guard import ExitGuard
from bot.desk.keys import KeyTroubles
from bot.desk.linking import Linking
from bot.desk.manage import Manage
from bot.desk.monitor import StopMonitor
from bot.desk.offers import Offers
from bot.desk.pictures import Pictures
from bot.desk.placing import Placing
from bot.desk.pulse import AccountPulses
from bot.desk.queries import Queries
from bot.desk.reconciler import Reconciler
from bot.desk.sessions import AccountSessions
from bot.desk.tracker import Tracker
from bot.desk.watcher import Watcher
from bot.intake import Intake
from bot.intake.record import Record
from bot.jobs import Runs, Schedule
from bot.jobs.posts import Posts
from bot.jobs.rebate import MonthEnd
from bot.jobs.statements import Closer
from bot.lease import Lease
from bot.market import Catalogue, Feed, Funding
from bot.settings import Access, Settings
from bot.store import Database
from bot.telegram_line import Telegram, telegram_bot
from bot.vault import MasterKeys, Vault
from bot.web import Dashboard
from bot.web.login import Login
from bot.web.pages import Pages
from bot.web.render import Renderer

BACKPACK_KEYS_PAGE: Final = "https://backpack.exchange/portfolio/settings/api-keys"
RECONCILE_S: Final = 2.0
REPAIR_S: Final = 30.0
EXITS_S: Final = 2.0
SYNC_S: Final = 5.0
PICTURES_S: Final = 1.0
PULSES_S: Final = 1.0
TURNS_AT_ONCE: Final = 12  # of these two: an account may keep a turn waiting for 11 s, and no other turn
SETTLEMENTS_S: Final = 5.0
CLOCK_S: Final = 60.0
SCRUB_S: Final = 5.0
EXPIRE_S: Final = 5.0
CHAINS_S: Final = 30.0
TIDY_S: Final = 3600.0


def random_client_id() -> int:
    """A uint32 that no order of ours carries; uniqueness is checked when the attempt is written."""
    return secrets.randbelow(2**32 - 2) + 1


@dataclass(slots=True)
class Bot:
    """Every part of one running bot, for whoever needs to look inside (the demo, the doctor, tests)."""

    settings: Settings
    database: Database
    lease: Lease
    vault: Vault
    client: BackpackClient
    feed: Feed
    services: Services
    watcher: Watcher
    reconciler: Reconciler
    books: Books
    schedule: Schedule
    telegram: Telegram
    plans: AlertPlans
    dashboard: Dashboard


def build(
    settings: Settings,
    masters: MasterKeys,
    *,
    key_page_url: str = BACKPACK_KEYS_PAGE,
    demo: bool = False,
    clock: Callable[[], int] = unix_ms,
    rates: Rates = TELEGRAM,
) -> Bot:
    """Wire a bot. Nothing is contacted yet. `settings` has a token and a broker id."""
    if settings.telegram_bot_token is None or settings.backpack_broker_id is None:
        raise ValueError("a bot needs a token and a broker id")
    lease = Lease(database := Database.open(settings.database_url))
    vault = Vault(database, masters, clock=clock)
    broker_key = settings.backpack_broker_key
    broker = BrokerTag(
        settings.backpack_broker_id, broker_key.get_secret_value() if broker_key is not None else None
    )
    client = BackpackClient(settings.backpack_api_url, broker, clock=clock, may_act=lease.holds)
    telegram = telegram_bot(settings, lease.holds)
    announcer = ChatAnnouncer(clock=clock)
    outbox = Outbox(telegram, database, clock=clock, rates=rates)
    announcer.kick = outbox.kick
    outbox.on_lost = LostChats(settings.admin_user_ids, clock).tell
    sessions = AccountSessions(vault, client)
    feed = Feed(client, settings.backpack_ws_url)
    catalogue = Catalogue(client, feed, clock=clock)
    alert_messages = AlertMessages(clock=clock)
    alert_messages.kick = outbox.kick
    tracker = Tracker(database, announcer, clock=clock)
    access = AccessPolicy(settings.access is Access.OPEN, settings.admin_user_ids)
    placing = Placing(
        database,
        client,
        sessions,
        tracker,
        announcer,
        clock=clock,
        new_client_id=random_client_id,
        window_ms=settings.order_window_ms,
        broker_id=broker.broker_id,
        access=access,
    )
    placing.rules_refused = catalogue.doubt
    reconciler = Reconciler(database, client, sessions, tracker, placing, clock=clock)
    exits = (
        ExitGuard(database, sessions, tracker, announcer, clock=clock),
        StopMonitor(database, sessions, announcer, clock=clock),
    )
    keys = KeyTroubles()
    watcher = Watcher(
        database,
        vault,
        tracker,
        reconciler,
        keys,
        open_stream=lambda signer, opening: UserStream(
            settings.backpack_ws_url, signer, now_ms=client.now_ms, opening=opening
        ),
        clock_was_off=client.clock_was_off,
    )
    alerts = Alerts(database, client, feed, catalogue, alert_messages, clock=clock, admits=access.admits)
    prompts = Prompts(clock=clock)
    parting = KeyParting(alerts, watcher, prompts)
    linking = Linking(database, vault, sessions, reconciler, parting, clock=clock)
    linking.linked = watcher.watch
    pictures = Pictures(database, sessions, keys, now_ms=client.now_ms)
    pulses = _told_to_alerts(AccountPulses(database, sessions, reconciler), alerts, watcher, keys, pictures)
    queries = Queries(database, catalogue, sessions, linking)
    manage = Manage(database, catalogue, sessions, queries, tracker)
    funding = Funding(client, catalogue, feed, clock=clock)
    people = People(clock=clock)
    ledger_alarms = LedgerAlarms(settings.admin_user_ids, outbox.kick, clock=clock)
    books = open_books(settings, database, client, sessions, tracker, people, ledger_alarms, clock=clock)
    services = Services(
        bot=telegram,
        database=database,
        outbox=outbox,
        offers=Offers(
            database,
            catalogue,
            Gathering(catalogue, sessions, linking, clock=clock),
            manage,
            access=access,
            clock=clock,
        ),
        placing=placing,
        cancels=Cancels(manage, linking, sessions, catalogue),
        chains=Chains(database, placing, manage, clock=clock),
        cards=Cards(database),
        linking=linking,
        manage=manage,
        panics=Panics(database, catalogue, sessions, linking, placing, tracker, clock=clock),
        queries=queries,
        alerts=alerts,
        affiliates=books.affiliates,
        catalogue=catalogue,
        funding=funding,
        posting=Posting(database, client, catalogue, funding, clock=clock),
        payouts=Payouts(database, basis=settings.broker_tier_basis, clock=clock),
        shares=Shares(database, people, clock=clock),
        statements=Statements(database, vault, basis=settings.broker_tier_basis, clock=clock),
        summaries=Summaries(database, settings.broker_tier_basis, clock=clock),
        prompts=prompts,
        clock=clock,
        key_page_url=key_page_url,
        public_address=settings.public_address,
        demo=demo,
        admin_ids=settings.admin_user_ids,
        access=access,
    )

    def filled() -> None:
        books.bookkeeper.wake()
        alerts.fills_came()

    tracker.filled = filled
    plans = AlertPlans(services, clock=clock)
    alert_messages.plan_fired = plans.fired
    dashboard = Dashboard(
        Login(database, settings.admin_user_ids, clock=clock),
        Pages(database, services.summaries, clock=clock),
        Renderer(),
        public_url=settings.dashboard_url,
    )
    services.dashboard_link = dashboard.link
    return Bot(
        settings,
        database,
        lease,
        vault,
        client,
        feed,
        services,
        watcher,
        reconciler,
        books,
        _schedule(services, client, reconciler, exits, watcher, pictures, pulses, books),
        _telegram(services, vault, lease),
        plans,
        dashboard,
    )


def _telegram(services: Services, vault: Vault, lease: Lease) -> Telegram:
    """The door updates come in by, with the router behind it."""
    router = Router(services)
    overload = Overload(services.outbox, router.locale_of)
    record = Record(services.database, vault.notes, clock=services.clock)
    intake = Intake(
        record, router.handle, urgency_of, overload.refuse, clock=services.clock, may_act=lease.holds
    )
    return Telegram(services.bot, intake, overload)


def _told_to_alerts(
    pulses: AccountPulses, alerts: Alerts, watcher: Watcher, keys: KeyTroubles, pictures: Pictures
) -> AccountPulses:
    """The desk and the alerts do not know each other; what happens to an account is told here."""
    watcher.moved = pictures.moved
    watcher.told = pulses.heard
    pulses.wanted = lambda: alerts.accounts
    pulses.moved = pictures.moved
    pulses.renew = watcher.renew
    keys.begun = alerts.key_trouble
    pictures.wanted = lambda: alerts.accounts
    pictures.taken = alerts.account_changed
    alerts.account_states.stale = pictures.moved
    alerts.look = pictures.look
    return pulses


def _schedule(
    services: Services,
    client: BackpackClient,
    reconciler: Reconciler,
    exits: tuple[ExitGuard, StopMonitor],
    watcher: Watcher,
    pictures: Pictures,
    pulses: AccountPulses,
    books: Books,
) -> Schedule:
    schedule = Schedule()
    schedule.every(RECONCILE_S, "reconcile", reconciler.run_once)
    schedule.every(REPAIR_S, "repair", reconciler.repair_all)
    guard, monitor = exits
    watcher.heard = monitor.heard
    schedule.every(EXITS_S, "exits", guard.run_once)
    schedule.every(EXITS_S, "stops", monitor.run_once)
    schedule.every(SYNC_S, "sync-keys", watcher.sync)
    schedule.every(PICTURES_S, "pictures", pictures.run_once, at_once=TURNS_AT_ONCE)
    schedule.every(PULSES_S, "pulses", pulses.run_once, at_once=TURNS_AT_ONCE)
    schedule.every(CLOCK_S, "clock", client.refresh_clock)
    schedule.every(SCRUB_S, "scrub", services.database.scrub_owed)
    schedule.every(EXPIRE_S, "expire-previews", lambda: expire_previews(services))
    schedule.every(CHAINS_S, "finish-chains", lambda: finish_chains(services))
    keep(books, schedule, services.database, services.clock)
    schedule.every(TIDY_S, "tidy", lambda: tidy(services))
    runs = Runs(services.database, clock=services.clock)
    posts = Posts(runs, services.posting, committed=services.outbox.kick)
    schedule.when_due("posts", posts.run_due, services.clock)
    schedule.every(TIDY_S, "tidy-posts", posts.tidy)

    async def follow_settlements() -> None:
        if await posts.follow_settlements():
            schedule.look_again("posts")

    schedule.every(SETTLEMENTS_S, "settlements", follow_settlements)
    services.posts_changed = lambda: schedule.look_again("posts")
    report = MonthlyReport(services.database, services.summaries, services.admin_ids, clock=services.clock)
    month_end = MonthEnd(
        report,
        is_checked=lambda month: runs.is_done(check_of_last_day(month)),
        book=books.bookkeeper.run_once,
        committed=services.outbox.kick,
    )
    schedule.durable(month_end.series(), runs)
    news = StatementNews(services.database, services.bot, services.admin_ids, clock=services.clock)
    closer = Closer(
        services.statements,
        news,
        is_told=lambda month: runs.is_done(month_end.series().key(month.end_ms)),
        committed=services.outbox.kick,
    )
    schedule.durable(closer.series(), runs)
    return schedule
