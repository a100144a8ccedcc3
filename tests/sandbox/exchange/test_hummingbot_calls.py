"""The calls Hummingbot's connector makes, and the words it looks for in the answers.

Source: hummingbot, connector/exchange/backpack (constants, exchange). It needs a compiler
to install, so its calls are made here as it makes them.
"""

from __future__ import annotations

import time
from datetime import datetime
from itertools import pairwise

from tests.sandbox.exchange.client import Trader
from tests.sandbox.exchange.conftest import SOL

LIMIT = {"symbol": SOL, "side": "Bid", "orderType": "Limit", "timeInForce": "GTC", "quantity": "1"}


async def test_an_order_is_made_found_and_cancelled_by_its_client_id(trader: Trader) -> None:
    made = await trader.call(
        "POST", "/api/v1/order", LIMIT | {"clientId": 7, "price": "140", "postOnly": False}
    )
    assert made.status_code == 200
    assert str(made.json()["id"])
    assert made.json()["createdAt"] * 1e-3 > 1e9
    found = await trader.get("/api/v1/order", symbol=SOL, clientId=7)
    assert (found["status"], found["id"]) == ("New", made.json()["id"])
    gone = await trader.call("DELETE", "/api/v1/order", {"symbol": SOL, "clientId": 7})
    assert gone.json()["status"] == "Cancelled"


async def test_an_order_that_is_not_there_is_not_found_in_its_words(trader: Trader) -> None:
    for method in ("GET", "DELETE"):
        answer = await trader.call(method, "/api/v1/order", {"symbol": SOL, "clientId": 99})
        assert answer.json() == {"code": "RESOURCE_NOT_FOUND", "message": "Not Found"}


async def test_a_maker_that_would_take_and_a_late_request_are_told_in_its_words(trader: Trader) -> None:
    crossing = await trader.call("POST", "/api/v1/order", LIMIT | {"price": "151", "postOnly": True})
    assert crossing.json()["code"] == "INVALID_ORDER"
    assert "Order would immediately match and take" in crossing.json()["message"]
    now = int(time.time() * 1000)
    late = await trader.call("GET", "/api/v1/capital", timestamp=now - 60_000)
    assert (late.json()["code"], "Request has expired" in late.json()["message"]) == (
        "INVALID_CLIENT_REQUEST",
        True,
    )
    early = await trader.call("GET", "/api/v1/capital", timestamp=now + 120_000)
    assert "Invalid timestamp" in early.json()["message"]


async def test_candles_for_its_charts_have_no_holes(trader: Trader) -> None:
    start = int(time.time()) - 7200
    rows = (
        await trader.http.get("/api/v1/klines", params={"symbol": SOL, "interval": "1m", "startTime": start})
    ).json()
    begun = [datetime.fromisoformat(row["start"]) for row in rows]
    assert {(b - a).total_seconds() for a, b in pairwise(begun)} == {60.0}
