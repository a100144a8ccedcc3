"""The composition root: what every part is made from, the parts that the features declare, and the door."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from telegram import Bot as TelegramBot

from bot.app.features import FEATURES
from bot.app.housekeeping import tidy
from bot.app.lease import ActiveLease
from bot.chat.feature import Feature, Features
from bot.chat.overload import Overload
from bot.chat.prompts import Prompts
from bot.chat.router import Router
from bot.chat.services import Part, Parts, Services, given
from bot.chat.urgency import Urgencies
from bot.exchange.backpack import BackpackClient, BrokerTag
from bot.intake import Intake
from bot.intake.record import Record
from bot.kernel.clock import unix_ms
from bot.kernel.events import Events
from bot.kernel.jobs import Schedule
from bot.kernel.storage import Database
from bot.marketdata import Catalogue, Feed, FundingHistory
from bot.notifications.events import ChatLost, MessagesQueued
from bot.notifications.lost_chats import LostChats
from bot.notifications.rate_limits import TELEGRAM, RateLimits
from bot.notifications.sender import Outbox
from bot.people.access import AccessPolicy
from bot.people.directory import UserDirectory
from bot.rebates.terms import BrokerTerms
from bot.settings import AccessMode, Settings
from bot.telegram.connection import Telegram, telegram_bot
from bot.trading.terms import LinkingPage, TradingTerms
from bot.vault import MasterKeys, Vault

BACKPACK_KEYS_PAGE: Final = "https://backpack.exchange/portfolio/settings/api-keys"
SCRUB_S: Final = 5.0
TIDY_S: Final = 3600.0


@dataclass(slots=True)
class Bot:
    """One running bot, for whoever needs to look inside (the demo, the doctor, tests)."""

    settings: Settings
    database: Database
    lease: ActiveLease
    vault: Vault
    client: BackpackClient
    feed: Feed
    services: Services
    schedule: Schedule
    telegram: Telegram


def build(
    settings: Settings,
    masters: MasterKeys,
    *,
    features: Iterable[Feature] = FEATURES,
    key_page_url: str = BACKPACK_KEYS_PAGE,
    demo: bool = False,
    clock: Callable[[], int] = unix_ms,
    rates: RateLimits = TELEGRAM,
) -> Bot:
    """Wire a bot. Nothing is contacted yet. `settings` has a token and a broker id.

    Raises DeclaredTwice or PartError where the features do not fit together.
    """
    if settings.telegram_bot_token is None or settings.backpack_broker_id is None:
        raise ValueError("a bot needs a token and a broker id")
    lease = ActiveLease(database := Database.open(settings.database_url))
    vault = Vault(database, masters, clock=clock)
    client = _client(settings, lease, clock)
    feed = Feed(client, settings.backpack_ws_url)
    catalogue = Catalogue(client, feed, clock=clock)
    page = LinkingPage(key_page_url, settings.public_address, demo)
    funding = FundingHistory(client, catalogue, feed, clock=clock)
    services = _services(
        Features(features),
        [*given(vault, client, feed, funding, settings, page), *_terms(settings)],
        telegram=telegram_bot(settings, lease.holds),
        database=database,
        catalogue=catalogue,
        access=AccessPolicy(settings.access is AccessMode.OPEN, settings.admin_user_ids),
        clock=clock,
        rates=rates,
    )
    schedule = _schedule(services)
    return Bot(
        settings,
        database,
        lease,
        vault,
        client,
        feed,
        services,
        schedule,
        _telegram(services, vault, lease),
    )


def _client(settings: Settings, lease: ActiveLease, clock: Callable[[], int]) -> BackpackClient:
    key = settings.backpack_broker_key
    broker = BrokerTag(settings.backpack_broker_id or 0, key.get_secret_value() if key is not None else None)
    return BackpackClient(settings.backpack_api_url, broker, clock=clock, may_act=lease.holds)


def _terms(settings: Settings) -> list[Part[Any]]:
    """What `.env` says, as the branches below it need it."""
    broker_id = settings.backpack_broker_id or 0
    return given(
        TradingTerms(broker_id, settings.order_window_ms, settings.backpack_ws_url),
        BrokerTerms(broker_id, settings.broker_tier_basis, settings.broker_exits_tagged),
    )


def _services(
    features: Features,
    given_parts: list[Part[Any]],
    *,
    telegram: TelegramBot,
    database: Database,
    catalogue: Catalogue,
    access: AccessPolicy,
    clock: Callable[[], int],
    rates: RateLimits,
) -> Services:
    """Everything a handler may ask for, each part made and subscribed."""
    events = Events()
    outbox = Outbox(telegram, database, events, clock=clock, rates=rates)
    events.on_told(MessagesQueued, lambda _: outbox.kick())
    events.on_written(ChatLost, LostChats(access.admins, clock).tell)
    services = Services(
        bot=telegram,
        features=features,
        database=database,
        outbox=outbox,
        events=events,
        catalogue=catalogue,
        users=UserDirectory(database, clock=clock),
        prompts=Prompts(clock=clock),
        access=access,
        clock=clock,
        parts=Parts([*given_parts, *(part for feature in features for part in feature.parts)]),
    )
    services.parts.make_all(services)
    for feature in features:
        if feature.subscribes is not None:
            feature.subscribes(services)
    return services


def _telegram(services: Services, vault: Vault, lease: ActiveLease) -> Telegram:
    """The door updates come in by, with the router behind it."""
    router = Router(services)
    overload = Overload(services.outbox, router.locale_of)
    record = Record(services.database, vault.notes, clock=services.clock)
    urgencies = Urgencies(services.features)
    intake = Intake(
        record, router.handle, urgencies.of, overload.refuse, clock=services.clock, may_act=lease.holds
    )
    return Telegram(services.bot, intake, overload)


def _schedule(services: Services) -> Schedule:
    schedule = Schedule()
    schedule.every(SCRUB_S, "scrub", services.database.scrub_owed)
    schedule.every(TIDY_S, "tidy", lambda: tidy(services))
    for feature in services.features:
        if feature.schedules is not None:
            feature.schedules(services, schedule)
    return schedule
