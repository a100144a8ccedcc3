"""Put a synthetic month into the tables of the ledger, as the booking would have."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

from sqlalchemy import insert

from bot.domain.values import Side
from bot.kernel.storage import Database
from bot.rebates.model.payout_reconciliation import Cause
from bot.rebates.model.rebate import Month, broker_share, nano
from bot.rebates.storage.tables import LedgerFill
from bot.trading.storage.tables import FillRow
from tests.rebates.rows import a_ledger_fill, a_person
from tests.rebates.synthetic import TERMS, Synthetic
from tests.support.rows import an_account, an_order


async def keep_month(
    database: Database, month: Synthetic, *, volume_before: D = D(0), groups: tuple[int, ...] = ()
) -> dict[int, int]:
    """Persons by the number they have in `month`. Orders of `groups` take turns; other orders are private."""
    async with database.write() as session:
        account = await an_account(session)
        persons: dict[int, int] = {}
        for number in sorted({one.person for one in month.ours}):
            persons[number] = (await a_person(session, 9_000_000 + number)).id
        first = await a_person(session)
        before = TERMS.month.start_ms - 40 * 3_600_000
        session.add(a_ledger_fill(first, at_ms=before, notional=volume_before, fill_id=900_000))
        for number, order_id in enumerate(sorted(month.by_cause.get(Cause.MISSING, ()))):
            session.add(an_order(account, exchange_id=order_id, code=f"M{number}"))
        await session.flush()
        fills: list[dict[str, Any]] = []
        rows: list[dict[str, Any]] = []
        for number, one in enumerate(month.ours, 1):
            fills.append(
                {
                    "id": number,
                    "account_id": account.id,
                    "symbol": one.symbol,
                    "side": Side.BUY,
                    "trade_id": one.trade_id,
                    "exchange_order_id": one.order_id,
                    "price": D(100),
                    "quantity": one.notional / 100,
                    "fee": one.fee,
                    "fee_symbol": "USDC",
                    "is_maker": one.fee < 0,
                    "timestamp_ms": one.at_ms,
                    "booked_ms": one.at_ms,
                }
            )
            share = broker_share(TERMS.tier, one.affiliate)
            accrued = nano(one.earning * share)
            row = a_ledger_fill(
                first,
                fill_id=number,
                at_ms=one.at_ms,
                month=str(Month.of(one.at_ms)),
                account_id=account.id,
                group_id=groups[int(one.order_id) % len(groups)] if groups else None,
                symbol=one.symbol,
                standing=one.standing,
                fee_amount=one.fee,
                notional=one.notional,
                fee=one.fee,
                earning=one.earning,
                affiliate=one.affiliate,
                tier=TERMS.tier.level,
                share=share,
                accrued=accrued,
            )
            rows.append(row.model_dump(exclude={"id"}) | {"person_id": persons[one.person]})
        for table, values in ((FillRow, fills), (LedgerFill, rows)):
            await session.execute(insert(table), values)
        return persons
