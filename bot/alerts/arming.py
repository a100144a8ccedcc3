"""Making and changing alerts so that nothing is lost between the price they were judged by and the next one.

While the row is written the events of its series wait; then the new condition sees every one of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from bot.alerts.account_values import Accounts
from bot.alerts.already_true import AlreadyTrue, HeldFromStart, Readable, held_already, memory_of
from bot.alerts.condition_codec import symbol_of, unpack
from bot.alerts.current_value import CurrentValues
from bot.alerts.engine import Engine
from bot.alerts.evaluator import Evaluator
from bot.alerts.gone import is_gone
from bot.alerts.reference_data import ReferenceData
from bot.alerts.resolution import OF_ACCOUNTS, AlertPlace, resolve, row_of, watched_of
from bot.alerts.storage import alerts as rows
from bot.alerts.storage.tables import Alert, AlertState
from bot.alerts.trigger import market_of, names_of
from bot.domain.alerts.alert import Condition, PriceLevel, PriceTrail, WhenTrue
from bot.domain.alerts.limits import AlertLimits, too_fine
from bot.domain.intent import AlertIntent
from bot.domain.refusal import Param, Refusal, RefusalCode
from bot.domain.values import shown
from bot.exchange.backpack import BackpackClient
from bot.kernel.storage import Database
from bot.marketdata import Catalogue, Feed
from bot.people.tables import User

Made = TypeVar("Made", bound="Alert | Refusal | None")


@dataclass(frozen=True, slots=True)
class _Arming:
    """From when a condition is watched, and what it remembers from the start."""

    condition: Condition
    since_ms: int
    memory: dict[str, Any] | None = None
    told: Readable = field(default_factory=dict)  # true already, to be told at once


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to be watched, as far as it matters whether it is true already."""

    condition: Condition
    repeat: bool
    has_plan: bool
    when: WhenTrue


class _Known(Exception):
    """The same message came twice at once, and the other one was quicker."""

    def __init__(self, alert: Alert) -> None:
        self.alert = alert


