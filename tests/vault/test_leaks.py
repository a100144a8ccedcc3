"""Nothing the vault emits holds a secret: not files, logs, errors, tracebacks, representations or rows."""

from __future__ import annotations

import base64
import copy
import gc
import io
import logging
import pickle
import stat
import traceback
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
from nacl.signing import SigningKey
from sqlalchemy import text

from bot.kernel.storage import Database
from bot.vault import MasterKeys, SecretRefused, Vault, VaultError
from bot.vault.sodium import SecretBuffer
from tests.vault.conftest import at_now, locals_of_the_bot

ANN = 5_000_000_001
SEED = bytes.fromhex("9b4f3ac1d07e52886f10c2b7a95de3416c8803f1e2d97ab45f60911c27d83eaa")
PAIR = SigningKey(SEED)
API_KEY = base64.b64encode(bytes(PAIR.verify_key)).decode()
SECRET = base64.b64encode(SEED).decode()
MASTER = bytes.fromhex("17a09e5c44d2b8f3610e7c9a82f5d3b64e1908c7fa2b6d5340912e8c7fd0a6b3")


def encodings(secret: bytes) -> list[bytes]:
    plain = base64.b64encode(secret)
    return [
        secret,
        plain,
        plain.rstrip(b"="),
        base64.urlsafe_b64encode(secret),
        secret.hex().encode(),
        secret.hex().upper().encode(),
        urllib.parse.quote(plain.decode(), safe="").encode(),
        urllib.parse.quote_from_bytes(secret).encode(),
        repr(secret)[2:-1].encode(),
        repr(list(secret))[1:-1].encode(),
    ]


def assert_clean(emitted: bytes, *secrets: bytes) -> None:
    for secret in secrets:
        for form in encodings(secret):
            assert form not in emitted


def every_byte_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.fixture
def sqlite_file(tmp_path: Path, sqlite_template: Path) -> Path:
    """A migrated file that everybody may read."""
    path = tmp_path / "rucksack.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    path.chmod(0o644)
    return path


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything logged at DEBUG by anybody."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


def held_by(thing: object) -> list[object]:
    """What an object of ours holds, whatever it calls it."""
    return [one for one in gc.get_referents(thing) if not isinstance(one, type)]


async def journey(database: Database) -> list[object]:
    """Link, fail to link, sign, unlink, forget; returns every object and error met on the way."""
    masters = MasterKeys.parse(base64.b64encode(MASTER).decode())
    vault = Vault(database, masters, clock=at_now)
    met: list[object] = [masters, vault]
    for api_key, secret in (("AAAA", SECRET), (API_KEY, SECRET + "AAAA"), (API_KEY, API_KEY)):
        try:
            await vault.import_secret(ANN, "main", api_key, secret)
        except SecretRefused as error:
            met.append(error)
    account = await vault.import_secret(ANN, "main", API_KEY, SECRET)
    try:
        await vault.import_secret(ANN, "other", API_KEY, SECRET)
    except VaultError as error:
        met.append(error)
    signer = await vault.signer(ANN, account.account_id, "desk")
    signer.sign(b"message")
    met += [account, signer, vault.opens, *held_by(vault), *held_by(signer)]
    async with database.read() as session:
        for table in ("account", "data_key", "audit", "desk_user"):
            met += [row._asdict() for row in (await session.execute(text(f"SELECT * FROM {table}"))).all()]
    try:
        await Vault(database, MasterKeys.generate(), clock=at_now).signer(ANN, account.account_id, "desk")
    except VaultError as error:
        met.append(error)
    return met


async def test_a_whole_life_leaves_no_trace_of_the_secret(
    database: Database, log: io.StringIO, tmp_path: Path
) -> None:
    met = await journey(database)
    errors = [item for item in met if isinstance(item, BaseException)]
    assert len(errors) == 5
    shown = "".join(map(repr, met)) + "".join(map(str, met)) + log.getvalue()
    shown += "".join("".join(locals_of_the_bot(error)) for error in errors)
    shown += "".join("".join(traceback.format_exception(error)) for error in errors)
    assert_clean(shown.encode(), SEED, MASTER)
    assert_clean(every_byte_in(tmp_path), SEED, MASTER)


async def test_the_search_would_find_a_secret(tmp_path: Path) -> None:
    for form in encodings(SEED):
        with pytest.raises(AssertionError):
            assert_clean(b"..." + form + b"...", SEED)


async def test_no_object_of_the_vault_can_be_copied_pickled_or_opened_with_vars(database: Database) -> None:
    vault = Vault(database, MasterKeys.generate(), clock=at_now)
    account = await vault.generate(ANN, "main")
    signer = await vault.signer(ANN, account.account_id, "desk")
    for thing in (vault, signer):
        for leak in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError):
                leak(thing)
    with pytest.raises(TypeError):
        vars(signer)


async def test_a_signer_keeps_no_opened_secret_between_signatures(database: Database) -> None:
    vault = Vault(database, MasterKeys.generate(), clock=at_now)
    account = await vault.import_secret(ANN, "main", API_KEY, SECRET)
    (await vault.signer(ANN, account.account_id, "desk")).sign(b"message")
    gc.collect()
    live = [item for item in gc.get_objects() if isinstance(item, SecretBuffer)]
    assert all(bytes(item.cdata)[:32] != SEED for item in live)


async def test_forgotten_ciphertext_is_gone_from_the_sqlite_files(sqlite_file: Path) -> None:
    database = Database.open(f"sqlite:///{sqlite_file}")
    vault = Vault(database, MasterKeys.generate(), clock=at_now)
    await vault.generate(ANN, "main")
    async with database.read() as session:
        rows = (await session.execute(text("SELECT sealed, wrapped FROM account, data_key"))).one()
    assert all(row in every_byte_in(sqlite_file.parent) for row in rows)
    await vault.forget(ANN)
    left = every_byte_in(sqlite_file.parent)
    await database.close()
    assert not any(row in left for row in rows)


async def test_every_sqlite_file_belongs_to_its_owner_alone(sqlite_file: Path) -> None:
    database = Database.open(f"sqlite:///{sqlite_file}")
    await Vault(database, MasterKeys.generate(), clock=at_now).generate(ANN, "main")
    modes = {name.suffix: stat.S_IMODE(mode) for name, mode in modes_in(sqlite_file.parent)}
    await database.close()
    assert modes == {".sqlite3": 0o600, ".sqlite3-wal": 0o600, ".sqlite3-shm": 0o600}


def modes_in(folder: Path) -> list[tuple[Path, int]]:
    return [(path, path.stat().st_mode) for path in folder.iterdir()]
