"""`python -m tests.faults`: seeds, sweeps, or everything; on SQLite unless told otherwise."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.faults.databases import KINDS
from tests.faults.plan import JOURNEYS, SEEDS
from tests.faults.programme import EVERYTHING, JOBS, LANDING, Report, Share, run
from tests.faults.run import SETTLE_S
from tests.faults.takeover import take_over


def _shares(options: argparse.Namespace) -> Sequence[Share]:
    if options.everything or options.landing:
        return EVERYTHING if options.everything else LANDING
    seeds = list(range(options.first, options.last)) if options.all else options.seed
    sweeps = dict.fromkeys(options.journey or JOURNEYS, options.points) if options.sweep else {}
    return [
        Share(
            options.database,
            seeds,
            sweeps,
            step=options.step,
            only=options.only,
            jobs=options.jobs,
            patience_s=options.patience,
        )
    ]


async def _run(shares: Sequence[Share]) -> list[Report]:
    return [await run(share, lambda words: print(words, flush=True)) for share in shares]


def _take_over(times: int, seed: int) -> int:
    report, log = asyncio.run(take_over(times, seed, lambda words: print(words, flush=True)))
    print(report)
    if report.bad:
        Path("takeover.log").write_text(log)
    return 1 if report.bad else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--everything", action="store_true", help="what `make faults` runs")
    parser.add_argument("--landing", action="store_true", help="what a landing runs")
    parser.add_argument("--seed", type=int, action="append", default=[], help="a run; may be repeated")
    parser.add_argument("--step", type=int, help="die there, whatever the seed says")
    parser.add_argument("--all", action="store_true", help=f"all {SEEDS} seeds")
    parser.add_argument("--from", type=int, default=0, dest="first", help="with --all: the first seed")
    parser.add_argument("--to", type=int, default=SEEDS, dest="last", help="with --all: before this seed")
    parser.add_argument("--sweep", action="store_true", help="die at every await of a journey, one by one")
    parser.add_argument("--journey", choices=JOURNEYS, action="append", help="with --sweep: only these")
    parser.add_argument(
        "--points", type=int, help="with --sweep: so many, spread evenly (default: every one)"
    )
    parser.add_argument("--only", metavar="KEY", help="with --sweep: only the awaits of this stack")
    parser.add_argument("--database", choices=KINDS, default=KINDS[0])
    parser.add_argument("--jobs", type=int, default=JOBS, help="how many worlds at once")
    parser.add_argument("--patience", type=float, default=SETTLE_S, help="seconds until a run must be over")
    parser.add_argument(
        "--takeover", type=int, metavar="N", help="three bots, and the active one dies N times"
    )
    logging.getLogger("bot.sandbox").setLevel(logging.CRITICAL)  # that its clients die is no news to it
    options = parser.parse_args()
    if options.takeover:
        return _take_over(options.takeover, (options.seed or [1])[0])
    reports = asyncio.run(_run(_shares(options)))
    print("\n\n".join(str(report) for report in reports))
    return 1 if any(report.bad for report in reports) else 0


if __name__ == "__main__":
    sys.exit(main())
