"""The panic: cancel everything, close everything, and say of each what was seen to become of it.

It starts from what the account holds, not from the market list, and is done only when orders and positions
were read again and there are none. What a crash cut short is finished.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.execution.flatten import (
    SETTLE_MS,
    AccountReading,
    FlattenAct,
    Flattening,
    SentClose,
    next_act,
    next_step,
    refused,
)
from bot.domain.execution.operation import Next
from bot.domain.orders.order import OrderEvent, OrderState
from bot.exchange.backpack import AccountClient, BackpackError
from bot.exchange.backpack.errors import CLOCK_DIFFERS
from bot.exchange.backpack.outcomes import RULES
from bot.marketdata import Catalogue
from bot.trading.account_clients import AccountClients
from bot.trading.events import PANIC_DOUBTS, PANIC_RESUME_MS
from bot.trading.execution.flatten_report import Left, PanicDone, excused, report, trouble_of
from bot.trading.storage import operations, orders
from bot.trading.storage.operation_tables import StepRow
from bot.trading.storage.operations import OperationRecord
from bot.trading.storage.tables import Order, Ticket
from bot.trading.tracking.tracker import Tracker

FLATTEN: Final = "flatten"
POLL_S: Final = 0.25
LOOKS: Final = 12  # at what is left, while it contradicts what was answered

_AGAIN: Final = RULES | {CLOCK_DIFFERS}  # refusals that new rules, or a new clock, may mend

Tell = Callable[[AsyncSession, Ticket, PanicDone | None], Awaitable[None]]


class Flatten:
    """The kind of operation that a panic is.

    `tell` writes what came of each leg; without that, that it was cut short too long ago to be carried on.
    """

    name = FLATTEN
    resumes = True
    resume_ms: int | None = PANIC_RESUME_MS

    def __init__(
        self,
        catalogue: Catalogue,
        clients: AccountClients,
        tracker: Tracker,
        tell: Tell,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._catalogue = catalogue
        self._clients = clients
        self._tracker = tracker
        self._tell = tell
        self._clock = clock

    async def next(self, record: OperationRecord) -> Next:
        state, now_ms = _state(record), self._clock()
        reading = AccountReading()
        act = next_act(state, now_ms)
        if isinstance(act, FlattenAct) and act is not FlattenAct.LOOK:
            reading = await self._read(act, state, await self._line(record))
        return next_step(state, now_ms, reading)

    async def perform(self, record: OperationRecord, step: StepRow) -> dict[str, Any]:
        if step.what == FlattenAct.WITHDRAW:
            return await self._withdraw(record.ticket.account_id, await self._line(record), step.plan)
        if step.what == FlattenAct.LOOK:
            return await self._look_again(await self._line(record), set(step.plan["excused"]))
        return {}  # nothing to close

    async def tell(self, session: AsyncSession, record: OperationRecord) -> None:
        doubts = [one.id for one in record.orders if one.state in orders.OPEN]
        await operations.keep(session, record.operation.id, {PANIC_DOUBTS: doubts})
        await self._tell(session, record.ticket, report(record))

    async def tell_too_old(self, session: AsyncSession, record: OperationRecord) -> None:
        await self._tell(session, record.ticket, None)

    async def _line(self, record: OperationRecord) -> AccountClient:
        return await self._clients.get(record.ticket.user_id, record.ticket.account_id)

    async def _read(self, act: FlattenAct, state: Flattening, line: AccountClient) -> AccountReading:
        """What rests, for withdrawing; what is held and the rules of its markets, for closing."""
        try:
            if act is FlattenAct.WITHDRAW:
                resting, running = await asyncio.gather(line.resting(), line.open_strategies())
                found = {one.exchange_id: one.symbol for one in resting.orders if one.exchange_id is not None}
                found |= {
                    one.exchange_id: one.symbol for one in resting.odd if one.exchange_id and one.symbol
                }
                return AccountReading(orders=found, strategies={strategy.symbol for strategy in running})
            held = (await line.held()).positions
        except BackpackError as error:
            return AccountReading(trouble=trouble_of(error))
        if act is FlattenAct.CLOSE_AGAIN:
            wanted = [symbol for symbol in refused(state) if symbol in held]
            rules = {symbol: await self._catalogue.rules(symbol, anew=True) for symbol in wanted}
            return AccountReading(positions=held, rules=rules)
        with contextlib.suppress(BackpackError):
            await self._catalogue.markets()
        return AccountReading(
            positions=held, rules={symbol: self._catalogue.known(symbol) for symbol in held}
        )

    # --- cancelling --------------------------------------------------------------------------------

    async def _withdraw(self, account_id: int, line: AccountClient, plan: dict[str, Any]) -> dict[str, Any]:
        """Ids of the orders that are gone by the exchange's word, and by symbol what went wrong."""
        found: dict[str, str] = plan.get("found", {})
        gone: set[str] = set()
        errors: dict[str, BackpackError] = {}
        for symbol in sorted(set(found.values())):
            ids = {one for one, where in found.items() if where == symbol}
            gone |= await self._cancel(account_id, line, symbol, ids, errors)
        for symbol in plan.get("strategies", ()):
            try:
                await line.cancel_all_strategies(symbol)
            except BackpackError as error:
                errors[symbol] = error
        troubles = {symbol: trouble_of(error).plain() for symbol, error in errors.items()}
        return {"gone": sorted(gone), "errors": troubles}

    async def _cancel(
        self,
        account_id: int,
        line: AccountClient,
        symbol: str,
        ids: set[str],
        errors: dict[str, BackpackError],
    ) -> set[str]:
        """Cancel all of one market; which of `ids` are gone. An answer that is no yes is looked into."""
        with self._tracker.withdrawing(account_id, ids):
            for _ in range(2):
                try:
                    for report in await line.cancel_all(symbol):
                        await self._tracker.apply(account_id, replace(report, event=OrderEvent.CANCELLED))
                except BackpackError as error:
                    errors[symbol] = error
                else:
                    errors.pop(symbol, None)
                    return ids
                try:
                    still = {one.exchange_id for one in (await line.resting(symbol)).orders}
                except BackpackError:
                    return set()
                if not ids & still:
                    errors.pop(symbol, None)
                    return ids
            return ids - still

    # --- what is left ------------------------------------------------------------------------------

    async def _look_again(self, line: AccountClient, excused: set[str]) -> dict[str, Any]:
        """What is held and rests now. What was answered to be done may take a moment to be seen."""
        for look in range(LOOKS):
            if look:
                await asyncio.sleep(POLL_S)
            try:
                resting, running, held = await asyncio.gather(
                    line.resting(), line.open_strategies(), line.held()
                )
            except BackpackError as error:
                return {"unread": trouble_of(error).plain()}
            left = Left.of(held, resting, {one.symbol for one in running})
            if not (left.held.keys() | left.waiting) - excused:
                break
        return left.plain()


def _state(record: OperationRecord) -> Flattening:
    steps = record.current
    last = steps[-1] if steps else None
    just_sent = [] if last is None else record.orders_of(last)
    return Flattening(
        [FlattenAct(step.what) for step in steps],
        [_close(order) for order in record.orders],
        [_close(order) for order in just_sent],
        settle_ms=0 if last is None else (last.ended_ms or last.begun_ms) + SETTLE_MS,
        doubt_ms=record.operation.created_ms + PANIC_RESUME_MS,
        excused=excused(record),
    )


def _close(order: Order) -> SentClose:
    return SentClose(
        order.symbol,
        order.state,
        is_outdated=order.state is OrderState.REJECTED and order.error_code in _AGAIN,
    )
