"""How loud a kind of news is: what a chat chose, what its quiet hours make of it, what may never be off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo


class Event(StrEnum):
    """Kinds of news that nobody is waiting for. An answer to a person is none of them."""

    FILL = "fill"  # a resting order was executed
    ORDER = "order"  # a resting order was cancelled, rejected, has expired
    EXIT = "exit"  # a stop or a target was triggered
    LIQUIDATION = "liquidation"
    EXIT_MISSING = "exit-missing"  # a stop that was promised does not stand
    KEY = "key"  # a key or its stream fails
    ALERT = "alert"
    FUNDING = "funding"  # scheduled posts
    MARKET = "market"  # scheduled posts: movers
    DIGEST = "digest"
    OPERATOR = "operator"


class Volume(StrEnum):
    """How news arrives: with a sound, without one, gathered for the chat's digest, or not at all."""

    ON = "on"
    SILENT = "silent"
    DIGEST = "digest"
    OFF = "off"


# Money is at stake while one does not know: in the private chat these may be silent, never unsaid.
URGENT: Final = frozenset({Event.LIQUIDATION, Event.EXIT_MISSING, Event.KEY})


def heard(event: str, chosen: Volume, *, private: bool, quiet: bool, has_digest: bool) -> Volume:
    """How loud `event` is in a chat that chose `chosen` for it. What a digest is to say needs a digest."""
    if chosen is Volume.DIGEST and not has_digest:
        chosen = Volume.SILENT
    if event in URGENT:
        said = chosen in {Volume.ON, Volume.SILENT}
        return chosen if said or not private else Volume.SILENT
    return Volume.SILENT if chosen is Volume.ON and quiet else chosen


def is_quiet(quiet_from: int | None, quiet_to: int | None, zone: str, now_ms: int) -> bool:
    """Whether it is between two minutes of the day in `zone`; the end may be on the next day."""
    if quiet_from is None or quiet_to is None:
        return False
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=now_ms)).astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    if quiet_from <= quiet_to:
        return quiet_from <= minute < quiet_to
    return minute >= quiet_from or minute < quiet_to
