"""Who hears of what happens: parts that do not know each other, joined by events."""

from __future__ import annotations

from bot.alerts.chat.plans import AlertPlans
from bot.alerts.events import PlanFired
from bot.alerts.service import Alerts
from bot.kernel.events import Events
from bot.marketdata import Catalogue
from bot.rebates.bookkeeper import Bookkeeper
from bot.trading.account_snapshots import AccountSnapshots
from bot.trading.events import (
    AccountMoved,
    AccountProven,
    FillsCame,
    KeyRefused,
    OrdersHeard,
    RulesRefused,
    SnapshotTaken,
    SnapshotWanted,
    UserStreamSpoke,
)
from bot.trading.tracking.exit_monitor import ExitMonitor
from bot.trading.tracking.stream_pulse import AccountPulses
from bot.trading.tracking.user_streams import UserStreams


def follow_trading(
    events: Events,
    catalogue: Catalogue,
    user_streams: UserStreams,
    pulses: AccountPulses,
    monitor: ExitMonitor,
) -> None:
    """What the parts of trading hear of each other."""
    events.on_told(RulesRefused, lambda event: catalogue.doubt(event.symbol))
    events.on_told(AccountProven, lambda event: user_streams.watch(event.account))
    events.on_told(OrdersHeard, lambda event: pulses.heard(event.account_id))
    events.on_published(UserStreamSpoke, lambda event: monitor.heard(event.account_id, event.event))


def follow_accounts(
    events: Events,
    snapshots: AccountSnapshots,
    alerts: Alerts,
    plans: AlertPlans,
    bookkeeper: Bookkeeper,
) -> None:
    """What alerts and the ledger hear of accounts."""
    events.on_told(FillsCame, lambda _: bookkeeper.wake())
    events.on_told(FillsCame, lambda _: alerts.fills_came())
    events.on_told(AccountMoved, lambda event: snapshots.moved(event.account_id))
    events.on_told(KeyRefused, lambda event: alerts.key_trouble(event.account_id, event.label, event.trouble))
    events.on_told(SnapshotTaken, lambda event: alerts.account_changed(event.account_id, event.snapshot))
    events.on_published(SnapshotWanted, lambda event: snapshots.look(event.account_id))
    events.on_told(PlanFired, lambda event: plans.fired(event.alert_id, event.sequence))
