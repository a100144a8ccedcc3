"""When the next call about a chat may go: Telegram's limits as arithmetic, no clock and no network inside.

Source: Telegram Bot FAQ ("my bot is hitting limits"): about 30 messages a second over all chats, 1 a second
in one chat (short bursts are tolerated), 20 a minute in one group. A 429 answer is the authority.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Final


class Use(Enum):
    """What a call is to its chat."""

    ANSWER = "answer"  # a message somebody waits for, or news
    BACKGROUND = "background"  # a card that changes by itself, a digest: leaves a part of every rate free
    CALL = "call"  # no message: a tap's answer, a deletion


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` calls in any `period_ms`."""

    count: int
    period_ms: int


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Every rate a call must keep. Another Bot API server may allow more than Telegram's."""

    everywhere: tuple[Rate, ...]
    one_chat: tuple[Rate, ...]
    one_group: tuple[Rate, ...]
    calls: tuple[Rate, ...] = ()  # about one chat, that are no messages


TELEGRAM: Final = RateLimits(
    everywhere=(Rate(28, 1_000),),  # a little under the documented 30: the server's clock is not ours
    one_chat=(Rate(3, 3_000),),
    one_group=(Rate(3, 3_000), Rate(20, 60_000)),
    calls=(Rate(10, 2_000),),
)
UNLIMITED: Final = RateLimits((), (), ())
_LONGEST_MS: Final = 60_000
_KEPT_FREE: Final = 4  # background leaves one in so many


@dataclass(slots=True)
class RateLimiter:
    """Ask `delay`, then `take`. Chats with a negative id are groups."""

    rates: RateLimits = TELEGRAM
    _all: deque[int] = field(default_factory=deque)
    _chats: dict[int, deque[int]] = field(default_factory=dict)
    _calls: dict[int, deque[int]] = field(default_factory=dict)
    _paused: dict[tuple[int | None, bool], int] = field(
        default_factory=dict
    )  # by chat, and whether for calls

    def delay(self, chat_id: int, now_ms: int, use: Use = Use.ANSWER) -> int:
        """Milliseconds until a call about `chat_id` is allowed; 0 means now."""
        return max(self.delay_everywhere(now_ms, use), self._chat_delay(chat_id, now_ms, use))

    def delay_everywhere(self, now_ms: int, use: Use = Use.ANSWER) -> int:
        """The part of `delay` that is the same for every chat."""
        paused = self._paused.get((None, use is Use.CALL), 0)
        return max(0, paused - now_ms, _free_at(self._all, _kept(self.rates.everywhere, use)) - now_ms)

    def _chat_delay(self, chat_id: int, now_ms: int, use: Use) -> int:
        is_call = use is Use.CALL
        sent = (self._calls if is_call else self._chats).get(chat_id)
        until = self._paused.get((chat_id, is_call), 0)
        if sent is not None:
            own = self.rates.one_group if chat_id < 0 else self.rates.one_chat
            until = max(until, _free_at(sent, self.rates.calls if is_call else _kept(own, use)))
        return max(0, until - now_ms)

    def limited(self, now_ms: int, use: Use = Use.ANSWER) -> dict[int, int]:
        """Chats that must wait now by what they sent themselves, and for how many milliseconds."""
        known = self._chats.keys() | {
            chat for chat, is_call in self._paused if chat is not None and not is_call
        }
        return {chat: wait for chat in known if (wait := self._chat_delay(chat, now_ms, use)) > 0}

    def take(self, chat_id: int, now_ms: int, use: Use = Use.ANSWER) -> None:
        """Account for one call about `chat_id` made now."""
        chats = self._calls if use is Use.CALL else self._chats
        for sent in (self._all, chats.setdefault(chat_id, deque())):
            sent.append(now_ms)
            while sent[0] <= now_ms - _LONGEST_MS:
                sent.popleft()

    def pause(self, chat_id: int | None, until_ms: int, use: Use = Use.ANSWER) -> None:
        """Honour a `retry_after`: no such call about `chat_id` (None: about anyone) before `until_ms`."""
        key = (chat_id, use is Use.CALL)
        self._paused[key] = max(self._paused.get(key, 0), until_ms)

    def forget_idle(self, now_ms: int) -> None:
        """Drop what no limit can remember any more, so that memory follows activity."""
        self._chats = {chat: sent for chat, sent in self._chats.items() if sent[-1] > now_ms - _LONGEST_MS}
        self._calls = {chat: sent for chat, sent in self._calls.items() if sent[-1] > now_ms - _LONGEST_MS}
        self._paused = {key: until for key, until in self._paused.items() if until > now_ms}


@cache
def _kept(rates: tuple[Rate, ...], use: Use) -> tuple[Rate, ...]:
    """`rates` as far as `use` may go."""
    if use is not Use.BACKGROUND:
        return rates
    return tuple(Rate(max(1, rate.count - -(-rate.count // _KEPT_FREE)), rate.period_ms) for rate in rates)


def _free_at(sent: deque[int], rates: tuple[Rate, ...]) -> int:
    """The moment one more keeps within every rate; 0 for any."""
    return max((sent[-rate.count] + rate.period_ms for rate in rates if len(sent) >= rate.count), default=0)
