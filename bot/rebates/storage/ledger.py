"""Sums of the ledger by month, added up by the database in whole nano-dollars: exact, memory flat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlmodel import col

from bot.domain.values import ZERO
from bot.kernel.recurrence import DAY_MS
from bot.rebates.model.rebate import TierStanding
from bot.rebates.storage.tables import LedgerFill


class Dimension(StrEnum):
    """What a month can be broken down by."""

    PERSON = "person_id"
    GROUP = "group_id"  # None: asked for in private
    SYMBOL = "symbol"
    STANDING = "standing"
    MAKER = "is_maker"
    TIER = "tier"  # the level at booking
    AFFILIATE = "affiliate"  # None: unknown
    DAY = "day"  # days since 1970-01-01, UTC


@dataclass(frozen=True, slots=True)
class LedgerCell:
    """Sums of one combination, in USD; `key` has a value for each dimension asked for, in that order."""

    key: tuple[Any, ...]
    fills: int
    notional: Decimal
    fee: Decimal
    earning: Decimal
    accrued: Decimal
    contingent: Decimal


# A reversal takes its fill back.
_FILLS: Final = func.sum(case((col(LedgerFill.revision) % 2 == 0, 1), else_=-1))
_SUMS: Final = tuple(
    func.sum(amount)
    for amount in (
        col(LedgerFill.notional),
        col(LedgerFill.fee),
        col(LedgerFill.earning),
        col(LedgerFill.accrued),
        col(LedgerFill.contingent),
    )
)


async def month_cells(session: AsyncSession, month: str, by: tuple[Dimension, ...]) -> list[LedgerCell]:
    """The fills of `month` (`2026-10`) by some dimensions, in the order of their values.

    A combination that revisions emptied is not there. With many rows on SQLite use `survey_month`.
    """
    return [_cell(row) for row in (await session.execute(_cells(month, by))).all()]


def survey_month(session: Session, month: str, by: tuple[Dimension, ...]) -> list[LedgerCell]:
    """The same, for `Database.survey`."""
    return [_cell(row) for row in session.execute(_cells(month, by)).all()]


async def api_volume(session: AsyncSession, month: str) -> Decimal:
    """What counts for the tier: the notional of tagged orders, in USD."""
    statement = select(func.sum(col(LedgerFill.notional))).where(
        col(LedgerFill.month) == month, col(LedgerFill.standing) == TierStanding.TAGGED
    )
    return await session.scalar(statement) or ZERO


def _cells(month: str, by: tuple[Dimension, ...]) -> Select[Any]:
    columns: list[Any] = [_column(dimension) for dimension in by]
    wanted: list[Any] = [_FILLS, *_SUMS, *columns]
    statement = select(*wanted).where(col(LedgerFill.month) == month)
    return statement.group_by(*columns).having(_FILLS != 0).order_by(*columns)


def _column(dimension: Dimension) -> Any:
    if dimension is Dimension.DAY:
        return (col(LedgerFill.at_ms) // DAY_MS).label("day")
    return getattr(LedgerFill, dimension)


def _cell(row: Sequence[Any]) -> LedgerCell:
    fills, notional, fee, earning, accrued, contingent, *key = row
    return LedgerCell(tuple(key), int(fills), notional, fee, earning, accrued, contingent)
