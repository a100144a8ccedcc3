"""Futures: positions, attached exits, triggers, reduce-only upkeep, liquidation and funding."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import httpx

from tests.sandbox.exchange.client import Trader
from tests.sandbox.exchange.conftest import SOL, SOL_PERP, OpenTrader

Move = Callable[[str, str], Awaitable[None]]


async def history(trader: Trader, **query: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await trader.get("/wapi/v1/history/orders", sortDirection="Asc", **query)
    return rows


async def test_position_is_net_and_gone_when_closed(trader: Trader) -> None:
    await trader.placed(SOL_PERP, "Bid", quantity="10")
    await trader.placed(SOL_PERP, "Ask", quantity="4")
    (position,) = await trader.get("/api/v1/position", symbol=SOL_PERP)
    assert position["netQuantity"] == "6"
    await trader.placed(SOL_PERP, "Ask", quantity="9")
    (position,) = await trader.get("/api/v1/position")
    assert position["netQuantity"] == "-3"
    await trader.placed(SOL_PERP, "Bid", quantity="50", reduceOnly=True)
    assert await trader.get("/api/v1/position") == []
    gone = await trader.call("GET", "/api/v1/position", {"symbol": SOL_PERP})
    assert (gone.status_code, gone.json()["code"]) == (404, "RESOURCE_NOT_FOUND")
    closed = await trader.get("/wapi/v1/history/position", state="Closed")
    assert [row["netQuantity"] for row in closed] == ["0", "0"]


async def test_profit_of_a_long_arrives_as_usdc(trader: Trader, move: Move) -> None:
    await trader.placed(SOL_PERP, "Bid", orderType="Limit", price="150.01", quantity="10", timeInForce="IOC")
    await move(SOL_PERP, "160")
    (position,) = await trader.get("/api/v1/position")
    assert Decimal(position["pnlUnrealized"]) == Decimal("99.9")
    order = await trader.placed(SOL_PERP, "Ask", quantity="10", reduceOnly=True)
    proceeds = Decimal(order["executedQuoteQuantity"]) - Decimal("1500.1")
    fees = sum(Decimal(fill["fee"]) for fill in await trader.get("/wapi/v1/history/fills"))
    assert (await trader.balance("USDC"))[0] == 10_000 + proceeds - fees


async def test_attached_exits_wait_for_the_parent_and_cancel_each_other(trader: Trader, move: Move) -> None:
    parent = await trader.placed(
        SOL_PERP,
        "Bid",
        orderType="Limit",
        price="145",
        quantity="10",
        takeProfitTriggerPrice="155",
        takeProfitTriggerBy="MarkPrice",
        stopLossTriggerPrice="140",
        stopLossTriggerBy="MarkPrice",
    )
    assert len(await trader.get("/api/v1/orders")) == 1
    await move(SOL_PERP, "144.5")
    children = await trader.get("/api/v1/orders")
    assert {(row["triggerPrice"], row["triggerQuantity"], row["side"]) for row in children} == {
        ("155", "10", "Ask"),
        ("140", "10", "Ask"),
    }
    assert all(row["relatedOrderId"] == parent["id"] and row["reduceOnly"] for row in children)
    await move(SOL_PERP, "139")
    assert await trader.get("/api/v1/position") == []
    assert await trader.get("/api/v1/orders") == []
    states = {row.get("triggerPrice"): row["status"] for row in await history(trader)}
    assert states == {None: "Filled", "140": "Filled", "155": "Cancelled"}


async def test_exits_end_when_the_position_is_closed_by_hand(trader: Trader) -> None:
    await trader.placed(SOL_PERP, "Bid", quantity="10", stopLossTriggerPrice="140")
    await trader.placed(SOL_PERP, "Ask", quantity="10", reduceOnly=True)
    assert await trader.get("/api/v1/orders") == []
    (stop,) = [row for row in await history(trader) if row["triggerPrice"] is not None]
    assert (stop["status"], stop["expiryReason"]) == ("Expired", "StopWithoutPosition")


async def test_reversing_a_position_ends_the_exits_of_the_old_side(trader: Trader) -> None:
    await trader.placed(SOL_PERP, "Bid", quantity="10", stopLossTriggerPrice="140")
    await trader.placed(SOL_PERP, "Ask", quantity="15", stopLossTriggerPrice="160")
    (stop,) = await trader.get("/api/v1/orders")
    assert (stop["side"], stop["triggerPrice"]) == ("Bid", "160")
    (old,) = [row for row in await history(trader) if row.get("triggerPrice") == "140"]
    assert old["expiryReason"] == "StopWithoutPosition"


async def test_exits_grow_with_the_fills_of_their_parent(open_trader: OpenTrader, move: Move) -> None:
    maker, taker = await open_trader("maker"), await open_trader("taker")
    limit = {"orderType": "Limit", "price": "150", "quantity": "10"}
    await maker.placed(SOL_PERP, "Bid", stopLossTriggerPrice="140", **limit)
    sizes = []
    for quantity in ("3", "4"):
        await taker.placed(SOL_PERP, "Ask", orderType="Limit", price="150", quantity=quantity)
        (stop,) = [row for row in await maker.get("/api/v1/orders") if row["status"] == "TriggerPending"]
        sizes.append(stop["triggerQuantity"])
    assert sizes == ["3", "7"]


async def test_stop_limit_rests_as_a_limit_order_once_triggered(trader: Trader, move: Move) -> None:
    await trader.placed(SOL_PERP, "Bid", quantity="10")
    stop = await trader.placed(
        SOL_PERP,
        "Ask",
        orderType="Limit",
        price="146",
        triggerPrice="145",
        triggerQuantity="10",
        triggerBy="MarkPrice",
        reduceOnly=True,
    )
    assert stop["status"] == "TriggerPending"
    await move(SOL_PERP, "144")
    (resting,) = await trader.get("/api/v1/orders")
    assert (resting["id"], resting["status"], resting["quantity"]) == (stop["id"], "New", "10")
    assert resting["triggeredAt"] > 0
    await move(SOL_PERP, "147")
    assert await trader.get("/api/v1/position") == []


async def test_trigger_that_cannot_run_fails_with_its_reason(trader: Trader, move: Move) -> None:
    order = await trader.placed(SOL, "Bid", triggerPrice="155", triggerQuantity="100")
    await move(SOL, "156")
    (row,) = await history(trader, orderId=order["id"])
    assert (row["status"], row["expiryReason"]) == ("TriggerFailed", "InsufficientFunds")


async def test_resting_reduce_only_order_shrinks_with_the_position(trader: Trader) -> None:
    await trader.placed(SOL_PERP, "Bid", quantity="10")
    limit = {"orderType": "Limit", "price": "155", "reduceOnly": True}
    order = await trader.placed(SOL_PERP, "Ask", quantity="10", **limit)
    async with trader.streams("account.orderUpdate") as stream:
        await trader.placed(SOL_PERP, "Ask", quantity="4")
        modified = await stream.until(e="orderModified")
    assert (modified["i"], modified["q"]) == (order["id"], "6")


async def test_liquidation_closes_the_position_and_says_so(
    open_trader: OpenTrader, admin: httpx.AsyncClient, move: Move
) -> None:
    trader = await open_trader("risky", balances={"USDC": "1000"})
    await trader.call("PATCH", "/api/v1/account", {"leverageLimit": "20"})
    await trader.placed(SOL_PERP, "Bid", quantity="100")
    (position,) = await trader.get("/api/v1/position")
    price = Decimal(position["estLiquidationPrice"])
    assert 140 < price < 150
    async with trader.streams("account.orderUpdate", "liquidation") as stream:
        await move(SOL_PERP, str(price.quantize(Decimal("0.01")) + Decimal("0.05")))
        assert len(await trader.get("/api/v1/position")) == 1
        await move(SOL_PERP, str(price.quantize(Decimal("0.01")) - Decimal("0.05")))
        filled = await stream.until(e="orderFill", O="LIQUIDATION_AUTOCLOSE")
        public = await stream.until(e="liquidation")
    assert filled["S"] == public["S"] == "Ask"
    assert await trader.get("/api/v1/position") == []
    fills = await trader.get("/wapi/v1/history/fills", fillType="BookLiquidation")
    assert fills
    for fill in fills:
        assert fill["systemOrderType"] == "LiquidatePositionOnBook"
        expected = Decimal(fill["price"]) * Decimal(fill["quantity"]) / 100
        assert abs(Decimal(fill["fee"]) - expected) < Decimal("0.0001")
    user_fills = await trader.get("/wapi/v1/history/fills", fillType="User")
    assert all(fill["systemOrderType"] is None for fill in user_fills)


async def test_funding_moves_money_between_sides(open_trader: OpenTrader, admin: httpx.AsyncClient) -> None:
    long, short = await open_trader("long"), await open_trader("short")
    await long.placed(SOL_PERP, "Bid", quantity="10")
    await short.placed(SOL_PERP, "Ask", quantity="10")
    before = [(await who.balance("USDC"))[0] for who in (long, short)]
    await admin.post("/sandbox/funding", json={"symbol": SOL_PERP})
    paid, received = [
        (await who.balance("USDC"))[0] - was for who, was in zip((long, short), before, strict=True)
    ]
    assert paid == -received
    (row,) = await long.get("/wapi/v1/history/funding")
    assert (Decimal(row["quantity"]), row["symbol"]) == (paid, SOL_PERP)
    assert paid < 0
    (rate,) = (await admin.get("/api/v1/fundingRates", params={"symbol": SOL_PERP, "limit": 1})).json()
    assert rate["fundingRate"] == row["fundingRate"]


async def test_funding_is_paid_when_the_interval_ends(trader: Trader, admin: httpx.AsyncClient) -> None:
    await trader.placed(SOL_PERP, "Ask", quantity="10")
    (row,) = (await admin.get("/api/v1/markPrices", params={"symbol": SOL_PERP})).json()
    now = int((await admin.get("/api/v1/time")).text)
    await admin.post("/sandbox/clock", json={"offsetMs": row["nextFundingTimestamp"] - now + 1000})
    after = int((await admin.get("/api/v1/time")).text)
    await admin.get("/api/v1/markPrices", params={"symbol": SOL_PERP})
    answer = await trader.call("GET", "/wapi/v1/history/funding", timestamp=after)
    assert [item["symbol"] for item in answer.json()] == [SOL_PERP]


async def test_max_order_quantity_is_what_the_engine_accepts(trader: Trader) -> None:
    row = await trader.get("/api/v1/account/limits/order", symbol="BTC_USDC_PERP", side="Bid")
    most = Decimal(row["maxOrderQuantity"])
    too_much = await trader.order("BTC_USDC_PERP", "Bid", quantity=str(most * 2))
    assert too_much.json()["code"] == "INSUFFICIENT_MARGIN"
    assert (
        await trader.order("BTC_USDC_PERP", "Bid", quantity=str((most * 9 / 10).quantize(Decimal("0.001"))))
    ).status_code == 200


async def test_leverage_cannot_be_lowered_below_what_is_used(trader: Trader) -> None:
    await trader.placed(SOL_PERP, "Bid", quantity="400")
    answer = await trader.call("PATCH", "/api/v1/account", {"leverageLimit": "2"})
    assert (answer.status_code, answer.json()["code"]) == (400, "MAX_LEVERAGE_REACHED")
    assert (await trader.get("/api/v1/account"))["leverageLimit"] == "10"
