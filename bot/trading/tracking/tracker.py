"""The one place where an order's row changes after it was sent, whichever door the news came through.

Answers, stream events and look-ups all become an `OrderReport`; old news is recognised and ignored,
fills are counted once, and each visible change is announced in the same transaction.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.orders.order import Fill, IllegalTransition, OrderEvent, OrderReport, OrderState, advance
from bot.domain.orders.roles import Contingency, OrderRole
from bot.domain.values import ZERO, OrderType
from bot.kernel.events import Events
from bot.kernel.storage import Database
from bot.people.tables import Account
from bot.trading.events import (
    AccountDisturbed,
    Announcer,
    FillsCame,
    FillWritten,
    Notice,
    NoticeKind,
    StopPromised,
)
from bot.trading.storage import fills, orders, promises
from bot.trading.storage.promise_tables import StopPromise
from bot.trading.storage.tables import Order
from bot.trading.tracking.reports import (
    SKEW_MS,
    exit_prices,
    exit_role,
    has_triggered,
    likely_parent,
    may_be,
    precise,
    report_of_fills,
)

_log = logging.getLogger(__name__)

EXITS_GRACE_MS: Final = 10_000  # so long after a fill the exits it promised must stand
PROMISE_MS: Final = 60_000  # until the first look of the monitor

# What we concluded without the engine's word. When that word comes after all, it wins.
_CONCLUDED: Final = frozenset({OrderState.NOT_PLACED, OrderState.REJECTED})

_ENDS: Final = frozenset({OrderEvent.CANCELLED, OrderEvent.EXPIRED, OrderEvent.TRIGGER_FAILED})

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
        events: Events,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._database = database
        self._announcer = announcer
        self._clock = clock
        self.incomplete: set[int] = set()  # accounts known to lack something: to be repaired
        self._events = events
        self._withdrawn: Counter[tuple[int, str]] = Counter()  # orders whose user is being answered
        self._sized_us: dict[int, int] = {}  # live orders: when their quantity was last heard of

    async def apply(self, account_id: int, report: OrderReport, *, sized_us: int | None = None) -> bool:
        """Take in what the exchange says of one order of `account_id`; whether that is an order of ours.

        `sized_us`: since then (exchange time, microseconds) the order has the quantity of the report, which
        the exchange may have changed. None: the report says nothing new of it.
        """
        return await self.apply_all(account_id, [report], sized_us=sized_us)

    async def apply_all(
        self, account_id: int, reports: Sequence[OrderReport], *, sized_us: int | None = None
    ) -> bool:
        """As `apply`, for several reports of the same order in their turn, in one transaction."""
        order: Order | None = None
        is_told = False
        async with self._database.write() as session:
            for report in reports:
                order = await self._find(session, account_id, report)
                if order is None:
                    order = await self._adopt(session, account_id, report)
                if order is None:
                    is_told = await self._strange(session, account_id, report) or is_told
                else:
                    is_told = await self._take(session, order, report, sized_us) or is_told
        if is_told:
            self._announcer.committed()
        if any(report.fill is not None for report in reports):
            self._events.tell(FillsCame())
        self._tell_promises([] if order is None else [order])
        return order is not None

    def _tell_promises(self, touched: Iterable[Order]) -> None:
        """Of entries whose exits the exchange makes there may be new ones now."""
        for order in touched:
            if order.contingency is Contingency.OTO:
                self._events.tell(StopPromised(order.account_id, order.symbol))

    @contextmanager
    def withdrawing(self, account_id: int, exchange_ids: Iterable[str | None]) -> Iterator[None]:
        """Meanwhile these orders are cancelled for a user who reads the answer to that: their end is no news,
        whichever door it comes through."""
        asked = Counter((account_id, one) for one in exchange_ids if one is not None)
        self._withdrawn += asked
        try:
            yield
        finally:
            self._withdrawn -= asked
            self._events.tell(AccountDisturbed(account_id))

    async def apply_exit(self, account_id: int, report: OrderReport) -> None:
        """Take in an executed exit from the history, which does not say whose it is: its looks must tell."""
        async with self._database.write() as session:
            order = await self._find(session, account_id, report)
            if order is None:
                parent = await likely_parent(session, account_id, report)
                order = None if parent is None else await self._adopted(session, parent, report)
            if order is not None:
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

    async def key_refused(self, order_id: int, error_code: str | None, error_message: str) -> None:
        """The exchange does not accept the key that asks for an order in doubt: its user must know."""
        async with self._database.write() as session:
            order = await orders.get(session, order_id, lock=True)
            if order is not None and order.state in orders.IN_DOUBT:
                await self._announcer.key_refused(session, order, error_code, error_message)
        self._announcer.committed()

    async def record_fills(self, account_id: int, found: list[Fill]) -> None:
        """Count fills read from history: they complete fees, and move orders nobody told us more of."""
        async with self._database.write() as session:
            touched: dict[str, Order] = {}
            # Whoever locks several orders does it in this order, and each before its fills, or two would wait
            # for each other.
            by_order = attrgetter("exchange_order_id")
            for exchange_id, group in groupby(sorted(found, key=by_order), by_order):
                executions = list(group)
                order = await self._filled(session, account_id, executions[0])
                new = [await self._record(session, account_id, fill) for fill in executions]
                if any(new) and order is not None:
                    touched[exchange_id] = order
            for exchange_id, order in touched.items():
                rows = await fills.of_order(session, account_id, exchange_id)
                await self._take(session, order, report_of_fills(order, rows))
        self._announcer.committed()
        self._tell_promises(touched.values())
        if found:
            self._events.tell(FillsCame())

    async def _filled(self, session: AsyncSession, account_id: int, fill: Fill) -> Order | None:
        known = await orders.by_exchange_id(session, account_id, fill.exchange_order_id, lock=True)
        if known is not None or fill.client_id is None:
            return known
        order = await orders.by_client_id(session, account_id, fill.client_id, lock=True)
        is_ours = (
            order is not None
            and order.exchange_id in {None, fill.exchange_order_id}
            and order.symbol == fill.symbol
            and order.side is fill.side
            and fill.timestamp_ms >= order.timestamp_ms - SKEW_MS
        )
        return order if is_ours else None

    async def _find(self, session: AsyncSession, account_id: int, report: OrderReport) -> Order | None:
        if report.exchange_id is not None:
            known = await orders.by_exchange_id(session, account_id, report.exchange_id, lock=True)
            if known is not None:
                return known
        if report.client_id is None:
            return None
        order = await orders.by_client_id(session, account_id, report.client_id, lock=True)
        # Client ids are unique only by our own care: another program's order may carry the same one.
        return order if order is not None and may_be(order, report) else None

    async def _take(
        self, session: AsyncSession, order: Order, report: OrderReport, sized_us: int | None = None
    ) -> bool:
        """Whether there was anything new, which is announced."""
        contradicts = order.state in _CONCLUDED
        if contradicts and report.executed == ZERO and report.event in _ENDS:
            contradicts = False  # it came to nothing either way
            if order.state is OrderState.REJECTED:
                return False
        changed = self._resize(order, report, sized_us)
        changed = self._move(order, report) or changed
        if report.executed > order.executed:
            order.executed = report.executed
            order.executed_quote = report.executed_quote
            if order.exits_due_ms is None and order.contingency is Contingency.OTO:
                order.exits_due_ms = self._clock() + EXITS_GRACE_MS
                await self._promise(session, order)
            changed = True
        if report.fill is not None:
            await self._record(session, order.account_id, report.fill)
        changed = await self._recount_fee(session, order) or changed
        if not changed:
            return False
        if order.executed and (order.fee is None or order.contingency is Contingency.OTO):
            self.incomplete.add(order.account_id)
        await self._changed(session, order, surprising=contradicts)
        return True

    async def _promise(self, session: AsyncSession, order: Order) -> None:
        """What an entry's stop protects exists from the first fill on, and so does the promise."""
        stop = exit_prices(order).get(OrderRole.STOP)
        if stop is not None:
            promise = StopPromise(
                order_id=order.id,
                account_id=order.account_id,
                symbol=order.symbol,
                side=order.side.opposite,
                trigger=stop,
                is_whole=False,
                due_ms=self._clock() + PROMISE_MS,
            )
            await promises.make(session, promise)

    def _resize(self, order: Order, report: OrderReport, sized_us: int | None) -> bool:
        """The exchange shrinks reduce-only orders with the position and lets exits grow with their parent."""
        if sized_us is None or order.state.is_terminal:
            return False
        if sized_us < self._sized_us.get(order.id, 0):
            return False
        self._sized_us[order.id] = sized_us
        if order.quantity is None or report.quantity in {None, ZERO, order.quantity}:
            return False
        order.quantity = report.quantity
        return True

    def _move(self, order: Order, report: OrderReport) -> bool:
        """Learn the order's id and state; whether there was anything new."""
        learnt = report.exchange_id is not None and order.exchange_id is None
        if learnt:
            order.exchange_id = report.exchange_id
        if report.executed < order.executed or has_triggered(order, report.event):
            return learnt
        if order.state is OrderState.REJECTED:
            order.state = OrderState.UNKNOWN
        if not self._advance(order, precise(order, report)):
            return learnt
        order.reason = report.reason or order.reason
        order.origin = report.origin
        order.error_code = order.error_message = None
        return True

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
        """The fee of everything executed; None as long as a fill is missing. Whether it changed."""
        if order.exchange_id is None or not order.executed:
            return False
        rows = await fills.of_order(session, order.account_id, order.exchange_id)
        is_complete = sum((row.quantity for row in rows), ZERO) >= order.executed
        fee = sum((row.fee for row in rows), ZERO) if is_complete else None
        if fee == order.fee:
            return False
        order.fee, order.fee_symbol = fee, rows[-1].fee_symbol if is_complete else None
        return True

    async def _changed(self, session: AsyncSession, order: Order, *, surprising: bool) -> None:
        if order.state.is_terminal:
            self._sized_us.pop(order.id, None)
        order.version += 1
        order.updated_ms = self._clock()
        session.add(order)
        await session.flush()
        asked = order.state is OrderState.CANCELLED and self._is_withdrawn(order)
        await self._announcer.order_changed(session, order, surprising=surprising, asked=asked)

    def _is_withdrawn(self, order: Order) -> bool:
        return order.exchange_id is not None and (order.account_id, order.exchange_id) in self._withdrawn

    async def _adopt(self, session: AsyncSession, account_id: int, report: OrderReport) -> Order | None:
        """A TP or SL the exchange made for an order of ours becomes an order of ours."""
        if report.related_id is None or report.exchange_id is None:
            return None
        parent = await orders.by_exchange_id(session, account_id, report.related_id)
        if parent is None:
            self.incomplete.add(account_id)  # it came before its parent, if that is ours
            return None
        return await self._adopted(session, parent, report)

    async def _adopted(self, session: AsyncSession, parent: Order, report: OrderReport) -> Order:
        now = self._clock()
        if parent.group is None:  # its exit was attached by somebody else's hand
            parent.group = parent.client_id
            session.add(parent)
        written = await orders.insert_attempt(
            session,
            {
                "ticket_id": parent.ticket_id,
                "parent_id": parent.id,
                "role": exit_role(parent, report.trigger_price),
                "contingency": Contingency.OCO if len(exit_prices(parent)) > 1 else Contingency.NONE,
                "group": parent.group,
                "leg": parent.leg,
                "user_id": parent.user_id,
                "account_id": parent.account_id,
                "symbol": report.symbol,
                "base": parent.base,
                "quote": parent.quote,
                "side": report.side,
                "order_type": OrderType.LIMIT if report.order_type.lower() == "limit" else OrderType.MARKET,
                "request": {"reduceOnly": True},
                "state": OrderState.UNKNOWN,
                "quantity": report.quantity,
                "price": report.price,
                "trigger_price": report.trigger_price,
                "timestamp_ms": parent.timestamp_ms,
                "window_ms": 0,
                "deadline_ms": parent.deadline_ms,
                "exchange_id": report.exchange_id,
                "chat_id": parent.chat_id,
                "created_ms": now,
                "updated_ms": now,
            },
        )
        child = await orders.get(session, written.id)
        if child is None:
            raise RuntimeError("an order that was just written is not there")
        return child

    async def _strange(self, session: AsyncSession, account_id: int, report: OrderReport) -> bool:
        """An order that is not ours: its fills are kept, and what the system did is told. Whether it is."""
        if report.fill is None:
            return False
        new = await self._record(session, account_id, report.fill)
        if not new or report.origin == "USER":
            return False
        account = await session.get(Account, account_id)
        if account is None:
            return False
        kind = _NOTICE_BY_ORIGIN.get(report.origin, NoticeKind.SYSTEM_FILL)
        key = f"{kind}:{account_id}:{report.exchange_id}:{report.fill.trade_id}"
        await self._announcer.notice(
            session, Notice(kind, key, account.user_id, account.label, report, account_id)
        )
        return True

    async def _record(self, session: AsyncSession, account_id: int, fill: Fill) -> bool:
        """Write an execution; whether it is the first to say so."""
        row = await fills.insert(session, account_id, fill)
        if row is not None:
            await self._events.write(session, FillWritten(row))
        return row is not None
