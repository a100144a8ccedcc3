"""The feed against a sandbox that does everything wrong: `python -m tests.marketdata.soak --seconds 300`.

The sandbox's own engine is the oracle. Every book version, every mark and every trade it ever had is
recorded; each book the feed serves must be one of those versions, no older than the faults allow, and after
each settling exactly the newest; each trade must have been told once and in order, or lie within a told gap.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import logging
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx
import uvloop

from bot.domain.markets.market_events import FeedGap, LastPrice, MarketEvent, MarkUpdate, StreamKind, Trade
from bot.exchange.backpack import BackpackClient, BrokerTag, RetryPolicy
from bot.marketdata import Feed, Stream
from bot.marketdata.staleness import Staleness
from bot.sandbox.exchange import ExchangeConfig, SandboxExchange
from tests.marketdata.oracle import PERPS, SYMBOLS, Oracle, levels_of

PATIENCE = Staleness(
    heard_s=2.5, audit_s=2, believed_s=4, renew_s=3, baseline_s=1.5, listings_s=0.5, watch_s=0.2
)
LEVELS = 1000
SAMPLE_S = 0.02
SETTLE_S = 20.0
EAGER = RetryPolicy(attempts=3, first_wait=0.02, longest_wait=0.1, jitter=0.02)

# How old a served value may be: as long as a socket may be silent unnoticed, and a little for busy machines.
SLACK_S = 1.0
BOOK_AGE_S = PATIENCE.heard_s + SLACK_S
MARK_AGE_S = PATIENCE.mark_s + 1.0 + SLACK_S  # the exchange tells a mark once a second


@dataclass
class Report:
    """What happened. `wrong` must be empty."""

    disconnects: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    gaps: Counter[str] = field(default_factory=Counter)
    settles: int = 0
    settle_s: list[float] = field(default_factory=list)
    books_served: int = 0
    books_withheld: int = 0
    oldest_book_s: float = 0.0
    oldest_mark_s: float = 0.0
    trades: int = 0
    crossings: int = 0
    wrong: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        served = self.books_served + self.books_withheld
        return [
            f"disconnects {self.disconnects}, other faults {dict(self.faults)}",
            f"events {dict(self.events)}",
            f"gaps announced {dict(self.gaps)}",
            f"settled {self.settles} times, slowest {max(self.settle_s, default=0):.2f} s",
            f"books asked {served}, withheld {self.books_withheld}; oldest served {self.oldest_book_s:.2f} s"
            f" (allowed {BOOK_AGE_S:g}), oldest mark {self.oldest_mark_s:.2f} s (allowed {MARK_AGE_S:g})",
            f"trades {self.trades}, level crossings {self.crossings}, both as the exchange printed them",
            f"wrong: {len(self.wrong)}",
            *self.wrong[:20],
        ]


class Reader:
    """Everything the feed told."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.trades: dict[str, list[Trade]] = {symbol: [] for symbol in SYMBOLS}
        self.gaps: list[FeedGap] = []
        self.marked_at: dict[str, int] = {}

    def __call__(self, event: MarketEvent) -> None:
        self._report.events[type(event).__name__] += 1
        if isinstance(event, Trade):
            self.trades[event.symbol].append(event)
        elif isinstance(event, FeedGap):
            self.gaps.append(event)
            self._report.gaps[event.stream.value] += 1
        elif isinstance(event, MarkUpdate) and event.symbol in PERPS:
            self._on_mark(event)
        elif isinstance(event, LastPrice) and event.price <= 0:
            self._report.wrong.append(f"a price of {event.price}")

    def _on_mark(self, update: MarkUpdate) -> None:
        """A silence between two marks is either short or announced before the second."""
        before = self.marked_at.get(update.symbol)
        self.marked_at[update.symbol] = update.received_ms
        if before is None or update.received_ms - before <= (PATIENCE.mark_s + 0.5) * 1000:
            return
        announced = any(
            gap.symbol == update.symbol and gap.stream is StreamKind.MARK_PRICE and gap.from_ms <= before
            for gap in self.gaps[-50:]
        )
        if not announced:
            self._report.wrong.append(f"{update.received_ms - before} ms without {update.symbol} not told")


