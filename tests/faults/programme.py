"""How much is run: for every landing a share of each database, and everything for `make faults`."""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.faults.databases import KINDS, Kind, template, workshop
from tests.faults.nursery import Nursery
from tests.faults.plan import AFFLICTIONS, JOURNEYS, PER_GROUP, SEEDS, plain_of, plan_of
from tests.faults.run import SETTLE_S, Harness, Outcome
from tests.faults.sweep import Sweep, sweep

JOBS = 4  # worlds at once: most of the time each waits
EVERY = None  # point of a sweep


@dataclass(frozen=True, slots=True)
class Share:
    """Seeds and sweeps of one database. A sweep aims at so many points, spread evenly, or at every one."""

    database: Kind
    seeds: Sequence[int] = ()
    sweeps: Mapping[str, int | None] = field(default_factory=dict)  # points by journey
    step: int | None = None  # die there, whatever a seed says
    only: str | None = None  # of a sweep's points those of one key
    exact: bool = True  # every seed's kill is placed in an unkilled run of its own group
    jobs: int = JOBS
    patience_s: float = SETTLE_S


@dataclass(slots=True)
class Report:
    """What a share came to."""

    share: Share
    seeds: list[Outcome] = field(default_factory=list)
    sweeps: list[Sweep] = field(default_factory=list)

    @property
    def outcomes(self) -> list[Outcome]:
        return [*self.seeds, *(outcome for made in self.sweeps for outcome in made.outcomes)]

    @property
    def bad(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if not outcome.is_clean]

    def __str__(self) -> str:
        runs, kills = len(self.outcomes), sum(len(outcome.deaths) for outcome in self.outcomes)
        kinds = collections.Counter(line.split(":")[0] for one in self.bad for line in one.complaints)
        phases = collections.Counter(outcome.phase for outcome in self.outcomes if outcome.deaths)
        other = kinds.total() - kinds["DUPLICATED"] - kinds["LOST"]
        aimed = sum(len(made.aimed) for made in self.sweeps)
        missed = aimed - sum(len(made.killed) for made in self.sweeps)
        return "\n".join(
            [
                *(str(made) for made in self.sweeps),
                *(f"  died {count:4} times at {phase}" for phase, count in phases.most_common(12)),
                f"{self.share.database}: {runs} runs ({len(self.seeds)} seeded, {aimed} aimed at a point, "
                f"{missed} of these missed it), {kills} kills; duplicated {kinds['DUPLICATED']}, "
                f"lost {kinds['LOST']}, wrongly reported {other}",
            ]
        )


def _one_of_each(first: int) -> list[int]:
    """A seed of every second affliction, at another stage of its journey each time."""
    return [group * PER_GROUP + 1 + group % (PER_GROUP - 1) for group in range(first, len(AFFLICTIONS), 2)]


def _some(points: int) -> dict[str, int | None]:
    return dict.fromkeys(JOURNEYS, points)


LANDING = (
    Share("sqlite", _one_of_each(0), {**_some(5), "market": 16}, exact=False),
    Share("postgres", _one_of_each(1), {**_some(3), "market": 10}, exact=False),
)
EVERYTHING = (
    Share("sqlite", range(SEEDS), {**_some(100), "market": EVERY}),
    Share("postgres", range(0, SEEDS, 3), {**_some(40), "market": 150}),
)
assert {share.database for share in EVERYTHING} == set(KINDS)


async def run(share: Share, tell: Callable[[str], object] = lambda _: None) -> Report:
    """Run a share to its end. `tell` hears of each seed, and of everything that is wrong."""
    jobs = asyncio.Semaphore(share.jobs)
    report = Report(share)
    with workshop() as folder:
        async with template(share.database, folder) as home, Nursery() as nursery:
            harness = Harness(nursery, home, folder, share.patience_s)
            for name, points in share.sweeps.items():
                made = await sweep(
                    harness,
                    JOURNEYS[name],
                    share.database,
                    folder,
                    jobs,
                    points,
                    share.only,
                    lambda outcome: tell(told(outcome)),
                )
                report.sweeps.append(made)
            seeds = (_seed(harness, seed, share, jobs, tell) for seed in share.seeds)
            report.seeds = list(await asyncio.gather(*seeds))
    return report


async def _seed(
    harness: Harness, seed: int, share: Share, jobs: asyncio.Semaphore, tell: Callable[[str], object]
) -> Outcome:
    plan = plan_of(seed)
    async with jobs:
        outcome = await harness.run(
            plan, plan_of(plan.reference) if share.exact else plain_of(plan.affliction.journey), share.step
        )
    tell(told(outcome))
    return outcome


def told(outcome: Outcome) -> str:
    """A run in words; a bad one with the bot's log and how to repeat it."""
    if outcome.is_clean:
        return str(outcome)
    how = f"--seed {outcome.plan.seed}" + (f" --step {outcome.died_at}" if outcome.died_at else "")
    if outcome.aim.point is not None:
        how = f"--sweep --journey {outcome.plan.affliction.journey.name} --only {outcome.aim.point.key}"
    return f"{outcome}\nAgain: python -m tests.faults --database {outcome.database} {how}\n{outcome.log}"
