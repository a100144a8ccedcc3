"""Alerts, their firings and the watermarks: what is armed, what came true, and up to when was looked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import col

from bot.alerts.storage.tables import Alert, AlertState, Firing, FiringState, Watermark
from bot.domain.alerts.alert import PriceLevel
from bot.notifications.events import ChatMigrated
from bot.notifications.tables import OutboxMessage, OutboxState
from bot.people.tables import Account

LIVE = (AlertState.ARMED, AlertState.PAUSED)
CHUNK = 20_000


class LostRace(RuntimeError):
    """A row changed under our lock: roll back and look again."""


class ArmedRow(NamedTuple):
    """An armed alert as the engine loads it."""

    id: int
    account_id: int | None
    kind: str
    condition: dict[str, Any]
    repeat: bool
    cooldown_ms: int
    memory: dict[str, Any] | None
    watched_from_ms: int


class PlainRow(NamedTuple):
    """A price level that speaks once, as the engine loads it."""

    id: int
    symbol: str
    level: Decimal
    source: str
    trend: str
    watched_from_ms: int


_alert: Any = Alert.__table__  # type: ignore[attr-defined]
_PLAIN = and_(
    _alert.c.kind == PriceLevel.__name__,
    _alert.c.repeat.is_(False),
    _alert.c.memory.is_(None),
)


async def get(session: AsyncSession, alert_id: int) -> Alert | None:
    return await session.get(Alert, alert_id)


async def of_source(session: AsyncSession, source: str) -> Alert | None:
    """The alert made by that message or tap, in whatever state."""
    return (await session.scalars(select(Alert).where(col(Alert.source) == source))).one_or_none()


async def locked(session: AsyncSession, ids: Collection[int]) -> dict[int, Alert]:
    """Alerts by id, theirs until the transaction ends; always taken in one order."""
    found: dict[int, Alert] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), 500):
        chosen = (
            select(Alert)
            .where(col(Alert.id).in_(wanted[start : start + 500]))
            .order_by(col(Alert.id))
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        found.update((alert.id, alert) for alert in await session.scalars(chosen))
    return found


async def live(
    session: AsyncSession, *, user_id: int | None = None, chat_id: int | None = None
) -> Sequence[Alert]:
    """Armed and paused alerts of a user, a chat, or both; oldest first."""
    chosen = select(Alert).where(col(Alert.state).in_(LIVE)).order_by(col(Alert.id))
    if user_id is not None:
        chosen = chosen.where(col(Alert.user_id) == user_id)
    if chat_id is not None:
        chosen = chosen.where(col(Alert.chat_id) == chat_id)
    return (await session.scalars(chosen)).all()


async def count_live(session: AsyncSession, user_id: int) -> int:
    """How many alerts of a user are armed or paused."""
    chosen = select(func.count()).where(col(Alert.user_id) == user_id, col(Alert.state).in_(LIVE))
    return await session.scalar(chosen) or 0


async def live_with_plan(session: AsyncSession, user_id: int) -> list[int]:
    """Ids of a user's armed and paused alerts that come with a trade."""
    chosen = select(col(Alert.id)).where(
        col(Alert.user_id) == user_id, col(Alert.state).in_(LIVE), col(Alert.plan).is_not(None)
    )
    return list(await session.scalars(chosen))


async def live_of_account(session: AsyncSession, account_id: int) -> list[int]:
    """Ids of the armed and paused alerts on an account."""
    owner = select(col(Account.user_id)).where(col(Account.id) == account_id).scalar_subquery()
    chosen = select(col(Alert.id)).where(
        col(Alert.user_id) == owner, col(Alert.account_id) == account_id, col(Alert.state).in_(LIVE)
    )
    return list(await session.scalars(chosen))


async def armed_on(session: AsyncSession, symbols: Iterable[str], *, besides: Collection[str]) -> list[int]:
    """Ids of the armed alerts on these markets; `besides`: kinds that are left out."""
    chosen = select(col(Alert.id)).where(
        col(Alert.state) == AlertState.ARMED, col(Alert.symbol).in_(symbols), col(Alert.kind).not_in(besides)
    )
    return list(await session.scalars(chosen))


def read_plain(session: Session) -> Iterator[Sequence[PlainRow]]:
    """Armed price levels that speak once and remember nothing, in chunks: there may be a million."""
    columns = (
        _alert.c.id,
        _alert.c.symbol,
        _alert.c.level,
        _alert.c.condition["source"].as_string(),
        _alert.c.condition["trend"].as_string(),
        _alert.c.watched_from_ms,
    )
    yield from _chunks(session, select(*columns).where(_alert.c.state == AlertState.ARMED, _PLAIN))


