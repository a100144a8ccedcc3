"""Reads `/schedule` lines: `funding 10m before`, `movers daily 08:00 Asia/Shanghai silent`, `3 pause`.

The words may come in any order; each thing may be said once. Chinese words mean the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final
from zoneinfo import available_timezones

from bot.domain.alerts.alert import Loudness
from bot.kernel.recurrence import DAY_MS, EVERY_DAY, HOUR_MS, MINUTE_MS

MAX_LINE: Final = 200  # characters
MAX_WORDS: Final = 20
MIN_EVERY_MS: Final = HOUR_MS
MAX_EVERY_MS: Final = 7 * DAY_MS
MAX_LEAD_MS: Final = 4 * HOUR_MS

_KINDS: Final = {
    "funding": ("funding", "fund", "资金费", "资金费率", "费率"),
    "movers": ("movers", "mover", "top", "gainers", "涨跌", "涨跌榜"),
    "extremes": ("extremes", "extreme", "极端", "极端费率"),
    "digest": ("digest", "daily-digest", "summary", "日报"),
}
_ACTS: Final = {
    "pause": ("pause", "stop", "暂停"),
    "resume": ("resume", "start", "恢复", "继续"),
    "delete": ("delete", "remove", "rm", "删除"),
}
_LOUDNESS: Final = {
    Loudness.SILENT: ("silent", "quiet", "静音"),
    Loudness.ON: ("loud", "aloud", "响铃"),
    Loudness.OFF: (),
}
_DAYS: Final = {
    **{
        name: frozenset({number})
        for names in (
            ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
            tuple(f"周{c}" for c in "一二三四五六日"),
        )
        for number, name in enumerate(names)
    },
    **dict.fromkeys(("daily", "everyday", "每天", "每日"), EVERY_DAY),
    **dict.fromkeys(("weekdays", "工作日"), frozenset(range(5))),
    **dict.fromkeys(("weekends", "周末"), frozenset({5, 6})),
}
_FULL_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NOISE: Final = {
    "at",
    "on",
    "and",
    "the",
    "before",
    "settlement",
    "in",
    "utc+0",
    "post",
    "前",
    "结算前",
    "在",
}
_CLOCK: Final = re.compile(r"(\d{1,2})[:：](\d{2})(am|pm)?|(\d{1,2})(am|pm)", re.ASCII)
_SPAN: Final = re.compile(
    r"(\d{1,4})(m|min|mins|minutes?|h|hrs?|hours?|d|days?|分钟|分|小时|天)(前|before)?", re.ASCII
)
_UNIT_MS: Final = {"m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS, "分": MINUTE_MS, "小": HOUR_MS, "天": DAY_MS}
_GLUED_DAYS: Final = re.compile(r"(每天|每日|工作日|周末|周[一二三四五六日])(?=\d)")
_ID: Final = re.compile(r"#?(\d{1,9})", re.ASCII)
_SYMBOL: Final = re.compile(r"[a-z][a-z0-9]{0,14}(?:[-_/][a-z0-9]{2,10}){0,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ScheduleLine:
    """What was said, None where it was not. `minute` is of the day; `lead_ms` is before each settlement."""

    kind: str | None = None
    post_id: int | None = None
    act: str | None = None  # pause · resume · delete
    minute: int | None = None
    days: frozenset[int] | None = None
    every_ms: int | None = None
    lead_ms: int | None = None
    zone: str | None = None
    loudness: Loudness | None = None
    symbol: str | None = None


@dataclass(frozen=True, slots=True)
class ScheduleFault:
    """The word that cannot be read, or whose number is out of bounds; empty: something is missing."""

    word: str = ""


def parse_schedule(text: str) -> ScheduleLine | ScheduleFault:
    """The meaning of what stands after `/schedule`. Linear in the length of the line."""
    if len(text) > MAX_LINE:
        return ScheduleFault(text[:20])
    words = _join(_GLUED_DAYS.sub(r"\1 ", unicodedata.normalize("NFKC", text)).split())
    if len(words) > MAX_WORDS:
        return ScheduleFault(words[MAX_WORDS])
    line = ScheduleLine()
    every = False
    for word in words:
        lower = word.lower()
        if lower in {"every", "每", "每隔"}:
            every = True
            continue
        if lower in _NOISE:
            continue
        read = _read(line, word, lower, every)
        if read is None:
            return ScheduleFault(word)
        every = False
        line = read
    if line.symbol is not None and line.kind not in {None, "funding"}:
        return ScheduleFault(next(word for word in words if word.upper() == line.symbol))
    return line


def _join(words: list[str]) -> list[str]:
    """`10 m` is `10m`, `8:30 pm` is `8:30pm`."""
    joined: list[str] = []
    for word in words:
        glued = f"{joined[-1]}{word}" if joined and joined[-1][-1].isdecimal() else ""
        if glued and (_SPAN.fullmatch(glued.lower()) or _CLOCK.fullmatch(glued.lower())):
            joined[-1] = glued
        else:
            joined.append(word)
    return joined


def _read(line: ScheduleLine, word: str, lower: str, every: bool) -> ScheduleLine | None:
    """The line with one word more; None for a word that means nothing here, or was said already."""
    readers: tuple[Callable[[], dict[str, Any] | None], ...] = (
        lambda: _named(line, lower),
        lambda: _days(line, lower),
        lambda: _clock(lower),
        lambda: _span(lower, every),
        lambda: _number(lower),
        lambda: {"zone": zone} if (zone := _zone(word)) else None,
        lambda: {"symbol": word.upper()} if _SYMBOL.fullmatch(lower) else None,
    )
    for reader in readers:
        found = reader()
        if found is None:
            continue
        if "days" not in found and any(getattr(line, name) is not None for name in found):
            return None
        return replace(line, **found)
    return None


def _named(line: ScheduleLine, lower: str) -> dict[str, Any] | None:
    for name, values in (("kind", _KINDS), ("act", _ACTS), ("loudness", _LOUDNESS)):
        for value, spellings in values.items():
            if lower in spellings:
                return {name: value}
    return None


def _days(line: ScheduleLine, lower: str) -> dict[str, Any] | None:
    days: frozenset[int] = frozenset()
    for part in lower.replace("，", ",").split(","):
        if not part:
            continue
        found = _DAYS.get(part) or _DAYS.get(part[:3] if part in _FULL_DAYS else "")
        if found is None:
            return None
        days |= found
    return {"days": days | (line.days or frozenset())} if days else None


def _clock(lower: str) -> dict[str, Any] | None:
    match = _CLOCK.fullmatch(lower)
    if match is None:
        return None
    hours, minutes = int(match[1] or match[4]), int(match[2] or 0)
    half = match[3] or match[5]
    if half:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if half == "pm" else 0)
    return {"minute": hours * 60 + minutes} if hours < 24 and minutes < 60 else None


def _span(lower: str, every: bool) -> dict[str, Any] | None:
    match = _SPAN.fullmatch(lower)
    if match is None:
        return None
    ms = int(match[1]) * _UNIT_MS[match[2][0]]
    if every and not match[3]:
        return {"every_ms": ms} if MIN_EVERY_MS <= ms <= MAX_EVERY_MS else None
    return {"lead_ms": ms} if 0 < ms <= MAX_LEAD_MS else None


def _number(lower: str) -> dict[str, Any] | None:
    match = _ID.fullmatch(lower)
    return {"post_id": int(match[1])} if match is not None else None


def _zone(word: str) -> str | None:
    """An IANA name, whatever the case of its letters."""
    return _zones().get(word.lower())


@cache
def _zones() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones() if "/" in name or name == "UTC"}
