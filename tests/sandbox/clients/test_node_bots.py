"""grammY and telegraf, the bot libraries of Node.js: polling, and the webhook whose answer is a method."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.sandbox.telegram import ChatDriver, Limits, SandboxTelegram, TelegramConfig
from bot.sandbox.telegram.config import default_groups

HERE = Path(__file__).with_name("node")
ALICE, DESK = 1001, -1001000000001

pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="Node.js is not installed")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small bot beside its libraries, as the lock file has them."""
    folder = tmp_path_factory.mktemp("node")
    for name in ("bot.mjs", "package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    if done.returncode:
        pytest.skip(f"the libraries cannot be had here: {done.stderr[-200:]}")
    return folder / "bot.mjs"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def running(program: Path, library: str, sandbox: SandboxTelegram, *more: str) -> AsyncIterator[None]:
    command = ("node", str(program), library, sandbox.url, sandbox.config.token, *more)
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        if line != b"ready\n":
            raise AssertionError((await process.stderr.read()).decode()[-2000:])
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.parametrize("library", ["grammy", "telegraf"])
@pytest.mark.parametrize("how", ["polling", "webhook"])
async def test_a_bot_of_another_library_hears_answers_and_edits(
    program: Path, library: str, how: str
) -> None:
    config = TelegramConfig(limits=Limits.off(), groups=default_groups())
    async with SandboxTelegram(config) as sandbox, ChatDriver(sandbox.url) as chats:
        port = (str(_free_port()),) if how == "webhook" else ()
        async with running(program, library, sandbox, *port):
            alice = chats.as_user(ALICE)
            await alice.send("/start")
            hello = await alice.wait_for("Hello Alice", 20)
            assert [one["type"] for one in hello.raw["entities"]] == ["bold"]
            tap = await alice.tap("More", hello.id)
            assert (await tap.answer()).text == "Taken"
            await alice.wait_for("You tapped more", 20)
            await alice.send("something")
            said = await alice.wait_for("You said something", 20)
            assert "reply_to_message" in said.raw
            desk = chats.as_user(ALICE, DESK)
            await desk.send("/role")
            await desk.wait_for("creator", 20)
