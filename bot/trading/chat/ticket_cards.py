"""What offers in the chat share: their own token, when they need no tap, and refusals with their mends."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256
from typing import Final

from markupsafe import Markup, escape
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.prompts import Prompt
from bot.chat.request import Request
from bot.domain.intent import (
    CloseIntent,
    Intent,
    PercentSize,
    ProtectIntent,
    QuoteSize,
    Size,
    TradeIntent,
    Verb,
)
from bot.domain.preview.instrument_selection import intended_kind
from bot.domain.refusal import Param, Refusal, RefusalCode
from bot.domain.values import ZERO, MarketKind
from bot.language import canonical
from bot.notifications.notify import notify
from bot.notifications.tables import OutboxKind
from bot.people.tables import ConfirmMode, SizeMeaning, User
from bot.trading.execution.submission import Submission
from bot.trading.message_context import MessageContexts
from bot.trading.previews.offer import Offer
from bot.trading.previews.preview_builder import SELLS_COINS
from bot.trading.previews.tickets import Tickets
from bot.trading.storage import tickets
from bot.trading.storage.tables import Ticket, TicketState
from bot.trading.views import flatten as bulk_view
from bot.trading.views import preview as preview_view
from bot.ui import Locale, Message
from bot.ui import refusals as refusal_view
from bot.ui.words import symbol_name

OFFER_SECONDS: Final = 60
_MONEY: Final = ("50", "100", "250")
_SHARES: Final = ("25", "50", "100")


@dataclass(frozen=True, slots=True)
class StatementPlace:
    """Where one statement stands in the message it came with."""

    text: str
    span: tuple[int, int]

    def instead(self, line: str) -> str:
        """The whole message with `line` in place of the statement."""
        return f"{self.before}{line}{self.behind}"

    @property
    def before(self) -> str:
        return self.text[: self.span[0]]

    @property
    def behind(self) -> str:
        return self.text[self.span[1] :]


def card_of(locale: Locale, offer: Offer) -> Message:
    """The preview of an offer with its Confirm and Cancel."""
    ok, no = f"ok:{offer.token}", f"no:{offer.token}"
    if len(offer.previews) == 1:
        return preview_view.preview_card(
            locale,
            offer.previews[0],
            account_label=offer.account_label,
            seconds_left=OFFER_SECONDS,
            confirm_data=ok,
            cancel_data=no,
            canonical=offer.line,
            replaces=offer.replaces,
            replace_data=f"ok:{offer.replace_token}",
            left_out=left_out(locale, offer),
        )
    return bulk_view.close_all_preview(
        locale,
        offer.previews,
        account_label=offer.account_label,
        seconds_left=OFFER_SECONDS,
        confirm_data=ok,
        cancel_data=no,
        replaces=offer.replaces,
        replace_data=f"ok:{offer.replace_token}",
        left_out=left_out(locale, offer),
    )


def left_out(locale: Locale, offer: Offer) -> list[Markup]:
    """Each position an offer does not close, and why."""
    return [bulk_view.left_out_line(locale, one.symbol, one.quantity, one.refusal) for one in offer.left_out]


async def own_token(request: Request) -> tuple[str | None, bool]:
    """The token a typed line can have when its user lets small orders go unasked, and whether it was used.

    It names the message, so that a message Telegram delivers twice places no second order. It is no secret:
    only its user can claim it. A tapped line has none, for a button can be hit twice; neither has a guess.
    """
    if request.query is not None or request.guessed or request.user.confirm_mode is not ConfirmMode.BELOW:
        return None, False
    name = f"{request.user.id}:{request.sender.chat_id}:{request.message_id}"
    token = base64.urlsafe_b64encode(sha256(name.encode()).digest()[:16]).decode().rstrip("=")
    known = await request.service(Submission).past(token, request.user.id)
    if known is None:
        return token, False
    # One that is not claimed was cut short by a crash: this time its user is asked.
    return None, known.state is TicketState.CLAIMED


def is_small(request: Request, made: Offer) -> bool:
    """Below the user's limit, and nothing in the preview that its user may not have meant."""
    limit = request.user.confirm_below_usd
    if (
        limit is None
        or made.replaces
        or any(note.code == SELLS_COINS for one in made.previews for note in one.notes)
    ):
        return False
    return sum((preview.notional for preview in made.previews), ZERO) < limit


