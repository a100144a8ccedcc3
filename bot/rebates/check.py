"""The nightly check: each account's fills and its ledger against the exchange's own history, exactly.

What is missing here is added; every other difference is named, recorded and told. The history lags, so the
night looks at the day before once more.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from bot.domain.orders.order import Fill
from bot.domain.values import plain
from bot.exchange.backpack import AccountClient, BackpackError, Unauthorised
from bot.kernel.recurrence import DAY_MS
from bot.kernel.storage import Database
from bot.people import accounts
from bot.people.tables import Account
from bot.rebates import alarm
from bot.rebates.alarm import LedgerAlarm
from bot.rebates.bookkeeper import Bookkeeper
from bot.rebates.model.fill_reconciliation import CLOCKS_MS, Comparison, Difference, compare
from bot.rebates.model.journal_entry import DOLLARS, quote_of
from bot.rebates.model.rebate import TierStanding, nano
from bot.rebates.storage import bookings, findings
from bot.rebates.storage.tables import Finding, LedgerFill
from bot.trading.storage import fills
from bot.trading.storage.tables import FillRow
from bot.vault import VaultError

_log = logging.getLogger(__name__)

LAG_MS: Final = 600_000  # a fill this young may not be in the history yet
MARGIN_MS: Final = 2 * CLOCKS_MS
PAGE: Final = 1000
LAST_TRY: Final = 8  # after about ten minutes of silence the night is over

Line = Callable[[int, int], Awaitable[AccountClient]]  # by user and account; raises VaultError
Record = Callable[[int, list[Fill]], Awaitable[None]]  # takes in fills of an account


class Unreachable(Exception):
    """Some accounts could not be compared, and may be if tried again."""


@dataclass(slots=True)
class CheckOutcome:
    """One account compared over one span; `unreachable` says why it was not."""

    account_id: int
    comparison: Comparison = field(default_factory=Comparison)
    unreachable: str | None = None
    is_final: bool = False  # asking again would not help: the key is gone or refused

    def findings(self) -> dict[str, dict[str, Any]]:
        """By kind, what there is to record."""
        if self.unreachable is not None:
            return {alarm.UNREACHABLE: {"why": self.unreachable, "key": self.is_final}}
        found = self.comparison
        if found.is_equal:
            return {alarm.EQUAL: {"fills": found.equal}}
        kinds = {
            alarm.MISSING: [_told(fill) for fill in found.missing],
            alarm.UNKNOWN: [_told(fill) for fill in found.unknown],
            alarm.DIFFERENT: [_told(one.fill) | {"fields": _as_lists(one.fields)} for one in found.different],
        }
        return {
            kind: {"count": len(listed), "fills": listed[: alarm.LISTED]}
            for kind, listed in kinds.items()
            if listed
        }


class LedgerCheck:
    """Compares, completes, records and tells."""

    def __init__(
        self,
        database: Database,
        bookkeeper: Bookkeeper,
        ledger_alarm: LedgerAlarm,
        *,
        line: Line,
        record: Record,
        clock: Callable[[], int],
    ) -> None:
        self._database = database
        self._bookkeeper = bookkeeper
        self._alarm = ledger_alarm
        self._line = line
        self._record = record
        self._clock = clock

    async def night(self, due_ms: int, attempt: int) -> None:
        """Compare the day that ended before `due_ms` and the one before it, of every account.

        Raises Unreachable when some did not answer and it is worth another attempt; what was compared since
        `due_ms` is not compared again.
        """
        start = due_ms // DAY_MS * DAY_MS
        spans = {day_of(start - back * DAY_MS): start - back * DAY_MS for back in (1, 2)}
        async with self._database.read() as session:
            known = await accounts.active(session)
            found = await findings.since(session, spans, due_ms)
        # What was missing is looked at again: who recorded it may have died before it was added.
        done = {(one.account_id, one.day) for one in found if one.kind != alarm.MISSING}
        silent = 0
        for day, from_ms in spans.items():
            for account in known:
                if (account.id, day) in done or account.created_ms >= from_ms + DAY_MS:
                    continue
                outcome = await self.compare(account, from_ms, from_ms + DAY_MS, day=day)
                if outcome.unreachable and not outcome.is_final and attempt < LAST_TRY:
                    silent += 1
                    continue
                await self._keep(outcome, day)
        if silent:
            raise Unreachable(f"{silent} accounts")
        async with self._database.write() as session:
            found = await findings.since(session, spans, due_ms)
            if wrong := [one for one in found if one.account_id and alarm.is_bad(one)]:
                await self._alarm.raised(session, f"ledger-check:{day_of(due_ms)}", wrong)
        self._alarm.committed()

    async def compare(
        self, account: Account, from_ms: int, to_ms: int, *, day: str | None = None
    ) -> CheckOutcome:
        """Compare one account in [from, to), not before it was linked, and complete what is missing.

        What is missing is recorded under `day` before it is added: afterwards nobody could tell.
        """
        from_ms, to_ms = max(from_ms, account.created_ms), min(to_ms, self._clock())
        outcome = CheckOutcome(account.id)
        try:
            line = await self._line(account.user_id, account.id)
            theirs = await _history(line, from_ms - MARGIN_MS, to_ms + MARGIN_MS)
        except (VaultError, Unauthorised) as error:
            outcome.unreachable, outcome.is_final = type(error).__name__, True
            return outcome
        except BackpackError as error:
            outcome.unreachable = type(error).__name__
            return outcome
        ours = await self._ours(account.id, from_ms, to_ms)
        outcome.comparison = compare(
            theirs,
            map(fills.as_domain, ours),
            from_ms=from_ms,
            to_ms=to_ms,
            young_ms=self._clock() - LAG_MS,
        )
        if outcome.comparison.missing:
            if day is not None:
                await self._keep(outcome, day)
            await self._record(account.id, outcome.comparison.missing)
        for difference in await self._settle_books(account.id, from_ms, to_ms):
            outcome.comparison.add(difference)
        return outcome

    async def _ours(self, account_id: int, from_ms: int, to_ms: int) -> Sequence[FillRow]:
        async with self._database.read() as session:
            return await fills.between(session, account_id, from_ms - MARGIN_MS, to_ms + MARGIN_MS)

    async def _settle_books(self, account_id: int, from_ms: int, to_ms: int) -> list[Difference]:
        """Bring the ledger to what the fills say now; returns where it still says something else."""
        await self._bookkeeper.run_once()
        executed = {row.id: row for row in await self._ours(account_id, from_ms, to_ms)}
        booked = await self._booked(account_id, from_ms, to_ms)
        gone = [row for row in booked if row.fill_id not in executed]
        await self._bookkeeper.take_back(gone, "its fill is gone")
        strange = [
            row.fill_id for row in booked if row.standing is TierStanding.ELSEWHERE and row not in gone
        ]
        await self._bookkeeper.revise(strange, "recognised later")
        differences = [
            _book_difference(executed[row.fill_id], row)
            for row in await self._booked(account_id, from_ms, to_ms)
            if row.fill_id in executed
        ]
        return [one for one in differences if one.fields]

    async def _booked(self, account_id: int, from_ms: int, to_ms: int) -> list[LedgerFill]:
        async with self._database.read() as session:
            return await bookings.of_account(session, account_id, from_ms, to_ms)

    async def _keep(self, outcome: CheckOutcome, day: str) -> None:
        async with self._database.write() as session:
            for kind, detail in outcome.findings().items():
                finding = Finding(
                    day=day, account_id=outcome.account_id, kind=kind, detail=detail, at_ms=self._clock()
                )
                await findings.record(session, finding)


async def _history(line: AccountClient, from_ms: int, to_ms: int) -> list[Fill]:
    """Every execution in [from, to), the system's included, page by page; the span lies in the past."""
    found: list[Fill] = []
    while True:
        page = await line.fills(from_ms=from_ms, to_ms=to_ms, limit=PAGE, offset=len(found))
        found += page
        if len(page) < PAGE:
            return found


