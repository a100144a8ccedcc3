"""A short soak with every fault there is; `python -m tests.marketdata.soak` runs it as long as you like."""

from __future__ import annotations

import pytest

from tests.marketdata.soak import soak


@pytest.mark.slow
async def test_no_fault_makes_the_feed_serve_a_wrong_or_stale_market() -> None:
    report = await soak(18, seed=7, rounds=2, disconnects=30)
    assert not report.wrong, "\n".join(report.lines())
    assert report.disconnects == 30
    assert report.books_served > report.books_withheld
    assert report.crossings
