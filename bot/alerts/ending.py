"""Ends alerts whose plans may no longer act, in the transaction that takes the leave or the key away."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from bot.alerts.storage import alerts as rows
from bot.alerts.storage.tables import Alert, AlertState
from bot.domain.intent import AlertIntent, CloseIntent, TradeIntent
from bot.kernel.events import Ending
from bot.language import Parsed, parse
from bot.people.events import ALERTS, AccessEnded, AccountUnlinked, PersonForgotten

Plan = TradeIntent | CloseIntent


def may_open(plan: Plan) -> bool:
    """Whether orders of the plan could open risk; what was built decides again when it fires."""
    return isinstance(plan, TradeIntent) and not plan.reduce_only


def acts_on(label: str, *, is_default: bool) -> Callable[[Plan], bool]:
    """Whether a plan would act on the account of that label."""

    def does(plan: Plan) -> bool:
        return is_default if plan.account is None else plan.account.casefold() == label.casefold()

    return does


async def end_plans(session: AsyncSession, user_id: int, which: Callable[[Plan], bool]) -> list[Alert]:
    """End the live alerts of a user whose plans are among `which`, and return them.

    After the commit `Alerts.gone` lets memory know.
    """
    live = await rows.locked(session, await rows.live_with_plan(session, user_id))
    ended = [alert for alert in live.values() if _is_among(alert, which)]
    for alert in ended:
        await rows.change(session, alert, state=AlertState.DELETED)
    return ended


def _is_among(alert: Alert, which: Callable[[Plan], bool]) -> bool:
    parsed = parse(alert.line)
    intent = parsed.intents[0] if isinstance(parsed, Parsed) else None
    plan = intent.plan if isinstance(intent, AlertIntent) else None
    return plan is None or which(plan)  # what cannot be read must not act


@dataclass(frozen=True, slots=True)
class Endings:
    """What ends of alerts with what happens to people. `gone` lets memory know, after the commit."""

    gone: Callable[[Iterable[Alert], Iterable[int]], Awaitable[None]]

    async def access_ended(self, session: AsyncSession, event: AccessEnded) -> None:
        """Other alerts stay, as do plans that only close."""
        ended = await end_plans(session, event.user.id, may_open)
        self._ended(event, ended, ())

    async def account_unlinked(self, session: AsyncSession, event: AccountUnlinked) -> None:
        """Plans that would trade with the account, and alerts on what it holds."""
        account = event.account
        acts = acts_on(account.label, is_default=event.is_default)
        planned = await end_plans(session, account.user_id, acts)
        watched = await rows.locked(session, await rows.live_of_account(session, account.id))
        self._ended(event, [*planned, *watched.values()], [account.id])

    async def person_forgotten(self, session: AsyncSession, event: PersonForgotten) -> None:
        """All that live; locked, so that none fires meanwhile."""
        live = await rows.live(session, user_id=event.user_id)
        locked = await rows.locked(session, [alert.id for alert in live])
        self._ended(event, list(locked.values()), event.account_ids)

    def _ended(self, event: Ending, ended: Sequence[Alert], account_ids: Collection[int]) -> None:
        event.ends(ALERTS, len(ended))
        event.afterwards(partial(self.gone, ended, account_ids))
