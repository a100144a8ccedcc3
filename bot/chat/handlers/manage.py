"""The panic of two taps."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.backpack import BackpackError, UnknownOutcome
from bot.chat.outbox import LANE_ANSWER, ticket_edit
from bot.chat.services import Services
from bot.chat.turn import Turn
from bot.desk.flatten import PanicPlan, Tell
from bot.desk.flatten_report import Close, PanicDone
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import ZERO, Language
from bot.store import outbox, users
from bot.store.tables import Ticket
from bot.view import Locale
from bot.view import bulk as bulk_view
from bot.view import refusals as refusal_view


def outcome_of(error: BackpackError | None) -> str:
    if error is None:
        return "done"
    return "unknown" if isinstance(error, UnknownOutcome) else "failed"


def reason_of(locale: Locale, error: BackpackError | None) -> str:
    if error is None:
        return ""
    return refusal_view.exchange_reason(locale, error.code, error.message)


async def panic(turn: Turn) -> bool:
    """The first question."""
    plan = await turn.services.panics.look_around(turn.user)
    if isinstance(plan, Refusal):
        await turn.show(refusal_view.refusal(turn.locale, plan))
        return False
    await turn.show(
        bulk_view.panic_first(
            turn.locale,
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


async def panic_asked(turn: Turn, _: str) -> None:
    """The second question carries the single-use token."""
    plan = await turn.services.panics.plan(turn.user, turn.home, turn.group)
    if isinstance(plan, Refusal):
        await turn.show(refusal_view.refusal(turn.locale, plan))
        return
    message_id = await turn.show(
        bulk_view.panic_second(
            turn.locale,
            **_counts(plan),
            confirm_data=f"flat:{plan.token}",
            cancel_data=f"no:{plan.token}",
        )
    )
    if message_id is not None:
        await turn.services.offers.shown(plan.ticket_id, message_id, "")


async def panic_confirmed(turn: Turn, token: str) -> None:
    """Cancel all, close all, and report each leg."""
    turn.answer_soon()
    tapped_on = turn.message_id if turn.is_tap and turn.sender.private else None
    refused = await turn.services.panics.run(token, turn.user, tapped_on, panic_teller(turn.services))
    turn.services.outbox.kick()
    if refused is None:
        return
    await turn.say_privately(refusal_view.refusal(turn.locale, refused))
    if refused.code is RefusalCode.EXPIRED and await turn.services.placing.past(token, turn.user.id):
        turn.is_tap = False
        await panic_asked(turn, "")


def panic_teller(services: Services) -> Tell:
    """Writes what a panic did, leg by leg, in place of its last question."""

    async def tell(session: AsyncSession, ticket: Ticket, done: PanicDone) -> None:
        user = await users.get(session, ticket.user_id)
        if user is None:
            return
        locale = Locale.of(Language(user.language), user.time_zone)
        message = bulk_view.panic_result(
            locale, _legs(locale, done), positions_data="menu:positions", orders_data="menu:orders"
        )
        row = ticket_edit(ticket, message, lane=LANE_ANSWER, created_ms=services.clock())
        await outbox.enqueue(session, row)

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
        outcome = "failed" if error is None else outcome_of(error)
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
        legs.append(bulk_view.PanicLeg("done", None, close.symbol, close.held - left))
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
