"""A line becomes a preview, a tap becomes an order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from bot.alerts.chat import alerts
from bot.chat.request import Request, title_of
from bot.domain.intent import (
    AgainIntent,
    AlertIntent,
    CancelIntent,
    CloseIntent,
    Intent,
    PanicIntent,
    ProtectIntent,
    QueryIntent,
    QueryKind,
    TradeIntent,
)
from bot.domain.refusal import Refusal, RefusalCode
from bot.funding import chat
from bot.language import Parsed, ParseFailure, canonical
from bot.people.tables import SizeMeaning
from bot.preferences.chat import settings
from bot.trading.chat import accounts, cancels, flatten, lists, order_list, replies, unparsed
from bot.trading.chat.accounts import number
from bot.trading.chat.ticket_cards import StatementPlace, card_of, is_small, own_token, refuse
from bot.trading.previews.tickets import Moved
from bot.trading.storage.tables import Ticket, TicketKind
from bot.trading.views import preview as preview_view
from bot.ui import refusals as refusal_view

SPINNER_S: Final = 0.25  # how long a confirmed button may spin for its order's sake


async def line(turn: Request, text: str) -> None:
    """Read a line and do what it says: questions are answered, several acts share one preview."""
    result = turn.read(text)
    if isinstance(result, ParseFailure) and replies.cancels(turn, text):
        await cancel(turn, "")
        return
    bound = await replies.bind(turn, text, result)
    if isinstance(bound, Refusal):
        await refuse(turn, bound)
        return
    text, result = bound
    if isinstance(result, ParseFailure):
        meant = await unparsed.by_market(turn, result)
        if meant is None:
            await unparsed.refuse(turn, text, result)
        else:
            turn.guessed = True
            await line(turn, meant)
        return
    places = [StatementPlace(text, span) for span in result.spans]
    if len(places) > 1 and any(isinstance(intent, PanicIntent) for intent in result.intents):
        await order_list.refuse_panic(turn)
        return
    await _do(turn, list(zip(result.intents, places, strict=True)))


async def _do(turn: Request, statements: list[tuple[Intent, StatementPlace]]) -> None:
    """Questions answer for themselves, in front; several orders and cancels go as a chain, before alerts."""
    for intent, _ in statements:
        if isinstance(intent, QueryIntent) and not await query(turn, intent):
            return
    acts = [one for one in statements if not isinstance(one[0], QueryIntent)]
    chained = [(intent, place) for intent, place in acts if isinstance(intent, order_list.ChainIntent)]
    if len(chained) > 1 and not await order_list.offer(turn, chained):
        return
    alone = acts if len(chained) < 2 else [one for one in acts if one not in chained]
    for intent, _ in alone:
        if not await act(turn, intent):
            return


async def answers_card(turn: Request, verb: str) -> bool:
    """Whether a bare `close` answers a card that says of what."""
    if verb != "close" or turn.replied is None:
        return False
    card = await replies.card_of(turn)
    return isinstance(card, Refusal) or (card is not None and card.symbol is not None)


async def cancel(turn: Request, argument: str) -> None:
    """The command: with words a line, as an answer to a card that order or preview, else the list."""
    if argument:
        await line(turn, f"cancel {argument}")
        return
    card = await replies.card_of(turn)
    if isinstance(card, Refusal):
        await refuse(turn, card)
    elif card is not None and card.order is not None:
        await cancels.cancel(turn, CancelIntent(order_id=card.order))
    elif card is not None and card.offer is not None:
        await _withdraw_offer(turn, card.offer)
    else:
        await lists.orders(turn)


async def _withdraw_offer(turn: Request, ticket_id: int) -> None:
    """Cancel said in answer to a preview: its buttons go, and the answer says that nothing was sent."""
    ticket = await turn.services.offers.withdraw(ticket_id, turn.user.id)
    if isinstance(ticket, Refusal):
        await refuse(turn, ticket)
        return
    told = preview_view.preview_cancelled(turn.locale, title_of(ticket))
    if ticket.message_id is not None:
        await turn.services.outbox.edit(ticket.chat_id, ticket.message_id, told)
    await turn.show(told)


def is_line(turn: Request, text: str) -> bool:
    """Whether `text` means something."""
    return isinstance(turn.read(text), Parsed)


def makes_sense(turn: Request, text: str) -> bool:
    """Whether an unknown command in a group may have been meant for us: it reads, or nearly so."""
    result = turn.read(text)
    return isinstance(result, Parsed) or bool(result.mends) or result.refusal.code is not RefusalCode.SYNTAX


async def act(turn: Request, intent: Intent) -> bool:
    """Do one statement; False when it was refused."""
    match intent:
        case TradeIntent() | CloseIntent() | ProtectIntent():
            return await offer(turn, intent)
        case CancelIntent():
            return await cancels.cancel(turn, intent)
        case PanicIntent():
            return await flatten.panic(turn)
        case AlertIntent():
            return await alerts.said(turn, intent)
        case AgainIntent():
            await refuse(turn, Refusal(RefusalCode.NO_CARD))
            return False
        case QueryIntent():
            return await query(turn, intent)


_ANSWERS: dict[QueryKind, Callable[[Request, str], Awaitable[Any]]] = {
    QueryKind.POSITIONS: lambda turn, _: lists.positions(turn),
    QueryKind.ORDERS: lambda turn, _: lists.orders(turn),
    QueryKind.ORDER: lists.order,
    QueryKind.BALANCE: lambda turn, _: lists.balance(turn),
    QueryKind.PRICE: lists.price,
    QueryKind.BOOK: lists.book,
    QueryKind.FEES: lambda turn, _: lists.fees(turn),
    QueryKind.FUNDING: chat.funding,
    QueryKind.CARRY: chat.carry,
    QueryKind.ACCOUNTS: lambda turn, _: accounts.accounts(turn),
    QueryKind.SETTINGS: lambda turn, _: settings.settings(turn),
    QueryKind.HELP: settings.help_topic,
}


async def query(turn: Request, intent: QueryIntent) -> bool:
    """Show what a line asks for; False when it was refused."""
    return await _ANSWERS[intent.kind](turn, intent.argument or "") is not False


async def offer(turn: Request, intent: TradeIntent | CloseIntent | ProtectIntent) -> bool:
    """Preview an order with its Confirm button, or say why not."""
    services = turn.services
    token, was_used = await own_token(turn)
    if was_used:
        return True  # Telegram delivered the message twice; its order went out the first time
    made = await services.offers.make(turn.user, turn.home, intent, token=token, group_id=turn.group)
    if isinstance(made, Refusal):
        await refuse(turn, made, intent)
        return False
    if token is not None and is_small(turn, made):
        sent = await services.placing.claim_and_send(made.ticket, turn.user.id)
        if isinstance(sent, Refusal):
            await refuse(turn, sent)
            return False
        if not turn.sender.private:
            await turn.point_home(delivered=True)
        return True
    title = str(preview_view.offer_line(turn.locale, made.previews))
    await turn.show_offer(card_of(turn.locale, made), made.ticket_id, title)
    return True


async def always(turn: Request, argument: str) -> None:
    """What a bare number of an opening order means from now on (`/settings` shows it), and the line."""
    code, _, rest = argument.partition(":")
    if code in set(SizeMeaning) and not isinstance(await turn.line_of(rest), Refusal):
        turn.user = await turn.services.offers.change_user(turn.user, size_meaning=code)
    await run(turn, rest)


async def run(turn: Request, text: str) -> None:
    """A line behind a button."""
    found = await turn.line_of(text)
    if not isinstance(found, Refusal):
        await line(turn, found)
    elif turn.sender.private:
        await turn.say(refusal_view.refusal(turn.here, found))
    else:
        await turn.answer(found)


async def run_on(turn: Request, argument: str) -> None:
    """A line behind a button of one account's card: `<account>:<line>` acts there, whatever the default."""
    account_id, _, text = argument.partition(":")
    label = await turn.services.cards.label(turn.user.id, number(account_id) or 0)
    if isinstance(label, Refusal):
        await refuse(turn, label)
        return
    result = turn.read(text)
    if isinstance(result, Parsed):
        text = "; ".join(canonical(replies.on_account(intent, label)) for intent in result.intents)
    await line(turn, text)


