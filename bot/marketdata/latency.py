"""How late events come, told without trusting any clock to be right: against the best of the last moments.

The exchange's clock and ours differ by an unknown amount, and that hardly changes. What arrives with more of
it than the quickest event of late was held up on its way by the excess, and is that much older than it looks.
"""

from __future__ import annotations


class Latency:
    """`note` the time of every event that has one; ask the `excess` of the newest. Seconds."""

    __slots__ = ("_before", "_best", "_since", "_window", "excess")

    def __init__(self, window_s: float) -> None:
        self._window = window_s  # after one to two of these a clock that was set back is believed
        self._since = float("-inf")
        self._best = float("inf")
        self._before = float("inf")
        self.excess = 0.0

    def note(self, event_us: int, at: float) -> float:
        """How much later than it might have this event came; 0 for one without a time."""
        if not event_us:
            self.excess = 0.0
            return 0.0
        lag = at - event_us / 1_000_000
        if at - self._since > self._window:
            self._before, self._best, self._since = self._best, lag, at
        elif lag < self._best:
            self._best = lag
        self.excess = lag - min(self._best, self._before)
        return self.excess
