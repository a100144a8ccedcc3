"""Orders over the wire: what leaves, exactly once, and what each way of failing proves."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from bot.domain.orders.order import OrderEvent, OrderReport, OrderRequest
from bot.domain.values import OrderType, Side
from bot.exchange.backpack import (
    BackpackClient,
    BackpackError,
    Maintenance,
    NoEffect,
    NotSent,
    RateLimited,
    Rejected,
    Unauthorised,
    UnknownOutcome,
    signing_text,
)
from tests.exchange.backpack.support import (
    BROKER,
    ORDER,
    Reply,
    SeedSigner,
    WireExchange,
    half_an_answer,
    hangs_up,
    refuses,
    says,
    says_text,
)

BUY = OrderRequest(
    "SOL_USDC_PERP", Side.BUY, OrderType.MARKET, quantity=Decimal("1.50"), reduce_only=True, client_id=77
)


async def place(client: BackpackClient, signer: SeedSigner, request: OrderRequest = BUY) -> OrderReport:
    account = client.account(signer)
    prepared = account.prepare_order(request, timestamp_ms=client.now_ms(), window_ms=5_000)
    return await account.send(prepared)


async def test_an_order_arrives_signed_tagged_and_byte_for_byte_as_prepared(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner
) -> None:
    exchange.answers(says(ORDER))
    account = client.account(signer)
    now = client.now_ms()
    prepared = account.prepare_order(BUY, timestamp_ms=now, window_ms=7_000)
    assert prepared.expires_ms == now + 7_000

    report = await account.send(prepared)

    seen = exchange.last
    assert (seen.method, seen.path, seen.body) == ("POST", "/api/v1/order", prepared.body)
    assert seen.json == {
        "symbol": "SOL_USDC_PERP",
        "side": "Bid",
        "orderType": "Market",
        "quantity": "1.5",
        "reduceOnly": True,
        "clientId": 77,
    }
    assert seen.headers["X-BROKER-ID"] == "4711"
    assert seen.headers["X-BROKER-KEY"] == "broker-key-secret"
    seen.verify(signing_text("orderExecute", seen.json, now, 7_000))
    assert report.event is OrderEvent.FILLED
    assert (report.exchange_id, report.client_id) == ("1111343026172067", 77)
    assert (report.executed, report.average_price) == (Decimal("1.5"), Decimal("142.5"))


async def test_a_batch_is_signed_order_by_order_and_answered_order_by_order(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner
) -> None:
    exchange.answers(
        says(
            [
                {"operation": "Ok", **ORDER},
                {"operation": "Err", "code": "INSUFFICIENT_MARGIN", "message": "too little"},
                {"operation": "Ok", "surprise": True},
            ]
        )
    )
    account = client.account(signer)
    answers = await account.place_batch([BUY, BUY, BUY])

    seen = exchange.last
    assert (seen.method, seen.path, len(seen.json)) == ("POST", "/api/v1/orders", 3)
    assert seen.headers["X-BROKER-ID"] == "4711"
    timestamp = int(seen.headers["X-TIMESTAMP"])
    seen.verify(signing_text("orderExecute", seen.json, timestamp, int(seen.headers["X-WINDOW"])))
    filled, refused, unreadable = answers
    assert isinstance(filled, OrderReport)
    assert filled.event is OrderEvent.FILLED
    assert isinstance(refused, Rejected)
    assert refused.code == "INSUFFICIENT_MARGIN"
    assert isinstance(unreadable, UnknownOutcome)


async def test_a_batch_with_answers_missing_has_an_unknown_outcome(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner
) -> None:
    exchange.answers(says([{"operation": "Ok", **ORDER}]))
    with pytest.raises(UnknownOutcome):
        await client.account(signer).place_batch([BUY, BUY])


@pytest.mark.parametrize(
    "reply",
    [
        hangs_up,
        half_an_answer,
        refuses("TIMEOUT", status=400),
        refuses("SERVER_ERROR", status=500),
        refuses("A_CODE_OF_TOMORROW", status=500),
        says_text("Bad Gateway", 502),
        says_text("<html><body>503</body></html>", 503, "text/html"),
        says_text("Request Timeout", 408),
        says_text("moved", 302),
        says({"id": "1"}),
        says({**ORDER, "side": "Sideways"}),
        says({**ORDER, "executedQuantity": "NaN"}),
        says({**ORDER, "executedQuantity": "1e999999"}),
        says_text("<html>welcome</html>", 200, "text/html"),
        says_text("", 200),
    ],
)
async def test_whatever_leaves_the_outcome_open_says_so_and_nothing_is_sent_twice(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner, reply: Reply
) -> None:
    exchange.answers(reply)
    with pytest.raises(UnknownOutcome):
        await place(client, signer)
    assert len(exchange.seen) == 1


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (refuses("INSUFFICIENT_MARGIN"), (Rejected, "INSUFFICIENT_MARGIN")),
        (refuses("A_CODE_OF_TOMORROW"), (Rejected, "A_CODE_OF_TOMORROW")),
        (refuses("FORBIDDEN", status=403), (Rejected, "FORBIDDEN")),
        (refuses("NOT_IMPLEMENTED", status=501), (Rejected, "NOT_IMPLEMENTED")),
        (says_text("Parse error at line 1", 400), (Rejected, None)),
        (says_text("<!DOCTYPE html><title>Blocked</title>", 403, "text/html"), (Rejected, None)),
        (refuses("UNAUTHORIZED", status=401), (Unauthorised, "UNAUTHORIZED")),
        (refuses("INVALID_CLIENT_REQUEST", "Invalid signature"), (Unauthorised, "INVALID_CLIENT_REQUEST")),
        (says_text("who are you", 401), (Unauthorised, None)),
        (refuses("MAINTENANCE", status=503), (Maintenance, "MAINTENANCE")),
        (refuses("TOO_MANY_REQUESTS", status=429), (RateLimited, "TOO_MANY_REQUESTS")),
    ],
)
async def test_a_definite_no_is_told_apart_and_nothing_is_sent_twice(
    exchange: WireExchange,
    client: BackpackClient,
    signer: SeedSigner,
    reply: Reply,
    verdict: tuple[type[BackpackError], str | None],
) -> None:
    kind, code = verdict
    exchange.answers(reply)
    with pytest.raises(kind) as caught:
        await place(client, signer)
    assert type(caught.value) is kind
    assert isinstance(caught.value, NoEffect)
    assert caught.value.code == code
    assert [seen.method for seen in exchange.seen].count("POST") == 1


async def test_a_late_answer_is_an_unknown_outcome(exchange: WireExchange, signer: SeedSigner) -> None:
    release = asyncio.Event()

    async def late(_: web.Request) -> web.StreamResponse:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(release.wait(), 5)
        return web.json_response(ORDER)

    exchange.answers(late)
    async with exchange.client(timeout=0.1) as client:
        with pytest.raises(UnknownOutcome):
            await place(client, signer)
    release.set()
    assert len(exchange.seen) == 1


async def test_an_answer_that_drips_for_ever_is_cut_off(exchange: WireExchange, signer: SeedSigner) -> None:
    async def drips(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                await response.write(b" ")
                await asyncio.sleep(0.02)
        return response

    exchange.answers(drips)
    async with exchange.client(timeout=0.2) as client:
        with pytest.raises(UnknownOutcome):
            await place(client, signer)


async def test_an_answer_beyond_all_measure_is_not_read_to_its_end(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.exchange.backpack.transport.MAX_ANSWER_BYTES", 1_000)
    exchange.answers(says_text("x" * 5_000))
    with pytest.raises(UnknownOutcome, match="more than 1000 bytes"):
        await place(client, signer)


async def test_no_connection_means_that_nothing_left(signer: SeedSigner) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        async with BackpackClient(f"http://127.0.0.1:{port}", BROKER) as client:
            with pytest.raises(NotSent):
                await place(client, signer)


async def test_after_closing_nothing_leaves(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner
) -> None:
    await client.aclose()
    with pytest.raises(NotSent):
        await place(client, signer)


async def test_a_stale_keep_alive_connection_counts_as_unknown_not_as_unsent(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner
) -> None:
    exchange.answers(says(ORDER), hangs_up)
    await place(client, signer)
    with pytest.raises(UnknownOutcome):
        await place(client, signer)


async def test_an_order_whose_window_is_over_is_not_sent(exchange: WireExchange, signer: SeedSigner) -> None:
    now = 1_790_000_000_000
    async with exchange.client(clock=lambda: now) as client:
        account = client.account(signer)
        prepared = account.prepare_order(BUY, timestamp_ms=now, window_ms=5_000)
        now += 5_000
        with pytest.raises(NotSent, match="expired"):
            await account.send(prepared)
    assert exchange.seen == []


async def test_a_429_holds_back_the_next_order_without_sending_it(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner
) -> None:
    exchange.answers(refuses("TOO_MANY_REQUESTS", status=429, **{"Retry-After": "30"}), says(ORDER))
    with pytest.raises(RateLimited) as first:
        await place(client, signer)
    assert first.value.retry_after == 30
    with pytest.raises(RateLimited) as second:
        await place(client, signer)
    assert 25 < second.value.retry_after <= 30
    assert len(exchange.seen) == 1


async def test_a_cancel_uses_exactly_one_id_and_understands_202(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner
) -> None:
    account = client.account(signer)
    exchange.answers(says({**ORDER, "status": "Cancelled"}), says_text("", 202))
    report = await account.cancel("SOL_USDC_PERP", client_id=77)
    assert report is not None
    assert report.event is OrderEvent.CANCELLED
    assert exchange.last.json == {"symbol": "SOL_USDC_PERP", "clientId": 77}
    assert exchange.last.method == "DELETE"
    assert await account.cancel("SOL_USDC_PERP", order_id="9") is None
    several: tuple[dict[str, Any], ...] = ({}, {"order_id": "9", "client_id": 77})
    for ids in several:
        with pytest.raises(ValueError, match="exactly one"):
            await account.cancel("SOL_USDC_PERP", **ids)


async def test_a_client_id_beyond_uint32_is_refused_before_signing(
    client: BackpackClient, signer: SeedSigner
) -> None:
    request = OrderRequest("SOL_USDC", Side.BUY, OrderType.MARKET, quantity=Decimal(1), client_id=2**32)
    with pytest.raises(ValueError, match="uint32"):
        client.account(signer).prepare_order(request, timestamp_ms=1, window_ms=1)


async def test_an_answer_sent_twice_is_never_taken_for_the_next_orders(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner
) -> None:
    first = {**ORDER, "clientId": None}

    async def twice(request: web.Request) -> web.StreamResponse:
        body = json.dumps(first).encode()
        raw = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        assert request.transport is not None
        request.transport.write(raw)
        return web.Response(body=body, content_type="application/json")

    exchange.answers(twice, says({**ORDER, "id": "second", "clientId": None}))
    assert (await place(client, signer)).exchange_id == ORDER["id"]
    assert (await place(client, signer)).exchange_id == "second"


async def test_healthy_connections_are_kept_for_the_next_order(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner
) -> None:
    ports = set()

    async def reply(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        ports.add(request.transport.get_extra_info("peername")[1])
        return web.json_response(ORDER)

    exchange.answers(reply)
    for _ in range(5):
        await place(client, signer)
    assert len(ports) == 1


@pytest.mark.parametrize("stray", [{"clientId": 78}, {"symbol": "BTC_USDC_PERP"}])
async def test_an_answer_about_another_order_leaves_ours_unknown(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner, stray: dict[str, Any]
) -> None:
    exchange.answers(says({**ORDER, **stray}))
    with pytest.raises(UnknownOutcome, match="another order"):
        await place(client, signer)
