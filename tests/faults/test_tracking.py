"""What the desk makes of news that comes late, twice, in the wrong order, about others, or not at all."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.orders.order import OrderEvent, OrderReport, OrderState
from bot.domain.values import Side
from bot.exchange.backpack import AccountClient
from bot.kernel.storage import Database
from bot.notifications.sender import LANE_URGENT
from bot.trading.storage import orders
from bot.trading.storage.tables import Order
from bot.trading.tracking.reports import report_of_fills
from bot.trading.tracking.tracker import Verdict
from tests.faults.desk import (
    ALICE,
    PERP,
    SETTLE_MS,
    SHORT_WINDOW_MS,
    WINDOW_MS,
    Desk,
    market_order,
    open_desk,
    resting_order,
)

NOT_PLACED = Verdict(OrderEvent.NOT_FOUND_AFTER_DEADLINE)
BEHIND_MS = 900
EXITS = {"take_profit_trigger": Decimal(155), "stop_loss_trigger": Decimal(146)}
# How far along an order is; none of its news may move it to a smaller number.
RANK = {
    OrderState.SENDING: 0,
    OrderState.UNKNOWN: 0,
    OrderState.TRIGGER_PENDING: 1,
    OrderState.NEW: 2,
    OrderState.PARTIALLY_FILLED: 3,
    OrderState.FILLED: 4,
    OrderState.CANCELLED: 4,
}


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with open_desk(database) as opened:
        yield opened


@pytest.fixture
async def hasty(database: Database) -> AsyncIterator[Desk]:
    """A desk whose signed requests die young."""
    async with open_desk(database, SHORT_WINDOW_MS) as opened:
        yield opened


async def all_requests_died() -> None:
    await asyncio.sleep((SHORT_WINDOW_MS + SETTLE_MS + 100) / 1000)


def fee_there(desk: Desk, order: Order) -> Decimal:
    return sum((fill.fee for fill in desk.there.fills if fill.order_id == order.exchange_id), Decimal(0))


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.02)


async def news_of_a_triggered_order(desk: Desk) -> list[OrderReport]:
    """Everything the stream says of a stop-limit: armed, triggered and resting, filled in two parts."""
    await desk.line.send(
        desk.line.prepare_order(market_order(client_id=1), timestamp_ms=desk.client.now_ms())
    )
    async with desk.listening() as heard:
        request = replace(
            resting_order("151", client_id=2),
            quantity=None,
            side=Side.SELL,
            trigger_price=Decimal(149),
            trigger_quantity=Decimal("1.4"),
        )
        await desk.line.send(desk.line.prepare_order(request, timestamp_ms=desk.client.now_ms()))
        await desk.price("148.5")
        await desk.price("152")
        await until(lambda: any(one.event is OrderEvent.FILLED for one in heard))
    whole = heard[-1]
    half = replace(
        whole,
        event=OrderEvent.PARTIAL_FILL,
        executed=whole.executed / 2,
        executed_quote=whole.executed_quote / 2,
        fill=None,
    )
    return [*heard[:-1], half, whole]


async def test_old_and_repeated_news_never_moves_an_order_back(desk: Desk) -> None:
    news = await news_of_a_triggered_order(desk)
    events = [one.event for one in news]
    assert events[0] is OrderEvent.TRIGGER_PLACED
    assert OrderEvent.ACCEPTED in events
    for seed in range(40):
        rng = random.Random(seed)
        order_id = await an_attempt(desk, client_id=1000 + seed)
        mixed = [replace(one, exchange_id=f"x{seed}", client_id=1000 + seed) for one in news * 2]
        rng.shuffle(mixed)
        rank, executed = 0, Decimal(0)
        for one in mixed:
            await desk.tracker.apply(desk.account.id, one)
            now = await desk.order(order_id)
            assert RANK[now.state] >= rank
            assert now.executed >= executed
            rank, executed = RANK[now.state], now.executed
        assert now.state is OrderState.FILLED
        assert now.executed == news[-1].executed


async def test_an_answer_that_waited_for_the_streams_news_still_counts(desk: Desk) -> None:
    """The stream was first to tell the order's id, while the answer waited for the row."""
    order_id = await an_attempt(desk, client_id=5)
    answer = OrderReport(
        PERP, Side.SELL, OrderEvent.FILLED, "x5", 5, executed=Decimal("1.4"), executed_quote=Decimal(210)
    )
    async with desk.database.write() as session:
        row = await orders.get(session, order_id, lock=True)
        assert row is not None
        waiting = asyncio.create_task(desk.tracker.apply(desk.account.id, answer))
        await asyncio.sleep(0.2)
        row.exchange_id, row.state = "x5", OrderState.NEW
        session.add(row)
    assert await waiting
    assert (await desk.order(order_id)).state is OrderState.FILLED


