"""The active one of three bots dies a few times; `python -m tests.faults --takeover 200` is the long form."""

from __future__ import annotations

import pytest

from tests.faults.takeover import take_over
from tests.support.database import PostgresServer


@pytest.mark.postgres
@pytest.mark.timeout(300)
async def test_nothing_is_doubled_lost_or_cut_when_the_active_bot_dies(
    postgres_server: PostgresServer,
) -> None:
    report, log = await take_over(3)
    assert not report.bad, f"{report}\n{log[-20_000:]}"
