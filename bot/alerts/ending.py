"""Ends alerts whose plans may no longer act, in the transaction that takes the leave or the key away."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncSession

from bot.alerts.storage import alerts as rows
from bot.alerts.storage.tables import Alert, AlertState
from bot.domain.intent import AlertIntent, CloseIntent, TradeIntent
from bot.language import Parsed, parse

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