async def an_attempt(desk: Desk, client_id: int) -> int:
    """An attempt that was written and never sent."""
    now = desk.client.now_ms()
    values = {
        "user_id": ALICE,
        "account_id": desk.account.id,
        "symbol": PERP,
        "base": "SOL",
        "quote": "USDC",
        "side": Side.SELL,
        "order_type": resting_order().order_type,
        "client_id": client_id,
        "request": {},
        "quantity": Decimal("1.4"),
        "timestamp_ms": now,
        "window_ms": WINDOW_MS,
        "deadline_ms": now + WINDOW_MS,
        "chat_id": ALICE,
        "created_ms": now,
        "updated_ms": now,
    }
    async with desk.database.write() as session:
        return (await orders.insert_attempt(session, values)).id


@pytest.mark.parametrize(
    ("verdict", "door"),
    [(NOT_PLACED, "stream"), (NOT_PLACED, "fills"), (Verdict(OrderEvent.REJECTED, "FORBIDDEN"), "stream")],
)
async def test_an_order_found_after_a_wrong_verdict_is_adopted_loudly(
    desk: Desk, verdict: Verdict, door: str
) -> None:
    async with desk.listening() as heard:
        await desk.spoil_next_order("drop_after")
        order_id = await desk.place(market_order())
        await until(lambda: any(one.event is OrderEvent.FILLED for one in heard))
    await desk.tracker.conclude(order_id, verdict)
    if door == "stream":
        for report in heard:
            await desk.tracker.apply(desk.account.id, report)
    else:
        await desk.reconciler.repair(desk.account)
    order = await desk.order(order_id)
    assert (order.state, order.executed) == (OrderState.FILLED, Decimal("1.4"))
    assert order.fee == fee_there(desk, order)
    loud = [row for row in await desk.said() if "Found after all" in row.text]
    assert [row.lane for row in loud] == [LANE_URGENT]
    assert "Filled" in (await desk.said())[-1].text


async def test_a_resting_order_found_after_a_wrong_verdict_is_adopted_loudly(desk: Desk) -> None:
    await desk.spoil_next_order("drop_after")
    order_id = await desk.place(resting_order())
    await desk.tracker.conclude(order_id, NOT_PLACED)
    await desk.reconciler.repair(desk.account)
    assert (await desk.order(order_id)).state is OrderState.NEW
    assert any("Found after all" in row.text for row in await desk.said())


async def test_exits_become_orders_of_ours(desk: Desk) -> None:
    order_id = await desk.place(market_order(**EXITS))
    await desk.reconciler.repair(desk.account)
    exits = await desk.children(order_id)
    assert {one.exchange_id for one in exits} == {one.id for one in desk.there.orders if one.related_id}
    assert [one.state for one in exits] == [OrderState.TRIGGER_PENDING] * 2


