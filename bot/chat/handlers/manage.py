"""The panic of two taps."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from bot.backpack import BackpackError, UnknownOutcome
from bot.chat.outbox import LANE_ANSWER, ticket_edit
from bot.chat.services import Services
from bot.chat.turn import Turn
from bot.desk.manage import PanicDone, Tell
from bot.domain.order import OrderState
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
    plan = await turn.services.manage.look_around(turn.user)
    if isinstance(plan, Refusal):
        await turn.show(refusal_view.refusal(turn.locale, plan))
        return False
    exposure = sum((position.notional for position in plan.positions), ZERO)
    await turn.show(
        bulk_view.panic_first(
            turn.locale,
            orders=plan.orders,
            positions=len(plan.positions),
            exposure=exposure,
            confirm_data="panic:ask",
            cancel_data="menu:main",
        )
    )
    return True


async def panic_asked(turn: Turn, _: str) -> None:
    """The second question carries the single-use token."""
    plan = await turn.services.manage.plan_panic(turn.user, turn.home, turn.group)
    if isinstance(plan, Refusal):
        await turn.show(refusal_view.refusal(turn.locale, plan))
        return
    exposure: Decimal = sum((position.notional for position in plan.positions), ZERO)
    message_id = await turn.show(
        bulk_view.panic_second(
            turn.locale,
            orders=plan.orders,
            positions=len(plan.positions),
            exposure=exposure,
            confirm_data=f"flat:{plan.token}",
            cancel_data=f"no:{plan.token}",
        )
    )
    if message_id is not None:
        await turn.services.offers.shown(plan.ticket_id, message_id, "")


async def panic_confirmed(turn: Turn, token: str) -> None:
    """Cancel all, close all, and report each leg."""
    turn.answer_soon()
    refused = await turn.services.manage.panic(token, turn.user, panic_teller(turn.services))
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
    for unread, error in (("orders", done.orders_unread), ("positions", done.positions_unread)):
        if error is not None:
            legs.append(bulk_view.PanicLeg("failed", unread=unread, detail=reason_of(locale, error)))
    for symbol, error in done.errors:
        legs.append(bulk_view.PanicLeg(outcome_of(error), symbol=symbol, detail=reason_of(locale, error)))
    for order in done.closing:
        filled = order.state is OrderState.FILLED
        outcome = "done" if filled else "failed" if order.state.is_terminal else "unknown"
        detail = order.error_code or order.reason or ""
        legs.append(bulk_view.PanicLeg(outcome, None, order.symbol, order.quantity or ZERO, detail))
    return legs
