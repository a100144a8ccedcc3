"""What the vault signs, another library verifies: libsodium and OpenSSL share no code."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bot.kernel.storage import Database
from bot.people import users
from bot.vault import MasterKeys, Vault

USER = 77
MESSAGE = b"instruction=accountQuery&timestamp=1790000000000&window=5000"


async def test_a_generated_key_signs_what_another_library_verifies(database: Database) -> None:
    vault = Vault(database, MasterKeys.generate(), clock=lambda: 1)
    async with database.write() as session:
        await users.get_or_create(session, USER, 1)
    made = await vault.generate(USER, "main")
    signer = await vault.signer(USER, made.account_id, "test")
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(made.public_key))
    key.verify(signer.sign(MESSAGE), MESSAGE)


async def test_a_key_made_by_backpacks_own_recipe_can_be_pasted(database: Database) -> None:
    """The one-liner of the exchange's documentation makes the pair with this very library."""
    pair = Ed25519PrivateKey.generate()
    vault = Vault(database, MasterKeys.generate(), clock=lambda: 1)
    async with database.write() as session:
        await users.get_or_create(session, USER, 1)
    secret = base64.b64encode(pair.private_bytes_raw()).decode()
    made = await vault.import_secret(USER, "main", None, secret)
    assert base64.b64decode(made.public_key) == pair.public_key().public_bytes_raw()
    signer = await vault.signer(USER, made.account_id, "test")
    assert signer.sign(MESSAGE) == pair.sign(MESSAGE)
