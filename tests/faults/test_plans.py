"""A few deaths around the firing of an armed plan; many are `python -m tests.faults.plans`."""

from __future__ import annotations

import pytest

from tests.faults.databases import Kind
from tests.faults.plans import sweep


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("kind", "deaths"), [("sqlite", 2), pytest.param("postgres", 1, marks=pytest.mark.postgres)]
)
async def test_an_armed_plan_goes_once_or_asks_wherever_the_bot_dies(
    kind: Kind, deaths: int, request: pytest.FixtureRequest
) -> None:
    if kind == "postgres":
        request.getfixturevalue("postgres_server")  # or a skip that says what is missing
    outcomes = await sweep(kind, deaths)
    assert [outcome.complaints for outcome in outcomes] == [[]] * (deaths + 1)
    assert outcomes[0].ordered == 1
    assert sum(outcome.deaths for outcome in outcomes) >= deaths
