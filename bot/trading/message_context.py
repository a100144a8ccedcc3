"""Which order or preview a message of ours shows, so that an answer to it need not name it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.execution.operation import Leg
from bot.domain.intent import CloseIntent
from bot.domain.refusal import Refusal, RefusalCode
from bot.kernel.storage import Database
from bot.language import Parsed, canonical, parse
from bot.notifications import outbox_rows
from bot.people import accounts
from bot.people.tables import Account
from bot.trading.execution.order_list import unpack_statements
from bot.trading.execution.submission import unpack_legs
from bot.trading.storage import orders, tickets
from bot.trading.storage.tables import Order, Ticket, TicketKind, TicketState

STUB: Final = "stub"  # what a group sees of a preview


@dataclass(frozen=True, slots=True)
class MessageContext:
    """What a message of ours is about. `symbol` None: nothing, or several markets. `line` None: no line."""

    account: str | None = None  # the label; None where it is the user's default
    symbol: str | None = None  # the exchange's own
    order: str | None = None  # the code of the one order it shows
    line: str | None = None
    offer: int | None = None  # the ticket of a preview that placed nothing


class MessageContexts:
    """Looks cards up by the message that shows them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, user_id: int, chat_id: int, message_id: int) -> MessageContext | Refusal | None:
        """The card of a message; None when it shows no order and no preview, a refusal when another's."""
        async with self._database.read() as session:
            key = await outbox_rows.card_key_of(session, chat_id, message_id)
            kind, number = _read(key)
            if kind == "order":
                order = await orders.get(session, number)
                return None if order is None else await self._order(session, user_id, order)
            ticket = (
                await tickets.get(session, number)
                if kind == "ticket"
                else await tickets.shown_in(session, chat_id, message_id)
            )
            return None if ticket is None else await self._ticket(session, user_id, ticket)

    async def note_stub(self, chat_id: int, message_id: int, ticket_id: int, now_ms: int) -> None:
        """Remember that a message of a group points to a preview."""
        async with self._database.write() as session:
            await outbox_rows.note(session, chat_id, message_id, f"ticket:{ticket_id}:{STUB}", now_ms)

    async def label(self, user_id: int, account_id: int | None) -> str | Refusal | None:
        """What to call an account in a line; None for the default one, a refusal for one that is gone."""
        async with self._database.read() as session:
            return await _label(session, user_id, account_id)

    async def _order(self, session: AsyncSession, user_id: int, order: Order) -> MessageContext | Refusal:
        if order.user_id != user_id:
            return Refusal(RefusalCode.NOT_YOUR_CARD)
        account = await _label(session, user_id, order.account_id)
        if isinstance(account, Refusal):
            return account
        ticket = await tickets.get(session, order.ticket_id) if order.ticket_id is not None else None
        line = _line_of(ticket, order) if ticket is not None and not order.is_attached else None
        return MessageContext(account, order.symbol, order.code, line)

    async def _ticket(self, session: AsyncSession, user_id: int, ticket: Ticket) -> MessageContext | Refusal:
        if ticket.user_id != user_id:
            return Refusal(RefusalCode.NOT_YOUR_CARD)
        account = await _label(session, user_id, ticket.account_id)
        if isinstance(account, Refusal):
            return account
        symbols = {leg.request.symbol for leg in _legs(ticket)}
        sent = await orders.of_ticket(session, ticket.id)
        return MessageContext(
            account,
            symbols.pop() if len(symbols) == 1 else None,
            sent[0].code if len(sent) == 1 else None,
            ticket.line if ticket.kind is not TicketKind.PANIC else None,
            ticket.id if ticket.state is not TicketState.CLAIMED else None,
        )


async def _label(session: AsyncSession, user_id: int, account_id: int | None) -> str | Refusal | None:
    default = await accounts.default(session, user_id)
    if account_id is None or (default is not None and default.id == account_id):
        return None
    linked = await accounts.get(session, user_id, account_id)
    if linked is not None:
        return linked.label
    gone = await session.get(Account, account_id)
    label = gone.label if gone is not None and gone.user_id == user_id else ""
    return Refusal(RefusalCode.UNKNOWN_ACCOUNT, {"label": label})


def _read(key: str | None) -> tuple[str, int]:
    """`order:12:notice` is the order 12."""
    kind, _, rest = (key or "").partition(":")
    number = rest.partition(":")[0]
    return (kind, int(number)) if number.isdigit() else ("", 0)


def _legs(ticket: Ticket) -> list[Leg]:
    if ticket.kind is TicketKind.CHAIN:
        return [leg for statement in unpack_statements(ticket.legs) for leg in statement.legs]
    return unpack_legs(ticket.legs)


def _line_of(ticket: Ticket, order: Order) -> str:
    """The statement that made this order: of a chain its step, of many closes its own."""
    if ticket.kind is TicketKind.PANIC:
        return canonical(CloseIntent(order.symbol))
    if ticket.kind is TicketKind.CHAIN:
        first = 0
        for statement in unpack_statements(ticket.legs):
            if first <= order.leg < first + len(statement.legs):
                return _closing(statement.line, order) if len(statement.legs) > 1 else statement.line
            first += len(statement.legs)
    return _closing(ticket.line, order) if len(ticket.legs) > 1 else ticket.line


def _closing(line: str, order: Order) -> str:
    parsed = parse(line)
    if isinstance(parsed, Parsed) and isinstance(parsed.intents[0], CloseIntent):
        return canonical(replace(parsed.intents[0], symbol=order.symbol, scope=None))
    return line
