"""Linking by a pasted secret, and what happens to secrets that turn up where they should not."""

from __future__ import annotations

import base64

import pytest
from nacl.signing import SigningKey

from tests.support.world import CAROL, DESK, Person, World


def _public(key: SigningKey) -> str:
    return base64.b64encode(key.verify_key.encode()).decode()


def _forms(key: SigningKey) -> dict[str, str]:
    """Every way in which people have this secret on their clipboard."""
    seed, both = key.encode(), key.encode() + key.verify_key.encode()
    return {
        "32 bytes": base64.b64encode(seed).decode(),
        "64 bytes": base64.b64encode(both).decode(),
        "url-safe": base64.urlsafe_b64encode(seed).decode().rstrip("="),
        "with words around it": f"my secret: {base64.b64encode(seed).decode()} ok?",
    }


async def _start(world: World, chat_id: int | None = None) -> Person:
    person = world.person(CAROL, chat_id)
    await world.person(CAROL).says("/start", "Rucksack")
    return person


async def _asked_to_paste(world: World) -> Person:
    carol = await _start(world)
    await carol.says("/link", "Link")
    await carol.taps("Paste", "Paste the API secret now")
    return carol


async def _is_gone(person: Person, secret: str) -> None:
    shown = [m.text for m in await person.chat.messages()]
    assert not any(secret in text for text in shown), shown


@pytest.mark.parametrize("form", ["32 bytes", "64 bytes", "url-safe", "with words around it"])
async def test_a_pasted_secret_is_deleted_sealed_and_trades(world: World, form: str) -> None:
    key = SigningKey.generate()
    carol = await _asked_to_paste(world)
    await carol.opens_account(_public(key), label="Carol")
    secret = _forms(key)[form]
    await carol.says(secret, "Linked")
    assert any("deleted and the secret is sealed" in m.text for m in await carol.chat.messages())
    await _is_gone(carol, secret)
    await carol.says("long sol $100", "Long SOL-PERP")
    await carol.taps("✅", "Filled")
    assert len(await world.sent()) == 1


async def test_what_is_no_secret_is_deleted_too_and_asked_for_again(world: World) -> None:
    key = SigningKey.generate()
    carol = await _asked_to_paste(world)
    await carol.opens_account(_public(key), label="Carol")
    secret = _forms(key)["32 bytes"]
    for wrong, reason in (
        (secret[:40], "not a whole API secret"),
        ("/" + secret[1:40], "not a whole API secret"),  # one key in 64 begins like a command
        ("hunter2 is my password!", "not an API secret"),
        (base64.b64encode(key.encode() + bytes(32)).decode(), "do not belong together"),
    ):
        refused = await carol.says(wrong, reason)
        assert "Paste the right one now" in refused.text
        await _is_gone(carol, wrong)
    await carol.says(secret, "Linked")


async def test_a_secret_the_exchange_does_not_know_can_be_verified_later(world: World) -> None:
    key = SigningKey.generate()
    carol = await _asked_to_paste(world)
    await carol.says(_forms(key)["32 bytes"], "does not know this key")
    await carol.opens_account(_public(key), label="Carol")
    await carol.taps("Done", "Linked")


async def test_the_same_secret_cannot_be_linked_twice(world: World) -> None:
    key = SigningKey.generate()
    carol = await _asked_to_paste(world)
    await carol.opens_account(_public(key), label="Carol")
    await carol.says(_forms(key)["32 bytes"], "Linked")
    await carol.says("/link second", "Link")
    await carol.taps("Paste", "Paste the API secret now")
    await carol.says(_forms(key)["64 bytes"], "already linked")


async def test_a_read_only_key_says_what_it_can_do(world: World) -> None:
    key = SigningKey.generate()
    carol = await _asked_to_paste(world)
    await carol.opens_account(_public(key), label="Carol", read_only=True)
    told = await carol.says(_forms(key)["32 bytes"], "Linked, read-only")
    assert "cannot trade" in told.text


async def test_changing_ones_mind_stops_waiting_for_the_secret(world: World) -> None:
    carol = await _asked_to_paste(world)
    await carol.taps("Cancel", "Rucksack")
    await carol.says("/price sol", "SOL-PERP")
    secret = _forms(SigningKey.generate())["32 bytes"]
    await carol.says(secret, "has no place in a chat")
    await _is_gone(carol, secret)
    assert "No account linked" in (await carol.says("/accounts", "account")).text


