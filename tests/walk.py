"""Which files one act crosses, found by running it: `python -m tests.walk`. Lists for docs/architecture.md.

A person sends a line and taps Confirm, in a world of both sandboxes. Every file of `bot/` in which a function
is called is noted, by the task that called it: that which took the update from Telegram, the outbox, and the
account's stream. Calls from tasks that neither of them started are left out.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

from bot.kernel.storage import migrate
from tests.support.world import CAROL, open_world

BOT = str(Path(__file__).parents[1] / "bot") + "/"
ROOTS = {"polling": "update", "outbox": "outbox"}  # tasks by their names
STREAM = "UserStreams"  # the tasks of an account's stream have no name; their coroutines have

Walk = dict[str, dict[str, None]]  # files by who crossed them, in the order of the first call


class Tracer:
    """Knows of each task which of the roots it descends from."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._parents: WeakKeyDictionary[asyncio.Task[Any], asyncio.Task[Any] | None] = WeakKeyDictionary()
        self._roots: WeakKeyDictionary[asyncio.Task[Any], str] = WeakKeyDictionary()
        self.walk: Walk = {}
        loop.set_task_factory(self._made)

    def _made(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **how: Any) -> asyncio.Task[Any]:
        parent = asyncio.current_task(loop)
        task = asyncio.Task(coroutine, loop=loop, **how)
        self._parents[task] = parent
        if STREAM in getattr(coroutine, "__qualname__", ""):
            self._roots[task] = "stream"
        return task

    def _root_of(self, task: asyncio.Task[Any] | None) -> str:
        while task is not None:
            root = self._roots.get(task) or ROOTS.get(task.get_name())
            if root is not None:
                return root
            task = self._parents.get(task)
        return ""

    def _called(self, frame: FrameType, event: str, _argument: Any) -> None:
        name = frame.f_code.co_filename
        if event != "call" or not name.startswith(BOT) or "/sandbox/" in name:
            return
        try:
            task = asyncio.current_task()
        except RuntimeError:
            return
        if root := self._root_of(task):
            self.walk.setdefault(root, {})[name.removeprefix(BOT)] = None

    @contextmanager
    def tracing(self) -> Iterator[Walk]:
        self.walk = {}
        sys.setprofile(self._called)
        try:
            yield self.walk
        finally:
            sys.setprofile(None)


def show(title: str, walk: Walk) -> None:
    crossed = {file for files in walk.values() for file in files}
    print(f"{title}: {len(crossed)} files")
    seen: set[str] = set()
    for root, files in walk.items():
        new = [file for file in files if file not in seen]
        seen |= set(new)
        print(f"  {root}: {len(files)} files, {len(new)} of them not named above")
        for file in new:
            print(f"    bot/{file}")


async def walks() -> tuple[Walk, Walk]:
    """What a line to its preview crosses, and what a tap to its card."""
    tracer = Tracer(asyncio.get_running_loop())
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/walk.sqlite3"
        migrate(url)
        async with open_world(url) as world:
            person = world.person(CAROL)
            await person.links("main")
            await person.says("long sol $100 5x sl 3%", "Long SOL")  # what is read once is read now
            with tracer.tracing() as preview:
                offer = await person.says("long sol $200 5x sl 3%", "Long SOL")
            with tracer.tracing() as card:
                await person.taps("✅", "Filled", on=offer.id)
    return preview, card


if __name__ == "__main__":
    to_preview, to_card = asyncio.run(walks())
    show("From an update to its preview", to_preview)
    show("From a tap to its card", to_card)
