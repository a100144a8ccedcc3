"""Alerts at work: events of the feed into the evaluator, its decisions into firings, gaps into the backfill.

One task writes. What it takes at one moment (decisions, memories, how far each series was seen) it writes in
one transaction, so a watermark is never ahead of a firing. While a series is being repaired its events wait,
so that candles are judged before what came after them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, Final

from sqlalchemy.exc import DBAPIError

from bot.alerts.backfill import AlertBackfill
from bot.alerts.decisions import Decision
from bot.alerts.evaluator import Evaluator
from bot.alerts.firing_writer import Batch, FiringWriter
from bot.alerts.market_input import KINDS, MarketInput, name_of_event, stream_of
from bot.alerts.storage.alerts import LostRace
from bot.alerts.trigger import LAST, MARK, ValueSeries
from bot.domain.markets.market_events import FeedGap, MarketEvent, StreamKind, Trade
from bot.marketdata import Feed, Subscription

_log = logging.getLogger(__name__)

FLUSH_S: Final = 2.0  # memories and watermarks are written this often
FIRST_MARK_S: Final = 3.0  # a mark price comes every second
HOLD_S: Final = 15.0  # events wait for a repair no longer
RETRY_S: Final = 1.0
PACE_S: Final = 30.0  # between two looks back at marks that REST tells: it answers few candles a minute
KEEP_SINCE_MS: Final = 120_000  # no look back reaches further behind a watermark


class Engine:
    """Works from `start` to `stop`. `stale` is called with the ids of alerts whose rows know better."""

    def __init__(
        self,
        evaluator: Evaluator,
        market_input: MarketInput,
        ledger: FiringWriter,
        repair: AlertBackfill,
        feed: Feed,
        *,
        stale: Callable[[set[int]], object],
    ) -> None:
        self.evaluator = evaluator
        self._market_input = market_input
        self._ledger = ledger
        self._repair = repair
        self._feed = feed
        self._seen: dict[str, int] = {}
        self._written: dict[str, int] = {}
        self._held: dict[str, list[MarketEvent]] = {}  # series under repair, and what came meanwhile
        self._gaps: dict[str, int] = {}  # series with a gap, and where it begins
        self._tails: dict[str, int] = {}  # newest trade REST told, until the stream's first one was seen
        self._heard: dict[str, asyncio.Event] = {}  # somebody waits for the first event of these
        self._mended_at: dict[str, float] = {}  # monotonic, of marks
        self._unwritten: list[Batch] = []
        self._subscriptions: dict[str, Subscription] = {}
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()  # one writer: edits and batches take turns
        self._tasks: set[asyncio.Task[None]] = set()
        self._unlisten: Callable[[], None] = lambda: None
        self._stale = stale

    # --- life --------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen and write, in the background."""
        self._unlisten = self._feed.listen(self._on_event, KINDS | {FeedGap})
        self._spawn(self._write_on())

    async def stop(self) -> None:
        """Write what is decided, and end."""
        self._unlisten()
        for subscription in self._subscriptions.values():
            subscription.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(DBAPIError, LostRace):
            await self.flush()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def turn(self) -> asyncio.Lock:
        """Hold it while an alert is changed from outside."""
        return self._turn

    # --- what is watched ---------------------------------------------------------------------------

    def follow(self, name: str, seen_ms: int) -> None:
        """Hear the series of `name` from now on; what happened since `seen_ms` is looked up."""
        if name in self._subscriptions:
            return
        self._subscriptions[name] = self._feed.subscribe(stream_of(name))
        if name.split(":", 1)[0] in {LAST, MARK}:
            self._seen[name] = seen_ms
            self.mend(name, seen_ms)

    def follows(self, name: str) -> bool:
        return name in self._subscriptions

    @property
    def followed(self) -> set[str]:
        """Markets of all series that are heard."""
        return {name.split(":", 1)[1] for name in self._subscriptions} - {""}

    def is_live(self, name: str) -> bool:
        """Whether the series is followed and nothing of it is missing."""
        return name in self._subscriptions and name not in self._gaps and name not in self._tails

    @contextlib.contextmanager
    def held(self, names: Sequence[str]) -> Iterator[None]:
        """Let the events of these series wait meanwhile, then judge them in their order."""
        ours = [name for name in names if name in self._subscriptions and name not in self._held]
        for name in ours:
            self._held[name] = []
        try:
            yield
        finally:
            for name in ours:
                if name not in self._gaps:
                    for event in self._held.pop(name, ()):
                        self._take(name, event, strict=False)

    async def refresh(self, name: str) -> None:
        """Hear what a followed series is at now, though its stream may be silent. Raises BackpackError."""
        await self._feed.refresh(stream_of(name))

    def mend(self, name: str, from_ms: int) -> None:
        """Look up what happened since, and let what comes meanwhile wait for it."""
        begun = name in self._gaps
        if not begun and name.startswith(MARK):
            self._heard[name] = asyncio.Event()
        self._gaps[name] = min(from_ms, self._gaps.get(name, from_ms))
        if not begun:
            self._held.setdefault(name, [])
            self._spawn(self._mend(name))

    @property
    def is_whole(self) -> bool:
        """Whether no series has a gap that was not looked into."""
        return not self._gaps

    def _look_back(self, name: str, from_ms: int) -> None:
        """As `mend`, but what comes meanwhile is judged at once: REST tells it and will for a while.

        The candles of the time between two of its answers are read after that, and not oftener than paced.
        """
        begun = name in self._gaps
        self._gaps[name] = min(from_ms, self._gaps.get(name, from_ms))
        if not begun:
            now = asyncio.get_running_loop().time()
            pause = max(0.0, self._mended_at.get(name, float("-inf")) + PACE_S - now)
            self._spawn(self._looked_back(name, pause))

    async def _looked_back(self, name: str, pause: float) -> None:
        await asyncio.sleep(pause)
        await self._repaired(name)
        self._mended_at[name] = asyncio.get_running_loop().time()
        self._wake.set()

    async def _mend(self, name: str) -> None:
        release = asyncio.get_running_loop().call_later(HOLD_S, self._release, name)
        try:
            await self._listening(name)
            await self._repaired(name)
        finally:
            release.cancel()
            self._release(name)
            self._wake.set()

    async def _repaired(self, name: str) -> None:
        """Until nothing of the gap is left: a mistake in one try costs that try only."""
        while name in self._gaps:
            from_ms = self._gaps[name]
            try:
                mended = await self._repair.run(self.evaluator, name, from_ms)
            except Exception:
                _log.exception("a look back at %s failed", name)
                await asyncio.sleep(RETRY_S)
                continue
            if mended is not None and self._gaps[name] == from_ms:
                del self._gaps[name]
                if mended.tail is not None and mended.seen_ms is not None:
                    self._tails[name] = mended.tail
                    self._seen[name] = max(self._seen.get(name, 0), mended.seen_ms)

    async def _listening(self, name: str) -> None:
        """Wait until the stream surely speaks: marks come every second, and have no ids to find a hole by."""
        if name.startswith(MARK):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FIRST_MARK_S):
                    await self._heard[name].wait()
            del self._heard[name]

    def _release(self, name: str) -> None:
        """Judge what waited; a hole found in it is mended first."""
        events = self._held.pop(name, [])
        for number, event in enumerate(events):
            tail = self._tails.get(name)
            if tail is not None and isinstance(event, Trade) and event.trade_id <= tail:
                continue  # REST told it already
            if self._has_hole(name, event):
                self._held[name] = events[number:]
                self.mend(name, self._seen[name])
                return
            self._take(name, event, strict=True)

    # --- what is heard -----------------------------------------------------------------------------

    def _on_event(self, event: MarketEvent) -> None:
        if isinstance(event, FeedGap):
            self._on_gap(event)
            return
        name = name_of_event(event)
        if name is None:
            self._take("", event, strict=False)
            return
        if name in self._heard:
            self._heard[name].set()
        if name in self._held:
            self._held[name].append(event)
        elif name in self._subscriptions:
            if not self._has_hole(name, event):
                self._take(name, event, strict=False)
            else:
                self.mend(name, self._seen[name])
                self._held[name].append(event)

    def _has_hole(self, name: str, event: MarketEvent) -> bool:
        """Whether trades are missing between the last one REST told and the first one the stream tells."""
        tail = self._tails.pop(name, None)
        return tail is not None and isinstance(event, Trade) and event.trade_id > tail + 1

    def _on_gap(self, gap: FeedGap) -> None:
        kind = {StreamKind.TRADE: LAST, StreamKind.MARK_PRICE: MARK}.get(gap.stream)
        for name in self._subscriptions:
            its_kind, symbol = name.split(":", 1)
            if its_kind == kind and gap.symbol in {None, symbol}:
                self._tails.pop(name, None)
                from_ms = min(gap.from_ms, self._seen.get(name, gap.from_ms))
                if its_kind == MARK and self._feed.healthy and name not in self._held:
                    self._look_back(name, from_ms)
                else:
                    self.mend(name, from_ms)

    def _take(self, name: str, event: MarketEvent, *, strict: bool) -> None:
        """`strict`: candles over the event's time may have been judged already."""
        at_ms = self._market_input.take(event, strict=strict)
        if at_ms is not None:
            self._seen[name] = at_ms
        if self.evaluator.decisions:
            self._wake.set()

    def saw(self, name: str, at_ms: int) -> None:
        """Something outside the feed was looked at as a whole: its watermark."""
        self._seen[name] = at_ms

    def decided(self) -> None:
        """Something outside the feed may have led to decisions."""
        if self.evaluator.decisions or self.evaluator.claims:
            self._wake.set()

    # --- what is written ---------------------------------------------------------------------------

    async def flush(self) -> None:
        """Write everything decided and learnt up to now. Raises what the database raises."""
        async with self._turn:
            self._unwritten.append(self._take_all())
            await self._write()

    def _take_all(self) -> Batch:
        seen = {
            name: ms
            for name, ms in self._seen.items()
            if name not in self._gaps and self._written.get(name) != ms
        }
        batch = self._taken()
        batch.memories, batch.seen = self.evaluator.take_changed(), seen
        return self._with_memories(batch)

    def _taken(self) -> Batch:
        batch = Batch(self.evaluator.decisions, self.evaluator.claims)
        self.evaluator.decisions, self.evaluator.claims = [], []
        return batch

    def _with_memories(self, batch: Batch) -> Batch:
        for decision in batch.decisions:
            if decision.alert_id not in batch.memories:
                batch.memories[decision.alert_id] = self.evaluator.memory(decision.alert_id)
        return batch

    async def _write(self) -> None:
        """Batches in their order; one leaves the list only when it is written."""
        while self._unwritten:
            batch = self._unwritten[0]
            try:
                written = await self._ledger.write(batch)
            except LostRace:
                continue
            del self._unwritten[0]
            self._written.update(batch.seen)
            for name, seen_ms in batch.seen.items():
                self._forget_before(name, seen_ms - KEEP_SINCE_MS)
            if written.stale:
                self._stale(written.stale)

    def _forget_before(self, name: str, seen_ms: int) -> None:
        kind, symbol = name.split(":", 1)
        for measure in (LAST,) if kind == LAST else (MARK, "index"):
            self.evaluator.forget_before(ValueSeries(measure, symbol), seen_ms)

    async def _write_on(self) -> None:
        """Decisions at once; memories and watermarks now and then."""
        loop = asyncio.get_running_loop()
        due = loop.time() + FLUSH_S
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._wake.wait()
            self._wake.clear()
            whole = loop.time() >= due
            due = loop.time() + FLUSH_S if whole else due
            try:
                async with self._turn:
                    batch = self._take_all() if whole else self._with_memories(self._taken())
                    if batch:
                        self._unwritten.append(batch)
                    await self._write_until_done()
            except Exception:  # a writer that ends silently would silence every alert
                _log.exception("alerts stumbled over what was decided")
                await asyncio.sleep(RETRY_S)

    async def _write_until_done(self) -> None:
        while self._unwritten:
            try:
                await self._write()
            except DBAPIError as error:
                _log.warning("alerts cannot be written (%s), again", type(error).__name__)
                await asyncio.sleep(RETRY_S)
            except Exception:
                _log.exception("a batch of alerts cannot be written: now one by one")
                self._take_apart(self._unwritten[0])

    def _take_apart(self, batch: Batch) -> None:
        """One decision that cannot be written must not silence the others: alone, it is given up.

        Those that share a claim stay together, for it is won once.
        """
        shared: dict[Any, list[Decision]] = {}
        for number, one in enumerate(batch.decisions):
            shared.setdefault(one.claim or number, []).append(one)
        parts = [
            Batch(together, [c for c in batch.claims if c == of], dict(batch.memories))
            for of, together in shared.items()
        ]
        claims = [claim for claim in batch.claims if claim not in shared]
        rest = Batch([], claims, batch.memories, batch.seen) if batch.decisions else Batch()
        self._unwritten[:1] = [*(parts if len(parts) > 1 else []), *([rest] if rest else [])]
