"""Looks after every stop that was promised, for as long as its position lives, and speaks up when it is gone.

Once a minute and soon after each event of the account the exchange is asked what rests and what is held. Who
took the stop away does not matter; two answers in a row without it are believed, no answer says nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.orders.order import OrderEvent, OrderReport, OrderState
from bot.domain.orders.roles import OrderRole
from bot.domain.orders.stops import Exposure, Shortage, shortage
from bot.domain.values import ZERO, Side
from bot.exchange.backpack import AccountClient, BackpackError
from bot.exchange.backpack.events import OrderUpdate, PositionUpdate, UserEvent
from bot.kernel.storage import Database
from bot.trading.account_clients import AccountClients
from bot.trading.events import Announcer
from bot.trading.storage import orders, promises
from bot.trading.storage.promise_tables import StopPromise
from bot.trading.storage.tables import Order
from bot.vault import SignerRevoked, VaultError

_log = logging.getLogger(__name__)

LOOK_MS: Final = 60_000
AGAIN_MS: Final = 3_000  # between the two answers that are believed
RETRY_MS: Final = 15_000  # after a look without an answer
MISSES: Final = 2
AT_ONCE: Final = 8  # accounts asked side by side

_NEVER: Final = {OrderState.REJECTED, OrderState.NOT_PLACED, OrderState.UNKNOWABLE, OrderState.UNWATCHED}
_NO_NEWS: Final = {OrderEvent.ACCEPTED, OrderEvent.TRIGGER_PLACED}


class ExitMonitor:
    """`run_once` on a timer; `heard` with every event of a private stream."""

    def __init__(
        self,
        database: Database,
        clients: AccountClients,
        announcer: Announcer,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._database = database
        self._clients = clients
        self._announcer = announcer
        self._clock = clock
        self._bare: set[tuple[int, str]] = set()  # markets of accounts without a promise, as was seen
        self._nudged: set[int] = set()  # accounts where something happened; the look each minute needs it not
        self._room = asyncio.Semaphore(AT_ONCE)

    async def heard(self, account_id: int, event: UserEvent) -> None:
        """Something happened to an account: look soon. A position that is gone ends its promises at once."""
        if isinstance(event, PositionUpdate):
            await self._ends(account_id, event)
        elif not isinstance(event, OrderUpdate) or event.report.event in _NO_NEWS:
            return
        self._nudged.add(account_id)

    def promised(self, account_id: int, symbol: str) -> None:
        """A stop was promised on a market of an account: the promise is committed."""
        self._bare.discard((account_id, symbol))

    async def _ends(self, account_id: int, event: PositionUpdate) -> None:
        place = account_id, event.symbol
        if place in self._bare:
            return
        gone = {side for side in Side if event.quantity * side.sign >= ZERO}
        self._bare.add(place)  # before the look: a promise made meanwhile takes it out again
        async with self._database.read() as session:
            known = await promises.on(session, account_id, event.symbol)
        if known:
            self._bare.discard(place)
        if any(one.side in gone for one in known):
            async with self._database.write() as session:
                before_ms = event.engine_us // 1000
                await promises.end_of_position(session, account_id, event.symbol, gone, before_ms)

    async def run_once(self) -> int:
        """Look after every promise whose time has come; returns how many were looked at."""
        now_ms = self._clock()
        nudged, self._nudged = self._nudged, set()
        async with self._database.read() as session:
            waiting = await promises.due(session, now_ms, nudged)
        if not waiting:
            return 0
        async with self._database.write() as session:
            claimed = [one for one in waiting if await promises.claim(session, one, now_ms + LOOK_MS)]
        by_account = groupby(sorted(claimed, key=_account), key=_account)
        await asyncio.gather(*(self._look(account_id, list(group)) for account_id, group in by_account))
        return len(claimed)

    async def _look(self, account_id: int, made: Sequence[StopPromise]) -> None:
        """All promises of one account, with one look at it."""
        async with self._room:
            try:
                async with self._database.read() as session:
                    owner = await orders.get(session, made[0].order_id)
                line = await self._clients.get(owner.user_id if owner is not None else 0, account_id)
                resting = await line.open_orders()
                held = await _exposures(line, {one.symbol for one in made})
            except SignerRevoked:  # its user has parted from the key, and was told that nobody watches
                async with self._database.write() as session:
                    await promises.end(session, _ids(made))
                return
            except (BackpackError, VaultError) as error:
                _log.warning("the stops of account %s could not be looked at: %s", account_id, error)
                async with self._database.write() as session:
                    await promises.change(session, _ids(made), due_ms=self._clock() + RETRY_MS)
                return
        for symbol in sorted({one.symbol for one in made}):
            await self._judge(account_id, symbol, held.get(symbol), resting)

    async def _judge(
        self, account_id: int, symbol: str, exposure: Exposure | None, resting: Sequence[OrderReport]
    ) -> None:
        """The verdict on one position, with its message in the same transaction."""
        async with self._database.write() as session:
            made = await promises.on(session, account_id, symbol)
            over = [one for one in made if exposure is None or one.side is not exposure.closing_side]
            rows = await _orders(session, made)
            over += [one for one in made if one not in over and rows[one.order_id].state in _NEVER]
            await promises.end(session, _ids(over))
            live = [one for one in made if one not in over and not one.is_released]
            if exposure is None or not live or any(_is_new(rows[one.order_id]) for one in live):
                return  # a fresh entry is looked at by the guard of its exits first
            short = await _shortage(session, exposure, live, rows, resting)
            await self._conclude(session, live, rows, short)
        self._announcer.committed()

    async def _conclude(
        self,
        session: AsyncSession,
        live: Sequence[StopPromise],
        rows: dict[int, Order],
        short: Shortage | None,
    ) -> None:
        ids, misses = _ids(live), max(one.misses for one in live) + 1
        told = [one.told for one in live if one.told is not None]
        if short is None:
            if told or misses > 1 or any(one.is_alarmed for one in live):
                await promises.change(session, ids, misses=0, told=None, is_alarmed=False)
        elif told and short.covered >= min(told):
            await promises.change(session, ids, misses=0)
        elif misses < MISSES:
            await promises.change(session, ids, misses=misses, due_ms=self._clock() + AGAIN_MS)
        else:
            if not any(one.is_alarmed for one in live):
                await self._announcer.stop_gone(session, rows[live[-1].order_id], live[-1].trigger, short)
            await promises.change(session, ids, misses=0, told=short.covered, is_alarmed=False)


def _account(promise: StopPromise) -> int:
    return promise.account_id


def _ids(made: Sequence[StopPromise]) -> list[int]:
    return [one.order_id for one in made]


def _is_new(order: Order) -> bool:
    return order.exits_due_ms is not None or order.state in orders.IN_DOUBT


async def _orders(session: AsyncSession, made: Sequence[StopPromise]) -> dict[int, Order]:
    found = [await orders.get(session, one.order_id) for one in made]
    return {order.id: order for order in found if order is not None}


async def _shortage(
    session: AsyncSession,
    exposure: Exposure,
    live: Sequence[StopPromise],
    rows: dict[int, Order],
    resting: Sequence[OrderReport],
) -> Shortage | None:
    """What an entry's exits have closed needs no stop any more; that is read only where it matters."""
    most = [None if one.is_whole else _size(rows[one.order_id]) for one in live]
    if shortage(exposure, most, resting) is None:
        return None
    left: list[Decimal | None] = []
    own: set[str | None] = set()
    for one in live:
        order = rows[one.order_id]
        exits = [order] if order.role is OrderRole.STOP else await orders.exits_of(session, order)
        own |= {each.exchange_id for each in exits if each.role is OrderRole.STOP}
        closed = sum((each.executed for each in exits), ZERO)
        left.append(None if one.is_whole else max(ZERO, _size(order) - closed))
    return shortage(exposure, left, resting, own)


def _size(order: Order) -> Decimal:
    """What an entry has bought, or what a stop was to close."""
    return (order.quantity or ZERO) if order.role is OrderRole.STOP else order.executed


async def _exposures(line: AccountClient, symbols: set[str]) -> dict[str, Exposure]:
    held = {
        symbol: Exposure(symbol, position.quantity, position.mark_price)
        for symbol, position in (await line.positions_in(symbols)).items()
        if symbol in symbols
    }
    return held
