"""The bot's own keys: made once, opened for one purpose only, carried along by a rotation."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from pathlib import Path

import pytest
from nacl.signing import VerifyKey
from sqlalchemy import text

from bot.kernel.storage import Database, audit
from bot.vault import MasterKeyError, MasterKeys, Unopenable, Vault, add_master_key
from tests.vault.conftest import at_now
from tests.vault.test_rotation import only_newest, rotate

MESSAGE = b"statement"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "master.key"
    add_master_key(path)
    return path


async def sign(vault: Vault, purpose: str = "statements") -> str:
    """The public key that made a good signature."""
    signer = await vault.service_signer(purpose)
    VerifyKey(base64.b64decode(signer.public_key)).verify(MESSAGE, signer.sign(MESSAGE))
    return signer.public_key


async def test_twenty_first_uses_make_one_key_for_each_purpose(database: Database, key_file: Path) -> None:
    vaults = [Vault(database, MasterKeys.from_file(key_file), clock=at_now) for _ in range(20)]
    assert len(set(await asyncio.gather(*map(sign, vaults)))) == 1
    assert await sign(vaults[0], "other") != await sign(vaults[1])
    async with database.read() as session:
        assert (await audit.verify(session)).intact


async def test_a_rotation_carries_the_bots_keys_along(
    database: Database, key_file: Path, tmp_path: Path
) -> None:
    vault = Vault(database, MasterKeys.from_file(key_file), clock=at_now)
    public_key = await sign(vault)
    add_master_key(key_file)
    report = (await rotate(vault))[-1]
    assert (report.left, report.services) == (0, ())
    newest = Vault(database, only_newest(key_file, tmp_path), clock=at_now)
    assert await sign(newest) == await sign(vault) == public_key
    assert (await newest.health()).unusable == ()


@pytest.mark.parametrize("change", ["nonce = :bytes", "purpose = 'other'", "public_key = 'AAAA'"])
async def test_a_row_that_was_changed_or_moved_does_not_open(
    database: Database, key_file: Path, change: str
) -> None:
    vault = Vault(database, MasterKeys.from_file(key_file), clock=at_now)
    await sign(vault)
    async with database.write() as session:
        changed = text(f"UPDATE service_key SET {change}")
        await session.execute(changed, {"bytes": bytes(24)} if ":bytes" in change else {})
    with pytest.raises(Unopenable):
        await sign(vault, "other" if "purpose" in change else "statements")
    add_master_key(key_file)
    report = (await rotate(vault))[-1]
    assert (report.left, len(report.services)) == (1, 1)
    assert (await vault.health()).unusable == (1,)


async def test_without_its_master_key_nothing_is_signed(database: Database, key_file: Path) -> None:
    await sign(Vault(database, MasterKeys.from_file(key_file), clock=at_now))
    other = MasterKeys.parse(f"v7:{base64.b64encode(hashlib.sha256(b'other').digest()).decode()}")
    with pytest.raises(MasterKeyError, match="v1 is missing"):
        await sign(Vault(database, other, clock=at_now))
