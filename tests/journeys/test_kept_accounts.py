"""What an account holds is kept by its streams: a preview asks the exchange nothing, and misses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.orders.order import OrderRequest
from bot.domain.values import OrderType, Side
from bot.sandbox.telegram.driver import ChatMessage
from bot.trading import account_states
from tests.support.books import another_program, places
from tests.support.world import Person, World

# Nothing here depends on how the database stores it.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SOL, WIF = "SOL_USDC_PERP", "WIF_USDC_PERP"
LINE = "long sol $200 5x"


async def _asked(world: World, *, signed: bool = True) -> list[str]:
    """What was asked of the exchange since the last look."""
    rows = (await world.admin.get("/sandbox/requests")).raise_for_status().json()
    (await world.admin.delete("/sandbox/requests")).raise_for_status()
    return [f"{row['method']} {row['path']}" for row in rows if row["signed"] or not signed]


async def _preview(world: World, person: Person, line: str = LINE) -> tuple[ChatMessage, list[str]]:
    """A preview, and the signed requests it took."""
    await _asked(world)
    seen = await person.says(line, "Account")
    return seen, await _asked(world)


async def _is_silent(world: World, person: Person) -> bool:
    """Whether a preview takes no request of any kind."""
    await _asked(world)
    await person.says(LINE, "Account")
    return not await _asked(world, signed=False)


async def _quiet_preview(world: World, person: Person, line: str = LINE) -> ChatMessage:
    """The first preview that takes no signed request: the account is known by then."""
    previews: list[ChatMessage] = []

    async def is_quiet() -> bool:
        seen, asked = await _preview(world, person, line)
        previews.append(seen)
        return not asked

    await _until(is_quiet)
    return previews[-1]


async def _until(holds: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.2)


async def _elsewhere(world: World, **order: Any) -> None:
    line = await another_program(world)
    request = OrderRequest(**{"symbol": SOL, "side": Side.BUY, "client_id": 99, **order})
    await line.send(line.prepare_order(request, timestamp_ms=world.clock()))


def _margin(preview: ChatMessage) -> str:
    """The line of the preview that tells what is left."""
    return next(line for line in preview.text.splitlines() if line.startswith("Margin"))


async def test_a_second_preview_asks_the_exchange_nothing(world: World, carol: Person) -> None:
    await _quiet_preview(world, carol)
    await _until(lambda: _is_silent(world, carol))


async def test_what_closes_is_read_from_the_exchange(world: World, carol: Person) -> None:
    await places(carol, LINE)
    await _quiet_preview(world, carol)
    for line in ("close sol", "sl sol 3%", "long sol $50; close sol"):
        _, asked = await _preview(world, carol, line)
        assert "GET /api/v1/position" in asked, line


async def test_a_fill_heard_a_moment_ago_is_in_the_preview(world: World, carol: Person) -> None:
    await _quiet_preview(world, carol)
    for leverage in ("0.03x", "0.04x", "0.06x"):
        await places(carol, LINE)
        seen, _ = await _preview(world, carol)
        assert f"Leverage {leverage}" in seen.text, seen.text


async def test_a_fill_is_reckoned_as_the_exchange_reckons_it(
    world: World, carol: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a trade the account is known without asking, and the preview is the one asking would give."""
    monkeypatch.setattr(account_states, "QUIET_S", 60.0)  # nothing is read in the background
    await _quiet_preview(world, carol)
    await places(carol, LINE)
    kept, asked = await _preview(world, carol)
    assert not asked
    await world.fault(action="close_sockets")
    read, asked = await _preview(world, carol)
    assert "GET /api/v1/capital/collateral" in asked
    assert kept.text == read.text


async def test_a_closed_socket_is_a_gap(world: World, carol: Person) -> None:
    await _quiet_preview(world, carol)
    await world.fault(action="close_sockets")
    _, asked = await _preview(world, carol)
    assert {"GET /api/v1/account", "GET /api/v1/capital", "GET /api/v1/position"} <= set(asked)
    await _quiet_preview(world, carol)


async def test_a_fill_from_elsewhere_is_in_the_next_preview(world: World, carol: Person) -> None:
    await _quiet_preview(world, carol)
    await _elsewhere(world, order_type=OrderType.MARKET, quantity=Decimal("7"))
    seen, _ = await _preview(world, carol)
    assert "Leverage 0.09x" in seen.text, seen.text


async def test_an_order_that_rests_elsewhere_counts_in_the_next_preview(world: World, carol: Person) -> None:
    before = await _quiet_preview(world, carol)
    await _elsewhere(world, order_type=OrderType.LIMIT, quantity=Decimal("100"), price=Decimal("100"))
    after, asked = await _preview(world, carol)
    assert "GET /api/v1/capital/collateral" in asked
    assert _margin(before) != _margin(after)


async def test_an_order_in_doubt_is_asked_about(world: World, carol: Person) -> None:
    await _quiet_preview(world, carol)
    await world.fault(action="drop_after", match={"method": "POST", "path": "/api/v1/order"})
    preview = await carol.says(LINE, "Account")
    await carol.taps("✅", on=preview.id)
    seen, asked = await _preview(world, carol)
    assert "GET /api/v1/position" in asked
    assert "Leverage 0.03x" in seen.text, seen.text


async def test_a_stream_that_lost_a_fill_is_not_believed_for_long(world: World, carol: Person) -> None:
    await _quiet_preview(world, carol)
    await world.fault(action="stream_drop", match={"path": "account", "times": None})
    await _elsewhere(world, order_type=OrderType.MARKET, quantity=Decimal("7"))

    async def is_told() -> bool:
        return "Leverage 0.09x" in (await _preview(world, carol))[0].text

    await _until(is_told, 25)
    _, asked = await _preview(world, carol)
    assert "GET /api/v1/position" in asked
