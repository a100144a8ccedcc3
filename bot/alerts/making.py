"""Making and changing alerts so that nothing is lost between the price they were judged by and the next one.

While the row is written the events of its series wait; then the new condition sees every one of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from bot.alerts.background import Background
from bot.alerts.engine import Engine
from bot.alerts.packing import symbol_of, unpack
from bot.alerts.reading import Reading, Readings
from bot.alerts.rungs import FundingFacts, Series, measures_of, name_of, names_of, rungs_on, series_of
from bot.alerts.terms import OF_ACCOUNTS, Place, resolve, row_of, watched_of
from bot.backpack import BackpackClient
from bot.domain.alert import (
    BasisLevel,
    Condition,
    FundingLevel,
    FundingUnit,
    PriceLevel,
    PriceTrail,
    Trend,
)
from bot.domain.alert_limits import AlertLimits, too_fine
from bot.domain.intent import AlertIntent
from bot.domain.refusal import Param, Refusal, RefusalCode
from bot.domain.values import shown
from bot.market import Catalogue, Feed
from bot.store import Database
from bot.store import alerts as rows
from bot.store.alert_tables import Alert, AlertState
from bot.store.tables import User

Made = TypeVar("Made", bound="Alert | Refusal | None")


@dataclass(frozen=True, slots=True)
class _Arming:
    """From when a condition is watched, and what it remembers from the start."""

    condition: Condition
    since_ms: int
    memory: dict[str, Any] | None = None


class _Known(Exception):
    """The same message came twice at once, and the other one was quicker."""

    def __init__(self, alert: Alert) -> None:
        self.alert = alert


class Making:
    """New alerts, and old ones that are armed anew."""

    def __init__(
        self,
        database: Database,
        client: BackpackClient,
        feed: Feed,
        catalogue: Catalogue,
        engine: Engine,
        background: Background,
        *,
        clock: Callable[[], int],
        admits: Callable[[User], bool],
        limits: AlertLimits,
    ) -> None:
        self._database = database
        self._background = background
        self._catalogue = catalogue
        self._engine = engine
        self._readings = Readings(client, feed, now_ms=client.now_ms)
        self._now_ms = client.now_ms
        self._clock = clock
        self._admits = admits
        self._limits = limits

    async def create(
        self,
        user: User,
        place: Place,
        intent: AlertIntent,
        line: str,
        account_id: int | None,
        source: str | None,
    ) -> Alert | Refusal:
        if source is not None:
            async with self._database.read() as session:
                known = await rows.of_source(session, source)
            if known is not None:
                return known
        condition = await resolve(intent.condition, self._catalogue)
        if isinstance(condition, Refusal):
            return condition
        if (fine := _too_fine(condition, intent)) is not None:
            return fine
        if isinstance(condition, OF_ACCOUNTS) and account_id is None:
            return Refusal(RefusalCode.NO_ACCOUNT)
        now = self._clock()
        lifetime = intent.options.lifetime_ms
        alert = Alert(
            **self._bounded(row_of(user, place, intent, condition, line)),
            account_id=account_id,
            expires_ms=now + lifetime if lifetime is not None else None,
            source=source,
            created_ms=now,
            watched_from_ms=now,
        )

        async def insert(arming: _Arming) -> Alert | Refusal:
            async with self._database.write() as session:
                if source is not None and (known := await rows.of_source(session, source)):
                    raise _Known(known)
                if not await self._is_let_in(session, user.id):
                    return Refusal(RefusalCode.CLOSING_ONLY)
                if await rows.count_live(session, user.id) >= self._limits.live:
                    limit = {"limit": self._limits.live}
                    return Refusal(RefusalCode.TOO_MANY_ALERTS, limit, mend="/alerts")
                alert.watched_from_ms, alert.memory = arming.since_ms, arming.memory
                session.add(alert)
                await session.flush()
            return alert

        try:
            return await self._arm(condition, intent, insert)
        except _Known as made:
            return made.alert

    async def edit(
        self, alert_id: int, user_id: int, intent: AlertIntent, line: str
    ) -> Alert | Refusal | None:
        condition = await resolve(intent.condition, self._catalogue)
        if isinstance(condition, Refusal):
            return condition
        if (fine := _too_fine(condition, intent)) is not None:
            return fine
        lifetime = intent.options.lifetime_ms

        async def change(arming: _Arming) -> Alert | Refusal | None:
            async with self._database.write() as session:
                alert = (await rows.locked(session, [alert_id])).get(alert_id)
                if alert is None or alert.user_id != user_id or alert.state not in rows.LIVE:
                    return None
                if not await self._is_let_in(session, user_id):
                    return Refusal(RefusalCode.CLOSING_ONLY)
                before = watched_of(alert)
                user = await session.get_one(User, user_id)
                place = Place(alert.chat_id, alert.thread_id)
                values = self._bounded(row_of(user, place, intent, condition, line))
                values |= {
                    "state": AlertState.ARMED,
                    "expires_ms": self._clock() + lifetime if lifetime is not None else None,
                    "watched_from_ms": arming.since_ms,
                    "memory": arming.memory,
                }
                await rows.change(session, alert, **values)
            self._engine.brain.remove(before)
            return alert

        return await self._arm(condition, intent, change)

    async def resume(self, alert_id: int, user_id: int) -> Alert | Refusal | None:
        async with self._database.read() as session:
            paused = await rows.get(session, alert_id)
        if paused is None or paused.user_id != user_id or paused.state is not AlertState.PAUSED:
            return None
        condition = unpack(paused.kind, paused.condition)

        async def change(arming: _Arming) -> Alert | Refusal | None:
            async with self._database.write() as session:
                alert = (await rows.locked(session, [alert_id])).get(alert_id)
                if alert is None or alert.state is not AlertState.PAUSED:
                    return None
                if not await self._is_let_in(session, user_id):
                    return Refusal(RefusalCode.CLOSING_ONLY)
                values = {"watched_from_ms": arming.since_ms, "memory": arming.memory}
                await rows.change(session, alert, state=AlertState.ARMED, **values)
            return alert

        return await self._arm(condition, AlertIntent(condition), change)

    def _bounded(self, values: dict[str, Any]) -> dict[str, Any]:
        """What repeats speaks no oftener than everybody may."""
        if values["repeat"]:
            values["cooldown_ms"] = max(values["cooldown_ms"], self._limits.cooldown_ms)
        return values

    async def _is_let_in(self, session: AsyncSession, user_id: int) -> bool:
        """As stored in this moment: the operator may have decided while a line was read."""
        user = await session.get(User, user_id, populate_existing=True)
        return user is not None and user.forgotten_ms is None and self._admits(user)

    async def _arm(
        self, condition: Condition, intent: AlertIntent, write: Callable[[_Arming], Awaitable[Made]]
    ) -> Made | Refusal:
        """Judge the condition by the present value, write, watch; refused if it holds already."""
        names = names_of(condition, await self._perps(condition))
        await self._background.prepare(condition)
        asked = await self._ask(condition)
        alert: Made | Refusal
        async with self._engine.turn:
            with self._engine.held(names):
                arming = self._judge(condition, intent, asked)
                if isinstance(arming, Refusal):
                    return arming
                alert = await write(arming)
                if isinstance(alert, Alert):
                    self._engine.brain.add(watched_of(alert))
        if isinstance(alert, Alert):
            for name in names:
                self._engine.follow(name, arming.since_ms)
        return alert

    async def _perps(self, condition: Condition) -> list[str]:
        """Markets for a condition on any of them."""
        if symbol_of(condition) is not None:
            return []
        return [market.symbol for market in (await self._catalogue.markets()).values() if market.is_perp]

    async def _ask(self, condition: Condition) -> Reading | None:
        """The present value, unless the feed follows the series and will tell."""
        series = present_of(condition)
        if series is None or self._is_heard(series):
            return None
        return await self._readings.asked(series)

    def _is_heard(self, series: Series) -> bool:
        name = name_of(series)
        return self._engine.is_live(name) and self._readings.heard(series) is not None

    def _judge(self, condition: Condition, intent: AlertIntent, asked: Reading | None) -> _Arming | Refusal:
        series = present_of(condition)
        if series is None:  # the first value decides
            return _Arming(condition, self._now_ms())
        reading = self._readings.heard(series) if self._is_heard(series) else asked
        if reading is None:
            return Refusal(RefusalCode.EMPTY_BOOK, {"symbol": series.subject})
        if isinstance(condition, PriceLevel):
            return _judge_level(condition, intent, reading)
        if isinstance(condition, PriceTrail) and condition.anchor is None:
            return _Arming(condition, reading.at_ms, {"": ["trail", reading.at_ms, str(reading.value)]})
        memory: dict[str, Any] = {}
        for rung in rungs_on(condition, rung_series_of(condition, series), FundingFacts()):
            if reaches(reading.value, rung.level, rung.trend):
                return _holds_already(condition, rung.level, reading)
            memory[rung.part] = [side_of(rung.trend, reading.value, rung.level).value, reading.at_ms, 0]
        return _Arming(condition, reading.at_ms, memory)


def _too_fine(condition: Condition, intent: AlertIntent) -> Refusal | None:
    """Refused with the finest there is."""
    found = too_fine(condition)
    if found is None:
        return None
    params: dict[str, Param] = {"least": found.least, "unit": found.unit}
    finest = replace(intent, condition=found.finest)
    return Refusal(RefusalCode.ALERT_TOO_FINE, params, mend_intent=finest)


def present_of(condition: Condition) -> Series | None:
    """The series whose present value can be read and says whether a condition holds; None: wait for it."""
    if isinstance(condition, PriceLevel | PriceTrail):
        return series_of(condition)
    if isinstance(condition, BasisLevel):
        return Series("basis", condition.symbol)
    if isinstance(condition, FundingLevel) and condition.unit is FundingUnit.INTERVAL:
        return Series("funding", condition.symbol) if condition.symbol is not None else None
    return None


def rung_series_of(condition: Condition, series: Series) -> Series:
    """Where the rungs of such a condition are."""
    (measure,) = measures_of(condition)
    return Series(measure, series.subject)


def reaches(value: Decimal, level: Decimal, trend: Trend) -> bool:
    """Whether a condition holds at `value`; a crossing only exactly at its level."""
    return {Trend.UP: value >= level, Trend.DOWN: value <= level, Trend.EITHER: value == level}[trend]


def side_of(trend: Trend, value: Decimal, level: Decimal) -> Trend:
    """From which side a condition that does not hold waits."""
    if trend is not Trend.EITHER:
        return trend
    return Trend.UP if value < level else Trend.DOWN


def _judge_level(condition: PriceLevel, intent: AlertIntent, reading: Reading) -> _Arming | Refusal:
    value, level, trend = reading.value, condition.level, condition.trend
    if reaches(value, level, trend):
        mend = None
        if trend is not Trend.EITHER and value != level:  # wait for the price to come back through
            mend = replace(intent, condition=replace(condition, trend=Trend.EITHER))
        return replace(_holds_already(condition, level, reading), mend_intent=mend)
    side = side_of(trend, value, level)
    memory = {"": [side.value, reading.at_ms, 0]} if trend is Trend.EITHER else None
    return _Arming(condition, reading.at_ms, memory)


def _holds_already(condition: Condition, level: Decimal, reading: Reading) -> Refusal:
    """It could only fire at once."""
    params: dict[str, Param] = {
        "symbol": symbol_of(condition) or "",
        "value": shown(reading.value),
        "level": level,
    }
    return Refusal(RefusalCode.ALERT_HOLDS, params)
