"""Whatever Telegram brings, the bot goes on listening; what it took is acted on, also after a restart."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, web

from tests.support.world import BOB, CAROL, DESK, Person, World, again, open_world

SECRET_WORD = "what-nobody-may-read-in-a-log"
FROM = {"id": CAROL, "is_bot": False, "first_name": "Carol"}
CHAT = {"id": CAROL, "type": "private", "first_name": "Carol"}
GARBAGE: dict[str, Any] = {
    "empty message": {"message": {}},
    "no object": {"message": SECRET_WORD},
    "a list": {"message": [SECRET_WORD]},
    "null": {"message": None},
    "a date in words": {"message": {"message_id": 1, "date": "x", "chat": CHAT, "from": FROM, "text": "hi"}},
    "a date beyond time": {"message": {"message_id": 1, "date": 10**18, "chat": CHAT, "from": FROM}},
    "no date": {"message": {"message_id": 1, "chat": CHAT, "from": FROM, "text": SECRET_WORD}},
    "a chat that is a word": {"message": {"message_id": 1, "date": 1, "chat": "x", "from": FROM}},
    "a huge person": {"message": {"message_id": 1, "date": 1, "chat": CHAT, "from": {**FROM, "id": 2**70}}},
    "entities that are none": {
        "message": {"message_id": 1, "date": 1, "chat": CHAT, "from": FROM, "text": "a", "entities": [7]}
    },
    "a tap on nothing": {"callback_query": {"id": "1", "from": FROM, "data": SECRET_WORD}},
    "a tap by nobody": {"callback_query": {"id": "1", "data": "menu:main", "message": {"chat": CHAT}}},
    "an edit of nothing": {"edited_message": {"text": SECRET_WORD}},
    "an unknown kind": {"something_new": {"text": SECRET_WORD}},
    "nothing": {},
}
NAMELESS: list[Any] = [
    {"message": {"text": "no id"}},
    {"update_id": -5, "message": {}},
    {"update_id": 2**70, "message": {}},
    {"update_id": "seven", "message": {}},
    ["a list"],
    None,
]


async def test_no_update_makes_the_bot_deaf(world: World, carol: Person, caplog: Any) -> None:
    """One that cannot be read is left out and confirmed, whatever else comes with it."""
    with caplog.at_level(logging.DEBUG):
        for update in GARBAGE.values():
            world.telegram.updates.push_as_it_is(update, CAROL, numbered=True)
        await carol.says("/price sol", "SOL-PERP")
        for name, update in GARBAGE.items():
            number = world.telegram.updates.push_as_it_is(update, CAROL, numbered=True)
            await carol.says("/price btc", "BTC-PERP")
            await _confirmed(world, number, name)
    assert SECRET_WORD not in caplog.text
    assert world.bot.telegram.intake.counters["unusable"] > 0


async def _confirmed(world: World, number: int, name: str) -> None:
    for _ in range(100):
        if all(one.id != number for one in world.telegram.updates.pending):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{name} comes again for ever")


async def test_what_cannot_even_be_confirmed_stops_nobody(world: World, carol: Person) -> None:
    for update in NAMELESS:
        world.telegram.updates.push_as_it_is(update, CAROL, numbered=False)
    await carol.says("long sol $100", "Long SOL-PERP")
    await carol.taps("✅", "Filled")
    assert len(await world.sent()) == 1


BODIES = [
    b"<html>502 Bad Gateway</html>",
    b"{}",
    b"[]",
    b"null",
    b"",
    b'{"ok": true}',
    b'{"ok": true, "result": {"update_id": 1}}',
    b'{"ok": true, "result": "soon"}',
    b'{"ok": false, "error_code": 429, "parameters": {"retry_after": "never"}}',
    b"[" * 20_000,
]


@contextlib.asynccontextmanager
async def _proxy(target: list[str], bodies: list[bytes]) -> AsyncIterator[str]:
    """Before a Bot API server: answers getUpdates with each of `bodies` once, and passes on all else."""

    async def pass_on(request: web.Request) -> web.Response:
        body = await request.read()
        if request.path.endswith("/getUpdates") and bodies:
            return web.Response(body=bodies.pop(0), content_type="application/json")
        async with (
            ClientSession() as session,
            session.request(
                request.method,
                target[0] + request.path,
                data=body,
                headers={"Content-Type": request.headers.get("Content-Type", "application/json")},
            ) as answer,
        ):
            return web.Response(
                body=await answer.read(), status=answer.status, content_type="application/json"
            )

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", pass_on)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_answers_that_are_no_updates_are_waited_out(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.intake.polling.FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr("bot.intake.polling.LONGEST_PAUSE_S", 0.05)
    target, bodies = [""], list(BODIES)
    async with _proxy(target, bodies) as url, open_world(database_url, bot_api_url=(url, target)) as world:
        await world.person(CAROL).says("/start", "Rucksack")
        assert bodies == []


async def _resting(person: Person) -> None:
    await person.says("long sol $100 at 142", "Long SOL-PERP")
    await person.taps("✅", "Open")


async def test_a_tap_from_before_an_outage_is_asked_again(world: World, carol: Person) -> None:
    await _resting(carol)
    asked = await carol.says("/cancelall", "Cancel")
    await world.stop()
    await carol.chat.tap_data(asked.id, asked.buttons[0].data or "")
    world.clock.skip(3600)
    async with again(world):
        asked_again = await carol.sees("so nothing was done")
        assert [order["status"] for order in await world.orders()] == ["New"]
        fresh = await carol.taps(asked_again.labels[0], "Cancel 1 order?", on=asked_again.id)  # of now
        await carol.taps(fresh.labels[0], "Cancelled", on=fresh.id)
    assert [order["status"] for order in await world.orders()] == ["Cancelled"]


async def test_a_tap_a_moment_before_a_restart_is_acted_on(world: World, carol: Person) -> None:
    preview = await carol.says("long sol $100", "Long SOL-PERP")
    world.bot.telegram.intake.record.drained()
    await world.stop()
    await carol.chat.tap("✅", preview.id)
    async with again(world):
        await carol.sees("Filled")
    assert len(await world.sent()) == 1


async def test_looking_around_needs_no_second_tap(world: World, carol: Person) -> None:
    menu = await carol.says("/menu", "Menu")
    await world.stop()
    await carol.chat.tap("Market", menu.id)
    world.clock.skip(3600)
    async with again(world):
        await carol.chat.wait_for(lambda m: m.id == menu.id and m.revision > menu.revision)


async def test_a_member_cannot_make_the_bot_say_their_words(world: World, carol: Person) -> None:
    """Only a button that a message carries means anything on it."""
    here = world.person(BOB, DESK)
    price = await here.says("/price sol", "SOL-PERP")
    words = "Send your keys to @mallory https://evil.example"
    for data in (
        "go:",
        "px:",
        "bk:",
        "fm:",
        "cy:",
        "w:long|",
        "w:close|",
        "aw:",
        "help:",
        "pick:base:",
        "on:1:",
    ):
        forged = (data + words).encode()[:64].decode()
        told = await here.is_told(forged, on=price.id, forged=True)
        assert "mallory" not in told
    await here.is_told("px:BTC_USDC_PERP", on=price.id, forged=True)
    shown = [m for m in await here.chat.messages() if m.from_bot]
    assert not any("mallory" in m.text or "evil" in m.text for m in shown)
    assert next(m for m in shown if m.id == price.id).text == price.text


async def test_a_pasted_secret_never_rests_in_the_database(world: World, carol: Person) -> None:
    """It waits sealed, where it has to wait at all."""
    secret = "bTk5" * 10 + "abc="
    await world.chats.fault("late", method="deleteMessage", times=3, seconds=0.6)
    await carol.chat.send(f"my secret is {secret}")
    record = world.bot.telegram.intake.record
    for _ in range(200):
        waits = any(secret in str(kept.body) for kept in (await record.load()).undone)
        if waits:
            break
        await asyncio.sleep(0.01)
    assert waits, "it did not have to wait: nothing was shown"
    assert secret.encode() not in await asyncio.to_thread(_dump, world.bot.settings.database_url)
    await carol.sees("secret")


def _dump(url: str) -> bytes:
    """Every byte the inbox holds, and of SQLite every byte of its files."""
    from pathlib import Path

    from sqlalchemy import text

    from bot.kernel.storage.engines import normalise
    from bot.kernel.storage.migrations import sync_engine

    engine = sync_engine(normalise(url))
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM inbox")).all()
    engine.dispose()
    files = Path(url.removeprefix("sqlite:///")).parent.glob("*.sqlite3*") if "sqlite" in url else ()
    cells = [
        bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()
        for row in rows
        for cell in row
    ]
    return b"\0".join(cells) + b"".join(file.read_bytes() for file in files)
