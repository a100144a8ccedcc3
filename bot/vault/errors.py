"""What can go wrong in the vault, by what the caller can do about it. No message ever holds a secret.

VaultError
├── MasterKeyError      the operator mends it: a key file, its mode, a missing version
├── SecretRefused       the user mends it: `problem` says what is wrong with what was pasted
├── AlreadyLinked       the user mends it: `field` is `label` or `public_key`
├── SignerRevoked       the account was unlinked, or its user forgotten
└── Unopenable          the row was tampered with, moved, or sealed under another key of the same version
"""

from __future__ import annotations

from enum import StrEnum


class VaultError(Exception):
    """Base of all."""


class MasterKeyError(VaultError):
    """A master key is missing or malformed; the message names the mend."""


class SecretProblem(StrEnum):
    NOT_BASE64 = "not-base64"
    WRONG_LENGTH = "wrong-length"  # neither 32 nor 64 bytes
    HALVES_DIFFER = "halves-differ"  # 64 bytes whose second half is not the first half's public key
    IS_PUBLIC_KEY = "is-public-key"  # the API key was pasted where its secret belongs
    KEY_MISMATCH = "key-mismatch"  # the secret does not belong to the API key


class SecretRefused(VaultError):
    """What was pasted is not the secret of an API key."""

    def __init__(self, problem: SecretProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


class AlreadyLinked(VaultError):
    """This user already has a linked account with this label or this public key."""

    def __init__(self, field: str) -> None:
        super().__init__(f"an account with this {field} is linked already")
        self.field = field


class SignerRevoked(VaultError):
    """There is nothing to sign with: unlinked, forgotten, or never this user's."""


class Unopenable(VaultError):
    """Authentication failed: not the bytes, the key or the place they were sealed for."""
