"""Orders: the attempt is inserted before it is sent, and every later change compares the version it saw."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.domain.orders.order import OrderSnapshot, OrderState
from bot.domain.values import Side, TimeInForce
from bot.kernel.storage.upsert import insert_values
from bot.notifications.events import ChatMigrated
from bot.trading.storage.tables import Order

IN_DOUBT = (OrderState.SENDING, OrderState.UNKNOWN)
LIVE = (OrderState.NEW, OrderState.TRIGGER_PENDING, OrderState.PARTIALLY_FILLED)
OPEN = (*IN_DOUBT, *LIVE)

# Asked for everything the exchange says: built once.
_BY_ID = select(Order).where(col(Order.id) == bindparam("wanted"))
_BY_CLIENT_ID = select(Order).where(
    col(Order.account_id) == bindparam("account"), col(Order.client_id) == bindparam("wanted")
)
_BY_EXCHANGE_ID = select(Order).where(
    col(Order.account_id) == bindparam("account"), col(Order.exchange_id) == bindparam("wanted")
)
_LOCKED = {statement: statement.with_for_update() for statement in (_BY_ID, _BY_CLIENT_ID, _BY_EXCHANGE_ID)}
_FRESH = {"populate_existing": True}
ATTACHED = col(Order.parent_id).is_not(None)  # `Order.is_attached`

# Digit and letter in turn, so that a code is never a number, an amount (`100K`), a duration (`1H5M`)
# or a symbol. A subset of Crockford's base 32.
_DIGITS = "0123456789"
_LETTERS = "ABCFGJNPQRTVYZ"
_LOOKALIKES = str.maketrans("OIL", "011")
_TRIES = 8


class DuplicateAttempt(Exception):
    """This account already has an order with that client id or exchange id: nothing was written."""


@dataclass(frozen=True, slots=True)
class WrittenOrder:
    """What the store chose for an attempt."""

    id: int
    code: str


def new_code(pairs: int = 2) -> str:
    """A random short id such as `8F2A`."""
    return "".join(secrets.choice(_DIGITS) + secrets.choice(_LETTERS) for _ in range(pairs))


async def insert_attempt(session: AsyncSession, values: Mapping[str, Any]) -> WrittenOrder:
    """Insert an order of these column values under a code free for its user.

    Raises DuplicateAttempt when the account has an order with its client id or exchange id.
    """
    for attempt in range(_TRIES):
        code = new_code(2 if attempt < _TRIES // 2 else 3)
        inserted = await insert_values(session, Order, {**values, "code": code})
        if inserted is not None:
            return WrittenOrder(inserted, code)
        await _refuse_duplicate(session, values)
    raise DuplicateAttempt("no free order code")


async def _refuse_duplicate(session: AsyncSession, values: Mapping[str, Any]) -> None:
    account_id, client_id, exchange_id = (
        values["account_id"],
        values.get("client_id"),
        values.get("exchange_id"),
    )
    if client_id is not None and await by_client_id(session, account_id, client_id):
        raise DuplicateAttempt(f"client id {client_id} was used before")
    if exchange_id is not None and await by_exchange_id(session, account_id, exchange_id):
        raise DuplicateAttempt(f"order {exchange_id} is known already")


async def apply(
    session: AsyncSession, order_id: int, version: int, changes: Mapping[str, Any], now_ms: int
) -> Order | None:
    """Change the order if it is still at `version`, which goes up by one; None if another was first."""
    statement = (
        update(Order)
        .where(col(Order.id) == order_id, col(Order.version) == version)
        .values(**changes, version=version + 1, updated_ms=now_ms)
        .returning(Order)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return (await session.scalars(statement)).one_or_none()


async def get(session: AsyncSession, order_id: int, *, lock: bool = False) -> Order | None:
    """With `lock` nobody else changes the row before this transaction ends (SQLite has one writer anyway)."""
    return await _known(session, _BY_ID, lock, wanted=order_id)


async def by_client_id(
    session: AsyncSession, account_id: int, client_id: int, *, lock: bool = False
) -> Order | None:
    return await _known(session, _BY_CLIENT_ID, lock, account=account_id, wanted=client_id)


async def by_exchange_id(
    session: AsyncSession, account_id: int, exchange_id: str, *, lock: bool = False
) -> Order | None:
    return await _known(session, _BY_EXCHANGE_ID, lock, account=account_id, wanted=exchange_id)


async def by_code(session: AsyncSession, user_id: int, code: str) -> Order | None:
    """By what a person typed: any case, O for 0, I or L for 1."""
    wanted = code.strip().upper().translate(_LOOKALIKES)
    statement = select(Order).where(col(Order.user_id) == user_id, col(Order.code) == wanted)
    return (await session.scalars(statement, execution_options=_FRESH)).one_or_none()


async def of_ticket(session: AsyncSession, ticket_id: int) -> Sequence[Order]:
    """What was sent for a ticket, first to last; not the exits the exchange attached to it."""
    return await _many(session, col(Order.ticket_id) == ticket_id, ~ATTACHED)


async def in_doubt(
    session: AsyncSession, account_id: int | None = None, user_id: int | None = None
) -> Sequence[Order]:
    """Sent perhaps, answered not: what the reconciler must look up."""
    found = await _in_states(session, IN_DOUBT, account_id)
    return [order for order in found if user_id in {None, order.user_id}]


async def left_open(session: AsyncSession, user_id: int, account_id: int | None = None) -> Sequence[Order]:
    """What of a user's, or of one account, is in doubt or rests as far as we know."""
    conditions: list[Any] = [col(Order.user_id) == user_id, col(Order.state).in_(OPEN)]
    if account_id is not None:
        conditions.append(col(Order.account_id) == account_id)
    return await _many(session, *conditions)


