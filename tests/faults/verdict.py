"""Who is right about an order: the exchange's own record against what the bot keeps and what its user reads.

Every function returns complaints in words; none of them is good news.
"""

from __future__ import annotations

import collections
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.execution.operation import OperationState
from bot.domain.orders.order import OrderState
from bot.domain.values import ZERO
from bot.notifications.tables import OutboxMessage, OutboxState
from bot.sandbox.exchange.model import Account as ExchangeAccount
from bot.sandbox.exchange.model import Order as ExchangeOrder
from bot.sandbox.exchange.model import Status
from bot.sandbox.telegram.driver import ChatMessage
from bot.trading.storage.operation_tables import Operation
from bot.trading.storage.tables import Order, Ticket, TicketKind, TicketState
from bot.ui.words import symbol_name
from tests.faults.bot_process import BROKER_ID
from tests.faults.plan import Affliction

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
    OrderState.UNKNOWABLE: "Outcome unknown",
    OrderState.UNWATCHED: "Left on Backpack",
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
_KEY_GONE = {OrderState.UNKNOWABLE, OrderState.UNWATCHED}
_PENDING = {OutboxState.PENDING, OutboxState.SENDING}
_PANIC_DONE, _PANIC_PARTLY, _PANIC_NOTHING = "Panic done", "steps not confirmed", "Nothing to do"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything there is at one moment."""

    exchange: ExchangeAccount
    before: frozenset[str]  # ids of the orders made before the tap, by another program
    affliction: Affliction
    ticket: Ticket
    operation: Operation | None  # what the ticket was claimed for, where that takes several steps
    orders: Sequence[Order]  # the bot's, children of the exchange's making included
    outbox: Sequence[OutboxMessage]
    chat: Sequence[ChatMessage]

    @property
    def is_ended(self) -> bool:
        """Whether the operation came to its end, and nobody will go on with it."""
        return self.operation is not None and self.operation.state is OperationState.DONE

    @property
    def made(self) -> list[ExchangeOrder]:
        """What came of the tap at the exchange, exits included."""
        return [order for order in self.exchange.orders if order.id not in self.before]

    @property
    def placed(self) -> list[ExchangeOrder]:
        """What our requests became at the exchange."""
        return [order for order in self.made if order.related_id is None]

    @property
    def attempts(self) -> list[Order]:
        return [order for order in self.orders if order.client_id is not None]

    def text(self, message_id: int | None) -> str:
        """What a message says now; empty for one that is not there."""
        return next((message.text for message in self.chat if message.id == message_id), "")

    def card(self, order: Order) -> str:
        """What the card of an order says now."""
        rows = [row for row in self.outbox if row.card_key == f"order:{order.id}"]
        shown = [row.message_id for row in rows if row.message_id is not None]
        return self.text(shown[-1] if shown else order.message_id)


def complaints(seen: Evidence) -> list[str]:
    """All that is wrong. Empty: one true story, told to its end."""
    told = flattened(seen) if seen.affliction.journey.flattens else _legs(seen)
    return [*_duplicated(seen), *_lost(seen), *_misreported(seen), *_unsaid(seen), *told]


def _duplicated(seen: Evidence) -> list[str]:
    legs: collections.Counter[int | str] = collections.Counter(order.leg for order in seen.attempts)
    client_ids = collections.Counter(order.request.client_id for order in seen.placed)
    wrong = [
        f"DUPLICATED: {many} orders with client id {one}" for one, many in client_ids.items() if many > 1
    ]
    if seen.affliction.journey.flattens:  # it may try a leg again that certainly came to nothing
        legs = collections.Counter(order.symbol for order in seen.placed)
    wrong += [f"DUPLICATED: {many} attempts at leg {leg}" for leg, many in legs.items() if many > 1]
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
        for order in seen.made
        if order.id not in known
    ]


def _misreported(seen: Evidence) -> list[str]:
    there = {order.id: order for order in seen.exchange.orders}
    wrong = []
    for ours in seen.orders:
        theirs = there.get(ours.exchange_id or "")
        if ours.state in _KEY_GONE:  # no journey parts from its key
            wrong.append(f"GAVE UP: {ours.state}, though the key of order {ours.id} can still ask")
        elif theirs is not None:
            wrong += differences(seen, ours, theirs)
        elif ours.state not in _NEVER_THERE:
            wrong.append(f"MISREPORTED: {ours.state} where the exchange has no order")
        elif ours.state is OrderState.REJECTED and not _may_be_refused(seen, ours):
            wrong.append(f"MISREPORTED: rejected ({ours.error_code}) where nobody refused")
    if any("Found after all" in message.text for message in seen.chat):
        wrong.append("MISREPORTED: it was called not placed, then found")
    return wrong + _positions(seen)


def _may_be_refused(seen: Evidence, ours: Order) -> bool:
    """By plan, or because a slow machine brought a request too late: the exchange or its fault did say no."""
    says_no = any(rule["action"] == "status" for rule in seen.affliction.exchange)
    return seen.affliction.refuses or says_no or "expired" in (ours.error_message or "")


def differences(seen: Evidence, ours: Order, theirs: ExchangeOrder) -> list[str]:
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


def _positions(seen: Evidence) -> list[str]:
    """What was held, and what the bot says it traded, must come to what is held."""
    held = {symbol: Decimal(signed) for symbol, signed in seen.affliction.journey.positions}
    for order in seen.orders:
        if order.symbol.endswith("_PERP"):
            held[order.symbol] = held.get(order.symbol, ZERO) + order.side.sign * order.executed
    now = {symbol: position.quantity for symbol, position in seen.exchange.positions.items()}
    return [
        f"MISREPORTED: {held.get(symbol, ZERO)} {symbol} by our account, {now.get(symbol, ZERO)} in truth"
        for symbol in held.keys() | now.keys()
        if held.get(symbol, ZERO) != now.get(symbol, ZERO)
    ]


def _unsaid(seen: Evidence) -> list[str]:
    wrong = [
        f"UNSAID: {row.kind} {row.state} {row.card_key or row.dedupe_key}: {row.text[:60]!r}"
        for row in seen.outbox
        if row.state in _PENDING or row.state is OutboxState.DEAD
    ]
    for order in seen.attempts:
        card = seen.card(order)
        if not card and seen.affliction.journey.flattens:
            wrong += _told_by_panic(order, seen.text(seen.ticket.message_id))
        else:
            wrong += _card(order, card)
    return wrong


def _told_by_panic(order: Order, text: str) -> list[str]:
    """A panic's result tells of its closes; only one whose end it did not know has a card of its own."""
    name = symbol_name(order.symbol)
    told = any(line.startswith("✅ Closed") and f"{name} at " in line for line in text.splitlines())
    return (
        [f"UNTOLD: {order.executed} of {name} were closed, the panic says {text!r}"]
        if order.executed and not told
        else []
    )


