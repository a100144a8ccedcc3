"""Placing orders over HTTP: what fills, what rests, what is refused and with which code."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest

from tests.sandbox.exchange.client import Trader
from tests.sandbox.exchange.conftest import SOL, SOL_PERP, OpenTrader


async def test_market_buy_fills_and_takes_its_fee_in_base(trader: Trader) -> None:
    order = await trader.placed(SOL, "Bid", quantity="2", clientId=77)
    assert (order["status"], order["executedQuantity"], order["clientId"]) == ("Filled", "2", 77)
    (fill,) = await trader.get("/wapi/v1/history/fills", orderId=order["id"])
    assert fill["clientId"] == "77"
    assert (fill["feeSymbol"], fill["fee"], fill["isMaker"]) == ("SOL", "0.002", False)
    usdc, _ = await trader.balance("USDC")
    assert usdc == 10_000 - Decimal(order["executedQuoteQuantity"])
    assert (await trader.balance("SOL"))[0] == Decimal("21.998")


async def test_order_answer_carries_neither_fee_nor_average_price(trader: Trader) -> None:
    order = await trader.placed(SOL, "Bid", quantity="1")
    assert not {"fee", "averagePrice", "avgPrice"} & order.keys()
    assert isinstance(order["createdAt"], int)


async def test_quote_sized_order_spends_at_most_that_much(trader: Trader) -> None:
    order = await trader.placed(SOL_PERP, "Bid", quoteQuantity="200")
    assert order["status"] == "Filled"
    spent = Decimal(order["executedQuoteQuantity"])
    assert Decimal(200) - Decimal("1.51") < spent <= 200


async def test_resting_order_locks_funds_and_cancel_frees_them(trader: Trader) -> None:
    order = await trader.placed(SOL, "Bid", orderType="Limit", price="140", quantity="3")
    assert order["status"] == "New"
    assert await trader.balance("USDC") == (Decimal(9_580), Decimal(420))
    found = await trader.get("/api/v1/order", symbol=SOL, orderId=order["id"])
    assert found["id"] == order["id"]
    answer = await trader.call("DELETE", "/api/v1/order", {"symbol": SOL, "orderId": order["id"]})
    assert answer.json()["status"] == "Cancelled"
    assert await trader.balance("USDC") == (Decimal(10_000), Decimal(0))


async def test_filled_order_is_not_found_as_open_but_is_in_history(trader: Trader) -> None:
    order = await trader.placed(SOL, "Bid", quantity="1", clientId=5)
    gone = await trader.call("GET", "/api/v1/order", {"symbol": SOL, "clientId": 5})
    assert (gone.status_code, gone.json()["code"]) == (404, "RESOURCE_NOT_FOUND")
    (row,) = await trader.get("/wapi/v1/history/orders", orderId=order["id"])
    assert (row["status"], row["clientId"]) == ("Filled", 5)
    assert "T" in row["createdAt"]
    assert not row["createdAt"].endswith("Z")


async def test_two_users_trade_with_each_other_at_the_resting_price(open_trader: OpenTrader) -> None:
    maker, taker = await open_trader("maker"), await open_trader("taker")
    resting = await maker.placed(SOL, "Bid", orderType="Limit", price="150", quantity="3")
    order = await taker.placed(SOL, "Ask", orderType="Limit", price="150", quantity="2", timeInForce="IOC")
    assert (order["status"], order["executedQuoteQuantity"]) == ("Filled", "300")
    partial = await maker.get("/api/v1/order", symbol=SOL, orderId=resting["id"])
    assert (partial["status"], partial["executedQuantity"]) == ("PartiallyFilled", "2")
    assert await maker.balance("USDC") == (Decimal(9_550), Decimal(150))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"quantity": "0.001"}, "INVALID_QUANTITY"),
        ({"quantity": "0"}, "INVALID_QUANTITY"),
        ({}, "INVALID_QUANTITY"),
        ({"quantity": "1", "quoteQuantity": "5"}, "INVALID_QUANTITY"),
        ({"quantity": "1", "price": "150"}, "INVALID_PRICE"),
        ({"quantity": "1", "orderType": "Limit"}, "INVALID_PRICE"),
        ({"quantity": "1", "orderType": "Limit", "price": "140.001"}, "INVALID_PRICE"),
        ({"quantity": "1", "orderType": "Limit", "price": "900"}, "INVALID_PRICE"),
        ({"quantity": "1", "orderType": "Limit", "price": "155", "postOnly": True}, "INVALID_ORDER"),
        ({"quantity": "1", "reduceOnly": True}, "INVALID_ORDER"),
        ({"quantity": "1", "triggerPrice": "140"}, "INVALID_ORDER"),
        ({"triggerQuantity": "1"}, "INVALID_ORDER"),
        ({"quantity": "1000"}, "INSUFFICIENT_FUNDS"),
        ({"quantity": "one"}, "INVALID_CLIENT_REQUEST"),
        ({"quantity": "1", "side": "Buy"}, "INVALID_CLIENT_REQUEST"),
        ({"quantity": "1", "clientId": 4294967296}, "INVALID_CLIENT_REQUEST"),
        ({"quantity": "1", "symbol": "NOPE_USDC"}, "INVALID_MARKET"),
    ],
)
async def test_refused_order_says_the_published_code_and_leaves_no_trace(
    trader: Trader, admin: httpx.AsyncClient, fields: dict[str, object], code: str
) -> None:
    answer = await trader.order(**({"symbol": SOL, "side": "Bid"} | fields))  # type: ignore[arg-type]
    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert answer.json()["message"]
    assert (await admin.get("/sandbox/orders")).json() == []


async def test_perp_order_beyond_the_margin_is_refused(trader: Trader) -> None:
    answer = await trader.order(SOL_PERP, "Bid", quantity="1000")
    assert answer.json()["code"] == "INSUFFICIENT_MARGIN"


async def test_leverage_limit_of_the_account_decides_the_size(trader: Trader) -> None:
    assert (await trader.order(SOL_PERP, "Bid", quantity="500")).status_code == 200
    await trader.placed(SOL_PERP, "Ask", quantity="500", reduceOnly=True)
    lowered = await trader.call("PATCH", "/api/v1/account", {"leverageLimit": "2"})
    assert (lowered.status_code, lowered.content) == (200, b"")
    answer = await trader.order(SOL_PERP, "Bid", quantity="500")
    assert answer.json()["code"] == "INSUFFICIENT_MARGIN"


async def test_fok_fills_whole_or_not_at_all(trader: Trader) -> None:
    order = await trader.placed(
        SOL_PERP, "Bid", orderType="Limit", price="150.01", quantity="400", timeInForce="FOK"
    )
    assert (order["status"], order["executedQuantity"]) == ("Expired", "0")
    (row,) = await trader.get("/wapi/v1/history/orders", orderId=order["id"])
    assert row["expiryReason"] == "FillOrKill"


async def test_ioc_keeps_what_it_got_and_expires_the_rest(trader: Trader) -> None:
    order = await trader.placed(
        SOL_PERP, "Bid", orderType="Limit", price="150.01", quantity="400", timeInForce="IOC"
    )
    assert order["status"] == "Expired"
    assert 0 < Decimal(order["executedQuantity"]) < 400


async def test_slippage_tolerance_stops_a_market_order(trader: Trader) -> None:
    order = await trader.placed(
        SOL_PERP, "Bid", quantity="600", slippageTolerance="1", slippageToleranceType="TickSize"
    )
    assert order["status"] == "Expired"
    (row,) = await trader.get("/wapi/v1/history/orders", orderId=order["id"])
    assert row["expiryReason"] == "SlippageToleranceExceeded"


async def test_own_resting_order_stops_the_taker(trader: Trader) -> None:
    mine = await trader.placed(SOL, "Ask", orderType="Limit", price="150", quantity="1")
    taker = await trader.placed(SOL, "Bid", quantity="1")
    assert (taker["status"], taker["executedQuantity"]) == ("Expired", "0")
    kept = await trader.placed(SOL, "Bid", quantity="1", selfTradePrevention="RejectMaker")
    assert kept["status"] == "Filled"
    (row,) = await trader.get("/wapi/v1/history/orders", orderId=mine["id"])
    assert row["expiryReason"] == "SelfTradePrevention"


async def test_batch_runs_each_order_on_its_own(trader: Trader) -> None:
    orders = [
        {"symbol": SOL, "side": "Bid", "orderType": "Limit", "price": "140", "quantity": "1"},
        {"symbol": SOL, "side": "Bid", "orderType": "Limit", "price": "1", "quantity": "1"},
        {"symbol": SOL, "side": "Bid", "orderType": "Market", "quantity": "1"},
    ]
    answer = await trader.call("POST", "/api/v1/orders", orders)
    assert answer.status_code == 200
    assert [row["operation"] for row in answer.json()] == ["Ok", "Err", "Ok"]
    assert answer.json()[1]["code"] == "INVALID_PRICE"


async def test_never_both_ids(trader: Trader) -> None:
    order = await trader.placed(SOL, "Bid", orderType="Limit", price="140", quantity="1", clientId=3)
    payload = {"symbol": SOL, "orderId": order["id"], "clientId": 3}
    assert (await trader.call("GET", "/api/v1/order", payload)).status_code == 400
    assert (await trader.call("DELETE", "/api/v1/order", payload)).status_code == 400


async def test_cancel_all_by_kind(trader: Trader) -> None:
    await trader.placed(SOL, "Bid", orderType="Limit", price="140", quantity="1")
    await trader.placed(SOL, "Bid", triggerPrice="160", triggerQuantity="1")
    answer = await trader.call("DELETE", "/api/v1/orders", {"symbol": SOL, "orderType": "RestingLimitOrder"})
    assert len(answer.json()) == 1
    (left,) = await trader.get("/api/v1/orders", symbol=SOL)
    assert left["status"] == "TriggerPending"


async def test_every_created_order_records_its_broker_tag(trader: Trader, admin: httpx.AsyncClient) -> None:
    tag = {"X-BROKER-ID": "1234", "X-BROKER-KEY": "k"}
    limit = {"symbol": SOL, "side": "Bid", "orderType": "Limit", "price": "140", "quantity": "1"}
    await trader.call("POST", "/api/v1/order", limit | {"clientId": 9}, headers=tag)
    await trader.call("POST", "/api/v1/orders", [limit], headers={"X-BROKER-ID": "1234"})
    await trader.call("POST", "/api/v1/order", limit)
    rows = (await admin.get("/sandbox/orders")).json()
    assert [(row["brokerId"], row["brokerKey"]) for row in rows] == [(1234, "k"), (1234, None), (None, None)]
    assert rows[0]["clientId"] == 9
    assert rows[0]["receivedMs"] > 0
