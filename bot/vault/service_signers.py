"""Keys of the bot's own, such as the one that signs statements: made once, sealed under the master key."""

from __future__ import annotations

import base64
import contextlib
from collections import Counter
from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncSession

from bot.kernel.storage import Database, audit
from bot.vault import service_keys, sodium
from bot.vault.errors import MasterKeyError, Unopenable
from bot.vault.masters import MasterKeys
from bot.vault.signer import SealedService, ServiceSigner, service_data
from bot.vault.sodium import SEED_BYTES, Sealed, SecretBuffer
from bot.vault.tables import ServiceKey


class ServiceKeys:
    """The vault's part for them."""

    def __init__(
        self, database: Database, masters: MasterKeys, opens: Counter[str], *, clock: Callable[[], int]
    ) -> None:
        self._database = database
        self._masters = masters
        self._opens = opens
        self._clock = clock

    async def signer(self, purpose: str) -> ServiceSigner:
        """The signer for `purpose`; its key is made the first time. Raises MasterKeyError, Unopenable."""
        async with self._database.read() as session:
            row = await service_keys.get(session, purpose)
        if row is None:
            row = await self._make(purpose)
        sealed = _sealed(row)
        self._know(sealed.master_version)
        with sealed.open(self._masters):
            pass  # a row that does not open is found now, not at the first signature
        return ServiceSigner(sealed, self._masters, self._opens)

    async def _make(self, purpose: str) -> ServiceKey:
        """A fresh key, unless another process makes one meanwhile."""
        self._masters.refresh()
        with SecretBuffer.random(SEED_BYTES) as seed:
            public_key = base64.b64encode(sodium.public_key(seed)).decode()
            fresh = self._seal(purpose, public_key, seed, self._masters.current)
        async with self._database.write() as session:
            if await service_keys.insert(session, fresh) is not None:
                await self._audit(session, "vault.service-key", purpose=purpose, public_key=public_key)
            kept = await service_keys.get(session, purpose)
        if kept is None:
            raise Unopenable("a key of the bot vanished while it was made")
        return kept

    async def reseal(self, target: int) -> tuple[str, ...]:
        """Seal every key under master key `target`; the purposes of those that stay under another."""
        async with self._database.read() as session:
            rows = await service_keys.not_under(session, target)
        for row in rows:
            with contextlib.suppress(Unopenable, MasterKeyError):
                await self._move(row, target)
        async with self._database.read() as session:
            return tuple(row.purpose for row in await service_keys.not_under(session, target))

    async def unusable(self) -> set[int]:
        """Master keys that are missing, or not the key a row needs."""
        async with self._database.read() as session:
            rows = await service_keys.every(session)
        found = set()
        for row in rows:
            try:
                _sealed(row).open(self._masters).wipe()
            except (MasterKeyError, Unopenable):
                found.add(row.master_version)
        return found

    async def _move(self, row: ServiceKey, target: int) -> None:
        sealed = _sealed(row)
        self._know(sealed.master_version)
        with sealed.open(self._masters) as seed:
            fresh = self._seal(row.purpose, row.public_key, seed, target)
        async with self._database.write() as session:
            await service_keys.reseal(session, row, fresh)

    def _seal(self, purpose: str, public_key: str, seed: SecretBuffer, version: int) -> ServiceKey:
        place = service_data(purpose, version, public_key)
        sealed = sodium.seal(seed, self._masters.key(version), place)
        return ServiceKey(
            purpose=purpose,
            public_key=public_key,
            sealed=sealed.ciphertext,
            nonce=sealed.nonce,
            master_version=version,
            created_ms=self._clock(),
        )

    def _know(self, version: int) -> None:
        if version not in self._masters.versions:
            self._masters.refresh()

    async def _audit(self, session: AsyncSession, action: str, **detail: str) -> None:
        await audit.append(session, self._clock(), None, action, detail)


def _sealed(row: ServiceKey) -> SealedService:
    return SealedService(row.purpose, row.public_key, row.master_version, Sealed(row.sealed, row.nonce))
