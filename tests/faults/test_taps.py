"""Telegram repeats taps, and people tap again: a ticket is good for one order, however often it is shown."""

from __future__ import annotations

from tests.support.world import BROKER_ID, CAROL, open_world

TAPS = 50


async def test_fifty_taps_under_fifty_update_ids_place_one_order(database_url: str) -> None:
    # As in production: fifty taps take their time.
    async with open_world(database_url, order_window_ms=5_000) as world:
        carol = world.person(CAROL)
        await carol.links("Carol")
        preview = await carol.says("long sol $200 5x", "SOL")
        data = next(b.data for b in preview.buttons if (b.data or "").startswith("ok:"))
        tap = await carol.chat.tap_data(preview.id, data or "", times=TAPS)
        await carol.sees("Filled")
        await tap.again()
        await tap.answer()
        placed = await world.orders()
        assert [order["brokerId"] for order in placed] == [BROKER_ID]
        cards = [message for message in await carol.chat.messages() if "Filled" in message.text]
        assert [message.id for message in cards] == [preview.id]