class Mischief:
    """One fault after another, by the sandbox's admin doors."""

    def __init__(self, admin: httpx.AsyncClient, rng: random.Random, report: Report) -> None:
        self._admin = admin
        self._rng = rng
        self._report = report

    async def disconnect(self) -> None:
        self._report.disconnects += 1
        await self._fault(action=self._rng.choice(["close_sockets", "cut_sockets"]))

    async def something(self, longest_silence_s: float) -> None:
        """A few lost, doubled or late events, a stalled or a silent socket, a sick REST, a wrong clock."""
        rng, kind = self._rng, self._rng.choice(["depth", "trade", "markPrice", "bookTicker", "kline", ""])
        match = {"path": kind, "times": rng.randint(1, 20), "probability": rng.choice([0.2, 0.6, 1])}
        name = rng.choice([*3 * ["drop", "duplicate", "delay"], *2 * ["stall", "silence", "rest"], "clock"])
        self._report.faults[name] += 1
        if name == "drop":
            await self._fault(action="stream_drop", match=match)
        elif name == "duplicate":
            await self._fault(action="stream_duplicate", match=match)
        elif name == "delay":
            await self._fault(action="stream_delay", match=match, ms=rng.randint(10, 600))
        elif name == "stall":
            await self._fault(action="stall_sockets", ms=rng.randint(100, int(longest_silence_s * 1000)))
        elif name == "silence":
            await self._fault(action="stream_drop", match={"path": kind, "times": None})
            await asyncio.sleep(rng.uniform(0.2, longest_silence_s))
            await self.stop()
        elif name == "rest":
            path = rng.choice(["/api/v1/depth", "/api/v1/trades", "/api/v1/markPrices", "/api/v1/klines"])
            rest = {"path": path, "times": rng.randint(1, 6)}
            action = rng.choice(["status", "delay_after", "drop_before", "html", "cut_body"])
            await self._fault(action=action, match=rest, ms=rng.randint(50, 500), status=503)
        else:
            await self.clock(rng.choice([-3_600_000, -2_000, 1_500, 3_600_000]))

    async def clock(self, offset_ms: int) -> None:
        (await self._admin.post("/sandbox/clock", json={"offsetMs": offset_ms})).raise_for_status()

    async def stop(self) -> None:
        (await self._admin.request("DELETE", "/sandbox/faults")).raise_for_status()

    async def pin(self, symbol: str, price: Decimal, pinned: bool) -> None:
        body = {"symbol": symbol, "price": str(price), "pin": pinned}
        (await self._admin.post("/sandbox/price", json=body)).raise_for_status()

    async def _fault(self, **rule: Any) -> None:
        (await self._admin.post("/sandbox/faults", json=[rule])).raise_for_status()


