"""What the ledger's checks found wrong, told to every operator once, in the transaction that records it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from bot.notifications.operators import OperatorEvent, tell_admins
from bot.rebates.storage.tables import Finding
from bot.rebates.views import ledger as view


class LedgerAlarms:
    """Implements `rebates.alarm.LedgerAlarm`. `kick` wakes the outbox."""

    def __init__(self, admins: Sequence[int], kick: Callable[[], None], *, clock: Callable[[], int]) -> None:
        self._admins = admins
        self._kick = kick
        self._clock = clock

    async def raised(self, session: AsyncSession, key: str, findings: Sequence[Finding]) -> None:
        lines = [view.FindingLine(one.kind, one.day, one.account_id, one.detail) for one in findings]
        event = OperatorEvent(key, lambda locale: view.alarm(locale, lines))
        await tell_admins(session, self._admins, event, self._clock())

    def committed(self) -> None:
        self._kick()
