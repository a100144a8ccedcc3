"""A whole journey with everything it emits kept, and then searched for every secret in every dress."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest
from nacl.signing import SigningKey

from bot.people.tables import Account
from bot.trading.linking import Linking
from bot.trading.queries import Queries
from bot.vault import sealed_keys
from bot.vault.signer import SealedSeed, WrappedKey
from bot.vault.sodium import Sealed, to_base64
from tests.support.logs import logging_as
from tests.support.present import present
from tests.support.world import CAROL, DESK, Person, World, code_in, open_world

BROKER_KEY = "broker-key-5f0c2a9e77b14d3c"
TOKEN = "7000123456:" + "Aq9-_" * 7  # as long as a real one


def dresses(secret: bytes) -> dict[str, bytes]:
    """Every way in which these bytes could have been written down."""
    standard, safe = base64.b64encode(secret), base64.urlsafe_b64encode(secret)
    return {
        "raw": secret,
        "base64": standard.rstrip(b"="),
        "url-safe base64": safe.rstrip(b"="),
        "base64 of base64": base64.b64encode(standard)[:40],
        "hex": secret.hex().encode(),
        "upper-case hex": secret.hex().upper().encode(),
        "url-encoded": quote(secret).encode(),
        "url-encoded base64": quote(standard.decode(), safe="").encode(),
        "repr": repr(secret)[2:-1].encode(),
        "list of numbers": ", ".join(map(str, secret)).encode(),
        "JSON": json.dumps(list(secret)).encode()[1:-1],
    }


async def _pasted(carol: Person, key: SigningKey) -> None:
    await carol.opens_account(base64.b64encode(key.verify_key.encode()).decode(), label="pasted")
    await carol.says("/link pasted", "Link")
    await carol.taps("Paste", "Paste the API secret now")
    await carol.says(base64.b64encode(key.encode()).decode()[:-4], "not a whole API secret")
    await carol.says(base64.b64encode(key.encode() + key.verify_key.encode()).decode(), "Linked: pasted")


async def _everything_goes_wrong(world: World, carol: Person, key: SigningKey) -> None:
    """Faults at every side, a defect of our own with its traceback, and secrets where they should not be."""
    for fault in ("drop_before", "cut_body", "html"):
        await world.fault(action=fault, match={"path": "/api/v1/capital", "times": 4})
        await carol.says("/balance")
    await world.fault(action="status", status=500, match={"path": "/api/v1/order", "method": "POST"})
    await carol.says("long sol $50 on pasted", "Account pasted")
    await carol.taps("✅")
    queries = world.bot.services.get(Queries)
    queries.account = None  # type: ignore[assignment, method-assign]
    await carol.says("/fees", "Something broke on my side")
    del queries.account
    secret = base64.b64encode(key.encode()).decode()
    for text in (
        secret,
        key.encode().hex(),
        f"/long sol $5 {secret}",
        base64.urlsafe_b64encode(key.encode()).decode(),
    ):
        await carol.says(text, "has no place in a chat")
    await world.person(CAROL, DESK).says(f"/help {secret}", "revoke its key now")


async def _trades(carol: Person) -> None:
    await carol.says("long sol $100 sl 3%", "Account main")
    await carol.taps("✅", "Filled")
    await carol.says("close sol half", "Reduce")
    await carol.taps("✅", "Filled")


async def test_no_secret_is_found_in_anything_a_journey_emits(
    sqlite_template: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "journey.sqlite3"
    await asyncio.to_thread(path.write_bytes, await asyncio.to_thread(sqlite_template.read_bytes))
    key = SigningKey.generate()
    with logging_as("DEBUG"):
        emitted, public, generated = await _journey(path, key)
    out, err = capfd.readouterr()
    assert "Traceback" in err, "the journey was meant to have a traceback in its log"
    assert err.count("\n") > 20
    assert public.encode() in emitted["database"], "the search looks where things are"

    emitted |= {"stdout": out.encode(), "log": err.encode()}
    assert _found(emitted, {"generated seed": generated, "pasted seed": key.encode()}) == []


async def _journey(path: Path, key: SigningKey) -> tuple[dict[str, bytes], str, bytes]:
    """What database and chats hold afterwards, the generated public key, and its seed."""
    emitted = {}
    async with open_world(f"sqlite:///{path}", backpack_broker_key=BROKER_KEY, token=TOKEN) as world:
        carol = world.person(CAROL)
        await carol.says("/start", "Rucksack")
        await carol.says("/link", "Link")
        shown = await carol.taps("Make a key", "Public Key")
        public = code_in(shown)
        await carol.opens_account(public, label="Carol")
        await carol.taps("Done", "Linked: main")
        await _trades(carol)
        await _pasted(carol, key)
        await _everything_goes_wrong(world, carol, key)
        generated = await _seed_of(world, public)
        for chat in (CAROL, DESK):
            body = await world.chats.get("messages", user_id=CAROL, chat_id=chat, limit=5000)
            emitted[f"chat {chat}"] = json.dumps(body, ensure_ascii=False).encode()
        emitted["database"] = _database(path.parent)  # while it is open: with its write-ahead log
    emitted["database"] += _database(path.parent)
    return emitted, public, generated


def _found(emitted: dict[str, bytes], secrets: dict[str, bytes]) -> list[str]:
    wanted = [(name, dress, text) for name, seed in secrets.items() for dress, text in dresses(seed).items()]
    wanted += [("bot token", "text", TOKEN.encode()), ("broker key", "text", BROKER_KEY.encode())]
    return [
        f"{name} as {dress} in {place}"
        for name, dress, text in wanted
        for place, content in emitted.items()
        if text in content
    ]


def _database(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.glob("journey.sqlite3*")))


async def _seed_of(world: World, public: str) -> bytes:
    """The seed of the generated key, dug out of the vault by one who holds its master key."""
    account = (await world.bot.services.get(Linking).list(CAROL))[0][0]
    assert account.public_key == public
    async with world.bot.database.read() as session:
        key = present(await sealed_keys.data_key(session, CAROL))
        row = present(await session.get(Account, account.id))
    data_key = WrappedKey(CAROL, key.master_version, Sealed(key.wrapped, key.nonce))
    sealed = Sealed(present(row.sealed), present(row.nonce))
    with SealedSeed(row.id, public, data_key, sealed).open(world.masters) as seed:
        return base64.b64decode(to_base64(seed))
