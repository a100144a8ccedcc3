"""A line becomes a preview, a tap becomes an order."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

from bot.chat.handlers import accounts, manage, options, show
from bot.chat.prompts import Prompt
from bot.chat.turn import Turn, title_of
from bot.desk.offers import SELLS_COINS, Offer
from bot.domain.intent import (
    CancelIntent,
    CloseIntent,
    Intent,
    PanicIntent,
    PercentSize,
    ProtectIntent,
    QueryIntent,
    QueryKind,
    QuoteSize,
    Size,
    TradeIntent,
    Verb,
)
from bot.domain.refusal import Param, Refusal, RefusalCode
from bot.domain.routing import intended_kind
from bot.domain.values import ZERO, Language, MarketKind
from bot.grammar import Parsed, ParseFailure, canonical, parse
from bot.store.tables import ConfirmMode, Ticket, TicketState
from bot.view import Message
from bot.view import bulk as bulk_view
from bot.view import preview as preview_view
from bot.view import refusals as refusal_view
from bot.view.words import symbol_name

OFFER_SECONDS: Final = 60
SPINNER_S: Final = 0.25  # how long a confirmed button may spin for its order's sake
_MONEY: Final = ("50", "100", "250")
_SHARES: Final = ("25", "50", "100")


async def line(turn: Turn, text: str) -> None:
    """Read a line and do what it says; every statement of a chain answers for itself."""
    result = parse(text, language=Language(turn.user.language))
    if isinstance(result, ParseFailure):
        mend = next(iter(result.mends), None) or result.refusal.mend
        data = await turn.line_data(mend) if mend else None
        await turn.say(
            refusal_view.refusal(
                turn.locale,
                result.refusal,
                source=text,
                span=(result.start, result.end),
                mend=mend,
                mend_data=data,
                expected=result.expected,
            )
        )
        return
    for turn.statement, intent in enumerate(result.intents):
        if not await act(turn, intent):
            return


def is_line(turn: Turn, text: str) -> bool:
    """Whether `text` means something."""
    return isinstance(parse(text, language=Language(turn.user.language)), Parsed)


def makes_sense(turn: Turn, text: str) -> bool:
    """Whether an unknown command in a group may have been meant for us: it reads, or nearly so."""
    result = parse(text, language=Language(turn.user.language))
    return isinstance(result, Parsed) or bool(result.mends) or result.refusal.code is not RefusalCode.SYNTAX


async def act(turn: Turn, intent: Intent) -> bool:
    """Do one statement; False when it was refused, which ends a chain."""
    match intent:
        case TradeIntent() | CloseIntent() | ProtectIntent():
            return await offer(turn, intent)
        case CancelIntent():
            return await manage.cancel(turn, intent)
        case PanicIntent():
            return await manage.panic(turn)
        case QueryIntent():
            return await query(turn, intent)


_ANSWERS: dict[QueryKind, Callable[[Turn, str], Awaitable[Any]]] = {
    QueryKind.POSITIONS: lambda turn, _: show.positions(turn),
    QueryKind.ORDERS: lambda turn, _: show.orders(turn),
    QueryKind.ORDER: show.order,
    QueryKind.BALANCE: lambda turn, _: show.balance(turn),
    QueryKind.PRICE: show.price,
    QueryKind.BOOK: show.book,
    QueryKind.FEES: lambda turn, _: show.fees(turn),
    QueryKind.ACCOUNTS: lambda turn, _: accounts.accounts(turn),
    QueryKind.SETTINGS: lambda turn, _: options.settings(turn),
    QueryKind.HELP: options.help_topic,
}


async def query(turn: Turn, intent: QueryIntent) -> bool:
    """Show what a line asks for; False when it was refused."""
    return await _ANSWERS[intent.kind](turn, intent.argument or "") is not False


async def offer(turn: Turn, intent: TradeIntent | CloseIntent | ProtectIntent) -> bool:
    """Preview an order with its Confirm button, or say why not."""
    services = turn.services
    token = _own_token(turn)
    known = await services.placing.past(token, turn.user.id) if token is not None else None
    if known is not None and known.state is TicketState.CLAIMED:
        return True  # Telegram delivered the message twice; its order went out the first time
    if known is not None:
        token = None  # it was cut short by a crash: this time its user is asked
    made = await services.offers.make(turn.user, turn.home, intent, token=token)
    if isinstance(made, Refusal):
        await refuse(turn, made, intent)
        return False
    if token is not None and _is_small(turn, made):
        await services.placing.claim_and_send(made.token, turn.user.id, made.account_id, None)
        if not turn.sender.private:
            await turn.point_home(delivered=True)
        return True
    message_id = await turn.show(_card(turn, made))
    if message_id is not None:
        title = str(preview_view.offer_line(turn.locale, made.previews))
        await services.offers.shown(made.ticket_id, message_id, title)
    return True


def _card(turn: Turn, made: Offer) -> Message:
    ok, no = f"ok:{made.token}", f"no:{made.token}"
    if len(made.previews) == 1:
        return preview_view.preview_card(
            turn.locale,
            made.previews[0],
            account_label=made.account_label,
            seconds_left=OFFER_SECONDS,
            confirm_data=ok,
            cancel_data=no,
            canonical=made.line,
        )
    return bulk_view.close_all_preview(
        turn.locale,
        made.previews,
        account_label=made.account_label,
        seconds_left=OFFER_SECONDS,
        confirm_data=ok,
        cancel_data=no,
    )


def _own_token(turn: Turn) -> str | None:
    """The one token a typed line can have when its user lets small orders go unasked; else None.

    It names the message, so that a message Telegram delivers twice places no second order. It is no secret:
    only its user can claim it. A tapped line has none, for a button can be hit twice.
    """
    if turn.query is not None or turn.user.confirm_mode is not ConfirmMode.BELOW:
        return None
    name = f"{turn.user.id}:{turn.sender.chat_id}:{turn.message_id}:{turn.statement}"
    return base64.urlsafe_b64encode(sha256(name.encode()).digest()[:16]).decode().rstrip("=")


def _is_small(turn: Turn, made: Offer) -> bool:
    """Below the user's limit, and nothing in the preview that its user may not have meant."""
    limit = turn.user.confirm_below_usd
    if limit is None or any(note.code == SELLS_COINS for one in made.previews for note in one.notes):
        return False
    return sum((preview.notional for preview in made.previews), ZERO) < limit


