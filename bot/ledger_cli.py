"""`rucksack broker check` and `trial-balance`: whether the ledger is whole, from the terminal."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from bot.broker_cli import MonthArgument
from bot.clock import unix_ms
from bot.domain.rebate import Month
from bot.domain.values import ZERO, plain
from bot.settings import load_settings
from bot.store import Database, ledger
from bot.terminal import go, master_keys


def check(
    month: Annotated[
        Month | None, typer.Option(parser=Month.parse, metavar="MONTH", help="By default the running one.")
    ] = None,
) -> None:
    """Compare every account with the exchange's history, and complete it; exit code 1 if they differed."""
    from bot.app import build
    from bot.broker_report import Report

    settings = load_settings()
    settings.require_real()
    report = Report(month or Month.of(unix_ms()))

    async def work() -> None:
        bot = build(settings, master_keys(settings))
        try:
            await report.make(bot.books, bot.database)
        finally:
            await bot.client.aclose()
            await bot.database.close()

    go(work())
    report.show(Console())
    if not report.is_good:
        raise typer.Exit(1)


def trial_balance(month: MonthArgument) -> None:
    """Print debits and credits of MONTH by account; exit code 1 if they are not equal."""
    found: dict[str, ledger.Balance] = {}

    async def work() -> None:
        database = Database.open(load_settings().database_url)
        try:
            async with database.read() as session:
                found.update(await ledger.trial_balance(session, str(month)))
        finally:
            await database.close()

    go(work())
    debit = sum((balance.debit for balance in found.values()), ZERO)
    credit = sum((balance.credit for balance in found.values()), ZERO)
    numbers = (Column(name, justify="right") for name in ("Debit", "Credit"))
    table = Table("Account", *numbers, title=f"Trial balance {month}, USD")
    for account, balance in found.items():
        table.add_row(account, plain(balance.debit), plain(balance.credit))
    table.add_section()
    table.add_row("total", plain(debit), plain(credit))
    Console().print(table)
    if debit != credit:
        raise typer.Exit(1)
