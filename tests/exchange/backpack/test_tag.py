"""No request that could create an order exists without the broker tag: by construction, and on the wire."""

from __future__ import annotations

import ast
import dataclasses
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import bot
from bot.domain.orders.order import OrderRequest
from bot.domain.values import OrderType, Side
from bot.exchange.backpack import BackpackClient, BrokerTag, StrategyRequest, routes
from bot.exchange.backpack.requests import BROKER_ID_HEADER, PrivateRequest, RequestBuilder
from bot.exchange.backpack.routes import Route
from tests.exchange.backpack.support import BROKER, ORDER, SeedSigner, WireExchange, says

BUY = OrderRequest("SOL_USDC_PERP", Side.BUY, OrderType.MARKET, quantity=Decimal(1))
TWAP = StrategyRequest("SOL_USDC", Side.SELL, Decimal("10"), duration_ms=60_000, interval_ms=5_000)
STRATEGY = {"id": "5", "symbol": "SOL_USDC", "side": "Ask", "status": "Running", "createdAt": 1}
_CLIENTS = {"httpx", "http.client", "urllib.request", "socket", "requests", "websockets", "ClientSession"}
PRIVATE = [route for route in routes.ALL_ROUTES if route.instruction is not None]


def test_a_client_cannot_be_made_without_a_tag() -> None:
    with pytest.raises(TypeError, match="broker"):
        BackpackClient("http://127.0.0.1:1")  # type: ignore[call-arg]


@pytest.mark.parametrize("broker_id", [-1, 65_536])
def test_a_tag_is_a_uint16(broker_id: int) -> None:
    with pytest.raises(ValueError, match="broker id"):
        BrokerTag(broker_id)


@pytest.mark.parametrize("broker_id", [True, "7", None, 7.0])
def test_a_tag_is_nothing_but_an_integer(broker_id: Any) -> None:
    with pytest.raises(TypeError):
        BrokerTag(broker_id)


@pytest.mark.parametrize("key", ["", "two words", "line\r\nX-Other: 1", "é"])
def test_a_broker_key_that_would_break_a_header_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="printable"):
        BrokerTag(1, key)


def test_a_private_request_without_the_tag_cannot_exist() -> None:
    built = RequestBuilder(SeedSigner(), BROKER).build(routes.ORDER, BUY.payload(), 1, 5_000)
    untagged = tuple(header for header in built.headers if header[0] != BROKER_ID_HEADER)
    assert len(untagged) == len(built.headers) - 1
    with pytest.raises(ValueError, match="broker tag"):
        dataclasses.replace(built, headers=untagged)


@pytest.mark.parametrize("route", PRIVATE, ids=lambda route: f"{route.method} {route.path}")
def test_every_private_route_is_tagged_and_no_body_names_a_broker(route: Route) -> None:
    built = RequestBuilder(SeedSigner(), BrokerTag(7)).build(route, {"symbol": "SOL_USDC"}, 1, 5_000)
    assert (b"X-BROKER-ID", b"7") in built.headers
    assert not any(name == b"X-BROKER-KEY" for name, _ in built.headers)
    assert b"roker" not in (built.body or b"") + built.query


def test_public_routes_cannot_be_signed() -> None:
    with pytest.raises(ValueError, match="not private"):
        RequestBuilder(SeedSigner(), BROKER).build(routes.MARKETS, {}, 1, 5_000)


async def test_order_batch_and_strategy_arrive_tagged(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner
) -> None:
    account = client.account(signer)
    exchange.answers(says(ORDER), says([{"operation": "Ok", **ORDER}]), says(STRATEGY))
    await account.send(account.prepare_order(BUY, timestamp_ms=client.now_ms(), window_ms=5_000))
    await account.place_batch([BUY])
    await account.create_strategy(TWAP)
    assert [seen.path for seen in exchange.seen] == ["/api/v1/order", "/api/v1/orders", "/api/v1/strategy"]
    assert {seen.headers.get("X-BROKER-ID") for seen in exchange.seen} == {"4711"}
    assert {seen.headers.get("X-BROKER-KEY") for seen in exchange.seen} == {"broker-key-secret"}


def test_only_one_place_makes_private_requests_and_only_one_puts_them_on_the_wire() -> None:
    """A second way to the exchange would be a way around the tag."""
    package = Path(bot.__file__).parent / "exchange" / "backpack"
    makers: dict[str, set[str]] = {}
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            name = path.relative_to(package).as_posix()
            if isinstance(node, ast.Call):
                makers.setdefault(ast.unparse(node.func).split(".")[-1], set()).add(name)
            if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
                makers.setdefault(str(node.value), set()).add(name)
    assert makers[PrivateRequest.__name__] == {"requests.py"}
    assert makers["Request"] == {"transport.py"}
    assert makers["AsyncClient"] == {"transport.py"}
    for header in (b"X-BROKER-ID", b"X-API-KEY", b"X-SIGNATURE"):
        assert makers[str(header)] == {"requests.py"}
        assert header.decode() not in makers
    assert "brokerId" not in makers


def test_no_other_part_of_the_bot_can_send_an_order() -> None:
    """An order could leave untagged only where its path is named or a connection is opened."""
    package = Path(bot.__file__).parent
    paths = tuple(route.path for route in routes.ALL_ROUTES if route.method != "GET")
    naming: set[str] = set()
    connecting: set[str] = set()
    for path in package.rglob("*.py"):
        name = path.relative_to(package).as_posix()
        if name.startswith("sandbox/"):  # the other side, which the import contracts keep apart
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.endswith(paths):
                naming.add(name)
            if _CLIENTS & _reached(node):
                connecting.add(name)
    assert naming == {"exchange/backpack/routes.py"}
    assert connecting == {
        "exchange/backpack/transport.py",
        "exchange/backpack/streams.py",  # brings news and takes no orders
        "cli/demo.py",  # stays on loopback
        "cli/doctor.py",  # asks Telegram alone
        "intake/polling.py",  # asks Telegram alone, below the token's address
        "app/lease.py",  # wants this machine's name
        "telegram/introduction.py",  # wants the names of errors
    }
    reached = {name: _used(package / name) for name in ("app/lease.py", "telegram/introduction.py")}
    assert reached == {
        "app/lease.py": {"socket.gethostname"},
        "telegram/introduction.py": {"httpx.ConnectError", "httpx.UnsupportedProtocol"},
    }


def _reached(node: ast.AST) -> set[str]:
    """What a statement makes reachable: imported modules, and aiohttp's client by its name."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        return {module, module.split(".")[0], *(f"{module}.{alias.name}" for alias in node.names)}
    if isinstance(node, ast.Attribute) and node.attr == "ClientSession":
        return {node.attr}
    return set()


def _used(path: Path) -> set[str]:
    """What a file takes from the clients it imports."""
    return {
        ast.unparse(node)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in _CLIENTS
    }


def test_whatever_touches_money_in_or_out_can_only_be_read() -> None:
    touching = [
        route
        for route in routes.ALL_ROUTES
        if any(word in route.path.lower() for word in ("capital", "withdraw", "deposit", "transfer"))
    ]
    assert len(touching) == 6
    assert {route.method for route in touching} == {"GET"}
    assert {route.instruction for route in routes.ALL_ROUTES}.isdisjoint(
        {"withdraw", "transfer", "convertDust"}
    )
