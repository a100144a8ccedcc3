"""Pictures of the accounts somebody has an alert on: taken when something of them moved, and now and then.

Two requests each (`GET /capital/collateral`, `/position`). Between two pictures the alerts follow the marks.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from typing import Final

from bot.domain.accounts.account_snapshot import AccountSnapshot
from bot.exchange.backpack import BackpackError, Unauthorised
from bot.kernel.events import Events
from bot.kernel.storage import Database
from bot.kernel.tasks import each
from bot.people import accounts
from bot.people.tables import Account
from bot.trading.account_clients import AccountClients
from bot.trading.events import SnapshotTaken
from bot.trading.key_health import KeyHealth, KeyTrouble
from bot.vault import VaultError

_log = logging.getLogger(__name__)

FRESH_S: Final = 10.0  # what the streams do not tell, or keep to themselves, is seen by then
AT_A_TURN: Final = 20  # accounts at most each second, those that moved first
AT_ONCE: Final = 20  # accounts being looked at; the lines that read are 64
LONGEST_LOOK_S: Final = 10.0


class AccountSnapshots:
    """Tells `SnapshotTaken`. `wanted`: ids of the accounts to look at; `run_once` is called every second.

    Some turns go on meanwhile, so whom the exchange keeps waiting delays nobody else.
    """

    def __init__(
        self,
        database: Database,
        clients: AccountClients,
        keys: KeyHealth,
        events: Events,
        *,
        wanted: Callable[[], Collection[int]],
        now_ms: Callable[[], int],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._clients = clients
        self._keys = keys
        self._now_ms = now_ms
        self._monotonic = monotonic
        self._due_s: dict[int, float] = {}  # when each account is looked at again
        self._looking: set[int] = set()
        self._events = events
        self._wanted = wanted

    def moved(self, account_id: int) -> None:
        """Something of the account changed."""
        self._due_s.pop(account_id, None)

    async def look(self, account_id: int) -> None:
        """Take a picture now."""
        async with self._database.read() as session:
            account = next((one for one in await accounts.active(session) if one.id == account_id), None)
        if account is not None:
            self._due_s[account_id] = self._monotonic() + FRESH_S
            await self._take(account)

    async def run_once(self) -> None:
        """Take the pictures that are due."""
        now_s, wanted = self._monotonic(), self._wanted()
        due = {
            account_id
            for account_id in wanted
            if account_id not in self._looking and self._due_s.get(account_id, now_s) <= now_s
        }
        room = min(AT_A_TURN, AT_ONCE - len(self._looking))
        if not due or room <= 0:
            return
        async with self._database.read() as session:
            found = [account for account in await accounts.active(session) if account.id in due]
        found = sorted(found, key=lambda account: self._due_s.get(account.id, 0.0))[:room]
        self._due_s.update((account.id, now_s + FRESH_S) for account in found)
        self._looking |= {account.id for account in found}
        await each(self._take, found)

    async def _take(self, account: Account) -> None:
        """A failed look is taken again in its time; a key that is refused is told."""
        try:
            line = await self._clients.look(account.user_id, account.id)
            at_ms = self._now_ms()
            async with asyncio.timeout(LONGEST_LOOK_S):
                margin, positions = await asyncio.gather(line.collateral(), line.positions())
        except Unauthorised:
            self._keys.met(account, KeyTrouble.KEY)
        except (BackpackError, VaultError, TimeoutError) as error:
            _log.warning("no picture of account %s: %s", account.id, error)
        else:
            self._keys.over(account, KeyTrouble.KEY)
            read = {symbol: one for symbol, one in positions.items() if one.is_read}
            picture = AccountSnapshot(at_ms, margin.net_equity, margin.net_exposure_futures, read)
            self._events.tell(SnapshotTaken(account.id, picture))
        finally:
            self._looking.discard(account.id)
