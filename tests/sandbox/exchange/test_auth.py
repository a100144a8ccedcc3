"""Signatures are verified for real: text, instruction, time, key and rights."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from nacl.signing import VerifyKey

from bot.sandbox.exchange import ExchangeConfig, SandboxExchange
from bot.sandbox.exchange.params import from_object, parse_json
from bot.sandbox.exchange.routes import ROUTES
from tests.sandbox.exchange.client import INSTRUCTIONS, Key, Trader, signing_text
from tests.sandbox.exchange.conftest import SOL, OpenTrader

VECTORS = json.loads(Path(__file__).with_name("signing_examples.json").read_text("utf-8"))
SIGNED = [route for route in ROUTES if route.instruction is not None]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_text_under_the_signature_is_the_documented_one(vector: dict[str, Any]) -> None:
    body = parse_json(json.dumps(vector["params"]).encode())
    orders = body if isinstance(body, list) else [body]
    text = "&".join(from_object(order).signed_text(vector["instruction"]) for order in orders)
    text += f"&timestamp={vector['timestamp']}&window={vector['window']}"
    assert text == vector["message"]
    key = VerifyKey(base64.b64decode("A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="))
    key.verify(text.encode(), base64.b64decode(vector["signatureBase64"]))


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("route", SIGNED, ids=lambda route: f"{route.method} {route.path}")
async def test_unsigned_and_unknown_callers_are_refused_everywhere(
    exchange: SandboxExchange, route: Any
) -> None:
    payload: Any = [{}] if route.batch else {}
    body = None if route.method == "GET" else json.dumps(payload)
    async with httpx.AsyncClient(base_url=exchange.rest_url) as http:
        bare = await http.request(route.method, route.path, content=body)
        assert refused(bare) == (400, "INVALID_CLIENT_REQUEST")
        headers = Key().headers(route.instruction, payload)
        stranger = await http.request(route.method, route.path, content=body, headers=headers)
        assert refused(stranger) == (401, "UNAUTHORIZED")


async def test_signature_for_another_instruction_is_refused(trader: Trader) -> None:
    headers = trader.key.headers("balanceQuery", None)
    answer = await trader.http.get("/api/v1/account", headers=headers)
    assert refused(answer) == (400, "INVALID_CLIENT_REQUEST")
    assert "signature" in answer.json()["message"].lower()


async def test_signature_over_other_parameters_is_refused(trader: Trader) -> None:
    order = {"symbol": SOL, "side": "Bid", "orderType": "Market", "quantity": "1"}
    headers = trader.key.headers("orderExecute", order)
    body = json.dumps(order | {"quantity": "1.0"})
    answer = await trader.http.post("/api/v1/order", content=body, headers=headers)
    assert refused(answer) == (400, "INVALID_CLIENT_REQUEST")


async def test_expired_request_says_so(trader: Trader) -> None:
    old = int(time.time() * 1000) - 5_100
    answer = await trader.call("GET", "/api/v1/account", timestamp=old)
    assert refused(answer) == (400, "INVALID_CLIENT_REQUEST")
    assert "expired" in answer.json()["message"]
    assert (await trader.call("GET", "/api/v1/account", timestamp=old, window=10_000)).status_code == 200


@pytest.mark.parametrize("sign", [{"window": 60_001}, {"timestamp": 10**14}])
async def test_windows_too_long_and_times_to_come_are_refused(trader: Trader, sign: dict[str, Any]) -> None:
    answer = await trader.call("GET", "/api/v1/account", **sign)
    assert refused(answer) == (400, "INVALID_CLIENT_REQUEST")


async def test_a_missing_window_header_still_signs_the_default(trader: Trader) -> None:
    headers = trader.key.headers("accountQuery", None)
    del headers["X-Window"]
    assert (await trader.http.get("/api/v1/account", headers=headers)).status_code == 200


async def test_clock_skew_of_the_exchange_expires_requests(trader: Trader, admin: httpx.AsyncClient) -> None:
    await admin.post("/sandbox/clock", json={"offsetMs": 10_000})
    answer = await trader.call("GET", "/api/v1/account")
    assert "expired" in answer.json()["message"]
    now = int((await admin.get("/api/v1/time")).text)
    assert (await trader.call("GET", "/api/v1/account", timestamp=now)).status_code == 200


async def test_read_only_key_reads_and_may_not_trade(open_trader: OpenTrader) -> None:
    reader = await open_trader("reader", readOnly=True)
    assert (await reader.call("GET", "/api/v1/account")).status_code == 200
    assert refused(await reader.order(SOL, "Bid", quantity="1")) == (403, "FORBIDDEN")
    change = await reader.call("PATCH", "/api/v1/account", {"leverageLimit": "3"})
    assert refused(change) == (403, "FORBIDDEN")


async def test_every_private_route_has_the_documented_instruction() -> None:
    assert {(route.method, route.path): route.instruction for route in SIGNED} == INSTRUCTIONS


async def test_only_registered_brokers_where_the_config_names_them() -> None:
    config = ExchangeConfig(moving=False, broker_ids=frozenset({7}))
    async with SandboxExchange(config) as exchange, httpx.AsyncClient(base_url=exchange.rest_url) as http:
        trader = Trader(http, Key(), exchange.ws_url)
        await http.post("/sandbox/accounts", json={"label": "t", "publicKey": trader.key.public})
        order = {"symbol": SOL, "side": "Bid", "orderType": "Market", "quantity": "1"}
        answers = [
            await trader.call("POST", "/api/v1/order", order, headers={"X-BROKER-ID": broker})
            for broker in ("7", "8", "70000")
        ]
        assert [answer.status_code for answer in answers] == [200, 400, 400]


async def test_no_route_withdraws(trader: Trader) -> None:
    for path in ("/wapi/v1/capital/withdrawals", "/api/v1/transfer", "/api/v1/nowhere"):
        headers = trader.key.headers("withdraw", {})
        answer = await trader.http.post(path, content="{}", headers=headers)
        assert answer.status_code in {404, 405}


def test_test_client_and_vectors_agree() -> None:
    for vector in VECTORS:
        text = signing_text(vector["instruction"], vector["params"], vector["timestamp"], vector["window"])
        assert text == vector["message"]
