"""`rucksack parse`: what a line of chat means, as JSON."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.meaning import print_meaning

app = typer.Typer()


@app.command(name="parse")
def parse_line(text: Annotated[list[str], typer.Argument(help="A line as typed in the chat.")]) -> None:
    """Print what a line means as JSON (docs/parse.schema.json); exit code 1 when it means nothing."""
    if not print_meaning(" ".join(text)):
        raise typer.Exit(1)
