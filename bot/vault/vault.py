"""The one place where secrets are made, sealed, opened and destroyed. The format is docs/vault.md.

Everything here happens in one transaction or not at all, and only signers and public keys come out.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.kernel.storage import Database, audit, erasure
from bot.people import accounts, users
from bot.people.tables import Account, AccountOrigin, KeyState
from bot.vault import sealed_keys, sodium
from bot.vault.errors import (
    AlreadyLinked,
    MasterKeyError,
    SecretProblem,
    SecretRefused,
    SignerRevoked,
    Unopenable,
)
from bot.vault.masters import MasterKeys
from bot.vault.sealed_text import Notes
from bot.vault.secret import public_keys, read_pasted, read_secret
from bot.vault.service_signers import ServiceKeys
from bot.vault.signer import AccountSigner, SealedSeed, ServiceSigner, WrappedKey, seed_data, wrap_data
from bot.vault.sodium import KEY_BYTES, SEED_BYTES, Sealed, SecretBuffer, Unshareable
from bot.vault.tables import DataKey

_SEED_TEXT = 44  # characters of a seed in base64; whatever is longer and is one carries its public key

Clock = Callable[[], int]  # unix milliseconds
Also = Callable[[AsyncSession], Awaitable[None]]
# What the bot does by itself for every account at its start, and what can change nothing.
LOOKING: Final = frozenset({"stream", "look"})


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A linked key, `pending` until the exchange has confirmed it. `public_key` is base64."""

    account_id: int
    public_key: str


@dataclass(frozen=True, slots=True)
class RotationProgress:
    """`done` re-wrapped in this run, `left` still under another key, `broken` users that do not open.

    `services`: purposes of the bot's own keys that are still under another.
    """

    to: int
    done: int
    left: int
    broken: tuple[int, ...] = ()
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VaultHealth:
    """`users_by_version` counts data keys; a version in `unusable` is missing, or not the key they need."""

    users_by_version: Mapping[int, int]
    unusable: tuple[int, ...]


