"""Every kind of order through the chat: what was typed is what the exchange got, and its life is told."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text, update
from sqlmodel import col

from bot.sandbox.exchange import ExchangeConfig
from bot.sandbox.telegram.driver import ChatMessage
from bot.trading import jobs
from bot.trading.storage.tables import Ticket
from tests.support.messages import message_with
from tests.support.world import CAROL, Person, World, open_world

pytestmark = pytest.mark.both_databases

SOL = "SOL_USDC_PERP"
BROKEN = {
    "sqlite": [
        "CREATE TRIGGER broken BEFORE UPDATE OF result ON step BEGIN SELECT RAISE(ABORT, 'full'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'full'; END $$",
        "CREATE TRIGGER broken BEFORE UPDATE OF result ON step FOR EACH ROW EXECUTE FUNCTION refuse()",
    ],
}


async def _places(person: Person, line: str, expect: str) -> ChatMessage:
    """Preview and confirm; the card after the tap."""
    preview = await person.says(line, "Account")
    return await person.taps("✅", expect, on=preview.id)


async def _newest(world: World) -> dict[str, Any]:
    return (await world.sent())[-1]


async def test_a_resting_order_fills_later_with_a_new_message_and_its_card_follows(
    world: World, carol: Person
) -> None:
    card = await _places(carol, "long sol $300 at 140", "Open")
    assert "Limit $140" in card.text
    world.clock.skip(16)  # the person has put the phone away
    before = max(m.revision for m in await carol.chat.messages())
    await world.price(SOL, "139.9")
    told = await carol.sees("Filled · Buy 2.14 SOL-PERP at $140", after=before)
    follows = await carol.chat.wait_for(lambda m: m.id == card.id and "Filled" in m.text)
    assert "fee $0.0599" in follows.text
    news = [m for m in await carol.chat.messages() if "Filled" in m.text]
    assert [m.id for m in news] == sorted({card.id, told.id, news[-1].id})
    assert len(news) == 2
    assert news[-1].raw["reply_to_message"]["message_id"] == card.id


async def test_a_partial_fill_is_counted_on_one_card(database_url: str) -> None:
    still = ExchangeConfig(moving=False, tick_ms=60_000)  # nobody refills the book meanwhile
    async with open_world(database_url, exchange_config=still) as world:
        carol = world.person(CAROL)
        await carol.says("/start", "Rucksack")
        await carol.links("Carol")
        card = await _places(carol, "long sol $60000 at 150.01", "Filling 2")
        assert "Filled 92.99 SOL of 399.97 SOL" in card.text
        await carol.taps("Cancel order", on=card.id)
        ended = await carol.chat.wait_for(lambda m: m.id == card.id and "Cancelled after 2" in m.text)
        assert "Filled 92.99 SOL" in ended.text
        assert (await _newest(world))["status"] == "Cancelled"


async def test_orders_that_may_not_rest_or_not_take_say_how_they_ended(world: World, carol: Person) -> None:
    filled = await _places(carol, "long eth $100 at 2800 ioc", "Filled")
    assert "IOC" in filled.text
    filled = await _places(carol, "short eth $100 at 2700 fok", "Filled")
    assert "FOK" in filled.text
    preview = await carol.says("long sol $200 at 150 fok", "book holds only")
    assert "✅" not in str(preview.labels)

    posted = await carol.says("long sol $200 at 149.5 post", "post-only")
    await world.price(SOL, "149.3")
    ended = await carol.taps("✅", "Rejected", on=posted.id)
    assert "post-only" in ended.text
    assert "flags" in ended.text


async def test_spot_is_bought_by_money_and_sold_by_coins(world: World, carol: Person) -> None:
    bought = await _places(carol, "buy sol $100", "Filled")
    assert "SOL/USDC at $150.01" in bought.text
    sold = await _places(carol, "sell sol 25%", "Filled")
    assert "Sell" in sold.text
    symbols = [(o["symbol"], o["side"]) for o in await world.sent()]
    assert symbols == [("SOL_USDC", "Bid"), ("SOL_USDC", "Ask")]


async def test_a_sell_without_a_size_reduces_the_long_when_no_coins_are_held(
    world: World, carol: Person
) -> None:
    await _places(carol, "long eth $100", "Filled")
    preview = await carol.says("sell eth", "Close long ETH-PERP")
    assert "This reduces your open ETH long" in preview.text
    await carol.taps("✅", "Filled", on=preview.id)
    await carol.says("/positions", "No open positions")


async def test_triggers_wait_armed_and_fire(world: World, carol: Person) -> None:
    market = await _places(carol, "long sol $100 trigger 152", "Armed")
    limit = await _places(carol, "short sol $100 trigger 148 at 147.5", "Armed")
    assert "then market" in market.text
    assert "then limit $147.5" in limit.text
    listed = await carol.says("/orders", "Open orders: 2")
    assert len([label for label in listed.labels if label.startswith("✖")]) == 2
    await world.price(SOL, "152.1")
    await carol.chat.wait_for(lambda m: m.id == market.id and "Filled" in m.text)
    await world.price(SOL, "147.9")
    await carol.chat.wait_for(lambda m: m.id == limit.id and "Filled" in m.text)
    await carol.says("/orders", "No open orders")


async def test_attached_exits_protect_and_their_firing_is_told(world: World, carol: Person) -> None:
    await _places(carol, "long sol $200 5x tp 5% sl 3%", "Filled")
    held = await carol.says("/positions", "SOL-PERP long")
    assert "TP $157.51 · SL $145.51" in held.text
    before = max(m.revision for m in await carol.chat.messages())
    await world.price(SOL, "145.4")
    stopped = await carol.sees("Filled · Stop loss: Sell 1.33 SOL-PERP", after=before)
    assert "Trigger $145.51" in stopped.text
    await carol.says("/positions", "No open positions")
    await carol.says("/orders", "No open orders")


async def test_exits_are_placed_on_an_open_position(world: World, carol: Person) -> None:
    await _places(carol, "short sol $200", "Filled")
    assert "stands already" not in (await carol.says("sl sol 3%", "Account")).text
    await carol.taps("✅", "Armed")
    await _places(carol, "tp sol 140", "Armed")
    held = await carol.says("/positions", "SOL-PERP short")
    assert "TP $140.00 · SL $154.49" in held.text
    again = await carol.says("sl sol 160", "A stop at $154.49 stands already")
    assert "A target" not in again.text
    await carol.says("tp sol 130", "A target at $140.00 stands already")
    refused = await carol.says("tp sol 160", "wrong side")
    assert "short" in refused.text


async def test_positions_show_the_exit_that_fires_first_and_what_it_leaves_open(
    world: World, carol: Person
) -> None:
    await _places(carol, "short 2 sol sl 3%", "Filled")
    await _places(carol, "sl sol 165 50%", "Armed")
    held = await carol.says("/positions", "SOL-PERP short")
    assert "SL $154.49" in held.text
    assert "⚠️" not in held.text
    await _places(carol, "sl sol 152 25%", "Armed")
    await _places(carol, "tp sol 130 10%", "Armed")
    await _places(carol, "tp sol 140 10%", "Armed")
    assert "TP $140.00 · SL $152.00" in (await carol.says("/positions", "SOL-PERP short")).text
    await _places(carol, "short 4 sol", "Filled")
    held = await carol.says("/positions", "SOL-PERP short 6 SOL")
    assert "The stop closes only 3.5 SOL of 6 SOL" in held.text


async def test_a_liquidation_is_announced(world: World, carol: Person) -> None:
    await _places(carol, "long sol $120000", "Filled")
    before = max(m.revision for m in await carol.chat.messages())
    await world.price(SOL, "135")
    told = await carol.sees("Liquidated", after=before)
    assert "Carol" not in told.text
    assert "/positions" in told.text


async def test_one_order_is_shown_by_its_code_and_cancelled_by_it(world: World, carol: Person) -> None:
    card = await _places(carol, "long sol $100 at 140", "Open")
    code = card.labels[0].rsplit(" ", 1)[-1]
    detail = await carol.says(f"/order {code.lower()}", f"Order {code}")
    assert "Exchange id" in detail.text
    done = await carol.says(f"cancel {code}", "Cancelled 1 order")
    assert code in done.text
    await carol.chat.wait_for(lambda m: m.id == card.id and "Cancelled" in m.text)
    await carol.says(f"cancel {code}", "No order")
    assert f"Order {code}" in (await carol.says(f"order {code}", "Cancelled")).text


async def test_cancel_all_asks_once_and_names_everything(world: World, carol: Person) -> None:
    for price in (140, 141):
        await _places(carol, f"long sol $100 at {price}", "Open")
    asked = await carol.says("/cancelall", "Cancel 2 orders?")
    await carol.taps("✅", "Cancelled 2 orders", on=asked.id)
    await carol.says("/orders", "No open orders")
    assert [o["status"] for o in await world.sent()] == ["Cancelled", "Cancelled"]


async def test_panic_flattens_several_positions_and_cancels_everything(world: World, carol: Person) -> None:
    for line in ("long sol $200 sl 3%", "short eth $300", "long btc $400 tp 5%"):
        await _places(carol, line, "Filled")
    await _places(carol, "long sol $100 at 140", "Open")
    first = await carol.says("/panic", "Panic")
    assert "3 positions" in first.text
    last = await carol.taps("Cancel and close all", "Last check", on=first.id)
    done = await carol.taps("flatten", "Panic", on=last.id)
    assert "Panic done" in done.text
    assert done.text.count("Closed") == 3
    await carol.says("/positions", "No open positions")
    await carol.says("/orders", "No open orders")


async def test_a_panic_is_told_where_it_was_tapped_though_its_process_died_showing_it(
    world: World, carol: Person
) -> None:
    await _places(carol, "long sol $200", "Filled")
    first = await carol.says("/panic", "Panic")
    last = await carol.taps("Cancel and close all", "Last check", on=first.id)
    async with world.bot.database.write() as session:  # as if nobody had lived to note the message
        await session.execute(update(Ticket).where(col(Ticket.kind) == "panic").values(message_id=None))
    done = await carol.taps("flatten", "Panic done", on=last.id)
    assert done.id == last.id


async def test_a_panic_that_an_error_of_the_database_cut_short_is_finished_soon(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "OPERATIONS_S", 0.5)
    async with open_world(database_url) as world:
        carol = world.person(CAROL)
        await carol.links("Carol")
        await _places(carol, "long sol $200", "Filled")
        first = await carol.says("/panic", "Panic")
        last = await carol.taps("Cancel and close all", "Last check", on=first.id)
        async with world.bot.database.write() as session:  # what a panic remembers cannot be written
            for statement in BROKEN[world.bot.database.dialect]:
                await session.execute(text(statement))
        await carol.chat.tap("flatten", last.id)
        await carol.sees("Something broke")
        async with world.bot.database.write() as session:
            on = " ON step" if world.bot.database.dialect == "postgresql" else ""
            await session.execute(text(f"DROP TRIGGER broken{on}"))
        done = await carol.sees("Panic done")
        assert (done.id, done.text.count("Closed")) == (last.id, 1)


async def test_a_panic_that_cannot_read_says_what_it_left_alone(world: World, carol: Person) -> None:
    await _places(carol, "long sol $200", "Filled")
    await _places(carol, "long sol $100 at 140", "Open")
    first = await carol.says("/panic", "Panic")
    last = await carol.taps("Cancel and close all", "Last check", on=first.id)
    for path in ("/api/v1/orders", "/api/v1/position"):
        await world.fault(action="status", status=503, match={"path": path, "method": "GET", "times": None})
    done = await carol.taps("flatten", "not confirmed", on=last.id)
    assert "none was cancelled" in done.text
    assert "none was closed" in done.text
    assert "Cancelled 0" not in done.text
    assert [order["status"] for order in await world.sent()] == ["Filled", "New"]


async def test_who_cancels_an_order_is_told_once(world: World, carol: Person) -> None:
    cards = [await _places(carol, f"long sol $100 at {price}", "Open") for price in (140, 141, 142)]
    world.clock.skip(16)  # the person has put the phone away
    await carol.says(f"cancel {cards[0].labels[0].rsplit(' ', 1)[-1]}", "Cancelled 1 order")
    first = await carol.says("/panic", "Panic")
    last = await carol.taps("Cancel and close all", "Last check", on=first.id)
    done = await carol.taps("flatten", "Panic done", on=last.id)
    for card in cards:
        await carol.chat.wait_for(message_with(card.id, "Cancelled"))
    await carol.says("/orders", "No open orders")
    told = [m for m in await carol.chat.messages() if m.from_bot and "Cancelled ·" in m.text]
    assert [m.id for m in told] == [card.id for card in cards]
    assert "Cancelled 2 orders" in done.text


async def test_close_all_closes_each_position_once(world: World, carol: Person) -> None:
    for line in ("long sol $200", "short eth $300"):
        await _places(carol, line, "Filled")
    preview = await carol.says("close all", "Close 2 positions")
    await carol.taps("✅", "Filled", on=preview.id)
    await carol.chat.wait_for(lambda m: m.id != preview.id and "Filled · " in m.text and m.id > preview.id)
    await carol.says("/positions", "No open positions")
    assert len(await world.sent()) == 4


async def test_a_long_list_of_orders_turns_its_pages(world: World, carol: Person) -> None:
    for number in range(10):
        await _places(carol, f"long sol $50 at {140 + number / 10}", "Open")
    listed = await carol.says("/orders", "Open orders: 10")
    assert "1/2" in listed.text or "1 of 2" in listed.text
    second = await carol.taps("Next", "Open orders: 10", on=listed.id)
    assert len([label for label in second.labels if label.startswith("✖")]) == 2
    await carol.taps("Previous", "Open orders: 10", on=listed.id)
