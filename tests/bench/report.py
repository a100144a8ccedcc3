"""From spans to a table people read and JSON programs compare."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.alerts import Found
from tests.bench.ledger import Found as LedgerFound
from tests.bench.probe import Span
from tests.bench.trading import Trading

AIM_START_S = 1.2
AIM_TRANSACTIONS = 10
AIMS_CPU = {"tap": 1.6, "preview": 5.0, "whole": 25 / 7.7}  # ratios to the floor


@dataclass(frozen=True, slots=True)
class Summary:
    """Median and p99 of wall, median of CPU, in ms."""

    median_ms: float
    p99_ms: float
    cpu_ms: float
    repetitions: int

    @classmethod
    def of(cls, spans: Sequence[Span]) -> Summary:
        walls = sorted(span.wall for span in spans)
        last = walls[math.ceil(0.99 * len(walls)) - 1]
        return cls(statistics.median(walls), last, statistics.median(s.cpu for s in spans), len(spans))


@dataclass(frozen=True, slots=True)
class Row:
    """One act of the bot against its floor."""

    act: str
    bot: Summary
    floor: Summary

    @property
    def ratios(self) -> dict[str, float]:
        return {
            "median": self.bot.median_ms / self.floor.median_ms,
            "p99": self.bot.p99_ms / self.floor.p99_ms,
            "cpu": self.bot.cpu_ms / self.floor.cpu_ms,
        }


ACTS = {
    "tap": "Confirm tap received → order on the wire",
    "preview": "message received → preview sent",
    "whole": "whole trade: message, preview, tap, fill card",
}
_BARE = {
    "bare tap, answered after the order → wire": "tap-order-first",
    "bare signed order → wire": "order-to-wire",
    "bare signed order → answer": "order",
}

LEGEND = """\
received: the update is taken, still raw (floor: read and queued already).
on the wire: its last byte goes to the socket layer.
CPU: of the bot's process, all threads, between the two; both sandboxes and the person are another process.
tap, bot: who, ticket, the book read anew (price re-check); claim, attempt and audit committed; vault opened,
  signed; the tap is answered after.   tap, floor: PTB answers the tap, then PyNaCl signs and httpx posts.
preview, bot: who, parse, account and market as their streams have them, preview, ticket committed, words.
  preview, floor: PTB echoes the text with two buttons.
whole, bot: both of these, the answer, private stream events, card edits, outbox rows settled.
  whole, floor: echo, answer, order and its answer, one edit.   (CPU: to the end of the aftermath.)"""


def rows_of(trading: Trading) -> list[Row]:
    return [Row(act, Summary.of(trading.bot[act]), Summary.of(trading.floor[act])) for act in ACTS]


def show(console: Console, found: dict[str, Trading], starts: dict[str, list[float]]) -> None:
    """Everything measured, with what each row contains."""
    table = Table(title="From chat to wire (ms)", title_justify="left")
    for head in ("", "database", "median", "p99", "CPU"):
        table.add_column(head, justify="left" if head in {"", "database"} else "right")
    table.add_column("floor: median / p99 / CPU", justify="right")
    table.add_column("ratio: median / p99 / CPU (aim)", justify="right")
    for database, trading in found.items():
        for row in rows_of(trading):
            table.add_row(
                ACTS[row.act],
                database,
                *_numbers(row.bot),
                " / ".join(_numbers(row.floor)),
                " / ".join(f"{ratio:.1f}×" for ratio in row.ratios.values())
                + f" (≤ {AIMS_CPU[row.act]:.2g}×)",
            )
        for name, act in _BARE.items():
            table.add_row(name, "", "", "", "", " / ".join(_numbers(Summary.of(trading.floor[act]))), "")
        table.add_section()
    console.print(table)
    console.print(LEGEND, style="dim", highlight=False)
    for database, trading in found.items():
        tap = next(row for row in rows_of(trading) if row.act == "tap")
        first = tap.bot.cpu_ms / Summary.of(trading.floor["tap-order-first"]).cpu_ms
        console.print(
            f"chat-to-wire CPU on {database}: {tap.ratios['cpu']:.2f}× the floor, "
            f"{first:.2f}× a floor that answers the tap after the order"
        )
        console.print(_counts(database, trading))
    if starts:
        _show_starts(console, starts)


def counts_of(trading: Trading) -> dict[str, float]:
    """Medians: what the bot does every few seconds falls into some trades."""
    return {
        "requests_per_preview": statistics.median(trading.requests_per_preview),
        "requests_per_trade": statistics.median(trading.requests_per_trade),
        "transactions_per_trade": statistics.median(trading.transactions_per_trade),
    }


def _counts(database: str, trading: Trading) -> str:
    found = counts_of(trading)
    return (
        f"on {database}: {found['requests_per_preview']:g} exchange requests a preview (aim 0), "
        f"{found['requests_per_trade']:g} a trade; "
        f"{found['transactions_per_trade']:g} transactions a trade (aim ≤ {AIM_TRANSACTIONS})"
    )


def _show_starts(console: Console, starts: dict[str, list[float]]) -> None:
    names = {
        "migrated": "bot, migrated database",
        "empty": "bot, empty database (with migrations)",
        "demo": "rucksack demo (both sandboxes, migrations, newcomer linked)",
    }
    table = Table(title=f"From exec to ready (s, aim ≤ {AIM_START_S:g})", title_justify="left")
    for head in ("", "median", "worst"):
        table.add_column(head, justify="right" if head else "left")
    for name, seconds in starts.items():
        table.add_row(names[name], f"{statistics.median(seconds):.2f}", f"{max(seconds):.2f}")
    console.print(table)


def _numbers(summary: Summary) -> Iterable[str]:
    return f"{summary.median_ms:.2f}", f"{summary.p99_ms:.2f}", f"{summary.cpu_ms:.2f}"


def write(
    path: Path,
    found: dict[str, Trading],
    starts: dict[str, list[float]],
    alerts: dict[str, Found],
    summed: dict[str, LedgerFound],
    together: dict[str, Any],
) -> None:
    """The same for programs: milliseconds and ratios by database and act, seconds of each start, the rest."""
    document: dict[str, Any] = {
        "trading": {
            database: {
                **counts_of(trading),
                "acts": {
                    row.act: {"bot": asdict(row.bot), "floor": asdict(row.floor), "ratio": row.ratios}
                    for row in rows_of(trading)
                },
                "bare": {act: asdict(Summary.of(trading.floor[act])) for act in _BARE.values()},
            }
            for database, trading in found.items()
        },
        "start_seconds": starts,
        "alerts": {database: asdict(one) for database, one in alerts.items()},
        "ledger": {database: asdict(one) for database, one in summed.items()},
        "cluster": {name: _plain(one) for name, one in together.items()},
    }
    path.write_text(json.dumps(document, indent=2) + "\n")


def _plain(one: Any) -> Any:
    return asdict(one) if is_dataclass(one) and not isinstance(one, type) else one
