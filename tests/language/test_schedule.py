"""What stands after `/schedule` means what a reader takes it to mean, or names the word that does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alerts.alert import Loudness
from bot.kernel.recurrence import EVERY_DAY, HOUR_MS, MINUTE_MS
from bot.language.schedule import ScheduleFault, ScheduleLine, parse_schedule

EIGHT = 8 * 60


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("", ScheduleLine()),
        ("funding 10m before", ScheduleLine("funding", lead_ms=10 * MINUTE_MS)),
        ("funding 10 minutes before settlement BTC", ScheduleLine("funding", lead_ms=600_000, symbol="BTC")),
        (
            "movers daily 08:00 Asia/Shanghai silent",
            ScheduleLine(
                "movers", minute=EIGHT, days=EVERY_DAY, zone="Asia/Shanghai", loudness=Loudness.SILENT
            ),
        ),
        ("DIGEST 20:00", ScheduleLine("digest", minute=1200)),
        ("digest at 8pm utc", ScheduleLine("digest", minute=1200, zone="UTC")),
        ("digest 12am", ScheduleLine("digest", minute=0)),
        ("digest 12:30 pm", ScheduleLine("digest", minute=750)),
        ("extremes every 4h", ScheduleLine("extremes", every_ms=4 * HOUR_MS)),
        ("movers mon,thu 9:30", ScheduleLine("movers", minute=570, days=frozenset({0, 3}))),
        ("movers monday and friday 9:30", ScheduleLine("movers", minute=570, days=frozenset({0, 4}))),
        (
            "movers weekdays 9:30 loud",
            ScheduleLine("movers", minute=570, days=frozenset(range(5)), loudness=Loudness.ON),
        ),
        ("3 pause", ScheduleLine(post_id=3, act="pause")),
        ("delete #12", ScheduleLine(post_id=12, act="delete")),
        ("#12 21:00 silent", ScheduleLine(post_id=12, minute=1260, loudness=Loudness.SILENT)),
        ("资金费 10分钟前", ScheduleLine("funding", lead_ms=600_000)),
        (
            "涨跌 每天08:00 静音",
            ScheduleLine("movers", minute=EIGHT, days=EVERY_DAY, loudness=Loudness.SILENT),
        ),
        ("日报 ２０：００", ScheduleLine("digest", minute=1200)),
        ("极端 每 4小时", ScheduleLine("extremes", every_ms=4 * HOUR_MS)),
        ("movers 周一,周五 9:00", ScheduleLine("movers", minute=540, days=frozenset({0, 4}))),
    ],
)
def test_read(text: str, meaning: ScheduleLine) -> None:
    assert parse_schedule(text) == meaning


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("digest 25:00", "25:00"),
        ("digest 8:60", "8:60"),
        ("digest 13pm", "13pm"),
        ("digest 8:00 9:00", "9:00"),
        ("digest movers", "movers"),
        ("funding 9h before", "9h"),
        ("extremes every 10m", "10m"),
        ("extremes every 8d", "8d"),
        ("digest Mars/Olympus", "Mars/Olympus"),
        ("movers btc 8:00", "btc"),
        ("digest !", "!"),
        ("1 2 pause", "2"),
        ("digest silent loud", "loud"),
        ("digest ВТС", "ВТС"),
    ],
)
def test_refused_by_name(text: str, word: str) -> None:
    assert parse_schedule(text) == ScheduleFault(word)


@given(st.text(max_size=300))
def test_nothing_typed_breaks_it(text: str) -> None:
    assert isinstance(parse_schedule(text), ScheduleLine | ScheduleFault)
