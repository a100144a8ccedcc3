"""The bookkeeper: every fill becomes one entry set, once, whoever else is at it and wherever it stops.

What was booked wrongly (its price came later, it was recognised later, a referrer became known) is taken back
by one row and booked anew by another. docs/broker.md
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.values import ZERO
from bot.exchange.backpack import BackpackError
from bot.kernel.storage import Database
from bot.rebates.model.journal_entry import Booking, RebateTerms, book, standing_of
from bot.rebates.model.rebate import TIERS, ExitsTagged, Month, Tier
from bot.rebates.parties import People
from bot.rebates.prices import Prices, Worth
from bot.rebates.storage import bookings, rates
from bot.rebates.storage.bookings import Behind
from bot.rebates.storage.tables import AffiliateRate, LedgerFill
from bot.rebates.terms import Tiers
from bot.trading.storage.tables import FillRow

_log = logging.getLogger(__name__)

BATCH: Final = 25  # fills in one transaction: on SQLite a tap waits for its end
MOST_PAGES: Final = 400  # asked for prices again at one time
MOST_SILENT: Final = 3  # assets without an answer, and nobody is asked any more
SOON_S: Final = 0.5  # fills come in flocks
YOUNG_MS: Final = 120_000  # a fill this young may be recognised yet
DOUBT_MS: Final = 3_600_000  # so is one of an account with an order in doubt; beyond, a revision must do


Row = dict[str, Any]  # the columns of a `LedgerFill`: making the object costs more than all the rest


@dataclass(frozen=True, slots=True)
class _Context:
    """What the books know around some fills, as of one transaction."""

    behind: Mapping[int, Behind]  # by fill
    people: Mapping[int, int]  # account -> person
    affiliates: Mapping[int, Sequence[AffiliateRate]]  # by person

    def affiliate(self, person_id: int, month: str) -> AffiliateRate | None:
        return rates.in_month(self.affiliates.get(person_id, ()), month)


class Bookkeeper:
    """Books in the background; all of it may be called from several places and processes at once."""

    def __init__(
        self,
        database: Database,
        prices: Prices,
        people: People,
        tiers: Tiers,
        exits: ExitsTagged,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._database = database
        self._prices = prices
        self._people = people
        self._tiers = tiers
        self._exits = exits
        self._clock = clock
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._asked = 0  # the last row of the ledger whose price was asked for again

    async def start(self) -> None:
        """Book what came while nobody did, and whatever comes."""
        self.wake()
        self._task = asyncio.create_task(self._run(), name="booking")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def wake(self) -> None:
        """Fills have come in."""
        self._woken.set()

    async def _run(self) -> None:
        """Book a moment after each waking."""
        while True:
            await self._woken.wait()
            await asyncio.sleep(SOON_S)
            self._woken.clear()
            try:
                await self.run_once()
            except Exception:
                _log.exception("booking failed")

    async def run_once(self) -> int:
        """Book every fill that can be booked now; returns how many were."""
        booked, last, silent = 0, 0, set[str]()
        while True:
            async with self._database.read() as session:
                page = await bookings.unbooked(session, last, BATCH)
                if not page:
                    return booked
                behind = await bookings.behind(session, page)
                doubtful = await bookings.in_doubt(session)
            last = page[-1].id
            ready = [fill for fill in page if not self._may_be_ours_yet(fill, behind, doubtful)]
            await self._tiers.prepare(self._database, _months(ready))
            booked += await self._book(await self._worths(ready, silent))
            if len(page) < BATCH:
                return booked
            await asyncio.sleep(0)  # SQLite's work is done in the loop: let others have a turn

    def _may_be_ours_yet(self, fill: FillRow, behind: Mapping[int, Behind], doubtful: set[int]) -> bool:
        if fill.id in behind or fill.system_type is not None:
            return False
        age_ms = self._clock() - fill.timestamp_ms
        return age_ms < YOUNG_MS or (fill.account_id in doubtful and age_ms < DOUBT_MS)

    async def _worths(self, fills: Iterable[FillRow], silent: set[str]) -> dict[int, Worth]:
        """What can be valued now, by fill.

        `silent` are assets nobody told the price of just now, and grows: whose price hangs on one waits, and
        after `MOST_SILENT` of them all do.
        """
        found: dict[int, Worth] = {}
        for fill in fills:
            needed = self._prices.asked_for(fill)
            if needed and (needed & silent or len(silent) >= MOST_SILENT):
                continue
            try:
                worth = await self._prices.worth(fill)
            except BackpackError as error:
                _log.warning("fills wait for the price of %s: %s", ", ".join(sorted(needed)), error)
                silent |= needed
                continue
            if worth is not None:
                found[fill.id] = worth
        return found

    async def _book(self, worths: Mapping[int, Worth]) -> int:
        if not worths:
            return 0
        async with self._database.write() as session:
            await bookings.take_turn(session)
            fills = await bookings.still_unbooked(session, worths.keys())
            context = await self._context(session, fills)
            tiers = {month: await self._tiers.of(session, month) for month in _months(fills)}
            # A fill that was lost and came again may have been given the number of another.
            stale = await bookings.current(session, [fill.id for fill in fills])
            rows: list[Row] = []
            for fill in fills:
                row = self._row(fill, worths[fill.id], context, tiers[Month.of(fill.timestamp_ms)])
                rows += [row] if fill.id not in stale else self._instead(stale[fill.id], row, "booked again")
            await bookings.write(session, rows)
            await bookings.mark_booked(session, [fill.id for fill in fills], self._clock())
        return len(fills)

    async def _context(
        self, session: AsyncSession, fills: Sequence[FillRow], rows: Iterable[LedgerFill] = ()
    ) -> _Context:
        accounts = await bookings.accounts_of(session, {fill.account_id for fill in fills})
        people = {
            account.id: (await self._people.of_account(session, account)).id for account in accounts.values()
        }
        everybody = {*people.values(), *(row.person_id for row in rows)}
        return _Context(await bookings.behind(session, fills), people, await rates.of(session, everybody))

    def _row(self, fill: FillRow, worth: Worth, context: _Context, tier: Tier) -> Row:
        """The booking of a fill, as its first revision."""
        month, person_id = str(Month.of(fill.timestamp_ms)), context.people[fill.account_id]
        behind, affiliate = context.behind.get(fill.id), context.affiliate(person_id, month)
        terms = RebateTerms(tier, affiliate.rate if affiliate else None)
        standing = standing_of(behind.maker if behind else None, fill.system_type, self._exits)
        booking = book(
            standing,
            price=fill.price,
            quantity=fill.quantity,
            quote_usd=worth.quote or ZERO,
            fee=fill.fee,
            fee_usd=worth.fee or ZERO,
            terms=terms,
        )
        return {
            "fill_id": fill.id,
            "revision": 0,
            "month": month,
            "at_ms": fill.timestamp_ms,
            "booked_ms": self._clock(),
            "person_id": person_id,
            "account_id": fill.account_id,
            "group_id": behind.group_id if behind else None,
            "order_id": behind.order_id if behind else None,
            "symbol": fill.symbol,
            "standing": standing,
            "system_type": fill.system_type,
            "is_maker": fill.is_maker,
            "fee_amount": fill.fee,
            "fee_symbol": fill.fee_symbol,
            "fee_price": worth.fee,
            "price_source": worth.source,
            "why": None,
            **_amounts(booking),
            **_terms(terms),
        }

    def _instead(self, old: LedgerFill, new: Row, why: str) -> list[Row]:
        """What replaces the newest row of a fill by `new`; nothing where they say the same."""
        if old.revision % 2:  # taken back already
            return [new | {"revision": old.revision + 1, "why": why}]
        if all(getattr(old, name) == said for name, said in new.items() if name not in _OF_THE_ROW):
            return []
        return [self._reversal(old, why), new | {"revision": old.revision + 2, "why": why}]

    def _reversal(self, old: LedgerFill, why: str) -> Row:
        changes = {"revision": old.revision + 1, "booked_ms": self._clock(), "why": why}
        return _values(old) | changes | _amounts(_booking(old).reversed())

    # --- revisions ---------------------------------------------------------------------------------

    async def revise(self, fill_ids: Sequence[int], why: str) -> int:
        """Decide anew whose order each fill was of, and its referrer's part; the tier stays.

        Returns how many changed.
        """
        changed = 0
        for start in range(0, len(fill_ids), BATCH):
            async with self._database.write() as session:
                await bookings.take_turn(session)
                batch = fill_ids[start : start + BATCH]
                booked = await bookings.current(session, batch)
                fills = await bookings.fills(session, batch)
                context = await self._context(session, list(fills.values()), booked.values())
                rows: list[Row] = []
                for fill_id, old in booked.items():
                    if old.revision % 2 == 0:
                        rows += self._instead(old, self._revised(old, fills.get(fill_id), context), why)
                await bookings.write(session, rows)
                changed += len(rows) // 2
        return changed

    def _revised(self, old: LedgerFill, fill: FillRow | None, context: _Context) -> Row:
        behind = None if fill is None else context.behind.get(fill.id)
        standing, order_id, group_id = old.standing, old.order_id, old.group_id
        if behind is not None:  # what was recognised once stays so
            standing = standing_of(behind.maker, old.system_type, self._exits)
            order_id, group_id = behind.order_id, behind.group_id
        affiliate = context.affiliate(old.person_id, old.month)
        terms = RebateTerms(TIERS[old.tier], affiliate.rate if affiliate else None)
        changes = {
            "booked_ms": self._clock(),
            "standing": standing,
            "order_id": order_id,
            "group_id": group_id,
        }
        booking = _booking(old).under(standing, terms)
        return _values(old) | changes | _amounts(booking) | _terms(terms)

    async def mend(self) -> int:
        """Ask again for prices nobody knew, where the last time ended; returns how many fills have one now.

        Those that still have none wait behind all others.
        """
        mended, silent, first = 0, set[str](), self._asked
        is_round = first == 0  # from the first row on, or there already
        for _ in range(MOST_PAGES):
            async with self._database.read() as session:
                wanting = await bookings.without_price(session, self._asked, BATCH)
                fills = await bookings.fills(session, [fill for _, fill in wanting])
            if not wanting:
                self._asked = 0
                if is_round:
                    break
                is_round = True
                continue
            self._asked = wanting[-1][0]
            mended += await self._price(await self._worths(fills.values(), silent), fills)
            if len(silent) >= MOST_SILENT or (is_round and 0 < first <= self._asked):
                break
        return mended

    async def _price(self, worths: Mapping[int, Worth], fills: Mapping[int, FillRow]) -> int:
        """Book anew what has a price now."""
        if not worths:
            return 0
        async with self._database.write() as session:
            await bookings.take_turn(session)
            booked = await bookings.current(session, list(worths))
            context = await self._context(session, list(fills.values()))
            rows: list[Row] = []
            for fill_id, old in booked.items():
                new = self._row(fills[fill_id], worths[fill_id], context, TIERS[old.tier])
                rows += self._instead(old, new, "priced later")
            await bookings.write(session, rows)
        return len(rows) // 2

    async def take_back(self, rows: Sequence[LedgerFill], why: str) -> None:
        """Reverse bookings whose fills are gone."""
        async with self._database.write() as session:
            await bookings.take_turn(session)
            booked = await bookings.current(session, [row.fill_id for row in rows])
            await bookings.write(
                session, [self._reversal(row, why) for row in booked.values() if row.revision % 2 == 0]
            )


def _months(fills: Iterable[FillRow]) -> set[Month]:
    return {Month.of(fill.timestamp_ms) for fill in fills}


def _booking(row: LedgerFill) -> Booking:
    return Booking(row.notional, row.fee, row.earning, row.accrued, row.contingent)


def _amounts(booking: Booking) -> dict[str, Any]:
    return {
        "notional": booking.notional,
        "fee": booking.fee,
        "earning": booking.earning,
        "accrued": booking.accrued,
        "contingent": booking.contingent,
    }


def _terms(terms: RebateTerms) -> dict[str, Any]:
    return {"tier": terms.tier.level, "affiliate": terms.affiliate, "share": terms.share}


_OF_THE_ROW: Final = {"revision", "booked_ms", "why"}  # which row it is, not what it says


def _values(row: LedgerFill) -> Row:
    return {name: getattr(row, name) for name in bookings.COLUMNS}
