"""Who gets in: an operator, by a link of their own, once."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import select

from bot.app.housekeeping import tidy
from bot.rebates.storage.web_pass_tables import WebPass
from bot.web.login import COOKIE, LINK_MS, SESSION_MS
from tests.support.world import BOB, DESK, Person, World
from tests.web.conftest import link_of


def pass_in(link: str) -> str:
    return parse_qs(urlsplit(link).query)["pass"][0]


async def enter(visitor: httpx.AsyncClient, link: str) -> httpx.Response:
    return await visitor.post("/enter", data={"pass": pass_in(link)})


async def test_the_link_opens_once_and_looking_at_it_does_not_spend_it(
    alice: Person, visitor: httpx.AsyncClient
) -> None:
    link = await link_of(alice)
    for _ in range(2):  # what a program does that makes previews of links
        door = await visitor.get(link)
        assert door.status_code == 200
        assert COOKIE not in visitor.cookies
    inside = await enter(visitor, link)
    assert inside.status_code == 200
    assert inside.url.path == "/"
    assert "Leave" in inside.text
    cookie = inside.history[0].headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    visitor.cookies.clear()
    assert (await enter(visitor, link)).status_code == 403
    assert (await visitor.get("/")).status_code == 401


async def test_a_link_and_a_session_end(world: World, alice: Person, visitor: httpx.AsyncClient) -> None:
    late = await link_of(alice)
    world.clock.skip(LINK_MS / 1000 + 1)
    assert (await enter(visitor, late)).status_code == 403
    assert (await enter(visitor, await link_of(alice))).status_code == 200
    world.clock.skip(SESSION_MS / 1000 + 1)
    assert (await visitor.get("/")).status_code == 401


async def test_leaving_ends_the_session_at_the_server(alice: Person, visitor: httpx.AsyncClient) -> None:
    await enter(visitor, await link_of(alice))
    stolen = visitor.cookies[COOKIE]
    await visitor.post("/leave")
    assert COOKIE not in visitor.cookies
    visitor.cookies.set(COOKIE, stolen)
    assert (await visitor.get("/health")).status_code == 401


async def test_whoever_is_forgotten_leaves_neither_session_nor_link(
    world: World, alice: Person, visitor: httpx.AsyncClient
) -> None:
    await enter(visitor, await link_of(alice))
    unspent = await link_of(alice)
    await alice.says("/forget", "Forget you entirely?")
    await alice.taps("Erase everything", "Forgotten")
    assert (await visitor.get("/")).status_code == 401
    assert (await enter(visitor, unspent)).status_code == 403


async def test_what_is_over_is_not_kept(world: World, alice: Person, visitor: httpx.AsyncClient) -> None:
    await enter(visitor, await link_of(alice))
    await link_of(alice)
    world.clock.skip(SESSION_MS / 1000 + 1)
    await tidy(world.bot.services)
    async with world.bot.database.read() as session:
        assert (await session.scalars(select(WebPass))).all() == []


async def test_nobody_else_is_given_a_link(world: World) -> None:
    bob = world.person(BOB)
    await bob.says("/start", "Rucksack")
    answer = await bob.says("/dashboard")
    assert "enter?pass" not in answer.text


async def test_in_a_group_the_link_goes_to_the_private_chat(world: World, alice: Person) -> None:
    group = world.person(alice.chat.user_id, DESK)
    await group.chat.send("/dashboard")
    await alice.sees("enter?pass=")
    assert not any("enter?pass=" in message.text for message in await group.chat.messages())


@pytest.mark.parametrize("path", ["/", "/health", "/nowhere", "/../etc/passwd"])
async def test_strangers_see_nothing(visitor: httpx.AsyncClient, path: str) -> None:
    answer = await visitor.get(path)
    assert answer.status_code in {401, 404}
    assert "Orders" not in answer.text


async def test_what_a_browser_may_do_with_a_page_is_little(visitor: httpx.AsyncClient) -> None:
    for path in ("/", "/enter", "/style.css", "/nowhere"):
        headers = (await visitor.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"


async def test_another_name_for_this_address_is_refused(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 421


async def test_a_page_only_reads(alice: Person, visitor: httpx.AsyncClient) -> None:
    await enter(visitor, await link_of(alice))
    for path in ("/", "/health"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert (await visitor.request(method, path)).status_code == 405
