"""The panic of two taps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.request import Request
from bot.chat.services import Services
from bot.domain.execution.flatten import Trouble
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import ZERO
from bot.exchange.backpack import BackpackError, UnknownOutcome
from bot.notifications.sender import LANE_ANSWER
from bot.people import users
from bot.trading.chat.ticket_cards import edit_card
from bot.trading.execution.executor import Executor
from bot.trading.execution.flatten import FLATTEN, Tell
from bot.trading.execution.flatten_report import Close, PanicDone
from bot.trading.execution.submission import Submission
from bot.trading.previews.panic import PanicPlan, Panics
from bot.trading.previews.tickets import Tickets
from bot.trading.storage.tables import Ticket
from bot.trading.views import flatten as bulk_view
from bot.ui import Locale
from bot.ui import refusals as refusal_view


def outcome_of(error: BackpackError | None) -> str:
    if error is None:
        return "done"
    return "unknown" if isinstance(error, UnknownOutcome) else "failed"


def reason_of(locale: Locale, error: BackpackError | Trouble | None) -> str:
    if error is None:
        return ""
    return refusal_view.exchange_reason(locale, error.code, error.message)


async def panic(request: Request) -> bool:
    """The first question."""
    plan = await request.service(Panics).look_around(request.user)
    if isinstance(plan, Refusal):
        await request.show(refusal_view.refusal(request.locale, plan))
        return False
    await request.show(
        bulk_view.panic_first(
            request.locale,
            **_counts(plan),
            confirm_data="panic:ask",
            cancel_data="menu:main",
        )
    )
    return True


def _counts(plan: PanicPlan) -> dict[str, Any]:
    """What a panic is about; a position that cannot be read is one all the same."""
    return {
        "orders": plan.orders,
        "positions": len(plan.positions) + plan.unread,
        "exposure": sum((position.notional for position in plan.positions), ZERO),
        "account": plan.account_label,
        "others": plan.others,
    }


async def panic_asked(request: Request, _: str) -> None:
    """The second question carries the single-use token."""
    plan = await request.service(Panics).plan(request.user, request.home, request.group)
    if isinstance(plan, Refusal):
        await request.show(refusal_view.refusal(request.locale, plan))
        return
    message_id = await request.show(
        bulk_view.panic_second(
            request.locale,
            **_counts(plan),
            confirm_data=f"flat:{plan.token}",
            cancel_data=f"no:{plan.token}",
        )
    )
    if message_id is not None:
        await request.service(Tickets).shown(plan.ticket_id, message_id, "")


async def panic_confirmed(request: Request, token: str) -> None:
    """Cancel all, close all, and report each leg."""
    request.answer_soon()
    tapped_on = request.message_id if request.is_tap and request.sender.private else None
    ticket = await request.service(Submission).on_offer(token, request.user.id)
    refused: Refusal | None = ticket if isinstance(ticket, Refusal) else None
    if isinstance(ticket, Ticket):
        refused = await request.service(Executor).confirm(FLATTEN, ticket, request.user.id, tapped_on)
    if refused is None:
        return
    await request.say_privately(refusal_view.refusal(request.locale, refused))
    if refused.code is RefusalCode.EXPIRED and await request.service(Submission).past(token, request.user.id):
        request.is_tap = False
        await panic_asked(request, "")


def panic_teller(services: Services) -> Tell:
    """Writes what a panic did, leg by leg, in place of its last question."""

    async def tell(session: AsyncSession, ticket: Ticket, done: PanicDone | None) -> None:
        user = await users.get(session, ticket.user_id)
        if user is None:
            return
        locale = Locale.of_reader(user)
        places = {"positions_data": "menu:positions", "orders_data": "menu:orders"}
        if done is None:
            message = bulk_view.panic_too_old(locale, **places)
        else:
            message = bulk_view.panic_result(locale, _legs(locale, done), **places)
        await edit_card(session, ticket, message, lane=LANE_ANSWER, now_ms=services.clock())

    return tell


def _legs(locale: Locale, done: PanicDone) -> list[bulk_view.PanicLeg]:
    legs = [] if done.orders_unread else [bulk_view.PanicLeg("done", cancelled=done.cancelled)]
    unread = {"orders": done.orders_unread, "positions": done.positions_unread, "left": done.left_unread}
    for name, error in unread.items():
        if error is not None:
            legs.append(bulk_view.PanicLeg("failed", unread=name, detail=reason_of(locale, error)))
    for name, odd in (("odd-orders", done.odd_orders), ("odd-positions", done.odd_positions)):
        if odd:
            legs.append(bulk_view.PanicLeg("failed", cancelled=odd, unread=name))
    for symbol, error in done.errors.items():
        outcome = "unknown" if error is not None and error.is_unknown else "failed"
        detail = reason_of(locale, error) or bulk_view.still_open(locale)
        legs.append(bulk_view.PanicLeg(outcome, symbol=symbol, detail=detail))
    for close in done.closes:
        legs += _closed(locale, close)
    return legs


def _closed(locale: Locale, close: Close) -> list[bulk_view.PanicLeg]:
    """What was closed of a position, and what is still open with the reason."""
    doubt = close.is_in_doubt or close.left is None
    left = close.held if close.left is None else close.left
    legs = []
    if left < close.held:
        closed = bulk_view.PanicLeg("done", None, close.symbol, close.held - left)
        legs.append(replace(closed, price=close.price, fee=close.fee, quote=close.quote))
    if left:
        outcome = "unknown" if doubt else "failed"
        legs.append(bulk_view.PanicLeg(outcome, None, close.symbol, left, _why_open(locale, close)))
    return legs


def _why_open(locale: Locale, close: Close) -> str:
    if close.error_code or close.error_message:
        why = refusal_view.exchange_reason(locale, close.error_code, close.error_message)
    elif close.reason:
        why = refusal_view.expiry_reason(locale, close.reason)
    elif close.rest:
        return bulk_view.too_small(locale)
    else:
        why = bulk_view.still_open(locale)
    return bulk_view.close_there(locale, why)
