"""While the exchange takes its time, the card says so; an answer in time replaces the preview at once."""

from __future__ import annotations

import pytest

from bot.trading.execution import submission
from tests.support.world import Person, World


async def test_a_slow_answer_shows_the_order_on_its_way_and_then_its_fill(
    world: World, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submission, "PATIENCE_S", 0.05)
    preview = await bob.says("/buy sol $20", "Buy SOL")
    order = {"method": "POST", "path": "/api/v1/order"}
    await world.fault(action="delay_before", ms=600, match=order)
    sending = await bob.taps("✅", "Sending")
    assert sending.id == preview.id
    filled = await bob.sees("Filled", after=sending.revision)
    assert filled.id == preview.id
    assert len(await world.orders()) == 1
