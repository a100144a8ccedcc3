"""When a month is closed, whoever shares in it hears of it once: the owner, the person, the operator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlmodel import col

from bot.notifications.tables import OutboxMessage
from bot.rebates.jobs.monthly import FIRST_MINUTE
from bot.rebates.jobs.statements import MINUTE, SERIES
from bot.rebates.model.rebate import Month
from bot.rebates.model.revenue_shares import GROUP, PERSON, Party
from bot.rebates.shares import Shares
from bot.rebates.storage import ledger_parties
from bot.sandbox.telegram.config import Group, Person
from tests.journeys.test_rebates import the_first
from tests.rebates.rows import a_ledger_fill
from tests.support.world import ALICE, BOB, CAROL, DESK, World, open_world

pytestmark = pytest.mark.both_databases

CLUB = -1001000000007  # Bob's group; Alice, the operator, is not in it
OWNERLESS = -1001000000008
PEOPLE = tuple(Person(user, name, name) for user, name in ((ALICE, "Alice"), (BOB, "Bob"), (CAROL, "Carol")))


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    groups = (
        Group(DESK, "Trading desk", {ALICE: "creator", BOB: "member", CAROL: "member"}),
        Group(CLUB, "Bob's club", {BOB: "creator", CAROL: "member"}),
    )
    async with open_world(database_url, groups=groups, people=PEOPLE) as opened:
        for user in (ALICE, BOB, CAROL):
            await opened.person(user).says("/start", "Rucksack")
        yield opened


async def traded(world: World, user_id: int, group_id: int | None) -> str:
    """A booked fill of this month that earned $0.19; the trader's pseudonym."""
    shares = world.bot.services.get(Shares)
    person = await shares.person(user_id)
    assert person is not None
    async with world.bot.database.write() as session:
        session.add(a_ledger_fill(person, at_ms=world.clock(), group_id=group_id))
    return person.pseudonym


async def the_statements(world: World) -> None:
    """Let the month end and be told, and the hour of its statements come."""
    month = await the_first(world)
    await world.person(ALICE).sees(f"The month {month} is over", timeout=20)
    world.clock.skip((MINUTE - FIRST_MINUTE) * 60)
    world.bot.schedule.look_again(SERIES)


async def test_each_hears_of_their_own_statement_once(world: World) -> None:
    alice, bob, carol = (world.person(user) for user in (ALICE, BOB, CAROL))
    shares, month = world.bot.services.get(Shares), Month.of(world.clock())
    hidden = await traded(world, CAROL, CLUB)
    shown = await traded(world, BOB, CLUB)
    lonely = await traded(world, CAROL, OWNERLESS)
    assert lonely == hidden
    person = await shares.person(CAROL)
    assert person is not None
    for party, rate in (
        (Party(GROUP, CLUB), "0.5"),
        (Party(GROUP, OWNERLESS), "0.5"),
        (Party(PERSON, person.id), "0.5"),
    ):
        assert await shares.promise(party, Decimal(rate), month, None, ALICE) is None
    listed = await bob.says("/settings", "Settings")
    page = await bob.taps("Name in statements", on=listed.id)
    await bob.taps("Show my id", "show your Telegram id", on=page.id)
    await the_statements(world)
    of_club = await bob.sees("Your share, 50%")
    assert f"{shown} (id {BOB})" in of_club.text
    assert hidden in of_club.text
    assert str(CAROL) not in of_club.text
    own = await carol.sees("Your share, 50%")
    assert "Volume $2,000.00 in 2 fills" in own.text
    await alice.sees("After all shares")
    handed = await alice.sees("reached nobody")
    assert f"--for group:{OWNERLESS}" in handed.text
    world.bot.schedule.look_again(SERIES)
    async with asyncio.timeout(10), world.bot.database.read() as session:
        told = select(col(OutboxMessage.dedupe_key)).where(
            col(OutboxMessage.dedupe_key).startswith("statement:")
        )
        assert len((await session.scalars(told)).all()) == 4


async def test_who_is_forgotten_stays_a_pseudonym(world: World) -> None:
    carol = world.person(CAROL)
    pseudonym = await traded(world, CAROL, CLUB)
    await world.bot.services.get(Shares).set_named(CAROL, True)
    await world.bot.vault.forget(CAROL)
    async with world.bot.database.read() as session:
        assert await ledger_parties.named(session, {pseudonym}) == {}
    answer = await carol.says("/settings", "Settings")
    assert "show a pseudonym" in answer.text
