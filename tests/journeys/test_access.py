"""Whom the operator lets in: strangers ask once, operators decide, nobody is locked out of their exits."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.access.chat import MOST_AN_HOUR
from bot.kernel.storage import audit
from bot.people import users
from bot.sandbox.telegram.config import Person as TelegramPerson
from bot.sandbox.telegram.config import default_people
from tests.support.world import ALICE, BOB, CAROL, DESK, Person, World, open_world

pytestmark = pytest.mark.both_databases


@pytest.fixture
async def guarded(database_url: str) -> AsyncIterator[World]:
    """A bot whose operator, Alice, lets people in."""
    async with open_world(database_url, access="approved") as opened:
        await opened.person(ALICE).says("/start", "Rucksack")
        yield opened


async def _asks(world: World) -> tuple[Person, Person]:
    """Carol has asked; Alice is told."""
    alice, carol = world.person(ALICE), world.person(CAROL)
    await carol.says("/start", "The operator must let you in first")
    await alice.sees("Somebody asks to be let in")
    return alice, carol


async def _trades(world: World) -> tuple[Person, Person]:
    """Carol is in and holds a position with a resting order beside it."""
    alice, carol = await _asks(world)
    await alice.taps("Approve", f"{CAROL} is let in")
    await carol.sees("has let you in")
    await carol.links("Carol")
    for line, expect in (("long sol $200 sl 3%", "Filled"), ("long sol $50 at 140", "Open")):
        preview = await carol.says(line, "Account")
        await carol.taps("✅", expect, on=preview.id)
    return alice, carol


async def test_a_stranger_is_let_in_by_a_tap_of_the_operator(guarded: World) -> None:
    alice, carol = await _asks(guarded)
    asked = await alice.sees("Somebody asks")
    assert str(CAROL) in asked.text
    assert "Carol" in asked.text
    for line in ("/link", "long sol $200", "/price sol", "/positions"):
        await carol.says(line, "must let you in first")
    await alice.taps("Approve", f"{CAROL} is let in", on=asked.id)
    await carol.sees("The operator has let you in")
    await carol.links("Carol")
    async with guarded.bot.database.read() as session:
        assert (await audit.verify(session)).intact


async def test_the_operator_hears_of_a_stranger_once(guarded: World) -> None:
    alice, carol = await _asks(guarded)
    for _ in range(3):
        await carol.says("/start", "I have told them")
    told = [m for m in await alice.chat.messages() if "Somebody asks" in m.text]
    assert len(told) == 1


async def test_a_stranger_taps_in_vain(guarded: World) -> None:
    alice, carol = await _asks(guarded)
    hello = await carol.sees("The operator must let you in first")
    for data in ("menu:link", "link:generate", "menu:long", "go:long sol $5", "acc:0", "w:long|SOL"):
        assert "expired" in await carol.is_told(data, on=hello.id, forged=True)
    assert "expired" in await carol.is_told(f"adm:ok:{CAROL}", on=hello.id, forged=True)
    await carol.says(f"/approve {CAROL}", "must let you in first")
    await carol.taps("Language", "Language", on=hello.id)
    await alice.says("/users", f"{CAROL} · waiting")


async def test_a_stranger_in_a_group_is_told_where_to_ask(guarded: World) -> None:
    here = guarded.person(CAROL, DESK)
    await here.says("/price sol", "must let you in first")


async def test_a_strangers_line_hides_behind_no_command(guarded: World) -> None:
    """A word that everybody may say does not carry in what stands beneath it."""
    carol, here = guarded.person(CAROL), guarded.person(CAROL, DESK)
    for line in ("price sol", "alert sol > 300", "positions"):
        await carol.says(f"/help@rucksack_bot\n{line}", "must let you in first")
    await here.says("/help@rucksack_bot\nalert sol > 300", "must let you in first")
    assert "must let you in first" not in (await here.says("/help")).text


async def test_who_is_denied_may_still_leave(guarded: World) -> None:
    alice, carol = await _trades(guarded)
    preview = await carol.says("long sol $100", "Account")
    await alice.says(f"/deny {CAROL}", "is not let in")
    await carol.sees("The operator does not let you in")
    await carol.taps("✅", "You can close here, but not open", on=preview.id)
    for line in ("long sol $100", "/long sol $100", "/buy", "/link", "long sol $5; close sol"):
        await carol.says(line, "You can close here, but not open")
    await carol.says("/positions", "SOL-PERP long")
    asked = await carol.says("cancel all", "without a stop")
    await carol.taps("Cancel all", "Cancelled", on=asked.id)
    preview = await carol.says("close sol", "Close long")
    await carol.taps("✅", "Filled", on=preview.id)
    await carol.says("/forget", "Forget you entirely?")
    await carol.taps("Erase everything", "Forgotten")
    await carol.says("/start", "has not let you in")
    assert len(await guarded.sent()) == 3


async def test_a_denial_can_be_taken_back(guarded: World) -> None:
    alice, carol = await _trades(guarded)
    await alice.says(f"/deny {CAROL}", "is not let in")
    await alice.says(f"/approve {CAROL}", "is let in")
    preview = await carol.says("long sol $100", "Account")
    await carol.taps("✅", "Filled", on=preview.id)


async def test_somebody_unseen_can_be_let_in_and_an_operator_cannot_be_let_out(guarded: World) -> None:
    alice = guarded.person(ALICE)
    await alice.says(f"/approve {BOB}", "is let in")
    await guarded.person(BOB).says("/start", "Backpack")
    await alice.says(f"/deny {ALICE}", "is an operator")
    for nonsense in ("/approve", "/approve bob", "/deny @carol", "/deny 99999999999999999999"):
        await alice.says(nonsense, "Give the numeric Telegram id")


async def test_where_the_door_is_open_a_denial_still_counts(world: World, carol: Person) -> None:
    alice = world.person(ALICE)
    await alice.says("/start", "Rucksack")
    await alice.says(f"/deny {CAROL}", "is not let in")
    await carol.says("long sol $100", "You can close here, but not open")
    await alice.says(f"/approve {CAROL}", "is let in")
    await carol.says("long sol $100", "Account")


async def test_a_crowd_of_strangers_does_not_bury_the_operator(database_url: str) -> None:
    crowd = tuple(TelegramPerson(5000 + n, f"Person {n}") for n in range(MOST_AN_HOUR + 5))
    people = (*default_people(), *crowd)
    async with open_world(database_url, people=people, access="approved") as world:
        alice = world.person(ALICE)
        await alice.says("/start", "Rucksack")
        for one in crowd:
            await world.person(one.id).says("/start", "The operator must let you in first")
        told = await alice.sees("More people ask")
        asked = [m for m in await alice.chat.messages() if "Somebody asks" in m.text]
        assert len(asked) == MOST_AN_HOUR
        listed = await alice.taps("People", f"People: {len(crowd) + 1}", on=told.id)
        assert len([label for label in listed.labels if label.startswith("✅")]) == 8
        await alice.taps("Next", "2", on=listed.id)
        async with world.bot.database.read() as session:
            assert await users.count(session) == len(crowd) + 1
