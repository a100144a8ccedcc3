"""Rotation re-wraps every data key while the bot signs, survives being killed, and loses nothing."""

from __future__ import annotations

import asyncio
import base64
import subprocess
import sys
from pathlib import Path

import pytest
from nacl.signing import VerifyKey
from sqlalchemy import text

from bot.kernel.storage import Database, audit
from bot.vault import MasterKeyError, MasterKeys, NewAccount, RotationProgress, Vault, add_master_key
from tests.vault.conftest import at_now

MESSAGE = b"instruction=accountQuery"
USERS = range(1, 13)
CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "master.key"
    add_master_key(path)
    return path


async def link_all(vault: Vault) -> dict[int, NewAccount]:
    return {user: await vault.generate(user, "main") for user in USERS}


async def all_sign(vault: Vault, linked: dict[int, NewAccount]) -> bool:
    for user, account in linked.items():
        signature = (await vault.signer(user, account.account_id, "test")).sign(MESSAGE)
        VerifyKey(base64.b64decode(account.public_key)).verify(MESSAGE, signature)
    return True


async def rotate(vault: Vault, **options: int) -> list[RotationProgress]:
    return [progress async for progress in vault.rotate(**options)]


def only_newest(key_file: Path, folder: Path) -> MasterKeys:
    newest = folder / "newest.key"
    newest.write_text(key_file.read_text().splitlines()[0])
    newest.chmod(0o600)
    return MasterKeys.from_file(newest)


async def test_after_rotation_the_new_key_alone_opens_everything(
    database: Database, key_file: Path, tmp_path: Path
) -> None:
    vault = Vault(database, MasterKeys.from_file(key_file), clock=at_now)
    linked = await link_all(vault)
    add_master_key(key_file)
    reports = await rotate(vault, batch=5)
    assert [report.done for report in reports] == [5, 10, 12, 12]
    assert reports[-1] == RotationProgress(to=2, done=12, left=0)
    assert await all_sign(Vault(database, only_newest(key_file, tmp_path), clock=at_now), linked)
    async with database.read() as session:
        assert (await audit.verify(session)).intact


async def test_a_second_rotation_finds_nothing_to_do(database: Database, key_file: Path) -> None:
    vault = Vault(database, MasterKeys.from_file(key_file), clock=at_now)
    await link_all(vault)
    add_master_key(key_file)
    await rotate(vault)
    assert await rotate(vault) == [RotationProgress(to=2, done=0, left=0)]


async def test_signing_linking_and_forgetting_go_on_during_a_rotation(
    database: Database, database_url: str, key_file: Path, tmp_path: Path
) -> None:
    bot = Vault(database, MasterKeys.from_file(key_file), clock=at_now)
    linked = await link_all(bot)
    add_master_key(key_file)
    console_database = Database.open(database_url)
    console = Vault(console_database, MasterKeys.from_file(key_file), clock=at_now)
    newcomers: dict[int, NewAccount] = {}

    async def live() -> None:
        for user in USERS:
            assert await all_sign(bot, {user: linked[user]})
            newcomers[user + 100] = await bot.generate(user + 100, "main")
            if user % 4 == 0:
                await bot.forget(user)
                del linked[user]

    await asyncio.gather(rotate(console, batch=2), live())
    await console_database.close()
    assert await all_sign(bot, linked | newcomers)
    assert await all_sign(Vault(database, only_newest(key_file, tmp_path), clock=at_now), linked | newcomers)


async def test_a_running_bot_opens_what_another_process_rotated(database: Database, key_file: Path) -> None:
    bot = Vault(database, MasterKeys.from_file(key_file), clock=at_now)
    linked = await link_all(bot)
    add_master_key(key_file)
    await rotate(Vault(database, MasterKeys.from_file(key_file), clock=at_now))
    assert await all_sign(bot, linked)


async def test_a_broken_row_is_named_and_stops_nobody_else(database: Database, key_file: Path) -> None:
    vault = Vault(database, MasterKeys.from_file(key_file), clock=at_now)
    await link_all(vault)
    async with database.write() as session:
        await session.execute(text("UPDATE data_key SET nonce = :n WHERE user_id = 3"), {"n": bytes(24)})
    add_master_key(key_file)
    assert (await rotate(vault))[-1] == RotationProgress(to=2, done=11, left=1, broken=(3,))


async def test_rotation_to_a_version_not_at_hand_changes_nothing(database: Database, key_file: Path) -> None:
    vault = Vault(database, MasterKeys.from_file(key_file), clock=at_now)
    linked = await link_all(vault)
    with pytest.raises(MasterKeyError, match="v9 is missing"):
        await rotate(vault, to=9)
    assert await all_sign(vault, linked)


KILLED_ROTATION = """
import asyncio, sys
from bot.kernel.storage import Database
from bot.vault import MasterKeys, Vault

async def main(url, key_file, stop_after):
    vault = Vault(Database.open(url), MasterKeys.from_file(key_file), clock=lambda: 0)
    async for progress in vault.rotate(batch=1):
        if progress.done >= stop_after:
            print("here", flush=True)
            await asyncio.sleep(60) if stop_after % 2 else None

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


@pytest.mark.parametrize("stop_after", [3, 6])
async def test_a_rotation_killed_in_the_middle_is_resumed(
    database: Database, database_url: str, key_file: Path, tmp_path: Path, stop_after: int
) -> None:
    vault = Vault(database, MasterKeys.from_file(key_file), clock=at_now)
    linked = await link_all(vault)
    add_master_key(key_file)
    command = [sys.executable, "-c", KILLED_ROTATION, database_url, str(key_file), str(stop_after)]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, cwd=CHECKOUT)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"here\n"
    process.kill()  # odd: between two keys; even: wherever it happens to be
    await process.communicate()
    assert await all_sign(Vault(database, MasterKeys.from_file(key_file), clock=at_now), linked)
    last = (await rotate(vault))[-1]
    assert (last.left, last.broken) == (0, ())
    assert last.done <= len(USERS) - stop_after
    assert await all_sign(Vault(database, only_newest(key_file, tmp_path), clock=at_now), linked)
