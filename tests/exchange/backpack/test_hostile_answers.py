"""Answers nobody meant to give: each becomes one of our errors, none an empty account, none a crash."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

import pytest
from aiohttp import web

from bot.exchange.backpack import BackpackClient, BackpackError, RateLimited, RetryPolicy, UnknownOutcome
from tests.exchange.backpack.support import ORDER, Reply, SeedSigner, WireExchange, says, says_text
from tests.exchange.backpack.test_orders import place

DEEP = "[" * 100_000
BODIES = [
    DEEP,
    '{"a":' * 100_000,
    '{"code":' * 100_000,
    f'{{"id":1,"x":{DEEP}',
    "9" * 100_000,
    f'{{"id":{"9" * 5_000},"symbol":"SOL_USDC_PERP"}}',
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    '{"code":"INVALID_ORDER","message":"no"}',
    "null",
    "{}",
    "true",
    '""',
    "",
    '[{"symbol":',
    "<html>ok</html>",
]


def raw(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    async def reply(_: web.Request) -> web.StreamResponse:
        return web.Response(body=body, status=status, headers=headers)

    return reply


@pytest.mark.parametrize("status", [200, 302, 400, 404, 500])
async def test_no_body_is_believed_that_cannot_be_read(
    exchange: WireExchange, signer: SeedSigner, status: int
) -> None:
    client = exchange.client(retry=RetryPolicy(attempts=1))
    account = client.account(signer)
    for body in BODIES:
        exchange.answers(says_text(body, status))
        for read in (account.held, account.resting, account.state, account.fills):
            with pytest.raises(BackpackError):
                await read()
        with pytest.raises(BackpackError):
            await client.markets()
        with pytest.raises(BackpackError):
            await place(client, signer)
        with pytest.raises(BackpackError):
            await account.cancel("SOL_USDC_PERP", order_id="1")
    await client.aclose()


async def test_compressed_answers_are_neither_asked_for_nor_inflated(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner
) -> None:
    exchange.answers(
        raw(gzip.compress(b"[" + b" " * 50_000_000 + b"]"), headers={"Content-Encoding": "gzip"})
    )
    with pytest.raises(UnknownOutcome):
        await client.account(signer).held()
    assert exchange.last.headers["ACCEPT-ENCODING"] == "identity"


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        *(("nan", 5), ("inf", 5), ("-inf", 5), ("1e999", 5), ("Wed, 21 Oct 2026 07:28:00 GMT", 5)),
        *(("", 5), ("soon", 5), ("-7", 0), ("0", 0), ("2.5", 2.5), ("99999999999", 60)),
    ],
)
async def test_a_wait_is_one_that_can_be_kept(
    exchange: WireExchange, signer: SeedSigner, header: str, wait: float
) -> None:
    exchange.answers(raw(b"slow down", 429, {"Retry-After": header}))
    async with exchange.client() as client:
        with pytest.raises(RateLimited) as caught:
            await place(client, signer)
    assert caught.value.retry_after == wait


@pytest.mark.parametrize(
    "other",
    [
        {"clientId": 78},
        {"symbol": "WIF_USDC_PERP"},
        {"side": "Ask"},
    ],
)
async def test_another_orders_answer_is_not_believed(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner, other: dict[str, Any]
) -> None:
    exchange.answers(says({**ORDER, **other}))
    with pytest.raises(UnknownOutcome):
        await place(client, signer)


async def test_another_orders_cancel_and_look_up_are_not_believed(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner
) -> None:
    account = client.account(signer)
    exchange.answers(says({**ORDER, "status": "Cancelled"}))
    with pytest.raises(UnknownOutcome):
        await account.cancel("SOL_USDC_PERP", order_id="1")
    with pytest.raises(UnknownOutcome):
        await account.find_order("SOL_USDC_PERP", client_id=78)


async def test_a_missing_page_is_not_a_missing_order(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner
) -> None:
    account = client.account(signer)
    exchange.answers(says_text("<html>404</html>", 404, "text/html"))
    with pytest.raises(BackpackError):
        await account.find_order("SOL_USDC_PERP", client_id=77)
    with pytest.raises(BackpackError):
        await account.positions()


POSITION = {
    "symbol": "SOL_USDC_PERP",
    "netQuantity": "1.877",
    "entryPrice": "150",
    "markPrice": "151",
    "breakEvenPrice": "150.1",
    "pnlUnrealized": "1",
    "pnlRealized": "0",
    "imf": "0.02",
    "mmf": "0.01",
}


@pytest.mark.parametrize(
    ("odd", "held", "unread"),
    [
        ({**POSITION, "symbol": "WIF_USDC_PERP", "entryPrice": "NaN"}, {"WIF_USDC_PERP"}, 0),
        ({**POSITION, "symbol": "WIF_USDC_PERP", "imf": None, "mmf": {}}, {"WIF_USDC_PERP"}, 0),
        ({"symbol": "WIF_USDC_PERP", "netQuantity": 5}, {"WIF_USDC_PERP"}, 0),
        ({**POSITION, "netQuantity": "lots"}, set(), 1),
        ({"of": "tomorrow"}, set(), 1),
        ("a word", set(), 1),
        ([[["deep"]]], set(), 1),
    ],
)
async def test_one_odd_position_hides_no_other(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner, odd: Any, held: set[str], unread: int
) -> None:
    exchange.answers(says([odd, POSITION]))
    found = await client.account(signer).held()
    assert set(found.positions) == held | {"SOL_USDC_PERP"}
    assert found.unread == unread
    assert all(not found.positions[symbol].is_read for symbol in held)


async def test_one_odd_order_hides_no_other_and_is_named(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner
) -> None:
    odd = {**ORDER, "id": "5", "side": "Sideways", "symbol": "WIF_USDC_PERP"}
    exchange.answers(says([odd, {**ORDER, "status": "Paused", "orderType": "OfTomorrow"}, 7]))
    resting = await client.account(signer).resting()
    assert [one.exchange_id for one in resting.orders] == [ORDER["id"]]
    assert [(one.symbol, one.exchange_id) for one in resting.odd] == [("WIF_USDC_PERP", "5"), (None, None)]


async def test_a_row_of_the_history_that_cannot_be_read_is_not_taken_for_absence(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner
) -> None:
    account = client.account(signer)
    exchange.answers(says([{**ORDER, "side": "Sideways"}, {**ORDER, "clientId": 5, "id": "5"}]))
    with pytest.raises(UnknownOutcome):
        await account.find_past_order("SOL_USDC_PERP", 77, since_ms=0)
    assert await account.find_past_order("SOL_USDC_PERP", 78, since_ms=0) is None


async def test_reads_at_the_same_time_measure_the_clock_once(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner
) -> None:
    answers = {"/api/v1/time": 0, "/api/v1/position": 0}

    async def reply(request: web.Request) -> web.StreamResponse:
        answers[request.path] += 1
        if request.path == "/api/v1/time":
            return web.Response(text="1790000000000")
        if abs(int(request.headers["X-TIMESTAMP"]) - 1790000000000) > 60_000:
            body = {"code": "INVALID_CLIENT_REQUEST", "message": "Invalid signature"}
            return web.json_response(body, status=400)
        return web.json_response([])

    exchange.answers(says_text("1600000000000"))
    await client.refresh_clock()
    exchange.answers(reply)
    account = client.account(signer)
    found = await asyncio.gather(*(account.held() for _ in range(5)))
    assert [one.positions for one in found] == [{}] * 5
    assert answers["/api/v1/time"] == 1
