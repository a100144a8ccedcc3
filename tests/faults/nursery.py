"""Bot processes at the price of a fork: a server that has imported everything and forks on request.

`python -m tests.faults.nursery` is the server (one JSON object a line, in and out); `Nursery` talks to it.
When its standard input ends, the server kills and reaps its own children and goes.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import select
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.faults.bot_process import Job, hurry, live, warm_up

ROOT = Path(__file__).resolve().parents[2]
READY_S = 60


class Child:
    """A forked bot. `ended` holds the signal that ended it, negative, or its exit code."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    @property
    def alive(self) -> bool:
        return not self.ended.done()

    async def dies_before(self, task: asyncio.Task[Any]) -> bool:
        """Wait for the first end of the two; whether it was this one's."""
        ends: tuple[asyncio.Future[Any], ...] = (task, self.ended)
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        return not self.alive


class Nursery:
    """An async context manager around the fork server."""

    def __init__(self) -> None:
        self._server: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._born: asyncio.Queue[Child] = asyncio.Queue()
        self._children: dict[int, Child] = {}
        self._forking = asyncio.Lock()
        self._broken: Exception | None = None

    async def __aenter__(self) -> Nursery:
        self._server = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.faults.nursery",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        try:
            async with asyncio.timeout(READY_S):
                await self._line()
        except BaseException:
            self._server.kill()
            await self._server.wait()
            raise
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        assert self._server.stdin is not None
        self._server.stdin.close()
        try:
            async with asyncio.timeout(10):
                await self._server.wait()
        except TimeoutError:
            self._server.kill()
            await self._server.wait()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    async def fork(self, job: Job) -> Child:
        """Start a bot."""
        async with self._forking, asyncio.timeout(20):
            if self._broken is not None:
                raise RuntimeError("no bot can be started any more") from self._broken
            self._tell({"job": job.plain()})
            return await self._born.get()  # it may be dead by now

    async def kill(self, child: Child) -> None:
        """SIGKILL, and wait until it is reaped."""
        if child.alive:
            self._tell({"kill": child.pid})
        async with asyncio.timeout(20):
            await asyncio.shield(child.ended)

    def _tell(self, order: dict[str, Any]) -> None:
        assert self._server is not None
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(order).encode() + b"\n")

    async def _line(self) -> dict[str, Any]:
        assert self._server is not None
        assert self._server.stdout is not None
        line = await self._server.stdout.readline()
        if not line:
            raise EOFError(f"the fork server is gone: {await self._server.wait()}")
        news: dict[str, Any] = json.loads(line)
        return news

    async def _read(self) -> None:
        try:
            await self._hear()
        except Exception as error:
            self._broken = error
            raise

    async def _hear(self) -> None:
        while True:
            news = await self._line()
            if "born" in news:
                child = self._children[news["born"]] = Child(news["born"])
                self._born.put_nowait(child)
            elif "dead" in news:
                self._children.pop(news["dead"]).ended.set_result(news["status"])


class _Server:
    def __init__(self) -> None:
        self._children: set[int] = set()
        self._rest = b""
        self._wake, wake = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(wake, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake)

    def serve(self) -> None:
        _say({"ready": os.getpid()})
        while True:
            ready, _, _ = select.select([0, self._wake], [], [])
            if self._wake in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake, 4096)
            self._reap()
            if 0 in ready and not self._obey():
                self._end()
                return

    def _obey(self) -> bool:
        chunk = os.read(0, 65536)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            order = json.loads(line)
            if "job" in order:
                self._fork(Job(**order["job"]))
            elif order["kill"] in self._children:
                os.kill(order["kill"], signal.SIGKILL)
        return bool(chunk)

    def _fork(self, job: Job) -> None:
        pid = os.fork()
        if pid == 0:
            _be(job)
        self._children.add(pid)
        _say({"born": pid})

    def _reap(self) -> None:
        for child in list(self._children):
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                self._children.discard(pid)
                _say({"dead": pid, "status": os.waitstatus_to_exitcode(status)})

    def _end(self) -> None:
        for child in self._children:
            os.kill(child, signal.SIGKILL)
        for child in self._children:
            os.waitpid(child, 0)


def _be(job: Job) -> None:
    """The child's life: nothing of the server's is left in it."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(job.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    status = 1
    try:
        live(job)
        status = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)


def _say(news: dict[str, Any]) -> None:
    os.write(1, json.dumps(news).encode() + b"\n")


if __name__ == "__main__":
    warm_up()
    hurry()
    gc.freeze()
    _Server().serve()
