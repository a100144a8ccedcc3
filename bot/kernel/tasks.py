"""Many pieces of work at once, but not so many that whoever trades meanwhile waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, TypeVar

One = TypeVar("One")
Done = TypeVar("Done")

AT_ONCE: Final = 4  # as many as may hold a connection that reads the database


async def each(
    work: Callable[[One], Awaitable[Done]], of: Iterable[One], at_once: int = AT_ONCE
) -> list[Done]:
    """What `work` makes of each, in their order. The first error ends it, as with `asyncio.gather`."""
    free = asyncio.Semaphore(at_once)

    async def one(given: One) -> Any:
        async with free:
            return await work(given)

    return list(await asyncio.gather(*map(one, of)))
