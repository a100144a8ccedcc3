"""One private stream per active account: what the exchange pushes drives the orders and their messages.

The stream may drop, repeat or reorder; after every (re)connect the missed part is read from REST.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterable, Awaitable, Callable, Sequence
from typing import Final

from bot.exchange.backpack import BackpackError, Unauthorised
from bot.exchange.backpack.events import (
    BalanceUpdate,
    Connected,
    Disconnected,
    OrderUpdate,
    PositionUpdate,
    Reconnected,
    StreamRefused,
    UserEvent,
)
from bot.exchange.backpack.streams import UserStream
from bot.kernel.events import Events
from bot.kernel.storage import Database
from bot.people import accounts
from bot.people.tables import Account
from bot.trading.events import AccountMoved, OrdersHeard, UserStreamHeard, UserStreamSpoke
from bot.trading.key_health import KeyHealth, KeyTrouble
from bot.trading.storage import orders
from bot.trading.tracking.reconciler import Reconciler
from bot.trading.tracking.tracker import Tracker
from bot.vault import Vault, VaultError

_log = logging.getLogger(__name__)

RETRY_S = 5.0
BEGINNING: Final = 4  # streams begun in `PAUSE_S`: what is left of the processor is for people
PAUSE_S: Final = 0.1
OPENING: Final = 4  # streams that connect at once, also after all were lost
REPAIRING: Final = 2  # accounts compared at once because their streams have (re)connected
MOST_WAITING: Final = 1_000  # events of one stream that were heard and not yet taken
RESIGN_S = 0.5
NOT_YOURS = 4003  # a subscription whose key or signature is not accepted
OUT_OF_TIME = 4008  # one whose window is not
ACCEPTED = "orderAccepted"
MODIFIED = "orderModified"  # the exchange changed a resting order's quantity


class UserStreams:
    """Keeps the streams of all active accounts; `start` and `stop` frame its life."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        tracker: Tracker,
        reconciler: Reconciler,
        keys: KeyHealth,
        events: Events,
        *,
        open_stream: Callable[..., UserStream],
        clock_was_off: Callable[[], Awaitable[bool]],
    ) -> None:
        self._database = database
        self._vault = vault
        self._tracker = tracker
        self._reconciler = reconciler
        self._keys = keys
        self._open_stream = open_stream
        self._clock_was_off = clock_was_off
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self.connected: set[int] = (
            set()
        )  # ids of the accounts whose stream is open, and what it missed is known
        self._beginning = asyncio.Semaphore(BEGINNING)
        self._opening = asyncio.Semaphore(OPENING)
        self._repairing = asyncio.Semaphore(REPAIRING)
        self._events = events

    @property
    def watched(self) -> set[int]:
        """Ids of the accounts whose streams are kept here."""
        return set(self._tasks)

    async def start(self) -> None:
        """Watch every account that can sign, in the background: those first of which something is open."""
        async with self._database.read() as session:
            found = await accounts.active(session)
            busy = {order.account_id for order in await orders.open_orders(session)}
        for account in sorted(found, key=lambda one: one.id not in busy):
            self.watch(account)

    async def sync(self) -> None:
        """Follow what other processes linked and unlinked."""
        await self._vault.revoke_unlinked()
        async with self._database.read() as session:
            active = {account.id: account for account in await accounts.active(session)}
        for account_id in self._tasks.keys() - active.keys():
            await self.unwatch(account_id)
        for account in active.values():
            self.watch(account)

    def watch(self, account: Account) -> None:
        """Watch one account; a second call for it changes nothing."""
        if account.id not in self._tasks:
            self._tasks[account.id] = asyncio.create_task(self._run(account), name=f"watch-{account.id}")

    async def renew(self, account: Account) -> None:
        """Open the stream of an account anew: it kept something to itself."""
        task = self._tasks.pop(account.id, None)
        if task is None:
            return
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        self.watch(account)

    async def unwatch(self, account_id: int) -> None:
        task = self._tasks.pop(account_id, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self.connected.discard(account_id)
        self._keys.forget(account_id)

    async def stop(self) -> None:
        await asyncio.gather(*(self.unwatch(account_id) for account_id in list(self._tasks)))

    async def _run(self, account: Account) -> None:
        while True:
            try:
                if await self._listen(account):
                    await asyncio.sleep(RESIGN_S)
                    continue
            except VaultError:
                return  # the key is gone, and so is the reason to listen
            except Unauthorised as error:
                _log.warning("stream of account %s: %s", account.id, error)
                self._keys.met(account, KeyTrouble.KEY)
            except (BackpackError, OSError) as error:
                _log.warning("stream of account %s: %s", account.id, error)
            except Exception:
                _log.exception("stream of account %s failed", account.id)
            await asyncio.sleep(RETRY_S)

    async def _listen(self, account: Account) -> bool:
        """Until the stream ends; True when it is to be opened anew, signed by a clock that is right."""
        await self._beginning.acquire()
        asyncio.get_running_loop().call_later(PAUSE_S, self._beginning.release)
        signer = await self._vault.signer(account.user_id, account.id, "stream")
        try:
            async with self._open_stream(signer, self._opening) as stream:
                return await self._follow(account, stream)
        finally:
            self.connected.discard(account.id)

    async def _follow(self, account: Account, stream: AsyncIterable[UserEvent]) -> bool:
        """Take each event as it comes; those that came while others were taken, together."""
        inbox: asyncio.Queue[UserEvent | None] = asyncio.Queue(MOST_WAITING)
        reading = asyncio.create_task(self._read(account.id, stream, inbox), name=f"read-{account.id}")
        try:
            while True:
                events = [await inbox.get()]
                while not inbox.empty():
                    events.append(inbox.get_nowait())
                for event, before in _with_acceptances(events):
                    if event is None:
                        await reading  # raises what ended it
                        return False
                    if _doubts_signature(event) and await self._clock_was_off():
                        return True
                    await self._take(account, event, before)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read(
        self, account_id: int, stream: AsyncIterable[UserEvent], inbox: asyncio.Queue[UserEvent | None]
    ) -> None:
        """Tell of each event as soon as it is here, and put it in line; None at the end."""
        try:
            async for event in stream:
                self._events.tell(UserStreamHeard(account_id, event))
                await inbox.put(event)
        finally:
            task = asyncio.current_task()
            if task is None or not task.cancelling():
                await inbox.put(None)

    async def _take(self, account: Account, event: UserEvent, before: Sequence[OrderUpdate] = ()) -> None:
        """`before`: what was said of the same order earlier, and is taken with this."""
        if isinstance(event, StreamRefused) and event.code == NOT_YOURS:
            self._keys.met(account, KeyTrouble.STREAM)
        if isinstance(event, Disconnected):
            self.connected.discard(account.id)
        if isinstance(event, Connected | Reconnected):
            async with self._repairing:
                await self._reconciler.repair(account)
            self.connected.add(account.id)
            self._keys.over(account, KeyTrouble.KEY)
            self._events.tell(OrdersHeard(account.id))
        elif isinstance(event, OrderUpdate):
            sized_us = event.engine_us if event.kind == MODIFIED else None
            reports = [*(one.report for one in before), event.report]
            await self._tracker.apply_all(account.id, reports, sized_us=sized_us)
            self._events.tell(OrdersHeard(account.id))
        if isinstance(event, OrderUpdate | PositionUpdate | BalanceUpdate):
            self._keys.over(account, KeyTrouble.STREAM)
        await self._events.publish(UserStreamSpoke(account.id, event))
        self._events.tell(AccountMoved(account.id))


def _with_acceptances(
    events: Sequence[UserEvent | None],
) -> list[tuple[UserEvent | None, tuple[OrderUpdate, ...]]]:
    """The events in their turn; that an order was accepted is joined to what is said of it next."""
    taken: list[tuple[UserEvent | None, tuple[OrderUpdate, ...]]] = []
    accepted: dict[str | None, OrderUpdate] = {}
    last = {one.report.exchange_id: one for one in events if isinstance(one, OrderUpdate)}
    for event in events:
        if not isinstance(event, OrderUpdate):
            taken.append((event, ()))
        elif event.kind == ACCEPTED and last[event.report.exchange_id] is not event:
            accepted[event.report.exchange_id] = event
        else:
            earlier = accepted.pop(event.report.exchange_id, None)
            taken.append((event, () if earlier is None else (earlier,)))
    return taken


def _doubts_signature(event: UserEvent) -> bool:
    return isinstance(event, StreamRefused) and event.code in {NOT_YOURS, OUT_OF_TIME}