async def test_exits_that_come_before_their_parent_are_adopted_later(desk: Desk) -> None:
    async with desk.listening() as heard:
        await desk.spoil_next_order("drop_after")
        order_id = await desk.place(market_order(**EXITS))
        await until(lambda: sum(one.related_id is not None for one in heard) >= 2)
    for report in heard:
        if report.related_id is not None:
            await desk.tracker.apply(desk.account.id, report)
    assert await desk.children(order_id) == []
    assert await desk.reconciler.run_once() == 0
    await desk.reconciler.repair_all()
    assert [one.state for one in await desk.children(order_id)] == [OrderState.TRIGGER_PENDING] * 2


async def test_a_stop_that_fired_while_nobody_listened_is_known_and_told(desk: Desk) -> None:
    order_id = await desk.place(market_order(**EXITS))
    await desk.price("145.5")
    await desk.reconciler.repair(desk.account)
    fired = [one for one in await desk.children(order_id) if one.executed]
    assert [one.state for one in fired] == [OrderState.FILLED]
    assert fired[0].fee == fee_there(desk, fired[0])
    told = [row.text for row in await desk.said() if row.dedupe_key == f"order:{fired[0].id}:notice"]
    assert any("Filled" in text for text in told)


async def test_a_fee_is_shown_when_every_fill_of_it_is_known(desk: Desk) -> None:
    order_id = await desk.place(market_order())
    filled = await desk.order(order_id)
    assert (filled.state, filled.fee) == (OrderState.FILLED, None)
    assert "fee follows" in (await desk.said())[-1].text
    await desk.reconciler.repair_all()
    complete = await desk.order(order_id)
    assert complete.fee == fee_there(desk, complete)
    assert "fee follows" not in (await desk.said())[-1].text


async def test_half_the_fills_make_no_fee(desk: Desk) -> None:
    order_id = await desk.place(market_order())
    order = await desk.order(order_id)
    fill = (await desk.line.fills())[0]
    await desk.tracker.record_fills(desk.account.id, [replace(fill, quantity=fill.quantity / 2, trade_id=1)])
    assert (await desk.order(order_id)).fee is None
    await desk.tracker.record_fills(desk.account.id, [replace(fill, quantity=fill.quantity / 2, trade_id=2)])
    assert (await desk.order(order_id)).fee == 2 * fee_there(desk, order)


