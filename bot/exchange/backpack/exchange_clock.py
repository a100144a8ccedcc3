"""The exchange's clock as this process knows it: the local clock and a measured difference.

Either clock may jump. A request that is refused for its time, or for a signature (which is how a wrong time
may be told), has the difference measured at once instead of at the next minute.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

SHIFT_MS: Final = 1_000  # a smaller change is the network's
RECENT_MS: Final = 10_000  # requests signed before a shift was found come back within this time


class ExchangeClock:
    """`measure` gives exchange minus local time in ms; it raises `BackpackError`s."""

    def __init__(
        self,
        local_ms: Callable[[], int],
        monotonic_ms: Callable[[], int],
        measure: Callable[[], Awaitable[int]],
    ) -> None:
        self._local_ms = local_ms
        self._monotonic_ms = monotonic_ms
        self._measure = measure
        self._lock = asyncio.Lock()
        self._measured_ms: int | None = None  # when, by the monotonic clock
        self._shifted_ms: int | None = None
        self.offset_ms = 0

    def now_ms(self) -> int:
        """The exchange's time in unix ms."""
        return self._local_ms() + self.offset_ms

    def take(self, offset_ms: int) -> None:
        """Use a difference that was measured now."""
        now = self._monotonic_ms()
        if self._measured_ms is not None and abs(offset_ms - self.offset_ms) >= SHIFT_MS:
            self._shifted_ms = now
        self._measured_ms = now
        self.offset_ms = offset_ms

    async def was_off(self, begun_ms: int) -> bool:
        """Whether the difference has changed within the last seconds.

        It is measured for that, unless it was since `begun_ms` (monotonic), when the request began.
        """
        async with self._lock:
            if self._measured_ms is None or self._measured_ms <= begun_ms:
                self.take(await self._measure())
        return self._shifted_ms is not None and self._monotonic_ms() - self._shifted_ms < RECENT_MS
