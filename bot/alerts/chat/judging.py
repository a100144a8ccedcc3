"""Whether an alert may be set: who sets it, where, and with which plan; however it was said."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from bot.alerts.chat.plans import limit_of
from bot.alerts.resolution import OF_ACCOUNTS
from bot.alerts.service import Alerts
from bot.chat.request import Request
from bot.domain.alerts.alert import Audience
from bot.domain.intent import AlertIntent, BareSize, CloseIntent, TradeIntent
from bot.domain.preview.instrument_selection import near_market
from bot.domain.refusal import Refusal, RefusalCode
from bot.language import canonical
from bot.trading.linking import Linking
from bot.trading.previews.preview_builder import declared
from bot.trading.queries import Queries

MOST_IN_A_GROUP: Final = 20  # of one person in one group


async def judged(request: Request, intent: AlertIntent) -> AlertIntent | Refusal:
    """The alert as it is set, or what can be known today to be wrong with its user, the plan, or the place.

    A bare number of its plan keeps the meaning its user's default has now, whatever that is when it fires.
    """
    if not request.services.access.admits(request.user):
        return Refusal(RefusalCode.CLOSING_ONLY)
    intent = _private_where_it_must(request, intent)
    if not request.sender.private and intent.options.audience is Audience.HERE:
        here = await request.service(Alerts).list(user_id=request.user.id, chat_id=request.sender.chat_id)
        if len(here) >= MOST_IN_A_GROUP:
            return Refusal(RefusalCode.TOO_MANY_ALERTS, {"limit": MOST_IN_A_GROUP})
    return intent if intent.plan is None else await _with_plan(request, intent, intent.plan)


def _private_where_it_must(request: Request, intent: AlertIntent) -> AlertIntent:
    """What an account does is told to its owner alone."""
    if request.sender.private or not isinstance(intent.condition, OF_ACCOUNTS):
        return intent
    return replace(intent, options=replace(intent.options, audience=Audience.PRIVATE))


async def _with_plan(
    request: Request, intent: AlertIntent, plan: TradeIntent | CloseIntent
) -> AlertIntent | Refusal:
    account = await request.service(Linking).choose(request.user.id, plan.account)
    if isinstance(account, Refusal) or not isinstance(plan, TradeIntent):
        return account if isinstance(account, Refusal) else intent
    found = await request.service(Queries).moment(plan.symbol)
    if isinstance(found, Refusal):
        return found
    meant = _sized(request, plan, found.last)
    if meant.size is None or isinstance(meant.size, BareSize):
        return Refusal(RefusalCode.MISSING_SIZE, {"symbol": plan.symbol})
    intent = replace(intent, plan=meant)
    if intent.armed and limit_of(intent, request.user) is None:
        capped = replace(intent, cap_usd=Decimal(100))
        return Refusal(RefusalCode.ARMED_WITHOUT_LIMIT, mend=canonical(capped))
    return intent


def _sized(request: Request, plan: TradeIntent, last: Decimal) -> TradeIntent:
    """The plan with a bare number read as declared; near the market it may be a price, and stays unread."""
    is_doubtful = (
        isinstance(plan.size, BareSize) and plan.price is None and near_market(plan.size.amount, last)
    )
    return plan if is_doubtful else declared(plan, request.user.size_meaning)
