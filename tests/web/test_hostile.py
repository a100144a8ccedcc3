"""What a stranger can throw at the page: it answers in its own words, and with its own headers."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import httpx
import pytest

from bot.web import Dashboard
from bot.web.login import COOKIE
from tests.support.world import Person, World
from tests.web.conftest import link_of
from tests.web.test_login import enter

GET = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded"


def post(kind: bytes, body: bytes) -> bytes:
    head = b"POST /enter HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    return head + kind + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body


async def answer_to(world: World, request: bytes) -> str:
    """What the server says to these very bytes."""
    address = urlsplit(world.bot.services.get(Dashboard).url or "")
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer.decode("latin-1")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (GET + b"Cookie: rucksack=\xff\xfe\r\n\r\n", 401),
        (GET.replace(b"127.0.0.1", b"[::1") + b"\r\n", 421),
        (GET.replace(b"127.0.0.1", b"[v1.x]") + b"\r\n", 421),
        (GET.replace(b"Host: 127.0.0.1\r\n", b"Host:\r\n") + b"\r\n", 421),
        (GET.replace(b"127.0.0.1", b"\xff\xff") + b"\r\n", 421),
        (GET.replace(b"/ ", b"/enter?pass=%ff%00%ed%a0%80 ") + b"\r\n", 200),
        (GET.replace(b"/ ", b"/nowhere/%ff/..%2f..%2fetc ") + b"\r\n", 404),
        (post(FORM, b"pass=%ff%00%ed%a0%80"), 403),
        (post(FORM, b"pass=\xff\xfe"), 403),
        (post(FORM + b"; charset=nothing", b"pass=x"), 403),
        (post(FORM + b"; charset=utf-16", b"pass=x"), 403),
        (post(b"Content-Type: multipart/form-data", b"x"), 403),
        (post(b"Content-Type: multipart/form-data; boundary=b", b"nonsense"), 403),
        (
            post(
                b"Content-Type: multipart/form-data; boundary=b",
                b'--b\r\nContent-Disposition: form-data; name="pass"; filename="x"\r\n\r\nx\r\n--b--\r\n',
            ),
            403,
        ),
        (post(FORM, b"pass=" + b"x" * 5000), 413),
    ],
)
async def test_nonsense_is_answered_like_a_stranger(world: World, request_: bytes, status: int) -> None:
    answer = await answer_to(world, request_)
    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert "default-src 'none'" in answer
    assert "Cache-Control: no-store" in answer


async def test_strangers_do_not_queue_where_orders_are_written(
    world: World, visitor: httpx.AsyncClient
) -> None:
    async with world.bot.database.write():
        assert (await visitor.post("/enter", data={"pass": "x" * 43})).status_code == 403
        assert (await visitor.post("/leave", headers={"Cookie": f"{COOKIE}=x"})).status_code == 200


@pytest.mark.parametrize("month", ["2000-01", "9998-12", "0001-01", "9999-12", "2026-13", "x" * 500])
async def test_any_month_may_be_asked_for(alice: Person, visitor: httpx.AsyncClient, month: str) -> None:
    await enter(visitor, await link_of(alice))
    for path in ("/", "/users", "/statements"):
        answer = await visitor.get(path, params={"month": month})
        assert answer.status_code in {200, 404}, (path, month)


async def test_a_page_elsewhere_can_press_no_button_here(alice: Person, visitor: httpx.AsyncClient) -> None:
    link = await link_of(alice)
    lured = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    token = link.partition("pass=")[2]
    refused = await visitor.post("/enter", data={"pass": token}, headers=lured)
    assert refused.status_code == 403
    assert COOKIE not in visitor.cookies
    own = await visitor.post("/enter", data={"pass": token}, headers={"Sec-Fetch-Site": "same-origin"})
    assert own.status_code == 200
    left = await visitor.post("/leave", headers={"Sec-Fetch-Site": "same-site"})
    assert left.status_code == 403
    assert (await visitor.get("/health")).status_code == 200
