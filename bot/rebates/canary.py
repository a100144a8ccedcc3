"""The canary: what tagged orders executed by their own word, against what the ledger counts as tagged.

An order without the tag earns nothing and no error says so; this is where it would show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from bot.domain.values import ZERO, plain
from bot.kernel.recurrence import DAY_MS
from bot.kernel.storage import Database
from bot.rebates import alarm
from bot.rebates.alarm import LedgerAlarm
from bot.rebates.check import LAG_MS, day_of
from bot.rebates.storage import canary, findings
from bot.rebates.storage.tables import Finding

NOBODY: Final = 0  # the account of a finding that concerns all
PRECISION: Final = Decimal("1e-6")  # the exchange may round what an order executed in all


@dataclass(slots=True)
class Tagging:
    """What a look found; volumes are in the quote assets, dollars or not."""

    orders: int = 0
    executed: Decimal = ZERO
    booked: Decimal = ZERO
    untagged: list[str] = field(default_factory=list)  # codes of orders
    different: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)  # executed, booked

    def findings(self) -> dict[str, dict[str, Any]]:
        """By kind, what there is to record."""
        found: dict[str, dict[str, Any]] = {
            alarm.TAGGED: {
                "orders": self.orders,
                "executed": plain(self.executed),
                "booked": plain(self.booked),
            }
        }
        if self.untagged:
            found[alarm.UNTAGGED] = {"count": len(self.untagged), "orders": self.untagged[: alarm.LISTED]}
        if self.different:
            listed = [
                {"order": code, "executed": plain(executed), "booked": plain(booked)}
                for code, (executed, booked) in self.different.items()
            ]
            found[alarm.TAG_DIFFERENCE] = {"count": len(listed), "orders": listed[: alarm.LISTED]}
        return found


class Canary:
    """Looks once a day, after the ledger was completed."""

    def __init__(
        self, database: Database, ledger_alarm: LedgerAlarm, *, broker_id: int, clock: Callable[[], int]
    ) -> None:
        self._database = database
        self._alarm = ledger_alarm
        self._broker_id = broker_id
        self._clock = clock

    async def night(self, due_ms: int) -> None:
        """Look at what changed since the day before `due_ms` began; record it, and tell what is wrong."""
        start = due_ms // DAY_MS * DAY_MS - DAY_MS
        tagging = await self.look(start, self._clock() - LAG_MS)
        day = day_of(start)
        async with self._database.write() as session:
            for kind, detail in tagging.findings().items():
                row = Finding(day=day, account_id=NOBODY, kind=kind, detail=detail, at_ms=self._clock())
                await findings.record(session, row)
            found = [one for one in await findings.since(session, [day], due_ms) if one.account_id == NOBODY]
            if wrong := [one for one in found if alarm.is_bad(one)]:
                await self._alarm.raised(session, f"canary:{day}", wrong)
        self._alarm.committed()

    async def look(self, from_ms: int, to_ms: int) -> Tagging:
        """Orders of ours sent or filled in [from, to), or changed in it, against the ledger."""
        return await self._database.survey(
            lambda session: _compare(canary.of_span(session, from_ms, to_ms), self._broker_id)
        )


def _compare(sent: Sequence[canary.Sent], broker_id: int) -> Tagging:
    found = Tagging()
    for one in sent:
        if one.broker_id != broker_id:
            if one.is_of_the_span:
                found.untagged.append(one.code)
            continue
        executed = max(one.executed, one.known)  # a fill may be seen after its order was left to itself
        found.orders += 1
        found.executed += one.known_in_span
        found.booked += one.counted_in_span
        if abs(one.counted - executed) > executed * PRECISION:
            found.different[one.code] = executed, one.counted
    return found