class Arming:
    """New alerts, and old ones that are armed anew."""

    def __init__(
        self,
        database: Database,
        client: BackpackClient,
        feed: Feed,
        catalogue: Catalogue,
        engine: Engine,
        background: ReferenceData,
        accounts: Accounts,
        *,
        look: Callable[[int], Awaitable[None]],
        clock: Callable[[], int],
        admits: Callable[[User], bool],
        limits: AlertLimits,
    ) -> None:
        self._database = database
        self._background = background
        self._catalogue = catalogue
        self._engine = engine
        readings = CurrentValues(client, feed, now_ms=client.now_ms)
        self._present = AlreadyTrue(engine, readings, accounts)
        self._look = look
        self._now_ms = client.now_ms
        self._clock = clock
        self._admits = admits
        self._limits = limits

    async def create(
        self,
        user: User,
        place: AlertPlace,
        intent: AlertIntent,
        line: str,
        account_id: int | None,
        source: str | None,
        when: WhenTrue = WhenTrue.ASK,
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
            wish = _Wish(condition, intent.options.repeat, intent.plan is not None, when)
            return await self._arm(wish, insert, account_id)
        except _Known as made:
            return made.alert

    async def edit(
        self,
        alert_id: int,
        user_id: int,
        intent: AlertIntent,
        line: str,
        when: WhenTrue = WhenTrue.ASK,
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
                place = AlertPlace(alert.chat_id, alert.thread_id)
                values = self._bounded(row_of(user, place, intent, condition, line))
                values |= {
                    "state": AlertState.ARMED,
                    "expires_ms": self._clock() + lifetime if lifetime is not None else None,
                    "watched_from_ms": arming.since_ms,
                    "memory": arming.memory,
                }
                await rows.change(session, alert, **values)
            self._engine.evaluator.remove(before)
            return alert

        async with self._database.read() as session:
            edited = await rows.get(session, alert_id)
        account_id = edited.account_id if edited is not None else None
        wish = _Wish(condition, intent.options.repeat, intent.plan is not None, when)
        return await self._arm(wish, change, account_id)

    async def resume(
        self, alert_id: int, user_id: int, when: WhenTrue = WhenTrue.ASK
    ) -> Alert | Refusal | None:
        async with self._database.read() as session:
            paused = await rows.get(session, alert_id)
        if paused is None or paused.user_id != user_id or paused.state is not AlertState.PAUSED:
            return None
        condition = unpack(paused.kind, paused.condition)
        if is_gone(condition, await self._catalogue.markets()):
            return Refusal(RefusalCode.MARKET_GONE, {"symbol": symbol_of(condition) or ""})

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

        wish = _Wish(condition, paused.repeat, paused.plan is not None, when)
        return await self._arm(wish, change, paused.account_id)

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
        self, wish: _Wish, write: Callable[[_Arming], Awaitable[Made]], account_id: int | None
    ) -> Made | Refusal:
        """Judge the condition by the present values, write, watch; whoever must be asked is refused."""
        condition = wish.condition
        perps = await self._perps(condition)
        names = names_of(condition, perps)
        await self._background.prepare(condition)
        if isinstance(condition, OF_ACCOUNTS) and account_id is not None:
            await self._look(account_id)
        asked = await self._present.ask(condition, account_id, perps)
        alert: Made | Refusal
        async with self._engine.turn:
            with self._engine.held(names):
                arming = self._judge(wish, self._present.anew(condition, asked))
                if isinstance(arming, Refusal):
                    return arming
                alert = await write(arming)
                if isinstance(alert, Alert):
                    self._engine.evaluator.add(watched_of(alert))
                    self._tell(condition, arming)
        if isinstance(alert, Alert):
            for name in names:
                self._engine.follow(name, arming.since_ms)
        return alert

    def _tell(self, condition: Condition, arming: _Arming) -> None:
        """What is true already and is to be told at once."""
        evaluator = self._engine.evaluator
        for series, reading in arming.told.items():
            if isinstance(condition, PriceLevel | PriceTrail):
                evaluator.price(series, reading.value, reading.at_ms)
            else:
                evaluator.observe(series, reading.value, reading.at_ms)
        self._engine.decided()

    async def _perps(self, condition: Condition) -> list[str]:
        """Markets for a condition on any of them."""
        if symbol_of(condition) is not None:
            return []
        return [market.symbol for market in (await self._catalogue.markets()).values() if market.is_perp]

    def _judge(self, wish: _Wish, readings: Readable) -> _Arming | Refusal:
        condition, evaluator = wish.condition, self._engine.evaluator
        since_ms = max((reading.at_ms for reading in readings.values()), default=self._now_ms())
        if isinstance(condition, PriceLevel | PriceTrail) and not readings:
            return Refusal(RefusalCode.EMPTY_BOOK, {"symbol": condition.symbol})
        if isinstance(condition, PriceTrail) and condition.anchor is None:
            (reading,) = readings.values()
            return _Arming(condition, reading.at_ms, {"": ["trail", reading.at_ms, str(reading.value)]})
        held = held_already(condition, readings, evaluator)
        speaks = wish.repeat and not wish.has_plan  # a plan that goes at once is worth a question
        if held and wish.when is WhenTrue.ASK and not speaks:
            return _holds_already(held, self._engine.evaluator)
        memory = memory_of(condition, readings, evaluator, wish.when, plain=not wish.repeat)
        if not held or wish.when is WhenTrue.AGAIN:
            return _Arming(condition, since_ms, memory)
        told = {one.series: one.reading for one in held}
        return _Arming(condition, since_ms - 1, memory, told)


def _too_fine(condition: Condition, intent: AlertIntent) -> Refusal | None:
    """Refused with the finest there is."""
    found = too_fine(condition)
    if found is None:
        return None
    params: dict[str, Param] = {"least": found.least, "unit": found.unit}
    finest = replace(intent, condition=found.finest)
    return Refusal(RefusalCode.ALERT_TOO_FINE, params, mend_intent=finest)


def _holds_already(held: Sequence[HeldFromStart], evaluator: Evaluator) -> Refusal:
    """The question, with the first of what is true already."""
    first = held[0]
    market = market_of(first.series.subject)
    params: dict[str, Param] = {
        "symbol": market or first.series.subject,
        "value": shown(first.reading.value),
        "level": shown(first.level),
        "fell": int(first.series.measure.startswith("fall")),
        "interval_ms": evaluator.placement.facts(market or "").interval_ms or 0,
        "others": len({one.series.subject for one in held}) - 1,
    }
    return Refusal(RefusalCode.ALERT_HOLDS, params)
