"""Decisions become facts: firing, message and the alert's new state in one transaction, each at most once.

A decision is checked against the row as it is now: an alert that was paused, edited, deleted, expired or
fired by another process meanwhile does not fire. Nothing here decides whether a condition came true.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.alerts.condition_codec import unpack
from bot.alerts.decisions import Claim, Decision, FillSeen
from bot.alerts.events import AlertAnnouncer, Fired
from bot.alerts.firing_share import FiringShares
from bot.alerts.storage import alerts as rows
from bot.alerts.storage.tables import Alert, AlertState, Firing, FiringState
from bot.domain.alerts.alert import Loudness, PriceLevel
from bot.kernel.storage import Database
from bot.marketdata import known_markets
from bot.notifications import outbox_rows
from bot.trading.storage import fills

GATHER_MS: Final = 1_000  # what fires in a chat within this time is one message
LATE_MS: Final = 5_000  # what is noticed later than this after it happened is called late
EVENT: Final = "alert"

Memories = Mapping[int, dict[str, Any] | None]


@dataclass(slots=True)
class Batch:
    """What was decided and learnt up to one moment; written whole or not at all."""

    decisions: list[Decision] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    memories: dict[int, dict[str, Any] | None] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.decisions or self.claims or self.memories or self.seen)


@dataclass(frozen=True, slots=True)
class WrittenFiring:
    """What became of a batch: firings, and the alerts whose rows said otherwise than memory."""

    fired: list[Fired]
    stale: set[int]


class FiringWriter:
    """The only writer of firings. `clock` is ours, `now_ms` the exchange's time; both unix ms."""

    def __init__(
        self,
        database: Database,
        announcer: AlertAnnouncer,
        shares: FiringShares,
        *,
        clock: Callable[[], int],
        now_ms: Callable[[], int],
    ) -> None:
        self._database = database
        self._announcer = announcer
        self._shares = shares
        self._clock = clock
        self._now_ms = now_ms

    async def write(self, batch: Batch) -> WrittenFiring:
        """One transaction. Raises what the database raises; then nothing of it is written, or all of it.

        Writing the same batch again is harmless: a decision that is a fact already is refused by the row.
        """
        async with self._database.write() as session:
            lost = {claim for claim in batch.claims if not await _wins(session, claim)}
            written = await self._fire(session, batch, lost)
            quiet = {i: m for i, m in batch.memories.items() if all(i != f.alert.id for f in written.fired)}
            await rows.remember(session, quiet)
            await rows.set_watermarks(session, batch.seen)
        if written.fired:
            self._announcer.committed()
        return written

    async def _fire(self, session: AsyncSession, batch: Batch, lost: Collection[Claim]) -> WrittenFiring:
        now, noticed = self._clock(), self._now_ms()
        decisions = [one for one in batch.decisions if not self._shares.is_muted(one.alert_id, now)]
        if not decisions:
            return WrittenFiring([], set())
        alerts = await rows.locked(session, {decision.alert_id for decision in decisions})
        fired: list[Fired] = []
        stale: set[int] = set()
        changes: dict[int, dict[str, Any]] = {}
        for decision in decisions:
            alert = alerts.get(decision.alert_id)
            is_ours = decision.claim is None or decision.claim not in lost
            if alert is None or not is_ours or not may_fire(alert, decision, changes.get(alert.id)):
                stale.add(decision.alert_id)
                continue
            if not self._shares.takes(alert, now):
                continue
            new = _after(alert, decision, changes.get(alert.id), batch.memories)
            changes[alert.id] = new
            fired.append(Fired(alert, _firing(alert, decision, new["fired_count"], noticed)))
        if changes:
            await rows.mark_fired(session, [alerts[i] for i in changes], list(changes.values()))
            await self._announce(session, fired, now)
        return WrittenFiring(fired, stale)

    async def tell_held(self) -> None:
        """One message for all that was beyond somebody's share, once its time is over."""
        now = self._clock()
        counted = self._shares.over(now)
        if not counted:
            return
        async with self._database.write() as session:
            for place, count in counted.items():
                message = await self._announcer.held(session, place.user_id, count)
                if message is not None:
                    message.chat_id, message.thread_id, message.event = place.chat_id, place.thread_id, EVENT
                    message.dedupe_key = (
                        f"alert-share:{place.user_id}:{place.chat_id}:{place.thread_id}:{now}"
                    )
                    await outbox_rows.enqueue(session, message)
        self._announcer.committed()

    async def _announce(self, session: AsyncSession, fired: Sequence[Fired], now: int) -> None:
        chats: dict[tuple[int, int | None], list[Fired]] = {}
        for one in fired:
            if one.alert.loudness is Loudness.OFF:
                one.firing.state, one.firing.delivered_ms = FiringState.DELIVERED, now
                session.add(one.firing)
            else:
                chats.setdefault((one.alert.chat_id, one.alert.thread_id), []).append(one)
        for (chat_id, thread_id), news in chats.items():
            await self._tell(session, chat_id, thread_id, news, now)
        await session.flush()

    async def _tell(
        self, session: AsyncSession, chat_id: int, thread_id: int | None, news: list[Fired], now: int
    ) -> None:
        """Into the message that waits, or into a new one."""
        waiting = await rows.gathering(session, chat_id, thread_id, EVENT, now)
        earlier = [] if waiting is None else await rows.told_in(session, waiting.id)
        message = await self._announcer.compose(session, [*(Fired(*pair) for pair in earlier), *news])
        outbox_id: int | None = None
        if waiting is not None and message is not None:
            waiting.text, waiting.keyboard, waiting.photo = message.text, message.keyboard, message.photo
            waiting.silent = message.silent
            outbox_id = waiting.id
        elif message is not None:
            first = news[0].firing
            message.chat_id, message.thread_id, message.event = chat_id, thread_id, EVENT
            message.not_before_ms = now + GATHER_MS
            message.dedupe_key = f"alert:{first.alert_id}:{first.sequence}"
            queued = await outbox_rows.enqueue(session, message)
            outbox_id = queued.id if queued is not None else None
        for one in news:
            one.firing.outbox_id = outbox_id
            if message is None:
                one.firing.state = FiringState.UNDELIVERABLE
            session.add(one.firing)


