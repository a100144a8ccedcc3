"""`rucksack broker …`: the ledger from the terminal, for an operator beside a running bot."""

from __future__ import annotations

import typer

broker = typer.Typer(no_args_is_help=True, help="The broker's ledger: payouts, statements, shares.")
