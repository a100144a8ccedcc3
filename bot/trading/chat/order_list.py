"""Several statements of one message: one preview, one Confirm, one account of what became of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat import buttons
from bot.chat.request import LINE_LIFE_MS, Request
from bot.chat.services import Services
from bot.domain.execution.order_list import Outcome
from bot.domain.intent import CancelIntent, CloseIntent, ProtectIntent, TradeIntent
from bot.domain.orders.order import OrderSnapshot
from bot.domain.refusal import Refusal, RefusalCode
from bot.notifications.notify import notify
from bot.notifications.sender import LANE_ANSWER, LANE_URGENT
from bot.people import accounts, users
from bot.trading.chat.ticket_cards import (
    OFFER_SECONDS,
    StatementPlace,
    edit_card,
    is_small,
    own_token,
    refuse,
    show_offer,
)
from bot.trading.execution.executor import Executor
from bot.trading.execution.order_list import ORDER_LIST, OrderListDone, StatementDone, Tell
from bot.trading.execution.submission import Submission
from bot.trading.previews.offer import Offer, Refused
from bot.trading.previews.tickets import Tickets
from bot.trading.storage import orders
from bot.trading.storage.tables import Ticket
from bot.trading.views import order_list as order_list_view
from bot.ui import Locale, Message
from bot.ui.message import MAX_DATA

ChainIntent = TradeIntent | CloseIntent | ProtectIntent | CancelIntent


async def offer(request: Request, statements: Sequence[tuple[ChainIntent, StatementPlace]]) -> bool:
    """One preview of all statements with one Confirm, or say which of them is refused and why."""
    services = request.services
    token, was_used = await own_token(request)
    if was_used:
        return True  # Telegram delivered the message twice
    intents = [intent for intent, _ in statements]
    made = await services.get(Tickets).make_chain(
        request.user, request.home, intents, token=token, group_id=request.group
    )
    if isinstance(made, Refused):
        of = (None, None) if made.statement is None else statements[made.statement]
        await refuse(request, made.refusal, *of)
        return False
    if token is not None and is_small(request, made):
        return await _at_once(request, made)
    return await _ask(request, made)


async def _ask(request: Request, made: Offer) -> bool:
    """Show its card; False where it is too long for one."""
    card = _card(request, made)
    if card is None:
        await request.service(Submission).cancel(made.token, request.user.id)
        await refuse(request, Refusal(RefusalCode.UNSUPPORTED, {"feature": "chain-length"}))
        return False
    title = str(order_list_view.offer_chain(request.locale, len(made.steps)))
    await show_offer(request, card, made.ticket_id, title)
    return True


async def _at_once(request: Request, made: Offer) -> bool:
    """Carry out what is too small to be asked about; False when it was refused."""
    refused = await request.service(Executor).confirm(ORDER_LIST, made.ticket, request.user.id, None)
    if refused is not None:
        await refuse(request, refused)
        return False
    if not request.sender.private:
        await request.point_home(delivered=True)
    return True


def _card(request: Request, made: Offer) -> Message | None:
    return order_list_view.chain_preview(
        request.locale,
        [order_list_view.ChainStep(step.previews, step.cancels) for step in made.steps],
        account_label=made.account_label,
        seconds_left=OFFER_SECONDS,
        confirm_data=f"ok:{made.token}",
        cancel_data=f"no:{made.token}",
        canonical=made.line,
    )


async def refuse_panic(request: Request) -> None:
    """Panic among other statements: nothing of the message is done, and panic alone is a tap away."""
    await refuse(request, Refusal(RefusalCode.PANIC_ALONE, mend="panic"))


def teller(services: Services) -> Tell:
    """Writes what became of a chain in place of its preview, and as news when nobody is looking any more."""

    async def tell(session: AsyncSession, ticket: Ticket, done: OrderListDone) -> None:
        user = await users.get(session, ticket.user_id)
        if user is None:
            return
        locale, now_ms = Locale.of_reader(user), services.clock()
        account = await accounts.get(session, user.id, ticket.account_id)
        label = account.label if account is not None else ""
        message = order_list_view.chain_result(
            locale,
            [_result(one, label) for one in done.statements],
            late=done.late,
            rest_data=await _line_data(services, session, ticket, done.unsent) if done.unsent else None,
            positions_data="new:positions",
            orders_data="new:orders",
        )
        if ticket.message_id is not None:
            await edit_card(session, ticket, message, lane=LANE_ANSWER, now_ms=now_ms)
        if done.late or ticket.message_id is None:
            await notify(
                session,
                ticket.chat_id,
                message,
                LANE_URGENT,
                now_ms,
                reply_to=ticket.message_id,
                dedupe_key=f"chain:{ticket.id}",
                card_key=f"ticket:{ticket.id}:news",
            )

    return tell


async def _line_data(services: Services, session: AsyncSession, ticket: Ticket, line: str) -> str:
    data = f"go:{line}"
    if len(data.encode()) <= MAX_DATA:
        return data
    arguments = {"line": line}
    now = services.clock()
    token = await buttons.create(
        session, ticket.user_id, ticket.chat_id, "line", arguments, now_ms=now, life_ms=LINE_LIFE_MS
    )
    return f"go:~{token}"


def _result(done: StatementDone, label: str) -> order_list_view.ChainResult:
    failures = tuple(order_list_view.ChainFailure(one.order, one.code, one.message) for one in done.failures)
    kept: tuple[OrderSnapshot, ...] = ()
    if done.statement.is_replacement:
        failed = tuple(one.order for one in done.failures if one.code or one.message)
        kept = done.statement.cancels if done.outcome is Outcome.UNSENT else failed
    return order_list_view.ChainResult(
        done.outcome.value,
        done.statement.line,
        tuple(orders.snapshot(order, label) for order in done.orders),
        len(done.statement.cancels),
        failures,
        kept,
    )
