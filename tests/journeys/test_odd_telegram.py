"""Starts that meet anything but a Bot API server: one sentence, or patience; never a traceback."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import logging
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from telegram import Bot

from bot.notifications.wire import TelegramWire
from bot.sandbox.telegram import ChatDriver, SandboxTelegram, TelegramConfig
from bot.settings import SettingsError
from bot.telegram import introduction
from bot.telegram.connection import request
from tests.support.command_line import rucksack

ME = {"id": 7000, "is_bot": True, "first_name": "Rucksack", "username": "rucksack_bot"}
HTML = "<!doctype html><title>Welcome to nginx!</title>"


@contextlib.asynccontextmanager
async def _server(*answers: tuple[int, str]) -> AsyncIterator[str]:
    """Something on loopback that answers the first calls so, and then as a Bot API server does."""
    left = list(answers)

    async def answer(_: web.Request) -> web.Response:
        status, body = left.pop(0) if left else (200, json.dumps({"ok": True, "result": ME}))
        return web.Response(status=status, text=body, content_type="text/html")

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _wire() -> TelegramWire:
    return request(2, may_act=lambda: True)


async def _meets(base: str) -> str:
    bot = Bot("7000:token", base_url=f"{base}/bot", request=_wire(), get_updates_request=_wire())
    try:
        async with asyncio.timeout(20):
            await introduction.meet(bot)
        return bot.username
    finally:
        await bot.shutdown()


def _said(**result: object) -> str:
    return json.dumps({"ok": True, "result": ME | result})


@pytest.mark.parametrize(
    ("status", "body"),
    [
        *((200, body) for body in (HTML, "", "null", "[]", '"pong"', '{"status":"fine"}', '{"ok":"yes"}')),
        *((200, body) for body in ('{"ok":true}', '{"ok":true,"result":true}', '{"ok":true,"result":[1]}')),
        (200, json.dumps({"ok": True, "result": {"id": 1, "first_name": "x"}})),
        *((200, body) for body in (_said(is_bot=False), _said(is_bot="yes"), _said(username=None))),
        *((status, HTML) for status in (301, 400, 401, 403, 404, 405)),
        (400, '{"message":"no such route"}'),
    ],
)
async def test_what_is_no_bot_api_server_is_said_in_one_sentence(status: int, body: str) -> None:
    async with _server((status, body)) as base:
        with pytest.raises(SettingsError, match=r"^TELEGRAM_API_URL: is not a Bot API server \(.*\)\. Give"):
            await _meets(base)


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_refused_token_is_the_tokens_fault(status: int) -> None:
    async with _server(
        (status, json.dumps({"ok": False, "error_code": status, "description": "No"}))
    ) as base:
        with pytest.raises(SettingsError, match="TELEGRAM_BOT_TOKEN: Telegram does not accept it"):
            await _meets(base)


@pytest.mark.parametrize(
    "where", ["http://127.0.0.1:{port}", "https://127.0.0.1:{http}", "http://no.such.host.invalid"]
)
async def test_an_address_nobody_answers_at_is_named(where: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    async with _server() as base:
        with pytest.raises(SettingsError, match="TELEGRAM_API_URL: Telegram does not answer"):
            await _meets(where.format(port=port, http=base.rpartition(":")[2]))


async def test_what_passes_is_waited_for_and_said_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(introduction, "FIRST_PAUSE_S", 0.01)
    flood = json.dumps({"ok": False, "error_code": 429, "description": "x", "parameters": {"retry_after": 1}})
    down = json.dumps({"ok": False, "error_code": 500, "description": "Internal Server Error"})
    with caplog.at_level(logging.WARNING, "bot"):
        async with _server((502, HTML), (429, flood), (500, down), (503, ""), (504, HTML)) as base:
            assert await _meets(base) == "rucksack_bot"
    assert [r.getMessage() for r in caplog.records if r.name.startswith("bot")] == [
        "Telegram is not ready (HTTP 502, and no answer of a Bot API server): trying again until it is"
    ]


async def test_a_refused_webhook_names_its_address() -> None:
    bad = '{"ok":false,"error_code":400,"description":"Bad Request: bad webhook: HTTPS url must be provided"}'
    async with _server((400, bad)) as base:
        bot = Bot("7000:token", base_url=f"{base}/bot", request=_wire())
        await bot.request.initialize()
        with pytest.raises(SettingsError, match=r"TELEGRAM_WEBHOOK_URL: Telegram refuses it .*https url"):
            await introduction.patiently(lambda: bot.set_webhook("http://x"), "TELEGRAM_WEBHOOK_URL")
        await bot.request.shutdown()


async def test_commands_are_offered_again_and_no_language_waits_for_another(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(introduction, "COMMANDS_S", 0.05)
    async with SandboxTelegram(TelegramConfig()) as telegram, ChatDriver(telegram.url) as chats:
        for fault in ("500", "429", "drop"):
            await chats.fault(fault, "setMyCommands", retry_after=1)
        await chats.fault("instead", "setMyCommands", body=HTML)
        token = telegram.config.token
        async with Bot(token, base_url=f"{telegram.url}/bot", request=_wire()) as bot:
            async with asyncio.timeout(20):
                await introduction.introduce(bot, ["start"])
            english, chinese = await bot.get_my_commands(), await bot.get_my_commands(language_code="zh")
    assert english
    assert [one.command for one in english] == [one.command for one in chinese]
    assert english != chinese
    assert "Traceback" not in caplog.text
    assert len([r for r in caplog.records if "has not taken the commands" in r.getMessage()]) == 4


async def test_the_command_line_says_it_in_one_sentence_and_the_doctor_in_a_row(tmp_path: Path) -> None:
    async with _server(*((200, HTML) for _ in range(9))) as base:
        settings = {
            "TELEGRAM_BOT_TOKEN": "7000:token",
            "TELEGRAM_API_URL": base,
            "BACKPACK_BROKER_ID": "1",
            "BACKPACK_API_URL": "http://127.0.0.1:9",
            "BACKPACK_WS_URL": "ws://127.0.0.1:9",
            "ADMIN_USER_IDS": "1001",
            "DASHBOARD_PORT": "off",
            "DATABASE_URL": f"sqlite:///{tmp_path / 'desk.sqlite3'}",
            "VAULT_MASTER_KEY": base64.b64encode(hashlib.sha256(b"master").digest()).decode(),
        }
        started = await asyncio.to_thread(lambda: rucksack(tmp_path, "run", **settings))
        looked = await asyncio.to_thread(lambda: rucksack(tmp_path, "doctor", **settings))
    assert started.returncode == 2, started.stderr
    assert "Traceback" not in started.stderr + looked.stderr
    assert "rucksack: TELEGRAM_API_URL: is not a Bot API server (HTTP 200)" in started.stderr
    assert looked.returncode == 1
    assert "is not a Bot API server" in " ".join(looked.stdout.split())
