"""Webhook mode over real HTTP: only Telegram's secret opens it, and an update told twice acts once."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.sandbox.telegram.driver import ChatMessage
from bot.settings import SettingsError
from tests.support.world import CAROL, Person, World, open_world

SECRET = "s3cret-of-the-webhook-0123456789"
HEADER = "X-Telegram-Bot-Api-Secret-Token"


@pytest.fixture
async def hooked(database_url: str) -> AsyncIterator[tuple[World, httpx.AsyncClient]]:
    """A world whose bot listens for updates, and a client at its door."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    settings: dict[str, Any] = {"telegram_webhook_url": url, "telegram_webhook_port": port}
    async with (
        open_world(database_url, telegram_webhook_secret=SECRET, **settings) as world,
        httpx.AsyncClient(base_url=url, timeout=10, headers={"Content-Type": "application/json"}) as door,
    ):
        yield world, door


async def _carol(world: World) -> Person:
    carol = world.person(CAROL)
    await carol.says("/start", "Rucksack")
    await carol.links("Carol")
    return carol


def _line(world: World, update_id: int, text: str, *, message_id: int = 900, age: int = 0) -> dict[str, Any]:
    return {
        "update_id": update_id,
        "message": {
            "message_id": message_id,
            "date": world.clock() // 1000 - age,
            "chat": {"id": CAROL, "type": "private", "first_name": "Carol"},
            "from": {"id": CAROL, "is_bot": False, "first_name": "Carol", "language_code": "en"},
            "text": text,
        },
    }


def _tap(world: World, update_id: int, on: ChatMessage, data: str) -> dict[str, Any]:
    person = {"id": CAROL, "is_bot": False, "first_name": "Carol", "language_code": "en"}
    raw = {key: value for key, value in on.raw.items() if key not in {"revision", "by_bot"}}
    query = {"id": str(update_id), "from": person, "message": raw, "chat_instance": "1", "data": data}
    return {"update_id": update_id, "callback_query": query}


async def _post(door: httpx.AsyncClient, update: dict[str, Any], **headers: str) -> int:
    answer = await door.post("/telegram", content=json.dumps(update), headers=headers)
    return answer.status_code


async def test_telegram_reaches_the_bot_through_the_webhook(
    hooked: tuple[World, httpx.AsyncClient],
) -> None:
    world, _ = hooked
    carol = await _carol(world)
    await carol.says("long sol $100", "Long SOL-PERP")
    await carol.taps("✅", "Filled")
    assert len(await world.sent()) == 1


async def test_without_the_secret_nobody_gets_in(hooked: tuple[World, httpx.AsyncClient]) -> None:
    world, door = hooked
    carol = await _carol(world)
    before = len(await carol.chat.messages())
    update = _line(world, 10**9, "/balance")
    for headers in (
        {},
        {HEADER: ""},
        {HEADER: SECRET[:-1]},
        {HEADER: SECRET + "x"},
        {HEADER: SECRET.upper()},
    ):
        assert await _post(door, update, **headers) in {401, 403}
    assert await _post(door, update, **{HEADER: SECRET}) == 200
    await carol.sees("Equity")
    assert len(await carol.chat.messages()) == before + 1


async def test_garbage_at_the_door_breaks_nothing(hooked: tuple[World, httpx.AsyncClient]) -> None:
    world, door = hooked
    carol = await _carol(world)
    headers = {HEADER: SECRET}
    for body in (
        b"",
        b"{",
        b"[]",
        b'"x"',
        b'{"update_id": "x"}',
        b'{"update_id": 1, "message": {}}',
        b"\xff" * 99,
    ):
        await door.post("/telegram", content=body, headers=headers)
    assert (await door.get("/telegram", headers=headers)).status_code in {404, 405}
    await carol.says("/price sol", "SOL-PERP")


async def test_a_line_delivered_twice_places_one_order(hooked: tuple[World, httpx.AsyncClient]) -> None:
    world, door = hooked
    carol = await _carol(world)
    page = await carol.says("/settings", "Settings")
    page = await carol.taps("Confirm", on=page.id)
    await carol.taps("above $100", "Saved", on=page.id)
    headers = {HEADER: SECRET}
    update = _line(world, 10**9, "long sol $40")
    assert await _post(door, update, **headers) == 200
    await carol.sees("Filled")
    for update_id in (10**9, 10**9 + 1):
        await _post(door, update | {"update_id": update_id}, **headers)
    await asyncio.gather(
        *(_post(door, _line(world, 10**9 + 2, "long eth $40", message_id=901), **headers) for _ in range(10))
    )
    await carol.sees("ETH-PERP")
    await carol.says("/positions", "Positions: 2")
    assert len(await world.sent()) == 2


async def test_a_tap_delivered_often_places_one_order(hooked: tuple[World, httpx.AsyncClient]) -> None:
    world, door = hooked
    carol = await _carol(world)
    preview = await carol.says("long sol $100", "Long SOL-PERP")
    data = preview.button("✅").data or ""
    headers = {HEADER: SECRET}
    taps = [_tap(world, 10**9 + number, preview, data) for number in range(50)]
    await asyncio.gather(*(_post(door, tap, **headers) for tap in taps))
    await carol.sees("Filled")
    await asyncio.gather(*(_post(door, tap, **headers) for tap in taps[:10]))
    await carol.says("/positions", "Positions: 1")
    assert len(await world.sent()) == 1


async def test_a_backdated_line_is_refused(hooked: tuple[World, httpx.AsyncClient]) -> None:
    world, door = hooked
    carol = await _carol(world)
    await _post(door, _line(world, 10**9, "long sol $40", age=3600), **{HEADER: SECRET})
    await carol.sees("so it was not carried out")
    assert await world.sent() == []


async def test_a_port_that_is_taken_is_named_with_its_setting(database_url: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        settings: dict[str, Any] = {
            "telegram_webhook_url": f"http://127.0.0.1:{port}",
            "telegram_webhook_port": port,
            "telegram_webhook_secret": SECRET,
        }
        with pytest.raises(SettingsError, match=f"TELEGRAM_WEBHOOK_PORT.*{port}"):
            async with open_world(database_url, **settings):
                pass
