"""What the canary compares: orders of ours with what they executed, and what the ledger counts of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from bot.domain.values import ZERO
from bot.rebates.model.rebate import TierStanding
from bot.rebates.storage.tables import LedgerFill
from bot.trading.storage.orders import ATTACHED
from bot.trading.storage.tables import FillRow, Order

AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Sent:
    """An order we sent. Volumes in its quote asset: what it executed by its own word, what is known of it in
    fills and what of those counts as tagged, ever and in the span looked at.
    """

    order_id: int
    code: str
    broker_id: int | None
    is_of_the_span: bool  # sent or filled in it, and not merely changed
    executed: Decimal
    known: Decimal = ZERO
    known_in_span: Decimal = ZERO
    counted: Decimal = ZERO
    counted_in_span: Decimal = ZERO


def of_span(session: Session, from_ms: int, to_ms: int) -> list[Sent]:
    """Orders of ours sent, filled (by the time of the fill) or changed in [from, to)."""
    filled = (
        select(col(Order.id))
        .join(
            FillRow,
            and_(
                col(FillRow.exchange_order_id) == col(Order.exchange_id),
                col(FillRow.symbol) == col(Order.symbol),
            ),
        )
        .where(col(FillRow.timestamp_ms) >= from_ms, col(FillRow.timestamp_ms) < to_ms)
    )
    sent = and_(col(Order.timestamp_ms) >= from_ms, col(Order.timestamp_ms) < to_ms)
    changed = and_(col(Order.updated_ms) >= from_ms, col(Order.updated_ms) < to_ms)
    is_filled = col(Order.id).in_(filled)
    statement = select(
        col(Order.id), col(Order.code), col(Order.broker_id), or_(sent, is_filled), col(Order.executed_quote)
    ).where(~ATTACHED, or_(sent, is_filled, changed))
    found = [Sent(*row) for row in session.execute(statement).all()]
    return [
        one
        for start in range(0, len(found), AT_ONCE)
        for one in _with_fills(session, found[start : start + AT_ONCE], from_ms, to_ms)
    ]


def _with_fills(session: Session, orders: Sequence[Sent], from_ms: int, to_ms: int) -> list[Sent]:
    """The orders with what is known of them in fills; an execution two accounts saw is one."""
    later = aliased(LedgerFill)
    is_newest = ~(
        select(col(later.id))
        .where(col(later.fill_id) == col(LedgerFill.fill_id), col(later.revision) > col(LedgerFill.revision))
        .exists()
    )
    counts = and_(
        col(LedgerFill.fill_id) == col(FillRow.id),
        col(LedgerFill.standing) == TierStanding.TAGGED,
        col(LedgerFill.revision) % 2 == 0,
        is_newest,
    )
    statement = (
        select(
            col(Order.id),
            func.coalesce(col(FillRow.trade_id), -col(FillRow.id)),
            col(FillRow.timestamp_ms),
            col(FillRow.price),
            col(FillRow.quantity),
            col(LedgerFill.id).is_not(None),
        )
        .join(
            FillRow,
            and_(
                col(FillRow.exchange_order_id) == col(Order.exchange_id),
                col(FillRow.symbol) == col(Order.symbol),
            ),
        )
        .outerjoin(LedgerFill, counts)
        .where(col(Order.id).in_([one.order_id for one in orders]))
    )
    known: dict[tuple[int, int], tuple[Decimal, bool]] = {}
    counted: dict[tuple[int, int], tuple[Decimal, bool]] = {}
    for order_id, execution, at_ms, price, quantity, is_counted in session.execute(statement).all():
        volume = price * quantity, from_ms <= at_ms < to_ms
        known[order_id, execution] = volume
        if is_counted:
            counted[order_id, execution] = volume
    sums = {one.order_id: [ZERO, ZERO, ZERO, ZERO] for one in orders}
    for place, volumes in ((0, known), (2, counted)):
        for (order_id, _), (amount, is_in_span) in volumes.items():
            sums[order_id][place] += amount
            sums[order_id][place + 1] += amount if is_in_span else ZERO
    return [
        replace(one, known=ever, known_in_span=within, counted=booked, counted_in_span=booked_within)
        for one in orders
        for ever, within, booked, booked_within in [sums[one.order_id]]
    ]
