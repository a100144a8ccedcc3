"""Link, sign, unlink, forget, on both databases: only the right user signs, and only while linked."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey, VerifyKey
from sqlalchemy import text

from bot.kernel.storage import Database, audit
from bot.people import accounts
from bot.people.tables import KeyState
from bot.vault import (
    AlreadyLinked,
    MasterKeyError,
    MasterKeys,
    SecretProblem,
    SecretRefused,
    SignerRevoked,
    Unopenable,
    Vault,
    VaultError,
)
from tests.vault.conftest import at_now

ANN, BOB = 5_000_000_001, 5_000_000_002
MESSAGE = b"instruction=orderExecute&symbol=SOL_USDC_PERP"
SEED = hashlib.sha256(b"seed").digest()
PAIR = SigningKey(SEED)
API_KEY = base64.b64encode(bytes(PAIR.verify_key)).decode()
SECRET = base64.b64encode(SEED).decode()


def verifies(public_key: str, signature: bytes) -> bool:
    return VerifyKey(base64.b64decode(public_key)).verify(MESSAGE, signature) == MESSAGE


async def run(database: Database, statement: str, **values: object) -> None:
    async with database.write() as session:
        await session.execute(text(statement), values)


async def test_a_generated_key_signs_under_its_public_key(vault: Vault) -> None:
    account = await vault.generate(ANN, "main")
    signer = await vault.signer(ANN, account.account_id, "desk")
    assert signer.public_key == account.public_key
    assert verifies(account.public_key, signer.sign(MESSAGE))


async def test_two_generated_keys_differ_and_share_one_data_key(vault: Vault, database: Database) -> None:
    one, two = await vault.generate(ANN, "one"), await vault.generate(ANN, "two")
    assert one.public_key != two.public_key
    async with database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM data_key")) == 1
        states = [account.state for account in await accounts.of_user(session, ANN)]
    assert states == [KeyState.PENDING, KeyState.PENDING]


async def test_concurrent_first_links_of_one_user_all_sign(vault: Vault) -> None:
    linked = await asyncio.gather(*(vault.generate(ANN, f"account {number}") for number in range(6)))
    for account in linked:
        signer = await vault.signer(ANN, account.account_id, "desk")
        assert verifies(account.public_key, signer.sign(MESSAGE))


@pytest.mark.parametrize(
    "secret",
    [SECRET, SECRET.rstrip("="), f"  {SECRET}\n", base64.b64encode(SEED + bytes(PAIR.verify_key)).decode()],
    ids=["seed", "unpadded", "spaces around", "seed and public key"],
)
@pytest.mark.parametrize("api_key", [API_KEY, None], ids=["with api key", "without"])
async def test_an_imported_secret_signs_as_its_pair(vault: Vault, secret: str, api_key: str | None) -> None:
    account = await vault.import_secret(ANN, "main", api_key, secret)
    assert account.public_key == API_KEY
    signer = await vault.signer(ANN, account.account_id, "desk")
    assert signer.sign(MESSAGE) == PAIR.sign(MESSAGE).signature


@pytest.mark.parametrize(
    ("api_key", "secret", "problem"),
    [
        (API_KEY, "not base64!", SecretProblem.NOT_BASE64),
        (API_KEY, "", SecretProblem.NOT_BASE64),
        (API_KEY, "A" * 10_000, SecretProblem.NOT_BASE64),
        (API_KEY, base64.b64encode(bytes(31)).decode(), SecretProblem.WRONG_LENGTH),
        (None, base64.b64encode(SEED + bytes(32)).decode(), SecretProblem.HALVES_DIFFER),
        (API_KEY, API_KEY, SecretProblem.IS_PUBLIC_KEY),
        (API_KEY, base64.b64encode(bytes(32)).decode(), SecretProblem.KEY_MISMATCH),
        ("garbage!", SECRET, SecretProblem.KEY_MISMATCH),
    ],
)
async def test_a_wrong_secret_is_refused_by_name(
    vault: Vault, database: Database, api_key: str | None, secret: str, problem: SecretProblem
) -> None:
    with pytest.raises(SecretRefused) as caught:
        await vault.import_secret(ANN, "main", api_key, secret)
    assert caught.value.problem is problem
    async with database.read() as session:
        assert await accounts.of_user(session, ANN) == []


async def test_a_label_and_a_key_are_linked_once_per_user(vault: Vault) -> None:
    await vault.import_secret(ANN, "Main", API_KEY, SECRET)
    with pytest.raises(AlreadyLinked) as label:
        await vault.generate(ANN, "main")
    with pytest.raises(AlreadyLinked) as key:
        await vault.import_secret(ANN, "again", API_KEY, SECRET)
    assert (label.value.field, key.value.field) == ("label", "public_key")
    await vault.import_secret(BOB, "main", API_KEY, SECRET)


async def test_another_user_gets_no_signer(vault: Vault) -> None:
    account = await vault.generate(ANN, "main")
    await vault.generate(BOB, "main")
    await vault.signer(ANN, account.account_id, "desk")
    with pytest.raises(SignerRevoked):
        await vault.signer(BOB, account.account_id, "desk")


async def test_unlink_kills_the_signers_of_that_account_only(vault: Vault, database: Database) -> None:
    gone, kept = await vault.generate(ANN, "gone"), await vault.generate(ANN, "kept")
    dead, alive = [await vault.signer(ANN, account.account_id, "desk") for account in (gone, kept)]
    assert await vault.unlink(ANN, gone.account_id)
    with pytest.raises(SignerRevoked):
        dead.sign(MESSAGE)
    with pytest.raises(SignerRevoked):
        await vault.signer(ANN, gone.account_id, "desk")
    assert verifies(kept.public_key, alive.sign(MESSAGE))
    assert not await vault.unlink(ANN, gone.account_id)
    async with database.read() as session:
        sealed = await session.scalar(
            text("SELECT sealed FROM account WHERE id = :id"), {"id": gone.account_id}
        )
    assert sealed is None


async def test_nobody_unlinks_anothers_account(vault: Vault) -> None:
    account = await vault.generate(ANN, "main")
    signer = await vault.signer(ANN, account.account_id, "desk")
    assert not await vault.unlink(BOB, account.account_id)
    assert verifies(account.public_key, signer.sign(MESSAGE))


async def test_a_label_is_free_again_after_unlink(vault: Vault) -> None:
    account = await vault.import_secret(ANN, "main", API_KEY, SECRET)
    await vault.unlink(ANN, account.account_id)
    again = await vault.import_secret(ANN, "main", API_KEY, SECRET)
    assert again.account_id != account.account_id


async def test_forget_destroys_the_data_key_and_all_it_sealed(vault: Vault, database: Database) -> None:
    account = await vault.generate(ANN, "main")
    other = await vault.generate(BOB, "main")
    signer = await vault.signer(ANN, account.account_id, "desk")
    others = await vault.signer(BOB, other.account_id, "desk")
    assert await vault.forget(ANN)
    with pytest.raises(SignerRevoked):
        signer.sign(MESSAGE)
    with pytest.raises(SignerRevoked):
        await vault.signer(ANN, account.account_id, "desk")
    async with database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM data_key WHERE user_id = :u"), {"u": ANN}) == 0
        sealed = text("SELECT count(*) FROM account WHERE user_id = :u AND sealed IS NOT NULL")
        assert await session.scalar(sealed, {"u": ANN}) == 0
    assert verifies(other.public_key, others.sign(MESSAGE))
    assert not await vault.forget(ANN)


async def test_one_who_was_forgotten_can_link_anew(vault: Vault) -> None:
    await vault.generate(ANN, "main")
    await vault.forget(ANN)
    account = await vault.generate(ANN, "main")
    signer = await vault.signer(ANN, account.account_id, "desk")
    assert verifies(account.public_key, signer.sign(MESSAGE))


async def test_unlink_while_a_signer_is_handed_out_leaves_none_alive(vault: Vault) -> None:
    for round_number in range(10):
        account = await vault.generate(ANN, f"account {round_number}")
        outcomes = await asyncio.gather(
            vault.signer(ANN, account.account_id, "desk"),
            vault.unlink(ANN, account.account_id),
            vault.signer(ANN, account.account_id, "stream"),
            return_exceptions=True,
        )
        assert outcomes[1] is True
        for outcome in (outcomes[0], outcomes[2]):
            if not isinstance(outcome, SignerRevoked):
                assert not isinstance(outcome, BaseException | bool)
                with pytest.raises(SignerRevoked):
                    outcome.sign(MESSAGE)


async def test_opens_are_counted_by_purpose_and_hand_outs_audited(vault: Vault, database: Database) -> None:
    account = await vault.generate(ANN, "main")
    desk = await vault.signer(ANN, account.account_id, "desk")
    assert await vault.signer(ANN, account.account_id, "desk") is desk
    for looking in ("stream", "look"):
        await vault.signer(ANN, account.account_id, looking)
    for _ in range(3):
        desk.sign(MESSAGE)
    assert vault.opens == {"desk": 4, "stream": 1, "look": 1}  # one each to see that it opens at all
    await vault.unlink(ANN, account.account_id)
    await vault.forget(ANN)
    async with database.read() as session:
        assert (await audit.verify(session)).intact
        actions = (await session.scalars(text("SELECT action FROM audit ORDER BY seq"))).all()
    assert actions == ["account.link", "vault.signer", "account.unlink", "user.forget"]


async def test_a_wrong_or_missing_master_key_opens_nothing_and_says_so(
    vault: Vault, database: Database
) -> None:
    account = await vault.generate(ANN, "main")
    wrong = Vault(database, MasterKeys.generate(), clock=at_now)
    with pytest.raises(Unopenable):
        await wrong.signer(ANN, account.account_id, "desk")
    assert (await wrong.health()).unusable == (1,)
    missing = Vault(database, MasterKeys.parse("v2:" + SECRET), clock=at_now)
    with pytest.raises(MasterKeyError, match="v1 is missing"):
        await missing.signer(ANN, account.account_id, "desk")
    assert (await missing.health()).unusable == (1,)
    health = await vault.health()
    assert (health.users_by_version, health.unusable) == ({1: 1}, ())


MOVES = {
    "seed to another account of the same user": (
        "UPDATE account SET sealed = (SELECT sealed FROM account WHERE id = :a2),"
        " nonce = (SELECT nonce FROM account WHERE id = :a2) WHERE id = :a1"
    ),
    "seed to another user": (
        "UPDATE account SET sealed = (SELECT sealed FROM account WHERE id = :b),"
        " nonce = (SELECT nonce FROM account WHERE id = :b) WHERE id = :a1"
    ),
    "data key of another user": (
        "UPDATE data_key SET wrapped = (SELECT wrapped FROM data_key WHERE user_id = :bob),"
        " nonce = (SELECT nonce FROM data_key WHERE user_id = :bob) WHERE user_id = :ann"
    ),
    "whole account to another user": "UPDATE account SET user_id = :bob, label = 'moved' WHERE id = :a1",
    "another public key": "UPDATE account SET public_key = 'c3dhcHBlZA==' WHERE id = :a1",
    "another master version": "UPDATE data_key SET master_version = 2 WHERE user_id = :ann",
    "data key in the place of the seed": (
        "UPDATE account SET sealed = (SELECT wrapped FROM data_key WHERE user_id = :ann),"
        " nonce = (SELECT nonce FROM data_key WHERE user_id = :ann) WHERE id = :a1"
    ),
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES.keys())
async def test_a_row_moved_anywhere_fails_to_open(database: Database, move: str) -> None:
    both = MasterKeys.parse(f"v1:{SECRET},v2:{API_KEY}")
    vault = Vault(database, MasterKeys.parse(f"v1:{SECRET}"), clock=at_now)
    first, second = await vault.generate(ANN, "first"), await vault.generate(ANN, "second")
    bobs = await vault.generate(BOB, "main")
    values = {"a1": first.account_id, "a2": second.account_id, "b": bobs.account_id, "ann": ANN, "bob": BOB}
    used = {name: value for name, value in values.items() if f":{name}" in move}
    await run(database, move, **used)
    owner = BOB if "SET user_id" in move else ANN
    with pytest.raises(Unopenable):
        await Vault(database, both, clock=at_now).signer(owner, first.account_id, "desk")


COLUMNS = [("account", "sealed"), ("account", "nonce"), ("data_key", "wrapped"), ("data_key", "nonce")]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_stored_row_with_any_byte_changed_fails_to_open(shelf: Shelf, data: st.DataObject) -> None:
    table, column = data.draw(st.sampled_from(COLUMNS))
    size = 24 if column == "nonce" else 48
    shelf.check(table, column, data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, 255)))


class Shelf:
    """One linked account whose row is changed, tried and put back, from a test without a loop of its own."""

    def __init__(self, runner: asyncio.Runner, url: str) -> None:
        self._runner = runner
        self._database = Database.open(url)
        self._masters = MasterKeys.generate()
        self._account = runner.run(self._vault().generate(ANN, "main"))

    def check(self, table: str, column: str, position: int, mask: int) -> None:
        self._runner.run(self._check(table, column, position, mask))

    def close(self) -> None:
        self._runner.run(self._database.close())

    def _vault(self) -> Vault:
        return Vault(self._database, self._masters, clock=at_now)

    async def _check(self, table: str, column: str, position: int, mask: int) -> None:
        async with self._database.read() as session:
            original = bytes(await session.scalar(text(f"SELECT {column} FROM {table}")))
        changed = bytearray(original)
        changed[position] ^= mask
        update = f"UPDATE {table} SET {column} = :value"
        await run(self._database, update, value=bytes(changed))
        with pytest.raises(Unopenable):
            await self._vault().signer(ANN, self._account.account_id, "desk")
        await run(self._database, update, value=original)
        assert await self._vault().signer(ANN, self._account.account_id, "desk")


@pytest.fixture
def shelf(database_url: str) -> Iterator[Shelf]:
    with asyncio.Runner() as runner:
        opened = Shelf(runner, database_url)
        yield opened
        opened.close()


def test_every_error_of_the_vault_is_one_family() -> None:
    for kind in (AlreadyLinked, MasterKeyError, SecretRefused, SignerRevoked, Unopenable):
        assert issubclass(kind, VaultError)
