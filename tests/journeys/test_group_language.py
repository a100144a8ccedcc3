"""A group is spoken to in one language, whoever acts in it; private answers keep their reader's."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.chat.group_language import language_of_title
from bot.domain.values import Language
from bot.sandbox.telegram.config import Group
from bot.sandbox.telegram.driver import ChatMessage
from tests.support.world import ALICE, BOB, CAROL, Person, World, open_world

ENGLISH, CHINESE = -1001000000001, -1001000000055


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    groups = (
        Group(ENGLISH, "Desk", {ALICE: "creator", BOB: "member", CAROL: "member"}),
        Group(CHINESE, "交易群", {ALICE: "creator", BOB: "member", CAROL: "member"}),
    )
    async with open_world(database_url, groups=groups) as opened:
        yield opened


def _is_chinese(message: ChatMessage) -> bool:
    return any("一" <= char <= "鿿" for char in message.text + "".join(message.labels))


async def _speaks(world: World, person: int, language: str) -> Person:
    """Somebody who has chosen a language in private."""
    here = world.person(person)
    await here.says("/start")
    await here.says(f"/lang {language}", "中文" if language == "zh" else "English")
    return here


async def test_a_group_has_one_language_whoever_acts(world: World) -> None:
    bob, carol = await _speaks(world, BOB, "zh"), await _speaks(world, CAROL, "en")
    for group, chinese in ((ENGLISH, False), (CHINESE, True)):
        for person in (BOB, CAROL):
            here = world.person(person, group)
            for line in (
                "/price sol",
                "/funding",
                "/price nosuchcoin",
                "/link",
                "/help",
                "/nonsense@rucksack_bot",
                "/alerts",
            ):
                assert _is_chinese(await here.says(line)) is chinese, (group, person, line)
            assert _is_chinese(await here.says("/long sol $100", forwarded_from=ALICE)) is chinese
            stub = await here.says("/positions")
            assert _is_chinese(stub) is chinese, "what the group sees of a private answer"
    assert _is_chinese(await bob.says("/price nosuchcoin"))
    assert not _is_chinese(await carol.says("/price nosuchcoin"))


async def test_alerts_and_posts_of_a_group_keep_its_language(world: World) -> None:
    await _speaks(world, BOB, "zh")
    here = world.person(BOB, ENGLISH)
    made = await here.says("/alert sol > 155")
    assert not _is_chinese(made)
    await world.price("SOL_USDC_PERP", "156")
    told = await here.chat.wait_for(lambda m: m.id > made.id and "155" in m.text)
    assert not _is_chinese(told)


async def test_an_administrator_chooses_and_nobody_else(world: World) -> None:
    await _speaks(world, ALICE, "en")
    carol = world.person(CAROL, ENGLISH)
    await carol.says("/start")
    await carol.says("/lang zh", "admins")
    assert not _is_chinese(await carol.says("/price nosuchcoin"))
    alice = world.person(ALICE, ENGLISH)
    asked = await alice.says("/lang", "anguage")
    await alice.taps("中文", "中文", on=asked.id)
    assert _is_chinese(await carol.says("/price nosuchcoin"))
    assert await carol.is_told("lang:en", on=asked.id, forged=True) != ""
    assert _is_chinese(await carol.says("/price nosuchcoin"))
    await alice.says("/lang English", "English")
    assert not _is_chinese(await carol.says("/price nosuchcoin"))
    assert not _is_chinese(await world.person(ALICE).says("/price nosuchcoin")), "her own stays"


@pytest.mark.parametrize(
    ("title", "language"),
    [
        *(("Desk", Language.ENGLISH), ("交易群", Language.CHINESE), ("SOL 多头 🚀", Language.CHINESE)),
        *(("トレード部", Language.ENGLISH), ("東京の取引", Language.ENGLISH), ("", Language.ENGLISH)),
    ],
)
def test_the_title_tells_where_nobody_has_chosen(title: str, language: Language) -> None:
    assert language_of_title(title) is language
