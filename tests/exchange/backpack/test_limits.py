from __future__ import annotations

import asyncio
from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.exchange.backpack import RateLimited
from bot.exchange.backpack.limits import Gate, TokenBucket
from bot.exchange.backpack.routes import Priority

LIMITS = st.tuples(st.integers(2, 240), st.integers(1, 40)).filter(lambda pair: pair[1] < pair[0])


@given(LIMITS, st.lists(st.integers(0, 30_000), max_size=25))
def test_no_minute_ever_holds_more_than_the_limit(limits: tuple[int, int], gaps: list[int]) -> None:
    per_minute, burst = limits
    bucket = TokenBucket(per_minute, burst, 0)
    now, taken = 0, []
    for gap in gaps:
        now += gap
        while bucket.take(now):
            taken.append(now)
    for index, start in enumerate(taken):
        assert bisect_left(taken, start + 60_000) - index <= per_minute


@given(LIMITS, st.integers(1, 100_000))
def test_a_wait_announced_is_a_wait_that_suffices(limits: tuple[int, int], pause: int) -> None:
    bucket = TokenBucket(*limits, 0)
    bucket.pause(0, pause)
    wait = bucket.wait_ms(0)
    assert wait >= pause
    assert not bucket.take(wait - 1)
    assert bucket.take(wait)


class Clock:
    """Real time, a thousand times faster."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.start = self.loop.time()

    def __call__(self) -> int:
        return int((self.loop.time() - self.start) * 1_000)


async def test_orders_pass_before_the_reads_that_came_first() -> None:
    now = Clock()
    bucket = TokenBucket(60_000, 1, now())  # a token a millisecond
    gate = Gate(bucket, now)
    bucket.pause(now(), 20)
    passed: list[str] = []

    async def go(name: str, priority: Priority) -> None:
        await gate.enter(priority)
        passed.append(name)

    async with asyncio.TaskGroup() as group:
        for name, priority in [
            ("read 1", Priority.READ),
            ("read 2", Priority.READ),
            ("order 1", Priority.ORDER),
            ("order 2", Priority.ORDER),
        ]:
            group.create_task(go(name, priority))
            await asyncio.sleep(0)
    assert passed == ["order 1", "order 2", "read 1", "read 2"]


async def test_reads_leave_room_for_an_order() -> None:
    gate = Gate(TokenBucket(200, 20, 0), lambda: 0)
    for _ in range(18):
        await gate.enter(Priority.READ, max_wait_ms=0)
    with pytest.raises(RateLimited):
        await gate.enter(Priority.READ, max_wait_ms=0)
    await gate.enter(Priority.ORDER, max_wait_ms=0)
    await gate.enter(Priority.ORDER, max_wait_ms=0)
    with pytest.raises(RateLimited):
        await gate.enter(Priority.ORDER, max_wait_ms=0)


async def test_a_caller_that_gave_up_does_not_block_the_queue() -> None:
    now = Clock()
    bucket = TokenBucket(60_000, 1, now())
    gate = Gate(bucket, now)
    bucket.pause(now(), 20)
    impatient = asyncio.create_task(gate.enter(Priority.ORDER))
    patient = asyncio.create_task(gate.enter(Priority.READ))
    await asyncio.sleep(0)
    impatient.cancel()
    await patient
    await asyncio.gather(impatient, return_exceptions=True)
    assert impatient.cancelled()
