"""Each stream frozen alone, one after the other: `python -m tests.alerts.frozen` says how late alerts were.

The whole bot with the patience of a real one, between both sandboxes; measured is from when the alert's
condition is true at the exchange to when its message is in the chat. None may be later than `LONGEST_S`.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

from bot.kernel.storage.migrations import migrate
from tests.alerts.streams import ROWS, UNREADABLE, Row
from tests.support.world import CAROL, Person, World, open_world

LONGEST_S = 15.0
STEADY_S = 2.0  # between the arming and the silence


async def frozen(database_url: str, row: Row) -> float:
    """Seconds between what happened and the message; `4 * LONGEST_S` where there is none by then."""
    async with open_world(database_url) as world:
        for symbol in ("SOL_USDC", "SOL_USDC_PERP"):
            await world.price(symbol, "150")
        carol = world.person(CAROL)
        await carol.says("/start", "Rucksack")
        await carol.links("Carol")
        return await _late(world, carol, row)


async def _late(world: World, carol: Person, row: Row) -> float:
    if row.before is not None:
        await row.before(world, carol)
    await carol.says(row.line, "Alert set")
    await asyncio.sleep(STEADY_S)
    if row.armed is not None:
        await row.armed(world, carol)
    if not _is_followed(world, row):
        raise LookupError(f"nobody follows {row.frozen}")
    await world.fault(action="stream_drop", match={"path": row.frozen, "times": None})
    await row.happens(world, carol)
    begun = time.monotonic()
    try:
        await carol.chat.wait_for(lambda m: row.told in m.text and "Alert set" not in m.text, 4 * LONGEST_S)
    except TimeoutError:
        return 4 * LONGEST_S
    return time.monotonic() - begun


def _is_followed(world: World, row: Row) -> bool:
    """Freezing what nobody hears would prove nothing."""
    return any(name.startswith(row.frozen) for name in world.exchange.streams.registry.followed())


async def main(chosen: str) -> int:
    logging.disable(logging.WARNING)
    worst = 0.0
    for row in ROWS:
        if not row.stream.startswith(chosen):
            continue
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{Path(folder) / 'frozen.sqlite3'}"
            migrate(url)
            late_s = await frozen(url, row)
        worst = max(worst, late_s)
        print(f"{row.frozen:26} {row.line:28} {row.happens.__name__:24} {late_s:5.1f} s", flush=True)
    for stream, reason in UNREADABLE.items():
        print(f"{stream:26} not measured: {reason}")
    print(f"worst {worst:.1f} s, allowed {LONGEST_S:g} s")
    return 0 if worst <= LONGEST_S else 1


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "")))