async def open_orders(session: AsyncSession, account_id: int | None = None) -> Sequence[Order]:
    """Everything not over, in doubt or resting: what a reconnect must compare with the exchange."""
    return await _in_states(session, OPEN, account_id)


async def loose_ends(
    session: AsyncSession, fees_since_ms: int, absent_since_ms: int, account_id: int | None = None
) -> Sequence[Order]:
    """Orders that are over, but perhaps not as we know it: a fee is missing, or a trace may turn up."""
    lacks_fee = and_(
        col(Order.fee).is_(None), col(Order.executed) != Decimal(0), col(Order.updated_ms) > fees_since_ms
    )
    held_absent = and_(col(Order.state) == OrderState.NOT_PLACED, col(Order.updated_ms) > absent_since_ms)
    conditions: list[Any] = [or_(lacks_fee, held_absent)]
    if account_id is not None:
        conditions.append(col(Order.account_id) == account_id)
    return await _many(session, *conditions)


async def newest_on(
    session: AsyncSession, account_id: int, symbol: str, side: Side, before_ms: int, limit: int = 50
) -> Sequence[Order]:
    """Attempts on one side of one market, sent before then, newest first."""
    statement = (
        select(Order)
        .where(
            col(Order.account_id) == account_id,
            col(Order.symbol) == symbol,
            col(Order.side) == side,
            col(Order.timestamp_ms) <= before_ms,
        )
        .order_by(col(Order.id).desc())
        .limit(limit)
    )
    return (await session.scalars(statement)).all()


async def exits_due(session: AsyncSession, now_ms: int) -> Sequence[Order]:
    """Executed entries whose promised exits must be looked for now."""
    return await _many(session, col(Order.exits_due_ms) <= now_ms, col(Order.exchange_id).is_not(None))


async def claim_exits(session: AsyncSession, order_id: int, due_ms: int, next_ms: int) -> bool:
    """Take the look that was due at `due_ms`; should it die, another is due at `next_ms`."""
    return await _put_off(session, order_id, due_ms, exits_due_ms=next_ms)


