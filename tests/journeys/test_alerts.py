"""Alerts as people meet them: said, tapped, in a group's topic, in Chinese; fired once, late, with a plan."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator

import pytest

from bot.alerts.chat.judging import MOST_IN_A_GROUP
from bot.alerts.service import Alerts
from bot.app.wiring import build
from bot.notifications.rate_limits import UNLIMITED
from bot.sandbox.telegram.driver import ChatMessage
from tests.support.world import ALICE, BOB, CAROL, DESK, Person, World, code_in

pytestmark = pytest.mark.both_databases

SOL, PERP = "SOL_USDC", "SOL_USDC_PERP"


async def _prices(world: World, price: str) -> None:
    """The whole market of SOL goes there."""
    for symbol in (SOL, PERP):
        await world.price(symbol, price)


async def _told(person: Person, expect: str) -> list[str]:
    """Every message that says so."""
    return [m.text for m in await person.chat.messages() if m.from_bot and expect in m.text]


async def _topic(world: World) -> int:
    chats = (await world.chats.get("chats", user_id=ALICE))["chats"]
    first = next(chat for chat in chats if chat["id"] == DESK)["topics"][0]
    return int(first["id"] if isinstance(first, dict) else first)


async def test_a_sentence_sets_an_alert_that_fires_once(world: World, carol: Person) -> None:
    card = await carol.says("a sol > 160", "Alert set")
    assert "SOL-PERP price above $160" in card.text
    assert code_in(card) == "alert SOL > 160"
    await carol.chat.wait_for(lambda m: m.id == card.id and "Last 30 days" in m.text)
    await _prices(world, "161")
    fired = await carol.sees("🔔 SOL-PERP price above $160\n", after=card.revision)
    assert fired.labels == ("Again", "Price", "Alerts")
    await _prices(world, "150")
    await _prices(world, "162")
    await carol.says("/alerts", "None yet")
    assert len(await _told(carol, "🔔 SOL-PERP price above $160\n")) == 1


async def _comes_again(world: World, message: ChatMessage) -> None:
    """Telegram delivers a message once more, under another update id."""
    arrival = world.bot.telegram.intake.take({"update_id": next(_updates), "message": message.raw})
    assert arrival is not None
    await arrival.ended


_updates = itertools.count(10**9)


async def test_a_message_delivered_twice_is_one_alert(world: World, carol: Person) -> None:
    await carol.says("a sol > 160", "Alert set")
    typed = next(m for m in await carol.chat.messages() if m.text == "a sol > 160")
    await _comes_again(world, typed)
    await carol.says("/alerts", "Alerts (1)")
    await _prices(world, "161")
    await carol.sees("🔔 SOL-PERP price above $160\n")
    await _prices(world, "150")
    await _comes_again(world, typed)
    await carol.says("/alerts", "None yet")
    await carol.says("a sol > 160", "Alert set")


async def test_what_holds_already_is_refused_with_the_way_out(world: World, carol: Person) -> None:
    await carol.says("a sol > 140", "That is so already")
    await carol.taps("When it comes true again", "Alert set")
    await _prices(world, "139")
    await _prices(world, "141")
    await carol.sees("🔔 SOL-PERP price above $140\n")


async def test_a_command_may_say_what_the_alert_is_about(world: World, carol: Person) -> None:
    await carol.says("/price alert sol > 160", "Alert set")
    await carol.says("/alerts", "Alerts (1)")


async def test_undo_takes_it_back_and_again_sets_it_anew(world: World, carol: Person) -> None:
    await carol.says("alert sol below 140 repeat label dip", "Alert set")
    await carol.taps("Undo", "Undone")
    await carol.says("/alerts", "None yet")
    await carol.taps("Again", "Alert set")
    listed = await carol.says("/alerts", "Alerts (1)")
    assert "dip: SOL-PERP price below $140" in listed.text


async def test_an_alert_is_listed_paused_changed_and_deleted(world: World, carol: Person) -> None:
    await carol.says("alert sol > 160 repeat", "Alert set")
    listed = await carol.says("/alerts", "Alerts (1)")
    await carol.taps("1. SOL", "every time", on=listed.id)
    await carol.taps("Pause", "⏸", on=listed.id)
    await _prices(world, "161")
    await _prices(world, "150")
    await carol.taps("Resume", "🔔", on=listed.id)
    await carol.taps("Change", "new number", on=listed.id)
    await carol.taps("+1%", "$161.60", on=listed.id)
    await carol.taps("Change", "new number", on=listed.id)
    shown = await carol.says("170", "$170")
    assert "alert SOL > 170" in shown.text
    await _prices(world, "165")
    await _prices(world, "171")
    fired = await carol.sees("$171 at")
    assert fired.labels == ("Pause", "Delete", "Price", "Alerts")
    await carol.taps("Delete", "Deleted", on=fired.id)
    await carol.says("/alerts", "None yet")
    assert await _told(carol, "🔔 SOL-PERP price above $160\n") == []


async def test_buttons_alone_lead_to_a_preview_with_a_picture(world: World, carol: Person) -> None:
    await carol.says("/start", "Rucksack")
    await carol.taps("Menu", "Menu")
    await carol.taps("🔔 Alerts", "None yet")
    await carol.taps("New alert", "what about?")
    await carol.taps("SOL", "what happens?")
    await carol.taps("Price above", "which level?")
    await carol.taps("(+10%)", "how often?")
    shown = await carol.taps("Once", "Save this alert?")
    assert shown.raw.get("photo"), shown.raw.keys()
    assert "$165" in shown.text
    assert "Last 30 days" in shown.text
    await carol.taps("Save", "Alert set", on=shown.id)
    await _prices(world, "166")
    await carol.sees("🔔 SOL-PERP price above $165\n")


async def test_a_level_may_be_typed_between_the_taps(world: World, carol: Person) -> None:
    await carol.says("/alert", "what about?")
    await carol.taps("SOL", "what happens?")
    await carol.taps("Price below", "which level?")
    shown = await carol.says("123", "Save this alert?")
    await carol.taps("Cancel", "None yet", on=shown.id)


async def test_in_chinese(world: World) -> None:
    carol = world.person(CAROL)
    await carol.says("/start", "Rucksack")
    await carol.taps("Language")
    await carol.taps("简体中文", "简体中文")
    card = await carol.says("提醒 sol 高于 160 每1小时", "已设提醒")
    assert "SOL-PERP 价格高于 $160" in card.text
    await carol.chat.wait_for(lambda m: m.id == card.id and "过去 30 天" in m.text)
    await _prices(world, "161")
    fired = await carol.sees("🔔 SOL-PERP 价格高于 $160\n", after=card.revision)
    assert fired.labels == ("暂停", "删除", "价格", "提醒")
    await carol.says("/alerts", "提醒（1）")


async def test_in_a_topic_it_speaks_there_and_belongs_to_its_maker(world: World, carol: Person) -> None:
    here, other = world.person(CAROL, DESK), world.person(BOB, DESK)
    thread = await _topic(world)
    card = await here.says("/a sol > 160 repeat", "Alert set", thread_id=thread)
    assert card.raw["message_thread_id"] == thread
    await _prices(world, "161")
    fired = await here.sees("🔔 SOL-PERP price above $160\n", after=card.revision)
    assert fired.raw["message_thread_id"] == thread
    assert "别人" in await other.is_told("Pause", on=fired.id)
    await other.is_told("Delete", on=fired.id)
    await here.says("/alerts", "Alerts (1)", thread_id=thread)
    await world.person(ALICE, DESK).taps("Delete", "Deleted", on=fired.id)  # who owns the group
    await here.says("/alerts", "None yet", thread_id=thread)
    assert await _told(carol, "🔔 SOL") == []


async def test_what_an_account_does_is_told_to_its_owner_alone(world: World, carol: Person) -> None:
    here = world.person(CAROL, DESK)
    card = await here.says("/alert fill", "Alert set")
    assert "to our private chat" in card.text
    await here.says("/alerts", "None yet")
    await carol.says("/alerts", "an order of mine fills")


async def test_nobody_fills_a_group_with_alerts(world: World, carol: Person) -> None:
    here = world.person(CAROL, DESK)
    for level in range(MOST_IN_A_GROUP):
        await here.says(f"/a sol > {160 + level}", f"above ${160 + level}")
    await here.says("/a sol > 190", f"You have {MOST_IN_A_GROUP} alerts")


async def test_crossed_together_they_are_one_message(world: World, carol: Person) -> None:
    for level in ("160", "161", "162"):
        await carol.says(f"a sol > {level}", f"above ${level}")
    await _prices(world, "165")
    fired = await carol.sees("$165 at")
    assert fired.text.count("🔔") == 3
    assert fired.labels == ("Alerts",)


# --- plans ---------------------------------------------------------------------------------------------


async def test_a_plan_waits_under_its_alert_for_one_confirm(world: World, carol: Person) -> None:
    card = await carol.says("a sol > 160 then long sol $200 sl 3%", "Alert set")
    assert "Plan: long SOL $200 sl 3%" in card.text
    await _prices(world, "161")
    fired = await carol.sees("Long SOL-PERP", after=card.revision)
    assert "🔔 SOL-PERP price above $160" in fired.text
    assert await world.sent() == []
    await carol.taps("✅", on=fired.id)
    await carol.sees("Filled", after=fired.revision)
    (order,) = await world.sent()
    assert (order["side"], order["symbol"]) == ("Bid", PERP)
    assert len(await _told(carol, "🔔 SOL-PERP price above $160")) <= 1


async def test_an_armed_plan_goes_once_within_its_limit(world: World, carol: Person) -> None:
    shown = await carol.says("a sol > 160 then arm max $300 long sol $200", "Save this alert?")
    assert "without asking" in shown.text
    assert "up to $300.00" in shown.text
    await carol.taps("Save", "Alert set", on=shown.id)
    await _prices(world, "161")
    await carol.sees("Sent without asking, as you armed it: Long")
    await carol.sees("Filled")
    assert len(await world.sent()) == 1


async def test_an_armed_plan_above_its_limit_asks(world: World, carol: Person) -> None:
    shown = await carol.says("a sol > 160 then arm max $100 long 1 sol", "Save this alert?")
    await carol.taps("Save", "Alert set", on=shown.id)
    await _prices(world, "161")
    asked = await carol.sees("above its limit of $100.00")
    assert "Long SOL-PERP" in asked.text
    assert await world.sent() == []
    await carol.taps("✅", on=asked.id)
    await carol.sees("Filled", after=asked.revision)


async def test_a_plan_without_a_limit_is_not_armed(world: World, carol: Person) -> None:
    await carol.says("a sol > 160 then arm long 1 sol", "needs a limit")
    await carol.says("a sol > 160 then long sol", "size")
    await carol.says("/alerts", "None yet")


async def test_a_plan_that_cannot_be_priced_says_why_under_the_alert(world: World, carol: Person) -> None:
    await carol.says("a sol > 160 then long sol $900000", "Alert set")
    await _prices(world, "161")
    fired = await carol.sees("has no preview now")
    assert "🔔 SOL-PERP price above $160" in fired.text


# --- a life without us ---------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def _sleeping(world: World) -> AsyncIterator[None]:
    """Nobody watches inside; afterwards an heir does for a while, on the same database."""
    await world.bot.services.get(Alerts).stop()
    await world.bot.feed.stop()
    yield
    heir = build(world.bot.settings, world.masters, clock=world.clock, rates=UNLIMITED)
    await heir.client.refresh_clock()
    await heir.feed.start()
    await heir.services.get(Alerts).start()
    try:
        async with asyncio.timeout(20):
            while not await heir.services.get(Alerts).missed(CAROL, 0):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    finally:
        await heir.services.get(Alerts).stop()
        await heir.feed.stop()
        await heir.client.aclose()
        await heir.database.close()
    world.bot.services.outbox.kick()


async def test_after_a_restart_it_is_told_late_and_listed(world: World, carol: Person) -> None:
    await carol.says("a sol > 160", "Alert set")
    async with _sleeping(world):
        world.clock.skip(300)
        await _prices(world, "161")
        await _prices(world, "150")
        world.clock.skip(300)
    fired = await carol.sees("I could not watch then")
    assert "🔔 SOL-PERP price above $160" in fired.text
    await carol.says("/missed", "late")
    assert len(await _told(carol, "🔔 SOL-PERP price above $160\n")) == 1


async def test_a_plans_bare_number_keeps_what_the_default_was(world: World, carol: Person) -> None:
    asked = await carol.says("long sol 20", "What does 20 mean?")
    await carol.taps("Always dollars", "Account", on=asked.id)
    await carol.says("a sol > 170 then long sol 20", "Plan: long SOL $20")
    armed = await carol.says("a sol > 171 then arm long sol 30", "up to $30")
    assert "long SOL $30" in armed.text
    await carol.says("a sol > 172 then long sol 150", "How much SOL?")  # it may be a price


async def test_an_alert_typed_anew_is_judged_like_a_new_one(world: World, carol: Person) -> None:
    for number, (line, told) in enumerate(
        (
            ("then arm long sol qty 1", "needs a limit"),
            ("then long sol", "How much SOL?"),
            ("then arm long sol $100", "Save this alert?"),
        )
    ):
        level = 170 + number
        made = await carol.says(f"a sol > {level}", "Alert set")
        await carol.taps("Change", "type the new number", on=made.id)
        answer = await carol.says(f"a sol > {level} {line}", told)
        assert "Alert set" not in answer.text
    listed = await carol.says("/alerts", "Alerts (3)")
    assert "⚡" not in listed.text
    denied = await carol.says("a sol > 180", "Alert set")
    await carol.taps("Change", "type the new number", on=denied.id)
    await world.person(ALICE).says(f"/deny {CAROL}", "is not let in")
    await carol.says("a sol > 180 then arm long sol $100", "You can close here, but not open")
