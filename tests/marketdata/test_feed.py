"""The feed over a real socket: live values, silence, lost sockets, gaps, REST in the socket's place."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import httpx
import pytest

from bot.domain.markets.market_events import (
    BookTop,
    Delisted,
    FeedGap,
    Kline,
    LastPrice,
    Listed,
    MarketEvent,
    MarkUpdate,
    OpenInterest,
    StateChanged,
    StreamKind,
    Trade,
)
from bot.exchange.backpack import BackpackClient
from bot.marketdata import Feed, Stream
from bot.sandbox.exchange import SandboxExchange
from bot.sandbox.values import Side
from tests.marketdata.conftest import QUICK, Listening

SOL, SOL_PERP, BTC_PERP = "SOL_USDC", "SOL_USDC_PERP", "BTC_USDC_PERP"


async def inject(admin: httpx.AsyncClient, action: str, path: str = "", **fields: Any) -> None:
    rule = {"action": action, "match": {"path": path, "times": None}, **fields}
    (await admin.post("/sandbox/faults", json=[rule])).raise_for_status()


async def clear(admin: httpx.AsyncClient) -> None:
    (await admin.delete("/sandbox/faults")).raise_for_status()


async def stand_still(exchange: SandboxExchange, admin: httpx.AsyncClient) -> None:
    price = str(exchange.engine.world.markets[SOL].index)
    await admin.post("/sandbox/price", json={"symbol": SOL, "price": price, "pin": True})


def is_exact(exchange: SandboxExchange, feed: Feed) -> bool:
    book, true = feed.book(SOL_PERP, 1000), exchange.engine.world.markets[SOL_PERP].book
    return book is not None and (list(book.bids), list(book.asks)) == (
        true.levels(Side.BUY),
        true.levels(Side.SELL),
    )


async def test_every_stream_becomes_events_and_a_quote(
    exchange: SandboxExchange, listening: Listening
) -> None:
    feed = listening.feed
    assert feed.quote(SOL_PERP) is None
    kinds = {BookTop, Kline, LastPrice, MarkUpdate, OpenInterest, Trade}
    with feed.subscribe(
        Stream.depth(SOL_PERP),
        Stream.trades(SOL_PERP),
        Stream.top(SOL_PERP),
        Stream.mark_price(SOL_PERP),
        Stream.open_interest(SOL_PERP),
        Stream.klines(SOL_PERP, "1m"),
    ):
        await listening.until(lambda: kinds <= {type(event) for event in listening.told})
        await listening.until(lambda: feed.book(SOL_PERP))
    quote = feed.quote(SOL_PERP)
    assert quote is not None
    assert quote.last is not None
    assert quote.mark is not None
    assert quote.bid is not None
    assert quote.ask is not None
    assert quote.bid < quote.ask
    assert abs(quote.mark / quote.last - 1) < Decimal("0.01")
    assert quote.funding_rate is not None
    assert quote.next_funding_ms is not None
    assert quote.open_interest == exchange.engine.world.open_interest(SOL_PERP)
    update = listening.of(MarkUpdate)[-1]
    assert abs(update.event_us / 1000 - update.received_ms) < 60_000
    assert not listening.of(FeedGap)


async def test_two_readers_are_one_subscription_and_the_last_one_ends_it(listening: Listening) -> None:
    feed = listening.feed
    one, other = feed.subscribe(Stream.mark_price(SOL_PERP)), feed.subscribe(Stream.mark_price(SOL_PERP))
    await listening.until(lambda: feed.mark(SOL_PERP))
    one.close()
    one.close()
    listening.told.clear()
    await listening.until(lambda: any(event.symbol == SOL_PERP for event in listening.of(MarkUpdate)))
    assert feed.mark(SOL_PERP)
    other.close()
    await listening.until(lambda: feed.mark(SOL_PERP) is None)


async def test_a_book_nobody_follows_is_no_book(listening: Listening) -> None:
    feed = listening.feed
    with feed.subscribe(Stream.depth(SOL_PERP)):
        await listening.until(lambda: feed.book(SOL_PERP))
    await listening.until(lambda: feed.book(SOL_PERP) is None)


async def test_a_lost_update_is_mended_by_a_snapshot_and_told(
    exchange: SandboxExchange, admin: httpx.AsyncClient, listening: Listening
) -> None:
    feed = listening.feed
    with feed.subscribe(Stream.depth(SOL_PERP)):
        await listening.until(lambda: feed.book(SOL_PERP))
        rule = {"action": "stream_drop", "match": {"path": "depth", "times": 1}}
        await admin.post("/sandbox/faults", json=[rule])
        await listening.until(lambda: listening.of(FeedGap))
        await stand_still(exchange, admin)
        await listening.until(lambda: is_exact(exchange, feed))
    gap = listening.of(FeedGap)[0]
    assert (gap.symbol, gap.stream) == (SOL_PERP, StreamKind.DEPTH)
    assert gap.from_ms <= gap.to_ms


async def test_a_lost_last_update_is_found_by_the_audit(
    exchange: SandboxExchange, admin: httpx.AsyncClient, listening: Listening
) -> None:
    """Nothing follows that could tell: the market stands still."""
    feed = listening.feed
    with feed.subscribe(Stream.depth(SOL_PERP)):
        await listening.until(lambda: feed.book(SOL_PERP))
        await stand_still(exchange, admin)
        await listening.until(lambda: is_exact(exchange, feed))
        await inject(admin, "stream_drop", "depth")
        await admin.post("/sandbox/price", json={"symbol": SOL, "price": "151", "pin": True})
        assert not is_exact(exchange, feed)
        await listening.until(lambda: is_exact(exchange, feed))
        await clear(admin)


async def test_a_book_that_cannot_be_audited_is_not_believed_for_ever(
    exchange: SandboxExchange, admin: httpx.AsyncClient, listening: Listening
) -> None:
    feed = listening.feed
    with feed.subscribe(Stream.depth(SOL_PERP)):
        await listening.until(lambda: feed.book(SOL_PERP))
        await stand_still(exchange, admin)
        await inject(admin, "status", "/api/v1/depth", status=503)
        await listening.until(lambda: feed.book(SOL_PERP) is None)
        assert feed.healthy, "it is this book's age that counts"
        await clear(admin)
        await listening.until(lambda: is_exact(exchange, feed))


@pytest.mark.parametrize("action", ["close_sockets", "cut_sockets"])
async def test_a_lost_socket_comes_back_with_everything_that_was_wanted(
    exchange: SandboxExchange, admin: httpx.AsyncClient, listening: Listening, action: str
) -> None:
    feed = listening.feed
    streams = (Stream.depth(SOL_PERP), Stream.trades(SOL_PERP), Stream.top(SOL_PERP), Stream.liquidations())
    with feed.subscribe(*streams):
        await listening.until(lambda: feed.book(SOL_PERP) and listening.of(Trade))
        since = feed.connected_since_ms
        await inject(admin, action)
        await listening.until(lambda: feed.connected_since_ms not in {None, since} and feed.book(SOL_PERP))
        seen = len(listening.of(Trade))
        await listening.until(lambda: len(listening.of(Trade)) > seen + 3)
        await stand_still(exchange, admin)
        await listening.until(lambda: is_exact(exchange, feed))
    ids = [trade.trade_id for trade in listening.of(Trade)]
    assert ids == list(range(ids[0], ids[-1] + 1)), "REST filled in what the socket missed"
    told = {(gap.symbol, gap.stream) for gap in listening.of(FeedGap)}
    assert {(SOL_PERP, StreamKind.BOOK_TICKER), (None, StreamKind.LIQUIDATION)} <= told
    assert (SOL_PERP, StreamKind.TRADE) not in told, "nothing of the trades was lost"


async def test_a_socket_that_says_nothing_is_given_up(admin: httpx.AsyncClient, listening: Listening) -> None:
    """It answers pings, so that only the missing heartbeat tells."""
    feed = listening.feed
    await listening.until(lambda: feed.mark(BTC_PERP))
    since = feed.connected_since_ms
    await inject(admin, "stream_drop")
    await listening.until(lambda: not feed.healthy)
    await listening.until(lambda: feed.connected_since_ms not in {None, since})
    await clear(admin)
    await listening.until(lambda: feed.healthy and feed.mark(BTC_PERP))


async def test_rest_speaks_for_a_silent_mark_price_and_the_gap_is_told(
    admin: httpx.AsyncClient, listening: Listening
) -> None:
    feed = listening.feed
    with feed.subscribe(Stream.mark_price(SOL_PERP)):
        await listening.until(lambda: feed.mark(SOL_PERP))
        await inject(admin, "stream_drop", f"markPrice.{SOL_PERP}")
        await listening.until(lambda: listening.of(FeedGap))
        await listening.until(lambda: feed.healthy and feed.mark(SOL_PERP))  # as soon as REST has spoken
    index = listening.told.index(listening.of(FeedGap)[0])
    gap, update = listening.told[index], listening.told[index + 1]
    assert isinstance(gap, FeedGap)
    assert (gap.symbol, gap.stream) == (SOL_PERP, StreamKind.MARK_PRICE)
    assert gap.to_ms - gap.from_ms > QUICK.mark_s * 1000
    assert isinstance(update, MarkUpdate), "the gap is told before the first event after it"
    assert (update.symbol, update.event_us) == (SOL_PERP, 0), "REST gives no time of its own"


async def test_marks_that_are_long_on_their_way_are_not_the_present_ones(
    admin: httpx.AsyncClient, listening: Listening
) -> None:
    """They come every second, as they should; only the book's events tell how much quicker they could."""
    feed = listening.feed
    late_s = QUICK.mark_s + 0.3
    with feed.subscribe(Stream.mark_price(SOL_PERP), Stream.depth(SOL_PERP)):
        await listening.until(lambda: feed.mark(SOL_PERP))
        await inject(admin, "stream_delay", f"markPrice.{SOL_PERP}", ms=int(late_s * 1000))
        listening.told.clear()

        def is_late(update: MarkUpdate) -> bool:
            age_ms = update.received_ms - update.event_us / 1000
            return update.symbol == SOL_PERP and update.event_us > 0 and age_ms > late_s * 1000 - 100

        await listening.until(lambda: any(is_late(update) for update in listening.of(MarkUpdate)))
        assert feed.mark(SOL_PERP) is None


