"""Secrets as people paste them: gone from the chat at once, never echoed, and in a group only on evidence."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator

import pytest
from nacl.signing import SigningKey
from sqlalchemy import text as sql

from bot.kernel.secret_detection import plain
from bot.trading.linking import Linking
from tests.support.world import ALICE, BOB, CAROL, DESK, Person, World, open_world

pytestmark = pytest.mark.both_databases

WSOL = "So11111111111111111111111111111111111111112"
TRANSACTION = "5f2c1e9a" * 8
JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0.c2lnbmF0dXJl"


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with open_world(database_url) as opened:
        yield opened


def _secret(key: SigningKey) -> str:
    return base64.b64encode(key.encode()).decode()


def _public(key: SigningKey) -> str:
    return base64.b64encode(key.verify_key.encode()).decode()


def _pieces(*secrets: str) -> set[str]:
    return {secret[at : at + 16] for secret in secrets for at in range(len(secret) - 15)}


async def _stands(person: Person, pieces: set[str]) -> list[str]:
    """Messages of the chat in which a piece of a secret can be read, however it is dressed."""
    shown = [
        plain(message.text).replace("\n", "").replace(" ", "") for message in await person.chat.messages()
    ]
    return [text for text in shown if any(piece in text for piece in pieces)]


async def test_every_dress_of_a_secret_is_taken_off_the_chat(world: World) -> None:
    carol = world.person(CAROL)
    await carol.says("/start", "Rucksack")
    pieces: set[str] = set()
    for dress in (
        *(
            "密钥{s}",
            "секрет{s}",
            "0x{hex}",
            "_{s}_",
            "*{s}*",
            "`{s}`",
            '{{"secret":"{s}"}}',
            "{half}\n{rest}",
        ),
        *(
            "{half} {rest}",
            "{half}\u200b{rest}",
            "{wide}",
            "/start {s}",
            "long sol $200 {s}",
            "API_SECRET={s}\nX=1",
        ),
    ):
        key = SigningKey.generate()
        secret = _secret(key)
        wide = "".join(chr(ord(char) + 0xFEE0) for char in secret)
        line = dress.format(s=secret, hex=key.encode().hex(), half=secret[:20], rest=secret[20:], wide=wide)
        await carol.says(line, "has no place in a chat")
        pieces |= _pieces(secret, key.encode().hex())
    key = SigningKey.generate()
    pieces |= _pieces(_secret(key))
    before = max(message.id for message in await carol.chat.messages())
    name = f"{_secret(key).replace('/', '_')}.txt"
    await carol.chat.send("a file", document_base64=base64.b64encode(b"x").decode(), document_name=name)
    await carol.chat.wait_for(lambda m: m.id > before and "has no place in a chat" in m.text)
    assert await _stands(carol, pieces) == []
    kept = await _stored(world)
    assert not [piece for piece in pieces if piece in kept]


async def _stored(world: World) -> str:
    """Everything the database keeps, as text."""
    from bot.kernel.storage.base import Table

    async with world.bot.database.read() as session:
        rows = [
            str((await session.execute(sql(f'SELECT * FROM "{name}"'))).all())
            for name in Table.metadata.tables
        ]
    return "".join(rows)


async def test_what_is_not_recognised_is_not_repeated_either(world: World) -> None:
    carol = world.person(CAROL)
    await carol.says("/start", "Rucksack")
    secret = _secret(SigningKey.generate())
    for clipped in (
        secret[:40],
        secret[4:44],
        f"long {secret[:38]} $200",
        f"/price {secret[:40]}",
        f"alert {secret[:40]} > 1",
    ):
        told = await carol.says(clipped)
        shown = told.text + "".join(told.labels)
        assert not any(piece in shown for piece in _pieces(secret)), told.text


@pytest.mark.parametrize(
    "form",
    [
        "API Key: {k}\nSecret: {s}",
        "Secret: {s}\nAPI Key: {k}",
        "密钥：{s}\n公钥：{k}",
        "{k} {s}",
        "ключ {k}\nсекрет {s}",
        '{{"key": "{k}", "secret": "{s}"}}',
        "BACKPACK_KEY={k}\nBACKPACK_SECRET={both}",
    ],
)
async def test_of_a_key_and_a_secret_the_secret_is_taken(world: World, form: str) -> None:
    carol = world.person(CAROL)
    key = SigningKey.generate()
    await carol.says("/start", "Rucksack")
    await carol.opens_account(_public(key), label="Carol")
    await carol.says("/link", "Link")
    await carol.taps("Paste", "Paste the API secret now")
    both = base64.b64encode(key.encode() + key.verify_key.encode()).decode()
    await carol.says(form.format(k=_public(key), s=_secret(key), both=both), "Linked: main")
    (account,), _ = await world.bot.services.get(Linking).list(CAROL)
    assert account.public_key == _public(key)


async def test_a_key_and_a_secret_that_do_not_go_together_are_refused(world: World) -> None:
    carol = world.person(CAROL)
    key, other = SigningKey.generate(), SigningKey.generate()
    await carol.says("/start", "Rucksack")
    await carol.says("/link", "Link")
    await carol.taps("Paste", "Paste the API secret now")
    await carol.says(
        f"API Key: {_public(other)}\nSecret: {_secret(key)}", "does not belong to that public key"
    )
    assert (await world.bot.services.get(Linking).list(CAROL))[0] == []
    await carol.opens_account(_public(key), label="Carol")
    await carol.says(_secret(key), "Linked: main")


async def test_a_group_hears_of_a_secret_only_on_evidence(world: World) -> None:
    carol = world.person(CAROL)
    await carol.says("/start", "Rucksack")
    await carol.links("Carol")
    here = world.person(CAROL, DESK)
    innocent = (
        WSOL,
        TRANSACTION,
        f"0x{TRANSACTION}",
        f"https://solscan.io/tx/{'4Zk9' * 22}",
        JWT,
        f"sold all, tx {TRANSACTION}",
    )
    for line in innocent:
        await here.chat.send(line)
    key, known = SigningKey.generate(), SigningKey.generate()
    told = await here.says(f"my secret {_secret(key)}", "looks like an API secret")
    assert "If it is one" in told.text
    await here.says(f"密钥{key.encode().hex()}", "looks like an API secret")
    await here.says(base64.b64encode(known.encode() + known.verify_key.encode()).decode(), "looks like")
    await here.says(f"{_public(known)}\n{_secret(known)}", "looks like")
    shown = [m.text for m in await here.chat.messages() if not m.from_bot and m.text]
    assert shown == list(innocent), "these stay, and nothing is said of them"

    bob = world.person(BOB)
    await bob.says("/start")
    await bob.opens_account(_public(known), label="Bob")
    await world.bot.services.get(Linking).paste(BOB, [_secret(known)])
    await world.person(ALICE, DESK).says(f"look: {_secret(known)[:43]}", "looks like an API secret")