class Soak:
    """Rounds of mischief, each followed by a settling and a comparison."""

    def __init__(self, exchange: SandboxExchange, feed: Feed, mischief: Mischief, report: Report) -> None:
        self._world = exchange.engine.world
        self._feed = feed
        self._mischief = mischief
        self._oracle = Oracle(exchange)
        self._reader = Reader(report)
        self.report = report

    async def run(self, seconds: float, rounds: int, disconnects: int, rng: random.Random) -> None:
        self._feed.listen(self._reader)
        await self._feed.start()
        streams = [make(s) for s in SYMBOLS for make in (Stream.depth, Stream.trades, Stream.top)]
        streams += [Stream.mark_price(symbol) for symbol in PERPS]
        streams += [Stream.klines(symbol, "1m") for symbol in SYMBOLS]
        sampling = asyncio.create_task(self._sample())
        with self._feed.subscribe(*streams):
            await self._settle()
            for _ in range(rounds):
                await self._misbehave(seconds / rounds, disconnects // rounds, rng)
                await self._settle()
        sampling.cancel()
        self._compare_trades()

    async def _misbehave(self, seconds: float, disconnects: int, rng: random.Random) -> None:
        end = time.monotonic() + seconds
        moments = sorted(rng.uniform(0, seconds) for _ in range(disconnects))
        cuts = asyncio.create_task(self._cut(moments))
        while time.monotonic() < end:
            await self._mischief.something(min(4.0, seconds / 2))
            await asyncio.sleep(rng.uniform(0.05, 0.4))
        await cuts

    async def _cut(self, moments: list[float]) -> None:
        begun = time.monotonic()
        for moment in moments:
            await asyncio.sleep(max(0.0, begun + moment - time.monotonic()))
            await self._mischief.disconnect()

    async def _settle(self) -> None:
        """Faults end, prices stand still: now the feed must know exactly what the exchange knows."""
        await self._mischief.stop()
        await self._mischief.clock(0)
        for symbol in PERPS:
            await self._mischief.pin(symbol, self._world.markets[symbol].index, pinned=True)
        begun, late = time.monotonic(), self._differences()
        for _ in range(int(SETTLE_S / SAMPLE_S)):
            if not late:
                break
            await asyncio.sleep(SAMPLE_S)
            late = self._differences()
        self.report.settles += 1
        self.report.settle_s.append(time.monotonic() - begun)
        self.report.wrong += [f"not settled: {one}" for one in late]
        for symbol in PERPS:
            await self._mischief.pin(symbol, self._world.markets[symbol].index, pinned=False)

    def _differences(self) -> list[str]:
        found = []
        for symbol in SYMBOLS:
            market, book = self._world.markets[symbol], self._feed.book(symbol, LEVELS)
            if book is None or (tuple(book.bids), tuple(book.asks)) != levels_of(market):
                found.append(f"book of {symbol} is {'withheld' if book is None else 'another one'}")
            told = self._reader.trades[symbol]
            if not told or told[-1].trade_id < market.trade_id - 3:  # the maker prints on, pinned or not
                found.append(f"trades of {symbol}")
        for symbol in PERPS:
            marked = self._feed.mark(symbol)
            if marked is None or marked.mark != self._world.markets[symbol].mark:
                found.append(f"mark of {symbol} is {marked and marked.mark}")
        return found

    async def _sample(self) -> None:
        """Again and again: whatever is served was true, and not too long ago."""
        report, oracle = self.report, self._oracle
        for turn in range(10**9):
            await asyncio.sleep(SAMPLE_S)
            if turn % 250 == 0:
                oracle.forget()
            for symbol in SYMBOLS:
                book = self._feed.book(symbol, LEVELS)
                if book is None:
                    report.books_withheld += 1
                    continue
                report.books_served += 1
                age = oracle.age_of_book(symbol, book)
                if age is None or age > BOOK_AGE_S:
                    report.wrong.append(
                        f"book of {symbol} {'never was' if age is None else f'{age:.1f} s old'}"
                    )
                report.oldest_book_s = max(report.oldest_book_s, age or 0.0)
            for symbol in PERPS:
                self._check_mark(symbol)

    def _check_mark(self, symbol: str) -> None:
        marked = self._feed.mark(symbol)
        if marked is None:
            return
        age = self._oracle.age_of_mark(symbol, marked.mark)
        self.report.oldest_mark_s = max(self.report.oldest_mark_s, age or 0.0)
        if age is None or age > MARK_AGE_S:
            self.report.wrong.append(f"mark of {symbol} {'never was' if age is None else f'{age:.1f} s old'}")

    def _compare_trades(self) -> None:
        """Told once, in order, none missed outside a gap; every crossing of a level as it truly was."""
        for symbol in SYMBOLS:
            told = self._reader.trades[symbol]
            ids = [trade.trade_id for trade in told]
            printed = {trade.id: trade for trade in self._oracle.trades[symbol]}
            wrong = [
                one for one in told if one.trade_id in printed and printed[one.trade_id].price != one.price
            ]
            missed = set(range(ids[0], ids[-1] + 1)) - set(ids)
            excused = any(g.symbol == symbol and g.stream is StreamKind.TRADE for g in self._reader.gaps)
            if ids != sorted(set(ids)) or wrong or (missed and not excused):
                self.report.wrong.append(f"trades of {symbol}: {len(missed)} missed, {len(wrong)} wrong")
            self.report.trades += len(told)
            true_prices = [printed[one].price for one in sorted(printed) if ids[0] <= one <= ids[-1]]
            self._compare_crossings(symbol, [trade.price for trade in told], true_prices, excused)

    def _compare_crossings(
        self, symbol: str, told: list[Decimal], true_prices: list[Decimal], excused: bool
    ) -> None:
        low, high = min(true_prices), max(true_prices)
        for step in range(1, 20):
            level = low + (high - low) * step / 20
            count = crossings(told, level)
            self.report.crossings += count
            if count != crossings(true_prices, level) and not excused:
                self.report.wrong.append(f"{symbol} crossed {level} another number of times")


def crossings(prices: list[Decimal], level: Decimal) -> int:
    sides = [price >= level for price in prices]
    return sum(one != other for one, other in itertools.pairwise(sides))


async def soak(seconds: float, *, seed: int, rounds: int, disconnects: int) -> Report:
    """Run it. The answer's `wrong` is empty when the feed kept its promises."""
    report, rng = Report(), random.Random(seed)
    async with (
        SandboxExchange(ExchangeConfig(seed=seed, tick_ms=50)) as exchange,
        BackpackClient(exchange.rest_url, BrokerTag(1), timeout=2.0, retry=EAGER) as client,
        httpx.AsyncClient(base_url=exchange.rest_url, timeout=10) as admin,
    ):
        feed = Feed(client, exchange.ws_url, longest_wait=0.3, patience=PATIENCE)
        try:
            async with asyncio.timeout(seconds + (rounds + 1) * SETTLE_S + 60):
                await Soak(exchange, feed, Mischief(admin, rng, report), report).run(
                    seconds, rounds, disconnects, rng
                )
        finally:
            await feed.stop()
    return report


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.marketdata.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--disconnects", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    logging.disable(logging.WARNING)  # every injected fault would be a line
    report = uvloop.run(
        soak(wanted.seconds, seed=wanted.seed, rounds=wanted.rounds, disconnects=wanted.disconnects)
    )
    print("\n".join(report.lines()))
    raise SystemExit(1 if report.wrong else 0)


if __name__ == "__main__":
    main()
