"""Turns firings into messages, inside the transaction that makes them facts (`alerts.events`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.alerts.chat.alert_buttons import AlertAct, of
from bot.alerts.condition_codec import unpack
from bot.alerts.events import Fired, PlanFired
from bot.alerts.funding_flips import BAND
from bot.alerts.storage.tables import Alert, AlertState
from bot.alerts.views import cards as alert_view
from bot.alerts.views.market_gone import market_gone
from bot.chat.group_language import locale_at
from bot.domain.alerts.alert import Loudness, Trend
from bot.domain.intent import AlertIntent
from bot.domain.notifications.preferences import Event
from bot.domain.values import Side
from bot.kernel.events import Events
from bot.language import Parsed, parse
from bot.notifications.events import MessagesQueued
from bot.notifications.notify import outgoing
from bot.notifications.sender import LANE_URGENT
from bot.notifications.tables import OutboxMessage as Row
from bot.people import users
from bot.ui import Button, Keyboard, Locale, Message
from bot.ui.message import keyboard


class AlertMessages:
    """Implements `alerts.events.AlertAnnouncer`; what becomes of a plan is said later (`AlertPlans`)."""

    def __init__(self, events: Events, *, clock: Callable[[], int]) -> None:
        self._events = events
        self._clock = clock

    async def compose(self, session: AsyncSession, batch: Sequence[Fired]) -> Row | None:
        user = await users.get(session, batch[0].alert.user_id)
        if user is None or user.forgotten_ms is not None:
            return None
        for one in batch:
            if one.alert.plan is not None:
                self._events.tell(PlanFired(one.alert.id, one.firing.sequence))
        locale = await locale_at(session, batch[0].alert.chat_id, user)
        message = told(locale, batch)
        return outgoing(
            batch[0].alert.chat_id,
            message,
            LANE_URGENT,
            self._clock(),
            silent=all(one.alert.loudness is Loudness.SILENT for one in batch),
            event=Event.ALERT,
        )

    async def held(self, session: AsyncSession, user_id: int, count: int) -> Row | None:
        user = await users.get(session, user_id)
        if user is None or user.forgotten_ms is not None:
            return None
        message = alert_view.held_back(Locale.of_reader(user), count, list_data="new:alerts")
        return outgoing(
            user_id,
            message,
            LANE_URGENT,
            self._clock(),
            event=Event.ALERT,
        )

    async def gone(self, session: AsyncSession, symbol: str, paused: Sequence[Alert]) -> Row | None:
        user = await users.get(session, paused[0].user_id)
        if user is None or user.forgotten_ms is not None:
            return None
        locale = await locale_at(session, paused[0].chat_id, user)
        conditions = [unpack(one.kind, one.condition) for one in paused]
        everything = keyboard((alert_view.action(locale, "list", "new:alerts"),))
        message = market_gone(locale, symbol, conditions, everything)
        return outgoing(
            paused[0].chat_id,
            message,
            LANE_URGENT,
            self._clock(),
            silent=all(one.loudness is Loudness.SILENT for one in paused),
            event=Event.ALERT,
        )

    def committed(self) -> None:
        self._events.tell(MessagesQueued())


def told(locale: Locale, batch: Sequence[Fired]) -> Message:
    """The message about a batch."""
    return alert_view.fired(locale, [news(one) for one in batch], _buttons(locale, batch))


def intent_of(alert: Alert) -> AlertIntent:
    """What its line says. Raises TypeError for a line that is no alert: a defect."""
    parsed = parse(alert.line)
    intent = parsed.intents[0] if isinstance(parsed, Parsed) else None
    if not isinstance(intent, AlertIntent):
        raise TypeError(f"alert {alert.id} has a line that is no alert")
    return intent


def news(fired: Fired) -> alert_view.AlertNews:
    """One firing for the view."""
    alert, firing = fired.alert, fired.firing
    unwatched_ms = firing.detail.get("unwatched_ms")
    late_ms = unwatched_ms or firing.noticed_ms - firing.happened_ms
    return alert_view.AlertNews(
        condition=unpack(alert.kind, alert.condition),
        happened_ms=firing.happened_ms,
        value=firing.value,
        symbol=firing.detail.get("symbol"),
        label=alert.label,
        fact=_fact(firing.detail),
        interval_ms=firing.detail.get("interval_ms"),
        fell=firing.detail.get("trend") == Trend.DOWN,
        late_s=max(1, late_ms // 1000) if firing.late else None,
        at_most=unwatched_ms is not None,
        plan=alert.plan,
        armed_plan=alert.armed_plan,
    )


def _fact(detail: Mapping[str, Any]) -> alert_view.Fact | None:
    """What `alerts.database_input` noted."""
    if "quantity" in detail:
        return alert_view.AlertExecution(Side(detail["side"]), Decimal(detail["quantity"]))
    if "reason" in detail:
        return alert_view.KeyFault(detail["account"], detail["reason"])
    if "flip" in detail:
        return alert_view.Flipped(detail["flip"] == "settled", BAND)
    if "before" in detail:
        return alert_view.NewState(detail["before"], detail["after"])
    return None


def _buttons(locale: Locale, batch: Sequence[Fired]) -> Keyboard:
    everything = alert_view.action(locale, "list", "new:alerts")
    if len(batch) > 1:
        return keyboard((everything,))
    alert = batch[0].alert
    symbol = alert.symbol or batch[0].firing.detail.get("symbol")
    price = alert_view.action(locale, "price", f"px:{symbol}") if symbol else None
    return keyboard(_own(locale, alert), (price, everything))


def _own(locale: Locale, alert: Alert) -> tuple[Button, ...]:
    """What can be done with the alert itself: one that speaks on is paused, one that is done set again."""
    if alert.state is AlertState.ARMED and alert.repeat:
        pause = alert_view.action(locale, "pause", of(AlertAct.PAUSE, alert.id))
        return pause, alert_view.action(locale, "delete", of(AlertAct.DELETE, alert.id))
    return (alert_view.action(locale, "again", of(AlertAct.AGAIN, alert.id)),)