async def confirm(turn: Request, token: str) -> None:
    """The tap. Nothing before `claim_and_send` has any effect, and that has it once."""
    ticket = turn.services.placing.usable(turn.ticket, turn.user.id)
    if turn.ticket is not None and turn.services.access.stops(turn.user, turn.ticket):
        ticket = ticket if _is_anothers(ticket) else Refusal(RefusalCode.CLOSING_ONLY)
    if isinstance(ticket, Refusal):
        await _told(turn, ticket)
        if ticket.code is RefusalCode.EXPIRED:
            await _expired(turn, token)
        return
    # The order goes first, the button's spinner stops after it.
    spinner = asyncio.get_running_loop().call_later(SPINNER_S, turn.answer_soon)
    try:
        await _place(turn, token, ticket)
    finally:
        spinner.cancel()


async def _place(turn: Request, token: str, ticket: Ticket) -> None:
    services = turn.services
    moved = await services.offers.moved(ticket, turn.user)
    placed: object = await services.offers.choose(ticket, turn.user.id)
    if isinstance(placed, Refusal):
        pass  # the other of two ways was taken
    elif moved is not None:
        placed = await _ask_again(turn, token, moved)
    elif ticket.kind is TicketKind.CHAIN:
        placed = await services.chains.run(ticket, turn.user.id, turn.message_id, order_list.teller(services))
        services.outbox.kick()
    else:
        placed = await services.placing.claim_and_send(ticket, turn.user.id, turn.message_id)
    if isinstance(placed, Refusal):
        await _told(turn, placed)


