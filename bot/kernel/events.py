"""Typed events: parts that do not know each other meet by what happened.

A reader is subscribed to a class of events when the bot is made, in one of three ways: `tell` calls it now;
`publish` waits for it; `write` lets it write in the transaction that made the event, so that a state and what
follows from it commit together, or neither does.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

_log = logging.getLogger(__name__)

EventT = TypeVar("EventT")


@dataclass(frozen=True, slots=True)
class Ending:
    """An event whose readers end something of theirs: they say how much, and what follows the commit.

    It belongs to one transaction: one that is tried again makes a new event.
    """

    ended: Counter[str] = field(default_factory=Counter, init=False, compare=False)
    _after: list[Callable[[], Awaitable[object]]] = field(default_factory=list, init=False, compare=False)

    def ends(self, what: str, number: int) -> None:
        """So many of these have ended in this transaction."""
        self.ended[what] += number

    def afterwards(self, work: Callable[[], Awaitable[object]]) -> None:
        """To be done once the transaction is committed: memory follows."""
        self._after.append(work)

    async def committed(self) -> None:
        """Do what the readers left for now, in the order of their subscription."""
        for work in self._after:
            await work()


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