def read_armed(session: Session) -> Iterator[Sequence[ArmedRow]]:
    """Every other armed alert, in chunks."""
    columns = [_alert.c[name] for name in ArmedRow._fields]
    for chunk in _chunks(session, select(*columns).where(_alert.c.state == AlertState.ARMED, ~_PLAIN)):
        yield [ArmedRow._make(row) for row in chunk]


def _chunks(session: Session, chosen: Select[Any]) -> Iterator[Sequence[Any]]:
    result = session.execute(chosen.execution_options(yield_per=CHUNK))
    yield from result.partitions(CHUNK)


async def change(session: AsyncSession, alert: Alert, **values: Any) -> None:
    """Change an alert if nobody else did since it was read. Raises LostRace."""
    statement = (
        update(Alert)
        .where(col(Alert.id) == alert.id, col(Alert.version) == alert.version)
        .values(**values, version=alert.version + 1)
        .execution_options(synchronize_session=False)
    )
    result = await session.execute(statement)
    if result.rowcount != 1:  # type: ignore[attr-defined]
        raise LostRace(f"alert {alert.id}")
    await session.refresh(alert)


_FIRED = (
    update(_alert)
    .where(
        col(Alert.id) == bindparam("at_id"),
        col(Alert.version) == bindparam("at_version"),
        col(Alert.state) == AlertState.ARMED,
    )
    .values(
        state=bindparam("new_state", type_=_alert.c.state.type),
        memory=bindparam("new_memory", type_=_alert.c.memory.type),
        fired_count=bindparam("new_count"),
        fired_ms=bindparam("new_fired_ms"),
        version=bindparam("new_version"),
    )
)


async def mark_fired(
    session: AsyncSession, alerts: Sequence[Alert], fields: Sequence[dict[str, Any]]
) -> None:
    """Write what firing made of `alerts`, each only if it is armed and as it was read. Raises LostRace.

    `fields`: `state`, `memory`, `fired_count`, `fired_ms` of each.
    """
    values = [
        {
            "at_id": alert.id,
            "at_version": alert.version,
            "new_state": new["state"],
            "new_memory": new["memory"],
            "new_count": new["fired_count"],
            "new_fired_ms": new["fired_ms"],
            "new_version": alert.version + 1,
        }
        for alert, new in zip(alerts, fields, strict=True)
    ]
    result = await session.execute(_FIRED, values)
    if result.rowcount != len(values):  # type: ignore[attr-defined]
        raise LostRace("an alert changed under its firing")
    for alert, new in zip(alerts, fields, strict=True):
        set_committed_value(alert, "version", alert.version + 1)
        for name, value in new.items():
            set_committed_value(alert, name, value)


_REMEMBER = (
    update(_alert)
    .where(col(Alert.id) == bindparam("at_id"), col(Alert.state) == AlertState.ARMED)
    .values(memory=bindparam("new_memory", type_=_alert.c.memory.type))
)


async def remember(session: AsyncSession, memories: Mapping[int, dict[str, Any] | None]) -> None:
    """Write what armed alerts must know after a restart. No change in the sense of `version`."""
    if memories:
        values = [{"at_id": id_, "new_memory": memory} for id_, memory in sorted(memories.items())]
        await session.execute(_REMEMBER, values)


async def watermarks(session: AsyncSession) -> dict[str, int]:
    """Up to when each series was seen and judged, by its name."""
    rows = await session.execute(select(col(Watermark.name), col(Watermark.seen_ms)))
    return {str(name): int(seen) for name, seen in rows}


async def set_watermarks(session: AsyncSession, seen: Mapping[str, int]) -> None:
    """Write watermarks, whether they were there before or not."""
    if seen:
        table = Watermark.__table__  # type: ignore[attr-defined]
        construct = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        statement = construct(table)
        statement = statement.on_conflict_do_update(
            index_elements=["name"], set_={"seen_ms": statement.excluded.seen_ms}
        )
        await session.execute(statement, [{"name": n, "seen_ms": ms} for n, ms in sorted(seen.items())])


async def expire(session: AsyncSession, now_ms: int) -> list[int]:
    """End the alerts whose time is over; their ids."""
    statement = (
        update(Alert)
        .where(col(Alert.state).in_(LIVE), col(Alert.expires_ms) <= now_ms)
        .values(state=AlertState.EXPIRED, version=col(Alert.version) + 1)
        .returning(col(Alert.id))
        .execution_options(synchronize_session=False)
    )
    return list(await session.scalars(statement))


