"""What leaves the vault instead of a secret: a public key, and a `sign` that opens the seal for a moment."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bot.vault import sodium
from bot.vault.errors import SignerRevoked
from bot.vault.masters import MasterKeys
from bot.vault.sodium import Sealed, SecretBuffer, Unshareable


def wrap_data(user_id: int, version: int) -> bytes:
    """Associated data of a wrapped data key; see docs/vault.md."""
    return f"rucksack|v1|user:{user_id}|wrap|{version}".encode()


def seed_data(user_id: int, account_id: int, public_key: str) -> bytes:
    """Associated data of a sealed seed; see docs/vault.md."""
    return f"rucksack|v1|user:{user_id}|account:{account_id}|backpack-api-key|{public_key}".encode()


def service_data(purpose: str, version: int, public_key: str) -> bytes:
    """Associated data of a sealed service key; see docs/vault.md."""
    return f"rucksack|v1|service:{purpose}|seal|{version}|{public_key}".encode()


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A user's data key under one master key."""

    user_id: int
    master_version: int
    sealed: Sealed = field(repr=False)

    def open(self, masters: MasterKeys) -> SecretBuffer:
        """The data key; wipe it. Raises MasterKeyError, Unopenable."""
        master = masters.key(self.master_version)
        return sodium.open_sealed(self.sealed, master, wrap_data(self.user_id, self.master_version))


@dataclass(frozen=True, slots=True)
class SealedSeed:
    """All that is needed, with the master key, to sign for one account. Ciphertext only."""

    account_id: int
    public_key: str
    data_key: WrappedKey = field(repr=False)
    sealed: Sealed = field(repr=False)

    def open(self, masters: MasterKeys) -> SecretBuffer:
        """The seed; wipe it. Raises MasterKeyError, Unopenable."""
        with self.data_key.open(masters) as data_key:
            place = seed_data(self.data_key.user_id, self.account_id, self.public_key)
            return sodium.open_sealed(self.sealed, data_key, place)


class AccountSigner(Unshareable):
    """Signs for one account and one purpose until the account is unlinked or its user forgotten."""

    __slots__ = ("__weakref__", "_masters", "_opens", "_seed", "account_id", "public_key", "purpose")

    def __init__(self, seed: SealedSeed, masters: MasterKeys, purpose: str, opens: Counter[str]) -> None:
        self.account_id = seed.account_id
        self.public_key = seed.public_key
        self.purpose = purpose
        self._seed: SealedSeed | None = seed
        self._masters = masters
        self._opens = opens

    def sign(self, message: bytes) -> bytes:
        """The 64-byte Ed25519 signature of `message`. Raises SignerRevoked after unlink or forget."""
        if self._seed is None:
            raise SignerRevoked(f"account {self.account_id} is no longer linked")
        self._opens[self.purpose] += 1
        with self._seed.open(self._masters) as seed:
            return sodium.sign(seed, message)

    def revoke(self) -> None:
        """Drop the ciphertext; every later `sign` raises SignerRevoked."""
        self._seed = None

    def __repr__(self) -> str:
        return f"<signer of account {self.account_id} for {self.purpose}>"


@dataclass(frozen=True, slots=True)
class SealedService:
    """The seed of a key of the bot's own, under one master key. Ciphertext only."""

    purpose: str
    public_key: str
    master_version: int
    sealed: Sealed = field(repr=False)

    def open(self, masters: MasterKeys) -> SecretBuffer:
        """The seed; wipe it. Raises MasterKeyError, Unopenable."""
        place = service_data(self.purpose, self.master_version, self.public_key)
        return sodium.open_sealed(self.sealed, masters.key(self.master_version), place)


class ServiceSigner(Unshareable):
    """Signs for the bot itself, for one purpose. `public_key` is base64."""

    __slots__ = ("__weakref__", "_masters", "_opens", "_seed", "public_key", "purpose")

    def __init__(self, seed: SealedService, masters: MasterKeys, opens: Counter[str]) -> None:
        self.purpose = seed.purpose
        self.public_key = seed.public_key
        self._seed = seed
        self._masters = masters
        self._opens = opens

    def sign(self, message: bytes) -> bytes:
        """The 64-byte Ed25519 signature of `message`. Raises MasterKeyError, Unopenable."""
        self._opens[self.purpose] += 1
        with self._seed.open(self._masters) as seed:
            return sodium.sign(seed, message)

    def __repr__(self) -> str:
        return f"<signer of the bot for {self.purpose}>"
