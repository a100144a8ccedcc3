"""The books somebody follows: chained onto a REST snapshot, mended when the chain breaks, audited when quiet.

A lost update shows by the next one's id. A lost *last* update shows by nothing, so a book that says nothing
for a while is compared with the exchange's, and is not believed when that could not be done.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from bot.domain.markets.market import Book
from bot.domain.markets.market_events import FeedGap, StreamKind
from bot.exchange.backpack import BackpackError, DepthSnapshot, DepthUpdate
from bot.marketdata.book_sequence import BookSequence
from bot.marketdata.staleness import Staleness

_log = logging.getLogger(__name__)

LEVELS: Final = 1000  # a side, of the snapshot a chain begins with: the most the exchange gives
THIN: Final = 100  # known levels a side below which a new snapshot is due
LATE_S: Final = 0.1  # how long an early update waits for the missing one before a snapshot is asked for
FIRST_RETRY_S: Final = 0.1
LAST_RETRY_S: Final = 5.0
AT_ONCE: Final = 4  # snapshots asked for at the same time


@dataclass(slots=True)
class _Followed:
    """One book. Times of `_at` are monotonic seconds, of `_ms` the exchange's."""

    chain: BookSequence
    sure_at: float = 0.0  # last update or successful comparison
    sure_ms: int = 0
    broken_ms: int | None = None  # since when a book that was whole is not
    lost: bool = False  # whether a snapshot had to stand in for updates
    mending: asyncio.Task[None] | None = field(default=None, repr=False)
    auditing: asyncio.Task[None] | None = field(default=None, repr=False)


class OrderBooks:
    """`ready` tells whether the socket is up and subscribed; snapshots are only worth asking for then."""

    def __init__(
        self,
        snapshot: Callable[[str, int], Awaitable[DepthSnapshot]],
        *,
        patience: Staleness,
        now_ms: Callable[[], int],
        monotonic: Callable[[], float],
        tell: Callable[[FeedGap], None],
        deaf: Callable[[str], None] = lambda symbol: None,
    ) -> None:
        self._snapshot = snapshot
        self._deaf = deaf
        self._patience = patience
        self._now_ms = now_ms
        self._monotonic = monotonic
        self._tell = tell
        self._followed: dict[str, _Followed] = {}
        self._at_once = asyncio.Semaphore(AT_ONCE)

    def follow(self, symbol: str) -> None:
        """Keep a book; its updates may come already. It is loaded once `load` says that they do."""
        self._followed.setdefault(symbol, _Followed(BookSequence(symbol)))

    def drop(self, symbol: str) -> None:
        followed = self._followed.pop(symbol, None)
        if followed is not None:
            _cancel(followed)

    def load(self, symbol: str) -> None:
        """Ask for a snapshot: the exchange has read the subscription."""
        followed = self._followed.get(symbol)
        if followed is not None and not followed.chain.is_whole:
            self._mend(followed, wait=0)

    def load_all(self) -> None:
        for symbol in self._followed:
            self.load(symbol)

    def break_all(self) -> None:
        """The socket is gone, and with it every chain."""
        for followed in self._followed.values():
            self._break(followed)
            _cancel(followed)
            followed.chain.forget()

    def take(self, update: DepthUpdate) -> None:
        """An update from the socket."""
        followed = self._followed.get(update.symbol)
        if followed is None:
            return
        chain = followed.chain
        if not chain.apply(update):
            return
        if chain.is_whole:
            self._is_sure(followed)
        elif chain.last_id is not None:
            self._break(followed)
            self._mend(followed, wait=LATE_S)

    def book(self, symbol: str, levels: int) -> Book | None:
        """The book, when every update is in it and the exchange was heard of lately."""
        followed = self._followed.get(symbol)
        if followed is None or not followed.chain.is_whole:
            return None
        if self._monotonic() - followed.sure_at > self._patience.believed_s:
            return None
        return followed.chain.book(levels)

    def audit(self) -> None:
        """Compare the quiet books with the exchange's, begin thin ones anew. Called every second or so."""
        now = self._monotonic()
        for followed in self._followed.values():
            if not followed.chain.is_whole or followed.auditing is not None:
                continue
            if followed.chain.is_thin(THIN):
                self._doubt(followed)
            elif now - followed.sure_at > self._patience.audit_s:
                followed.auditing = asyncio.create_task(self._compare(followed))

    async def close(self) -> None:
        tasks = [task for one in self._followed.values() for task in (one.mending, one.auditing) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _is_sure(self, followed: _Followed) -> None:
        followed.sure_at, followed.sure_ms = self._monotonic(), self._now_ms()
        since, lost = followed.broken_ms, followed.lost
        followed.broken_ms, followed.lost = None, False
        if since is not None and lost:
            self._tell(FeedGap(followed.chain.symbol, StreamKind.DEPTH, since, followed.sure_ms))

    def _break(self, followed: _Followed) -> None:
        if followed.broken_ms is None and followed.sure_ms:
            followed.broken_ms = followed.sure_ms

    def _doubt(self, followed: _Followed) -> None:
        self._break(followed)
        followed.chain.forget()
        self._mend(followed, wait=0)

    def _mend(self, followed: _Followed, wait: float) -> None:
        if followed.mending is None:
            followed.mending = asyncio.create_task(self._mended(followed, wait))

    async def _mended(self, followed: _Followed, wait: float) -> None:
        """Load snapshots until the chain is whole again."""
        chain, pause = followed.chain, FIRST_RETRY_S
        try:
            await asyncio.sleep(wait)
            while not chain.is_whole:
                try:
                    async with self._at_once:
                        snapshot = await self._snapshot(chain.symbol, LEVELS)
                    chain.load(snapshot.book, snapshot.last_update_id, LEVELS)
                    followed.lost = True
                except BackpackError as error:
                    _log.info("no snapshot of %s: %s", chain.symbol, type(error).__name__)
                if not chain.is_whole:
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, LAST_RETRY_S)
            self._is_sure(followed)
        finally:
            if followed.mending is asyncio.current_task():
                followed.mending = None

    async def _compare(self, followed: _Followed) -> None:
        """Whether the exchange's book has the id of ours; an update still on its way is waited for."""
        chain = followed.chain
        try:
            async with self._at_once:
                theirs = await self._snapshot(chain.symbol, 5)
            if chain.last_id != theirs.last_update_id:
                await asyncio.sleep(LATE_S)
            if not chain.is_whole:
                return
            # Past their id: updates came meanwhile, and an update says it all.
            if chain.last_id == theirs.last_update_id:
                self._is_sure(followed)
            elif self._monotonic() - followed.sure_at > self._patience.audit_s:
                self._doubt(followed)
                self._deaf(chain.symbol)
        except BackpackError as error:
            _log.info("no audit of %s: %s", chain.symbol, type(error).__name__)
            await asyncio.sleep(1)
        finally:
            if followed.auditing is asyncio.current_task():
                followed.auditing = None


def _cancel(followed: _Followed) -> None:
    for task in (followed.mending, followed.auditing):
        if task is not None:
            task.cancel()
    followed.mending = followed.auditing = None
