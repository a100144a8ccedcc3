"""`rucksack vault`: master keys, made, rotated and looked at."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Final

import typer

from bot.cli.runtime import go, master_keys
from bot.kernel.clock import unix_ms
from bot.kernel.storage import Database
from bot.settings import load_settings

SCRUB_TRIES: Final = 40
SCRUB_PAUSE_S: Final = 0.25

app = typer.Typer()
vault = typer.Typer(no_args_is_help=True, help="Master keys: make, rotate, look.")
app.add_typer(vault, name="vault")


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
