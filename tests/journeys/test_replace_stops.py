"""A second stop takes the place of the first, which stands until the new one does, or is added beside it."""

from __future__ import annotations

import pytest

from tests.support.world import Person, World


async def _places(person: Person, line: str, expect: str = "Filled") -> None:
    preview = await person.says(line, "Account")
    await person.taps("✅", expect, on=preview.id)


def _exits(world: World) -> list[str]:
    """`<trigger> <status>` of every exit, in the order in which they were made."""
    made = world.exchange.engine.world.orders.values()
    return [
        f"{o.request.trigger_price} {o.status.value}" for o in made if o.request.trigger_price is not None
    ]


async def _promised(world: World, person: Person, minutes: int = 2) -> list[str]:
    for _ in range(minutes * 3):
        world.passes(21, "stops")
        await person.chat.messages()
    return [m.text for m in await person.chat.messages() if m.from_bot and m.text.startswith("⛔")]


@pytest.mark.parametrize(
    ("kind", "first", "second", "third"), [("sl", "148", "147", "146"), ("tp", "160", "161", "162")]
)
async def test_a_second_exit_replaces_or_is_added(
    world: World, carol: Person, kind: str, first: str, second: str, third: str
) -> None:
    await _places(carol, "long sol $200")
    await _places(carol, f"{kind} sol {first}", "Armed")
    again = await carol.says(f"{kind} sol {first}", "stands already")
    assert "✅" not in str(again.labels)
    offered = await carol.says(f"{kind} sol {second}", "Account")
    add = str(offered.button("Add").data)
    assert f"Replace ${first}" in str(offered.labels)
    await carol.taps("Replace", "All 2 steps done", on=offered.id)
    assert _exits(world) == [f"{first} Cancelled", f"{second} TriggerPending"]
    told = await carol.is_told(add, on=offered.id, forged=True)
    assert "already used" in told or "expired" in told
    offered = await carol.says(f"{kind} sol {first}", "Account")
    await carol.taps("Add", "Armed", on=offered.id)
    assert _exits(world)[1:] == [f"{second} TriggerPending", f"{first} TriggerPending"]
    offered = await carol.says(f"{kind} sol {third} 25%", "Account")
    assert "Replace" not in str(offered.labels)  # it would protect less than what it took the place of
    assert await _promised(world, carol) == []


async def test_an_attached_stop_is_replaced_by_one_of_its_own(world: World, carol: Person) -> None:
    await _places(carol, "short sol $200 sl 3%")
    offered = await carol.says("sl sol 151", "Account")
    await carol.taps("Replace", "All 2 steps done", on=offered.id)
    assert _exits(world) == ["154.49 Cancelled", "151 TriggerPending"]
    assert await _promised(world, carol) == []


async def test_the_old_stop_stays_where_the_new_one_is_refused_or_not_seen(
    world: World, carol: Person
) -> None:
    await _places(carol, "long sol $200 sl 3%")
    offered = await carol.says("sl sol 147", "Account")
    refused = {"path": "/api/v1/order", "method": "POST"}
    await world.fault(action="status", status=400, code="INVALID_ORDER", match=refused)
    done = await carol.taps("Replace", "Stopped", on=offered.id)
    assert "Stays as it is" in done.text
    assert "$145.51" in done.text
    offered = await carol.says("sl sol 147", "Account")
    unread = {"path": "/api/v1/orders", "method": "GET", "times": None}
    await world.fault(action="status", status=503, match=unread)
    done = await carol.taps("Replace", "Stopped: 1 of 2", on=offered.id)
    assert "Stays as it is" in done.text
    assert _exits(world) == ["145.51 TriggerPending", "147 TriggerPending"]
