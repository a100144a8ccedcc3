"""What ends with a key: alerts on its account, plans that would trade with it, streams, prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from bot.alerts.ending import acts_on, end_plans
from bot.alerts.service import Alerts
from bot.alerts.storage import alerts as rows
from bot.alerts.storage.tables import Alert
from bot.chat.prompts import Prompts
from bot.people.tables import Account
from bot.trading.tracking.user_streams import UserStreams


@dataclass(frozen=True, slots=True)
class KeyParting:
    """Implements `trading.linking.Parting`. Rows of the account itself end by `kernel.storage.erasure`."""

    alerts: Alerts
    user_streams: UserStreams
    prompts: Prompts

    async def account(self, session: AsyncSession, account: Account, *, is_default: bool) -> Sequence[Alert]:
        planned = await end_plans(session, account.user_id, acts_on(account.label, is_default=is_default))
        watched = await rows.locked(session, await rows.live_of_account(session, account.id))
        return [*planned, *watched.values()]

    async def person(self, session: AsyncSession, user_id: int) -> Sequence[Alert]:
        """All that live; locked, so that none fires meanwhile."""
        live = await rows.live(session, user_id=user_id)
        return list((await rows.locked(session, [alert.id for alert in live])).values())

    async def parted(self, user_id: int, account_ids: Sequence[int], ended: Sequence[Alert]) -> None:
        self.prompts.drop(user_id)
        for account_id in account_ids:
            await self.user_streams.unwatch(account_id)
        await self.alerts.gone(ended, account_ids)
