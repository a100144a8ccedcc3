"""Pictures of the accounts somebody has an alert on: taken when something of them moved, and now and then.

Two requests each (`GET /capital/collateral`, `/position`). Between two pictures the alerts follow the marks.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from typing import Final

from bot.backpack import BackpackError, Unauthorised
from bot.desk.keys import KeyTroubles, Trouble
from bot.desk.sessions import AccountSessions
from bot.domain.picture import AccountPicture
from bot.side_by_side import each
from bot.store import Database, accounts
from bot.store.tables import Account
from bot.vault import VaultError

_log = logging.getLogger(__name__)

FRESH_S: Final = 10.0  # what the streams do not tell, or keep to themselves, is seen by then
AT_A_TURN: Final = 20  # accounts at most each second, those that moved first
AT_ONCE: Final = 20  # accounts being looked at; the lines that read are 64
LONGEST_LOOK_S: Final = 10.0


class Pictures:
    """`wanted` and `taken` are set by the app. `run_once` is called every second, though some turns go on.

    So whom the exchange keeps waiting delays nobody else.
    """

    def __init__(
        self,
        database: Database,
        sessions: AccountSessions,
        keys: KeyTroubles,
        *,
        now_ms: Callable[[], int],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._keys = keys
        self._now_ms = now_ms
        self._monotonic = monotonic
        self._due_s: dict[int, float] = {}  # when each account is looked at again
        self._looking: set[int] = set()
        self.wanted: Callable[[], Collection[int]] = tuple
        self.taken: Callable[[int, AccountPicture], None] = lambda account_id, picture: None

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
        now_s, wanted = self._monotonic(), self.wanted()
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
            line = await self._sessions.look(account.user_id, account.id)
            at_ms = self._now_ms()
            async with asyncio.timeout(LONGEST_LOOK_S):
                margin, positions = await asyncio.gather(line.collateral(), line.positions())
        except Unauthorised:
            self._keys.met(account, Trouble.KEY)
        except (BackpackError, VaultError, TimeoutError) as error:
            _log.warning("no picture of account %s: %s", account.id, error)
        else:
            self._keys.over(account, Trouble.KEY)
            read = {symbol: one for symbol, one in positions.items() if one.is_read}
            picture = AccountPicture(at_ms, margin.net_equity, margin.net_exposure_futures, read)
            self.taken(account.id, picture)
        finally:
            self._looking.discard(account.id)
