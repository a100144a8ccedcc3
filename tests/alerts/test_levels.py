"""Price levels from feed to database: each crossing is told once, in one transaction with its message."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from bot.alerts.storage.tables import AlertState, FiringState
from bot.domain.alerts.alert import (
    Audience,
    FundingExtreme,
    FundingFlip,
    KeyTrouble,
    Loudness,
    PriceLevel,
    PriceMove,
    PriceTrail,
    Source,
    Trend,
)
from bot.domain.intent import AlertIntent
from bot.domain.refusal import Refusal, RefusalCode
from bot.kernel.storage import Database
from tests.alerts.support import ALICE, CHAT, PERP, SOL, Watch, open_watch, unix_ms


def above(level: str, symbol: str = SOL, source: Source = Source.LAST) -> PriceLevel:
    return PriceLevel(symbol, Decimal(level), Trend.UP, source)


def below(level: str, symbol: str = SOL, source: Source = Source.LAST) -> PriceLevel:
    return PriceLevel(symbol, Decimal(level), Trend.DOWN, source)


def cross(level: str, symbol: str = SOL, source: Source = Source.LAST) -> PriceLevel:
    return PriceLevel(symbol, Decimal(level), Trend.EITHER, source)


async def test_a_level_that_is_reached_fires_once(database: Database) -> None:
    async with open_watch(database) as watch:
        up, down = await watch.arm(above("155")), await watch.arm(below("145"))
        await watch.settles()
        watch.price("154.99")
        watch.price("155")
        (fired,) = await watch.fires(1)
        assert (fired.alert_id, fired.sequence, fired.value, fired.late) == (up.id, 1, Decimal(155), False)
        watch.price("150")
        watch.price("160")
        await watch.settles()
        assert len(await watch.firings()) == 1
        assert [await watch.state(one) for one in (up, down)] == [AlertState.DONE, AlertState.ARMED]
        (message,) = await watch.messages()
        assert (message.chat_id, message.text, message.event) == (CHAT, f"{up.id}:1", "alert")
        assert fired.outbox_id == message.id


async def test_what_fires_in_a_chat_within_a_second_is_one_message(database: Database) -> None:
    async with open_watch(database) as watch:
        one, two, three = [await watch.arm(above(level)) for level in ("151", "152", "153")]
        elsewhere = await watch.arm(above("153"), thread_id=9)
        private = await watch.arm(above("153"), audience=Audience.PRIVATE)
        mute = await watch.arm(above("153"), loudness=Loudness.OFF)
        await watch.settles()
        watch.price("152")
        await watch.fires(2)
        watch.price("153")
        fired = {firing.alert_id: firing for firing in await watch.fires(6)}
        messages = {message.id: message for message in await watch.messages()}
        assert len(messages) == 3
        together = messages[fired[one.id].outbox_id or 0]
        assert together.text == f"{one.id}:1 {two.id}:1 {three.id}:1"
        assert {fired[x.id].outbox_id for x in (one, two, three)} == {together.id}
        assert 0 < together.not_before_ms - together.created_ms <= 1_100
        assert messages[fired[elsewhere.id].outbox_id or 0].thread_id == 9
        assert messages[fired[private.id].outbox_id or 0].chat_id == ALICE
        assert (fired[mute.id].outbox_id, fired[mute.id].state) == (None, FiringState.DELIVERED)


async def test_after_the_second_is_over_a_new_message_begins(database: Database) -> None:
    async with open_watch(database) as watch:
        await watch.arm(above("151"))
        await watch.arm(above("152"))
        await watch.settles()
        watch.price("151")
        await watch.fires(1)
        await asyncio.sleep(1.05)
        watch.price("152")
        await watch.fires(2)
        assert len(await watch.messages()) == 2


async def test_a_condition_that_holds_is_asked_about_unless_it_repeats(database: Database) -> None:
    async with open_watch(database, tick_ms=60_000) as watch:  # the last trade is at 150 exactly
        for condition in (above("150"), above("140"), below("150"), cross("150")):
            refused = await watch.tries(condition)
            assert isinstance(refused, Refusal)
            assert refused.code is RefusalCode.ALERT_HOLDS
        alert = await watch.arm(above("140"), repeat=True)
        (fired,) = await watch.fires(1)
        assert (fired.alert_id, fired.value, fired.detail["trend"]) == (alert.id, 150, "up")
        watch.price("151")
        await watch.settles()
        assert len(await watch.firings()) == 1, "once, until it has ceased"
        unknown = await watch.tries(above("1", "NOPE"))
        assert isinstance(unknown, Refusal)
        assert unknown.code is RefusalCode.UNKNOWN_SYMBOL


async def test_a_repeating_alert_speaks_again_once_its_condition_ceased(database: Database) -> None:
    async with open_watch(database) as watch:
        await watch.arm(above("155"), repeat=True)
        await watch.settles()
        for price in ("155", "156", "155", "154", "155", "154.99", "160"):
            watch.price(price)
        fired = await watch.fires(3)
        assert [(one.sequence, one.value) for one in fired] == [
            (1, Decimal(155)),
            (2, Decimal(155)),
            (3, Decimal(160)),
        ]
        await watch.settles()
        assert len(await watch.firings()) == 3


async def test_during_a_cooldown_an_alert_is_deaf(database: Database) -> None:
    async with open_watch(database) as watch:
        await watch.arm(above("155"), repeat=True, cooldown_ms=400)
        await watch.settles()
        for price in ("155", "150", "156", "150"):
            watch.price(price)
        await watch.fires(1)
        await asyncio.sleep(0.5)
        watch.price("157")
        await watch.fires(2)
        watch.price("149")
        watch.price("158")
        await asyncio.sleep(0.5)
        watch.price("159")  # above all the while since the cooldown ended
        await watch.settles()
        assert [one.value for one in await watch.firings()] == [Decimal(155), Decimal(157)]


async def test_pause_resume_edit_and_delete(database: Database) -> None:
    async with open_watch(database) as watch:
        alert, other = await watch.arm(above("155")), await watch.arm(above("155"))
        await watch.settles()
        assert await watch.alerts.pause(alert.id, ALICE + 1) is None
        paused = await watch.alerts.pause(alert.id, ALICE)
        assert paused is not None
        assert paused.state is AlertState.PAUSED
        assert await watch.alerts.delete(other.id, ALICE) is not None
        watch.price("156")
        await asyncio.sleep(0.5)  # the feed tells it by then, or nobody follows the price and REST is asked
        assert await watch.firings() == []
        assert isinstance(await watch.alerts.resume(alert.id, ALICE), Refusal)
        watch.price("150")
        await asyncio.sleep(0.5)
        resumed = await watch.alerts.resume(alert.id, ALICE)
        assert not isinstance(resumed, Refusal)
        edited = await watch.alerts.edit(alert.id, ALICE, AlertIntent(below("140")), "another line")
        assert not isinstance(edited, Refusal | None)
        assert (edited.line, edited.level, edited.chat_id) == ("another line", Decimal(140), CHAT)
        watch.price("170")
        watch.price("140")
        (fired,) = await watch.fires(1)
        assert (fired.alert_id, fired.value) == (alert.id, Decimal(140))
        assert [one.id for one in await watch.alerts.list(user_id=ALICE)] == []


async def test_an_alert_ends_when_its_time_is_over(database: Database) -> None:
    async with open_watch(database) as watch:
        alert = await watch.arm(above("155"), lifetime_ms=300)
        lasting = await watch.arm(above("155"), lifetime_ms=60_000)
        assert 0 < (lasting.expires_ms or 0) - unix_ms() <= 60_000
        await watch.settles()
        await asyncio.sleep(0.4)
        watch.price("156")
        assert [one.alert_id for one in await watch.fires(1)] == [lasting.id]
        async with asyncio.timeout(5):
            while await watch.state(alert) is not AlertState.EXPIRED:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def test_two_processes_on_one_database_tell_of_a_crossing_once(
    database: Database, database_url: str
) -> None:
    async with open_watch(database) as watch:
        other = Watch(watch.exchange, Database.open(database_url), watch.alice)
        one, again = await watch.arm(above("155")), await watch.arm(cross("155"), repeat=True)
        await watch.settles()
        await other.start()
        await other.settles()
        for price in ("156", "154", "157"):
            watch.price(price)
        await watch.fires(4)
        for each in (watch, other):
            await each.settles()
        fired = await watch.firings()
        assert [x.alert_id for x in fired if x.alert_id == one.id] == [one.id]
        assert [x.sequence for x in fired if x.alert_id == again.id] == [1, 2, 3]
        await other.stop()
        await other.database.close()


@pytest.mark.parametrize("source", [Source.MARK, Source.INDEX])
async def test_mark_and_index_are_watched_on_perps(database: Database, source: Source) -> None:
    async with open_watch(database) as watch:
        alert = await watch.arm(above("155", PERP, source))
        await watch.settles()
        watch.price("156", PERP)
        (fired,) = await watch.fires(1)
        assert fired.alert_id == alert.id


async def test_replay_counts_the_crossings_of_the_past(database: Database) -> None:
    async with open_watch(database) as watch:
        found = await watch.alerts.replay(AlertIntent(cross("150")), 30)
        assert not isinstance(found, Refusal)
        assert (found.symbol, found.interval) == (SOL, "1h")
        assert len(found.candles) > 700
        crossings = sum(
            1
            for before, after in zip(found.candles, found.candles[1:], strict=False)
            if (before.close - 150) * (after.close - 150) < 0
        )
        assert len(found.hits) >= crossings


async def test_replay_of_moves_trails_and_funding(database: Database) -> None:
    async with open_watch(database) as watch:
        for condition in (
            PriceMove(SOL, Decimal(1), 4 * 3_600_000),
            PriceTrail(SOL, Decimal(2), Trend.DOWN),
            PriceTrail(SOL, Decimal(2), Trend.UP, Decimal(150)),
            FundingFlip(PERP),
            FundingExtreme(PERP),
        ):
            found = await watch.alerts.replay(AlertIntent(condition), 10)
            assert not isinstance(found, Refusal)
            assert found.candles
            assert list(found.hits) == sorted(found.hits, key=lambda hit: hit[0])
        nobody = await watch.alerts.replay(AlertIntent(KeyTrouble()), 10)
        assert isinstance(nobody, Refusal)
