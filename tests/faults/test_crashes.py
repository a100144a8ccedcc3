"""The bot is killed at awaits from the Confirm tap to the final message, while networks fail.

No order twice, none lost, none misreported, and the user always has a last word. What a landing runs is a
sample of `make faults`, spread over every journey and every affliction: docs/faults.md.
"""

from __future__ import annotations

import pytest

from tests.faults.plan import SEEDS, plan_of
from tests.faults.points import OUT
from tests.faults.programme import EVERYTHING, LANDING, Report, Share, run, told

TOLD = 3  # further failures teach nothing new
ENOUGH = 0.9  # of the points aimed at: schedules and threads have some freedom


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    "share",
    [
        pytest.param(one, id=one.database, marks=[pytest.mark.postgres] * (one.database != "sqlite"))
        for one in LANDING
    ],
)
async def test_a_killed_bot_duplicates_loses_and_misreports_nothing(
    share: Share, request: pytest.FixtureRequest
) -> None:
    if share.database == "postgres":
        request.getfixturevalue("postgres_server")  # or a skip that says what is missing
    report = await run(share)
    print(report)
    assert not report.bad, "\n\n".join(told(outcome) for outcome in report.bad[:TOLD])
    _aimed_well(report)


def _aimed_well(report: Report) -> None:
    """A sweep that kills nobody proves nothing."""
    killed = sum(len(made.killed) for made in report.sweeps)
    assert killed >= ENOUGH * sum(len(made.aimed) for made in report.sweeps)
    for made in report.sweeps:
        functions = {point.function for point in made.points if point.side == OUT}
        assert "bot.exchange.backpack.transport:Transport._round_trip" in functions  # the order on its way
        assert any(name.startswith("bot.kernel.storage.database:") for name in functions)  # a transaction


def test_a_seed_means_the_same_every_time() -> None:
    assert [plan_of(seed) for seed in range(SEEDS)] == [plan_of(seed) for seed in range(SEEDS)]
    assert sum(len(share.seeds) for share in EVERYTHING) >= 200
