"""`rucksack parse`: what a line of chat means, as JSON."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from bot.language import parse, to_json

app = typer.Typer()


@app.command(name="parse")
def parse_line(text: Annotated[list[str], typer.Argument(help="A line as typed in the chat.")]) -> None:
    """Print what a line means as JSON (docs/parse.schema.json); exit code 1 when it means nothing."""
    result = to_json(parse(" ".join(text)))
    typer.echo(msgspec.json.format(msgspec.json.encode(result), indent=2).decode())
    if not result.get("ok", True):
        raise typer.Exit(1)
