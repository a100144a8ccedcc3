"""Cancel one, cancel many, and the panic of two taps."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from bot.backpack import BackpackError, UnknownOutcome
from bot.chat.handlers.accounts import number
from bot.chat.outbox import LANE_ANSWER, ticket_edit
from bot.chat.services import Services
from bot.chat.turn import Turn
from bot.desk.manage import Cancelled, PanicDone, Tell
from bot.domain.intent import CancelIntent
from bot.domain.order import OrderState
from bot.domain.refusal import Refusal
from bot.domain.values import ZERO, Language
from bot.store import outbox, users
from bot.store.tables import Ticket
from bot.view import Locale
from bot.view import bulk as bulk_view
from bot.view import order_list as list_view
from bot.view import refusals as refusal_view


async def cancel(turn: Turn, intent: CancelIntent) -> bool:
    """Cancel what the line names, at once; a cancel can be repeated without harm."""
    results = await turn.services.manage.cancel(turn.user, intent)
    if isinstance(results, Refusal):
        await turn.show(refusal_view.refusal(turn.locale, results))
        return False
    lines = [_cancel_line(turn, result) for result in results]
    await turn.show(list_view.cancel_result(turn.locale, lines, orders_data="menu:orders"))
    return all(result.error is None for result in results)


def _cancel_line(turn: Turn, result: Cancelled) -> list_view.CancelLine:
    return list_view.CancelLine(result.order, _outcome(result.error), _reason(turn.locale, result.error))


def _outcome(error: BackpackError | None) -> str:
    if error is None:
        return "done"
    return "unknown" if isinstance(error, UnknownOutcome) else "failed"


def _reason(locale: Locale, error: BackpackError | None) -> str:
    if error is None:
        return ""
    return refusal_view.exchange_reason(locale, error.code, error.message)


async def cancel_order(turn: Turn, code: str) -> None:
    """The cancel button of one order."""
    await cancel(turn, CancelIntent(order_id=code))


async def cancel_all(turn: Turn, argument: str = "ask") -> None:
    """Ask once, then cancel everything that rests: on the account the button names, else on the default."""
    step, _, account_id = argument.partition(":")
    services = turn.services
    label = await services.cards.label(turn.user.id, number(account_id) or 0) if account_id else None
    account = label if isinstance(label, Refusal) else await services.linking.choose(turn.user.id, label)
    if isinstance(account, Refusal):
        await turn.show(refusal_view.refusal(turn.locale, account))
        return
    everything = CancelIntent(scope="all", account=account.label)
    if step == "yes":
        await cancel(turn, everything)
        return
    found = await services.manage.resting(turn.user, everything)
    if isinstance(found, Refusal):
        await turn.show(refusal_view.refusal(turn.locale, found))
        return
    await turn.show(
        list_view.cancel_all_confirm(
            turn.locale,
            len(found),
            account_label=account.label,
            confirm_data=f"cancelall:yes:{account.id}",
            cancel_data="menu:orders",
        )
    )


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
    if refused is not None:
        await turn.say_privately(refusal_view.refusal(turn.locale, refused))


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
            legs.append(bulk_view.PanicLeg("failed", unread=unread, detail=_reason(locale, error)))
    for symbol, error in done.errors:
        legs.append(bulk_view.PanicLeg(_outcome(error), symbol=symbol, detail=_reason(locale, error)))
    for order in done.closing:
        filled = order.state is OrderState.FILLED
        outcome = "done" if filled else "failed" if order.state.is_terminal else "unknown"
        detail = order.error_code or order.reason or ""
        legs.append(bulk_view.PanicLeg(outcome, None, order.symbol, order.quantity or ZERO, detail))
    return legs
