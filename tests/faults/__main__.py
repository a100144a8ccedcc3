"""`python -m tests.faults --seed N`: one run alone, told in full; `--all` runs every seed and sums up."""

from __future__ import annotations

import argparse
import asyncio
import collections
import sys
import tempfile
from pathlib import Path

from tests.faults.nursery import Nursery
from tests.faults.plan import SEEDS, plan_of
from tests.faults.run import SETTLE_S, Harness, Outcome, Template


async def _run(seeds: list[int], step: int | None, patience_s: float, verbose: bool) -> list[Outcome]:
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="rucksack-faults-") as name:
        folder = Path(name)
        async with Nursery() as nursery:
            harness = Harness(nursery, await Template.make(folder), folder, patience_s)
            for seed in seeds:
                plan = plan_of(seed)
                outcome = await harness.run(plan, plan_of(plan.reference), step)
                outcomes.append(outcome)
                print(f"{outcome}\n  [{outcome.steps} steps; {outcome.phase}]", flush=True)
                if verbose:
                    print((folder / f"seed-{seed}" / "bot.log").read_text())
    return outcomes


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, action="append", default=[], help="a run; may be repeated")
    parser.add_argument("--step", type=int, help="die there, whatever the seed says")
    parser.add_argument("--all", action="store_true", help=f"all {SEEDS} seeds")
    parser.add_argument("--from", type=int, default=0, dest="first", help="with --all: the first seed")
    parser.add_argument("--to", type=int, default=SEEDS, dest="last", help="with --all: before this seed")
    parser.add_argument("--patience", type=float, default=SETTLE_S, help="seconds until a run must be over")
    parser.add_argument("-v", action="store_true", help="print the bot's log in any case")
    options = parser.parse_args()
    seeds = list(range(options.first, options.last)) if options.all else options.seed
    outcomes = asyncio.run(_run(seeds, options.step, options.patience, options.v))
    bad = [outcome for outcome in outcomes if not outcome.is_clean]
    phases = collections.Counter(outcome.phase for outcome in outcomes if outcome.deaths)
    seconds = sum(outcome.seconds for outcome in outcomes)
    deaths = sum(len(outcome.deaths) for outcome in outcomes)
    print(f"{len(outcomes)} runs, {deaths} deaths, {seconds:.0f} s, {len(bad)} bad")
    for phase, count in phases.most_common():
        print(f"  died {count:3} times at {phase}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