async def _told(turn: Request, refusal: Refusal) -> None:
    """Why a tap does nothing; whom the operator lets close only also reads what works."""
    await turn.answer(refusal)
    if refusal.code is RefusalCode.CLOSING_ONLY:
        await turn.show(refusal_view.refusal(turn.locale, refusal))


def _is_anothers(outcome: Ticket | Refusal) -> bool:
    return isinstance(outcome, Refusal) and outcome.code in {RefusalCode.NOT_YOUR_BUTTON, RefusalCode.USED}


async def _ask_again(turn: Request, token: str, moved: Moved) -> Refusal | None:
    """The same line at the price of now, in a new preview; unless another tap was faster."""
    closed = await turn.services.placing.supersede(token, turn.user.id)
    if isinstance(closed, Refusal):
        return closed
    await turn.show(
        preview_view.preview_superseded(turn.locale, title_of(closed), moved.was, moved.now, moved.symbol)
    )
    turn.is_tap = False
    await line(turn, closed.line)
    return None


async def withdraw(turn: Request, token: str) -> None:
    """Cancel on a preview."""
    ticket = await turn.services.placing.cancel(token, turn.user.id)
    if isinstance(ticket, Refusal):
        await turn.answer(ticket)
        if ticket.code is RefusalCode.EXPIRED:
            await _expired(turn, token)
        return
    turn.answer_soon()
    await turn.show(preview_view.preview_cancelled(turn.locale, title_of(ticket)))


async def _expired(turn: Request, token: str) -> None:
    ticket = await turn.services.placing.past(token, turn.user.id)
    if ticket is not None:
        again = await turn.line_data(ticket.line)
        await turn.show(preview_view.preview_expired(turn.locale, title_of(ticket), again_data=again))
