"""Under Telegram's own limits: whoever waits is answered before cards change that nobody looks at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import cast

import pytest

from bot.notifications.rate_limits import TELEGRAM, UNLIMITED, Rate, RateLimits
from bot.sandbox.telegram.driver import ChatMessage
from tests.support.world import CAROL, Person, World, open_world

ORDERS = 20
FEW = 6  # cards that may change while somebody is answered


class Switched:
    """What makes the scene need not wait for Telegram's limits; what is told afterwards keeps them."""

    def __init__(self) -> None:
        self.kept = UNLIMITED

    def __getattr__(self, name: str) -> tuple[Rate, ...]:
        rates: tuple[Rate, ...] = getattr(self.kept, name)
        return rates


@pytest.fixture
def rates() -> Switched:
    return Switched()


@pytest.fixture
async def world(database_url: str, rates: Switched) -> AsyncIterator[World]:
    async with open_world(database_url, rates=cast(RateLimits, rates)) as opened:
        yield opened


async def _rest(person: Person) -> list[int]:
    """Limit orders that rest, each with its card; the ids of the cards."""
    before = set(await _open(person))
    prices = [f"{139 + step * 0.25:.2f}" for step in range(ORDERS)]
    for start in range(0, ORDERS, 5):
        await person.says(
            "; ".join(f"long sol $20 at {price}" for price in prices[start : start + 5]), "5 steps"
        )
        await person.taps("✅")
        await _until(person, len(before) + start + 5)
    return [one for one in await _open(person) if one not in before]


async def _open(person: Person) -> list[int]:
    return [m.id for m in await person.chat.messages() if m.text.startswith("🟢 Open")]


async def _until(person: Person, number: int) -> None:
    """Until so many cards say that their order is open."""
    while len(seen := frozenset(await _open(person))) != number:
        await person.chat.wait_for(partial(_changed, seen), timeout=20)


def _changed(seen: frozenset[int], message: ChatMessage) -> bool:
    return (message.id in seen) != message.text.startswith("🟢 Open")


async def _untouched(person: Person, cards: list[int]) -> int:
    return len(set(cards) & set(await _open(person)))


async def test_answers_and_results_go_before_the_cards_of_twenty_orders(
    world: World, rates: Switched
) -> None:
    carol = world.person(CAROL)
    await carol.says("/start", "Rucksack")
    await carol.links("Carol")

    cards = await _rest(carol)
    rates.kept = TELEGRAM
    await carol.says("cancel all", "Cancelled 20 orders")
    await carol.says("help", "Type a trade")
    assert await _untouched(carol, cards) >= ORDERS - FEW
    rates.kept = UNLIMITED
    await _until(carol, 0)  # the cards follow all the same

    cards = await _rest(carol)
    last = await carol.says("long sol $20; long eth $20; long btc $20; long doge $20", "4 steps")
    await carol.taps("✅")
    await carol.chat.wait_for(lambda m: m.id > last.id and "Filled" in m.text and "DOGE" in m.text)
    rates.kept = TELEGRAM
    first = await carol.says("/panic", "Panic")
    await carol.taps("Cancel and close all", "Last check", on=first.id)
    await carol.taps("Yes", "Panic done", on=first.id)
    assert await _untouched(carol, cards) >= ORDERS - FEW
