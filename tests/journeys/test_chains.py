"""Several statements in one message: one preview, one Confirm, and an honest account of every step."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.sandbox.telegram.driver import ChatMessage
from bot.trading.execution.executor import Executor
from bot.trading.execution.submission import Submission
from bot.trading.storage import operations
from tests.support.world import GIVEN_UP_S, Person, World

pytestmark = pytest.mark.both_databases

ORDER = {"method": "POST", "path": "/api/v1/order"}


async def _places(person: Person, line: str, expect: str) -> ChatMessage:
    preview = await person.says(line, "Account")
    return await person.taps("✅", expect, on=preview.id)


async def _symbols(world: World) -> list[tuple[str, str, str]]:
    return [(one["symbol"], one["side"], one["status"]) for one in await world.sent()]


async def test_a_trade_its_stop_and_a_cancel_go_by_one_tap(world: World, carol: Person) -> None:
    resting = await _places(carol, "long eth $100 at 2650", "Open")
    preview = await carol.says("long sol $100 5x; sl sol 3%\ncancel all buys", "3 steps")
    assert "1. 🟢 Long SOL-PERP · 0.66 SOL · $99.01" in preview.text
    assert "2. 🔴 Close long SOL-PERP · 0.66 SOL" in preview.text
    assert "SL $145.51 (−3%) → −$3.0" in preview.text, preview.text
    assert "3. Cancel 1 order" in preview.text
    assert "Buy 0.0377 ETH-PERP at $2,650" in preview.text
    assert "No stop loss" not in preview.text
    assert "long SOL $100 5x; sl SOL_USDC_PERP at 3%; cancel buys" in preview.text
    assert len(await world.sent()) == 1
    done = await carol.taps("Send 3 steps", "All 3 steps done", on=preview.id)
    assert done.id == preview.id
    assert "1. ✅ Buy 0.66 SOL-PERP at $150.01" in done.text
    assert "3. ✅ Cancel 1 order" in done.text
    assert await _symbols(world) == [
        ("ETH_USDC_PERP", "Bid", "Cancelled"),
        ("SOL_USDC_PERP", "Bid", "Filled"),
        ("SOL_USDC_PERP", "Ask", "TriggerPending"),
    ]
    await carol.chat.wait_for(lambda m: m.id == resting.id and "Cancelled" in m.text)
    cards = [m for m in await carol.chat.messages() if m.id > preview.id]
    assert any("Filled" in m.text and "fee $" in m.text for m in cards)
    assert any("Armed" in m.text and "Cancel order" in str(m.labels) for m in cards)
    assert "SL $145.51" in (await carol.says("/positions", "SOL-PERP long")).text


async def test_later_steps_are_previewed_on_what_earlier_ones_leave(world: World, carol: Person) -> None:
    preview = await carol.says("long sol $300; long sol $300; close half; short eth $100", "4 steps")
    assert "Position 1.99 → 3.98 SOL" in preview.text
    assert "3. 🔴 Reduce long SOL-PERP · 1.99 SOL" in preview.text
    await carol.taps("Send 4 steps", "All 4 steps done", on=preview.id)
    held = await carol.says("/positions", "Positions: 2")
    assert "1.99 SOL" in held.text or "2 SOL" in held.text


async def test_two_orders_one_account_cannot_carry_are_refused_together(world: World, carol: Person) -> None:
    assert "✅" in str((await carol.says("long sol $80000", "Long SOL-PERP")).labels)
    refused = await carol.says("long sol $80000; long eth $80000", "of margin")
    assert "› long sol $80000; long eth $80000" in refused.text
    assert refused.labels == ()  # what would fit is all that is left
    assert await world.sent() == []


async def test_a_refused_statement_previews_nothing_and_the_whole_chain_is_mended(
    world: World, carol: Person
) -> None:
    for line, says, mend, then in (
        ("long sol $100; sl sol 160", "wrong side", "long sol $100; sl #SOL 140", "2 steps"),
        (
            "short eth $50; long solx $100; cancel all",
            "Did you mean SOL",
            "long SOL $100; cancel all",
            "3 steps",
        ),
        ("long sol $100; long eth; p", "How much ETH?", "$100", "2 steps"),
        ("long sol $100; lnog eth $50", "cannot read “lnog”", "long sol $100; long eth $50", "2 steps"),
    ):
        refused = await carol.says(line, says)
        assert "✅" not in str(refused.labels)
        await carol.taps(mend if mend in str(refused.labels) else "▸", then, on=refused.id)
    for line, says in (
        ("long sol $100; panic", "Panic stands alone"),
        ("long sol $100; sell btc 0.1", "hold no BTC"),
        ("long sol $100; cancel 1A2B", "No order 1A2B"),
        ("price solx; long sol $100", "Did you mean SOL"),
        ("cancel solx; long sol $100", "“SOLX”"),
    ):
        refused = await carol.says(line, says)
        assert "✅" not in str(refused.labels)
    assert await world.sent() == []


async def test_a_size_asked_for_within_a_chain_can_be_typed_or_picked(world: World, carol: Person) -> None:
    await carol.says("long sol $100; short eth; cancel all", "How much ETH?")
    preview = await carol.says("$70", "3 steps")
    assert "short ETH $70" in preview.text
    question = await carol.says("long sol $100; long sol 20", "What does 20 mean?")
    picked = await carol.taps("$20.00", "2 steps", on=question.id)
    assert "long SOL $20" in picked.text


async def test_questions_answer_for_themselves_and_one_act_goes_as_ever(world: World, carol: Person) -> None:
    preview = await carol.says("price sol; long sol $100", "Long SOL-PERP ·")
    assert "steps" not in preview.text
    assert any("SOL-PERP $150.00" in m.text for m in await carol.chat.messages())
    chain = await carol.says("fees; long sol $100; balance; short eth $50", "2 steps")
    said = [m.text for m in await carol.chat.messages() if m.id < chain.id]
    assert any("Equity" in text for text in said)


async def test_a_failed_step_stops_the_rest_and_says_so(world: World, carol: Person) -> None:
    line = "long sol $100; long eth $100; sl sol 3%; cancel all"
    preview = await carol.says(line, "4 steps")
    await world.fault(action="status", status=400, code="INSUFFICIENT_MARGIN", match={**ORDER, "after": 1})
    done = await carol.taps("Send 4 steps", "Stopped: 1 of 4 steps done", on=preview.id)
    assert "1. ✅ Buy 0.66 SOL-PERP" in done.text
    assert "2. ⛔ Buy 0.0363 ETH-PERP: Not enough free margin" in done.text
    assert "3. Not sent: sl SOL_USDC_PERP at 3%" in done.text
    assert "4. Not sent: cancel all" in done.text
    assert [symbol for symbol, _, _ in await _symbols(world)] == ["SOL_USDC_PERP"]
    rest = await carol.taps("Preview what was not sent", "2 steps", on=done.id)
    assert "SL $145.51" in rest.text


async def test_a_step_without_an_answer_stops_the_rest(world: World, carol: Person) -> None:
    preview = await carol.says("long sol $100; sl sol 3%", "2 steps")
    await world.fault(action="drop_before", match=ORDER)
    done = await carol.taps("Send 2 steps", "Stopped: 0 of 2 steps done", on=preview.id)
    assert "1. ❓" in done.text
    assert "Do not send it again" in done.text
    assert "2. Not sent" in done.text
    world.passes(GIVEN_UP_S, "reconcile")
    await carol.sees("Not placed · Buy 0.66 SOL-PERP")
    assert await world.sent() == []


async def test_a_chain_cut_short_by_a_crash_tells_what_was_not_sent(
    world: World, carol: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview = await carol.says("long sol $100; sl sol 3%", "2 steps")
    sent = Submission.place_step

    async def dies(self: Submission, *args: Any, **how: Any) -> Any:
        await sent(self, *args, **how)
        monkeypatch.setattr(operations, "finish", _gone)
        raise RuntimeError("killed")

    async def _gone(*args: Any, **how: Any) -> None:
        pass

    monkeypatch.setattr(Submission, "place_step", dies)
    await carol.chat.tap("✅", preview.id)
    await carol.sees("Filled · Buy 0.66 SOL-PERP")
    await carol.sees("Something broke on my side")  # the tap's work is over
    monkeypatch.undo()
    executor = world.bot.services.get(Executor)
    await executor.take_up()
    told = await carol.chat.wait_for(lambda m: m.id > preview.id and "Stopped: 1 of 2" in m.text)
    assert "I was restarted in between" in told.text
    assert "2. Not sent: sl SOL_USDC_PERP at 3%" in told.text
    await carol.chat.wait_for(lambda m: m.id == preview.id and "Stopped: 1 of 2" in m.text)
    await executor.take_up()
    rest = await carol.taps("Preview what was not sent", "Close long SOL-PERP", on=told.id)
    await carol.taps("✅", "Armed", on=rest.id)
    assert len(await world.sent()) == 2
    assert len([m for m in await carol.chat.messages() if "Stopped" in m.text]) <= 2


async def test_fifty_taps_send_each_step_once(world: World, carol: Person) -> None:
    preview = await carol.says("long sol $100; short eth $100; sl sol 3%", "3 steps")
    await carol.chat.tap("✅", preview.id, times=50)
    await carol.chat.wait_for(lambda m: m.id == preview.id and "All 3 steps done" in m.text)
    assert len(await world.sent()) == 3


async def test_a_moved_price_brings_the_whole_chain_again(world: World, carol: Person) -> None:
    preview = await carol.says("long sol $100; sl sol 5%", "2 steps")
    await world.price("SOL_USDC_PERP", "155")
    moved = await carol.taps("✅", "Price moved", on=preview.id)
    assert "2 steps" in moved.text
    fresh = await carol.sees("about $155.01")
    assert "2 steps" in fresh.text
    assert await world.sent() == []
    await carol.taps("✅", "All 2 steps done", on=fresh.id)


async def test_the_total_counts_for_orders_that_go_unasked(world: World, carol: Person) -> None:
    user = await world.bot.services.users.met(carol.chat.user_id)
    await world.bot.services.users.change(user, confirm_mode="below", confirm_below_usd=Decimal(150))
    done = await carol.says("long sol $40; sl sol 3%", "All 2 steps done")
    assert "Buy 0.26 SOL-PERP" in done.text
    asked = await carol.says("long sol $90; long eth $90", "2 steps")
    assert "✅" in str(asked.labels)
    assert len(await world.sent()) == 2


async def test_a_chinese_reader_gets_the_same_chain(world: World, bob: Person) -> None:
    await bob.says("/start", "Rucksack")
    await bob.taps("Language")
    await bob.taps("中文", "中文")
    preview = await bob.says("做多 SOL $100；止损 SOL 3%", "2 步")
    done = await bob.taps("✅", "2 步全部完成", on=preview.id)
    assert "买入 0.66 SOL-PERP" in done.text
