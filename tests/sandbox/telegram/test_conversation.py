"""An unchanged python-telegram-bot application talks with people in the sandbox."""

from __future__ import annotations

from bot.sandbox.telegram import ChatDriver, SandboxTelegram
from tests.sandbox.telegram.conftest import ALICE, BOB, DESK, polling


async def test_a_polling_bot_answers_a_person(sandbox: SandboxTelegram, driver: ChatDriver) -> None:
    alice = driver.as_user(ALICE)
    async with polling(sandbox):
        sent = await alice.send("hello")
        answer = await alice.wait_for("hello", after=sent.revision)
    assert answer.from_bot
    assert answer.sender_id == sandbox.config.bot_id


async def test_a_tap_is_answered_and_edits_the_message_in_place(
    sandbox: SandboxTelegram, driver: ChatDriver
) -> None:
    alice = driver.as_user(ALICE)
    async with polling(sandbox):
        await alice.send("/menu")
        menu = await alice.wait_for("Choose")
        assert menu.labels == ("More", "Less")
        tap = await alice.tap("More")
        assert (await tap.answer()).text == "You chose more"
        edited = await alice.wait_for("more it is")
    assert (edited.id, edited.edited, edited.buttons) == (menu.id, True, ())
    assert edited.raw["entities"] == [{"type": "bold", "offset": 0, "length": 4}]


async def test_private_chats_are_apart_and_a_group_is_shared(
    sandbox: SandboxTelegram, driver: ChatDriver
) -> None:
    async with polling(sandbox):
        await driver.as_user(ALICE).send("only mine")
        await driver.as_user(ALICE).wait_for("only mine")
        await driver.as_user(ALICE, DESK).send("for all")
        seen = await driver.as_user(BOB, DESK).wait_for("for all")
    assert seen.from_bot
    assert await driver.as_user(BOB).messages() == []
