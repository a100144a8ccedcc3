"""What `rucksack broker check` prints: each account against the exchange, and the tag."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from bot.domain.orders.order import Fill
from bot.domain.values import plain
from bot.kernel.storage import Database
from bot.people import accounts
from bot.rebates.canary import Canary, Tagging
from bot.rebates.check import CheckOutcome, LedgerCheck
from bot.rebates.model.rebate import Month


@dataclass(slots=True)
class CheckReport:
    """Made once, then shown."""

    month: Month
    outcomes: list[CheckOutcome] = field(default_factory=list)
    tagging: Tagging = field(default_factory=Tagging)

    async def make(self, check: LedgerCheck, canary: Canary, database: Database) -> None:
        """Compare every linked account; what is missing here is added."""
        async with database.read() as session:
            known = await accounts.active(session)
        for account in known:
            self.outcomes.append(await check.compare(account, self.month.start_ms, self.month.end_ms))
        self.tagging = await canary.look(self.month.start_ms, self.month.end_ms)

    @property
    def is_good(self) -> bool:
        compared = all(one.unreachable is None and one.comparison.is_equal for one in self.outcomes)
        return compared and not (self.tagging.untagged or self.tagging.different)

    def show(self, console: Console) -> None:
        """Print it."""
        table = Table("Account", "Equal", "Found", title=f"Ledger and exchange, {self.month}")
        for one in self.outcomes:
            table.add_row(str(one.account_id), str(one.comparison.equal), _words(one))
        tag = self.tagging
        table.add_section()
        words = f"{plain(tag.executed)} executed, {plain(tag.booked)} booked"
        if tag.untagged:
            words += f"; WITHOUT THE TAG: {', '.join(tag.untagged)}"
        if tag.different:
            words += f"; different: {', '.join(tag.different)}"
        table.add_row("tagged orders", str(tag.orders), words)
        console.print(table)


def _words(outcome: CheckOutcome) -> str:
    if outcome.unreachable is not None:
        return f"not compared: {outcome.unreachable}"
    found = outcome.comparison
    said = [f"missing here, added: {_fill(fill)}" for fill in found.missing]
    said += [f"not at the exchange: {_fill(fill)}" for fill in found.unknown]
    for one in found.different:
        fields = ", ".join(f"{name} {theirs} ≠ {ours}" for name, (theirs, ours) in one.fields.items())
        said.append(f"{_fill(one.fill)}: {fields} (exchange ≠ here)")
    return "\n".join(said) or "equal"


def _fill(fill: Fill) -> str:
    return f"{fill.symbol} order {fill.exchange_order_id} trade {fill.trade_id}"
