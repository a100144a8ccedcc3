"""A line becomes a preview, a tap becomes an order."""

from __future__ import annotations

import asyncio
from typing import Final

from bot.chat.request import Request
from bot.domain.intent import (
    AgainIntent,
    CancelIntent,
    CloseIntent,
    Intent,
    PanicIntent,
    ProtectIntent,
    QueryIntent,
    TradeIntent,
)
from bot.domain.refusal import Refusal, RefusalCode
from bot.language import Parsed, ParseFailure, canonical
from bot.trading.access import stops
from bot.trading.chat import cancels, lists, order_list, replies, unparsed
from bot.trading.chat.line_buttons import AccountLineButton, AlwaysButton
from bot.trading.chat.ticket_cards import (
    StatementPlace,
    card_of,
    held_ticket,
    is_small,
    own_token,
    refuse,
    show_offer,
    title_of,
)
from bot.trading.execution.executor import Executor
from bot.trading.execution.order_list import ORDER_LIST
from bot.trading.execution.submission import Submission
from bot.trading.message_context import MessageContexts
from bot.trading.previews.offer import Moved, Offer
from bot.trading.previews.tickets import Tickets
from bot.trading.storage.tables import Ticket, TicketKind
from bot.trading.views import preview as preview_view
from bot.ui import refusals as refusal_view

SPINNER_S: Final = 0.25  # how long a confirmed button may spin for its order's sake


async def line(request: Request, text: str) -> None:
    """Read a line and do what it says: questions are answered, several acts share one preview."""
    result = request.read(text)
    if isinstance(result, ParseFailure) and replies.cancels(request, text):
        await cancel(request, "")
        return
    bound = await replies.bind(request, text, result)
    if isinstance(bound, Refusal):
        await refuse(request, bound)
        return
    text, result = bound
    if isinstance(result, ParseFailure):
        await _as_the_market_has_it(request, text, result)
        return
    places = [StatementPlace(text, span) for span in result.spans]
    if len(places) > 1 and any(isinstance(intent, PanicIntent) for intent in result.intents):
        await order_list.refuse_panic(request)
        return
    await _do(request, list(zip(result.intents, places, strict=True)))


async def _as_the_market_has_it(request: Request, text: str, failure: ParseFailure) -> None:
    """Of two readings the one near the market; else it is refused."""
    meant = await unparsed.by_market(request, failure)
    if meant is None:
        await unparsed.refuse(request, text, failure)
        return
    request.guessed = True
    await line(request, meant)


async def _do(request: Request, statements: list[tuple[Intent, StatementPlace]]) -> None:
    """Questions answer for themselves, in front; several orders and cancels go as a chain, before alerts."""
    features = request.services.features
    for intent, _ in statements:
        if isinstance(intent, QueryIntent) and not await features.obey(request, intent):
            return
    acts = [one for one in statements if not isinstance(one[0], QueryIntent)]
    chained = [(intent, place) for intent, place in acts if isinstance(intent, order_list.ChainIntent)]
    if len(chained) > 1 and not await order_list.offer(request, chained):
        return
    alone = acts if len(chained) < 2 else [one for one in acts if one not in chained]
    for intent, _ in alone:
        if not await features.obey(request, intent):
            return


async def answers_card(request: Request, verb: str) -> bool:
    """Whether a bare `close` answers a card that says of what."""
    if verb != "close" or request.replied is None:
        return False
    card = await replies.card_of(request)
    return isinstance(card, Refusal) or (card is not None and card.symbol is not None)


async def cancel(request: Request, argument: str) -> None:
    """The command: with words a line, as an answer to a card that order or preview, else the list."""
    if argument:
        await line(request, f"cancel {argument}")
        return
    card = await replies.card_of(request)
    if isinstance(card, Refusal):
        await refuse(request, card)
    elif card is not None and card.order is not None:
        await cancels.cancel(request, CancelIntent(order_id=card.order))
    elif card is not None and card.offer is not None:
        await _withdraw_offer(request, card.offer)
    else:
        await lists.orders(request)


async def _withdraw_offer(request: Request, ticket_id: int) -> None:
    """Cancel said in answer to a preview: its buttons go, and the answer says that nothing was sent."""
    ticket = await request.service(Tickets).withdraw(ticket_id, request.user.id)
    if isinstance(ticket, Refusal):
        await refuse(request, ticket)
        return
    told = preview_view.preview_cancelled(request.locale, title_of(ticket))
    if ticket.message_id is not None:
        await request.services.outbox.edit(ticket.chat_id, ticket.message_id, told)
    await request.show(told)


async def again(request: Request, _: AgainIntent) -> bool:
    """`same` with no card to answer."""
    await refuse(request, Refusal(RefusalCode.NO_CARD))
    return False


async def offer(request: Request, intent: TradeIntent | CloseIntent | ProtectIntent) -> bool:
    """Preview an order with its Confirm button, or say why not."""
    services = request.services
    token, was_used = await own_token(request)
    if was_used:
        return True  # Telegram delivered the message twice; its order went out the first time
    made = await services.get(Tickets).make(
        request.user, request.home, intent, token=token, group_id=request.group
    )
    if isinstance(made, Refusal):
        await refuse(request, made, intent)
        return False
    if token is not None and is_small(request, made):
        return await _at_once(request, made)
    title = str(preview_view.offer_line(request.locale, made.previews))
    await show_offer(request, card_of(request.locale, made), made.ticket_id, title)
    return True


