"""What is armed, from the database into memory: a million rows in seconds, the plain ones in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy.orm import Session

from bot.alerts.decisions import Watched
from bot.alerts.evaluator import Evaluator
from bot.alerts.resolution import watched_of
from bot.alerts.storage import alerts as rows
from bot.alerts.trigger import ValueSeries, name_of, names_of
from bot.alerts.windows import MINUTE_MS
from bot.domain.alerts.alert import Trend
from bot.kernel.storage import Database


class _Loader:
    """Sorts armed rows into bulk and the rest."""

    def __init__(self, seen: dict[str, int], perps: Sequence[str]) -> None:
        self._seen = seen
        self._perps = perps
        self.bulk: dict[tuple[str, str, str], _Bulk] = {}  # by symbol, source, trend
        self.others: list[Watched] = []
        self.oldest: dict[str, int] = {}  # by name: when the first of its series was armed

    def take_plain(self, chunk: Sequence[rows.PlainRow]) -> None:
        bulk = self.bulk
        for alert_id, symbol, level, source, trend, armed_ms in chunk:
            place = symbol, source, trend
            found = bulk.get(place)
            if found is None:
                found = bulk[place] = _Bulk(self._floor(ValueSeries(source, symbol)))
            found.triggers.append((level, alert_id))
            found.oldest_ms = min(found.oldest_ms, armed_ms)
            if armed_ms > found.floor_ms:
                found.since[alert_id] = armed_ms

    def take(self, row: rows.ArmedRow) -> None:
        watched = watched_of(row)
        self.others.append(watched)

    def settle(self) -> None:
        """Date what is to be followed."""
        for (symbol, source, _), found in self.bulk.items():
            self._date(name_of(ValueSeries(source, symbol)), found.oldest_ms)
        for watched in self.others:
            for name in names_of(watched.condition, self._perps):
                self._date(name, watched.since_ms)

    def _floor(self, series: ValueSeries) -> int:
        """What was armed later is to be known when looking back from the watermark."""
        return self._seen.get(name_of(series), 0) - MINUTE_MS

    def _date(self, name: str, armed_ms: int) -> None:
        self.oldest[name] = min(armed_ms, self.oldest.get(name, armed_ms))


@dataclass(slots=True)
class _Bulk:
    """Price levels of one series and trend."""

    floor_ms: int
    triggers: list[tuple[Decimal, int]] = field(default_factory=list)
    since: dict[int, int] = field(default_factory=dict)
    oldest_ms: int = 2**62


async def load(database: Database, evaluator: Evaluator, perps: Sequence[str] = ()) -> dict[str, int]:
    """Fill the evaluator; what to follow by name, and from when on. `perps`: for conditions on any market."""
    async with database.read() as session:
        seen = await rows.watermarks(session)

    def read(session: Session) -> _Loader:
        loader = _Loader(seen, perps)
        for chunk in rows.read_plain(session):
            loader.take_plain(chunk)
        for others in rows.read_armed(session):
            for row in others:
                loader.take(row)
        loader.settle()
        return loader

    loader = await database.survey(read)
    for (symbol, source, trend), found in loader.bulk.items():
        evaluator.load(ValueSeries(source, symbol), found.triggers, Trend(trend), found.since)
    for watched in loader.others:
        evaluator.add(watched)
    return {name: max(armed_ms, seen.get(name, armed_ms)) for name, armed_ms in loader.oldest.items()}
