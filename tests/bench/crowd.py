"""A start with a thousand linked accounts: when the first order of a person goes out, and how long taps wait.

The exchange and its thousand accounts are another process. The person taps as fast as the screen allows, from
the start on until every private stream is open.
"""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass, field

import uvloop
from rich.console import Console
from rich.table import Table

from bot.app.wiring import Bot
from bot.cli.runtime import spare_collector
from bot.kernel.storage import Database
from bot.people import accounts, users
from bot.people.tables import KeyState
from bot.trading.tracking.user_streams import UserStreams
from bot.vault import MasterKeys, Vault
from tests.bench.probe import ORDER, TAP, Probe, watching
from tests.bench.remote import Town, open_town
from tests.bench.town import PERSON
from tests.bench.trading import open_bot

ACCOUNTS = 1_000
FIRST_PERSON = 8_000_001
PATIENCE_S = 240.0
AIM_START_S = 3.0
AIM_TAP_MS = 250.0


@dataclass(slots=True)
class Found:
    """`listening_s`, `traded_s`, `open_s` count from the start: heard, first order told, all streams open."""

    accounts: int
    listening_s: float = 0.0
    traded_s: float = 0.0
    open_s: float = 0.0
    taps_ms: list[float] = field(default_factory=list)  # from the tap to the wire, while streams were opening

    @property
    def p99_ms(self) -> float:
        walls = sorted(self.taps_ms)
        return walls[math.ceil(0.99 * len(walls)) - 1] if walls else math.nan


def measure(database_url: str, count: int = ACCOUNTS) -> Found:
    """On a migrated, empty database."""
    return uvloop.run(_measure(database_url, count))


async def _measure(database_url: str, count: int) -> Found:
    found, masters = Found(count), MasterKeys.generate()
    with watching() as probe:
        async with open_town() as town:
            await _populate(database_url, masters, town, count)
            begun = time.perf_counter()
            async with open_bot(database_url, town, masters) as bot:
                spare_collector()  # as `rucksack run` does
                found.listening_s = time.perf_counter() - begun
                await _trade(town)
                found.traded_s = time.perf_counter() - begun
                async with asyncio.timeout(PATIENCE_S):
                    await _tap_until_open(found, bot, town, probe, count)
                found.open_s = time.perf_counter() - begun
    return found


async def _tap_until_open(found: Found, bot: Bot, town: Town, probe: Probe, count: int) -> None:
    while len(bot.services.get(UserStreams).connected) < count:
        probe.clear()
        await _trade(town)
        found.taps_ms.append(probe.span(TAP, ORDER).wall)
        await town.ask("tidy", who="bot")


async def _trade(town: Town) -> None:
    await town.ask("say", who="bot", text="long sol $20", button="✅")
    await town.ask("tap", who="bot", label="✅", expect="fee $")


async def _populate(database_url: str, masters: MasterKeys, town: Town, count: int) -> None:
    """So many people with a linked account each; the first of them is the one who trades."""
    database = Database.open(database_url)
    now = time.time_ns() // 1_000_000
    vault = Vault(database, masters, clock=lambda: now)
    for number in range(count):
        user_id = FIRST_PERSON + number if number else PERSON
        async with database.write() as session:
            await users.get_or_create(session, user_id, now)
        made = await vault.generate(user_id, "main")
        async with database.write() as session:
            await accounts.verified(session, user_id, made.account_id, KeyState.ACTIVE, now)
        await town.ask("open", label=f"crowd-{number}", publicKey=made.public_key)
    await database.close()


def show(console: Console, found: Found) -> None:
    table = Table(title=f"Start with {found.accounts:,} linked accounts, PostgreSQL", title_justify="left")
    for head in ("listening", "first order", "all streams open", "taps meanwhile", "tap to wire, p99"):
        table.add_column(head, justify="right")
    table.add_row(
        f"{found.listening_s:.1f} s",
        f"{found.traded_s:.1f} s (aim ≤ {AIM_START_S:g})",
        f"{found.open_s:.1f} s",
        str(len(found.taps_ms)),
        f"{found.p99_ms:.0f} ms (aim ≤ {AIM_TAP_MS:g})",
    )
    console.print(table)
