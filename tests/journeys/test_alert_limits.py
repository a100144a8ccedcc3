"""One person's alerts cannot load the database, the outbox, or anybody's chat."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from bot.alerts.service import Alerts
from bot.alerts.storage.tables import Alert, AlertState, Firing, FiringState
from bot.app.housekeeping import tidy
from bot.domain.alerts.alert import AlertOptions, PriceLevel, Trend
from bot.domain.alerts.limits import LIMITS
from bot.domain.intent import AlertIntent
from bot.language import canonical
from bot.people import users
from tests.support.world import Person, World

SOL, PERP = "SOL_USDC", "SOL_USDC_PERP"
DAY_MS = 86_400_000


async def _prices(world: World, price: str) -> None:
    for symbol in (SOL, PERP):
        await world.price(symbol, price)


async def _firings(world: World) -> int:
    async with world.bot.database.read() as session:
        return await session.scalar(select(func.count()).select_from(Firing)) or 0


async def _delivered(world: World) -> None:
    """Until no firing waits for its message's fate: such a one is kept."""
    waiting = select(func.count()).where(col(Firing.state) == FiringState.FIRED)
    async with asyncio.timeout(10):
        while True:
            async with world.bot.database.read() as session:
                if not await session.scalar(waiting):
                    return
            await asyncio.sleep(0.1)


async def test_an_alert_too_fine_is_refused_with_the_finest(world: World, carol: Person) -> None:
    for line, least in (
        ("a sol moves 0.0001% in 1m repeat", "0.1%"),
        ("a sol trail 0.001%", "0.1%"),
        ("a sol spread > 0.00001% repeat", "0.001%"),
        ("a sol oi moves 0.01% in 1h", "0.5%"),
        ("a liquidation > $1 repeat", "$1,000"),
    ):
        refused = await carol.says(line, "too fine")
        assert least in refused.text
        assert any(label.startswith("▸") for label in refused.labels)
    await carol.says("/alerts", "None yet")


async def test_a_repeating_alert_speaks_at_most_once_a_minute(world: World, carol: Person) -> None:
    made = await carol.says("a sol > 151 repeat", "Alert set")
    assert "at most once a minute" in made.text
    for price in ("152", "150", "152", "150", "152", "150"):
        await _prices(world, price)
        await asyncio.sleep(0.15)
    await carol.sees("🔔 SOL-PERP price above $151\n")
    assert await _firings(world) == 1


async def test_what_is_beyond_a_persons_share_is_summed_up(world: World, carol: Person) -> None:
    alerts, many = world.bot.services.get(Alerts), LIMITS.firings + 12
    async with world.bot.database.read() as session:
        user = await users.get(session, carol.chat.user_id)
    assert user is not None
    for number in range(many):
        level = Decimal(151) + Decimal(number) / 100
        intent = AlertIntent(PriceLevel("SOL", level, Trend.UP), AlertOptions(repeat=True))
        made = await alerts.create(user, user.id, None, intent, canonical(intent))
        assert isinstance(made, Alert)
    once = AlertIntent(PriceLevel("SOL", Decimal("151.5"), Trend.UP))
    await alerts.create(user, user.id, None, once, canonical(once))
    await _prices(world, "155")
    for _ in range(50):
        if await _firings(world) >= LIMITS.firings:
            break
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.5)
    assert await _firings(world) == LIMITS.firings + 1  # what speaks once is never held back
    world.clock.skip(61)
    told = await carol.sees("12 more firings")
    assert "cooldown" in told.text


@pytest.mark.parametrize("old_days", [31])
async def test_firings_and_spent_alerts_do_not_stay_for_good(
    world: World, carol: Person, old_days: int
) -> None:
    await carol.says("a sol > 151", "Alert set")
    await _prices(world, "152")
    await carol.sees("🔔 SOL-PERP price above $151\n")
    await _prices(world, "150")
    await carol.says("a sol > 159", "Alert set")
    await _delivered(world)
    now = world.clock()
    async with world.bot.database.write() as session:
        spent = (await session.scalars(select(Alert).where(col(Alert.state) == AlertState.DONE))).one()
        for number in range(2, LIMITS.kept + 40):
            row = Firing(
                alert_id=spent.id,
                sequence=number,
                user_id=spent.user_id,
                detail={},
                happened_ms=now,
                noticed_ms=now,
                state=FiringState.DELIVERED,
            )
            session.add(row)
    await tidy(world.bot.services)
    assert await _firings(world) == LIMITS.kept
    world.clock.skip(old_days * DAY_MS / 1000)
    await tidy(world.bot.services)
    assert await _firings(world) == 0
    async with world.bot.database.read() as session:
        left = (await session.scalars(select(col(Alert.state)))).all()
    assert list(left) == [AlertState.ARMED]
