"""Linking an exchange key to a person: made here or pasted, then proven by signed requests.

The vault keeps the secret; this module only learns whether the exchange accepts it and what it may do.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.refusal import Refusal, RefusalCode
from bot.exchange.backpack import AccountClient, BackpackError, Rejected, Unauthorised
from bot.kernel.events import Events
from bot.kernel.storage import Database, audit
from bot.people import accounts, users
from bot.people.events import ALERTS, AccountUnlinked, PersonForgotten
from bot.people.tables import Account, KeyState
from bot.trading.account_clients import AccountClients
from bot.trading.events import AccountProven
from bot.trading.storage import orders
from bot.trading.tracking.reconciler import Reconciler
from bot.vault import NewAccount, Vault

_log = logging.getLogger(__name__)

# An order id no account has: cancelling it tells a trading key from a read-only one and can do no harm.
_NO_SUCH_CLIENT_ID: Final = 4_294_967_295
_PROBE_SYMBOL: Final = "SOL_USDC"
MAX_ACCOUNTS: Final = 20
SETTLE_S: Final = 4.0  # how long whoever parts from a key waits for what is in doubt with it


class NotYet(StrEnum):
    """Why a key could not be verified now."""

    NOT_ACCEPTED = "unknown-key"  # the exchange does not know the key (yet)
    UNREACHABLE = "unreachable"  # no answer: try again


@dataclass(frozen=True, slots=True)
class Linked:
    account: Account
    read_only: bool


@dataclass(frozen=True, slots=True)
class InDoubt:
    """`orders` sent with a key have no answer yet: without it nobody could find out what became of them."""

    orders: int


@dataclass(frozen=True, slots=True)
class Parted:
    """The key is gone; `orders` of its account rest at the exchange, where nobody here watches them.

    `alerts` ended with it.
    """

    orders: int
    alerts: int = 0


class Linking:
    """Accounts of a user: make, prove, list, unlink, forget."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        clients: AccountClients,
        reconciler: Reconciler,
        events: Events,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._database = database
        self._vault = vault
        self._clients = clients
        self._reconciler = reconciler
        self._clock = clock
        self._events = events

    async def generate(self, user_id: int, label: str | None = None) -> NewAccount | Refusal:
        """A new key pair; a pair still waiting under the same label is handed out again."""
        name = label or await self._free_label(user_id)
        async with self._database.read() as session:
            known = await accounts.of_user(session, user_id)
        pending = next((a for a in known if a.state is KeyState.PENDING), None)
        if pending is not None and label in (None, pending.label):
            return NewAccount(pending.id, pending.public_key)
        if len(known) >= MAX_ACCOUNTS:
            return Refusal(RefusalCode.UNSUPPORTED, {"feature": "more-accounts"})
        return await self._vault.generate(user_id, name)

    async def paste(self, user_id: int, texts: Sequence[str], label: str | None = None) -> NewAccount:
        """Seal the secret among what was pasted. Raises the vault's errors, none of which contains it."""
        return await self._vault.import_pasted(user_id, label or await self._free_label(user_id), texts)

    async def verify(self, user_id: int, account_id: int) -> Linked | NotYet | Refusal:
        """Prove the key by a signed read, then find out whether it may trade."""
        line = await self._clients.get(user_id, account_id)
        try:
            await line.summary()
            read_only = await self._is_read_only(line)
        except Unauthorised:
            return NotYet.NOT_ACCEPTED
        except BackpackError as error:
            _log.warning("could not verify account %s: %s", account_id, error)
            return NotYet.UNREACHABLE
        state = KeyState.READ_ONLY if read_only else KeyState.ACTIVE
        async with self._database.write() as session:
            account = await accounts.verified(session, user_id, account_id, state, self._clock())
            if account is None:
                return Refusal(RefusalCode.NO_ACCOUNT)
            await audit.append(
                session, self._clock(), user_id, "link", {"account": account_id, "state": state}
            )
        self._events.tell(AccountProven(account))
        return Linked(account, read_only)

    async def _is_read_only(self, line: AccountClient) -> bool:
        try:
            await line.cancel(_PROBE_SYMBOL, client_id=_NO_SUCH_CLIENT_ID)
        except Unauthorised:
            return True
        except Rejected as error:
            return error.code == "FORBIDDEN" or error.status in {401, 403}
        return False

    async def list(self, user_id: int) -> tuple[Sequence[Account], Account | None]:
        """The user's accounts and the one orders go to by default."""
        async with self._database.read() as session:
            return await accounts.of_user(session, user_id), await accounts.default(session, user_id)

    async def choose(self, user_id: int, label: str | None) -> Account | Refusal:
        """The account a line means: by label, else the default."""
        async with self._database.read() as session:
            if label is not None:
                named = await accounts.by_label(session, user_id, label)
                known = named is not None and named.state is not KeyState.PENDING
                return named if named and known else Refusal(RefusalCode.UNKNOWN_ACCOUNT, {"label": label})
            return await accounts.default(session, user_id) or Refusal(RefusalCode.NO_ACCOUNT)

    async def get(self, user_id: int, account_id: int) -> Account | None:
        """The user's account by id, if it is still linked."""
        async with self._database.read() as session:
            return await accounts.get(session, user_id, account_id)

    async def set_default(self, user_id: int, account_id: int) -> None:
        async with self._database.write() as session:
            if await accounts.get(session, user_id, account_id) is not None:
                await users.change_settings(session, user_id, default_account_id=account_id)

    async def unlink(self, user_id: int, account_id: int, *, anyway: bool = False) -> Parted | InDoubt | None:
        """Destroy one sealed secret. None when it was not this user's.

        What is in doubt with it is looked up first; what stays so stops the act, unless it is `anyway`: then
        the user is told of each order that its outcome will not be known here.
        """
        async with self._database.read() as session:
            account = await accounts.get(session, user_id, account_id)
            default = await accounts.default(session, user_id)
        if account is None:
            return None
        doubtful = await self._settle(user_id, account_id)
        if doubtful and not anyway:
            return InDoubt(doubtful)
        left = await self._reconciler.give_up(user_id, account_id)
        ending = AccountUnlinked(account, default is not None and default.id == account_id)

        async def also(session: AsyncSession) -> None:
            await self._events.write(session, ending)

        gone = await self._vault.unlink(user_id, account_id, also)
        self._clients.drop(user_id, account_id)
        if gone:
            await ending.committed()
        return Parted(left, ending.ended[ALERTS]) if gone else None

    async def forget(self, user_id: int) -> None:
        """Destroy the user's data key and everything sealed by it, at once whatever is in doubt.

        What the last look-up does not settle is told to the user while we still know where.
        """
        await self._settle(user_id)
        await self._reconciler.give_up(user_id)
        async with self._database.read() as session:
            known = await accounts.of_user(session, user_id)
        ending = PersonForgotten(user_id, tuple(account.id for account in known))

        async def also(session: AsyncSession) -> None:
            await self._events.write(session, ending)

        await self._vault.forget(user_id, also)
        self._clients.drop(user_id)
        await ending.committed()

    async def _settle(self, user_id: int, account_id: int | None = None) -> int:
        """Look up what is in doubt, for a moment; returns how many orders still are."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                return await self._reconciler.settle(user_id, account_id)
        async with self._database.read() as session:
            return len(await orders.in_doubt(session, account_id, user_id))

    async def _free_label(self, user_id: int) -> str:
        async with self._database.read() as session:
            taken = {account.label.casefold() for account in await accounts.of_user(session, user_id)}
        names = ("main", *(f"account{number}" for number in range(2, MAX_ACCOUNTS + 2)))
        return next(name for name in names if name not in taken)
