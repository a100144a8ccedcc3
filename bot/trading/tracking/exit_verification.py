"""Sees to it that every exit promised with an entry stands at the exchange, and shouts when it does not.

When to look is written with the fill itself, so a restart forgets nothing. Only the exchange's own answers
count, and it is asked twice: open orders first, then the position, then what may have ended meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Final

from bot.domain.orders.exit_coverage import ExitGap, ExitPromise, FilledEntry, gaps, keeps
from bot.domain.orders.order import OrderEvent, OrderReport
from bot.domain.orders.roles import OrderRole
from bot.domain.values import ZERO
from bot.exchange.backpack import AccountClient, BackpackError
from bot.kernel.storage import Database
from bot.kernel.tasks import each
from bot.trading.account_clients import AccountClients
from bot.trading.events import Announcer
from bot.trading.storage import orders
from bot.trading.storage.tables import Order
from bot.trading.tracking.reports import exit_prices
from bot.trading.tracking.tracker import EXITS_GRACE_MS, Tracker
from bot.vault import SignerRevoked, VaultError

_log = logging.getLogger(__name__)

AGAIN_MS: Final = 3_000  # between two askings; also how long a look that died leaves its order alone
MISSES: Final = 2  # so many answers in a row without the exit are believed
CLOCK_MS: Final = 1_000  # an exit may seem to be older than its entry by so much
PAGE: Final = 100

_OVER: Final = {OrderEvent.FILLED, OrderEvent.CANCELLED, OrderEvent.EXPIRED, OrderEvent.TRIGGER_FAILED}


class ExitVerification:
    """`run_once` on a timer; several processes may do so at once."""

    def __init__(
        self,
        database: Database,
        clients: AccountClients,
        tracker: Tracker,
        announcer: Announcer,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._database = database
        self._clients = clients
        self._tracker = tracker
        self._announcer = announcer
        self._clock = clock

    async def run_once(self) -> int:
        """Look after every entry whose time has come; returns how many were looked at."""
        now_ms = self._clock()
        async with self._database.read() as session:
            waiting = await orders.exits_due(session, now_ms)
        if not waiting:
            return 0
        async with self._database.write() as session:
            claimed = [
                order
                for order in waiting
                if await orders.claim_exits(session, order.id, order.exits_due_ms or 0, now_ms + AGAIN_MS)
            ]
        by_account = groupby(sorted(claimed, key=_account), key=_account)
        groups = [list(group) for _, group in by_account]
        await each(lambda group: self._look_after(group, now_ms + AGAIN_MS), groups)
        return len(claimed)

    async def _look_after(self, entries: Sequence[Order], due_ms: int) -> None:
        """All entries of one account, with one look at it. Without an answer they are due again soon."""
        first = entries[0]
        try:
            line = await self._clients.look(first.user_id, first.account_id)
            resting = await line.open_orders()
            held = await _holdings(line, entries)
            for order in entries:
                await self._judge(line, order, due_ms, resting, held.get(order.symbol, ZERO))
        except SignerRevoked:
            for order in entries:  # its user has parted from the key, and was told that nobody watches
                await self._settle(order, due_ms, [])
        except (BackpackError, VaultError) as error:
            _log.warning("the exits of account %s could not be looked at: %s", first.account_id, error)

    async def _judge(
        self,
        line: AccountClient,
        order: Order,
        due_ms: int,
        resting: Sequence[OrderReport],
        held: Decimal,
    ) -> None:
        for report in resting:
            if report.related_id == order.exchange_id:
                await self._tracker.apply(order.account_id, report)
        async with self._database.read() as session:
            known = await orders.exits_of(session, order)
        entry = _entry(order, known)
        missing = gaps(entry, resting, held)
        absent = [gap.promise for gap in missing if not gap.covered]
        ended = {one.role for one in known if one.state.is_terminal} if absent else set()
        if any(promise.role not in ended for promise in absent):
            ended |= await self._ended(line, order, entry, absent)
        missing = [gap for gap in missing if gap.promise.role not in ended]
        if missing and order.exits_misses + 1 < MISSES:
            async with self._database.write() as session:
                await orders.miss_exits(session, order.id, due_ms, self._clock() + AGAIN_MS)
            return
        await self._settle(order, due_ms, missing)

    async def _ended(
        self, line: AccountClient, order: Order, entry: FilledEntry, absent: Sequence[ExitPromise]
    ) -> set[OrderRole]:
        """The exits that stood and are over, though nobody here heard of them: fired, or cancelled."""
        async with self._database.read() as session:
            others = await orders.exit_ids(session, order.account_id, order.symbol)
        ended: set[OrderRole] = set()
        since_ms = order.timestamp_ms - CLOCK_MS
        for report in await line.order_history(order.symbol, limit=PAGE):
            is_over = report.event in _OVER and report.side is entry.side.opposite
            is_new = report.client_id is None and report.exchange_id not in others
            in_time = report.created_ms is not None and report.created_ms >= since_ms
            promise = next((one for one in absent if keeps(entry, one, report)), None)
            if promise is not None and is_over and is_new and in_time:
                await self._tracker.apply_exit(order.account_id, report)
                ended.add(promise.role)
        return ended

    async def _settle(self, seen: Order, due_ms: int, missing: Sequence[ExitGap]) -> None:
        """The verdict, with its messages in the same transaction. What filled meanwhile is looked at anew."""
        async with self._database.write() as session:
            order = await orders.get(session, seen.id, lock=True)
            if order is None or order.exits_due_ms != due_ms:
                return
            grew = order.executed != seen.executed
            order.exits_due_ms = self._clock() + EXITS_GRACE_MS if grew else None
            order.exits_misses = 0
            session.add(order)
            await session.flush()
            for gap in missing:
                await self._announcer.exit_missing(session, order, gap)
        self._announcer.committed()


def _account(order: Order) -> int:
    return order.account_id


def _entry(order: Order, exits: Sequence[Order]) -> FilledEntry:
    return FilledEntry(
        order.symbol,
        order.side,
        order.exchange_id or "",
        order.executed,
        order.executed_quote / order.executed,
        tuple(ExitPromise(role, price) for role, price in exit_prices(order).items()),
        {one.exchange_id: one.role for one in exits},
    )


async def _holdings(line: AccountClient, entries: Sequence[Order]) -> dict[str, Decimal]:
    """What is held of each market: the net position, or on spot the coins."""
    coins = {order.symbol: order.base for order in entries if order.symbol == f"{order.base}_{order.quote}"}
    positions = await line.positions_in({order.symbol for order in entries} - coins.keys())
    held = {symbol: position.quantity for symbol, position in positions.items()}
    if coins:
        balances = await line.balances()
        held |= {symbol: balances[base].total for symbol, base in coins.items() if base in balances}
    return held
