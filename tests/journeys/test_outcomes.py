"""Whatever the exchange answers: what was executed is found, what was not is said, nothing is guessed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.messages import message_with
from tests.support.world import CAROL, Person, World, open_world

# Nothing here depends on how the database stores it.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ORDER = {"method": "POST", "path": "/api/v1/order"}
DEEP: dict[str, Any] = {"body": "[", "repeat": 100_000}
NESTED: dict[str, Any] = {"body": '{"a":', "repeat": 100_000}
ROWS: dict[str, Any] = {"body": '[{"a":', "repeat": 100_000}
HUGE: dict[str, Any] = {"body": "9", "repeat": 100_000}
DUPLICATE = '{"code":"INVALID_CLIENT_REQUEST","message":"Duplicate clientId"}'


def raw(status: int, body: str | dict[str, Any], **headers: str) -> dict[str, Any]:
    content = {"body": body} if isinstance(body, str) else body
    return {"action": "raw", "when": "after", "status": status, "headers": headers, **content}


def coded(status: int, code: str, message: str = "no") -> dict[str, Any]:
    return {"action": "status", "when": "after", "status": status, "code": code, "message": message}


EXECUTED = (
    raw(400, DUPLICATE),
    raw(400, DUPLICATE.replace("INVALID_CLIENT_REQUEST", "INVALID_ORDER")),
    coded(401, "UNAUTHORIZED", "Unknown API key"),
    coded(403, "FORBIDDEN"),
    coded(404, "RESOURCE_NOT_FOUND"),
    coded(409, "INVALID_ORDER", "conflict"),
    coded(400, "INVALID_ORDER", "Reduce only order would not reduce the position"),
    coded(400, "INSUFFICIENT_MARGIN"),
    coded(400, "OF_TOMORROW"),
    coded(400, "PRECONDITION_FAILED"),
    coded(500, "SERVER_ERROR"),
    raw(429, "slow down", **{"Retry-After": "nan"}),
    raw(429, "slow down", **{"Retry-After": "-1"}),
    raw(200, DEEP),
    raw(200, NESTED),
    raw(200, HUGE),
    raw(200, '{"code":"INVALID_ORDER","message":"no"}'),
    raw(200, "{}"),
    raw(400, DEEP),
    raw(302, "", Location="http://127.0.0.1:9/"),
    raw(403, "<html><title>Blocked</title></html>", **{"Content-Type": "text/html"}),
)


async def test_an_executed_order_is_found_whatever_its_answer_says(world: World, carol: Person) -> None:
    """The stream is silent, and the 429s come last: they hold back what follows."""
    await world.fault(action="stream_drop", match={"path": "account.", "times": None})
    wrong = []
    for answer in sorted(EXECUTED, key=lambda one: one["status"] == 429):
        before = len(await world.sent())
        preview = await carol.says("long sol $30", "Long SOL-PERP")
        await world.fault(**answer, match=ORDER)
        await carol.taps("✅", on=preview.id)
        try:
            card = await carol.chat.wait_for(message_with(preview.id, "Filled", "Rejected"), 15)
        except TimeoutError:
            wrong.append(f"{answer}: no end")
            continue
        if "Filled" not in card.text:
            wrong.append(f"{answer}: {card.text!r}")
        if len(await world.sent()) != before + 1:
            wrong.append(f"{answer}: sent {len(await world.sent()) - before} times")
    assert wrong == []


async def test_a_no_that_proves_nothing_becomes_one_when_the_order_is_dead(
    world: World, carol: Person
) -> None:
    preview = await carol.says("long sol $30", "Long SOL-PERP")
    await world.fault(action="raw", status=400, body=DUPLICATE, match=ORDER)
    await carol.taps("✅", on=preview.id)
    world.clock.skip(6)
    world.bot.schedule.look_again("reconcile")
    await carol.chat.wait_for(lambda m: m.id == preview.id and "Rejected" in m.text)
    assert await world.sent() == []


CANCELLED = (
    coded(404, "RESOURCE_NOT_FOUND", "Order not found"),
    coded(400, "INVALID_ORDER", "Order not found"),
    coded(401, "UNAUTHORIZED"),
    coded(500, "SERVER_ERROR"),
    raw(200, DEEP),
    raw(200, "{}"),
    {"action": "accepted"},
    {"action": "drop_after"},
)


async def test_a_cancel_says_what_became_of_the_order(world: World, carol: Person) -> None:
    wrong = []
    for answer in CANCELLED:
        preview = await carol.says("long sol $30 at 140", "Long SOL-PERP")
        card = await carol.taps("✅", "Open", on=preview.id)
        await world.fault(**answer, match={"method": "DELETE", "path": "/api/v1/order"})
        said = await carol.says(f"cancel {_code(card.labels)}")
        if "Cancelled 1 order" not in said.text:
            wrong.append(f"{answer}: {said.text!r}")
    assert wrong == []
    assert {order["status"] for order in await world.sent()} == {"Cancelled"}


async def test_a_cancel_that_comes_too_late_says_filled(world: World, carol: Person) -> None:
    preview = await carol.says("long sol $30 at 140", "Long SOL-PERP")
    card = await carol.taps("✅", "Open", on=preview.id)
    await world.fault(action="stream_drop", match={"path": "account.", "times": None})
    await world.price("SOL_USDC_PERP", "139.9")
    said = await carol.says(f"cancel {_code(card.labels)}")
    assert "filled before the cancel" in said.text
    assert "Cancelled 1" not in said.text


async def test_a_cancel_that_was_refused_says_the_order_stands(world: World, carol: Person) -> None:
    preview = await carol.says("long sol $30 at 140", "Long SOL-PERP")
    card = await carol.taps("✅", "Open", on=preview.id)
    await world.fault(
        action="status",
        status=403,
        code="FORBIDDEN",
        match={"method": "DELETE", "path": "/api/v1/order", "times": None},
    )
    said = await carol.says(f"cancel {_code(card.labels)}")
    assert "⛔" in said.text
    assert "does not allow this" in said.text
    assert "Cancelled 1" not in said.text


def _code(labels: tuple[str, ...]) -> str:
    return next(label for label in labels if "Cancel order" in label).rsplit(" ", 1)[-1]


BROKEN = (DEEP, NESTED, ROWS, HUGE, "null", "{}", "", '{"code":"X","message":"y"}', "<html>")


async def test_a_list_that_cannot_be_read_is_an_error_and_never_an_empty_one(
    world: World, carol: Person
) -> None:
    preview = await carol.says("long sol $30", "Long SOL-PERP")
    await carol.taps("✅", "Filled", on=preview.id)
    wrong = []
    for body in BROKEN:
        for line, path in (("/positions", "/api/v1/position"), ("/orders", "/api/v1/orders")):
            await world.admin.delete("/sandbox/faults")
            match = {"method": "GET", "path": path, "times": None}
            await world.fault(**raw(200, body) | {"when": "before"}, match=match)
            said = (await carol.says(line)).text
            if "does not answer as it should" not in said:
                wrong.append(f"{line} {str(body)[:20]!r}: {said!r}")
    await world.admin.delete("/sandbox/faults")
    assert wrong == []


# --- the clock ---------------------------------------------------------------------------------------


async def _jumps(world: World, offset_ms: int) -> None:
    await world.admin.post("/sandbox/clock", json={"offsetMs": offset_ms})


async def test_a_clock_that_jumps_costs_nobody_an_answer(world: World, carol: Person) -> None:
    for offset_ms in (90_000, -90_000, 0, 3_600_000, 0):
        await _jumps(world, offset_ms)
        said = await carol.says("/positions", "No open positions")
        assert "key" not in said.text


@pytest.mark.parametrize("offset_ms", [90_000, -90_000])
async def test_an_order_refused_for_its_time_says_it_is_the_clock(
    world: World, carol: Person, offset_ms: int
) -> None:
    preview = await carol.says("long sol $30", "Long SOL-PERP")
    await _jumps(world, offset_ms)
    await carol.taps("✅", on=preview.id)
    card = await carol.chat.wait_for(lambda m: m.id == preview.id and "Rejected" in m.text, 12)
    assert "clock" in card.text
    assert "key no longer" not in card.text
    preview = await carol.says("long sol $30 at 140", "Long SOL-PERP")
    card = await carol.taps("✅", "Open", on=preview.id)
    await _jumps(world, 0)
    await carol.says(f"cancel {_code(card.labels)}", "Cancelled 1 order")
    assert len(await world.sent()) == 1


async def test_a_clock_that_cannot_be_mended_is_named(world: World, carol: Person) -> None:
    body = '{"code":"INVALID_CLIENT_REQUEST","message":"Request has expired"}'
    await world.fault(
        action="raw",
        status=400,
        body=body,
        match={"method": "GET", "path": "/api/v1/position", "times": None},
    )
    said = await carol.says("/positions")
    assert "clock" in said.text
    assert "The key is not the reason" in said.text


async def test_a_private_stream_is_signed_anew_after_a_jump(database_url: str) -> None:
    async with open_world(database_url) as world:
        carol = world.person(CAROL)
        await carol.says("/start", "Rucksack")
        await carol.links("Carol")
        await carol.says("alert key", "Alert")
        preview = await carol.says("long sol $30 at 140", "Long SOL-PERP")
        await carol.taps("✅", "Open", on=preview.id)
        await _jumps(world, -90_000)
        await world.fault(action="close_sockets")
        world.clock.skip(16)
        await carol.sees("Open")
        await world.price("SOL_USDC_PERP", "139.9")
        await carol.sees("Filled", timeout=8)
        assert not [m for m in await carol.chat.messages() if "key" in m.text.lower() and "refus" in m.text]
