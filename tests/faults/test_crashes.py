"""The bot is killed between any two awaits from the Confirm tap to the final message, while networks fail.

Over every seed: no order twice, none lost, none misreported, and the user always has a last word.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.nursery import Nursery
from tests.faults.plan import PER_GROUP, SEEDS, plan_of
from tests.faults.run import Harness, Outcome, Template

BATCH = 2 * PER_GROUP
ENOUGH_BAD = 2  # further failures of a batch teach nothing new
LOG_LINES = 40


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
async def test_a_killed_bot_duplicates_loses_and_misreports_nothing(first: int, tmp_path: Path) -> None:
    bad: list[Outcome] = []
    async with Nursery() as nursery:
        harness = Harness(nursery, await Template.make(tmp_path), tmp_path)
        for seed in range(first, first + BATCH):
            plan = plan_of(seed)
            outcome = await harness.run(plan, plan_of(plan.reference))
            if not outcome.is_clean:
                bad.append(outcome)
            if len(bad) >= ENOUGH_BAD:
                break
    assert not bad, "\n\n".join(_told(outcome) for outcome in bad)


def _told(outcome: Outcome) -> str:
    step = f" --step {outcome.died_at}" if outcome.died_at is not None else ""
    tail = "\n".join(outcome.log.splitlines()[-LOG_LINES:])
    return f"{outcome}\nAlone: python -m tests.faults --seed {outcome.plan.seed}{step} -v\n{tail}"


def test_a_seed_means_the_same_every_time() -> None:
    assert [plan_of(seed) for seed in range(SEEDS)] == [plan_of(seed) for seed in range(SEEDS)]
    assert SEEDS >= 200
