"""A month with something to see: fills of three people in two groups, as the ledger would hold them."""

from __future__ import annotations

from decimal import Decimal

from bot.kernel.recurrence import DAY_MS
from bot.kernel.storage import Database
from bot.rebates.model.journal_entry import RebateTerms, book
from bot.rebates.model.rebate import TIERS, Month, TierStanding
from bot.rebates.storage.tables import Finding, LedgerFill, Person, PriceSource

ONE = Decimal(1)
SYMBOLS = ("SOL_USDC_PERP", "BTC_USDC_PERP", "SOL_USDC")


async def lived_in(database: Database, now_ms: int) -> None:
    """Forty fills in the month of `now_ms`, and a check that found something."""
    month = Month.of(now_ms)
    async with database.write() as session:
        people = [
            Person(user_id=7000 + n, pseudonym=f"Quiet Otter {n}", created_ms=month.start_ms)
            for n in range(3)
        ]
        session.add_all(people)
        await session.flush()
        for n in range(40):
            at_ms = month.start_ms + n * 7 % 25 * DAY_MS
            standing = TierStanding.EXIT if n % 8 == 7 else TierStanding.TAGGED
            session.add(_fill(n, people[n % 3].id, at_ms, standing, Decimal(1000 + 37 * n)))
        session.add(Finding(day=f"{month}-01", account_id=1, kind="different", detail={}, at_ms=now_ms))


def _fill(number: int, person_id: int, at_ms: int, standing: TierStanding, notional: Decimal) -> LedgerFill:
    terms = RebateTerms(TIERS[0])
    fee = notional * Decimal("0.0004")
    booking = book(standing, price=notional, quantity=ONE, quote_usd=ONE, fee=fee, fee_usd=ONE, terms=terms)
    return LedgerFill(
        fill_id=900_000 + number,
        month=str(Month.of(at_ms)),
        at_ms=at_ms,
        booked_ms=at_ms,
        person_id=person_id,
        account_id=1,
        group_id=-100 if number % 2 else None,
        symbol=SYMBOLS[number % 3],
        standing=standing,
        is_maker=number % 4 == 0,
        fee_amount=fee,
        fee_symbol="USDC",
        fee_price=ONE,
        price_source=PriceSource.PAR,
        notional=booking.notional,
        fee=booking.fee,
        earning=booking.earning,
        tier=0,
        share=terms.share,
        accrued=booking.accrued,
        contingent=booking.contingent,
    )