def _card(order: Order, text: str) -> list[str]:
    wrong = []
    if HEADLINES.get(order.state, "a final state") not in text.split("·", maxsplit=1)[0]:
        wrong.append(f"WRONG CARD: {order.state}, but the card says {text[:80]!r}")
    if order.executed and ("fee follows" in text or "fee" not in text):
        wrong.append(f"WRONG CARD: no fee in {text[:120]!r}")
    return wrong


def _legs(seen: Evidence) -> list[str]:
    """A claimed ticket has tried each of its legs; another says on its card that it is over."""
    if seen.ticket.state is TicketState.CLAIMED and seen.ticket.kind is TicketKind.CHAIN:
        return _chain(seen)
    if seen.ticket.state is TicketState.CLAIMED:
        tried, wanted = sorted(order.leg for order in seen.attempts), len(seen.ticket.legs)
        return [] if tried == list(range(wanted)) else [f"LOST: of {wanted} legs only {tried} were tried"]
    return _over(seen)


def _chain(seen: Evidence) -> list[str]:
    """Its steps, of one order each, were tried in their order up to one; the card says which were sent."""
    wanted, tried = len(seen.ticket.legs), sorted(order.leg for order in seen.attempts)
    wrong = [] if tried == list(range(len(tried))) else [f"LOST: of {wanted} steps {tried} were tried"]
    text = seen.text(seen.ticket.message_id)
    if not seen.is_ended or "steps done" not in text:
        return [*wrong, f"NO FINAL MESSAGE: the chain says {text[:60]!r}"]
    filled = {order.leg for order in seen.attempts if order.state is OrderState.FILLED}
    for number in range(wanted):
        line = next((line for line in text.splitlines() if line.startswith(f"{number + 1}. ")), "")
        said = line.partition(". ")[2]
        claims = {
            "✅": number in filled,
            "⛔": number in tried and number not in filled,
            "❓": number in tried,
        }
        if not claims.get(said[:1], number not in tried and said.startswith("Not sent")):
            wrong.append(f"MISREPORTED: step {number + 1} of {tried}, filled {sorted(filled)}: {line!r}")
    return wrong


def _over(seen: Evidence) -> list[str]:
    wrong = [f"MISREPORTED: {len(seen.attempts)} attempts of an unclaimed ticket"] if seen.attempts else []
    text = seen.text(seen.ticket.message_id)
    if seen.ticket.state is not TicketState.EXPIRED or "Preview expired" not in text:
        wrong.append(f"NO FINAL MESSAGE: ticket {seen.ticket.state}, card {text[:60]!r}")
    return wrong


def flattened(seen: Evidence) -> list[str]:
    """Everything was withdrawn and closed, or the message names what was not."""
    if seen.ticket.state is not TicketState.CLAIMED:
        return _over(seen)
    resting = [order for order in seen.exchange.orders if order.is_open]
    withdrawn = sum(o.status is Status.CANCELLED for o in seen.exchange.orders if o.id in seen.before)
    text = seen.text(seen.ticket.message_id)
    if not seen.is_ended:
        return [f"NO FINAL MESSAGE: an unfinished panic, {text[:60]!r}"]
    told = re.search(r"Cancelled (\d+) ", text)
    count = int(told[1]) if told is not None else 0
    if _PANIC_PARTLY in text:
        wrong = [] if _may_fail(seen) else [f"MISREPORTED: nothing was in the way, {text!r}"]
        closed = [line for line in text.splitlines() if line.startswith("✅ Closed")]
        open_ones = [symbol_name(symbol) for symbol in seen.exchange.positions]
        wrong += [
            f"MISREPORTED: {line!r}, {name} is held" for line in closed for name in open_ones if name in line
        ]
        return wrong + ([f"MISREPORTED: {withdrawn} were withdrawn, {text!r}"] if count > withdrawn else [])
    if _PANIC_NOTHING not in text and _PANIC_DONE not in text:
        return [f"NO FINAL MESSAGE: the panic says {text[:60]!r}"]
    wrong = []
    if resting or seen.exchange.positions:
        wrong.append(
            f"MISREPORTED: done, but {len(resting)} rest and {len(seen.exchange.positions)} are held"
        )
    if count != withdrawn:
        wrong.append(f"MISREPORTED: {withdrawn} were withdrawn, the panic says {text!r}")
    return wrong


def _may_fail(seen: Evidence) -> bool:
    return bool(seen.affliction.exchange or seen.affliction.shuts)
