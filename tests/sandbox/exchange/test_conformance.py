"""Every answer of every served route conforms to the exchange's published specification.

Schemathesis makes the requests (sensible and senseless ones) from our excerpt of it; here they are signed.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS

from bot.sandbox.exchange import ExchangeConfig, SandboxExchange
from bot.sandbox.exchange.routes import ROUTES
from tests.sandbox.exchange.client import INSTRUCTIONS, Key

EXCERPT = json.loads(Path(__file__).with_name("schema_excerpt.json").read_text("utf-8"))
SCHEMA = schemathesis.openapi.from_dict(EXCERPT)
KEY = Key()


def published_checks() -> list[Any]:
    names = ["not_a_server_error", "content_type_conformance", "response_headers_conformance"]
    return CHECKS.get_by_names([*names, "response_schema_conformance"])


@pytest.fixture(scope="module")
def rest_url() -> Iterator[str]:
    """An exchange in a thread of its own, with an account that has traded in every way there is."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    exchange = SandboxExchange(ExchangeConfig(moving=False))
    asyncio.run_coroutine_threadsafe(exchange.start(), loop).result(10)
    try:
        with httpx.Client(base_url=exchange.rest_url) as http:
            live_a_little(http)
        yield exchange.rest_url
    finally:
        asyncio.run_coroutine_threadsafe(exchange.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def signed(http: httpx.Client, method: str, path: str, payload: Any) -> httpx.Response:
    headers = KEY.headers(INSTRUCTIONS[method, path], payload)
    if method == "GET":
        return http.get(path, params=payload, headers=headers)
    return http.request(method, path, content=json.dumps(payload), headers=headers)


def live_a_little(http: httpx.Client) -> None:
    """Fill every list a history route can return."""
    balances = {"USDC": "50000", "SOL": "20", "BTC": "0.000004"}
    http.post("/sandbox/accounts", json={"label": "all", "publicKey": KEY.public, "balances": balances})
    perp: dict[str, Any] = {"symbol": "SOL_USDC_PERP", "orderType": "Market", "side": "Bid", "quantity": "20"}
    exits = {"takeProfitTriggerPrice": "170", "stopLossTriggerPrice": "120", "stopLossLimitPrice": "119"}
    limit = {"symbol": "SOL_USDC", "orderType": "Limit", "side": "Bid", "price": "140", "quantity": "1"}
    stop = {"orderType": "Market", "symbol": "SOL_USDC", "side": "Ask"}
    strategy = {"strategyType": "Scheduled", "symbol": "SOL_USDC", "side": "Bid", "quantity": "1"}
    for path, payload in [
        ("/api/v1/order", perp | exits | {"clientId": 1}),
        ("/api/v1/orders", [limit, limit | {"price": "1"}, limit | {"side": "Ask", "timeInForce": "IOC"}]),
        ("/api/v1/order", stop | {"triggerPrice": "130", "triggerQuantity": "50%"}),
        ("/api/v1/account/convertDust", {"symbol": "BTC"}),
        ("/api/v1/strategy", strategy | {"duration": 3_600_000, "interval": 600_000}),
        ("/api/v1/strategy", strategy | {"duration": 1000, "interval": 1000}),
    ]:
        assert signed(http, "POST", path, payload).status_code == 200, path
    http.post("/sandbox/funding", json={})
    assert signed(http, "POST", "/api/v1/order", perp | {"side": "Ask", "quantity": "5"}).status_code == 200
    assert len(signed(http, "GET", "/wapi/v1/history/fills", {}).json()) >= 3


def sign_case(case: schemathesis.Case[Any], url: str) -> dict[str, str]:
    """Headers for exactly what will be sent."""
    instruction = INSTRUCTIONS.get((case.method.upper(), case.path))
    if instruction is None:
        return {}
    arguments = case.as_transport_kwargs(base_url=url)
    known = {key: arguments[key] for key in ("method", "url", "params", "data", "json") if key in arguments}
    prepared = requests.Request(**known).prepare()
    body = prepared.body or b""
    if case.method.upper() == "GET":
        pairs: Any = parse_qsl(urlsplit(prepared.url or "").query, keep_blank_values=True)
        payload: Any = dict(pairs)
    else:
        try:
            payload = json.loads(cast(bytes | str, body), parse_float=str, parse_int=str)
        except ValueError:
            payload = {}
    usable = payload if isinstance(payload, dict) or _is_batch(payload) else {}
    return KEY.headers(instruction, usable)


def _is_batch(payload: Any) -> bool:
    return isinstance(payload, list) and all(isinstance(item, dict) for item in payload)


@SCHEMA.parametrize()
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_generated_requests_get_conforming_answers(case: schemathesis.Case[Any], rest_url: str) -> None:
    response = case.call(base_url=rest_url, headers=sign_case(case, rest_url))
    case.validate_response(response, checks=published_checks())
    documented = case.operation.definition.raw["responses"]
    if str(response.status_code) not in documented:  # the lists leave out what every route may say
        assert response.status_code in {400, 401, 403, 404, 405}
        assert response.json().keys() == {"code", "message"}


GOOD_QUERIES: dict[str, list[dict[str, Any]]] = {
    "/api/v1/market": [{"symbol": "SOL_USDC_PERP"}, {"symbol": "USDT_USDC"}],
    "/api/v1/markets": [{}, {"marketType": "PERP"}],
    "/api/v1/depth": [{"symbol": "SOL_USDC", "limit": "5"}],
    "/api/v1/markPrices": [{}, {"symbol": "BTC_USDC_PERP"}, {"marketType": "SPOT"}],
    "/api/v1/openInterest": [{}, {"symbol": "BTC_USDC_PERP"}],
    "/api/v1/fundingRates": [{"symbol": "SOL_USDC_PERP"}],
    "/api/v1/klines": [{"symbol": "SOL_USDC", "interval": i, "startTime": 1} for i in ("1m", "1d", "1month")],
    "/api/v1/ticker": [{"symbol": "SOL_USDC"}, {"symbol": "SOL_USDC_PERP", "interval": "1w"}],
    "/api/v1/trades": [{"symbol": "SOL_USDC"}],
    "/api/v1/trades/history": [{"symbol": "SOL_USDC"}],
    "/api/v1/account/limits/borrow": [{"symbol": "SOL"}],
    "/api/v1/account/limits/order": [
        {"symbol": symbol, "side": side}
        for symbol in ("SOL_USDC", "ETH_USDC_PERP")
        for side in ("Bid", "Ask")
    ],
    "/api/v1/account/limits/withdrawal": [{"symbol": "USDC"}],
    "/wapi/v1/capital/deposit/address": [{"blockchain": "Solana"}],
    "/api/v1/position": [{}, {"symbol": "SOL_USDC_PERP"}],
    "/api/v1/order": [],  # needs an id; below
    "/api/v1/strategy": [],
}


@pytest.mark.parametrize("path", [route.path for route in ROUTES if route.method == "GET"])
def test_answers_with_content_conform(path: str, rest_url: str) -> None:
    """Generated requests mostly meet refusals; these meet data."""
    operation = SCHEMA[path]["GET"]
    queries = GOOD_QUERIES.get(path, [{}])
    with httpx.Client(base_url=rest_url) as http:
        if path == "/api/v1/order":
            rows = signed(http, "GET", "/api/v1/orders", {}).json()
            assert {"New", "TriggerPending"} <= {row["status"] for row in rows}
            queries = [{"symbol": row["symbol"], "orderId": row["id"]} for row in rows]
        if path == "/api/v1/strategy":
            (row,) = signed(http, "GET", "/api/v1/strategies", {}).json()
            queries = [{"symbol": row["symbol"], "strategyId": row["id"]}]
        for query in queries:
            public = ("GET", path) not in INSTRUCTIONS
            answer = http.get(path, params=query) if public else signed(http, "GET", path, query)
            assert answer.status_code == 200, answer.text
            if "json" in answer.headers["content-type"]:
                operation.validate_response(answer)


def test_the_excerpt_covers_every_route() -> None:
    served = {(route.path, route.method.lower()) for route in ROUTES}
    assert served == {(path, method) for path, item in EXCERPT["paths"].items() for method in item}
