"""What an operator promises to groups and people, and what nobody can be promised."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.rebates.model.rebate import Month
from bot.rebates.shares import Shares
from tests.support.world import ALICE, BOB, CAROL, DESK, World, open_world

pytestmark = pytest.mark.both_databases


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with open_world(database_url) as opened:
        for user in (ALICE, BOB):
            await opened.person(user).says("/start", "Rucksack")
        yield opened


async def test_shares_are_promised_listed_and_ended(world: World) -> None:
    alice, desk = world.person(ALICE), world.person(ALICE, DESK)
    this = Month.of(world.clock())
    await alice.says("/share", "No share of the rebate is promised")
    stub = await desk.says("/share @here 20%")
    assert "20%" not in stub.text
    await alice.sees(f"group:{DESK} gets 20% of the rebate of its orders from {this}")
    told = await alice.says(f"/share {BOB} 12.5% from {this.next} to {this.next.next}", "gets 12.5%")
    assert f"from {this.next} to the end of {this.next.next}" in told.text
    listed = await alice.says("/share", "Shares of the rebate")
    for words in (f"group:{DESK}", "20% from", "12.5% from", "Trader ", f"ends with {this.next.next.next}"):
        assert words in listed.text
    await alice.says(f"/share {DESK} 0%", "gets no share")
    assert f"ends with {this}" in (await alice.says("/share", "Shares of the rebate")).text


async def test_what_does_not_fit_is_refused_with_the_mend(world: World) -> None:
    alice, desk = world.person(ALICE), world.person(ALICE, DESK)
    this = Month.of(world.clock())
    await desk.says("/share @here 60%")
    await alice.sees("gets 60%")
    await alice.says(f"/share {BOB} 41%", "At most 40% fits")
    await alice.says(f"/share {BOB} 40%", "gets 40%")
    for line, words in (
        ("/share @here 20%", "This is no group"),
        (f"/share {CAROL} 20%", "must have sent me /start"),
        ("/share -100777 20%", "I do not know"),
        (f"/share {BOB} 101%", "ends it"),
        (f"/share {BOB} 20", "ends it"),
        (f"/share {BOB} 20% from 2026-13", "ends it"),
        (f"/share {BOB} 20% from {this.next} to {this}", "ends it"),
        (f"/share {BOB} 20% from {this.previous}", "is over"),
    ):
        await alice.says(line, words)


async def test_nobody_but_an_operator_promises(world: World) -> None:
    bob = world.person(BOB)
    answer = await bob.says(f"/share {BOB} 50%")
    assert "gets" not in answer.text
    assert await world.bot.services.get(Shares).every() == []
