"""A short kill-anywhere run of the alerts; the long one is `python -m tests.faults.alerts --seed N`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.alerts import Plan, Run


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", [1, 2])
async def test_a_killed_watcher_misses_invents_and_repeats_nothing(
    database_url: str, seed: int, tmp_path: Path
) -> None:
    outcome = await Run(Plan(seed, alerts=1_000, deaths=3, longest_life_s=2.0), tmp_path, database_url).go()
    assert outcome.complaints == [], str(outcome)
    assert outcome.crossed > 0
    assert outcome.fired >= outcome.crossed
