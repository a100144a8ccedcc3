"""`rucksack sandbox`: the exchange and the Telegram of the demo, one at a time."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import typer

from bot.cli.options import Port
from bot.cli.runtime import go
from bot.kernel.redaction import configure_logging

app = typer.Typer()
sandbox = typer.Typer(no_args_is_help=True, help="The exchange and the Telegram of the demo, one at a time.")
app.add_typer(sandbox, name="sandbox")


class PortTaken(Exception):
    """Something else listens where a sandbox was to."""


def _serve(server: Coroutine[Any, Any, None], port: int) -> None:
    try:
        go(server)
    except OSError as error:
        raise PortTaken(f"--port: cannot listen on {port} ({error.strerror}). Give another, or 0") from None


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
