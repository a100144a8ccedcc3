"""The place of a running handler, which it gives back while it waits for Telegram.

A handler that waits for a message to go out does nothing: it must not keep others from being heard.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextvars import ContextVar
from typing import Protocol


class Slot(Protocol):
    """Of one running handler; only the task it was given to gives it back."""

    task: asyncio.Task[None] | None

    def give_back(self) -> None: ...
    async def take_again(self) -> None: ...


_PLACE: ContextVar[Slot | None] = ContextVar("place", default=None)


def occupy(place: Slot) -> None:
    """Let the current task run on this place."""
    _PLACE.set(place)


@contextlib.asynccontextmanager
async def given_back() -> AsyncIterator[None]:
    """Wait for Telegram inside this block: the handler's place is free meanwhile, and taken again after it.

    A task that a handler began, or none at all, holds no place: then this does nothing.
    """
    place = _PLACE.get()
    if place is None or place.task is not asyncio.current_task():
        yield
        return
    place.give_back()
    try:
        yield
    finally:
        await place.take_again()
