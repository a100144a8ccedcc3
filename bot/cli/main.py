"""The `rucksack` command. Settings problems end with one sentence and exit code 2, never a traceback."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import traceback
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import OperationalError

from bot.cli import ledger
from bot.cli.rebates import broker
from bot.cli.runtime import go, master_keys, spare_collector
from bot.kernel.clock import unix_ms
from bot.kernel.redaction import configure_logging, redact
from bot.kernel.storage import BadDatabaseUrl, Database, MigrationsMissing
from bot.language import parse, to_json
from bot.settings import Mode, Settings, SettingsError, load_settings
from bot.vault import MasterKeyError, MasterKeys

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Rucksack, the Backpack trading desk in a chat.",
)
sandbox = typer.Typer(no_args_is_help=True, help="The exchange and the Telegram of the demo, one at a time.")
vault = typer.Typer(no_args_is_help=True, help="Master keys: make, rotate, look.")
app.add_typer(sandbox, name="sandbox")
app.add_typer(vault, name="vault")
app.add_typer(broker, name="broker")
broker.command()(ledger.check)
broker.command("trial-balance")(ledger.trial_balance)

SCRUB_TRIES, SCRUB_PAUSE_S = 40, 0.25

Port = Annotated[int, typer.Option(min=0, max=65535, help="Port on loopback; 0 takes any free one.")]


def main() -> None:
    """Entry point: turns the problems an operator can mend into a sentence."""
    try:
        app()
    except (SettingsError, MasterKeyError, MigrationsMissing, _PortTaken) as error:
        _refuse(str(error))
    except BadDatabaseUrl as error:
        _refuse(f"DATABASE_URL: {error}")
    except OperationalError as error:
        # The first line says what; what was being asked is nobody's business.
        problem = str(error.orig).strip().partition("\n")[0].rstrip(".")
        mend = "Start the database or correct the address; `rucksack migrate` makes its tables"
        _refuse(f"DATABASE_URL: {problem}. {mend}")
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception:  # a defect of ours: its traceback passes the gate of the log
        sys.stderr.write(redact(traceback.format_exc()))
        sys.exit(1)


def _refuse(sentence: str) -> NoReturn:
    typer.echo(f"rucksack: {redact(sentence)}", err=True)
    sys.exit(2)


class _PortTaken(Exception):
    """Something else listens where a sandbox was to."""


def _serve(server: Coroutine[Any, Any, None], port: int) -> None:
    try:
        go(server)
    except OSError as error:
        raise _PortTaken(f"--port: cannot listen on {port} ({error.strerror}). Give another, or 0") from None


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


@app.command(name="parse")
def parse_line(text: Annotated[list[str], typer.Argument(help="A line as typed in the chat.")]) -> None:
    """Print what a line means as JSON (docs/parse.schema.json); exit code 1 when it means nothing."""
    result = to_json(parse(" ".join(text)))
    typer.echo(msgspec.json.format(msgspec.json.encode(result), indent=2).decode())
    if not result.get("ok", True):
        raise typer.Exit(1)


@sandbox.command(name="exchange")
def sandbox_exchange(port: Port = 8421) -> None:
    """A Backpack exchange on loopback."""
    from bot.sandbox.exchange import ExchangeConfig, serve

    configure_logging("INFO")
    typer.echo(f"Sandbox exchange on http://127.0.0.1:{port} (REST and WebSocket). Stop with Ctrl+C.")
    _serve(serve(ExchangeConfig(), "127.0.0.1", port), port)


@sandbox.command(name="telegram")
def sandbox_telegram(port: Port = 8420) -> None:
    """A Telegram Bot API server with a chat page on loopback."""
    from bot.sandbox.telegram import TelegramConfig, serve

    config = TelegramConfig()
    configure_logging("INFO")
    typer.echo(
        f"Sandbox Telegram on http://127.0.0.1:{port}/ ; its bot token is {config.token}. Stop with Ctrl+C."
    )
    _serve(serve(config, "127.0.0.1", port), port)


@vault.command(name="new-key")
def vault_new_key(
    file: Annotated[Path, typer.Argument(help="Where the master keys live (mode 0600).")],
) -> None:
    """Add a new master key to FILE, which is made when it is missing; the newest is the current one."""
    from bot.vault import add_master_key

    version = add_master_key(file)
    typer.echo(f"Master key v{version} is in {file}. Keep a copy away from the database's backups.")


async def _scrubbed(database: Database) -> bool:
    """Whether nothing of what was replaced is left in the files, after a while of trying."""
    for _ in range(SCRUB_TRIES):
        if await database.scrub():
            return True
        await asyncio.sleep(SCRUB_PAUSE_S)
    return False


@vault.command(name="rotate")
def vault_rotate() -> None:
    """Re-wrap every user's data key under the newest master key; the bot may run meanwhile."""
    from bot.vault import Vault

    settings = load_settings()
    masters = master_keys(settings)

    async def turn() -> None:
        database = Database.open(settings.database_url)
        try:
            async for progress in Vault(database, masters, clock=unix_ms).rotate():
                typer.echo(f"v{progress.to}: {progress.done} re-wrapped, {progress.left} left")
                if progress.broken:
                    typer.echo(f"these users' keys do not open: {progress.broken}", err=True)
                if progress.services:
                    typer.echo(f"these keys of the bot's own do not open: {progress.services}", err=True)
            if not await _scrubbed(database):
                typer.echo(
                    "what the keys were before is still in the database's log: stop what reads it", err=True
                )
        finally:
            await database.close()

    go(turn())
