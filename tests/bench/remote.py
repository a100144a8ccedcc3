"""The bench's hand on the other process: starts it, asks it to act, ends it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ANSWER_S = 60.0
_LINE_LIMIT = 1 << 20


@dataclass(slots=True)
class Town:
    """Where the sandboxes listen, and a person in each chat."""

    process: asyncio.subprocess.Process
    rest: str = ""
    ws: str = ""
    token: str = ""
    telegram: str = ""
    bare: str = ""

    async def ask(self, do: str, **what: Any) -> dict[str, Any]:
        """One act; its answer comes when its effect is on the person's screen."""
        if self.process.stdin is None:
            raise RuntimeError("the town has no ear")
        self.process.stdin.write(json.dumps({"do": do, **what}).encode() + b"\n")
        return await self.hear()

    async def hear(self) -> dict[str, Any]:
        if self.process.stdout is None:
            raise RuntimeError("the town has no voice")
        line = await asyncio.wait_for(self.process.stdout.readline(), ANSWER_S)
        if not line:
            raise RuntimeError("the town is gone")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextlib.asynccontextmanager
async def open_town() -> AsyncIterator[Town]:
    """Both sandboxes in a process of their own for the length of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bench.town",
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LINE_LIMIT,
    )
    town = Town(process)
    try:
        for name, value in (await town.hear()).items():
            setattr(town, name, value)
        yield town
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            process.kill()
            await process.wait()
