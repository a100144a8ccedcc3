"""The one place where an order's row changes after it was sent, whichever door the news came through.

Answers, stream events and look-ups all become an `OrderReport`; old news is recognised and ignored,
fills are counted once, and each visible change is announced in the same transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from bot.desk.announce import Announcer, Notice, NoticeKind
from bot.domain.order import (
    Fill,
    IllegalTransition,
    OrderEvent,
    OrderReport,
    OrderState,
    advance,
)
from bot.domain.values import ZERO, OrderType
from bot.store import Database, fills, orders
from bot.store.tables import Account, Order

_log = logging.getLogger(__name__)

_NOTICE_BY_ORIGIN = {
    "LIQUIDATION_AUTOCLOSE": NoticeKind.LIQUIDATION,
    "BACKSTOP_LIQUIDITY_PROVIDER": NoticeKind.LIQUIDATION,
    "ADL_AUTOCLOSE": NoticeKind.ADL,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """News of our own making: what the sender or the reconciler concluded, without a report."""

    event: OrderEvent
    error_code: str | None = None
    error_message: str | None = None


class Tracker:
    """Applies news to orders. Safe to call twice with the same news, in any order, from several places."""

    def __init__(
        self,
        database: Database,
        announcer: Announcer,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._database = database
        self._announcer = announcer
        self._clock = clock

    async def apply(self, account_id: int, report: OrderReport) -> None:
        """Take in what the exchange says of one order of `account_id`."""
        async with self._database.write() as session:
            order = await self._find(session, account_id, report)
            if order is None:
                order = await self._adopt(session, account_id, report)
            if order is None:
                await self._strange(session, account_id, report)
            else:
                await self._take(session, order, report)
        self._announcer.committed()

    async def conclude(self, order_id: int, verdict: Verdict) -> None:
        """Record what we concluded ourselves: rejected, no answer, or not placed."""
        async with self._database.write() as session:
            order = await orders.get(session, order_id, lock=True)
            if order is None or not self._advance(order, verdict.event):
                return
            order.error_code = verdict.error_code
            order.error_message = verdict.error_message
            await self._changed(session, order, surprising=False)
        self._announcer.committed()

    async def record_fills(self, account_id: int, found: list[Fill]) -> None:
        """Count fills read from history; orders whose fees were incomplete are completed."""
        async with self._database.write() as session:
            for fill in found:
                if not await fills.upsert(session, account_id, fill):
                    continue
                order = await orders.by_exchange_id(session, account_id, fill.exchange_order_id, lock=True)
                if order is not None and await self._recount_fee(session, order):
                    await self._changed(session, order, surprising=False)
        self._announcer.committed()

    async def _find(self, session: AsyncSession, account_id: int, report: OrderReport) -> Order | None:
        if report.exchange_id is not None:
            known = await orders.by_exchange_id(session, account_id, report.exchange_id, lock=True)
            if known is not None:
                return known
        if report.client_id is None:
            return None
        order = await orders.by_client_id(session, account_id, report.client_id, lock=True)
        # Client ids are unique only by our own care: another program's order may carry the same one.
        return order if order is not None and _may_be(order, report) else None

    async def _take(self, session: AsyncSession, order: Order, report: OrderReport) -> None:
        surprising = order.state is OrderState.NOT_PLACED
        changed = False
        if report.exchange_id is not None and order.exchange_id is None:
            order.exchange_id = report.exchange_id
            changed = True
        if report.executed >= order.executed and self._advance(order, _precise(order, report)):
            changed = True
            order.reason = report.reason or order.reason
            order.origin = report.origin
        if report.executed > order.executed:
            order.executed = report.executed
            order.executed_quote = report.executed_quote
            changed = True
        if report.fill is not None and await fills.upsert(session, order.account_id, report.fill):
            changed = await self._recount_fee(session, order) or changed
        if changed:
            await self._changed(session, order, surprising=surprising)

    def _advance(self, order: Order, event: OrderEvent) -> bool:
        """Move the state on; False when this is old news."""
        try:
            state = advance(order.state, event)
        except IllegalTransition:
            return False
        if state is order.state:
            return False
        order.state = state
        return True

    async def _recount_fee(self, session: AsyncSession, order: Order) -> bool:
        if order.exchange_id is None:
            return False
        rows = await fills.of_order(session, order.account_id, order.exchange_id)
        fee = sum((row.fee for row in rows), ZERO)
        if not rows or fee == order.fee:
            return False
        order.fee, order.fee_symbol = fee, rows[-1].fee_symbol
        return True

    async def _changed(self, session: AsyncSession, order: Order, *, surprising: bool) -> None:
        order.version += 1
        order.updated_ms = self._clock()
        session.add(order)
        await session.flush()
        await self._announcer.order_changed(session, order, surprising=surprising)

    async def _adopt(self, session: AsyncSession, account_id: int, report: OrderReport) -> Order | None:
        """A TP or SL the exchange made for an order of ours becomes an order of ours."""
        if report.related_id is None or report.exchange_id is None:
            return None
        parent = await orders.by_exchange_id(session, account_id, report.related_id)
        if parent is None or parent.id is None:
            return None
        now = self._clock()
        child = Order(
            code="",
            ticket_id=parent.ticket_id,
            leg=parent.leg,
            user_id=parent.user_id,
            account_id=account_id,
            symbol=report.symbol,
            base=parent.base,
            quote=parent.quote,
            side=report.side,
            order_type=OrderType.LIMIT if report.order_type.lower() == "limit" else OrderType.MARKET,
            client_id=None,
            broker_id=None,
            request={"reduceOnly": True, "relatedOrderId": report.related_id},
            state=OrderState.UNKNOWN,
            quantity=report.quantity,
            price=report.price,
            trigger_price=report.trigger_price,
            timestamp_ms=now,
            window_ms=0,
            deadline_ms=now,
            exchange_id=report.exchange_id,
            chat_id=parent.chat_id,
            created_ms=now,
            updated_ms=now,
        )
        return await orders.insert_attempt(session, child)

    async def _strange(self, session: AsyncSession, account_id: int, report: OrderReport) -> None:
        """An order that is not ours: its fills are kept, and what the system did is told."""
        if report.fill is None:
            return
        new = await fills.upsert(session, account_id, report.fill)
        if not new or report.origin == "USER":
            return
        account = await session.get(Account, account_id)
        if account is None:
            return
        kind = _NOTICE_BY_ORIGIN.get(report.origin, NoticeKind.SYSTEM_FILL)
        key = f"{kind}:{account_id}:{report.exchange_id}:{report.fill.trade_id}"
        await self._announcer.notice(session, Notice(kind, key, account.user_id, account.label, report))


def _may_be(order: Order, report: OrderReport) -> bool:
    return order.exchange_id is None and order.symbol == report.symbol and order.side is report.side


def _precise(order: Order, report: OrderReport) -> OrderEvent:
    """A fill event that completes the order is FILLED even where the wire only says "fill"."""
    quantity: Decimal = order.quantity or report.quantity or ZERO
    if report.event is OrderEvent.PARTIAL_FILL and ZERO < quantity <= report.executed:
        return OrderEvent.FILLED
    return report.event
