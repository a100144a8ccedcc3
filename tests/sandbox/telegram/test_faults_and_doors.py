"""Faults happen as ordered, and the sandbox opens to nobody but this machine."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from telegram import Bot
from telegram.error import NetworkError, RetryAfter, TimedOut

from bot.sandbox.telegram import ChatDriver, SandboxTelegram
from bot.sandbox.telegram.driver import ChatError
from tests.sandbox.telegram.conftest import ALICE

pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")


async def test_a_refusing_fault_does_nothing_and_passes(bot: Bot, driver: ChatDriver) -> None:
    alice = driver.as_user(ALICE)
    await alice.send("/start")
    await driver.fault("429", "sendMessage", retry_after=7)
    await driver.fault("500", "sendMessage", times=2)
    with pytest.raises(RetryAfter) as refusal:
        await bot.send_message(ALICE, "x")
    assert refusal.value.retry_after == 7
    for _ in range(2):
        with pytest.raises(NetworkError):
            await bot.send_message(ALICE, "x")
    assert len(await alice.messages()) == 1
    await bot.send_message(ALICE, "at last")


@pytest.mark.parametrize(
    ("kind", "delivered"), [("drop", 0), ("drop_answer", 1), ("late", 1), ("timeout", 0)]
)
async def test_a_lost_answer_may_or_may_not_mean_a_lost_message(
    bot: Bot, driver: ChatDriver, kind: str, delivered: int
) -> None:
    alice = driver.as_user(ALICE)
    await alice.send("/start")
    await driver.fault(kind, "sendMessage", seconds=30)
    with pytest.raises((NetworkError, TimedOut)):
        await bot.send_message(ALICE, "x", read_timeout=0.2)
    assert [m.text for m in await alice.messages()].count("x") == delivered


async def test_faults_can_be_aimed_listed_and_cancelled(bot: Bot, driver: ChatDriver) -> None:
    await driver.as_user(ALICE).send("/start")
    await driver.fault("500", "*", chat_id=42)
    await driver.fault("500", "editMessageText")
    await bot.send_message(ALICE, "neither concerns this")
    await bot.get_updates()
    assert len((await driver.get("faults"))["faults"]) == 2
    async with httpx.AsyncClient() as client:
        answer = await client.delete(f"{bot.base_url.split('/bot')[0]}/sandbox/faults")
    assert answer.json() == {"faults": []}
    with pytest.raises(ChatError, match="unknown fault"):
        await driver.fault("earthquake")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
async def test_it_listens_on_loopback_only(host: str) -> None:
    with pytest.raises(ValueError, match="loopback only"):
        await SandboxTelegram().start(host=host)


async def test_a_request_for_another_host_or_from_another_page_is_refused(sandbox: SandboxTelegram) -> None:
    async with httpx.AsyncClient(base_url=sandbox.url) as client:
        rebound = await client.get("/sandbox/people", headers={"Host": "evil.example"})
        foreign = await client.get("/sandbox/people", headers={"Origin": "http://evil.example"})
        simple = await client.post("/sandbox/send", content="{}", headers={"Content-Type": "text/plain"})
        named = await client.get("/sandbox/people", headers={"Host": "localhost:1"})
    assert [r.status_code for r in (rebound, foreign, simple, named)] == [403, 403, 415, 200]


async def test_stopping_ends_open_polls_and_frees_the_port(bot: Bot, sandbox: SandboxTelegram) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await asyncio.sleep(0.05)
    await sandbox.stop()
    with pytest.raises(NetworkError):
        await asyncio.wait_for(poll, 5)
    again = SandboxTelegram()
    await again.start(port=int(sandbox.url.rsplit(":", 1)[1]))
    assert again.url == sandbox.url
    await again.stop()


async def test_the_page_loads_nothing_from_elsewhere(sandbox: SandboxTelegram) -> None:
    async with httpx.AsyncClient(base_url=sandbox.url) as client:
        page = await client.get("/")
        missing = await client.get("/secrets.txt")
        names = ("app.js", "composer.js", "dom.js", "entities.js", "messages.js", "overlays.js", "server.js")
        sources = [page.text, *[(await client.get(f"/{name}")).text for name in (*names, "style.css")]]
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert missing.status_code == 404
    for source in sources:
        assert "innerHTML" not in source
        assert "@import" not in source
        assert 'src="http' not in source
