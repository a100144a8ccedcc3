"""The driver acts and waits as a person would, and says what it saw when it waited in vain."""

from __future__ import annotations

import asyncio
import base64

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup

from bot.sandbox.telegram import ChatDriver, TelegramConfig, serve
from bot.sandbox.telegram.driver import ChatError
from tests.sandbox.telegram.conftest import ALICE, BOB, DESK


async def test_waiting_in_vain_names_what_the_chat_ends_with(bot: Bot, driver: ChatDriver) -> None:
    alice = driver.as_user(ALICE)
    await alice.send("/start")
    await bot.send_message(ALICE, "something else")
    with pytest.raises(TimeoutError, match="something else"):
        await alice.wait_for("an answer", timeout=0.05)


async def test_waiting_counts_only_what_changed_since(bot: Bot, driver: ChatDriver) -> None:
    alice = driver.as_user(ALICE)
    await alice.send("/start")
    message = await bot.send_message(ALICE, "state: open")
    seen = await alice.wait_for("state")
    wait = asyncio.create_task(alice.wait_for("state", after=seen.revision))
    await bot.edit_message_text("state: filled", ALICE, message.message_id)
    assert (await wait).text == "state: filled"


async def test_a_button_that_is_not_there_is_named_with_those_that_are(bot: Bot, driver: ChatDriver) -> None:
    alice = driver.as_user(ALICE)
    await alice.send("/start")
    rows = [[InlineKeyboardButton("Yes", callback_data="y")], [InlineKeyboardButton("No", callback_data="n")]]
    await bot.send_message(ALICE, "Sure?", reply_markup=InlineKeyboardMarkup(rows))
    with pytest.raises(LookupError, match="Yes"):
        await alice.tap("Maybe")
    await alice.tap("n")
    (press,) = [u.callback_query for u in await bot.get_updates() if u.callback_query]
    assert press.data == "n"


async def test_deletion_is_waited_for_and_nobody_deletes_anothers_message(driver: ChatDriver) -> None:
    sent = await driver.as_user(ALICE, DESK).send("mine")
    with pytest.raises(ChatError, match="403"):
        await driver.as_user(BOB, DESK).delete(sent.id)
    gone = asyncio.create_task(driver.as_user(BOB, DESK).wait_until_gone(sent.id))
    await driver.as_user(ALICE, DESK).delete(sent.id)
    await gone


async def test_malformed_requests_are_refused_with_a_reason(driver: ChatDriver) -> None:
    with pytest.raises(ChatError, match="400: user_id must be an integer"):
        await driver.post("send", chat_id=ALICE, text="x")
    with pytest.raises(ChatError, match="400: malformed"):
        await driver.post("send", user_id=ALICE, chat_id=ALICE, text="x", seconds_ago="soon")
    with pytest.raises(ChatError, match="400: Bad Request: strings must be encoded in UTF-8"):
        await driver.as_user(ALICE).send("\ud800")


async def test_serving_says_where_and_ends_when_cancelled(
    capsys: pytest.CaptureFixture[str], unused_tcp_port: int
) -> None:
    server = asyncio.create_task(serve(TelegramConfig(), port=unused_tcp_port))
    url = f"http://127.0.0.1:{unused_tcp_port}"
    while url not in capsys.readouterr().out:  # noqa: ASYNC110 - nothing else tells that it is up
        await asyncio.sleep(0.01)
    async with ChatDriver(url) as driver:
        assert (await driver.get("people"))["bot"]["username"] == "rucksack_bot"
    server.cancel()
    with pytest.raises(asyncio.CancelledError):
        await server


async def test_a_file_that_is_sent_reaches_the_bot_as_it_is(bot: Bot, driver: ChatDriver) -> None:
    content = base64.b64encode(b"a,b\r\n1,2\r\n").decode()
    alice = driver.as_user(ALICE)
    await alice.send("/payout 2026-10", document_base64=content, document_name="rebates.csv")
    (update,) = await bot.get_updates()
    message = update.message
    assert message is not None
    assert message.document is not None
    assert (message.caption, message.document.file_name) == ("/payout 2026-10", "rebates.csv")
    file = await message.document.get_file()
    assert bytes(await file.download_as_bytearray()) == b"a,b\r\n1,2\r\n"
    with pytest.raises(ChatError, match="not base64"):
        await alice.send("x", document_base64="?", document_name="x.csv")