async def miss_exits(session: AsyncSession, order_id: int, due_ms: int, next_ms: int) -> bool:
    """Count a look that did not find them; ask again at `next_ms`."""
    misses = col(Order.exits_misses) + 1
    return await _put_off(session, order_id, due_ms, exits_due_ms=next_ms, exits_misses=misses)


async def _put_off(session: AsyncSession, order_id: int, due_ms: int, **values: Any) -> bool:
    statement = (
        update(Order)
        .where(col(Order.id) == order_id, col(Order.exits_due_ms) == due_ms)
        .values(**values)
        .returning(col(Order.id))
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(statement)).one_or_none() is not None


async def exits_of(session: AsyncSession, parent: Order) -> Sequence[Order]:
    """The exits the exchange made for `parent`, as far as we heard of them."""
    return await _many(session, col(Order.parent_id) == parent.id)


async def exit_ids(session: AsyncSession, account_id: int, symbol: str) -> set[str | None]:
    """Exchange ids of every attached exit known on one market."""
    statement = select(col(Order.exchange_id)).where(
        col(Order.account_id) == account_id, col(Order.symbol) == symbol, ATTACHED
    )
    return set((await session.scalars(statement)).all())


async def _in_states(
    session: AsyncSession, states: tuple[OrderState, ...], account_id: int | None
) -> Sequence[Order]:
    in_state = col(Order.state).in_(states)
    if account_id is None:
        return await _many(session, in_state)
    return await _many(session, in_state, col(Order.account_id) == account_id)


async def _known(session: AsyncSession, statement: Select[Any], lock: bool, **wanted: Any) -> Order | None:
    chosen = _LOCKED[statement] if lock else statement
    return (await session.scalars(chosen, wanted, execution_options=_FRESH)).one_or_none()


async def _many(session: AsyncSession, *conditions: Any) -> Sequence[Order]:
    statement = select(Order).where(*conditions).order_by(col(Order.id))
    return (await session.scalars(statement.execution_options(populate_existing=True))).all()


def snapshot(order: Order, account_label: str) -> OrderSnapshot:
    """The order as cards and lists show it; what has no column comes from the body that was sent."""
    body = order.request
    time_in_force = body.get("timeInForce")
    return OrderSnapshot(
        code=order.code,
        symbol=order.symbol,
        base=order.base,
        quote=order.quote,
        side=order.side,
        order_type=order.order_type,
        state=order.state,
        account_label=account_label,
        created_ms=order.created_ms,
        updated_ms=order.updated_ms,
        quantity=order.quantity,
        quote_quantity=order.quote_quantity,
        price=order.price,
        trigger_price=order.trigger_price,
        time_in_force=TimeInForce(time_in_force) if time_in_force else None,
        post_only=bool(body.get("postOnly", False)),
        reduce_only=bool(body.get("reduceOnly", False)),
        take_profit_trigger=_decimal(body.get("takeProfitTriggerPrice")),
        stop_loss_trigger=_decimal(body.get("stopLossTriggerPrice")),
        executed=order.executed,
        executed_quote=order.executed_quote,
        fee=order.fee,
        fee_symbol=order.fee_symbol,
        reason=order.reason,
        error_code=order.error_code,
        error_message=order.error_message,
        exchange_id=order.exchange_id,
        client_id=order.client_id,
        origin=order.origin,
        exit_kind=order.role.exit_kind if order.is_attached else None,
        asked_quantity=_decimal(body.get("triggerQuantity") or body.get("quantity")),
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


async def follow_group(session: AsyncSession, event: ChatMigrated) -> None:
    """The group has another id now; a message of the old one is not edited from there, but shown anew."""
    statement = (
        update(Order).where(col(Order.chat_id) == event.old_id).values(chat_id=event.new_id, message_id=None)
    )
    await session.execute(statement, execution_options={"synchronize_session": False})
