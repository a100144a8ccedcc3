"""The composition root: the one file that knows every part and wires it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.access.chat import turn_away
from bot.alerts.chat.announcer import AlertMessages
from bot.alerts.chat.plans import AlertPlans
from bot.alerts.service import Alerts
from bot.app.features import FEATURES
from bot.app.housekeeping import expire_previews, finish_chains, finish_panics, tidy
from bot.app.lease import ActiveLease
from bot.app.parting import KeyParting
from bot.app.rebates import Rebates, check_of_last_day, keep, open_books
from bot.app.subscriptions import follow_accounts, follow_trading
from bot.chat.feature import Features
from bot.chat.overload import Overload
from bot.chat.prompts import Prompts
from bot.chat.router import Router
from bot.chat.services import Services
from bot.chat.urgency import Urgencies
from bot.exchange.backpack import BackpackClient, BrokerTag
from bot.exchange.backpack.streams import UserStream
from bot.intake import Intake
from bot.intake.record import Record
from bot.kernel.clock import unix_ms
from bot.kernel.events import Events
from bot.kernel.jobs import Runs, Schedule
from bot.kernel.storage import Database
from bot.marketdata import Catalogue, Feed, FundingHistory
from bot.notifications.events import ChatLost, MessagesQueued
from bot.notifications.lost_chats import LostChats
from bot.notifications.rate_limits import TELEGRAM, RateLimits
from bot.notifications.sender import Outbox
from bot.posts.content import Posting
from bot.posts.events import PostsChanged
from bot.posts.jobs import Posts
from bot.rebates.chat.ledger_alarms import LedgerAlarms
from bot.rebates.chat.monthly import MonthlyReport
from bot.rebates.chat.statement_news import StatementNews
from bot.rebates.jobs.monthly import MonthEnd
from bot.rebates.jobs.statements import Closer
from bot.rebates.parties import People
from bot.rebates.payouts import Payouts
from bot.rebates.shares import Shares
from bot.rebates.statements import Statements
from bot.rebates.summary import Summaries
from bot.settings import AccessMode, Settings
from bot.telegram.connection import Telegram, telegram_bot
from bot.trading.access import AccessPolicy
from bot.trading.account_clients import AccountClients
from bot.trading.account_snapshots import AccountSnapshots
from bot.trading.chat.announcer import ChatAnnouncer
from bot.trading.execution.cancellation import Cancellation
from bot.trading.execution.flatten import Panics
from bot.trading.execution.order_list import OrderLists
from bot.trading.execution.submission import Submission
from bot.trading.feature import READER
from bot.trading.key_health import KeyHealth
from bot.trading.linking import Linking
from bot.trading.message_context import MessageContexts
from bot.trading.previews.cancel_preview import Cancels
from bot.trading.previews.preview_builder import PreviewBuilder
from bot.trading.previews.tickets import Tickets
from bot.trading.queries import Queries
from bot.trading.tracking.exit_monitor import ExitMonitor
from bot.trading.tracking.exit_verification import ExitVerification
from bot.trading.tracking.reconciler import Reconciler
from bot.trading.tracking.stream_pulse import AccountPulses
from bot.trading.tracking.tracker import Tracker
from bot.trading.tracking.user_streams import UserStreams
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
PANICS_S: Final = 10.0
TIDY_S: Final = 3600.0


def random_client_id() -> int:
    """A uint32 that no order of ours carries; uniqueness is checked when the attempt is written."""
    return secrets.randbelow(2**32 - 2) + 1


@dataclass(slots=True)
class Bot:
    """Every part of one running bot, for whoever needs to look inside (the demo, the doctor, tests)."""

    settings: Settings
    database: Database
    lease: ActiveLease
    vault: Vault
    client: BackpackClient
    feed: Feed
    services: Services
    events: Events
    user_streams: UserStreams
    reconciler: Reconciler
    rebates: Rebates
    schedule: Schedule
    telegram: Telegram
    alert_plans: AlertPlans
    dashboard: Dashboard


def build(
    settings: Settings,
    masters: MasterKeys,
    *,
    key_page_url: str = BACKPACK_KEYS_PAGE,
    demo: bool = False,
    clock: Callable[[], int] = unix_ms,
    rates: RateLimits = TELEGRAM,
) -> Bot:
    """Wire a bot. Nothing is contacted yet. `settings` has a token and a broker id."""
    if settings.telegram_bot_token is None or settings.backpack_broker_id is None:
        raise ValueError("a bot needs a token and a broker id")
    lease = ActiveLease(database := Database.open(settings.database_url))
    vault = Vault(database, masters, clock=clock)
    broker_key = settings.backpack_broker_key
    broker = BrokerTag(
        settings.backpack_broker_id, broker_key.get_secret_value() if broker_key is not None else None
    )
    client = BackpackClient(settings.backpack_api_url, broker, clock=clock, may_act=lease.holds)
    telegram = telegram_bot(settings, lease.holds)
    events = Events()
    announcer = ChatAnnouncer(events, clock=clock)
    outbox = Outbox(telegram, database, events, clock=clock, rates=rates)
    events.on_told(MessagesQueued, lambda _: outbox.kick())
    events.on_written(ChatLost, LostChats(settings.admin_user_ids, clock).tell)
    clients = AccountClients(vault, client)
    feed = Feed(client, settings.backpack_ws_url)
    catalogue = Catalogue(client, feed, clock=clock)
    alert_messages = AlertMessages(events, clock=clock)
    tracker = Tracker(database, announcer, events, clock=clock)
    access = AccessPolicy(settings.access is AccessMode.OPEN, settings.admin_user_ids)
    submission = Submission(
        database,
        client,
        clients,
        tracker,
        announcer,
        events,
        clock=clock,
        new_client_id=random_client_id,
        window_ms=settings.order_window_ms,
        broker_id=broker.broker_id,
        access=access,
    )
    reconciler = Reconciler(database, client, clients, tracker, submission, clock=clock)
    exits = (
        ExitVerification(database, clients, tracker, announcer, clock=clock),
        ExitMonitor(database, clients, announcer, clock=clock),
    )
    keys = KeyHealth(events)
    user_streams = UserStreams(
        database,
        vault,
        tracker,
        reconciler,
        keys,
        events,
        open_stream=lambda signer, opening: UserStream(
            settings.backpack_ws_url, signer, now_ms=client.now_ms, opening=opening
        ),
        clock_was_off=client.clock_was_off,
    )
    alerts = Alerts(
        database, client, feed, catalogue, alert_messages, events, clock=clock, admits=access.admits
    )
    prompts = Prompts(clock=clock)
    parting = KeyParting(alerts, user_streams, prompts)
    linking = Linking(database, vault, clients, reconciler, parting, events, clock=clock)
    snapshots = AccountSnapshots(
        database, clients, keys, events, wanted=lambda: alerts.accounts, now_ms=client.now_ms
    )
    pulses = AccountPulses(
        database, clients, reconciler, events, wanted=lambda: alerts.accounts, renew=user_streams.renew
    )
    follow_trading(events, catalogue, user_streams, pulses, exits[1])
    queries = Queries(database, catalogue, clients, linking)
    cancellation = Cancellation(database, catalogue, clients, queries, tracker)
    funding = FundingHistory(client, catalogue, feed, clock=clock)
    people = People(clock=clock)
    ledger_alarms = LedgerAlarms(settings.admin_user_ids, outbox.kick, clock=clock)
    rebates = open_books(settings, database, client, clients, tracker, people, ledger_alarms, clock=clock)
    summaries = Summaries(database, settings.broker_tier_basis, clock=clock)
    dashboard = Dashboard(
        Login(database, settings.admin_user_ids, clock=clock),
        Pages(database, summaries, clock=clock),
        Renderer(),
        public_url=settings.dashboard_url,
    )
    services = Services(
        bot=telegram,
        features=Features(FEATURES),
        database=database,
        outbox=outbox,
        events=events,
        tickets=Tickets(
            database,
            catalogue,
            PreviewBuilder(catalogue, clients, linking, clock=clock),
            cancellation,
            access=access,
            clock=clock,
        ),
        submission=submission,
        cancels=Cancels(cancellation, linking, clients, catalogue),
        order_lists=OrderLists(database, submission, cancellation, clock=clock),
        message_contexts=MessageContexts(database),
        linking=linking,
        cancellation=cancellation,
        panics=Panics(database, catalogue, clients, linking, submission, tracker, clock=clock),
        queries=queries,
        alerts=alerts,
        affiliates=rebates.affiliates,
        catalogue=catalogue,
        funding=funding,
        posting=Posting(database, client, catalogue, funding, clock=clock),
        payouts=Payouts(database, basis=settings.broker_tier_basis, clock=clock),
        shares=Shares(database, people, clock=clock),
        statements=Statements(database, vault, basis=settings.broker_tier_basis, clock=clock),
        summaries=summaries,
        prompts=prompts,
        clock=clock,
        key_page_url=key_page_url,
        public_address=settings.public_address,
        demo=demo,
        admin_ids=settings.admin_user_ids,
        access=access,
        dashboard_link=dashboard.link,
    )
    alert_plans = AlertPlans(services, clock=clock)
    follow_accounts(events, snapshots, alerts, alert_plans, rebates.bookkeeper)
    return Bot(
        settings,
        database,
        lease,
        vault,
        client,
        feed,
        services,
        events,
        user_streams,
        reconciler,
        rebates,
        _schedule(services, client, reconciler, exits, user_streams, snapshots, pulses, rebates),
        _telegram(services, vault, lease),
        alert_plans,
        dashboard,
    )


def _telegram(services: Services, vault: Vault, lease: ActiveLease) -> Telegram:
    """The door updates come in by, with the router behind it."""
    router = Router(services, READER, turn_away)
    overload = Overload(services.outbox, router.locale_of)
    record = Record(services.database, vault.notes, clock=services.clock)
    urgencies = Urgencies(services.features)
    intake = Intake(
        record, router.handle, urgencies.of, overload.refuse, clock=services.clock, may_act=lease.holds
    )
    return Telegram(services.bot, intake, overload)


def _schedule(
    services: Services,
    client: BackpackClient,
    reconciler: Reconciler,
    exits: tuple[ExitVerification, ExitMonitor],
    user_streams: UserStreams,
    snapshots: AccountSnapshots,
    pulses: AccountPulses,
    rebates: Rebates,
) -> Schedule:
    schedule = Schedule()
    schedule.every(RECONCILE_S, "reconcile", reconciler.run_once)
    schedule.every(REPAIR_S, "repair", reconciler.repair_all)
    verification, monitor = exits
    schedule.every(EXITS_S, "exits", verification.run_once)
    schedule.every(EXITS_S, "stops", monitor.run_once)
    schedule.every(SYNC_S, "sync-keys", user_streams.sync)
    schedule.every(PICTURES_S, "pictures", snapshots.run_once, at_once=TURNS_AT_ONCE)
    schedule.every(PULSES_S, "pulses", pulses.run_once, at_once=TURNS_AT_ONCE)
    schedule.every(CLOCK_S, "clock", client.refresh_clock)
    schedule.every(SCRUB_S, "scrub", services.database.scrub_owed)
    schedule.every(EXPIRE_S, "expire-previews", lambda: expire_previews(services))
    schedule.every(CHAINS_S, "finish-chains", lambda: finish_chains(services))
    schedule.every(PANICS_S, "finish-panics", lambda: finish_panics(services))
    keep(rebates, schedule, services.database, services.clock)
    schedule.every(TIDY_S, "tidy", lambda: tidy(services))
    runs = Runs(services.database, clock=services.clock)
    posts = Posts(runs, services.posting, committed=services.outbox.kick)
    schedule.when_due("posts", posts.run_due, services.clock)
    schedule.every(TIDY_S, "tidy-posts", posts.tidy)

    async def follow_settlements() -> None:
        if await posts.follow_settlements():
            schedule.look_again("posts")

    schedule.every(SETTLEMENTS_S, "settlements", follow_settlements)
    services.events.on_told(PostsChanged, lambda _: schedule.look_again("posts"))
    report = MonthlyReport(services.database, services.summaries, services.admin_ids, clock=services.clock)
    month_end = MonthEnd(
        report,
        is_checked=lambda month: runs.is_done(check_of_last_day(month)),
        book=rebates.bookkeeper.run_once,
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
