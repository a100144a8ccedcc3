"""Keys that others can read, replace or guess are refused by every command, with the mend."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.kernel.storage.engines import BadDatabaseUrl, secure_file
from bot.vault import MasterKeyError, MasterKeys, add_master_key
from tests.journeys.test_command_line import GOOD
from tests.support.command_line import rucksack

COMMANDS = (("run",), ("doctor",), ("vault", "rotate"))
KEY = base64.b64encode(os.urandom(32)).decode()


def _refused(folder: Path, *words: str, **settings: str) -> None:
    """By every command, in one sentence and without the key."""
    for command in COMMANDS:
        done = rucksack(folder, *command, **(GOOD | settings))
        assert done.returncode == 2, (command, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        for word in words:
            assert word in done.stderr, command
        assert KEY[:16] not in done.stderr


def test_an_env_file_others_may_read_is_no_place_for_a_master_key(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text(f"# mine\nexport VAULT_MASTER_KEY='{KEY}'\n")
    env.chmod(0o644)
    _refused(tmp_path, "VAULT_MASTER_KEY", ".env", "chmod 600 .env")


@given(st.binary(min_size=1, max_size=16))
def test_bytes_that_repeat_are_no_master_key(piece: bytes) -> None:
    raw = (piece * 32)[:32]
    with pytest.raises(MasterKeyError, match="not random"):
        MasterKeys.parse(base64.b64encode(raw).decode())


@pytest.mark.parametrize(
    "raw",
    [
        *(bytes(32), b"\xff" * 32, bytes(range(32)), bytes(range(255, 223, -1)), bytes(range(0, 96, 3))),
        *(
            b"correct horse battery staple 123",
            b"0123456789abcdef0123456789abcdef",
            b"changemechangemechangemechangeme",
        ),
    ],
)
def test_a_key_that_can_be_guessed_is_refused(raw: bytes, tmp_path: Path) -> None:
    text = base64.b64encode(raw).decode()
    for given_text in (text, f"v1:{text}", f"v2:{KEY},v1:{text}", base64.urlsafe_b64encode(raw).decode()):
        with pytest.raises(MasterKeyError, match="not random"):
            MasterKeys.parse(given_text)
    file = tmp_path / "keys"
    file.write_text(f"v1:{text}\n")
    file.chmod(0o600)
    with pytest.raises(MasterKeyError, match="not random"):
        MasterKeys.from_file(file)


def test_random_keys_are_taken() -> None:
    for _ in range(2_000):
        assert MasterKeys.parse(base64.b64encode(os.urandom(32)).decode()).versions == (1,)


def test_every_command_refuses_an_all_zero_key(tmp_path: Path) -> None:
    _refused(
        tmp_path,
        "VAULT_MASTER_KEY: master key 1 is not random",
        VAULT_MASTER_KEY=base64.b64encode(bytes(32)).decode(),
    )


@pytest.mark.parametrize("where", ["folder", "above", "link", "target"])
def test_a_key_file_that_others_could_replace_is_refused(where: str, tmp_path: Path) -> None:
    open_folder, shut = tmp_path / "open", tmp_path / "shut"
    inner = open_folder / "inner"
    for folder in (open_folder, shut, inner):
        folder.mkdir(mode=0o700)
    real = {"folder": open_folder, "above": inner, "link": shut, "target": inner}[where] / "keys"
    add_master_key(real)
    file = real
    if where == "link":  # the file is safe, the link to it is not
        file = open_folder / "link"
        file.symlink_to(real)
    elif where == "target":
        file = shut / "link"
        file.symlink_to(real)
    assert MasterKeys.from_file(file).versions == (1,)
    open_folder.chmod(0o777)
    with pytest.raises(MasterKeyError, match=r"others may replace it in .*open: run `chmod o-w"):
        MasterKeys.from_file(file)
    with pytest.raises(MasterKeyError, match="others may replace it"):
        add_master_key(open_folder / "new")
    open_folder.chmod(0o1777)  # as /tmp is: nobody takes away another's file
    assert MasterKeys.from_file(file).versions == (1,)


def test_the_command_names_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    add_master_key(folder / "keys")
    folder.chmod(0o777)
    _refused(
        tmp_path,
        "VAULT_MASTER_KEY_FILE: others may replace it",
        "chmod o-w",
        VAULT_MASTER_KEY_FILE=str(folder / "keys"),
    )


def test_an_sqlite_file_is_made_private_with_all_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "desk.sqlite3"
    for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(0o644)
    secure_file(file)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    tmp_path.chmod(0o777)
    with pytest.raises(BadDatabaseUrl, match="others may replace it"):
        secure_file(file)
    tmp_path.chmod(0o700)


@pytest.mark.parametrize("secret", ["a" * 16, "ab" * 20, "0123401234012340", "secretsecretsecret"])
def test_a_webhook_secret_that_can_be_guessed_is_refused(secret: str, tmp_path: Path) -> None:
    done = rucksack(tmp_path, "run", **GOOD, VAULT_MASTER_KEY=KEY, TELEGRAM_WEBHOOK_SECRET=secret)
    assert done.returncode == 2
    assert "TELEGRAM_WEBHOOK_SECRET" in done.stderr
    assert secret not in done.stderr
