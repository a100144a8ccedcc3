"""The parts of alerts, how each is made of others, and which events they hear."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.alerts.chat.announcer import AlertMessages
from bot.alerts.chat.plans import AlertPlans
from bot.alerts.ending import Endings
from bot.alerts.events import PlanFired
from bot.alerts.service import Alerts
from bot.alerts.storage import alerts as rows
from bot.chat.services import Part, Services
from bot.domain.alerts.limits import LIMITS
from bot.exchange.backpack import BackpackClient
from bot.marketdata import Feed
from bot.notifications.events import ChatMigrated
from bot.people.events import AccessEnded, AccountUnlinked, PersonForgotten
from bot.trading.events import FillsCame, FillWritten, KeyRefused, SnapshotTaken
from bot.trading.watched_accounts import WatchedAccounts


def _alerts(services: Services) -> Alerts:
    return Alerts(
        services.database,
        services.get(BackpackClient),
        services.get(Feed),
        services.catalogue,
        AlertMessages(services.events, clock=services.clock),
        services.events,
        clock=services.clock,
        admits=services.access.admits,
    )


PARTS: Final = (
    Part(Alerts, _alerts),
    Part(AlertPlans, lambda s: AlertPlans(s, clock=s.clock)),
)


def subscribe(services: Services) -> None:
    """What alerts hear of accounts, of people, and of their own plans."""
    events, alerts, plans = services.events, services.get(Alerts), services.get(AlertPlans)
    services.get(WatchedAccounts).also(lambda: alerts.accounts)
    events.on_written(FillWritten, lambda session, event: alerts.fill_written(session, event.fill))
    events.on_told(FillsCame, lambda _: alerts.fills_came())
    events.on_told(KeyRefused, lambda event: alerts.key_trouble(event.account_id, event.label, event.trouble))
    events.on_told(SnapshotTaken, lambda event: alerts.account_changed(event.account_id, event.snapshot))
    events.on_told(PlanFired, lambda event: plans.fired(event.alert_id, event.sequence))
    events.on_written(ChatMigrated, rows.follow_group)
    endings = Endings(alerts.gone)
    events.on_written(AccessEnded, endings.access_ended)
    events.on_written(AccountUnlinked, endings.account_unlinked)
    events.on_written(PersonForgotten, endings.person_forgotten)


async def tidy(session: AsyncSession, now_ms: int) -> None:
    """Old firings and alerts that ended."""
    await rows.purge(session, now_ms - LIMITS.kept_ms, LIMITS.kept)
