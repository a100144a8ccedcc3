"""A card that goes on changing never swallows what its buttons were asked to show."""

from __future__ import annotations

from tests.support.world import Person, World


async def test_positions_asked_for_under_a_card_come_beside_it(world: World, bob: Person) -> None:
    card = await bob.says("long sol $100", "Long SOL-PERP")
    await bob.taps("✅", "Filled")
    listed = await bob.taps("Positions", "SOL-PERP long")
    assert listed.id != card.id
    still = next(message for message in await bob.chat.messages() if message.id == card.id)
    assert "Filled" in still.text
