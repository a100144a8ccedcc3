"""Who is right about an order: the exchange's own record against what the bot keeps and what its user reads.

Every function returns complaints in words; none of them is good news.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.order import OrderState
from bot.sandbox.exchange.model import Account as ExchangeAccount
from bot.sandbox.exchange.model import Order as ExchangeOrder
from bot.sandbox.telegram.driver import ChatMessage
from bot.store.tables import Message, Order, OutboxState, Ticket, TicketState
from tests.faults.bot_process import BROKER_ID

# The first words of a card, in English. What a user reads must be true.
HEADLINES = {
    OrderState.NEW: "Open",
    OrderState.TRIGGER_PENDING: "Armed",
    OrderState.PARTIALLY_FILLED: "Filling",
    OrderState.FILLED: "Filled",
    OrderState.CANCELLED: "Cancelled",
    OrderState.EXPIRED: "Not filled",
    OrderState.TRIGGER_FAILED: "Trigger failed",
    OrderState.REJECTED: "Rejected",
    OrderState.NOT_PLACED: "Not placed",
}
_STATES = {
    "New": OrderState.NEW,
    "PartiallyFilled": OrderState.PARTIALLY_FILLED,
    "Filled": OrderState.FILLED,
    "Cancelled": OrderState.CANCELLED,
    "Expired": OrderState.EXPIRED,
    "TriggerPending": OrderState.TRIGGER_PENDING,
    "TriggerFailed": OrderState.TRIGGER_FAILED,
}
_NEVER_THERE = {OrderState.REJECTED, OrderState.NOT_PLACED}
_PENDING = {OutboxState.PENDING, OutboxState.SENDING}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything there is at one moment."""

    exchange: ExchangeAccount
    ticket: Ticket
    orders: Sequence[Order]  # the bot's, children of the exchange's making included
    outbox: Sequence[Message]
    chat: Sequence[ChatMessage]
    may_reject: bool  # the exchange, or we ourselves, may have said no for certain

    @property
    def placed(self) -> list[ExchangeOrder]:
        """What our requests became at the exchange."""
        return [order for order in self.exchange.orders if order.related_id is None]


def complaints(seen: Evidence) -> list[str]:
    """All that is wrong. Empty: one true story, told to its end."""
    return [*_duplicated(seen), *_lost(seen), *_misreported(seen), *_unfinished(seen)]


def _duplicated(seen: Evidence) -> list[str]:
    wrong = []
    if len(seen.placed) > 1:
        wrong.append(f"DUPLICATED: the exchange has {len(seen.placed)} orders of one tap")
    attempts = [order for order in seen.orders if order.client_id is not None]
    if len(attempts) > 1:
        wrong.append(f"DUPLICATED: {len(attempts)} attempts of one tap")
    wrong += [
        f"UNTAGGED: order {order.id} carries broker {order.tag.broker_id}"
        for order in seen.placed
        if order.tag.broker_id != BROKER_ID
    ]
    return wrong


def _lost(seen: Evidence) -> list[str]:
    known = {order.exchange_id for order in seen.orders}
    return [
        f"LOST: {order.status.value} order {order.id} (parent {order.related_id}) is unknown to the bot"
        for order in seen.exchange.orders
        if order.id not in known
    ]


def _misreported(seen: Evidence) -> list[str]:
    there = {order.id: order for order in seen.exchange.orders}
    wrong = []
    for ours in seen.orders:
        theirs = there.get(ours.exchange_id or "")
        if theirs is not None:
            wrong += _differences(seen, ours, theirs)
        elif ours.state not in _NEVER_THERE:
            wrong.append(f"MISREPORTED: {ours.state} where the exchange has no order")
        elif ours.state is OrderState.REJECTED and not seen.may_reject:
            wrong.append(f"MISREPORTED: rejected ({ours.error_code}) where nobody refused")
    if any("Found after all" in message.text for message in seen.chat):
        wrong.append("MISREPORTED: it was called not placed, then found")
    return wrong


def _differences(seen: Evidence, ours: Order, theirs: ExchangeOrder) -> list[str]:
    fills = [fill for fill in seen.exchange.fills if fill.order_id == theirs.id]
    fee = sum((fill.fee for fill in fills), Decimal(0)) if fills else None
    pairs = {
        "state": (ours.state, _STATES[theirs.status.value]),
        "executed": (ours.executed, theirs.executed),
        "executed quote": (ours.executed_quote, theirs.executed_quote),
        "fee": (ours.fee, fee),
        "client id": (ours.client_id, theirs.request.client_id),
    }
    return [
        f"MISREPORTED: {name} of {theirs.id} is {known} here, {true} at the exchange"
        for name, (known, true) in pairs.items()
        if known != true
    ]


def _unfinished(seen: Evidence) -> list[str]:
    wrong = [
        f"UNSAID: {row.kind} {row.state} {row.card_key or row.dedupe_key}: {row.text[:60]!r}"
        for row in seen.outbox
        if row.state in _PENDING or row.state is OutboxState.DEAD
    ]
    card = next((message for message in seen.chat if message.id == seen.ticket.message_id), None)
    text = "" if card is None else card.text
    attempts = [order for order in seen.orders if order.client_id is not None]
    if seen.ticket.state is TicketState.CLAIMED and not attempts:
        wrong.append("LOST: a claimed ticket without an attempt")
    if not attempts:
        if seen.ticket.state is not TicketState.EXPIRED or "Preview expired" not in text:
            wrong.append(f"NO FINAL MESSAGE: ticket {seen.ticket.state}, card {text[:60]!r}")
        return wrong
    wanted = HEADLINES.get(attempts[0].state, "a final state")
    if wanted not in text.split("·")[0]:
        wrong.append(f"WRONG CARD: {attempts[0].state}, but the card says {text[:80]!r}")
    if attempts[0].executed and ("fee follows" in text or "fee" not in text):
        wrong.append(f"WRONG CARD: no fee in {text[:120]!r}")
    return wrong
