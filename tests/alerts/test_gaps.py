"""What happened while nobody listened is told late, never missed, and never made up."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from bot.alerts import backfill
from bot.domain.alerts.alert import Source, Trend
from bot.kernel.storage import Database
from tests.alerts.support import PERP, SOL, Watch, open_watch
from tests.alerts.test_levels import above, below, cross


async def restarted(watch: Watch, *prices: str, symbol: str = SOL) -> None:
    """Stop, let the price go its way, start again."""
    await watch.stop()
    for price in prices:
        watch.price(price, symbol)
    await watch.start()
    await watch.settles()


async def test_a_crossing_while_we_were_away_is_told_late(database: Database) -> None:
    async with open_watch(database) as watch:
        gone, back, never = [await watch.arm(one) for one in (above("155"), below("145"), above("170"))]
        await watch.settles()
        await restarted(watch, "156", "144", "150")
        fired = await watch.fires(2)
        assert {(one.alert_id, one.value) for one in fired} == {
            (gone.id, Decimal(156)),
            (back.id, Decimal(144)),
        }
        await restarted(watch, "156", "144")
        assert len(await watch.firings()) == 2
        watch.price("171")
        assert (await watch.fires(3))[-1].alert_id == never.id


async def test_what_was_before_an_alert_was_armed_does_not_fire_it(database: Database) -> None:
    async with open_watch(database) as watch:
        watch.price("160")
        watch.price("140")
        watch.price("150")
        await watch.arm(above("155"))
        await watch.arm(below("145"))
        await restarted(watch)
        assert await watch.firings() == []


async def test_a_lost_socket_loses_no_crossing(database: Database) -> None:
    async with open_watch(database) as watch:
        alert = await watch.arm(above("155"))
        await watch.settles()
        watch.price("151")
        await watch.exchange.streams.close_all()
        watch.price("156")
        watch.price("150")
        (fired,) = await watch.fires(1)
        assert (fired.alert_id, fired.value) == (alert.id, Decimal(156))


@pytest.mark.parametrize("source", [Source.MARK, Source.INDEX])
async def test_marks_are_looked_up_in_their_own_candles(database: Database, source: Source) -> None:
    async with open_watch(database) as watch:
        high, low = await watch.arm(above("155", PERP, source)), await watch.arm(below("140", PERP, source))
        await watch.settles()
        await asyncio.sleep(1.1)  # of the second in which they were armed only the close counts
        await restarted(watch, "156", "150", symbol=PERP)
        (fired,) = await watch.fires(1)
        assert (fired.alert_id, fired.value, fired.late) == (high.id, Decimal(156), True)
        watch.price("139", PERP)
        assert (await watch.fires(2))[-1].alert_id == low.id


async def test_candles_tell_where_trades_reach_no_further_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill, "REACH", 3)
    async with open_watch(database) as watch:
        early = await watch.arm(above("155"))
        await watch.settles()
        await asyncio.sleep(1.1)  # of the second in which it was armed only the close counts
        await watch.stop()
        for price in ("157", "150", "150.01", "150.02", "150.03", "150.04"):
            watch.price(price)
        await watch.start()
        (fired,) = await watch.fires(1)
        assert (fired.alert_id, fired.value, fired.late) == (early.id, Decimal(157), True)


async def test_a_repeating_alert_remembers_over_a_restart_that_it_spoke(database: Database) -> None:
    async with open_watch(database) as watch:
        again = await watch.arm(above("155"), repeat=True)
        both = await watch.arm(cross("152"), repeat=True)
        await watch.settles()
        watch.price("156")
        await watch.fires(2)
        await restarted(watch, "157")
        assert len(await watch.firings()) == 2
        await restarted(watch, "151", "156")
        fired = await watch.fires(5)
        assert [one.alert_id for one in fired if one.alert_id == again.id] == [again.id] * 2
        assert [one.detail["trend"] for one in fired if one.alert_id == both.id] == ["up", "down", "up"]
        assert Trend(fired[0].detail["trend"]) is Trend.UP
