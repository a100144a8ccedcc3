"""Typed events: parts that do not know each other meet by what happened.

A reader is subscribed to a class of events when the bot is made, in one of three ways: `tell` calls it now;
`publish` waits for it; `write` lets it write in the transaction that made the event, so that a state and what
follows from it commit together, or neither does.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

_log = logging.getLogger(__name__)

EventT = TypeVar("EventT")


class Events:
    """Who hears of which events, in the order of their subscription."""

    def __init__(self) -> None:
        self._told: defaultdict[type, list[Callable[[Any], object]]] = defaultdict(list)
        self._published: defaultdict[type, list[Callable[[Any], Awaitable[object]]]] = defaultdict(list)
        self._written: defaultdict[type, list[Callable[[AsyncSession, Any], Awaitable[object]]]] = (
            defaultdict(list)
        )

    def on_told(self, kind: type[EventT], reader: Callable[[EventT], object]) -> None:
        """`reader` is called when one is told; it returns at once."""
        self._told[kind].append(reader)

    def on_published(self, kind: type[EventT], reader: Callable[[EventT], Awaitable[object]]) -> None:
        """`reader` is waited for when one is published."""
        self._published[kind].append(reader)

    def on_written(
        self, kind: type[EventT], reader: Callable[[AsyncSession, EventT], Awaitable[object]]
    ) -> None:
        """`reader` writes in the transaction that made the event."""
        self._written[kind].append(reader)

    def tell(self, event: object) -> None:
        """Each reader is called now. One that fails is logged, and keeps nobody else from hearing."""
        for reader in self._told[type(event)]:
            try:
                reader(event)
            except Exception:
                _log.exception("a reader of %s failed", type(event).__name__)

    async def publish(self, event: object) -> None:
        """Wait for each reader in turn. Raises what a reader raises: whoever publishes depends on it."""
        for reader in self._published[type(event)]:
            await reader(event)

    async def write(self, session: AsyncSession, event: object) -> None:
        """Let each reader write in `session`. Raises what a reader raises: the transaction is then undone."""
        for reader in self._written[type(event)]:
            await reader(session, event)
