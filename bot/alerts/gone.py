"""Alerts whose market left the exchange's list: nothing tells of it any more, so they are paused, and told.

Paused, not ended: a market may come back, and then they are resumed by a tap. A market counts as gone when
two readings of the list in a row lack it. Alerts on what the account itself tells (fills, profit, distance)
and on news of markets go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.alerts.condition_codec import kind_of, symbol_of
from bot.alerts.events import AlertAnnouncer
from bot.alerts.firing_writer import EVENT
from bot.alerts.resolution import OF_ACCOUNTS
from bot.alerts.storage import alerts as rows
from bot.alerts.storage.tables import Alert, AlertState
from bot.domain.alerts.alert import Condition, Loudness, MarketNews
from bot.domain.markets.market import Market
from bot.kernel.storage import Database
from bot.notifications import outbox_rows

_GO_ON: Final = (*OF_ACCOUNTS, MarketNews)


class Gone:
    """`look` at each new reading of the list."""

    def __init__(self, database: Database, announcer: AlertAnnouncer) -> None:
        self._database = database
        self._announcer = announcer
        self._missing: frozenset[str] = frozenset()

    def missing(self, markets: Mapping[str, Market], followed: Iterable[str]) -> frozenset[str]:
        """Followed markets that neither this reading has nor had the one before."""
        listed = {market.symbol for market in markets.values() if market.visible}
        before, self._missing = self._missing, frozenset(followed) - listed
        return before & self._missing

    async def pause(self, symbols: Iterable[str]) -> list[Alert]:
        """Pause the alerts on these markets and tell their owners, in one transaction; which they were."""
        kinds = [kind.__name__ for kind in _GO_ON]
        async with self._database.read() as session:
            ids = await rows.armed_on(session, symbols, besides=kinds)
        if not ids:
            return []
        async with self._database.write() as session:
            found = [
                alert
                for alert in (await rows.locked(session, ids)).values()
                if alert.state is AlertState.ARMED
            ]
            for alert in found:
                await rows.change(session, alert, state=AlertState.PAUSED)
            await self._tell(session, found)
        self._announcer.committed()
        return found

    async def _tell(self, session: AsyncSession, paused: Iterable[Alert]) -> None:
        """One message for a person, a place and a market."""
        places: dict[tuple[int, int, int | None, str], list[Alert]] = {}
        for alert in paused:
            if alert.loudness is not Loudness.OFF:
                place = alert.user_id, alert.chat_id, alert.thread_id, alert.symbol or ""
                places.setdefault(place, []).append(alert)
        for (_, chat_id, thread_id, symbol), alerts in places.items():
            message = await self._announcer.gone(session, symbol, alerts)
            if message is not None:
                message.chat_id, message.thread_id, message.event = chat_id, thread_id, EVENT
                newest = max(alerts, key=lambda one: one.id)
                message.dedupe_key = f"alert-gone:{newest.id}:{newest.version}"
                await outbox_rows.enqueue(session, message)


def is_gone(condition: Condition, markets: Mapping[str, Market]) -> bool:
    """Whether a condition waits on a market that is not on the list."""
    symbol = symbol_of(condition)
    if symbol is None or not markets or kind_of(condition) in {kind.__name__ for kind in _GO_ON}:
        return False
    return symbol not in markets or not markets[symbol].visible
