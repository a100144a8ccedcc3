"""Where a process can be suspended: every await of every task, named by the stack it is suspended in.

A point is one such await, counted: the third time the outbox waits for its commit is another point than the
first. It has two sides, for a process may die on the way `in` (whatever is awaited may or may not happen) or
on the way `out` (it has happened, and nobody here knows yet).
"""

from __future__ import annotations

import collections
import gc
import inspect
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import blake2s
from types import FrameType
from typing import Any

IN, OUT = "in", "out"

# Awaitables of the interpreter's own that do not say what they wait for; what they refer to does.
_OPAQUE = {"anext_awaitable", "async_generator_asend", "async_generator_athrow", "coroutine_wrapper"}


@dataclass(frozen=True, slots=True)
class Point:
    """`function` and `line` are the deepest of ours on the stack, `leaf` the deepest of all."""

    key: str  # of the whole stack
    nth: int
    side: str
    function: str
    line: int
    leaf: str

    def plain(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.function}:{self.line} ({self.leaf}) {self.side}, {self.nth}. time [{self.key}]"


class Counter:
    """Names the points as they come."""

    def __init__(self) -> None:
        self._seen: collections.Counter[tuple[str, str]] = collections.Counter()

    def at(self, task: Any, side: str) -> Point:
        frames = list(_frames(task.get_coro()))
        names = [(_module(frame), frame.f_code.co_qualname, frame.f_lineno) for frame in frames]
        key = blake2s(repr(names).encode(), digest_size=6).hexdigest()
        self._seen[key, side] += 1
        ours = [name for name in names if name[0].startswith("bot.")]
        module, function, line = ours[-1] if ours else names[0] if names else ("?", "?", 0)
        leaf = f"{names[-1][0]}.{names[-1][1]}" if names else "?"
        return Point(key, self._seen[key, side], side, f"{module}:{function}", line, leaf)


def task_of(callback: Any) -> Any:
    """The task a callback of the event loop steps or wakes; None for any other callback."""
    owner = getattr(callback, "__self__", None)
    return owner if hasattr(owner, "get_coro") else None


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "?"))


def _frames(awaitable: Any) -> Iterator[FrameType]:
    """From a task's coroutine down to what it is suspended in."""
    while awaitable is not None:
        if inspect.iscoroutine(awaitable):
            frame, below = awaitable.cr_frame, awaitable.cr_await
        elif inspect.isgenerator(awaitable):
            frame, below = awaitable.gi_frame, awaitable.gi_yieldfrom
        elif inspect.isasyncgen(awaitable):
            frame, below = awaitable.ag_frame, awaitable.ag_await
        elif type(awaitable).__name__ in _OPAQUE:
            awaitable = next(filter(_has_frames, gc.get_referents(awaitable)), None)
            continue
        else:
            return
        if frame is not None:
            yield frame
        awaitable = below


def _has_frames(thing: Any) -> bool:
    return (
        inspect.iscoroutine(thing)
        or inspect.isgenerator(thing)
        or inspect.isasyncgen(thing)
        or type(thing).__name__ in _OPAQUE
    )
