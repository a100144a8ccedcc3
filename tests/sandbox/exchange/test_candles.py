"""What the sandbox keeps of the past has a bound, whoever listens or not."""

from __future__ import annotations

from decimal import Decimal

from bot.sandbox.exchange.candles import KEEP_HOURS, KEEP_MINUTES, KEEP_SECONDS, SECOND_US, Candles

DAY = 86_400


def kept(candles: Candles, interval: str, now: int, span: int) -> int:
    return sum(
        candle is not None for _, candle in candles.between(interval, now - span, now + 1, limit=100_000)
    )


def test_the_past_is_kept_coarser_the_older_it_is_and_never_without_end() -> None:
    candles, now = Candles("SOL", Decimal(150), 1), 1_800_000_000 // 3600 * 3600
    for second in range(0, 3 * DAY, 7):
        candles.record((now + second) * SECOND_US, Decimal(150), Decimal(1))
    end = now + 3 * DAY - 1
    assert kept(candles, "1s", end, 2 * KEEP_SECONDS) <= KEEP_SECONDS
    assert KEEP_MINUTES - 2 <= kept(candles, "1m", end, 2 * DAY) <= KEEP_MINUTES + 1
    assert kept(candles, "1h", end, 3 * DAY - 3600) == 72
    assert KEEP_HOURS > 72
    ((_, day),) = candles.between("1d", now + DAY, now + DAY + 1, limit=1)
    assert day is not None
