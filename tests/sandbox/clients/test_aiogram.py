"""aiogram, a bot library that reads every answer strictly: polling, buttons, members, pictures with words."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from aiogram import Bot, Dispatcher, types
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import Command

from bot.sandbox.telegram import ChatDriver, Limits, SandboxTelegram, TelegramConfig

ALICE, BOB = 1001, 1002
DESK, NEWS = -1001000000001, -1001000000002
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


@pytest.fixture
async def sandbox() -> AsyncIterator[SandboxTelegram]:
    async with SandboxTelegram(TelegramConfig(limits=Limits.off())) as opened:
        yield opened


@pytest.fixture
async def bot(sandbox: SandboxTelegram) -> AsyncIterator[Bot]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(sandbox.url))
    made = Bot(sandbox.config.token, session=session, default=DefaultBotProperties(parse_mode="HTML"))
    yield made
    await made.session.close()


async def test_a_dispatcher_hears_answers_and_edits(sandbox: SandboxTelegram, bot: Bot) -> None:
    dispatcher = Dispatcher()

    @dispatcher.message(Command("start"))
    async def start(message: types.Message) -> None:
        button = types.InlineKeyboardButton(text="More", callback_data="more")
        keyboard = types.InlineKeyboardMarkup(inline_keyboard=[[button]])
        await message.answer("Hello <b>there</b>", reply_markup=keyboard)

    @dispatcher.callback_query()
    async def tapped(query: types.CallbackQuery) -> None:
        await query.answer("Taken")
        assert isinstance(query.message, types.Message)
        await query.message.edit_text(f"You tapped {query.data}")

    polling = asyncio.create_task(dispatcher.start_polling(bot, handle_signals=False, polling_timeout=1))
    try:
        async with ChatDriver(sandbox.url) as chats:
            alice = chats.as_user(ALICE)
            await alice.send("/start")
            hello = await alice.wait_for("Hello there", 20)
            tap = await alice.tap("More", hello.id)
            assert (await tap.answer()).text == "Taken"
            await alice.wait_for("You tapped more", 20)
    finally:
        await dispatcher.stop_polling()
        with contextlib.suppress(asyncio.CancelledError):
            await polling


async def test_what_it_asks_of_chats_and_members_can_be_read(sandbox: SandboxTelegram, bot: Bot) -> None:
    me = await bot.get_me()
    assert me.is_bot
    chat = await bot.get_chat(DESK)
    assert chat.type in {"group", "supergroup"}
    assert (await bot.get_chat_member(DESK, ALICE)).status == "creator"
    assert (await bot.get_chat_member(DESK, BOB)).status == "member"
    admins = await bot.get_chat_administrators(DESK)
    assert {one.status for one in admins} <= {"creator", "administrator"}
    assert (await bot.get_chat_member(NEWS, me.id)).status == "administrator"
    assert await bot.get_chat_member_count(DESK) >= 3
    info = await bot.get_webhook_info()
    assert (info.url, info.pending_update_count) == ("", 0)


async def test_words_under_a_picture_keep_their_form_when_it_is_exchanged(
    sandbox: SandboxTelegram, bot: Bot
) -> None:
    picture = types.BufferedInputFile(PNG, "one.png")
    sent = await bot.send_photo(DESK, picture, caption="<b>one</b> two")
    assert [one.type for one in sent.caption_entities or ()] == ["bold"]
    media = types.InputMediaPhoto(
        media=types.BufferedInputFile(PNG, "two.png"),
        caption="three four",
        parse_mode=None,
        caption_entities=[types.MessageEntity(type="italic", offset=0, length=5)],
    )
    changed = await bot.edit_message_media(media, chat_id=DESK, message_id=sent.message_id)
    assert isinstance(changed, types.Message)
    assert changed.caption == "three four"
    assert [(one.type, one.offset, one.length) for one in changed.caption_entities or ()] == [
        ("italic", 0, 5)
    ]
