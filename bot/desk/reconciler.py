"""Finds out what became of orders whose answer never came, and repairs what a deaf stream missed.

Looks by client id among open orders, then in the order history, then in the fills. Only when a look-up that
began after the signed request had died finds nothing is the order `not placed`; it is never sent again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from bot.backpack import AccountClient, BackpackClient, BackpackError
from bot.desk.placing import Placing
from bot.desk.sessions import AccountSessions
from bot.desk.tracker import Tracker, Verdict
from bot.domain.order import Fill, OrderEvent, OrderReport
from bot.domain.values import ZERO
from bot.store import Database, accounts, fills, orders
from bot.store.tables import Account, Order
from bot.vault import VaultError

_log = logging.getLogger(__name__)

# History is written a moment after the engine decided; absence is believed only this long after the deadline.
SETTLE_MS: Final = 2_000
# How far before an attempt its traces may be dated: clocks of exchange nodes differ.
SKEW_MS: Final = 60_000
PAGE: Final = 100
MAX_PAGES: Final = 10


class Reconciler:
    """Runs at start, on every stream reconnect and on a timer; one pass at a time."""

    def __init__(
        self,
        database: Database,
        client: BackpackClient,
        sessions: AccountSessions,
        tracker: Tracker,
        placing: Placing,
        *,
        clock: Callable[[], int],
        settle_ms: int = SETTLE_MS,
    ) -> None:
        self._database = database
        self._client = client
        self._sessions = sessions
        self._tracker = tracker
        self._placing = placing
        self._clock = clock
        self._settle_ms = settle_ms
        self._pass = asyncio.Lock()

    async def run_once(self) -> int:
        """Look up every order in doubt that nobody here is waiting for; returns how many remain."""
        async with self._pass:
            async with self._database.read() as session:
                doubtful = [o for o in await orders.in_doubt(session) if o.id not in self._placing.in_flight]
            settled = await asyncio.gather(*(self._try(order) for order in doubtful))
            return settled.count(False)

    async def _try(self, order: Order) -> bool:
        try:
            return await self._resolve(order)
        except (BackpackError, VaultError) as error:
            _log.warning("order %s stays in doubt: %s", order.code, error)
            return False

    async def _resolve(self, order: Order) -> bool:
        account = await self._sessions.get(order.user_id, order.account_id)
        began_ms = self._client.now_ms()
        report = await self._look_up(account, order)
        if report is not None:
            await self._tracker.apply(order.account_id, report)
            return True
        if order.id is None or began_ms <= order.deadline_ms + self._settle_ms:
            return False
        await self._tracker.conclude(order.id, Verdict(OrderEvent.NOT_FOUND_AFTER_DEADLINE))
        return True

    async def _look_up(self, account: AccountClient, order: Order) -> OrderReport | None:
        if order.exchange_id is not None:
            found = await account.find_order(order.symbol, order_id=order.exchange_id)
        else:
            found = await account.find_order(order.symbol, client_id=order.client_id)
        return found or await self._in_history(account, order) or await self._in_fills(account, order)

    async def _in_history(self, account: AccountClient, order: Order) -> OrderReport | None:
        if order.exchange_id is None:
            if order.client_id is None:
                return None
            return await account.find_past_order(
                order.symbol, order.client_id, since_ms=order.timestamp_ms - SKEW_MS
            )
        rows = await account.order_history(order.symbol, order_id=order.exchange_id)
        return next((row for row in rows if row.exchange_id == order.exchange_id), None)

    async def _in_fills(self, account: AccountClient, order: Order) -> OrderReport | None:
        found = await account.fills(symbol=order.symbol, from_ms=order.timestamp_ms - SKEW_MS, limit=PAGE)
        ours = [fill for fill in found if _filled_ours(order, fill)]
        if not ours:
            return None
        return OrderReport(
            symbol=order.symbol,
            side=order.side,
            event=OrderEvent.PARTIAL_FILL,
            exchange_id=ours[0].exchange_order_id,
            client_id=order.client_id,
            executed=sum((fill.quantity for fill in ours), ZERO),
            executed_quote=sum((fill.quantity * fill.price for fill in ours), ZERO),
            fill=ours[-1],
        )

    async def repair_all(self) -> None:
        """The safety net under the streams: accounts with open orders are compared with the exchange."""
        async with self._database.read() as session:
            active = await accounts.active(session)
            busy = {order.account_id for order in await orders.open_orders(session)}
        for account in active:
            if account.id not in busy:
                continue
            try:
                await self.repair(account)
            except (BackpackError, VaultError) as error:
                _log.warning("account %s could not be compared: %s", account.id, error)

    async def repair(self, account: Account) -> None:
        """After the stream of `account` was deaf: bring every open order and missed fill up to date."""
        if account.id is None:
            return
        line = await self._sessions.get(account.user_id, account.id)
        async with self._database.read() as session:
            known = await orders.open_orders(session, account.id)
            since = await fills.latest_ms(session, account.id)
        resting = {report.exchange_id: report for report in await line.open_orders()}
        for report in resting.values():
            await self._tracker.apply(account.id, report)
        for order in known:
            if order.exchange_id is None or order.exchange_id in resting:
                continue
            ended = await self._in_history(line, order)
            if ended is not None:
                await self._tracker.apply(account.id, ended)
        if since is not None or known:
            oldest = min((order.created_ms for order in known), default=self._clock())
            await self._repair_fills(line, account.id, min(since or oldest, oldest))

    async def _repair_fills(self, line: AccountClient, account_id: int, since_ms: int) -> None:
        for page in range(MAX_PAGES):
            found = await line.fills(from_ms=since_ms - SKEW_MS, limit=PAGE, offset=page * PAGE)
            await self._tracker.record_fills(account_id, found)
            if len(found) < PAGE:
                return


def _filled_ours(order: Order, fill: Fill) -> bool:
    if order.exchange_id is not None:
        return fill.exchange_order_id == order.exchange_id
    return fill.client_id is not None and fill.client_id == order.client_id and fill.side is order.side
