"""One person's share of firings: of repeating alerts so many are stored in a while, the rest is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from bot.alerts.storage.tables import Alert
from bot.domain.alerts.limits import AlertLimits


class FiringPlace(NamedTuple):
    """Where somebody's alerts speak."""

    user_id: int
    chat_id: int
    thread_id: int | None


@dataclass(slots=True)
class _Window:
    until_ms: int
    stored: int = 0
    held: dict[FiringPlace, int] = field(default_factory=dict)


class FiringShares:
    """In memory: after a restart everybody's share is whole, and what was counted is told of no more."""

    def __init__(self, limits: AlertLimits) -> None:
        self._limits = limits
        self._windows: dict[int, _Window] = {}
        self._muted: dict[int, FiringPlace] = {}  # alerts beyond their user's share: nobody asks the database

    def is_muted(self, alert_id: int, now_ms: int) -> bool:
        """Whether a firing of the alert was counted without a look at its row."""
        place = self._muted.get(alert_id)
        window = self._windows.get(place.user_id) if place is not None else None
        if place is None or window is None or window.until_ms <= now_ms:
            return False
        window.held[place] = window.held.get(place, 0) + 1
        return True

    def takes(self, alert: Alert, now_ms: int) -> bool:
        """Whether a firing of the alert is stored. What speaks once always is."""
        if not alert.repeat:
            return True
        window = self._windows.get(alert.user_id)
        if window is None or (window.until_ms <= now_ms and not window.held):
            window = self._windows[alert.user_id] = _Window(now_ms + self._limits.window_ms)
        if window.stored < self._limits.firings:
            window.stored += 1
            return True
        place = FiringPlace(alert.user_id, alert.chat_id, alert.thread_id)
        self._muted[alert.id] = place
        window.held[place] = window.held.get(place, 0) + 1
        return False

    def over(self, now_ms: int) -> Mapping[FiringPlace, int]:
        """What was counted in windows that are over, once."""
        ended = [user_id for user_id, window in self._windows.items() if window.until_ms <= now_ms]
        counted: dict[FiringPlace, int] = {}
        for user_id in ended:
            counted |= self._windows.pop(user_id).held
        self._muted = {
            alert_id: place for alert_id, place in self._muted.items() if place.user_id in self._windows
        }
        return counted
