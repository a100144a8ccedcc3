"""A pulse for every stream somebody follows: what its silence means, and what is done about it.

A quiet market and a dead stream sound alike. So each kind of stream says after how long a silence REST is
asked what the stream should have told (`rest_comparison`); what REST knows better goes to the readers as if
the stream had told it, and a stream that stays silent about it is subscribed to anew. A market that is quiet
costs one small request now and then, never a new socket. How many: at most `ASKS_AT_A_TURN` each turn.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.markets.market_events import StreamKind
from bot.exchange.backpack import BackpackError
from bot.marketdata.subscriptions import Stream

_log = logging.getLogger(__name__)

ASKS_AT_A_TURN: Final = 6  # with a turn every half second 720 a minute, of the exchange's 2,000
LONGEST_ASK_S: Final = 8.0
GRACE_S: Final = 0.5  # what REST knew first may be on its way
VAIN_RENEWALS: Final = 2  # so many, and only another socket can help
SOCKET_S: Final = 300.0  # between two sockets given up for the sake of one stream

Ask = Callable[[Sequence[Stream]], Awaitable[Iterable[Stream]]]
"""Asks REST what these streams should have told and passes it on; which of them it knew better than."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """Of a silence. `serves_all`: one answer of REST speaks for every market.

    A stream is deaf when it was silent for `deaf_s` and REST knew better; where that cannot be known
    (`is_sure` is False) it is subscribed anew all the same. `is_due` is asked beside the length of the
    silence where that says nothing: candles are due by the clock.
    """

    silent_s: float
    ask: Ask
    serves_all: bool = False
    deaf_s: float = 0.0
    is_sure: bool = True
    is_due: Callable[[Stream], bool] = lambda stream: True


@dataclass(slots=True)
class _Beat:
    """Of one stream, in monotonic seconds."""

    heard: float  # it spoke; or it is wanted since
    asked: float = float("-inf")
    renewed: float = float("-inf")
    vain: int = 0  # renewals since it last spoke
    is_asking: bool = False


class Pulses:
    """`spoke` is told of every event of the socket; `turn` is called every half second or so."""

    def __init__(
        self,
        meanings: Mapping[StreamKind, Meaning],
        *,
        renew: Callable[[Sequence[Stream]], Awaitable[None]],
        reconnect: Callable[[], None],
        renew_s: float,
        monotonic: Callable[[], float],
    ) -> None:
        self._meanings = meanings
        self._renew = renew
        self._reconnect = reconnect
        self._renew_s = renew_s
        self._monotonic = monotonic
        self._beats: dict[str, _Beat] = {}
        self._socket_at = float("-inf")
        self._tasks: set[asyncio.Task[None]] = set()

    def want(self, stream: Stream) -> None:
        """Somebody follows it from now on."""
        self._beats.setdefault(stream.name, _Beat(self._monotonic()))

    def drop(self, stream: Stream) -> None:
        self._beats.pop(stream.name, None)

    def spoke(self, name: str) -> None:
        """The socket told something of the stream `name`."""
        beat = self._beats.get(name)
        if beat is not None:
            beat.heard, beat.vain = self._monotonic(), 0

    def turn(self, streams: Iterable[Stream], *, may_renew: bool) -> None:
        """Ask about those that are silent for too long, the longest unasked first."""
        now = self._monotonic()
        silent: dict[StreamKind, list[Stream]] = {}
        for stream in streams:
            meaning, beat = self._meanings.get(stream.kind), self._beats.get(stream.name)
            if meaning is None or beat is None or beat.is_asking:
                continue
            if now - max(beat.heard, beat.asked) > meaning.silent_s and meaning.is_due(stream):
                silent.setdefault(stream.kind, []).append(stream)
        single: list[Stream] = []
        for kind, found in silent.items():
            if self._meanings[kind].serves_all:
                self._begin(found, may_renew)
            else:
                single += found
        single.sort(key=lambda stream: max(self._beats[stream.name].heard, self._beats[stream.name].asked))
        for stream in single[:ASKS_AT_A_TURN]:
            self._begin([stream], may_renew)

    async def ask_now(self, stream: Stream) -> None:
        """What REST knows of the stream is told before this returns. Raises BackpackError."""
        meaning, beat = self._meanings.get(stream.kind), self._beats.get(stream.name)
        if meaning is not None and beat is not None:
            await meaning.ask([stream])
            beat.asked = self._monotonic()

    def is_deaf(self, stream: Stream) -> None:
        """Somebody else found that the stream kept something to itself."""
        beat = self._beats.get(stream.name)
        if beat is not None and not beat.is_asking:
            self._spawn(self._woken(stream, beat))

    async def _woken(self, stream: Stream, beat: _Beat) -> None:
        try:
            await self._wake([(stream, beat)], is_sure=True)
        except TimeoutError:
            _log.info("%s could not be subscribed anew", stream.name)

    async def close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, streams: Sequence[Stream], may_renew: bool) -> None:
        beats = [self._beats[stream.name] for stream in streams]
        for beat in beats:
            beat.is_asking = True
        self._spawn(self._ask(streams, beats, may_renew))

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, streams: Sequence[Stream], beats: Sequence[_Beat], may_renew: bool) -> None:
        """Whatever goes wrong costs this one question, and the next turn asks again."""
        begun, meaning = self._monotonic(), self._meanings[streams[0].kind]
        try:
            async with asyncio.timeout(LONGEST_ASK_S):
                better = set(await meaning.ask(streams))
            if better and may_renew:
                await asyncio.sleep(GRACE_S)
                since = begun - meaning.deaf_s
                pairs = zip(streams, beats, strict=True)
                await self._wake(
                    [(s, b) for s, b in pairs if s in better and b.heard < since], meaning.is_sure
                )
        except (BackpackError, TimeoutError) as error:
            _log.info("no word of %s: %s", streams[0].name, type(error).__name__)
        except Exception:
            _log.exception("the pulse of %s stumbled", streams[0].name)
        finally:
            for beat in beats:
                beat.is_asking, beat.asked = False, self._monotonic()

    async def _wake(self, deaf: Sequence[tuple[Stream, _Beat]], is_sure: bool) -> None:
        """Streams that keep silent about what REST knows: subscribed anew, on another socket at the last."""
        now = self._monotonic()
        stale = [(stream, beat) for stream, beat in deaf if now - beat.renewed > self._renew_s]
        if not stale:
            return
        if is_sure:
            _log.warning("silent, though REST has news: %s", ", ".join(stream.name for stream, _ in stale))
        for _, beat in stale:
            beat.renewed = now
            beat.vain += is_sure
        if any(beat.vain > VAIN_RENEWALS for _, beat in stale) and now - self._socket_at > SOCKET_S:
            self._socket_at = now
            self._reconnect()
            return
        async with asyncio.timeout(LONGEST_ASK_S):
            await self._renew([stream for stream, _ in stale])
