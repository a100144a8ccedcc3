"""The rest of the Bot API: files, pictures, commands, members, pins, topics, and what is unknown."""

from __future__ import annotations

import struct
import zlib

import httpx
import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeChat,
    ChatMemberAdministrator,
    ChatMemberOwner,
    InputMediaPhoto,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)
from telegram.error import BadRequest, InvalidToken

from bot.sandbox.telegram import ChatDriver, SandboxTelegram, TelegramConfig
from tests.sandbox.telegram.conftest import ALICE, BOB, CAROL, DESK, bot_of


def png(width: int, height: int) -> bytes:
    """A black picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + bytes(width)) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture(autouse=True)
async def _started(driver: ChatDriver) -> None:
    await driver.as_user(ALICE).send("/start")


async def test_a_photo_is_sent_replaced_and_downloaded(bot: Bot, driver: ChatDriver) -> None:
    message = await bot.send_photo(ALICE, png(320, 200), caption="<b>chart</b>", parse_mode="HTML")
    assert (message.photo[-1].width, message.photo[-1].height) == (320, 200)
    assert message.caption == "chart"
    edited = await message.edit_media(InputMediaPhoto(png(64, 32), caption="new"))
    assert not isinstance(edited, bool)
    assert (edited.photo[-1].width, edited.caption) == (64, "new")
    file = await edited.photo[-1].get_file()
    assert bytes(await file.download_as_bytearray()) == png(64, 32)
    assert (await driver.as_user(ALICE).last()).text == "new"


async def test_a_photo_can_be_sent_again_by_its_id(bot: Bot) -> None:
    first = await bot.send_photo(ALICE, png(10, 10))
    again = await bot.send_photo(ALICE, first.photo[-1].file_id)
    assert again.photo[-1].file_unique_id == first.photo[-1].file_unique_id


async def test_what_is_no_picture_is_refused_as_a_photo(bot: Bot) -> None:
    with pytest.raises(BadRequest, match="Image_process_failed"):
        await bot.send_photo(ALICE, b"not a picture")
    with pytest.raises(BadRequest, match="Photo_invalid_dimensions"):
        await bot.send_photo(ALICE, png(2100, 100))


async def test_a_caption_has_a_limit_of_its_own() -> None:
    sandbox = SandboxTelegram(TelegramConfig())
    async with sandbox, bot_of(sandbox) as strict:
        await strict.send_photo(DESK, png(10, 10), caption="x" * 1024)
        with pytest.raises(BadRequest, match="Message caption is too long"):
            await strict.send_photo(DESK, png(10, 10), caption="x" * 1025)


async def test_a_document_keeps_its_name_and_bytes(bot: Bot) -> None:
    message = await bot.send_document(ALICE, b"a,b\n1,2\n", filename="fills.csv", caption="yours")
    assert message.document is not None
    assert (message.document.file_name, message.document.mime_type) == ("fills.csv", "text/csv")
    file = await message.document.get_file()
    assert bytes(await file.download_as_bytearray()) == b"a,b\n1,2\n"


async def test_text_and_caption_are_edited_each_by_its_own_method(bot: Bot) -> None:
    text = await bot.send_message(ALICE, "x")
    photo = await bot.send_photo(ALICE, png(10, 10))
    with pytest.raises(BadRequest, match="There is no caption in the message to edit"):
        await text.edit_caption("y")
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await photo.edit_text("y")
    assert (await photo.edit_caption("y")) is not True


async def test_a_command_menu_is_chosen_by_scope_and_language(bot: Bot, driver: ChatDriver) -> None:
    await bot.set_my_commands([BotCommand("price", "Price")])
    await bot.set_my_commands([BotCommand("price", "价格")], language_code="zh")
    await bot.set_my_commands([BotCommand("rules", "Rules")], scope=BotCommandScopeAllGroupChats())
    await bot.set_my_commands([BotCommand("vip", "For Carol")], scope=BotCommandScopeChat(CAROL))

    async def menu(user_id: int, chat_id: int) -> str:
        chats = (await driver.get("chats", user_id=user_id))["chats"]
        commands = next(chat["commands"] for chat in chats if chat["id"] == chat_id)
        return str(commands[0]["description"])

    assert await menu(ALICE, ALICE) == "Price"
    assert await menu(BOB, BOB) == "价格"
    assert await menu(ALICE, DESK) == "Rules"
    assert await menu(CAROL, CAROL) == "For Carol"
    assert [c.command for c in await bot.get_my_commands()] == ["price"]
    await bot.delete_my_commands()
    assert await bot.get_my_commands() == ()
    with pytest.raises(BadRequest, match="Bot_command_invalid"):
        await bot.set_my_commands([BotCommand("Bad-Name", "x")])


async def test_members_and_their_roles_are_read_as_objects_of_their_kind(bot: Bot) -> None:
    chat = await bot.get_chat(DESK)
    assert (chat.type, chat.title, chat.is_forum) == ("supergroup", "Desk", True)
    assert isinstance(await bot.get_chat_member(DESK, ALICE), ChatMemberOwner)
    assert (await bot.get_chat_member(DESK, BOB)).status == "member"
    me = await bot.get_chat_member(DESK, bot.id)
    assert isinstance(me, ChatMemberAdministrator)
    assert me.can_delete_messages
    assert {m.user.id for m in await bot.get_chat_administrators(DESK)} == {ALICE, bot.id}
    assert await bot.get_chat_member_count(DESK) == 4


async def test_topics_are_opened_and_unknown_ones_refused(bot: Bot, driver: ChatDriver) -> None:
    topic = await bot.create_forum_topic(DESK, "Alerts")
    message = await bot.send_message(DESK, "x", message_thread_id=topic.message_thread_id)
    assert message.is_topic_message
    assert message.reply_to_message is not None
    assert message.reply_to_message.forum_topic_created is not None
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(DESK, "x", message_thread_id=999)
    with pytest.raises(BadRequest, match="The chat is not a forum"):
        await bot.create_forum_topic(ALICE, "x")


async def test_a_reply_keyboard_changes_the_composer_until_removed(bot: Bot, driver: ChatDriver) -> None:
    async def labels() -> list[str]:
        chats = (await driver.get("chats", user_id=ALICE))["chats"]
        markup = next(chat for chat in chats if chat["id"] == ALICE)["reply_keyboard"] or {"keyboard": []}
        return [button["text"] for row in markup["keyboard"] for button in row]

    await bot.send_message(ALICE, "x", reply_markup=ReplyKeyboardMarkup([[KeyboardButton("Menu")]]))
    assert await labels() == ["Menu"]
    await bot.send_message(ALICE, "y", reply_markup=ReplyKeyboardRemove())
    assert await labels() == []


async def test_a_reply_to_what_is_gone_is_refused_unless_allowed(bot: Bot) -> None:
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(ALICE, "x", reply_to_message_id=999)
    message = await bot.send_message(ALICE, "x", reply_to_message_id=999, allow_sending_without_reply=True)
    assert message.reply_to_message is None


async def test_pins_actions_and_leaving(bot: Bot) -> None:
    message = await bot.send_message(DESK, "rules")
    assert await message.pin()
    pinned = (await bot.get_chat(DESK)).pinned_message
    assert pinned is not None
    assert pinned.message_id == message.message_id
    assert await bot.send_chat_action(ALICE, "typing")
    with pytest.raises(BadRequest, match="Wrong parameter action"):
        await bot.send_chat_action(ALICE, "dancing")
    assert await bot.leave_chat(DESK)
    assert (await bot.get_chat_member(ALICE, ALICE)).status == "member"


async def test_every_way_to_pass_parameters_is_read(sandbox: SandboxTelegram) -> None:
    url = f"{sandbox.url}/bot{sandbox.config.token}"
    wanted = {"chat_id": str(ALICE), "text": "x"}
    async with httpx.AsyncClient() as client:
        answers = [
            await client.get(f"{url}/sendMessage", params=wanted),
            await client.post(f"{url}/sendMessage", data=wanted),
            await client.post(f"{url}/SENDMESSAGE", json={"chat_id": ALICE, "text": "x"}),
            await client.post(f"{url}/sendMessage", files={k: (None, v) for k, v in wanted.items()}),
        ]
    assert [answer.json()["result"]["text"] for answer in answers] == ["x"] * 4


async def test_an_unknown_method_or_token_is_answered_as_telegram_does(sandbox: SandboxTelegram) -> None:
    async with httpx.AsyncClient() as client:
        unknown = await client.get(f"{sandbox.url}/bot{sandbox.config.token}/sendLove")
    assert unknown.status_code == 404
    assert unknown.json() == {"ok": False, "error_code": 404, "description": "Not Found: method not found"}
    stranger = Bot("1:wrong", base_url=f"{sandbox.url}/bot")
    with pytest.raises(InvalidToken):
        await stranger.initialize()


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"chat_id": {}}', b'{"chat_id": 1001, "text": "x", "reply_markup": "["}']
)
async def test_malformed_calls_get_a_400_and_no_crash(sandbox: SandboxTelegram, body: bytes) -> None:
    async with httpx.AsyncClient() as client:
        url = f"{sandbox.url}/bot{sandbox.config.token}/sendMessage"
        answer = await client.post(url, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["ok"]) == (400, False)
