"""Alerts as a list, and what was told late."""

from __future__ import annotations

from typing import Final

from bot.alerts.chat.alert_buttons import LIST, AlertAct, AlertButton, of
from bot.alerts.chat.announcer import news
from bot.alerts.condition_codec import unpack
from bot.alerts.service import Alerts
from bot.alerts.storage.tables import Alert, AlertState
from bot.alerts.views import cards as alert_view
from bot.chat.request import Request
from bot.ui import Message
from bot.ui.callback_data import number

MISSED_DAYS: Final = 7


async def put(request: Request, message: Message) -> int | None:
    """In a group everybody may read of an alert that speaks there; else it is as private as the chat."""
    return await (request.show(message) if request.sender.private else request.show_publicly(message))


async def alerts(request: Request, page: str = "0") -> bool:
    """Mine in private, everybody's in a group."""
    private = request.sender.private
    found = await request.service(Alerts).list(
        user_id=request.user.id if private else None, chat_id=None if private else request.sender.chat_id
    )
    message = alert_view.listing(
        request.here,
        [_entry(one) for one in found],
        page=number(page) or 0,
        page_data=lambda n: AlertButton(AlertAct.LIST, n).pack(),
        open_data=lambda alert_id: of(AlertAct.OPEN, alert_id),
        new_data="aw:",
        missed_data=AlertButton(AlertAct.MISSED).pack() if private else None,
        back_data="menu:main" if private else None,
    )
    await put(request, message)
    return True


def _entry(alert: Alert) -> alert_view.AlertEntry:
    return alert_view.AlertEntry(
        alert.id,
        unpack(alert.kind, alert.condition),
        alert.label,
        alert.state is AlertState.PAUSED,
        alert.fired_count,
        alert.fired_ms,
    )


async def missed(request: Request, page: str = "0") -> bool:
    """What was told late."""
    since = request.services.clock() - MISSED_DAYS * 86_400_000
    found = await request.service(Alerts).missed(request.user.id, since)
    message = alert_view.missed(
        request.here,
        [news(one) for one in reversed(found)],
        days=MISSED_DAYS,
        page=number(page) or 0,
        page_data=lambda n: AlertButton(AlertAct.MISSED, n).pack(),
        list_data=LIST,
    )
    await request.show(message)
    return True
