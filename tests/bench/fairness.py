"""How long a person waits while others write without end, against the same acts in the quiet of the same run.

5,000 lines a minute, of one stranger and then of 50 members of one group; Telegram's real rates are kept. The
person's chat has a limit of its own, so every round begins when it has rested.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass, field

import uvloop
from rich.console import Console
from rich.table import Table

from bot.notifications.rate_limits import TELEGRAM
from bot.vault import MasterKeys
from tests.bench.remote import Town, open_town
from tests.bench.trading import link, open_bot

PER_MINUTE = 5_000
ROUNDS = 6
REST_S = 3.5  # until the person's own chat may be told three things again
AIMS_S = {"preview": 2.0, "confirm": 2.0, "panic": 3.0}
FLOODS = {"quiet": 0, "one stranger": 1, "a group of 50": 50}


@dataclass(slots=True)
class Found:
    """Seconds of every round, by flood and by act; `sent` lines came meanwhile, by flood."""

    waits: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)


def measure(database_url: str, rounds: int = ROUNDS) -> Found:
    """On a migrated, empty database."""
    return uvloop.run(_measure(database_url, rounds))


async def _measure(database_url: str, rounds: int) -> Found:
    found = Found()
    async with (
        open_town() as town,
        open_bot(database_url, town, MasterKeys.generate(), rates=TELEGRAM, access="open") as bot,
    ):
        await link(bot, town)
        for name, members in FLOODS.items():
            waits: dict[str, list[float]] = {act: [] for act in AIMS_S}
            found.waits[name] = waits
            if members:
                await town.ask("flood", members=members, per_minute=PER_MINUTE)
                await asyncio.sleep(REST_S)
            for _ in range(rounds):
                await _round(town, waits)
            found.sent[name] = int((await town.ask("calm"))["sent"])
    return found


async def _round(town: Town, waits: dict[str, list[float]]) -> None:
    await asyncio.sleep(REST_S)
    waits["preview"].append(await _timed(town.ask("say", who="bot", text="long sol $20", button="✅")))
    await asyncio.sleep(REST_S)
    waits["confirm"].append(await _timed(town.ask("tap", who="bot", label="✅", expect="Filled")))
    await asyncio.sleep(REST_S)
    await town.ask("say", who="bot", text="/panic", button="close all")
    await town.ask("tap", who="bot", label="Cancel and close all", expect="Last check")
    await asyncio.sleep(REST_S)
    waits["panic"].append(await _timed(town.ask("tap", who="bot", label="flatten", expect="Panic done")))
    await town.ask("tidy", who="bot")


async def _timed(act: object) -> float:
    begun = time.perf_counter()
    await act  # type: ignore[misc]
    return time.perf_counter() - begun


def show(console: Console, found: dict[str, Found]) -> None:
    table = Table(title="Another person's waits during a flood (s)", title_justify="left")
    for head in ("", "database", "lines"):
        table.add_column(head, justify="right" if head == "lines" else "left")
    for act, aim in AIMS_S.items():
        table.add_column(f"{act}: median / worst (aim < {aim:g})", justify="right")
    for database, one in found.items():
        for name, waits in one.waits.items():
            cells = [f"{statistics.median(waits[act]):.2f} / {max(waits[act]):.2f}" for act in AIMS_S]
            table.add_row(name, database, f"{one.sent[name]:,}", *cells)
    console.print(table)