async def test_repeated_and_late_marks_are_not_news(admin: httpx.AsyncClient, listening: Listening) -> None:
    with listening.feed.subscribe(Stream.mark_price(SOL_PERP)):
        await inject(admin, "stream_duplicate", "markPrice")
        await listening.until(lambda: len(listening.of(MarkUpdate)) >= 4)
    for symbol in (SOL_PERP, BTC_PERP):
        times = [update.event_us for update in listening.of(MarkUpdate) if update.symbol == symbol]
        assert times == sorted(set(times))


async def test_a_clock_set_back_does_not_silence_the_feed(
    admin: httpx.AsyncClient, listening: Listening
) -> None:
    feed = listening.feed
    with feed.subscribe(Stream.mark_price(SOL_PERP), Stream.open_interest(SOL_PERP)):
        await listening.until(lambda: feed.mark(SOL_PERP))
        await admin.post("/sandbox/clock", json={"offsetMs": -3_600_000})
        seen = len(listening.of(MarkUpdate))
        await listening.until(lambda: len(listening.of(MarkUpdate)) > seen + 2)
        await listening.until(lambda: feed.mark(SOL_PERP))


async def test_markets_that_come_and_go_are_noticed(admin: httpx.AsyncClient, listening: Listening) -> None:
    async def set_market(**change: Any) -> None:
        (await admin.post("/sandbox/market", json={"symbol": SOL_PERP, **change})).raise_for_status()

    await listening.until(lambda: listening.feed.markets)
    await set_market(state="CancelOnly")
    await listening.until(lambda: listening.of(StateChanged))
    await set_market(listed=False)
    await listening.until(lambda: listening.of(Delisted))
    await set_market(listed=True, state="Open")
    await listening.until(lambda: listening.of(Listed))
    [change] = listening.of(StateChanged)
    assert (change.symbol, change.before, change.after) == (SOL_PERP, "Open", "CancelOnly")
    assert listening.of(Delisted)[0].market.base == "SOL"
    assert listening.of(Listed)[0].market.state == "Open"