async def refuse(turn: Turn, refusal: Refusal, intent: Intent | None = None) -> None:
    """A refusal in words with its mends as buttons; a bare number becomes a question."""
    if refusal.choices:
        await turn.show(await _question(turn, refusal))
        return
    data = await turn.line_data(refusal.mend) if refusal.mend else None
    ways = [(label, await turn.line_data(text)) for label, text in _ways(refusal, intent)]
    if refusal.code is RefusalCode.MISSING_SIZE and isinstance(intent, TradeIntent):
        turn.services.prompts.expect(turn.user.id, Prompt("line", canonical(intent)))
    await turn.show(refusal_view.refusal(turn.locale, refusal, mend_data=data, offers=ways))


def _ways(refusal: Refusal, intent: Intent | None) -> list[tuple[str, str]]:
    """Label and line of each way to complete a line: sizes where one lacks, the symbols it may have meant."""
    if not isinstance(intent, TradeIntent | CloseIntent | ProtectIntent):
        return []
    if refusal.code is RefusalCode.MISSING_SIZE and isinstance(intent, TradeIntent):
        return [(label, canonical(replace(intent, size=size))) for label, size in _sizes(intent)]
    names: Param = ""
    if refusal.code is RefusalCode.UNKNOWN_SYMBOL and refusal.mend is None:
        names = refusal.params.get("suggestions", "")
    elif refusal.code is RefusalCode.SEVERAL_POSITIONS:
        names = refusal.params.get("symbols", "")
    return [
        (symbol_name(name), canonical(replace(intent, symbol=name)))
        for name in str(names).split(", ")
        if name
    ]


def _sizes(intent: TradeIntent) -> list[tuple[str, Size]]:
    sells_coins = intent.verb is Verb.SELL and intended_kind(intent) is MarketKind.SPOT
    if sells_coins or intent.reduce_only:
        return [(f"{share}%", PercentSize(Decimal(share))) for share in _SHARES]
    return [(f"${money}", QuoteSize(Decimal(money))) for money in _MONEY]


async def _question(turn: Turn, refusal: Refusal) -> Message:
    data = [
        await turn.line_data(canonical(choice.intent), prefix=f"pick:{choice.code}:")
        for choice in refusal.choices
    ]
    return refusal_view.question_bare_number(turn.locale, refusal, data)


async def picked(turn: Turn, argument: str) -> None:
    """The user said what a bare number means; that is the default from now on (`/settings` shows it)."""
    code, _, rest = argument.partition(":")
    if code in {"base", "quote"} and not isinstance(await turn.line_of(rest), Refusal):
        turn.user = await turn.services.offers.change_user(turn.user, size_meaning=code)
    await run(turn, rest)


async def run(turn: Turn, text: str) -> None:
    """A line behind a button."""
    found = await turn.line_of(text)
    if not isinstance(found, Refusal):
        await line(turn, found)
    elif turn.sender.private:
        await turn.say(refusal_view.refusal(turn.locale, found))
    else:
        await turn.answer(found)


async def confirm(turn: Turn, token: str) -> None:
    """The tap. Nothing before `claim_and_send` has any effect, and that has it once."""
    services = turn.services
    ticket = await services.placing.find(token, turn.user.id)
    if isinstance(ticket, Refusal):
        await turn.answer(ticket)
        if ticket.code is RefusalCode.EXPIRED:
            await _expired(turn, token)
        return
    if ticket.account_id is None:
        return
    # The order goes first, the button's spinner stops after it.
    spinner = asyncio.get_running_loop().call_later(SPINNER_S, turn.answer_soon)
    try:
        await _place(turn, token, ticket, ticket.account_id)
    finally:
        spinner.cancel()


async def _place(turn: Turn, token: str, ticket: Ticket, account_id: int) -> None:
    services = turn.services
    moved = await services.offers.moved(ticket, turn.user)
    if moved is not None:
        await services.placing.supersede(token, turn.user.id)
        await turn.show(
            preview_view.preview_superseded(turn.locale, title_of(ticket), moved.was, moved.now, moved.symbol)
        )
        turn.is_tap = False
        await line(turn, ticket.line)
        return
    placed = await services.placing.claim_and_send(token, turn.user.id, account_id, turn.message_id)
    if isinstance(placed, Refusal):
        turn.answer_soon(placed)


async def withdraw(turn: Turn, token: str) -> None:
    """Cancel on a preview."""
    ticket = await turn.services.placing.cancel(token, turn.user.id)
    if isinstance(ticket, Refusal):
        await turn.answer(ticket)
        if ticket.code is RefusalCode.EXPIRED:
            await _expired(turn, token)
        return
    turn.answer_soon()
    await turn.show(preview_view.preview_cancelled(turn.locale, title_of(ticket)))


async def _expired(turn: Turn, token: str) -> None:
    ticket = await turn.services.placing.past(token, turn.user.id)
    if ticket is not None:
        again = await turn.line_data(ticket.line)
        await turn.show(preview_view.preview_expired(turn.locale, title_of(ticket), again_data=again))