def _book_difference(fill: FillRow, row: LedgerFill) -> Difference:
    """What the ledger says otherwise than the fill it booked."""
    fields: dict[str, tuple[str, str]] = {}
    if (fill.fee, fill.fee_symbol) != (row.fee_amount, row.fee_symbol):
        booked = f"{plain(row.fee_amount)} {row.fee_symbol}"
        fields["booked fee"] = f"{plain(fill.fee)} {fill.fee_symbol}", booked
    if quote_of(fill.symbol) in DOLLARS:
        notional = nano(fill.price * fill.quantity)
        if notional != row.notional:
            fields["booked notional"] = plain(notional), plain(row.notional)
    return Difference(fills.as_domain(fill), fields)


def _told(fill: Fill) -> dict[str, Any]:
    return {
        "symbol": fill.symbol,
        "order": fill.exchange_order_id,
        "trade": fill.trade_id,
        "at_ms": fill.timestamp_ms,
    }


def _as_lists(fields: dict[str, tuple[str, str]]) -> dict[str, list[str]]:
    """As the database gives them back: what was found again must look the same."""
    return {name: list(pair) for name, pair in fields.items()}


def day_of(moment_ms: int) -> str:
    """The UTC day of a moment, such as `2026-10-31`."""
    return datetime.fromtimestamp(moment_ms // 1000, UTC).date().isoformat()