async def test_the_heartbeat_moves_to_another_market_when_its_own_is_gone(
    admin: httpx.AsyncClient, listening: Listening
) -> None:
    await listening.until(lambda: listening.feed.mark(BTC_PERP))
    await admin.post("/sandbox/market", json={"symbol": BTC_PERP, "listed": False})
    await listening.until(lambda: {event.symbol for event in listening.of(MarkUpdate)} > {BTC_PERP})
    assert listening.feed.healthy


async def test_one_failing_reader_hurts_no_other(listening: Listening) -> None:
    def fails(event: MarketEvent) -> None:
        raise ValueError("a bug in a reader")

    unlisten = listening.feed.listen(fails, frozenset({MarkUpdate}))
    heard: list[MarketEvent] = []
    listening.feed.listen(heard.append, frozenset({MarkUpdate}))
    await listening.until(lambda: len(heard) > 1)
    unlisten()
    assert listening.of(MarkUpdate)[: len(heard)] == heard


async def test_without_an_exchange_the_feed_waits_and_says_so(client: BackpackClient) -> None:
    feed = Feed(client, "ws://127.0.0.1:9", longest_wait=0.05, patience=QUICK)
    await feed.start()
    with feed.subscribe(Stream.depth(SOL_PERP)):
        await asyncio.sleep(0.3)
        assert not feed.healthy
        assert feed.book(SOL_PERP) is None
        assert feed.connected_since_ms is None
    await feed.stop()


async def test_marks_come_from_rest_alone_when_there_is_no_socket(client: BackpackClient) -> None:
    feed = Feed(client, "ws://127.0.0.1:9", longest_wait=0.05, patience=QUICK)
    listening = Listening(feed)
    await feed.start()
    with feed.subscribe(Stream.mark_price(SOL_PERP)):
        await listening.until(lambda: feed.mark(SOL_PERP))
    await feed.stop()