class Vault(Unshareable):
    """Per-user keys. Signers, never secrets."""

    def __init__(self, database: Database, masters: MasterKeys, *, clock: Clock) -> None:
        self._database = database
        self._masters = masters
        self._clock = clock
        self._opens: Counter[str] = Counter()
        self.notes = Notes(masters)
        self._services = ServiceKeys(database, masters, self._opens, clock=clock)
        self._signers: dict[tuple[int, int, str], AccountSigner] = {}
        self._dead_accounts: set[int] = set()  # ids never come back

    @property
    def opens(self) -> Mapping[str, int]:
        """How often a seed was opened since the start, by purpose."""
        return MappingProxyType(self._opens)

    async def generate(self, user_id: int, label: str) -> NewAccount:
        """Make an Ed25519 pair whose secret never leaves. Raises AlreadyLinked, MasterKeyError."""
        with SecretBuffer.random(SEED_BYTES) as seed:
            return await self._link(user_id, label, seed, AccountOrigin.GENERATED)

    async def import_pasted(self, user_id: int, label: str, texts: Sequence[str]) -> NewAccount:
        """Seal the secret among what was pasted: each base64 of a seed, of seed ‖ public key, or of a key.

        Of several it is the one that goes with another of them. Raises as `import_secret`.
        """
        return await self._import(user_id, label, read_pasted(texts))

    async def import_secret(self, user_id: int, label: str, api_key: str | None, secret: str) -> NewAccount:
        """Seal a pasted secret: base64 of the 32-byte seed or of seed ‖ public key.

        Raises SecretRefused (`problem` says what is wrong), AlreadyLinked, MasterKeyError. The caller deletes
        the message it came in.
        """
        seed = read_secret(secret, api_key)
        del secret  # a traceback with locals must not show it
        return await self._import(user_id, label, seed)

    async def _import(self, user_id: int, label: str, seed: SecretBuffer | SecretProblem) -> NewAccount:
        if isinstance(seed, SecretProblem):
            raise SecretRefused(seed)
        with seed:
            return await self._link(user_id, label, seed, AccountOrigin.IMPORTED)

    async def opens_known_key(self, texts: Sequence[str]) -> bool:
        """Whether one of `texts` is the secret of a key that is linked here, or of another of them.

        A secret that carries its own public key is one whoever knows it.
        """
        public = public_keys(texts)
        if any(key in texts for key in public.values()) or any(len(text) > _SEED_TEXT for text in public):
            return True
        async with self._database.read() as session:
            return await accounts.is_known(session, set(public.values()))

    async def signer(self, user_id: int, account_id: int, purpose: str) -> AccountSigner:
        """The signer of this user's account, for one purpose; the same one when asked again.

        What only looks (`LOOKING`) is counted; any other purpose is a row of the audit as well. Another
        process may have unlinked the account: that is looked at every time.
        Raises SignerRevoked (unlinked, or not this user's), MasterKeyError, Unopenable.
        """
        found = self._signers.get((user_id, account_id, purpose))
        if found is not None:
            await self._still_linked(user_id, account_id)
            return found
        if purpose in LOOKING:
            async with self._database.read() as session:
                seed = await self._sealed_seed(session, user_id, account_id)
            self._try_open(seed, purpose)
        else:
            async with self._database.write() as session:
                seed = await self._sealed_seed(session, user_id, account_id)
                self._try_open(seed, purpose)
                await self._audit(session, user_id, "vault.signer", account=account_id, purpose=purpose)
        if account_id in self._dead_accounts:
            raise SignerRevoked(f"account {account_id} is no longer linked")
        fresh = AccountSigner(seed, self._masters, purpose, self._opens)
        return self._signers.setdefault((user_id, account_id, purpose), fresh)

    def _try_open(self, seed: SealedSeed, purpose: str) -> None:
        """A row that does not open is found now, not at the first order."""
        with self._open(seed, purpose):
            pass

    async def service_signer(self, purpose: str) -> ServiceSigner:
        """The signer of the bot's own key for `purpose`, made on first use.

        Raises MasterKeyError, Unopenable.
        """
        return await self._services.signer(purpose)

    async def _still_linked(self, user_id: int, account_id: int) -> None:
        async with self._database.read() as session:
            if await accounts.is_linked(session, user_id, account_id):
                return
        self._dead_accounts.add(account_id)
        self._revoke({account_id})
        raise SignerRevoked(f"account {account_id} is no longer linked")

    async def revoke_unlinked(self) -> set[int]:
        """Kill the signers of accounts that another process has unlinked; returns their ids."""
        known = {account_id for _, account_id, _ in self._signers}
        if not known:
            return set()
        async with self._database.read() as session:
            gone = known - await accounts.linked_among(session, known)
        self._dead_accounts |= gone
        self._revoke(gone)
        return gone

    async def unlink(self, user_id: int, account_id: int, also: Also | None = None) -> bool:
        """Destroy one sealed secret and kill its signers; False if there was none.

        What the account could still do ends in the same transaction, as does what `also` writes.
        """
        try:
            async with self._database.write() as session:
                unlinked = await accounts.unlink(session, user_id, account_id)
                if unlinked:
                    if also is not None:
                        await also(session)
                    await erasure.unlink(session, account_id, self._clock())
                    await self._audit(session, user_id, "account.unlink", account=account_id)
        except BaseException:
            self._revoke({account_id} if self._owns_signer(user_id, account_id) else set())
            raise
        if unlinked:
            self._dead_accounts.add(account_id)
            self._revoke({account_id})
            await self._database.scrub()
        return unlinked

    async def forget(self, user_id: int, also: Also | None = None) -> bool:
        """Destroy the user's data key and everything sealed by it; False if nobody was known.

        `also` is called before, in the same transaction.
        """
        try:
            async with self._database.write() as session:
                if also is not None:
                    await also(session)
                linked = {account.id for account in await accounts.of_user(session, user_id)}
                known = await users.forget(session, user_id, self._clock())
                if known:
                    await self._audit(session, user_id, "user.forget", accounts=len(linked))
        except BaseException:
            self._revoke({account for user, account, _ in self._signers if user == user_id})
            raise
        self._dead_accounts |= linked
        self._revoke(linked)
        await self._database.scrub()
        return known

    async def rotate(self, to: int | None = None, *, batch: int = 50) -> AsyncIterator[RotationProgress]:
        """Wrap every data key under master key `to` (the current one), telling the progress after each batch.

        The bot's own keys go first. Stopped anywhere it has lost nothing, and the next run goes on.
        Raises MasterKeyError.
        """
        self._masters.refresh()
        target = self._masters.current if to is None else to
        self._masters.key(target)
        services = await self._services.reseal(target)
        done, last, broken = 0, -1, []
        while True:
            async with self._database.read() as session:
                rows = await sealed_keys.not_under(session, target, after_user_id=last, limit=batch)
            for row in rows:
                last = row.user_id
                try:
                    done += await self._rewrap(row, target)
                except (Unopenable, MasterKeyError):
                    broken.append(row.user_id)
            async with self._database.read() as session:
                by_version = await sealed_keys.count_by_version(session)
            left = sum(number for version, number in by_version.items() if version != target) + len(services)
            if not rows:
                break
            yield RotationProgress(target, done, left, tuple(broken), services)
        async with self._database.write() as session:
            await self._audit(session, None, "vault.rotate", to=target, done=done, left=left)
        await self._database.scrub()
        yield RotationProgress(target, done, left, tuple(broken), services)

    async def health(self) -> VaultHealth:
        """Which master keys are in use, and whether each opens what it should: for `rucksack doctor`."""
        self._masters.refresh()
        unusable = []
        async with self._database.read() as session:
            by_version = await sealed_keys.count_by_version(session)
            for version in by_version:
                row = await sealed_keys.sample(session, version)
                try:
                    if row is not None:
                        _wrapped(row).open(self._masters).wipe()
                except (MasterKeyError, Unopenable):
                    unusable.append(version)
        return VaultHealth(by_version, tuple(sorted({*unusable, *await self._services.unusable()})))

    async def _link(self, user_id: int, label: str, seed: SecretBuffer, origin: AccountOrigin) -> NewAccount:
        public_key = base64.b64encode(sodium.public_key(seed)).decode()
        now_ms = self._clock()
        async with self._database.write() as session:
            await users.lock(session, user_id)
            await users.get_or_create(session, user_id, now_ms)
            if await accounts.by_label(session, user_id, label) is not None:
                raise AlreadyLinked("label")
            row = Account(
                user_id=user_id,
                label=label,
                public_key=public_key,
                state=KeyState.PENDING,
                origin=origin,
                created_ms=now_ms,
            )
            account = await sealed_keys.insert_account(session, row)
            if account is None:
                raise AlreadyLinked("public_key")
            with await self._data_key(session, user_id, now_ms) as data_key:
                sealed = sodium.seal(seed, data_key, seed_data(user_id, account.id, public_key))
            await sealed_keys.set_sealed(session, account.id, sealed.ciphertext, sealed.nonce)
            await self._audit(session, user_id, "account.link", account=account.id, origin=origin.value)
        return NewAccount(account.id, public_key)

    async def _data_key(self, session: AsyncSession, user_id: int, now_ms: int) -> SecretBuffer:
        row = await sealed_keys.data_key(session, user_id)
        if row is not None:
            return self._unwrap(_wrapped(row))
        self._masters.refresh()
        fresh = SecretBuffer.random(KEY_BYTES)
        await sealed_keys.insert_data_key(session, self._wrap(user_id, fresh, self._masters.current, now_ms))
        return fresh

    def _wrap(self, user_id: int, data_key: SecretBuffer, version: int, now_ms: int) -> DataKey:
        sealed = sodium.seal(data_key, self._masters.key(version), wrap_data(user_id, version))
        return DataKey(
            user_id=user_id,
            wrapped=sealed.ciphertext,
            nonce=sealed.nonce,
            master_version=version,
            created_ms=now_ms,
        )

    def _unwrap(self, wrapped: WrappedKey) -> SecretBuffer:
        if wrapped.master_version not in self._masters.versions:
            self._masters.refresh()
        return wrapped.open(self._masters)

    def _open(self, seed: SealedSeed, purpose: str) -> SecretBuffer:
        if seed.data_key.master_version not in self._masters.versions:
            self._masters.refresh()
        self._opens[purpose] += 1
        return seed.open(self._masters)

    async def _sealed_seed(self, session: AsyncSession, user_id: int, account_id: int) -> SealedSeed:
        account = await accounts.get(session, user_id, account_id)
        data_key = await sealed_keys.data_key(session, user_id)
        if account is None or data_key is None or account.sealed is None or account.nonce is None:
            raise SignerRevoked(f"account {account_id} is not linked")
        return SealedSeed(
            account_id, account.public_key, _wrapped(data_key), Sealed(account.sealed, account.nonce)
        )

    async def _rewrap(self, row: DataKey, target: int) -> bool:
        with self._unwrap(_wrapped(row)) as data_key:
            fresh = self._wrap(row.user_id, data_key, target, row.created_ms)
        async with self._database.write() as session:
            return await sealed_keys.rewrap(session, row, fresh)

    def _owns_signer(self, user_id: int, account_id: int) -> bool:
        return any((user, account) == (user_id, account_id) for user, account, _ in self._signers)

    def _revoke(self, account_ids: set[int]) -> None:
        for key in [key for key in self._signers if key[1] in account_ids]:
            self._signers.pop(key).revoke()

    async def _audit(
        self, session: AsyncSession, user_id: int | None, action: str, **detail: int | str
    ) -> None:
        await audit.append(session, self._clock(), user_id, action, detail)


def _wrapped(row: DataKey) -> WrappedKey:
    return WrappedKey(row.user_id, row.master_version, Sealed(row.wrapped, row.nonce))
