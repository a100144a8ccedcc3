"""Who referred a user: asked once, answered by a tap or a line, set by an operator, unknown until then."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlmodel import col

from bot.kernel.storage.operating_tables import AuditEntry
from bot.rebates.model.rebate import Month, nano
from bot.rebates.storage.tables import AffiliateRate, RateSource
from tests.support.books import places, rows
from tests.support.world import ALICE, CAROL, Person, World, code_in

pytestmark = pytest.mark.both_databases


async def said(world: World) -> list[tuple[Decimal | None, RateSource, int | None]]:
    async with world.bot.database.read() as session:
        found = (await session.scalars(select(AffiliateRate).order_by(col(AffiliateRate.id)))).all()
    return [(one.rate, one.source, one.user_id) for one in found]


async def test_who_links_is_asked_once_and_the_answer_revises_what_was_booked(world: World) -> None:
    carol = world.person(CAROL)
    await carol.says("/start", "Rucksack")
    await carol.says("/link", "Link")
    shown = await carol.taps("Make a key", "Public Key")
    await carol.opens_account(code_in(shown), label="Carol")
    linked = await carol.taps("Done", "Did somebody refer you to Backpack?")
    await places(carol, "long sol $200")
    (first,) = await rows(world, 1)
    assert (first.affiliate, first.share) == (None, Decimal("0.2"))
    await carol.says("/referral 45%", "Your answer: yes, 45% of the fees.")
    _, back, again = await rows(world, 3)
    assert (back.accrued, again.affiliate, again.share) == (-first.accrued, Decimal("0.45"), Decimal("0.05"))
    assert (again.why, again.accrued) == ("affiliate rate", nano(again.earning * Decimal("0.05")))
    assert await said(world) == [(Decimal("0.45"), RateSource.USER, None)]
    await carol.taps("Nobody", "Your answer: nobody.", on=linked.id)
    assert (await rows(world, 5))[4].share == Decimal("0.2")
    await carol.links("Carol")
    assert "refer" not in (await carol.chat.messages())[-1].text


async def test_the_question_is_found_under_fees_in_both_languages(world: World, carol: Person) -> None:
    page = await carol.says("/fees", "Fees")
    asked = await carol.taps("Referrer", "Did somebody refer you", on=page.id)
    await carol.taps("I do not know", "not known", on=asked.id)
    assert "not known" in (await carol.says("/referral", "Did somebody")).text
    await carol.taps("Yes, another part", "/referral 15%")
    assert await said(world) == [(None, RateSource.USER, None)]
    await carol.says("/referral 150%", "Nobody gets more than 50%")
    await carol.says("/referral 50.1%", "Nobody gets more than 50%")
    await carol.says("/settings", "Settings")
    await carol.taps("Language")
    await carol.taps("中文", "中文")
    await carol.says("/referral 10", "手续费的 10%")


async def test_an_operator_sets_it_and_holds(world: World, carol: Person) -> None:
    alice = world.person(ALICE)
    await alice.says("/start", "Rucksack")
    for line in (
        "/affiliate",
        "/affiliate carol 10%",
        f"/affiliate {CAROL} much",
        f"/affiliate {CAROL} 10% 2026-13",
    ):
        await alice.says(line, "Whose, and how much")
    await alice.says("/affiliate 77 10%", "Nobody with the id 77")
    await places(carol, "long sol $200")
    await rows(world, 1)
    month = Month.of(world.clock())
    told = await alice.says(f"/affiliate {CAROL} 40% {month.previous}", "40% from")
    assert str(month.previous) in told.text
    assert "Bookings revised: 1" in told.text
    assert (await rows(world, 3))[2].share == Decimal("0.1")
    await carol.says("/referral none", "The operator has set")
    await alice.says(f"/affiliate {CAROL} unknown", "not known")
    await carol.says("/referral none", "Your answer: nobody.")
    await carol.says(f"/affiliate {CAROL} 1%")
    assert [one[0] for one in await said(world)] == [Decimal("0.4"), None, Decimal(0)]
    async with world.bot.database.read() as session:
        acts = select(AuditEntry).where(col(AuditEntry.action) == "affiliate").order_by(col(AuditEntry.seq))
        noted = (await session.scalars(acts)).all()
    assert [(one.user_id, json.loads(one.detail)["rate"]) for one in noted] == [
        (ALICE, "0.4"),
        (ALICE, "unknown"),
    ], "only an operator's word, noted where it is written"


async def test_what_stands_is_shown_month_by_month(world: World, carol: Person) -> None:
    alice = world.person(ALICE)
    await alice.says("/start", "Rucksack")
    await alice.says(f"/affiliate {CAROL} 60%", "Nobody gets more than 50%")
    await alice.says(f"/affiliate {CAROL} 10% 2027-12", "10% from 2027-12 on")
    told = await alice.says(f"/affiliate {CAROL} 30% 2026-01", "30%, 2026-01 to 2027-11")
    assert "10% from 2027-12 on" in told.text
    told = await alice.says(f"/affiliate {CAROL} 30% 2027-12", "30% from 2026-01 on")
    assert "2027" not in told.text
