"""Faults do to a request exactly what they say, before or after the engine has seen it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import websockets

from bot.sandbox.exchange import SandboxExchange
from tests.sandbox.exchange.client import Trader
from tests.sandbox.exchange.conftest import SOL, OpenTrader

Inject = Callable[..., Awaitable[None]]
PATH = {"method": "POST", "path": "/api/v1/order"}


@pytest.fixture
def inject(admin: httpx.AsyncClient) -> Inject:
    async def injected(action: str, match: dict[str, Any] | None = None, **fields: Any) -> None:
        rule = {"action": action, "match": PATH if match is None else match, **fields}
        answer = await admin.post("/sandbox/faults", json=[rule])
        assert answer.status_code == 200, answer.text

    return injected


async def placed_orders(admin: httpx.AsyncClient) -> int:
    return len((await admin.get("/sandbox/orders")).json())


@pytest.mark.parametrize(("action", "orders"), [("drop_after", 1), ("drop_before", 0), ("cut_body", 1)])
async def test_cut_connections_leave_the_outcome_to_be_found_out(
    trader: Trader, admin: httpx.AsyncClient, inject: Inject, action: str, orders: int
) -> None:
    await inject(action)
    with pytest.raises(httpx.TransportError):
        await trader.order(SOL, "Bid", quantity="1", clientId=5)
    assert await placed_orders(admin) == orders
    rows = await trader.get("/wapi/v1/history/orders", symbol=SOL)
    assert [row["clientId"] for row in rows] == [5] * orders
    assert (await trader.order(SOL, "Bid", quantity="1")).status_code == 200, "the rule was for once"


@pytest.mark.parametrize(("when", "orders"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize(
    ("status", "code"),
    [(429, "TOO_MANY_REQUESTS"), (500, "SERVER_ERROR"), (503, "MAINTENANCE"), (504, "TIMEOUT")],
)
async def test_error_answers_before_or_after_the_engine(
    trader: Trader, admin: httpx.AsyncClient, inject: Inject, when: str, orders: int, status: int, code: str
) -> None:
    await inject("status", status=status, when=when, retryAfter=2)
    answer = await trader.order(SOL, "Bid", quantity="1")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["retry-after"] == "2"
    assert await placed_orders(admin) == orders


async def test_delete_may_answer_202_without_a_body(trader: Trader, inject: Inject) -> None:
    order = await trader.placed(SOL, "Bid", orderType="Limit", price="140", quantity="1")
    await inject("accepted", {"method": "DELETE"})
    answer = await trader.call("DELETE", "/api/v1/order", {"symbol": SOL, "orderId": order["id"]})
    assert (answer.status_code, answer.content) == (202, b"")
    assert await trader.get("/api/v1/orders") == []


async def test_html_error_body(trader: Trader, inject: Inject) -> None:
    await inject("html")
    answer = await trader.order(SOL, "Bid", quantity="1")
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html")


@pytest.mark.parametrize(("when", "orders"), [("before", 0), ("after", 1)])
async def test_a_raw_answer_is_given_as_it_is(
    trader: Trader, admin: httpx.AsyncClient, inject: Inject, when: str, orders: int
) -> None:
    headers = {"Retry-After": "nan", "Content-Type": "text/plain"}
    await inject("raw", status=418, body="[" * 9, headers=headers, when=when)
    answer = await trader.order(SOL, "Bid", quantity="1")
    assert (answer.status_code, answer.text) == (418, "[" * 9)
    assert (answer.headers["retry-after"], answer.headers["content-type"]) == ("nan", "text/plain")
    assert await placed_orders(admin) == orders


async def test_window_is_checked_after_the_wait_before_the_engine(
    trader: Trader, admin: httpx.AsyncClient, inject: Inject
) -> None:
    await inject("delay_before", ms=150)
    payload = {"symbol": SOL, "side": "Bid", "orderType": "Market", "quantity": "1"}
    answer = await trader.call("POST", "/api/v1/order", payload, window=50)
    assert "expired" in answer.json()["message"]
    assert await placed_orders(admin) == 0


async def test_late_answer_is_for_an_order_already_placed(
    trader: Trader, admin: httpx.AsyncClient, inject: Inject
) -> None:
    await inject("delay_after", ms=400)
    late = asyncio.create_task(trader.order(SOL, "Bid", quantity="1"))
    async with asyncio.timeout(5):
        while not await placed_orders(admin):
            assert not late.done()
    assert not late.done()
    assert (await late).status_code == 200


async def test_answer_twice_sends_the_same_answer_again_on_the_wire(
    exchange: SandboxExchange, trader: Trader, inject: Inject
) -> None:
    await inject("answer_twice")
    payload = {"symbol": SOL, "side": "Bid", "orderType": "Market", "quantity": "1"}
    headers = trader.key.headers("orderExecute", payload) | {"Connection": "close", "Host": "127.0.0.1"}
    body = json.dumps(payload).encode()
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    host, port = exchange.rest_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"POST /api/v1/order HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    received = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert received.count(b"HTTP/1.1 200") == 2
    assert received.count(b'"status":"Filled"') == 2


async def test_rules_match_by_key_count_and_times(
    open_trader: OpenTrader, admin: httpx.AsyncClient, inject: Inject
) -> None:
    struck, spared = await open_trader("struck"), await open_trader("spared")
    match = {"path": "/api/v1/account", "publicKey": struck.key.public, "after": 1, "times": 2}
    await inject("status", match, status=500)
    answers = [(await struck.call("GET", "/api/v1/account")).status_code for _ in range(4)]
    assert answers == [200, 500, 500, 200]
    assert (await spared.call("GET", "/api/v1/account")).status_code == 200
    (rule,) = (await admin.get("/sandbox/faults")).json()
    assert (rule["seen"], rule["hits"]) == (3, 2)
    await admin.delete("/sandbox/faults")
    assert (await admin.get("/sandbox/faults")).json() == []


async def test_probability_follows_the_seed(trader: Trader, admin: httpx.AsyncClient) -> None:
    async def run() -> list[int]:
        rule = {
            "action": "status",
            "status": 500,
            "match": {"path": "/api/v1/account", "probability": 0.5, "times": None},
        }
        await admin.request("DELETE", "/sandbox/faults")
        await admin.post("/sandbox/faults", json={"seed": 3, "rules": [rule]})
        return [(await trader.call("GET", "/api/v1/account")).status_code for _ in range(20)]

    first = await run()
    assert set(first) == {200, 500}
    assert await run() == first


async def test_stream_events_can_be_lost_and_doubled(trader: Trader, inject: Inject) -> None:
    limit = {"orderType": "Limit", "price": "140", "quantity": "1"}
    async with trader.streams("account.orderUpdate") as stream:
        await inject("stream_drop", {"path": "account.orderUpdate"})
        await inject("stream_duplicate", {"path": "account.orderUpdate"})
        await trader.placed(SOL, "Bid", clientId=1, **limit)
        await trader.placed(SOL, "Bid", clientId=2, **limit)
        await trader.placed(SOL, "Bid", clientId=3, **limit)
        assert [(await stream.next())["data"]["c"] for _ in range(3)] == [2, 2, 3]


async def test_sockets_can_be_closed(trader: Trader, inject: Inject) -> None:
    async with trader.streams("account.orderUpdate") as stream:
        await inject("close_sockets")
        with pytest.raises(websockets.ConnectionClosed):
            await stream.next()


@pytest.mark.parametrize("rule", [{"action": "nonsense"}, {"action": "status", "status": "x"}, 5])
async def test_senseless_rules_are_refused(admin: httpx.AsyncClient, rule: object) -> None:
    assert (await admin.post("/sandbox/faults", json=[rule])).status_code == 400