@pytest.mark.parametrize("form", ["32 bytes", "64 bytes", "url-safe", "with words around it"])
async def test_a_secret_out_of_the_blue_is_deleted_and_never_used(world: World, form: str) -> None:
    carol = await _start(world)
    secret = _forms(SigningKey.generate())[form]
    await carol.says(secret, "has no place in a chat")
    await _is_gone(carol, secret)


async def test_a_hexadecimal_secret_is_recognised(world: World) -> None:
    carol = await _start(world)
    key = SigningKey.generate()
    for secret in (key.encode().hex(), (key.encode() + key.verify_key.encode()).hex()):
        await carol.says(secret, "has no place in a chat")
        await _is_gone(carol, secret)


@pytest.mark.parametrize("how", [{"forwarded_from": CAROL}, {"seconds_ago": 4000}, {"via_bot": "paste"}])
async def test_a_secret_is_deleted_however_it_came(world: World, how: dict[str, object]) -> None:
    carol = await _start(world)
    secret = _forms(SigningKey.generate())["32 bytes"]
    await carol.says(secret, "has no place in a chat", **how)
    await _is_gone(carol, secret)


async def test_a_secret_edited_into_a_message_is_deleted(world: World) -> None:
    carol = await _start(world)
    mine = [m for m in await carol.chat.messages() if not m.from_bot][-1]
    secret = _forms(SigningKey.generate())["32 bytes"]
    before = max(m.revision for m in await carol.chat.messages())
    await carol.chat.edit(mine.id, secret)
    await carol.sees("has no place in a chat", after=before)
    await _is_gone(carol, secret)


async def test_a_secret_behind_a_command_is_deleted(world: World) -> None:
    carol = await _start(world)
    secret = _forms(SigningKey.generate())["32 bytes"]
    for line in (f"/link {secret}", f"/start {secret}", f"/help {secret}"):
        await carol.says(line, "has no place in a chat")
        await _is_gone(carol, secret)


async def test_a_secret_in_a_group_is_burnt(world: World) -> None:
    here = await _start(world, DESK)
    secret = _forms(SigningKey.generate())["64 bytes"]
    told = await here.says(f"/link {secret}", "in a group. If it is one, revoke its key now")
    assert "I deleted the message, but others may have seen it" in told.text
    await _is_gone(here, secret)


async def test_a_deletion_that_fails_is_said_loudly(world: World) -> None:
    carol = await _asked_to_paste(world)
    key = SigningKey.generate()
    await carol.opens_account(_public(key), label="Carol")
    await world.chats.fault("500", "deleteMessage", times=10)
    await carol.says(_forms(key)["32 bytes"], "Linked")
    said = [m.text for m in await carol.chat.messages()]
    assert any("I could not delete your message. Delete it now yourself" in text for text in said)
    assert not any("deleted and the secret is sealed" in text for text in said)

    here = world.person(CAROL, DESK)
    told = await here.says(f"/start {_forms(SigningKey.generate())['32 bytes']}", "revoke its key now")
    assert "I could not delete the message" in told.text


async def test_a_deletion_that_fails_once_is_tried_again(world: World) -> None:
    carol = await _start(world)
    await world.chats.fault("502", "deleteMessage", times=1)
    secret = _forms(SigningKey.generate())["32 bytes"]
    await carol.says(secret, "has no place in a chat")
    await _is_gone(carol, secret)


async def test_linking_belongs_into_the_private_chat(world: World) -> None:
    here = await _start(world, DESK)
    await here.says("/link", "private chat only")


async def test_a_generated_key_waits_until_it_is_known(world: World) -> None:
    carol = await _start(world)
    await carol.says("/link", "Link")
    shown = await carol.taps("Make a key", "Public Key")
    for step in ("New API Key", "Read Only", "allow-list", "withdrawal addresses"):
        assert step in shown.text
    await carol.taps("Done", "does not know this key yet")
    await carol.says("/accounts", "waiting for Backpack")
    await carol.says("/link", "Link")
    again = await carol.taps("Make a key", "Public Key")
    assert again.text == shown.text


async def test_another_user_cannot_finish_or_touch_ones_linking(world: World) -> None:
    carol = await _start(world)
    await carol.says("/link", "Link")
    shown = await carol.taps("Make a key", "Public Key")
    bob = world.person(1002)
    start = await bob.says("/start", "Rucksack")
    for data in (shown.button("Done").data or "", "acct:use:1", "acct:unlink:1"):
        await bob.chat.tap_data(start.id, data)
    await bob.says("/accounts", "没有绑定账户")
    await carol.says("/accounts", "waiting for Backpack")
