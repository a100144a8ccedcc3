"""`rucksack broker check` and `trial-balance`: whether the ledger is whole, from the terminal."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from bot.cli.rebates import MonthArgument, broker
from bot.cli.runtime import go, master_keys
from bot.domain.values import plain
from bot.kernel.clock import unix_ms
from bot.kernel.storage import Database
from bot.rebates.model.rebate import Month
from bot.settings import load_settings

app = typer.Typer()
app.add_typer(broker, name="broker")


@broker.command()
def check(
    month: Annotated[
        Month | None, typer.Option(parser=Month.parse, metavar="MONTH", help="By default the running one.")
    ] = None,
) -> None:
    """Compare every account with the exchange's history, and complete it; exit code 1 if they differed."""
    from bot.app.wiring import build
    from bot.cli.rebates_report import CheckReport
    from bot.rebates.canary import Canary
    from bot.rebates.check import LedgerCheck

    settings = load_settings()
    settings.require_real()
    report = CheckReport(month or Month.of(unix_ms()))

    async def work() -> None:
        bot = build(settings, master_keys(settings))
        try:
            get = bot.services.get
            await report.make(get(LedgerCheck), get(Canary), bot.database)
        finally:
            await bot.client.aclose()
            await bot.database.close()

    go(work())
    report.show(Console())
    if not report.is_good:
        raise typer.Exit(1)


@broker.command("trial-balance")
def trial_balance(month: MonthArgument) -> None:
    """Print debits and credits of MONTH by account; exit code 1 if they are not equal."""
    from bot.rebates.storage.trial_balance import TrialBalance
    from bot.rebates.storage.trial_balance import trial_balance as reckon

    async def work() -> TrialBalance:
        database = Database.open(load_settings().database_url)
        try:
            return await database.survey(lambda session: reckon(session, str(month)))
        finally:
            await database.close()

    found = go(work())
    numbers = (Column(name, justify="right") for name in ("Debit", "Credit"))
    table = Table("Account", *numbers, title=f"Trial balance {month}, USD")
    for account, balance in found.accounts.items():
        table.add_row(account, plain(balance.debit), plain(balance.credit))
    table.add_section()
    table.add_row("total", plain(found.debit), plain(found.credit))
    console = Console()
    console.print(table)
    for line in found.wrong:
        console.print(line, style="red", markup=False)
    if found.wrong_count > len(found.wrong):
        console.print(f"and {found.wrong_count - len(found.wrong)} more")
    if not found.is_balanced:
        raise typer.Exit(1)
