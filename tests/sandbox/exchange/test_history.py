"""History pages, strategies and dust: what happened can be read back, page by page."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.sandbox.exchange.client import Trader
from tests.sandbox.exchange.conftest import SOL, SOL_PERP, OpenTrader


async def test_pages_cover_everything_once_newest_first(trader: Trader) -> None:
    placed = [(await trader.placed(SOL, "Bid", quantity="0.1"))["id"] for _ in range(5)]
    seen: list[str] = []
    for offset in (0, 2, 4):
        query = {"limit": 2, "offset": offset}
        answer = await trader.call("GET", "/wapi/v1/history/orders", query)
        assert (answer.headers["x-total"], answer.headers["x-page-count"]) == ("5", "3")
        assert answer.headers["x-current-page"] == str(offset // 2 + 1)
        seen += [row["id"] for row in answer.json()]
    assert seen == placed[::-1]


async def test_fills_are_filtered_by_time_market_and_order(trader: Trader) -> None:
    spot = await trader.placed(SOL, "Bid", quantity="1")
    await trader.placed(SOL_PERP, "Bid", quantity="1")
    path = "/wapi/v1/history/fills"
    assert [f["symbol"] for f in await trader.get(path, marketType="PERP")] == [SOL_PERP]
    (fill,) = await trader.get(path, orderId=spot["id"])
    time_ms = int(datetime.fromisoformat(fill["timestamp"] + "+00:00").timestamp() * 1000)
    assert len(await trader.get(path, to=time_ms)) == 0
    assert len(await trader.get(path, **{"from": time_ms})) == 2


async def test_settlements_explain_the_balance(trader: Trader) -> None:
    await trader.placed(SOL_PERP, "Bid", quantity="5")
    await trader.placed(SOL_PERP, "Ask", quantity="5", reduceOnly=True)
    rows = await trader.get("/wapi/v1/history/settlement")
    assert {row["source"] for row in rows} == {"TradingFees", "RealizePnl"}
    change = (await trader.balance("USDC"))[0] - 10_000
    assert sum(Decimal(row["quantity"]) for row in rows) == change


async def test_strategy_trades_in_slices_until_it_is_done(trader: Trader, admin: httpx.AsyncClient) -> None:
    payload = {
        "strategyType": "Scheduled",
        "symbol": SOL,
        "side": "Bid",
        "quantity": "1",
        "duration": 4000,
        "interval": 1000,
        "clientStrategyId": 12,
    }
    answer = await trader.call("POST", "/api/v1/strategy", payload, headers={"X-BROKER-ID": "55"})
    strategy = answer.json()
    assert (strategy["status"], strategy["executedQuantity"]) == ("Running", "0.25")
    now = int((await admin.get("/api/v1/time")).text)
    for step in range(1, 4):
        await admin.post("/sandbox/clock", json={"offsetMs": step * 1000})
        await trader.call("GET", "/api/v1/strategies", timestamp=now + step * 1000)
    answer = await trader.call("GET", "/wapi/v1/history/strategies", timestamp=now + 3000)
    (done,) = answer.json()
    assert (done["id"], done["status"], done["executedQuantity"]) == (strategy["id"], "Completed", "1")
    orders = (await admin.get("/sandbox/orders")).json()
    assert [order["brokerId"] for order in orders] == [55] * 4
    query = {"strategyId": strategy["id"]}
    fills = await trader.call("GET", "/wapi/v1/history/fills", query, timestamp=now + 3000)
    assert len(fills.json()) == 4


async def test_cancelled_strategy_is_no_longer_running(trader: Trader) -> None:
    payload = {"strategyType": "Scheduled", "symbol": SOL, "side": "Ask", "quantity": "2"}
    started = await trader.call(
        "POST", "/api/v1/strategy", payload | {"duration": 600_000, "interval": 60_000}
    )
    query = {"symbol": SOL, "strategyId": started.json()["id"]}
    assert (await trader.get("/api/v1/strategy", **query))["status"] == "Running"
    stopped = await trader.call("DELETE", "/api/v1/strategy", query)
    assert stopped.json()["status"] == "Cancelled"
    assert await trader.get("/api/v1/strategies") == []
    missing = await trader.call("GET", "/api/v1/strategy", query)
    assert (missing.status_code, missing.json()["code"]) == (404, "RESOURCE_NOT_FOUND")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"quantity": "0.02"}, "INVALID_QUANTITY"),
        ({"interval": 0}, "INVALID_RANGE"),
        ({"duration": 10}, "INVALID_RANGE"),
        ({"reduceOnly": True}, "INVALID_ORDER"),
        ({"strategyType": "Grid"}, "INVALID_CLIENT_REQUEST"),
    ],
)
async def test_strategy_that_cannot_be_sliced_is_refused(
    trader: Trader, change: dict[str, Any], code: str
) -> None:
    payload = {
        "strategyType": "Scheduled",
        "symbol": SOL,
        "side": "Bid",
        "quantity": "1",
        "duration": 4000,
        "interval": 1000,
    }
    answer = await trader.call("POST", "/api/v1/strategy", payload | change)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_strategy_without_money_ends_by_itself(open_trader: OpenTrader) -> None:
    poor = await open_trader("poor", balances={"USDC": "1"})
    payload = {"strategyType": "Scheduled", "symbol": SOL, "side": "Bid", "quantity": "1"}
    await poor.call("POST", "/api/v1/strategy", payload | {"duration": 2000, "interval": 1000})
    (row,) = await poor.get("/wapi/v1/history/strategies")
    assert (row["status"], row["cancelReason"]) == ("Terminated", "InsufficientFunds")


async def test_dust_becomes_usdc_and_more_than_dust_does_not(open_trader: OpenTrader) -> None:
    trader = await open_trader("dusty", balances={"SOL": "0.005", "BTC": "1"})
    path = "/api/v1/account/convertDust"
    assert (await trader.call("POST", path, {"symbol": "BTC"})).json()["code"] == "INVALID_QUANTITY"
    assert (await trader.call("POST", path, {})).status_code == 200
    (row,) = await trader.get("/wapi/v1/history/dust")
    assert (row["symbol"], row["quantity"], row["usdcReceived"]) == ("SOL", "0.005", "0.75")
    assert (await trader.balance("USDC"))[0] == Decimal("0.75")


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/wapi/v1/history/fills", {"limit": 1001}),
        ("/wapi/v1/history/fills", {"fillType": "Mine"}),
        ("/wapi/v1/history/orders", {"offset": -1}),
        ("/wapi/v1/history/orders", {"sortDirection": "Up"}),
        ("/wapi/v1/history/borrowLend", {"type": "Steal"}),
        ("/wapi/v1/history/interest", {"source": "Luck"}),
        ("/wapi/v1/capital/withdrawals", {"id": 2**31}),
        ("/api/v1/account/limits/borrow", {"symbol": "NOPE"}),
    ],
)
async def test_bad_parameters_are_refused(trader: Trader, path: str, query: dict[str, Any]) -> None:
    answer = await trader.call("GET", path, query)
    assert answer.status_code == 400
    assert answer.json().keys() == {"code", "message"}
