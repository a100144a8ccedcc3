"""Markets that come, go and change their state, while somebody listens and while nobody does."""

from __future__ import annotations

import asyncio
from functools import partial

from bot.domain.alerts.alert import MarketNews, MarketNewsKind
from bot.kernel.storage import Database
from bot.marketdata import known_markets
from tests.alerts.support import SOL, Watch, open_watch, until

WIF = "WIF_USDC"


async def test_markets_that_come_go_and_halt(database: Database) -> None:
    async with open_watch(database) as watch:
        assert WIF in watch.feed.markets  # the first list is what later ones are compared with
        listed = await watch.arm(MarketNews(MarketNewsKind.LISTED), repeat=True)
        gone = await watch.arm(MarketNews(MarketNewsKind.DELISTED))
        halted = await watch.arm(MarketNews(MarketNewsKind.HALTED, SOL))
        watch.market(WIF, listed=False)
        (first,) = await watch.fires(1)
        assert (first.alert_id, first.detail["symbol"], first.late) == (gone.id, WIF, False)
        watch.market(SOL, state="PostOnly")
        second = (await watch.fires(2))[-1]
        assert (second.alert_id, second.detail["after"]) == (halted.id, "PostOnly")
        watch.market(WIF)
        assert (await watch.fires(3))[-1].alert_id == listed.id


async def test_markets_that_came_and_went_meanwhile_are_told_late_and_once(database: Database) -> None:
    async with open_watch(database) as watch:
        await until(lambda: known(watch, WIF, True))
        watch.market(WIF, listed=False)
        await until(lambda: known(watch, WIF, False))
        alerts = {kind: await watch.arm(MarketNews(kind), repeat=True) for kind in MarketNewsKind}
        await watch.stop()
        watch.market(WIF)
        watch.market("JUP_USDC", listed=False)
        watch.market(SOL, state="PostOnly")
        await watch.start()
        fired = await watch.fires(3)
        assert {one.alert_id: one.detail["symbol"] for one in fired} == {
            alerts[MarketNewsKind.LISTED].id: WIF,
            alerts[MarketNewsKind.DELISTED].id: "JUP_USDC",
            alerts[MarketNewsKind.HALTED].id: SOL,
        }
        assert all(one.late and one.detail["unwatched_ms"] > 0 for one in fired)
        await watch.stop()
        await watch.start()
        await until(lambda: looked(watch))
        assert len(await watch.firings()) == 3


async def test_two_processes_tell_of_a_listing_once(database: Database) -> None:
    async with open_watch(database) as watch:
        gone = await watch.arm(MarketNews(MarketNewsKind.DELISTED), repeat=True)
        other = Watch(watch.exchange, database, watch.alice)
        await other.start()
        try:
            await asyncio.gather(*(until(partial(looked, one)) for one in (watch, other)))
            watch.market(WIF, listed=False)
            await watch.fires(1)
            await asyncio.gather(*(until(partial(looked, one, gone=WIF)) for one in (watch, other)))
        finally:
            await other.stop()
        assert [one.alert_id for one in await watch.firings()] == [gone.id]


async def known(watch: Watch, symbol: str, listed: bool) -> bool:
    """Whether the database says so of a market."""
    async with watch.database.read() as session:
        return (symbol in await known_markets.states(session)) is listed


async def looked(watch: Watch, gone: str = "") -> bool:
    """Whether the process has read the list, without `gone`, and written what it made of it."""
    if not watch.feed.markets or gone in watch.feed.markets:
        return False
    watch.alerts.look_at_markets()
    await watch.alerts.engine.flush()
    return True
