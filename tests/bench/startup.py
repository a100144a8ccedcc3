"""From `exec` to ready in a fresh process: interpreter, imports, database, wiring, the first long poll."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bot.kernel.storage import migrate
from tests.bench.floor import BROKER_ID
from tests.bench.remote import ROOT, Town, open_town
from tests.bench.town import PERSON

PATIENCE_S = 60.0
READY = "listening"
_CHILD = """
import asyncio, json, sys
from bot.app.wiring import build
from bot.app.lifecycle import running
from bot.settings import load_settings
from bot.vault import MasterKeys

async def main(what):
    settings = load_settings(_env_file=None, **what["settings"])
    if what["migrate"]:
        from bot.kernel.storage import migrate
        await asyncio.to_thread(migrate, settings.database_url)
    async with running(build(settings, MasterKeys.generate())):
        print("listening", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

import uvloop
uvloop.run(main(json.loads(sys.argv[1])))
"""


async def measure(folder: Path, repetitions: int) -> dict[str, list[float]]:
    """Seconds to ready, by kind of start; the three kinds by turns."""
    template = folder / "template.sqlite3"
    await asyncio.to_thread(migrate, f"sqlite:///{template}")
    found: dict[str, list[float]] = {"migrated": [], "empty": [], "demo": []}
    async with open_town() as town:
        for number in range(repetitions):
            ready = folder / f"ready-{number}.sqlite3"
            shutil.copyfile(template, ready)
            found["migrated"].append(await _start(command(town, f"sqlite:///{ready}", bring_up=False), READY))
            found["empty"].append(
                await _start(command(town, f"sqlite:///{folder / str(number)}.sqlite3", bring_up=True), READY)
            )
            found["demo"].append(
                await _start((sys.executable, "-m", "tests.bench.demo"), r"http://127\.0\.0\.1")
            )
    return found


def command(town: Town, database_url: str, *, bring_up: bool) -> tuple[str, ...]:
    """A bot in that town that says when it listens."""
    settings = {
        "telegram_bot_token": town.token,
        "telegram_api_url": town.telegram,
        "telegram_webhook_url": None,
        "backpack_api_url": town.rest,
        "backpack_ws_url": town.ws,
        "backpack_broker_id": BROKER_ID,
        "backpack_broker_key": None,
        "database_url": database_url,
        "admin_user_ids": [PERSON],
        "dashboard_port": "off",
    }
    return sys.executable, "-c", _CHILD, json.dumps({"settings": settings, "migrate": bring_up})


async def _start(program: Sequence[str], sign: str) -> float:
    """Seconds until the program prints something that matches `sign`; then it is stopped."""
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *program,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await until(process, sign) - begun
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


async def until(process: asyncio.subprocess.Process, sign: str) -> float:
    """When, by `perf_counter`, it printed something that matches `sign`."""
    if process.stdout is None:
        raise RuntimeError("a program without output")
    while line := await process.stdout.readline():
        if re.search(sign, line.decode()):
            return time.perf_counter()
    raise RuntimeError("the program ended before it was ready")
