"""`rucksack run`, `demo`, `migrate` and `doctor`: the bot, and what an operator does for it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import Any

import typer

from bot.cli.options import Port
from bot.cli.runtime import go, master_keys, spare_collector
from bot.kernel.redaction import configure_logging, redact
from bot.settings import Mode, Settings, load_settings
from bot.vault import MasterKeys

app = typer.Typer()


@app.command()
def run(port: Port = 8420) -> None:
    """Start the real bot when it is configured, else the demo."""
    settings = load_settings()
    configure_logging(settings.log_level if settings.mode is Mode.REAL else "WARNING")
    if settings.mode is Mode.DEMO:
        _demo(port)
        return
    settings.require_real()
    masters = master_keys(settings)
    typer.echo(
        f"Rucksack, the real bot: broker {settings.backpack_broker_id} on {settings.backpack_api_url}. "
        "Orders spend real money."
    )
    go(_run_real(settings, masters))


async def _run_real(settings: Settings, masters: MasterKeys) -> None:
    from bot.app.lifecycle import serve
    from bot.app.wiring import build
    from bot.kernel.storage import migrate

    await asyncio.to_thread(migrate, settings.database_url)

    def stand_by(owner: str) -> None:
        typer.echo(
            f"Standing by: {owner}, is active. This one takes over when that one ends. Stop with Ctrl+C."
        )

    def listening(bot: Any) -> None:
        typer.echo(f"@{bot.services.bot_username} is listening. Stop with Ctrl+C.")
        spare_collector()

    serving = asyncio.create_task(serve(lambda: build(settings, masters), stand_by, listening))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await serving


@app.command()
def demo(port: Port = 8420) -> None:
    """Start the demo whatever is configured."""
    configure_logging("WARNING")
    _demo(port)


def _demo(port: int) -> None:
    from bot.cli.demo import run_demo

    go(run_demo(port, typer.echo))


@app.command()
def migrate() -> None:
    """Bring the database to the newest tables."""
    from bot.kernel.storage import migrate as bring_up

    bring_up(load_settings().database_url)
    typer.echo("The database is up to date.")


@app.command()
def doctor() -> None:
    """Check the configuration against the live endpoints; exit code 1 when something failed."""
    settings = load_settings()
    settings.require_real()
    masters = master_keys(settings)
    configure_logging("ERROR")

    from rich.console import Console
    from rich.table import Table

    from bot.app.wiring import build  # what is not set is said sooner without it
    from bot.cli.doctor import Diagnosis, Health, examine

    found: list[Diagnosis] = []

    async def look() -> None:
        bot = build(settings, masters)
        try:
            found.extend(await examine(bot))
        finally:
            await bot.client.aclose()
            await bot.database.close()

    go(look())
    marks = {Health.OK: "[green]ok[/]", Health.WARNING: "[yellow]warning[/]", Health.FAILED: "[red]failed[/]"}
    table = Table("Check", "State", "Found", "What to do", title="rucksack doctor")
    for finding in found:
        table.add_row(finding.check, marks[finding.health], redact(finding.detail), finding.advice)
    Console().print(table)
    if any(finding.health is Health.FAILED for finding in found):
        raise typer.Exit(1)
