"""Rows of the ledger, with everything a test does not care about filled in."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.rebates.model.rebate import Month, TierStanding
from bot.rebates.storage.tables import LedgerFill, Person, PriceSource
from tests.support.rows import NOW

_numbers = count(1)


async def a_person(session: AsyncSession, user_id: int | None = None) -> Person:
    person = Person(user_id=user_id, pseudonym=f"Trader {next(_numbers)}", created_ms=NOW)
    session.add(person)
    await session.flush()
    return person


def a_ledger_fill(person: Person, **values: Any) -> LedgerFill:
    """A tagged taker's fill of $1,000 with a fee of $0.95 at BKR 0, at `at_ms`."""
    at_ms = values.get("at_ms", NOW)
    defaults: dict[str, Any] = {
        "fill_id": next(_numbers),
        "month": str(Month.of(at_ms)),
        "at_ms": at_ms,
        "booked_ms": at_ms,
        "person_id": person.id,
        "account_id": 1,
        "symbol": "SOL_USDC_PERP",
        "standing": TierStanding.TAGGED,
        "is_maker": False,
        "fee_amount": Decimal("0.95"),
        "fee_symbol": "USDC",
        "fee_price": Decimal(1),
        "price_source": PriceSource.PAR,
        "notional": Decimal(1000),
        "fee": Decimal("0.95"),
        "earning": Decimal("0.95"),
        "tier": 0,
        "share": Decimal("0.2"),
        "accrued": Decimal("0.19"),
        "contingent": Decimal(0),
    }
    return LedgerFill(**(defaults | values))


def reversal(row: LedgerFill) -> LedgerFill:
    """What takes `row` back."""
    amounts = {name: -getattr(row, name) for name in ("notional", "fee", "earning", "accrued", "contingent")}
    same = row.model_dump(exclude={"id", "revision", *amounts})
    return LedgerFill(**same, **amounts, revision=row.revision + 1)
