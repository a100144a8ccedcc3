"""What is said by itself, and the pages that manage it: right in both languages, whatever the texts hold."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal as D

import pytest

from bot.domain.alerts.alert import Loudness
from bot.domain.markets.funding import HOUR_MS, FundingRate, FundingRow
from bot.domain.notifications.preferences import URGENT, Event, Volume
from bot.notifications import views as notifications_views
from bot.posts.views import posts, schedules
from bot.ui import funding_table
from bot.ui.lateness import Lateness
from bot.ui.locale import Locale
from bot.ui.message import Message, plain_text
from tests.support.html_rules import HOSTILE, check

NOON = 1_795_262_400_000  # 2026-11-21T12:00Z
IN_TIME = Lateness()
MOVERS = [
    posts.Mover("SOL", D(150), D("0.051"), D(9_000)),
    posts.Mover("BTC", D(95000), D("-0.02"), D(90_000)),
    posts.Mover("ETH", D(2700), D(0), D(50_000)),
]


def rate(base: str, value: str, interval_ms: int = 8 * HOUR_MS) -> FundingRow:
    return FundingRow(f"{base}_USDC_PERP", base, D(1), FundingRate(D(value), interval_ms), NOON + HOUR_MS)


RATES = [rate("SOL", "0.0001"), rate("BTC", "-0.0002"), rate("WIF", "0.0001", HOUR_MS)]


def table(locale: Locale, rates: Sequence[FundingRow]) -> Message:
    return funding_table.table(locale, rates, order=funding_table.SortOrder.EXTREME, page=0, now_ms=NOON)


def words(message: Message) -> list[str]:
    return plain_text(message.text).split("\n")


def test_movers_rise_first_and_nobody_who_stood_still(english: Locale) -> None:
    shown = words(posts.movers(english, MOVERS, IN_TIME, now_ms=NOON))
    assert shown[:-1] == ["Movers, 24 h", "🟢 SOL $150 +5.1%", "🔴 BTC $95,000 −2%"]
    assert "21 Nov, 12:00:00 UTC" in shown[-1]


def test_extremes_are_by_the_year_not_by_the_interval(english: Locale) -> None:
    shown = words(posts.extremes(english, RATES, IN_TIME, now_ms=NOON))
    assert [line.split()[0] for line in shown[1:4]] == ["WIF", "SOL", "BTC"]
    assert "longs pay" in shown[1]
    assert "shorts pay" in shown[3]


def test_the_funding_table_says_how_long_is_left_or_that_it_is_over(english: Locale) -> None:
    before = words(
        posts.funding(english, table(english, RATES), IN_TIME, settlement_ms=NOON + 600_000, now_ms=NOON)
    )
    assert before[0] == "Funding settles at 12:10 UTC, in 10 min"
    assert [line.split()[0] for line in before[2:6]] == ["now", "WIF", "BTC", "SOL"]
    late = Lateness(3_600_000, 2)
    after = words(posts.funding(english, table(english, RATES), late, settlement_ms=NOON, now_ms=NOON))
    assert after[:3] == ["⏱ Late by 1 h.", "Missed while I was away: 2", "Funding settled at 12:00 UTC"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_breaks_no_post_and_no_page(hostile: str, locale: Locale) -> None:
    movers = [posts.Mover(hostile, D(1), D("0.1"), D(1))]
    rates = [rate(hostile, "0.1")]
    many = ["<b>" + hostile.replace("<", "&lt;")] * 60
    one = schedules.PostView(
        1, "funding", {"before_funding_ms": 1, "symbol": hostile}, hostile, Loudness.ON, False, 1
    )
    daily = schedules.PostView(
        2, "digest", {"at": hostile, "days": [0, 6]}, hostile, Loudness.SILENT, True, 1
    )
    quiet = notifications_views.NotificationsView(
        dict.fromkeys(Event, Volume.ON), True, False, 0, 60, hostile, 2
    )
    for message in (
        posts.movers(locale, movers, IN_TIME, now_ms=NOON),
        posts.extremes(locale, rates, IN_TIME, now_ms=NOON),
        posts.funding(locale, table(locale, rates), IN_TIME, settlement_ms=NOON, now_ms=NOON),
        posts.digest(locale, movers, rates, IN_TIME, gathered=many, unsaid=3, now_ms=NOON),
        schedules.schedules(locale, [one, daily], private=False),
        schedules.post(locale, one),
        schedules.refused(locale, "fault", word=hostile),
        schedules.refused(locale, "no-market", word=hostile),
        notifications_views.noise(locale, quiet, operator=True, saved=Event.FILL),
        notifications_views.chat_lost(locale, -5, hostile, hostile),
    ):
        check(message)


def test_nothing_to_show_is_said(locale: Locale) -> None:
    for message in (
        posts.movers(locale, [], IN_TIME, now_ms=NOON),
        posts.extremes(locale, [], IN_TIME, now_ms=NOON),
        posts.funding(locale, table(locale, []), IN_TIME, settlement_ms=NOON, now_ms=NOON),
        posts.digest(locale, [], [], IN_TIME, now_ms=NOON),
    ):
        check(message)


def test_every_post_and_every_choice_has_words(locale: Locale) -> None:
    for kind in schedules.KINDS:
        asked = schedules.ask_when(locale, kind)
        check(asked)
        assert len([b for row in asked.keyboard for b in row]) >= 5
        for when in ({"at": "08:00"}, {"at": "08:00", "days": [0]}, {"every_ms": HOUR_MS}):
            for loudness in Loudness:
                view = schedules.PostView(7, kind, when, "UTC", loudness, False, NOON, here=False)
                check(schedules.schedules(locale, [view], private=True, said=schedules.saved(locale)))
                check(schedules.post(locale, view))


@pytest.mark.parametrize("event", list(Event))
def test_what_may_not_be_unsaid_is_not_offered(event: Event, locale: Locale) -> None:
    data = {
        private: {
            b.data
            for row in notifications_views.volume_choice(locale, event, Volume.ON, private=private).keyboard
            for b in row
        }
        for private in (True, False)
    }
    assert f"hush:{event}:off" in data[False]
    assert (f"hush:{event}:off" in data[True]) is (event not in URGENT)
