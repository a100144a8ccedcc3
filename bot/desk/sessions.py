"""A signed line to the exchange for each account in use, opened once and closed when the key goes."""

from __future__ import annotations

from bot.backpack import AccountClient, BackpackClient
from bot.vault import Vault, VaultError


class AccountSessions:
    """Hands out `AccountClient`s; the signer inside is the vault's and dies with the key."""

    def __init__(self, vault: Vault, client: BackpackClient) -> None:
        self._vault = vault
        self._client = client
        self._open: dict[tuple[int, int], AccountClient] = {}

    async def get(self, user_id: int, account_id: int) -> AccountClient:
        """The line of one account. Raises the vault's errors when the key cannot be opened, or is gone."""
        key = (user_id, account_id)
        try:
            signer = await self._vault.signer(user_id, account_id, "trade")
        except VaultError:
            self.drop(user_id, account_id)
            raise
        if key not in self._open:
            self._open[key] = self._client.account(signer)
        return self._open[key]

    async def ready(self, user_id: int, account_id: int) -> AccountClient:
        """As `get`, but nobody asks whether an open line's key is still there: the claim of a ticket does."""
        return self._open.get((user_id, account_id)) or await self.get(user_id, account_id)

    def drop(self, user_id: int, account_id: int | None = None) -> None:
        """Close the line of one account, or of all of a user's."""
        for key in [k for k in self._open if k[0] == user_id and account_id in (None, k[1])]:
            del self._open[key]
