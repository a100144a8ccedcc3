"""Per-user keys: the only package in which a secret exists; it hands out signers, never secrets."""

from bot.vault.errors import (
    AlreadyLinked,
    MasterKeyError,
    SecretProblem,
    SecretRefused,
    SignerRevoked,
    Unopenable,
    VaultError,
)
from bot.vault.masters import MasterKeys, add_master_key
from bot.vault.signer import AccountSigner, ServiceSigner
from bot.vault.vault import NewAccount, RotationProgress, Vault, VaultHealth

__all__ = [
    "AccountSigner",
    "AlreadyLinked",
    "MasterKeyError",
    "MasterKeys",
    "NewAccount",
    "RotationProgress",
    "SecretProblem",
    "SecretRefused",
    "ServiceSigner",
    "SignerRevoked",
    "Unopenable",
    "Vault",
    "VaultError",
    "VaultHealth",
    "add_master_key",
]