async def _at_once(request: Request, made: Offer) -> bool:
    """Send what is too small to be asked about; False when it was refused."""
    sent = await request.service(Submission).claim_and_send(made.ticket, request.user.id)
    if isinstance(sent, Refusal):
        await refuse(request, sent)
        return False
    if not request.sender.private:
        await request.point_home(delivered=True)
    return True


async def always(request: Request, button: AlwaysButton) -> None:
    """What a bare number of an opening order means from now on (`/settings` shows it), and the line."""
    if not isinstance(await request.line_of(button.line), Refusal):
        request.user = await request.services.users.change(request.user, size_meaning=button.meaning)
    await run(request, button.line)


async def run(request: Request, text: str) -> None:
    """A line behind a button."""
    found = await request.line_of(text)
    if not isinstance(found, Refusal):
        await line(request, found)
    elif request.sender.private:
        await request.say(refusal_view.refusal(request.here, found))
    else:
        await request.answer(found)


async def run_on(request: Request, button: AccountLineButton) -> None:
    """A line behind a button of one account's card: it acts there, whatever the default."""
    text = button.line
    label = await request.service(MessageContexts).label(request.user.id, button.account)
    if isinstance(label, Refusal):
        await refuse(request, label)
        return
    result = request.read(text)
    if isinstance(result, Parsed):
        text = "; ".join(canonical(replies.on_account(intent, label)) for intent in result.intents)
    await line(request, text)


async def confirm(request: Request, token: str) -> None:
    """The tap. A single order is claimed and sent once by `claim_and_send`, a chain by `Executor.confirm`.

    Before that only the other ways of the same offer are closed, or, where the price moved, this one.
    """
    held = held_ticket(request)
    ticket = request.service(Submission).usable(held, request.user.id)
    if held is not None and stops(request.services.access, request.user, held):
        ticket = ticket if _is_anothers(ticket) else Refusal(RefusalCode.CLOSING_ONLY)
    if isinstance(ticket, Refusal):
        await _told(request, ticket)
        if ticket.code is RefusalCode.EXPIRED:
            await _expired(request, token)
        return
    # The order goes first, the button's spinner stops after it.
    spinner = asyncio.get_running_loop().call_later(SPINNER_S, request.answer_soon)
    try:
        await _place(request, token, ticket)
    finally:
        spinner.cancel()


async def _place(request: Request, token: str, ticket: Ticket) -> None:
    services = request.services
    moved = await services.get(Tickets).moved(ticket, request.user)
    placed: object = await services.get(Tickets).choose(ticket, request.user.id)
    if isinstance(placed, Refusal):
        pass  # the other of two ways was taken
    elif moved is not None:
        placed = await _ask_again(request, token, moved)
    elif ticket.kind is TicketKind.CHAIN:
        executor = services.get(Executor)
        placed = await executor.confirm(ORDER_LIST, ticket, request.user.id, request.message_id)
    else:
        placed = await services.get(Submission).claim_and_send(ticket, request.user.id, request.message_id)
    if isinstance(placed, Refusal):
        await _told(request, placed)


async def _told(request: Request, refusal: Refusal) -> None:
    """Why a tap does nothing; whom the operator lets close only also reads what works."""
    await request.answer(refusal)
    if refusal.code is RefusalCode.CLOSING_ONLY:
        await request.show(refusal_view.refusal(request.locale, refusal))


def _is_anothers(outcome: Ticket | Refusal) -> bool:
    return isinstance(outcome, Refusal) and outcome.code in {RefusalCode.NOT_YOUR_BUTTON, RefusalCode.USED}


async def _ask_again(request: Request, token: str, moved: Moved) -> Refusal | None:
    """The same line at the price of now, in a new preview; unless another tap was faster."""
    closed = await request.service(Submission).supersede(token, request.user.id)
    if isinstance(closed, Refusal):
        return closed
    await request.show(
        preview_view.preview_superseded(request.locale, title_of(closed), moved.was, moved.now, moved.symbol)
    )
    request.is_tap = False
    await line(request, closed.line)
    return None


async def withdraw(request: Request, token: str) -> None:
    """Cancel on a preview."""
    ticket = await request.service(Submission).cancel(token, request.user.id)
    if isinstance(ticket, Refusal):
        await request.answer(ticket)
        if ticket.code is RefusalCode.EXPIRED:
            await _expired(request, token)
        return
    request.answer_soon()
    await request.show(preview_view.preview_cancelled(request.locale, title_of(ticket)))


async def _expired(request: Request, token: str) -> None:
    ticket = await request.service(Submission).past(token, request.user.id)
    if ticket is not None:
        again = await request.line_data(ticket.line)
        await request.show(preview_view.preview_expired(request.locale, title_of(ticket), again_data=again))
