"""Keeping under the exchange's limits instead of running into them: a token bucket and a queue before it.

The bucket is pure arithmetic over a passed-in clock; the gate adds the waiting, orders before reads.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
from collections.abc import Callable
from typing import Final

from bot.exchange.backpack.errors import RateLimited
from bot.exchange.backpack.routes import Priority

ORDER_RESERVE: Final = 0.1  # of a bucket: reads leave it standing, so that an order never waits for them


class TokenBucket:
    """At most `per_minute` takes in any minute: `burst` at once, the rest as it refills. Times in ms."""

    def __init__(self, per_minute: int, burst: int, now_ms: int) -> None:
        if not 0 < burst < per_minute:
            raise ValueError("0 < burst < per_minute")
        self.burst = burst
        # A full bucket plus a minute of refilling must not exceed the limit of that minute.
        self._refill_per_ms = (per_minute - burst) / 60_000
        self._tokens = float(burst)
        self._updated_ms = now_ms
        self._paused_until_ms = now_ms

    def wait_ms(self, now_ms: int, tokens: float = 1) -> int:
        """How long until `tokens` stand in the bucket; 0 means now."""
        self._refill(now_ms)
        pause = max(0, self._paused_until_ms - now_ms)
        missing = tokens - self._tokens
        return max(pause, math.ceil(missing / self._refill_per_ms) if missing > 0 else 0)

    def take(self, now_ms: int, keep: float = 0) -> bool:
        """Take one token if at least `keep` remain after it; False leaves everything as it was."""
        if self.wait_ms(now_ms, 1 + keep):
            return False
        self._tokens -= 1
        return True

    def pause(self, now_ms: int, duration_ms: int) -> None:
        """Honour a 429: nothing passes for `duration_ms`, and no burst is saved up meanwhile."""
        self._refill(now_ms)
        self._paused_until_ms = max(self._paused_until_ms, now_ms + duration_ms)
        self._tokens = min(self._tokens, 1.0)

    def is_full(self, now_ms: int) -> bool:
        """A full, unpaused bucket remembers nothing and may be thrown away."""
        return self.wait_ms(now_ms, self.burst) == 0

    def _refill(self, now_ms: int) -> None:
        elapsed = now_ms - self._updated_ms
        if elapsed > 0:
            self._tokens = min(float(self.burst), self._tokens + elapsed * self._refill_per_ms)
            self._updated_ms = now_ms


class Gate:
    """The queue before one bucket. Not for use from several event loops."""

    def __init__(self, bucket: TokenBucket, now_ms: Callable[[], int]) -> None:
        self._bucket = bucket
        self._now_ms = now_ms
        self._reserve = bucket.burst * ORDER_RESERVE if bucket.burst > 1 / ORDER_RESERVE else 0
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._sequence = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    async def enter(self, priority: Priority, max_wait_ms: int | None = None) -> None:
        """Pass when there is room, orders first. Raises RateLimited at once when it would take too long."""
        now = self._now_ms()
        ahead = sum(1 for waiter in self._waiting if waiter[0] <= priority)
        if not ahead and self._bucket.take(now, self._keep(priority)):
            return
        wait = self._bucket.wait_ms(now, 1 + ahead + self._keep(priority))
        if max_wait_ms is not None and wait > max_wait_ms:
            raise RateLimited("held back to stay under the exchange's limit", retry_after=wait / 1000)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._sequence), future))
        self._admit()
        await future

    def pause(self, seconds: float) -> None:
        """The exchange answered 429."""
        self._bucket.pause(self._now_ms(), math.ceil(seconds * 1000))

    @property
    def is_idle(self) -> bool:
        return not self._waiting and self._bucket.is_full(self._now_ms())

    def _keep(self, priority: int) -> float:
        return 0 if priority == Priority.ORDER else self._reserve

    def _admit(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            priority, _, future = self._waiting[0]
            if future.done():  # its caller was cancelled
                heapq.heappop(self._waiting)
                continue
            now = self._now_ms()
            if not self._bucket.take(now, self._keep(priority)):
                wait = self._bucket.wait_ms(now, 1 + self._keep(priority))
                self._timer = asyncio.get_running_loop().call_later(wait / 1000, self._admit)
                return
            heapq.heappop(self._waiting)
            future.set_result(None)
