"""A signed line to the exchange for each account in use, opened once and closed when the key goes."""

from __future__ import annotations

from bot.exchange.backpack import AccountClient, BackpackClient
from bot.vault import Vault, VaultError


class AccountClients:
    """Hands out `AccountClient`s; the signer inside is the vault's and dies with the key."""

    def __init__(self, vault: Vault, client: BackpackClient) -> None:
        self._vault = vault
        self._client = client
        self._open: dict[tuple[int, int], AccountClient] = {}  # for a person's acts
        self._looking: dict[tuple[int, int], AccountClient] = {}

    async def get(self, user_id: int, account_id: int) -> AccountClient:
        """The line of one account. Raises the vault's errors when the key cannot be opened, or is gone."""
        return await self._line(self._open, user_id, account_id, "trade")

    async def look(self, user_id: int, account_id: int) -> AccountClient:
        """As `get`, for what the bot reads by itself: its opening is counted, and is no row of the audit."""
        return await self._line(self._looking, user_id, account_id, "look")

    async def _line(
        self, lines: dict[tuple[int, int], AccountClient], user_id: int, account_id: int, purpose: str
    ) -> AccountClient:
        key = (user_id, account_id)
        try:
            signer = await self._vault.signer(user_id, account_id, purpose)
        except VaultError:
            self.drop(user_id, account_id)
            raise
        if key not in lines:
            lines[key] = self._client.account(signer)
        return lines[key]

    async def ready(self, user_id: int, account_id: int) -> AccountClient:
        """As `get`, but nobody asks whether an open line's key is still there: the claim of a ticket does."""
        return self._open.get((user_id, account_id)) or await self.get(user_id, account_id)

    def drop(self, user_id: int, account_id: int | None = None) -> None:
        """Close the line of one account, or of all of a user's."""
        for lines in (self._open, self._looking):
            for key in [k for k in lines if k[0] == user_id and account_id in (None, k[1])]:
                del lines[key]
