"""What the canary compares: orders of ours with what they executed, and what the ledger counts of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from bot.domain.rebate import Standing
from bot.domain.values import ZERO
from bot.store.broker_tables import LedgerFill
from bot.store.tables import Fill, Order

AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Sent:
    """An order we sent, and what it executed in its quote asset."""

    order_id: int
    code: str
    broker_id: int | None
    executed_quote: Decimal


def changed(session: Session, from_ms: int, to_ms: int) -> list[Sent]:
    """Orders we sent that last changed in [from, to), executed or not."""
    statement = select(col(Order.id), col(Order.code), col(Order.broker_id), col(Order.executed_quote)).where(
        col(Order.client_id).is_not(None), col(Order.updated_ms) >= from_ms, col(Order.updated_ms) < to_ms
    )
    return [Sent(*row) for row in session.execute(statement).all()]


def booked(session: Session, order_ids: Sequence[int]) -> dict[int, Decimal]:
    """What fills that count as tagged add up to in the quote asset, by order."""
    found: dict[int, Decimal] = {}
    later = aliased(LedgerFill)
    is_newest = ~(
        select(col(later.id))
        .where(col(later.fill_id) == col(LedgerFill.fill_id), col(later.revision) > col(LedgerFill.revision))
        .exists()
    )
    for start in range(0, len(order_ids), AT_ONCE):
        statement = (
            select(col(Order.id), col(Fill.price), col(Fill.quantity))
            .join(
                Fill,
                and_(
                    col(Fill.account_id) == col(Order.account_id),
                    col(Fill.symbol) == col(Order.symbol),
                    col(Fill.exchange_order_id) == col(Order.exchange_id),
                ),
            )
            .join(LedgerFill, col(LedgerFill.fill_id) == col(Fill.id))
            .where(
                col(Order.id).in_(order_ids[start : start + AT_ONCE]),
                col(LedgerFill.standing) == Standing.TAGGED,
                col(LedgerFill.revision) % 2 == 0,
                is_newest,
            )
        )
        for order_id, price, quantity in session.execute(statement).all():
            found[order_id] = found.get(order_id, ZERO) + price * quantity
    return found
