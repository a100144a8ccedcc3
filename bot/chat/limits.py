"""When the next message may go to a chat: Telegram's limits as arithmetic, no clock and no network inside.

Source: Telegram Bot FAQ ("my bot is hitting limits"): about 30 messages a second over all chats, 1 a second
in one chat (short bursts are tolerated), 20 a minute in one group. A 429 answer is the authority.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` messages in any `period_ms`."""

    count: int
    period_ms: int


@dataclass(frozen=True, slots=True)
class Rates:
    """Every rate a message must keep. Another Bot API server may allow more than Telegram's."""

    everywhere: tuple[Rate, ...]
    one_chat: tuple[Rate, ...]
    one_group: tuple[Rate, ...]


TELEGRAM: Final = Rates(
    everywhere=(Rate(28, 1_000),),  # a little under the documented 30: the server's clock is not ours
    one_chat=(Rate(3, 3_000),),
    one_group=(Rate(3, 3_000), Rate(20, 60_000)),
)
UNLIMITED: Final = Rates((), (), ())
_LONGEST_MS: Final = 60_000


@dataclass(slots=True)
class Limits:
    """Ask `delay`, then `take`. Chats with a negative id are groups."""

    rates: Rates = TELEGRAM
    _all: deque[int] = field(default_factory=deque)
    _chats: dict[int, deque[int]] = field(default_factory=dict)
    _paused: dict[int | None, int] = field(default_factory=dict)

    def delay(self, chat_id: int, now_ms: int) -> int:
        """Milliseconds until a message to `chat_id` is allowed; 0 means now."""
        rates = self.rates.one_group if chat_id < 0 else self.rates.one_chat
        sent = self._chats.get(chat_id, deque())
        free_at = [self._paused.get(chat_id, 0), self._paused.get(None, 0)]
        free_at.extend(_free_at(self._all, rate) for rate in self.rates.everywhere)
        free_at.extend(_free_at(sent, rate) for rate in rates)
        return max(0, max(free_at) - now_ms)

    def limited(self, now_ms: int) -> dict[int, int]:
        """Chats that must wait now, and for how many milliseconds."""
        known = self._chats.keys() | {chat for chat in self._paused if chat is not None}
        return {chat: wait for chat in known if (wait := self.delay(chat, now_ms)) > 0}

    def take(self, chat_id: int, now_ms: int) -> None:
        """Account for one message sent to `chat_id` now."""
        for sent in (self._all, self._chats.setdefault(chat_id, deque())):
            sent.append(now_ms)
            while sent[0] <= now_ms - _LONGEST_MS:
                sent.popleft()

    def pause(self, chat_id: int | None, until_ms: int) -> None:
        """Honour a `retry_after`: nothing to `chat_id` (None: to anyone) before `until_ms`."""
        self._paused[chat_id] = max(self._paused.get(chat_id, 0), until_ms)

    def forget_idle(self, now_ms: int) -> None:
        """Drop what no limit can remember any more, so that memory follows activity."""
        self._chats = {chat: sent for chat, sent in self._chats.items() if sent[-1] > now_ms - _LONGEST_MS}
        self._paused = {chat: until for chat, until in self._paused.items() if until > now_ms}


def _free_at(sent: deque[int], rate: Rate) -> int:
    """The moment one more message keeps within `rate`."""
    return sent[-rate.count] + rate.period_ms if len(sent) >= rate.count else 0
