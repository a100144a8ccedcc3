"""Telegram's send rates as token buckets: overall, per chat and per group.

A call that any bucket refuses takes from none and is told how many whole seconds to wait.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from bot.sandbox.telegram.config import Limits
from bot.sandbox.telegram.errors import too_many_requests


class Bucket:
    """`size` tokens at most, refilled at `rate` a second of the given clock."""

    def __init__(self, size: float, rate: float, clock: Callable[[], float]) -> None:
        self._size, self._rate, self._clock = size, rate, clock
        self._left, self._at = size, clock()

    def wait(self) -> float:
        """Seconds until a token is there; 0 when one is."""
        now = self._clock()
        self._left = min(self._size, self._left + max(0.0, now - self._at) * self._rate)
        self._at = now
        return 0.0 if self._left >= 1 - 1e-9 else (1 - self._left) / self._rate

    def take(self) -> None:
        """Remove a token."""
        self._left -= 1


class SendRates:
    """Counts every message a bot sends or edits."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits, self._clock = limits, clock
        rate = limits.per_second
        self._overall = Bucket(rate, rate, clock) if rate else None
        self._chats: dict[int, Bucket] = {}
        self._groups: dict[int, Bucket] = {}

    def spend(self, chat_id: int, is_group: bool) -> None:
        """Count one message to a chat. Raises 429 with `retry_after` when a rate is exceeded."""
        buckets = [bucket for bucket in self._buckets(chat_id, is_group) if bucket]
        wait = max((bucket.wait() for bucket in buckets), default=0.0)
        if wait > 0:
            raise too_many_requests(max(1, math.ceil(wait)))
        for bucket in buckets:
            bucket.take()

    def _buckets(self, chat_id: int, is_group: bool) -> tuple[Bucket | None, Bucket | None, Bucket | None]:
        limits, chat, group = self._limits, None, None
        if limits.per_chat_second:
            chat = self._chats.setdefault(
                chat_id, Bucket(limits.chat_burst, limits.per_chat_second, self._clock)
            )
        if limits.per_group_minute and is_group:
            per_minute = limits.per_group_minute
            group = self._groups.setdefault(chat_id, Bucket(per_minute, per_minute / 60, self._clock))
        return self._overall, chat, group
