"""Telegram's limits are never broken, whatever is sent to whom and when; a `retry_after` is honoured."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from bot.notifications.rate_limits import TELEGRAM, UNLIMITED, Rate, RateLimiter, RateLimits

CHATS = st.sampled_from([1001, 1002, 1003, -100, -200])
GAPS = st.integers(min_value=0, max_value=4_000)
ACTS = st.lists(st.tuples(CHATS, GAPS), min_size=1, max_size=150)


def _most_in_any_window(times: list[int], period_ms: int) -> int:
    return max(sum(1 for other in times if start <= other < start + period_ms) for start in times)


@given(ACTS)
def test_no_window_ever_holds_more_than_its_rate(acts: list[tuple[int, int]]) -> None:
    limits, now = RateLimiter(), 1_000_000
    everywhere: list[int] = []
    sent: dict[int, list[int]] = defaultdict(list)
    for chat, gap in acts:
        now += gap
        now += limits.delay(chat, now)
        limits.take(chat, now)
        everywhere.append(now)
        sent[chat].append(now)
    for rate in TELEGRAM.everywhere:
        assert _most_in_any_window(everywhere, rate.period_ms) <= rate.count
    for chat, times in sent.items():
        for rate in TELEGRAM.one_group if chat < 0 else TELEGRAM.one_chat:
            assert _most_in_any_window(times, rate.period_ms) <= rate.count


@given(ACTS)
def test_a_delay_is_exact_neither_longer_nor_shorter(acts: list[tuple[int, int]]) -> None:
    limits, now = RateLimiter(), 1_000_000
    for chat, gap in acts:
        now += gap
        wait = limits.delay(chat, now)
        assert wait >= 0
        assert limits.delay(chat, now + wait) == 0
        if wait:
            assert limits.delay(chat, now + wait - 1) == 1
        now += wait
        limits.take(chat, now)


@given(ACTS, CHATS, st.integers(min_value=1, max_value=90_000))
def test_a_pause_of_one_chat_holds_that_chat_alone(
    acts: list[tuple[int, int]], chat: int, pause: int
) -> None:
    limits, free, now = RateLimiter(UNLIMITED), 4711, 1_000_000
    for other, gap in acts:
        now += gap
        limits.take(other, now)
    limits.pause(chat, now + pause)
    limits.pause(chat, now + pause // 2)  # a shorter one does not cut it short
    assert limits.delay(chat, now) == pause
    assert limits.delay(free, now) == 0
    assert limits.delay(chat, now + pause) == 0
    assert limits.limited(now) == {chat: pause}


def test_a_pause_of_everybody_holds_chats_never_seen() -> None:
    limits = RateLimiter(UNLIMITED)
    limits.pause(None, 5_000)
    assert limits.delay(1, 2_000) == 3_000
    assert limits.delay(-1, 5_000) == 0


@given(ACTS)
def test_forgetting_the_idle_changes_no_answer(acts: list[tuple[int, int]]) -> None:
    kept, tidied, now = RateLimiter(), RateLimiter(), 1_000_000
    for chat, gap in acts:
        now += gap
        tidied.forget_idle(now)
        wait = kept.delay(chat, now)
        assert tidied.delay(chat, now) == wait
        now += wait
        kept.take(chat, now)
        tidied.take(chat, now)


def test_another_server_may_have_other_rates() -> None:
    limits = RateLimiter(RateLimits((Rate(2, 10),), (), ()))
    for _ in range(2):
        limits.take(1, 100)
    assert limits.delay(2, 100) == 10
    assert RateLimiter(UNLIMITED).delay(1, 0) == 0
