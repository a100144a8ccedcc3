"""A pulse for every private stream something depends on: what it keeps to itself is read from REST.

Asked are accounts with a live order or an alert, while their stream is silent: one small request for their
orders, one for the newest executions where an alert waits; every other account once in a while. What differs
is repaired (`reconciler`), and a stream that stays silent about it is opened anew. At most `AT_A_TURN`
accounts a turn, the busy ones first and of them the longest unasked: many wait longer, none is left out. A
turn does not wait for the one before: whom the exchange keeps waiting delays nobody else.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from bot.exchange.backpack import AccountClient, BackpackError
from bot.kernel.events import Events
from bot.kernel.storage import Database
from bot.people import accounts
from bot.people.tables import Account
from bot.trading.account_clients import AccountClients
from bot.trading.events import AccountDisturbed, AccountMoved
from bot.trading.storage import fills, orders
from bot.trading.storage.tables import Order
from bot.trading.tracking.reconciler import Reconciler
from bot.vault import VaultError

_log = logging.getLogger(__name__)

SILENT_S: Final = 8.0  # so long without a word, and REST is asked
IDLE_S: Final = 300.0  # the same of an account nothing of which waits
AT_A_TURN: Final = 30  # accounts each second; the exchange counts requests for each of them
AT_ONCE: Final = 40  # accounts being asked; the lines that read are 64
GRACE_S: Final = 1.0  # what REST knew first may be on its way
RENEW_S: Final = 60.0  # between two openings of one stream for its silence
LONGEST_ASK_S: Final = 10.0
NEWEST: Final = 20  # executions looked at


@dataclass(slots=True)
class _Beat:
    """Of one account's stream of orders, in monotonic seconds."""

    heard: float
    asked: float = float("-inf")
    renewed: float = float("-inf")
    is_asking: bool = False


class AccountPulses:
    """`heard` of an account at each event about an order; `run_once` every second, though some turns go on.

    `wanted` and `renew` are set by the app.
    """

    def __init__(
        self,
        database: Database,
        clients: AccountClients,
        reconciler: Reconciler,
        events: Events,
        *,
        wanted: Callable[[], Collection[int]],
        renew: Callable[[Account], Awaitable[None]],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._clients = clients
        self._reconciler = reconciler
        self._monotonic = monotonic
        self._beats: dict[int, _Beat] = {}
        self._events = events
        self._wanted = wanted  # accounts somebody has an alert on
        self._renew = renew

    def heard(self, account_id: int) -> None:
        """The stream of an account's orders said something; positions and balances do not count."""
        beat = self._beats.get(account_id)
        if beat is not None:
            beat.heard = self._monotonic()

    async def run_once(self) -> None:
        """Ask about the accounts that are silent for too long."""
        alerted = set(self._wanted())
        async with self._database.read() as session:
            live: dict[int, list[Order]] = {}
            for order in await orders.open_orders(session):
                live.setdefault(order.account_id, []).append(order)
            found = await accounts.active(session)
        now, busy = self._monotonic(), alerted | live.keys()
        self._beats = {one.id: self._beats.get(one.id) or _Beat(now) for one in found}
        asking = sum(beat.is_asking for beat in self._beats.values())
        due = [
            one
            for one in found
            if not self._beats[one.id].is_asking
            and now - self._last(one) > (SILENT_S if one.id in busy else IDLE_S)
        ]
        due.sort(key=lambda one: (one.id not in busy, self._last(one)))
        due = due[: max(0, min(AT_A_TURN, AT_ONCE - asking))]
        for one in due:
            self._beats[one.id].is_asking = True
        await asyncio.gather(*(self._ask(one, live.get(one.id, ()), one.id in alerted) for one in due))

    def _last(self, account: Account) -> float:
        beat = self._beats[account.id]
        return max(beat.heard, beat.asked)

    async def _ask(self, account: Account, live: Sequence[Order], is_alerted: bool) -> None:
        """A look that fails is taken again in its time, and hurts no other account's."""
        beat, begun = self._beats[account.id], self._monotonic()
        try:
            async with asyncio.timeout(LONGEST_ASK_S):
                line = await self._clients.look(account.user_id, account.id)
                differs = bool(live) and await self._orders_differ(line, live)
                if is_alerted or not live:
                    differs = differs or await self._fills_differ(line, account)
                if not differs:
                    return
                await self._reconciler.repair(account)
            self._events.tell(AccountDisturbed(account.id))
            self._events.tell(AccountMoved(account.id))
            await asyncio.sleep(GRACE_S)
            if beat.heard < begun and begun - beat.renewed > RENEW_S:
                _log.warning("the stream of account %s is silent, though REST has news", account.id)
                beat.renewed = begun
                await self._renew(account)
        except (BackpackError, VaultError, TimeoutError) as error:
            _log.info("no word of account %s: %s", account.id, type(error).__name__)
        except Exception:
            _log.exception("the pulse of account %s stumbled", account.id)
        finally:
            beat.is_asking, beat.asked = False, self._monotonic()

    async def _orders_differ(self, line: AccountClient, live: Sequence[Order]) -> bool:
        """Whether an order that rests here does not rest there, or executed further."""
        resting = {report.exchange_id: report for report in await line.open_orders()}
        known = [order for order in live if order.exchange_id is not None]
        return any(
            order.exchange_id not in resting or resting[order.exchange_id].executed != order.executed
            for order in known
        )

    async def _fills_differ(self, line: AccountClient, account: Account) -> bool:
        """Whether there are executions nobody told us of, of whatever program."""
        async with self._database.read() as session:
            since = await fills.latest_ms(session, account.id) or account.verified_ms
        if since is None:
            return False
        newest = await line.fills(from_ms=since + 1, limit=NEWEST)
        return bool(newest)
