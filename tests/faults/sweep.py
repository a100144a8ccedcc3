"""Every await between the Confirm tap and the final message, once as the place of death.

An unkilled run is traced; then each point it passed is aimed at in a run of its own. A point that a run does
not come by, for schedules and threads have some freedom, is tried again and else counted as missed.
"""

from __future__ import annotations

import asyncio
import collections
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.plan import Affliction, Journey, Plan
from tests.faults.points import IN, Point
from tests.faults.run import Death, Harness, Outcome

TRIES = 5
_SEED = 10_000  # of the sandbox; a sweep draws nothing


@dataclass(slots=True)
class Sweep:
    """What was enumerated, and what became of the runs aimed at it."""

    journey: Journey
    database: str
    points: list[Point]
    aimed: list[Point]
    outcomes: list[Outcome]  # of each aimed point the last run

    @property
    def killed(self) -> list[Point]:
        return [o.aim.point for o in self.outcomes if o.deaths and o.aim.point is not None]

    @property
    def bad(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if not outcome.is_clean]

    def __str__(self) -> str:
        awaits = len({point.key for point in self.points})
        suspensions = sum(point.side == IN for point in self.points)
        lines = [
            f"sweep of {self.journey.name} on {self.database}: {awaits} different awaits suspended "
            f"{suspensions} times, {len(self.points)} points; {len(self.aimed)} aimed at, "
            f"{len(self.killed)} killed, {len(self.aimed) - len(self.killed)} missed, {len(self.bad)} bad"
        ]
        enumerated = collections.Counter(point.function for point in self.points)
        killed = collections.Counter(point.function for point in self.killed)
        lines += [f"  {killed[name]:4} of {many:4}  {name}" for name, many in sorted(enumerated.items())]
        return "\n".join(lines)


async def sweep(
    harness: Harness,
    journey: Journey,
    database: str,
    folder: Path,
    jobs: asyncio.Semaphore,
    most: int | None = None,
    only: str | None = None,
    tell: Callable[[Outcome], object] = lambda _: None,
) -> Sweep:
    """Kill at every point of a journey nothing else goes wrong in, or at about `most`, spread evenly.

    `only` is the key of the stack to be killed in; `tell` hears of every run.
    """
    plan = Plan(_SEED, Affliction("nothing else", journey), None)
    async with jobs:
        points = await enumerated(harness, plan, folder)
    aimed = [point for point in points if only in {None, point.key}]
    if most is not None:
        aimed = aimed[:: max(1, round(len(aimed) / most))]
    outcomes = await asyncio.gather(*(_aim(harness, plan, point, jobs, tell) for point in aimed))
    return Sweep(journey, database, points, aimed, list(outcomes))


async def enumerated(harness: Harness, plan: Plan, folder: Path) -> list[Point]:
    """The points an unkilled run passes from the tap to its last word, in their order."""
    for number in range(TRIES):
        trace = folder / f"trace-{plan.affliction.journey.name}-{number}.jsonl"
        outcome = await harness.once(plan, Death(), trace)
        if outcome.is_clean and outcome.traded:
            return _read(trace, outcome.told_at)
    raise AssertionError(f"nobody was killed, and yet: {outcome}\n{outcome.log}")


def _read(trace: Path, last_step: int) -> list[Point]:
    points: Sequence[dict[str, object]] = [json.loads(line) for line in trace.read_text().splitlines()]
    return [Point(**point) for point in points if int(str(point.pop("step"))) <= last_step]  # type: ignore[arg-type]


async def _aim(
    harness: Harness,
    plan: Plan,
    point: Point,
    jobs: asyncio.Semaphore,
    tell: Callable[[Outcome], object],
) -> Outcome:
    for _ in range(TRIES):
        async with jobs:
            outcome = await harness.once(plan, Death(point=point))
        if outcome.deaths or not outcome.is_clean:
            break
    tell(outcome)
    return outcome