async def _wins(session: AsyncSession, claim: Claim) -> bool:
    """Whether nobody told of it yet; from now on we did."""
    if isinstance(claim, FillSeen):
        return await fills.judge(session, claim.fill_id)
    return await known_markets.change(session, claim.symbol, claim.before, claim.after)


def may_fire(alert: Alert, decision: Decision, earlier: dict[str, Any] | None) -> bool:
    """Whether the row still asks for what was decided. `earlier`: what this batch made of it already."""
    state = alert.state if earlier is None else earlier["state"]
    if state is not AlertState.ARMED or not _is_same(alert, decision):
        return False
    if alert.expires_ms is not None and decision.happened_ms > alert.expires_ms:
        return False
    if earlier is not None or decision.part not in (alert.memory or {}):
        return True
    # Another process may have told of the same crossing: then the row knows of that time, and turn, already.
    _, since_ms, *more = (alert.memory or {})[decision.part]
    if decision.turn is not None and decision.happened_ms == since_ms:
        return decision.turn > int(more[0])
    return decision.happened_ms > int(since_ms)


def _is_same(alert: Alert, decision: Decision) -> bool:
    condition = unpack(alert.kind, alert.condition)
    if decision.condition is not None:
        return condition == decision.condition
    return (
        isinstance(condition, PriceLevel)
        and condition.level == decision.level
        and (condition.source.value, condition.symbol) == decision.series
    )


def _after(
    alert: Alert, decision: Decision, earlier: dict[str, Any] | None, memories: Memories
) -> dict[str, Any]:
    count = alert.fired_count if earlier is None else earlier["fired_count"]
    goes_on = alert.repeat or decision.goes_on
    return {
        "state": AlertState.ARMED if goes_on else AlertState.DONE,
        "memory": memories.get(alert.id) if goes_on else None,
        "fired_count": count + 1,
        "fired_ms": decision.happened_ms,
    }


def _firing(alert: Alert, decision: Decision, sequence: int, noticed_ms: int) -> Firing:
    return Firing(
        alert_id=alert.id,
        sequence=sequence,
        user_id=alert.user_id,
        value=decision.value,
        detail=decision.detail,
        happened_ms=decision.happened_ms,
        noticed_ms=noticed_ms,
        late=decision.late or noticed_ms - decision.happened_ms > LATE_MS,
    )
