"""One cancel, and what became of the order: seen gone, seen resting, filled in the meantime, or not known."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.orders.order import OrderEvent, OrderReport, OrderSnapshot
from bot.exchange.backpack import AccountClient, BackpackError, Rejected, UnknownOutcome
from bot.exchange.backpack.errors import ORDER_FILLED
from bot.exchange.backpack.outcomes import Proof, of_cancel
from bot.trading.tracking.tracker import Tracker

LOOKS: Final = 8  # how often an order is looked for after an answer that proves nothing
PAUSE_S: Final = 0.25

_ENDED: Final = frozenset(
    {OrderEvent.FILLED, OrderEvent.CANCELLED, OrderEvent.EXPIRED, OrderEvent.TRIGGER_FAILED}
)


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What became of the cancel of one order; `error` None: it was seen to be gone, not filled.

    An UnknownOutcome: nobody could tell. A Rejected with the code `ORDER_FILLED`: the fill came first.
    """

    order: OrderSnapshot
    error: BackpackError | None = None


async def withdraw(line: AccountClient, tracker: Tracker, account_id: int, order: OrderSnapshot) -> Cancelled:
    """Cancel one order, look what became of it where the answer is no proof, and tell the tracker."""
    refused: BackpackError | None = None
    try:
        report = await line.cancel(order.symbol, order_id=order.exchange_id)
    except BackpackError as error:
        if of_cancel(error) is Proof.UNSENT:
            return Cancelled(order, error)
        report, refused = None, error
    if report is not None:
        filled = report.event is OrderEvent.FILLED
        ended = report if filled else replace(report, event=OrderEvent.CANCELLED)
        await tracker.apply(account_id, ended)
        return _ended(order, ended)
    found = await _look(line, order, was_refused=refused is not None)
    if found is None:
        return Cancelled(order, UnknownOutcome("nobody could tell what became of the order"))
    await tracker.apply(account_id, found)
    if found.event in _ENDED:
        return _ended(order, found)
    if refused is None or isinstance(refused, UnknownOutcome):
        return Cancelled(order, UnknownOutcome("the cancel may still be carried out"))
    return Cancelled(order, refused)


async def _look(line: AccountClient, order: OrderSnapshot, *, was_refused: bool) -> OrderReport | None:
    """The order as the exchange has it once it has ended, else as it rests after the last look.

    A refused cancel is not carried out later: then one look that sees the order resting is enough.
    """
    seen: OrderReport | None = None
    for _ in range(LOOKS):
        try:
            seen = await _as_it_is(line, order)
        except BackpackError:
            return None
        if seen is not None and (seen.event in _ENDED or was_refused):
            return seen
        await asyncio.sleep(PAUSE_S)
    return seen


async def _as_it_is(line: AccountClient, order: OrderSnapshot) -> OrderReport | None:
    """The order among those that rest, else in the history; None: it is in neither for the moment."""
    resting = await line.find_order(order.symbol, order_id=order.exchange_id)
    if resting is not None:
        return resting
    rows = await line.order_history(order.symbol, order_id=order.exchange_id)
    ended = next((row for row in rows if row.exchange_id == order.exchange_id), None)
    return ended if ended is not None and ended.event in _ENDED else None


def _ended(order: OrderSnapshot, report: OrderReport) -> Cancelled:
    if report.event is OrderEvent.FILLED:
        return Cancelled(order, Rejected("it was filled before the cancel", code=ORDER_FILLED))
    return Cancelled(order)