async def test_repairs_that_meet_on_several_orders_do_not_wait_for_each_other(desk: Desk) -> None:
    """The schedule and a reconnect read the same fills at once, newest first or oldest first."""
    placed = [await desk.place(market_order()) for _ in range(4)]
    found = await desk.line.fills()
    first, second = found[: len(found) // 2], found[len(found) // 2 :]
    ways = [found, found[::-1], [*second, *first], [*first[::-1], *second]]
    await asyncio.gather(*(desk.tracker.record_fills(desk.account.id, way) for way in ways * 4))
    fees = [(await desk.order(order_id)).fee for order_id in placed]
    assert None not in fees


async def test_a_fill_told_and_read_at_once_is_waited_for_by_one_alone(desk: Desk) -> None:
    """The stream brings the fill that a repair is reading: each holds what the other wants next."""
    order_id = await desk.place(market_order())
    fill = (await desk.line.fills())[0]
    parts = [replace(fill, quantity=fill.quantity / 50, trade_id=number) for number in range(1, 51)]
    for part in parts:
        report = replace(report_of_fills(await desk.order(order_id), [fill]), fill=part)
        told, read = desk.tracker.apply, desk.tracker.record_fills
        await asyncio.gather(told(desk.account.id, report), read(desk.account.id, [part]))


@pytest.mark.parametrize("difference", ["side", "earlier", "later", "symbol"])
async def test_an_order_of_another_program_with_our_client_id_is_not_ours(
    hasty: Desk, difference: str
) -> None:
    """Ours was lost on its way; the other rests where a look-up by client id finds it."""
    request = resting_order(client_id=77)
    if difference == "side":
        request = replace(request, side=Side.SELL, price=Decimal(155))
    if difference == "symbol":
        request = replace(request, symbol="SOL_USDC")
    if difference == "earlier":
        await hasty.set_clock(-120_000)
    other: AccountClient = hasty.line
    if difference != "later":
        await hasty.client.refresh_clock()
        await other.send(other.prepare_order(request, timestamp_ms=hasty.client.now_ms()))
    await hasty.set_clock(0)
    await hasty.client.refresh_clock()
    hasty.client_ids.append(77)
    await hasty.spoil_next_order("drop_before")
    order_id = await hasty.place(resting_order())
    await all_requests_died()
    if difference == "later":
        await hasty.set_clock(120_000)
        await hasty.client.refresh_clock()
        await other.send(other.prepare_order(request, timestamp_ms=hasty.client.now_ms()))
    assert await hasty.reconciler.run_once() == 0
    order = await hasty.order(order_id)
    assert (order.state, order.exchange_id) == (OrderState.NOT_PLACED, None)
    await hasty.reconciler.repair(hasty.account)
    assert (await hasty.order(order_id)).state is OrderState.NOT_PLACED


@pytest.mark.parametrize(("status", "code"), [(503, "MAINTENANCE"), (429, "TOO_MANY_REQUESTS"), (500, None)])
async def test_a_refusal_that_is_not_the_engines_is_looked_up(
    desk: Desk, status: int, code: str | None
) -> None:
    await desk.spoil_next_order("status", status=status, when="after", code=code, retryAfter=1)
    order_id = await desk.place(resting_order())
    assert (await desk.order(order_id)).state is OrderState.UNKNOWN
    assert await desk.reconciler.run_once() == 0
    found = await desk.order(order_id)
    assert (found.state, found.error_code) == (OrderState.NEW, None)


async def test_a_refusal_that_was_the_truth_keeps_its_reason(hasty: Desk) -> None:
    await hasty.spoil_next_order("status", status=503)
    order_id = await hasty.place(resting_order())
    assert await hasty.reconciler.run_once() == 1  # too early to believe it
    await all_requests_died()
    assert await hasty.reconciler.run_once() == 0
    order = await hasty.order(order_id)
    assert (order.state, order.error_code) == (OrderState.REJECTED, "MAINTENANCE")
    assert hasty.there.orders == []


async def test_absence_is_judged_by_the_exchanges_clock(hasty: Desk) -> None:
    """A bot that could not measure the offset must not take a request for dead that may still be accepted."""
    await hasty.client.refresh_clock()
    await hasty.spoil_next_order("drop_before")
    order_id = await hasty.place(market_order())
    await hasty.set_clock(-BEHIND_MS)  # the exchange's clock falls behind what we know of it
    await all_requests_died()
    assert await hasty.reconciler.run_once() == 1
    assert (await hasty.order(order_id)).state is OrderState.UNKNOWN
    await asyncio.sleep(BEHIND_MS / 1000)
    assert await hasty.reconciler.run_once() == 0
    assert (await hasty.order(order_id)).state is OrderState.NOT_PLACED


async def test_an_order_still_awaited_is_left_to_who_awaits_it(desk: Desk) -> None:
    await desk.spoil_next_order("delay_after", ms=200)
    submission = asyncio.create_task(desk.place(market_order()))
    await until(lambda: bool(desk.submission.in_flight))
    assert await desk.reconciler.run_once() == 0
    order_id = await submission
    assert (await desk.order(order_id)).state is OrderState.FILLED
    assert all("No answer yet" not in row.text for row in await desk.said())


async def test_an_attempt_whose_commit_failed_is_not_waited_for(desk: Desk) -> None:
    """Whoever waits for an answer keeps the reconciler away: nobody may, where nothing was sent."""
    desk.client_ids += [77, 77]
    with pytest.raises(orders.DuplicateAttempt):
        await desk.place(resting_order(), resting_order())
    assert desk.submission.in_flight == set()
    assert desk.there.orders == []
