"""Whether an alert may be set: who sets it, where, and with which plan; however it was said."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from bot.alerts.chat.plans import limit_of
from bot.alerts.resolution import OF_ACCOUNTS
from bot.chat.request import Request
from bot.domain.alerts.alert import Audience
from bot.domain.intent import AlertIntent, BareSize, CloseIntent, TradeIntent
from bot.domain.preview.instrument_selection import near_market
from bot.domain.refusal import Refusal, RefusalCode
from bot.language import canonical
from bot.trading.previews.preview_builder import declared

MOST_IN_A_GROUP: Final = 20  # of one person in one group


async def judged(turn: Request, intent: AlertIntent) -> AlertIntent | Refusal:
    """The alert as it is set, or what can be known today to be wrong with its user, the plan, or the place.

    A bare number of its plan keeps the meaning its user's default has now, whatever that is when it fires.
    """
    if not turn.services.access.admits(turn.user):
        return Refusal(RefusalCode.CLOSING_ONLY)
    intent = _private_where_it_must(turn, intent)
    if not turn.sender.private and intent.options.audience is Audience.HERE:
        here = await turn.services.alerts.list(user_id=turn.user.id, chat_id=turn.sender.chat_id)
        if len(here) >= MOST_IN_A_GROUP:
            return Refusal(RefusalCode.TOO_MANY_ALERTS, {"limit": MOST_IN_A_GROUP})
    return intent if intent.plan is None else await _with_plan(turn, intent, intent.plan)


def _private_where_it_must(turn: Request, intent: AlertIntent) -> AlertIntent:
    """What an account does is told to its owner alone."""
    if turn.sender.private or not isinstance(intent.condition, OF_ACCOUNTS):
        return intent
    return replace(intent, options=replace(intent.options, audience=Audience.PRIVATE))


async def _with_plan(
    turn: Request, intent: AlertIntent, plan: TradeIntent | CloseIntent
) -> AlertIntent | Refusal:
    account = await turn.services.linking.choose(turn.user.id, plan.account)
    if isinstance(account, Refusal) or not isinstance(plan, TradeIntent):
        return account if isinstance(account, Refusal) else intent
    found = await turn.services.queries.moment(plan.symbol)
    if isinstance(found, Refusal):
        return found
    meant = _sized(turn, plan, found.last)
    if meant.size is None or isinstance(meant.size, BareSize):
        return Refusal(RefusalCode.MISSING_SIZE, {"symbol": plan.symbol})
    intent = replace(intent, plan=meant)
    if intent.armed and limit_of(intent, turn.user) is None:
        capped = replace(intent, cap_usd=Decimal(100))
        return Refusal(RefusalCode.ARMED_WITHOUT_LIMIT, mend=canonical(capped))
    return intent


def _sized(turn: Request, plan: TradeIntent, last: Decimal) -> TradeIntent:
    """The plan with a bare number read as declared; near the market it may be a price, and stays unread."""
    is_doubtful = (
        isinstance(plan.size, BareSize) and plan.price is None and near_market(plan.size.amount, last)
    )
    return plan if is_doubtful else declared(plan, turn.user.size_meaning)