async def gathering(
    session: AsyncSession, chat_id: int, thread_id: int | None, event: str, now_ms: int
) -> OutboxMessage | None:
    """The chat's message about firings that has not left yet and may still take more in; locked."""
    same_topic = (
        col(OutboxMessage.thread_id).is_(None)
        if thread_id is None
        else col(OutboxMessage.thread_id) == thread_id
    )
    chosen = (
        select(OutboxMessage)
        .where(
            col(OutboxMessage.chat_id) == chat_id,
            same_topic,
            col(OutboxMessage.event) == event,
            col(OutboxMessage.state) == OutboxState.PENDING,
            col(OutboxMessage.attempts) == 0,
            col(OutboxMessage.not_before_ms) > now_ms,
        )
        .order_by(col(OutboxMessage.id).desc())
        .limit(1)
        .with_for_update()
    )
    return (await session.scalars(chosen)).one_or_none()


async def told_in(session: AsyncSession, outbox_id: int) -> list[tuple[Alert, Firing]]:
    """What a message tells, oldest first."""
    chosen = (
        select(Alert, Firing)
        .join(Firing, col(Firing.alert_id) == col(Alert.id))
        .where(col(Firing.outbox_id) == outbox_id)
        .order_by(col(Firing.id))
    )
    return [(alert, firing) for alert, firing in await session.execute(chosen)]


async def has_work(session: AsyncSession, now_ms: int) -> bool:
    """Whether a firing waits for its message's fate, or an alert's time is over: a look, before a lock."""
    waiting = select(col(Firing.id)).where(col(Firing.state) == FiringState.FIRED).limit(1)
    over = select(col(Alert.id)).where(col(Alert.state).in_(LIVE), col(Alert.expires_ms) <= now_ms).limit(1)
    return any([await session.scalar(chosen) is not None for chosen in (waiting, over)])


async def settle_delivered(session: AsyncSession) -> int:
    """Let firings know what became of their messages; how many learnt it."""
    settled = 0
    mine = col(OutboxMessage.id) == col(Firing.outbox_id)
    outcomes: tuple[tuple[FiringState, OutboxState, dict[str, Any]], ...] = (
        (FiringState.DELIVERED, OutboxState.SENT, {"delivered_ms": col(OutboxMessage.sent_ms)}),
        (FiringState.UNDELIVERABLE, OutboxState.DEAD, {}),
    )
    for state, said, times in outcomes:
        known = select(col(OutboxMessage.id)).where(mine, col(OutboxMessage.state) == said).exists()
        values = {name: select(at).where(mine).scalar_subquery() for name, at in times.items()}
        statement = (
            update(Firing)
            .where(col(Firing.state) == FiringState.FIRED, known)
            .values(state=state, **values)
            .execution_options(synchronize_session=False)
        )
        settled += (await session.execute(statement)).rowcount  # type: ignore[attr-defined]
    return settled


async def purge(session: AsyncSession, before_ms: int, kept: int) -> None:
    """Delete firings noticed before then, those beyond the newest `kept` of a user, and spent alerts.

    A firing whose message still waits stays, as does its alert.
    """
    told = col(Firing.state) != FiringState.FIRED
    await session.execute(delete(Firing).where(told, col(Firing.noticed_ms) < before_ms))
    many = select(col(Firing.user_id)).group_by(col(Firing.user_id)).having(func.count() > kept)
    for user_id in (await session.scalars(many)).all():
        newest = select(col(Firing.id)).where(col(Firing.user_id) == user_id).order_by(col(Firing.id).desc())
        oldest = await session.scalar(newest.offset(kept - 1).limit(1))
        older = delete(Firing).where(col(Firing.user_id) == user_id, told, col(Firing.id) < oldest)
        await session.execute(older)
    fired = select(col(Firing.id)).where(col(Firing.alert_id) == col(Alert.id)).exists()
    over = func.coalesce(col(Alert.fired_ms), col(Alert.expires_ms), col(Alert.created_ms)) < before_ms
    await session.execute(
        delete(Alert)
        .where(col(Alert.state).not_in(LIVE), over, ~fired)
        .execution_options(synchronize_session=False)
    )


async def late_firings(
    session: AsyncSession, user_id: int, since_ms: int, limit: int = 200
) -> Sequence[tuple[Alert, Firing]]:
    """What a user was told late since then, oldest first."""
    chosen = (
        select(Alert, Firing)
        .join(Firing, col(Firing.alert_id) == col(Alert.id))
        .where(col(Firing.user_id) == user_id, col(Firing.late), col(Firing.noticed_ms) >= since_ms)
        .order_by(col(Firing.id))
        .limit(limit)
    )
    return [(alert, firing) for alert, firing in await session.execute(chosen)]


async def follow_group(session: AsyncSession, event: ChatMigrated) -> None:
    """The group has another id now."""
    statement = update(Alert).where(col(Alert.chat_id) == event.old_id).values(chat_id=event.new_id)
    await session.execute(statement, execution_options={"synchronize_session": False})
