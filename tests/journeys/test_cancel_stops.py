"""A cancel that would leave an open position without its stop asks first, and acts once."""

from __future__ import annotations

from tests.support.world import Person, World

SOL = "SOL_USDC_PERP"
MINUTE = 61


async def _places(person: Person, line: str, expect: str = "Filled") -> int:
    preview = await person.says(line, "Account")
    return (await person.taps("✅", expect, on=preview.id)).id


async def _stops(world: World) -> list[str]:
    """Trigger prices of the stops and targets that rest."""
    waiting = [o["id"] for o in await world.orders() if o["status"] == "TriggerPending"]
    known = world.exchange.engine.world.orders
    return sorted(str(known[order_id].request.trigger_price) for order_id in waiting)


async def test_every_way_to_cancel_a_stop_asks_before_a_position_is_left_without(
    world: World, carol: Person
) -> None:
    await _places(carol, "long sol $200 sl 3%")
    await _places(carol, "long sol $100 at 140", "Open")
    for line in ("cancel sol", "cancel all", "cancel sells", "/cancelall", "/cancel sol", "撤单 sol"):
        asked = await carol.says(line, "without a stop")
        assert "leaves 1.33 SOL without a stop" in asked.text, line
        assert {"Keep stops", "✅ Cancel all"} <= {
            label.split(":")[0].split(",")[0] for label in asked.labels
        }
    assert await _stops(world) == ["145.51"]
    done = await carol.says("cancel buys", "Cancelled 1 order")
    assert "without a stop" not in done.text
    await _places(carol, "long sol $100 at 140", "Open")
    asked = await carol.says("cancel sol", "without a stop")
    await carol.taps("Keep stops", "Cancelled 1 order", on=asked.id)
    assert await _stops(world) == ["145.51"]
    listed = await carol.says("/orders", "Open orders: 1")
    asked = await carol.taps("✖", "without a stop", on=listed.id)
    await carol.taps("Cancel all", "Cancelled 1 order", on=asked.id)
    assert await _stops(world) == []


async def test_a_stop_that_another_covers_or_that_protects_nothing_goes_at_once(
    world: World, carol: Person
) -> None:
    await _places(carol, "long sol $200 sl 3%")
    stop = await carol.says("sl sol 140", "Account")
    stop = await carol.taps(
        "Add" if any("Add" in label for label in stop.labels) else "✅", "Armed", on=stop.id
    )
    code = next(label for label in stop.labels if "Cancel order" in label).rsplit(" ", 1)[-1]
    await carol.says(f"cancel {code}", "Cancelled 1 order")
    target = await carol.says("tp sol 170", "Account")
    target = await carol.taps("✅", "Armed", on=target.id)
    code = next(label for label in target.labels if "Cancel order" in label).rsplit(" ", 1)[-1]
    await carol.says(f"cancel {code}", "Cancelled 1 order")
    await _places(carol, "short eth $100 trigger 2500", "Armed")  # opens, protects nothing
    await carol.says("cancel eth", "Cancelled 1 order")


async def test_a_confirmed_cancel_acts_once_and_not_after_its_minute(world: World, carol: Person) -> None:
    await _places(carol, "long sol $200 sl 3%")
    asked = await carol.says("/cancelall", "without a stop")
    button = next(label for label in asked.labels if "Cancel all" in label)
    world.clock.skip(MINUTE)
    again = await carol.taps(button, "without a stop", on=asked.id)
    assert await _stops(world) == ["145.51"]
    data = again.button("Cancel all").data
    await carol.taps("Cancel all", "Cancelled 1 order", on=again.id)
    told = await carol.is_told(str(data), on=again.id, forged=True)
    assert "already used" in told or "expired" in told
    assert await _stops(world) == []


async def test_an_old_cancel_button_of_one_order_asks_and_a_fresh_one_acts(
    world: World, carol: Person
) -> None:
    card = await _places(carol, "long sol $100 at 140", "Open")
    world.clock.skip(3_600)
    await carol.taps("Cancel order", "Cancel 1 order?", on=card)
    assert [o["status"] for o in await world.sent()] == ["New"]
    await carol.taps("✅", "Cancelled 1 order", on=card)
    assert [o["status"] for o in await world.sent()] == ["Cancelled"]
    card = await _places(carol, "long sol $100 at 140", "Open")
    await carol.taps("Cancel order", "Cancelled", on=card)


async def test_positions_that_cannot_be_read_are_no_reason_to_drop_a_stop(
    world: World, carol: Person
) -> None:
    await _places(carol, "long sol $200 sl 3%")
    await world.fault(action="status", status=503, match={"path": "/api/v1/position", "times": None})
    asked = await carol.says("cancel sol", "could not read the positions")
    assert await _stops(world) == ["145.51"]
    await carol.taps("Cancel all", "Cancelled 1 order", on=asked.id)


async def test_panic_and_unlink_are_asked_again_after_their_minute(world: World, carol: Person) -> None:
    await _places(carol, "long sol $200")
    first = await carol.says("/panic", "Panic")
    last = await carol.taps("Cancel and close all", "Last check", on=first.id)
    world.clock.skip(MINUTE)
    again = await carol.taps("flatten", "Last check", on=last.id)
    await carol.taps("flatten", "Panic done", on=again.id)
    asked = await carol.says("/unlink carol", "Unlink")
    world.clock.skip(MINUTE)
    label = next(label for label in asked.labels if "nlink" in label)
    again = await carol.taps(label, "Unlink", on=asked.id)
    await carol.taps(label, "Unlinked", on=again.id)
