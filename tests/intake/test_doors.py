"""What a stranger can hold open at our HTTP doors: not much, and not for long."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.web import Dashboard
from tests.support.world import World, open_world

SECRET = "s3cret-of-the-webhook-0123456789"
HALVES = {
    "nothing": b"",
    "half a line": b"POST /telegram HT",
    "half the headers": b"POST /telegram HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ",
    "half a body": b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 500\r\n"
    b"X-Telegram-Bot-Api-Secret-Token: " + SECRET.encode() + b'\r\n\r\n{"a": ',
    "half a chunk": b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
    b"X-Telegram-Bot-Api-Secret-Token: " + SECRET.encode() + b"\r\n\r\n5\r\nab",
}


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.kernel.http_server.IDLE_S", 0.3)
    monkeypatch.setattr("bot.kernel.http_server.BODY_S", 0.3)


@pytest.fixture
async def doors(
    sqlite_template: Any, tmp_path: Any, hasty: None
) -> AsyncIterator[tuple[World, dict[str, int]]]:
    """A world with both doors, by what is posted there."""
    path = tmp_path / "doors.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    hook: dict[str, Any] = {"telegram_webhook_url": f"http://127.0.0.1:{port}", "telegram_webhook_port": port}
    async with open_world(f"sqlite:///{path}", telegram_webhook_secret=SECRET, **hook) as world:
        page = int((world.bot.services.get(Dashboard).url or "").rpartition(":")[2])
        yield world, {"/telegram": port, "/enter": page}


async def _is_closed(reader: asyncio.StreamReader, within_s: float) -> bool:
    try:
        async with asyncio.timeout(within_s):
            await reader.read(-1)
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


async def test_a_request_that_never_ends_is_ended(doors: tuple[World, dict[str, int]]) -> None:
    _, ports = doors
    held = []
    for path, port in ports.items():
        for name, half in HALVES.items():
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(half.replace(b"%s", path.encode()))
            held.append((name, path, reader, writer))
    for name, path, reader, writer in held:
        assert await _is_closed(reader, 4.0), f"{name} keeps {path} open"
        writer.close()


async def test_a_drop_now_and_then_wins_no_time(doors: tuple[World, dict[str, int]]) -> None:
    _, ports = doors
    for path, port in ports.items():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        closed = asyncio.create_task(_is_closed(reader, 5.0))
        with contextlib.suppress(ConnectionError):
            writer.write(f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode())
            for _ in range(100):
                writer.write(b"X: y\r\n")
                await writer.drain()
                await asyncio.sleep(0.05)
                if closed.done():
                    break
        assert await closed, f"{path} is held open by drops"


async def test_no_more_sockets_than_so_many(
    doors: tuple[World, dict[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.kernel.http_server.IDLE_S", 5.0)
    _, ports = doors
    opened = [await asyncio.open_connection("127.0.0.1", ports["/enter"]) for _ in range(80)]
    await asyncio.sleep(0.1)
    closed = [reader for reader, _ in opened if reader.at_eof() or reader.exception() is not None]
    assert len(opened) - len(closed) == 64
    for _, writer in opened:
        writer.close()