async def refuse(
    request: Request, refusal: Refusal, intent: Intent | None = None, place: StatementPlace | None = None
) -> None:
    """A refusal in words with its mends as buttons; a bare number becomes a question.

    With `place` the statement is pointed at, and every mend is the whole message with it mended.
    """
    if refusal.choices:
        await request.show(await _question(request, refusal, place))
        return
    mend = _whole(place, refusal.mend) if refusal.mend else None
    data = await request.line_data(mend) if mend else None
    ways = [(label, await request.line_data(_whole(place, text))) for label, text in _ways(refusal, intent)]
    if refusal.code is RefusalCode.MISSING_SIZE and isinstance(intent, TradeIntent):
        request.services.prompts.expect(request.user.id, _prompt(canonical(intent), place))
    source, span = (place.text, place.span) if place is not None else (None, None)
    view = refusal_view.refusal(
        request.locale, refusal, source=source, span=span, mend=mend, mend_data=data, offers=ways
    )
    await request.show(view)


def _whole(place: StatementPlace | None, line: str) -> str:
    return place.instead(line) if place is not None else line


def _prompt(line: str, place: StatementPlace | None) -> Prompt:
    return Prompt("line", line) if place is None else Prompt("line", place.before + line, place.behind)


def _ways(refusal: Refusal, intent: Intent | None) -> list[tuple[str, str]]:
    """Label and line of each way on: other lines, sizes where one lacks, the symbols it may have meant."""
    if refusal.ways:
        lines = ["; ".join(canonical(one) for one in way) for way in refusal.ways]
        return [(f"▸ {line}", line) for line in lines]
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


async def _question(request: Request, refusal: Refusal, place: StatementPlace | None) -> Message:
    """Tapping a reading is an answer for this line; making it the default has a button of its own."""
    lines = {choice.code: _whole(place, canonical(choice.intent)) for choice in refusal.choices}
    data = [await request.line_data(line) for line in lines.values()]
    opens = all(
        isinstance(choice.intent, TradeIntent) and not choice.intent.reduce_only for choice in refusal.choices
    )
    always = {
        code: await request.line_data(line, prefix=f"always:{code}:")
        for code, line in lines.items()
        if opens and code in set(SizeMeaning)
    }
    source, span = (place.text, place.span) if place is not None else (None, None)
    return refusal_view.question_bare_number(
        request.locale, refusal, data, source=source, span=span, always_data=always
    )


async def show_offer(request: Request, card: Message, ticket_id: int, title: str) -> None:
    """Show a preview, and remember where, so that it can end and be answered."""
    message_id = await request.show(card)
    if message_id is None:
        return
    await request.service(Tickets).shown(ticket_id, message_id, title)
    if request.stub is not None:
        contexts, now_ms = request.service(MessageContexts), request.services.clock()
        await contexts.note_stub(request.sender.chat_id, request.stub, ticket_id, now_ms)


def title_of(ticket: Ticket) -> Markup:
    """The order of a ticket in a few words."""
    return Markup(ticket.title) if ticket.title else escape(ticket.line)  # noqa: S704 - written by the view


async def held(session: AsyncSession, token: str, user_id: int) -> tuple[User | None, Ticket | None]:
    """Who taps, and the ticket a token stands for, whoever's and in whatever state."""
    return await tickets.tapped(session, tickets.hash_token(token), user_id)


def held_ticket(request: Request) -> Ticket | None:
    """What a tapped Confirm stands for."""
    return request.held if isinstance(request.held, Ticket) else None


def why_over(request: Request) -> Refusal:
    """Of a button that is gone: of one's own preview it is said what became of it."""
    ticket = held_ticket(request)
    over = request.service(Submission).usable(ticket, request.user.id) if ticket is not None else None
    return over if isinstance(over, Refusal) else Refusal(RefusalCode.EXPIRED)


async def edit_card(
    session: AsyncSession, ticket: Ticket, message: Message, *, lane: int, now_ms: int
) -> None:
    """Leave what the card of a ticket says from now on, in the transaction that made it say so."""
    await notify(
        session,
        ticket.chat_id,
        message,
        lane,
        now_ms,
        kind=OutboxKind.EDIT,
        card_key=f"ticket:{ticket.id}",
        message_id=ticket.message_id,
    )
